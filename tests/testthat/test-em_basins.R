test_that("permuted labels and differences of rounding size are one mode", {
  basins <- em_basins(three_modes())
  expect_s3_class(basins, c("em_basins", "data.frame"), exact = TRUE)
  expect_identical(basins$mode, 1:3)
  expect_identical(basins$hits, c(1L, 6L, 1L))
  expect_identical(basins$first, c(8L, 2L, 1L))
  expect_equal(basins$below, c(-3, 0, 2))
  expect_equal(basins$share, c(1, 6, 1) / 8)
  expect_identical(basins$methods, c("random 1", "random 6", "random 1"))
  expect_identical(attr(basins, "summary")$best, 2L)
  expect_equal(attr(basins, "summary")$spread, 2)
})

test_that("a thin mode is shown above the fit and never chosen", {
  basins <- em_basins(three_modes())
  expect_identical(basins$thin, c(TRUE, FALSE, FALSE))
  expect_identical(basins$sound, c(FALSE, TRUE, TRUE))
  expect_identical(basins$chosen, c(FALSE, TRUE, FALSE))
  # Component 2 is 100 times thinner, in units of the covariance within components.
  expect_equal(basins$condition, c(1e4, 1, 1), tolerance = 1e-6)
})

test_that("modes of one height with different parameters stay apart, and are said to", {
  fit <- fit_of_runs(runs_of(
    list(mixture_at(c(0, 4)), mixture_at(c(0, 6)), mixture_at(c(4, 0), c(2, 1) / 3)),
    c(-10, -10, -10), chosen = 1L
  ))
  basins <- em_basins(fit)
  expect_identical(basins$hits, c(2L, 1L))
  expect_output(print(basins), "equally high")
  # Points of a ridge are no sample of modes, and their distance is no distance.
  expect_match(attr(basins, "summary")$unseen$reason, "may be one")
  expect_no_match(capture.output(print(basins)), "the next lies|Would tell")
})

test_that("one place at two heights is two modes, unless both may still climb", {
  same <- mixture_at(c(0, 4))
  fit <- fit_of_runs(runs_of(list(same, same), c(-10, -10.1)))
  expect_identical(nrow(em_basins(fit)), 2L)
  fit$runs$table$gap <- c(1e-7, 0.05)
  expect_identical(nrow(em_basins(fit)), 1L)
})

test_that("collapsed, failed and unfinished starts are told apart", {
  at <- lapply(c(4, 5, 6, 7, 8, 9), function(x) mixture_at(c(0, x)))
  at[[1]] <- mixture_at(c(0, 4), sd = c(1, 1e-8))
  parameters <- c(at[c(1, 1)], at[2:5], list(NULL))
  fit <- fit_of_runs(runs_of(
    parameters, c(50, 70, -10, -11, NaN, -12, -9), chosen = 3L,
    status = c("degenerate", "degenerate", "converged", "max_iter", "non_finite", "decreased",
      "max_iter"),
    finished = c(rep(TRUE, 6), FALSE), saddles = c(0, 0, 2, 0, 0, 0, 0)
  ))
  basins <- em_basins(fit)
  # Where collapsing climbs stopped says nothing: both are one.
  expect_identical(basins$hits, c(2L, 1L, 1L, 1L))
  expect_identical(basins$degenerate, c(TRUE, FALSE, FALSE, FALSE))
  expect_identical(basins$sound, c(FALSE, TRUE, TRUE, FALSE))
  expect_identical(basins$saddle, c("none", "passed", "none", "none"))
  expect_equal(basins$share[[1]], 2 / 6)
  expect_identical(attr(basins, "summary")[1:3], list(starts = 7L, finished = 6L, failed = 1L))
  text <- only_words(capture.output(print(basins)))
  expect_match(text, "degenerate", all = FALSE)
  expect_match(text, "passed a saddle", all = FALSE)
  expect_match(text, "not converged", all = FALSE)
  expect_match(text, "start led nowhere", all = FALSE)
})

