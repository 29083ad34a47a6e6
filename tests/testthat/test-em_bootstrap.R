# Replicates: drawn alike, fitted from the fit, labels matched, failures told.

two_hills <- local({
  fit <- NULL
  function() {
    if (is.null(fit)) fit <<- em_gmm(faithful, k = 2, starts = em_starts(5, seed = 1))
    fit
  }
})

test_that("standard errors are near those of the information", {
  boot <- em_bootstrap(two_hills(), 200, seed = 1)
  expect_s3_class(boot, "em_bootstrap")
  expect_identical(dim(boot$estimates), c(200L, 12L))
  expect_identical(boot$original, coef(two_hills()))
  means <- grep("^(means|proportions)", names(coef(two_hills())))
  # 200 replicates give a standard error to about 5 per cent; the rest is that of the theory.
  expect_relative(boot$std.error[means], sqrt(diag(vcov(two_hills())))[means], 0.25)
  expect_identical(boot$std.error, apply(boot$estimates, 2, sd))
  expect_equal(vcov(boot), cov(boot$estimates))
  expect_identical(boot$converged, 200L)
})

test_that("a parametric bootstrap of a normal has the spread of theory", {
  fit <- em_mvn(faithful)
  boot <- em_bootstrap(fit, 200, "parametric", seed = 2)
  expect_relative(boot$std.error[1:2], sqrt(diag(vcov(fit)))[1:2], 0.2)
  expect_identical(boot$relabelled, NA_integer_)
  expect_identical(nrow(boot$failures), 0L)
})

test_that("missing cells stay missing where they are", {
  fit <- em_mvn(airquality[1:4])
  drawn <- with_seed(1, redraw_cells(fit))
  expect_identical(unname(is.na(start_matrix(drawn, 1:153))), unname(is.na(airquality[1:4])),
    ignore_attr = TRUE)
  boot <- em_bootstrap(fit, 20, "parametric", seed = 1)
  expect_identical(boot$used, 20L)
})

test_that("whole weights are cases, other weights belong to their rows", {
  whole <- rep(c(1, 3), 136)
  fit <- em_mvn(faithful, weights = whole)
  expect_identical(sum(with_seed(1, redraw_rows(fit))$weights), sum(whole))
  drawn <- with_seed(1, redraw_cells(fit))
  expect_equal(c(drawn$n, drawn$weights), sum(whole))
  # As if the rows had been written out.
  long <- em_mvn(faithful[rep(1:272, whole), ])
  own <- em_bootstrap(fit, 200, seed = 1)$std.error
  # Twice 200 replicates, 5 per cent each: four standard errors of the ratio.
  expect_relative(own, em_bootstrap(long, 200, seed = 2)$std.error, 0.28)
  fit <- em_mvn(faithful, weights = whole / 2)
  counts <- with_seed(1, redraw_rows(fit))$weights / (whole / 2)
  expect_identical(counts, round(counts))
  expect_identical(sum(counts), 272)
  expect_identical(with_seed(1, redraw_cells(fit))$weights, whole / 2)
})

test_that("exchanged components are brought back, and counted", {
  fit <- two_hills()
  exchanged <- exchange(fit$parameters, 2:1)
  labels <- label_match(fit, exchanged)
  expect_identical(labels, list(moved = TRUE, ambiguous = FALSE))
  expect_identical(label_match(fit, fit$parameters), list(moved = FALSE, ambiguous = FALSE))
  # Both components near the first one of the fit.
  both <- fit$parameters
  both$means[2, ] <- both$means[1, ] + c(0.05, 0.5)
  both$covariances[, , 2] <- both$covariances[, , 1] * 1.2
  expect_true(label_match(fit, both)$ambiguous)

  # Equal halves far apart: about every other replicate comes in the other order.
  y <- with_own_seed(1, c(rnorm(60), rnorm(60, 9)))
  fit <- em_gmm(y, k = 2, covariance = "E", starts = em_starts(3, seed = 1))
  boot <- em_bootstrap(fit, 40, seed = 1)
  expect_gt(boot$relabelled, 5)
  expect_lt(boot$relabelled, 35)
  expect_identical(boot$ambiguous, 0L)
  # Exchanged means would spread over half of their distance of 9.
  expect_lt(max(boot$std.error[c("means[1,y]", "means[2,y]")]), 0.3)
  expect_output(print(boot), "another order in [0-9]+ of 40 and were matched")
})

