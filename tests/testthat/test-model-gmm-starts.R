# What em_gmm() takes as a start, and what it does not.
source(test_path("reference-mvn.R"))
source(test_path("reference-gmm.R"))

labels <- mclust_partition("faithful", 2)
plain <- em_gmm(faithful, k = 2, starts = labels)

refused <- function(starts, pattern, ..., k = 2) {
  expect_error(
    em_gmm(faithful, k = k, starts = starts, ...), pattern, class = "missmix_error_argument"
  )
}

test_that("partitions of every type, and an order of parts that does not matter", {
  for (partition in list(
    as.double(labels), factor(labels), letters[labels], labels == 1, labels + 10L,
    factor(labels, labels = c("z", "a"))
  )) {
    fit <- em_gmm(faithful, k = 2, starts = partition)
    expect_relative(coef(fit), coef(plain), 1e-9)
    expect_null(fit$runs)
  }
})

test_that("rows without a label are left out of the start", {
  some <- replace(labels, seq(1, 272, 3), NA)
  fit <- em_gmm(faithful, k = 2, starts = some)
  # The start is the moments of those with a label.
  known <- which(!is.na(some))
  y <- unname(gmm_data("faithful"))
  start <- ref_gmm_start(y[known, ], labels[known], "VVV")
  expect_equal(fit$trace$objective[1], ref_gmm_log_lik(y, start), tolerance = 1e-10)
  expect_within(fit$log_lik, plain$log_lik, 1e-5)
  expect_error(em_gmm(faithful, k = 2, starts = rep(NA, 272)), class = "missmix_error_argument")
})

test_that("bad partitions are refused", {
  refused(labels[-1], "271")
  refused(rep(1, 272), "1 part")
  refused(rep(1:3, length.out = 272), "3 part")
  refused("best", "272")
  refused(c(1, 2), "272")
  refused(faithful, "proportions")
  refused(mean, "starts")
  refused(as.matrix(faithful), "544|partition")
})

test_that("parameters as a start: of the right shape, finite, positive definite", {
  par <- em_parameters(plain)
  again <- em_gmm(faithful, k = 2, starts = par)
  expect_lte(again$passes, 2)
  # Both within a gap of 1e-6.
  expect_relative(coef(again), coef(plain), 1e-3)
  swapped <- exchange(par, 2:1)
  expect_lte(em_gmm(faithful, k = 2, starts = swapped)$passes, 2)
  change <- function(...) utils::modifyList(par, list(...))
  refused(par[-1], "proportions")
  refused(par, "3 component", k = 3)
  refused(change(proportions = c(0.5, 0.6)), "sum to one")
  refused(change(proportions = c(-0.5, 1.5)), "negative")
  refused(change(proportions = c(NA, 1)), "finite")
  refused(change(means = par$means * Inf), "finite")
  refused(change(means = par$means[1, ]), "matrix")
  refused(change(means = c("a", "b", "c", "d")), "means")
  refused(change(covariances = -par$covariances), "definite")
  refused(change(covariances = 0 * par$covariances), "definite")
  refused(change(covariances = par$covariances[, , 1]), "array")
  skew <- par$covariances
  skew[1, 2, 1] <- skew[1, 2, 1] + 1
  refused(change(covariances = skew), "definite")
  refused(par, "numbers", noise = TRUE)
})

test_that("a fit as a start: of its own kind, of another family, of fewer components", {
  expect_lte(em_gmm(faithful, k = 2, starts = plain)$passes, 2)
  # Covariances are drawn onto the family; from there it climbs.
  other <- em_gmm(faithful, k = 2, covariance = "EEE", starts = plain)
  expect_within(other$log_lik, -1140.18675944, 1e-5)
  refused(plain, "3 component", k = 3)
  refused(em_mvn(faithful), "starts")
})

test_that("included starts take part, and nested fits never fall", {
  two <- em_gmm(faithful, k = 2, covariance = "VVI", starts = labels)
  # VVI is part of VVV.
  more <- em_gmm(
    faithful, k = 2, starts = em_starts(2, method = "random", keep = 3, seed = 1, include = two)
  )
  expect_identical(more$runs$table$method, c("given", "random", "random"))
  expect_gte(more$log_lik, two$log_lik)
  expect_s3_class(em_starts(2, include = list(labels)), "em_starts")
  mixed <- em_gmm(
    faithful, k = 2,
    starts = em_starts(1, include = list(labels, em_parameters(plain), plain), seed = 1)
  )
  expect_identical(mixed$runs$table$method[1:3], rep("given", 3))
  expect_error(
    em_gmm(faithful, k = 2, starts = em_starts(2, include = list(1:3))),
    class = "missmix_error_argument"
  )
  expect_error(em_starts(2, method = "best"), "method", class = "missmix_error_argument")
  expect_error(em_starts(0), class = "missmix_error_argument")
})

test_that("NULL stands for the default starts, one component needs none", {
  set.seed(1)
  by_default <- em_gmm(faithful, k = 2, starts = NULL)
  expect_s3_class(by_default$runs$starts, "em_starts")
  one <- em_gmm(faithful, k = 1)
  expect_null(one$runs)
  expect_error(em_basins(one), "one start", class = "missmix_error_model")
})

test_that("a time limit or a callback ends the climbs with what is there", {
  fit <- em_gmm_quietly(
    faithful, k = 3, starts = em_starts(30, keep = 30, seed = 1),
    control = em_control(time_limit = 1e-9)
  )
  expect_identical(fit$status, "stopped")
  expect_true(all(is.finite(coef(fit))))
  expect_warning(
    em_gmm(faithful, k = 2, starts = labels, control = em_control(max_iter = 1L)),
    class = "missmix_warning_convergence"
  )
})

test_that("noise takes no part away, and a start that is no legal point has no height", {
  expect_identical(with_noise(c(1, 1, 2, 2, 3), c(2, 5), 4), c(1, 4, 2, 2, 3))
  expect_identical(with_noise(c(1, 1, 2), 3, 3), c(1, 1, 2))
  data <- list(log_jacobian = 0, terms = "x")
  start <- list(
    log_lik = 0, objective = 0, passes = 0L, status = "degenerate", screened = NA_real_,
    finished = TRUE, trace = data.frame(start = integer())
  )
  record <- gmm_run_record(start, data)
  expect_identical(record$run$objective, NA_real_)
  expect_null(new_runs(list(record), "random", 1L, em_starts(1))$trace[[1]])
})

test_that("a search that is stopped does not go on with splits and merges", {
  stopped <- em_gmm_quietly(
    faithful, k = 3, starts = em_starts(6, seed = 1),
    control = em_control(callback = function(row) row$start < 3)
  )
  expect_false("split and merge" %in% stopped$runs$table$method)
  whole <- em_gmm(faithful, k = 3, starts = em_starts(6, seed = 1))
  expect_true("split and merge" %in% whole$runs$table$method)
})
