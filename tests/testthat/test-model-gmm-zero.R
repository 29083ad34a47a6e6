# Components without weight leave the mixture, are tested, told, and brought back.

two <- em_gmm(faithful, k = 2, starts = em_starts(5, seed = 1))

# The two components and a third one between them, without weight.
between <- function(proportions = c(0.4, 0, 0.6)) {
  own <- two$parameters
  list(
    proportions = proportions,
    means = rbind(own$means[1, ], c(3.5, 70), own$means[2, ]),
    covariances = array(own$covariances[, , c(1, 1, 2)], c(2, 2, 3))
  )
}

normal_density <- function(x, mean, sigma) {
  exp(-mahalanobis(x, mean, sigma) / 2) / sqrt(det(2 * pi * sigma))
}

test_that("a start with a zero: the fit has fewer components and the derivative", {
  expect_warning(fit <- em_gmm(faithful, k = 3, starts = between()), "would\\s+rise by a\\s+factor",
    class = "missmix_warning_boundary")
  expect_identical(fit$k, 2L)
  expect_identical(fit$df, two$df)
  # Both climbs have at most 1e-6 to gain.
  expect_within(fit$log_lik, two$log_lik, 2e-6)
  own <- fit$parameters
  f <- own$proportions[1] * normal_density(faithful, own$means[1, ], own$covariances[, , 1]) +
    own$proportions[2] * normal_density(faithful, own$means[2, ], own$covariances[, , 2])
  phi <- normal_density(faithful, c(3.5, 70), two$parameters$covariances[, , 1])
  # The test weight of 1e-10 is not nothing where phi / f is in the hundreds.
  expect_within(fit$dropped$derivative, mean(phi / f), 1e-7)
  expect_identical(fit$dropped$element, "3")
  checks <- em_diagnose(fit)
  expect_identical(checks$verdict[checks$check == "boundary"], "fail")
  expect_match(checks$text[checks$check == "boundary"],
    "EM cannot revive it; it would rise by a factor 2 a step")
  expect_output(print(fit), "cannot revive it")
  expect_warning(errors <- vcov(fit), "boundary", class = "missmix_warning_boundary")
  expect_true(all(is.na(errors)))
})

test_that("weights and missing cells count in the derivative", {
  data <- faithful
  data$waiting[1:60] <- NA
  data[7, ] <- NA
  weights <- rep(1:2, 136)
  fit <- suppressWarnings(em_gmm(data, k = 3, starts = between(), weights = weights))
  own <- fit$parameters
  phi <- function(mean, sigma) {
    out <- normal_density(data, mean, sigma)
    out[1:60] <- dnorm(data$eruptions[1:60], mean[1], sqrt(sigma[1, 1]))
    out
  }
  f <- own$proportions[1] * phi(own$means[1, ], own$covariances[, , 1]) +
    own$proportions[2] * phi(own$means[2, ], own$covariances[, , 2])
  ratio <- phi(c(3.5, 70), two$parameters$covariances[, , 1]) / f
  expect_within(fit$dropped$derivative, weighted.mean(ratio[-7], weights[-7]), 1e-7)
})

test_that("revive = TRUE climbs to the higher hill, and update() remembers", {
  fit <- suppressWarnings(em_gmm(faithful, k = 3, starts = between()))
  expect_false(fit$revive)
  back <- update(fit, revive = TRUE)
  expect_true(back$revive)
  expect_true(update(back)$revive)
  expect_identical(back$k, 3L)
  expect_null(back$dropped)
  # The highest sound mode of VVV with three components.
  expect_within(back$log_lik, -1119.2140, 1e-3)
  expect_identical(back$revived$element, "3")
  expect_equal(back$revived$gain, back$objective - fit$objective, tolerance = 1e-6)
  expect_output(print(back), "was revived from zero: the objective rose by 11")
  expect_monotone(back)
  expect_identical(nrow(em_trace(back)), back$iterations + 1L)
  # Without the wish it goes on with the zero.
  again <- suppressWarnings(update(fit))
  # A gap of 1e-6 moves a derivative by sqrt(2e-6 / 272) at most.
  expect_equal(again$dropped, fit$dropped, tolerance = 1e-4)
})