test_that("the same for any workers, and each replicate for any n", {
  boot <- em_bootstrap(two_hills(), 6, seed = 3)
  expect_identical(em_bootstrap(two_hills(), 9, seed = 3)$estimates[1:6, ], boot$estimates)
  threads <- em_bootstrap(two_hills(), 6, seed = 3, control = em_control(n_threads = 2))
  expect_identical(threads$estimates, boot$estimates)
  set.seed(1)
  drawn <- em_bootstrap(two_hills(), 6)
  expect_identical(em_bootstrap(two_hills(), 6, seed = drawn$seed)$estimates, drawn$estimates)
  skip_if_not_installed("future.apply")
  skip_on_os("windows")
  old <- future::plan(future::multicore, workers = 2)
  on.exit(future::plan(old))
  expect_identical(em_bootstrap(two_hills(), 6, seed = 3), boot)
})

test_that("replicates that collapse or lose a component are kept out and told", {
  fit <- two_hills()
  lost <- fit
  lost$k <- 1L
  expect_match(unusable(lost, fit), "lost its weight")
  expect_null(unusable(fit, fit))
  bad <- fit
  bad$status <- "degenerate"
  expect_match(unusable(bad, fit), "singular")
  bad <- replace(fit, "thin", TRUE)
  expect_match(unusable(bad, fit), "thin")
  expect_null(unusable(bad, bad))

  # A cluster of three rows: drawn twice or less it has no covariance.
  y <- with_own_seed(1, rbind(matrix(rnorm(80), 40), c(20, 20), c(21, 20), c(20, 21.5)))
  colnames(y) <- c("a", "b")
  fit <- suppressWarnings(em_gmm(y, k = 2, starts = rep(1:2, c(40, 3))))
  boot <- em_bootstrap(fit, 40, seed = 1)
  expect_gt(nrow(boot$failures), 5)
  expect_identical(boot$used + nrow(boot$failures), 40L)
  expect_identical(which(is.na(boot$estimates[, 1])), boot$failures$replicate)
  expect_false(anyNA(boot$std.error))
  expect_output(print(boot), "kept out: .*singular")
  expect_identical(nrow(as.data.frame(boot)), boot$used)
})

test_that("an interrupt keeps what is finished", {
  calls <- 0
  run <- function(control, number) {
    calls <<- calls + 1
    if (calls == 5) rlang::interrupt()
    list(status = "converged", coef = coef(two_hills()) + number, moved = FALSE, ambiguous = FALSE)
  }
  found <- map_replicates(10, 1, em_control(), "Test", run)
  boot <- new_bootstrap(two_hills(), found)
  expect_identical(c(boot$n, boot$finished, boot$used), c(10L, 4L, 4L))
  boot[c("type", "level")] <- list("nonparametric", 0.95)
  expect_output(print(boot), "4 of 10 replicates are used.*stopped after 4")
})

test_that("methods: intervals, tables, words", {
  boot <- em_bootstrap(two_hills(), 99, seed = 1, level = 0.9)
  percentile <- confint(boot)
  expect_identical(colnames(percentile), c("5 %", "95 %"))
  # The fifth smallest and the fifth largest of 99.
  first <- sort(boot$estimates[, 1])
  expect_equal(unname(percentile[1, ]), first[c(5, 95)])
  expect_equal(unname(confint(boot, 1, type = "basic")[1, ]),
    2 * boot$original[[1]] - first[c(95, 5)])
  table <- tidy(boot, conf.int = TRUE)
  expect_named(table, c("term", "estimate", "std.error", "bias", "conf.low", "conf.high"))
  expect_equal(table$bias, unname(colMeans(boot$estimates) - boot$original))
  expect_equal(table$conf.low, unname(percentile[, 1]))
  expect_named(as.data.frame(boot), c("replicate", names(boot$original)))
  lines <- capture.output(print(boot, rows = 3))
  expect_match(lines[1], "Bootstrap (nonparametric): Gaussian mixture VVV", fixed = TRUE)
  expect_match(lines, "and 9 more coefficients", all = FALSE)
})

test_that("what cannot be bootstrapped is refused", {
  expect_error(em_bootstrap(user_fit()), "written in R", class = "missmix_error_model")
  expect_error(em_bootstrap(1), class = "missmix_error_argument")
  expect_error(em_bootstrap(two_hills(), 1), class = "missmix_error_argument")
  expect_error(em_bootstrap(two_hills(), 5, "bayesian"), class = "missmix_error_argument")
  expect_error(em_bootstrap(two_hills(), 5, sed = 1), class = "missmix_error_argument")
  expect_error(em_bootstrap(em_mvn(faithful, keep_data = FALSE)), "keep_data",
    class = "missmix_error_data")
  boot <- em_bootstrap(two_hills(), 5, seed = 1)
  expect_error(confint(boot, "mu"), "Not among them", class = "missmix_error_argument")
  expect_error(check_some_used(list(list(status = "failed", reason = "so it is"), NULL)),
    "so it is", class = "missmix_error_model")
})
