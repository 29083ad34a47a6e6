# Gaussian mixtures against their slow twin, step by step.
source(test_path("reference-mvn.R"))
source(test_path("reference-gmm.R"))

# Rounding of sums over a few hundred rows is near 1e-14 of the numbers; inner iterations of the
# families without a closed form stop at 1e-13.
expect_same_mixture <- function(par, expected, tolerance = 1e-10) {
  expect_within(par$proportions, expected$proportions, tolerance)
  expect_within(par$means, expected$means, tolerance)
  expect_within(par$covariances, expected$covariances, tolerance)
}

# One step of the package and of the twin from the same start.
expect_same_step <- function(y, start, family, ..., weights = NULL, box = NULL) {
  w <- if (is.null(weights)) rep(1, nrow(y)) else weights
  stats <- ref_gmm_e_step(unname(y), start, w, box)
  expected <- ref_gmm_m_step(stats, family)
  fit <- one_gmm_step(y, start, covariance = family, weights = weights, ...)
  expect_equal(fit$trace$objective[1], stats$log_lik, tolerance = 1e-12)
  expect_same_mixture(em_parameters(fit), ref_gmm_sorted(expected))
  # What is returned belongs together: not the log-likelihood of the step before.
  expect_equal(
    fit$log_lik, ref_gmm_log_lik(unname(y), expected, w, box), tolerance = 1e-12
  )
  invisible(fit)
}

test_that("one EM step agrees with the twin to 1e-10, all families, d = 2", {
  y <- gmm_data("faithful")[1:80, ]
  labels <- mclust_partition("faithful", 3)[1:80]
  for (family in ref_gmm_families) {
    start <- ref_gmm_start(unname(y), labels, family)
    expect_same_step(y, start, family)
    expect_same_step(drop_cells(y, seed = 2), start, family)
  }
})

test_that("one EM step agrees with the twin to 1e-10, all families, d = 4", {
  rows <- seq(1, 150, 3)
  y <- gmm_data("iris")[rows, ]
  labels <- mclust_partition("iris", 2)[rows]
  for (family in ref_gmm_families) {
    start <- ref_gmm_start(unname(y), labels, family)
    expect_same_step(drop_cells(y, 0.3, seed = 3), start, family)
  }
})

test_that("one EM step agrees with the twin for a single variable", {
  y <- gmm_data("eruptions")
  labels <- mclust_partition("eruptions", 3)
  for (family in c("E", "V")) {
    expect_same_step(y, ref_gmm_start(unname(y), labels, family), family)
  }
})

test_that("one EM step with weights, noise and rows that say nothing", {
  y <- drop_cells(gmm_data("faithful")[1:100, ], 0.2, seed = 4)
  y[c(7, 50), ] <- NA
  weights <- with_own_seed(5, stats::rexp(100))
  labels <- mclust_partition("faithful", 2)[1:100]
  for (family in c("VVV", "EEI", "EVE")) {
    start <- ref_gmm_start(unname(gmm_data("faithful")[1:100, ]), labels, family)
    expect_same_step(y, start, family, weights = weights)
    start$proportions <- c(start$proportions * 0.9, 0.1)
    # The box in which the noise lies is that of the data.
    expect_same_step(y, start, family, weights = weights, noise = TRUE, box = ref_gmm_box(y))
  }
})

test_that("a single step from a partition is cov.wt() to 1e-12", {
  y <- gmm_data("faithful")
  labels <- mclust_partition("faithful", 3)
  start <- ref_gmm_start(unname(y), labels, "VVV")
  shares <- ref_gmm_respond(unname(y), start)$shares
  par <- em_parameters(one_gmm_step(y, start))
  order <- order(-colSums(shares))
  for (c in 1:3) {
    share <- shares[, order[c]]
    moments <- stats::cov.wt(y, share / sum(share), method = "ML")
    expect_within(par$means[c, ], moments$center, 1e-12)
    # Of numbers up to 40.
    expect_within(par$covariances[, , c], moments$cov, 1e-12)
    expect_within(par$proportions[[c]], mean(share), 1e-12)
  }
})

test_that("plain EM follows the twin for ten steps", {
  y <- drop_cells(gmm_data("faithful")[1:100, ], 0.2, seed = 6)
  start <- ref_gmm_start(
    unname(gmm_data("faithful")[1:100, ]), mclust_partition("faithful", 2)[1:100], "VEE"
  )
  fit <- em_gmm_quietly(
    y, k = 2, covariance = "VEE", starts = start,
    control = em_control(tol = 0, max_iter = 10L, accelerator = "plain")
  )
  log_lik <- numeric()
  for (i in 1:10) {
    stats <- ref_gmm_e_step(unname(y), start)
    log_lik[i] <- stats$log_lik
    start <- ref_gmm_m_step(stats, "VEE")
  }
  expect_identical(fit$trace$kind, c("start", rep("em", 10)))
  expect_equal(fit$trace$objective[1:10], log_lik, tolerance = 1e-12)
  expect_same_mixture(em_parameters(fit), ref_gmm_sorted(start))
})

test_that("responsibilities and densities are the twin's, missing cells and noise included", {
  # Thirty flowers of no kind at all.
  other <- with_own_seed(9, matrix(stats::runif(120, 0, 8), 30))
  y <- drop_cells(rbind(gmm_data("iris"), other), 0.3, seed = 7)
  y[11, ] <- NA
  fit <- em_gmm(y, k = 2, noise = TRUE, starts = em_starts(5, seed = 1))
  par <- lapply(em_parameters(fit), unname)
  found <- ref_gmm_respond(unname(y), par, ref_gmm_box(y))
  expect_within(predict(fit, type = "posterior"), found$shares, 1e-10)
  expect_within(predict(fit, type = "log_density"), found$log_density, 1e-10)
  expect_equal(sum(found$log_density), fit$log_lik, tolerance = 1e-12)
  expect_within(predict(fit, type = "posterior")[11, ], par$proportions, 1e-15)
})

test_that("the maximum with missing cells is a fixed point of the twin, for all accelerators", {
  y <- drop_cells(gmm_data("faithful"), 0.2, seed = 8)
  found <- lapply(c("anderson", "squarem", "plain"), function(accelerator) {
    fit <- em_gmm(
      y, k = 2, starts = mclust_partition("faithful", 2),
      control = em_control(tol = 1e-10, accelerator = accelerator)
    )
    expect_monotone(fit)
    fit
  })
  par <- lapply(em_parameters(found[[1]]), unname)
  # A gap of 1e-10 leaves steps of about 1e-5 standard errors.
  next_one <- ref_gmm_sorted(ref_gmm_step(unname(y), par, "VVV"))
  expect_within(par$means, next_one$means, 1e-5)
  expect_relative(par$covariances, next_one$covariances, 1e-5)
  for (fit in found[-1]) expect_within(fit$log_lik, found[[1]]$log_lik, 1e-9)
})

test_that("tol = 0 goes on until nothing moves, and says that nothing is left", {
  for (family in ref_gmm_families) {
    fit <- em_gmm(
      gmm_data("iris"), k = 3, covariance = family, starts = mclust_partition("iris", 3),
      control = em_control(tol = 0)
    )
    expect_identical(fit$status, "converged")
    expect_lt(fit$gap, 1e-12)
    expect_lt(fit$passes, 200)
  }
})