test_that("a zero that belongs there passes and stays", {
  start <- between()
  start$means[2, ] <- c(8, 110)
  fit <- suppressWarnings(em_gmm(faithful, k = 3, starts = start, revive = TRUE))
  expect_identical(fit$k, 2L)
  expect_lt(fit$dropped$derivative, 1)
  expect_null(fit$revived)
  checks <- em_diagnose(fit)
  expect_identical(checks$verdict[checks$check == "boundary"], "pass")
})

test_that("the noise may be without weight", {
  start <- two$parameters
  start$proportions <- c(0.4, 0.6, 0)
  fit <- suppressWarnings(em_gmm(faithful, k = 2, noise = TRUE, starts = start))
  expect_identical(names(fit$parameters$proportions), c("1", "2"))
  expect_identical(fit$dropped$element, "noise")
  area <- diff(range(faithful$eruptions)) * diff(range(faithful$waiting))
  density <- predict(fit, type = "density")
  expect_within(fit$dropped$derivative, mean(1 / area / density), 1e-6)
  # Of data with noise it comes back.
  y <- with_own_seed(1, c(rnorm(100), runif(30, -30, 30)))
  start <- list(proportions = c(1, 0), means = matrix(0), covariances = array(1, c(1, 1, 1)))
  fit <- em_gmm(y, k = 1, noise = TRUE, starts = start, revive = TRUE)
  expect_within(fit$parameters$proportions[["noise"]], 30 / 130, 0.1)
  expect_identical(fit$revived$element, "noise")
})

test_that("several without weight: the steepest is revived first", {
  start <- between()
  start$proportions <- c(1, 0, 0)
  fit <- suppressWarnings(em_gmm(faithful, k = 3, starts = start))
  expect_identical(fit$k, 1L)
  expect_identical(fit$dropped$element, c("2", "3"))
  back <- suppressWarnings(update(fit, revive = TRUE))
  expect_identical(back$revived$element[1], fit$dropped$element[which.max(fit$dropped$derivative)])
  expect_gt(back$log_lik, two$log_lik - 1e-3)
})

test_that("a component that loses its weight on the way is left out and told", {
  start <- between(c(0.4, 0.1, 0.5))
  start$means[2, ] <- c(30, 70)
  for (family in c("VVV", "EEE")) {
    expect_warning(
      fit <- em_gmm(faithful, k = 3, covariance = family, starts = start),
      "proportions\\[3\\] is zero where it belongs", class = "missmix_warning_boundary"
    )
    expect_identical(fit$status, "converged")
    expect_identical(fit$k, 2L)
    expect_identical(fit$dropped$derivative < 1, TRUE)
    expect_identical(nrow(em_trace(fit)), fit$iterations + 1L)
    expect_monotone(fit)
  }
})

test_that("of many starts the record has the end of the chosen one", {
  fit <- two
  fit$parameters$proportions[] <- c(1 - 1e-9, 1e-9)
  fit$parameters$means[2, ] <- c(9, 120)
  fit <- test_gmm_zeros(fit, NULL)
  one <- em_gmm(faithful, k = 1)
  expect_within(fit$log_lik, one$log_lik, 1e-6)
  chosen <- fit$runs$chosen
  expect_identical(fit$runs$table$objective[chosen], fit$objective)
  expect_identical(fit$runs$table$smallest_weight[chosen], 0)
  expect_identical(unname(fit$runs$parameters[[chosen]]$proportions), c(1, 0))
  expect_identical(unique(fit$trace$start), chosen)
  expect_output(print(em_basins(fit)))
  expect_output(print(fit), "Best of 5 starts")
})

test_that("zeros are refused among many starts, and where nothing else is left", {
  expect_error(em_gmm(faithful, k = 3, starts = em_starts(2, include = list(between()))),
    "above zero", class = "missmix_error_argument")
  start <- list(proportions = c(0, 1), means = matrix(0), covariances = array(1, c(1, 1, 1)))
  expect_error(em_gmm(faithful$waiting, k = 1, noise = TRUE, starts = start), "but for the noise",
    class = "missmix_error_argument")
})