test_that("modes go by the objective, not by the log-likelihood alone", {
  fit <- fit_of_runs(runs_of(
    list(mixture_at(c(0, 4)), mixture_at(c(0, 6))), c(-10, -9), objective = c(-11, -12),
    chosen = 1L
  ))
  expect_equal(em_basins(fit)$log_lik, c(-10, -9))
})

test_that("the noise has no label to exchange", {
  noisy <- function(mixture) {
    mixture$proportions <- c(0.9 * mixture$proportions, noise = 0.1)
    mixture
  }
  exchanged <- noisy(exchange(mixture_at(c(0, 4, 9)), 3:1))
  back <- relabel_parameters(three_modes(), exchanged, noisy(mixture_at(c(0, 4, 9))))
  expect_equal(back, noisy(mixture_at(c(0, 4, 9))))
})

test_that("distances are those of the formula, and finite for singular covariances", {
  set.seed(1)
  covariances <- stats::rWishart(5, 4, diag(3))
  means <- matrix(rnorm(15), 5)
  mixture <- list(means = means, covariances = covariances)
  own <- bhattacharyya(mixture, mixture)[, 2]
  slow <- vapply(1:5, function(k) {
    middle <- (covariances[, , k] + covariances[, , 2]) / 2
    stats::mahalanobis(means[k, ], means[2, ], middle) / 8 +
      log(det(middle) / sqrt(det(covariances[, , k]) * det(covariances[, , 2]))) / 2
  }, 0)
  expect_equal(own, slow)
  flat <- mixture_at(c(0, 4, 4), sd = c(1, 0, 0))
  expect_identical(match_components(exchange(flat, c(2, 1, 3)), flat)[2], 1L)
  expect_true(all(is.finite(normal_shift(flat, flat))))
  one <- list(
    proportions = c(0.4, 0.6), means = cbind(c(0, 3)), covariances = array(1:2, c(1, 1, 2))
  )
  turned <- lapply(one, function(x) if (is.matrix(x)) x[2:1, , drop = FALSE] else rev(x))
  turned$covariances <- array(2:1, c(1, 1, 2))
  expect_identical(match_components(turned, one), 2:1)
  expect_equal(max(abs(mode_shift(three_modes(), turned, one))), 0)
})

test_that("a component without weight has no place", {
  empty <- function(at) mixture_at(c(0, 4, at), weights = c(0.4, 0.6, 0))
  expect_equal(max(abs(mode_shift(three_modes(), empty(9), empty(20)))), 0)
})

test_that("modes not yet seen are those of the formulas, worked out by hand", {
  # Boender and Rinnooy Kan: w(n - 1)/(n - w - 2) - w.
  expect_equal(expected_unseen(60, 5), 5 * 59 / 53 - 5)
  expect_equal(expected_unseen(8, 3), 4)
  unseen <- attr(em_basins(three_modes()), "summary")$unseen
  expect_identical(unseen[1:4], list(method = "random", starts = 8L, modes = 3L, once = 2L))
  expect_equal(unseen$expected, 4)
  expect_equal(unseen$chance, 2 / 8)
  expect_output(print(em_basins(three_modes())), "chance of 25%")
})

test_that("starts not drawn alike say nothing about modes not seen, and why", {
  reason <- function(fit) attr(em_basins(fit), "summary")$unseen$reason
  fit <- three_modes()
  fit$runs$table$method <- "kmeans"
  expect_match(reason(fit), "no start was drawn at random")
  fit <- three_modes()
  fit$runs$table$finished[1] <- FALSE
  expect_match(reason(fit), "not a random sample")
  expect_output(print(em_basins(fit)), "em_starts\\(60, method = \"random\", keep = 60\\)")
  fit <- three_modes()
  fit$runs$table$method[2:5] <- "given"
  expect_match(reason(fit), "4 starts on 3 modes are too few")
})

test_that("of several methods the one with most starts is looked at, without what collapsed", {
  fit <- three_modes()
  fit$runs$table$method[1] <- "partition"
  fit$runs$table$status[8] <- "degenerate"
  unseen <- attr(em_basins(fit), "summary")$unseen
  expect_identical(unseen[1:4], list(method = "random", starts = 6L, modes = 1L, once = 0L))
  expect_equal(unseen$expected, 5 / 3 - 1)
})

test_that("agreement is measured in standard errors", {
  found <- attr(em_basins(with_made_errors(three_modes())), "summary")$agreement
  expect_identical(found$coefficient, "means[3,x]")
  expect_identical(found$starts, 6L)
  expect_equal(found$distance, 0.0002 / 0.1, tolerance = 1e-6)
  asked <- attr(em_basins(with_made_errors(three_modes()), standard_errors = FALSE), "summary")
  expect_identical(asked$agreement$distance, NA_real_)
  fit <- three_modes()
  fit$cache$information <- no_information("the climb failed")
  expect_output(print(em_basins(fit)), "not measured: the climb\\s+failed")
})

test_that("em_mvn and models written in R have modes, too", {
  parameters <- em_parameters(air_fit())
  other <- parameters
  other$mu["Wind"] <- other$mu["Wind"] + 1
  fit <- air_fit()
  fit$runs <- runs_of(list(parameters, other, parameters), c(1, 1, 1) * fit$log_lik, "perturb")
  basins <- em_basins(fit)
  expect_identical(basins$hits, c(2L, 1L))
  expect_equal(basins$condition[[1]], correlation_spectrum(fit)$condition)
  fit <- user_fit()
  fit$runs <- runs_of(list(c(mean = 1, sd = 1), c(mean = 1 + 1e-6, sd = 1)), c(0, 0), "perturb",
    smallest_weight = NA_real_)
  expect_identical(em_basins(fit)$hits, 2L)
  expect_true(is.na(em_basins(fit)$condition))
  expect_output(print(em_basins(fit)), "perturb")
})

test_that("components of a mixture written in R are matched", {
  fit <- user_fit()
  fit$em_model$transforms <- list(p = em_simplex(), lambda = em_positive())
  one <- list(p = c(0.36, 0.64), lambda = c(1.26, 2.66), m = matrix(1:6 / 3, 2))
  turned <- list(p = c(0.64, 0.36), lambda = c(2.66, 1.26), m = matrix(1:6 / 3, 2)[2:1, ])
  expect_equal(relabel_parameters(fit, turned, one), one)
  chain <- list(p = c(0.2, 0.3, 0.5), moves = matrix(1:9, 3))
  back <- list(p = c(0.3, 0.2, 0.5), moves = matrix(1:9, 3)[c(2, 1, 3), c(2, 1, 3)])
  expect_equal(relabel_parameters(fit, back, chain), chain)
  fit$em_model$transforms <- NULL
  expect_identical(relabel_parameters(fit, turned, one), turned)
})

test_that("a fit from one start says how to ask for more", {
  expect_error(em_basins(air_fit()), "em_starts\\(20\\)", class = "missmix_error_model")
  expect_error(em_basins(1), class = "missmix_error_argument")
  expect_error(em_basins(three_modes(), standard_errors = 2), class = "missmix_error_argument")
  fit <- three_modes()
  fit$runs$table$objective <- NaN
  expect_error(em_basins(fit), "legal end", class = "missmix_error_model")
})

test_that("some of the modes are a plain table", {
  basins <- em_basins(three_modes())
  expect_s3_class(basins[1:2, ], "data.frame", exact = TRUE)
  expect_s3_class(as.data.frame(basins), "data.frame", exact = TRUE)
  expect_null(attr(as.data.frame(basins), "summary"))
})

test_that("it is printed: the answer first, then at most so many rows", {
  local_reproducible_output(width = 100)
  expect_snapshot(print(em_basins(with_made_errors(three_modes()))), transform = only_words)
  expect_output(print(em_basins(three_modes()), rows = 2), "1 more mode")
  # The chosen one has its row even where others are higher.
  expect_output(print(em_basins(three_modes()), rows = 1), "\n2 .*the fit.*2 more modes")
  expect_error(print(em_basins(three_modes()), rows = 0), class = "missmix_error_argument")
})
