# Columns with bounds as a whole: what does not tell its spread, and intervals as narrow as numbers.

half_known <- function(n = 40) {
  with_seed(1, {
    x <- rnorm(n)
    data.frame(a = x + rnorm(n), x)
  })
}

refused_spread <- function(data, bounds, ...) {
  failure <- expect_error(em_mvn(data, bounds = bounds, ...), class = "missmix_error_data")
  expect_identical(failure$column, "a")
  conditionMessage(failure)
}

test_that("a column of which nothing is measured beyond one limit is refused in such words", {
  data <- half_known()
  none <- transform(data, a = NA_real_)
  message <- refused_spread(none, list(a = c(-Inf, 1)))
  expect_match(message, "how much it varies")
  expect_match(message, "any value below 1")
  expect_match(refused_spread(none["a"], list(a = c(-Inf, 1))), "None is measured")
  # No upper bound is below a lower one: the lowest limit says it all.
  limits <- cbind(-Inf, seq(-1, 1, length.out = 40))
  expect_match(refused_spread(none, list(a = limits)), "any value below -1")
  expect_match(refused_spread(none, list(a = c(2, Inf))), "any value above 2")
  expect_match(refused_spread(none, list(a = c(0, 1))), "between 0 and 1")
  # On either side of one limit: a probability is known, no unit.
  sides <- cbind(ifelse(data$a < 0, -Inf, 0), ifelse(data$a < 0, 0, Inf))
  expect_match(refused_spread(none, list(a = sides)), "the same: 0")
  # One value, at or below the limit: as the variance vanishes its density has no bound.
  expect_match(refused_spread(transform(none, a = replace(a, 3, 1)), list(a = c(-Inf, 1))),
               "only value measured, 1")
  logged <- refused_spread(none, list(a = c(0, 20)), transform = c(a = "log"))
  expect_match(logged, "any value below 20")
  expect_match(refused_spread(replace(data, "a", ifelse(data$a < 1, NA, data$a)),
                              list(a = c(-Inf, 1)), weights = as.numeric(data$a < 1)),
               "weight zero")
  expect_error(refused_spread(none, list(a = c(-Inf, 1)), prior = em_prior_ridge(2)), NA)
})

test_that("a column is fitted where its bounds differ, or one value lies beyond them", {
  skip_if_not_installed("survival")
  data <- half_known()["a"]
  none <- transform(data, a = NA_real_)
  reference <- function(lower, upper) {
    censored <- survival::Surv(ifelse(is.finite(lower), lower, NA),
                               ifelse(is.finite(upper), upper, NA), type = "interval2")
    survival::survreg(censored ~ 1, dist = "gaussian",
                      control = survival::survreg.control(rel.tolerance = 1e-13))
  }
  agrees <- function(data, lower, upper) {
    fit <- em_mvn(data, bounds = list(a = cbind(lower, upper)), control = em_control(tol = 1e-11))
    measured <- !is.na(data$a)
    lower[measured] <- upper[measured] <- data$a[measured]
    other <- reference(lower, upper)
    expect_identical(fit$status, "converged")
    expect_equal(fit$log_lik, other$loglik[1], tolerance = 1e-9)
    expect_equal(unname(fit$parameters$mu), unname(coef(other)), tolerance = 1e-5)
    expect_equal(sqrt(fit$parameters$sigma[1]), other$scale, tolerance = 1e-5)
  }
  agrees(none, floor(data$a), floor(data$a) + 1)
  agrees(transform(none, a = replace(a, 5, data$a[5])), floor(data$a), floor(data$a) + 1)
  agrees(transform(none, a = replace(a, 5, 2.5)), rep(-Inf, 40), rep(2, 40))
  limit <- seq(-1, 1, length.out = 40)
  below <- data$a < limit
  agrees(none, ifelse(below, -Inf, limit), ifelse(below, limit, Inf))
})

test_that("bounds from one variable's world to the end of numbers give the same fit", {
  data <- half_known()
  data$a[data$a < 0] <- NA
  fit <- em_mvn(data, bounds = list(a = c(-Inf, 0)))
  for (lowest in c(-1e20, -1e308)) {
    expect_equal(em_mvn(data, bounds = list(a = c(lowest, 0)))$log_lik, fit$log_lik,
                 tolerance = 1e-7)
  }
  for (unit in c(1e-70, 1e70)) {
    scaled <- em_mvn(transform(data, a = unit * a), bounds = list(a = c(-Inf, 0)))
    expect_equal(unname(scaled$parameters$mu[1]), unit * unname(fit$parameters$mu[1]),
                 tolerance = 1e-6)
  }
  for (unit in c(1e-300, 1e300)) {
    failure <- expect_error(em_mvn(transform(data, a = unit * a), bounds = list(a = c(-Inf, 0))),
                            class = "missmix_error_data")
    expect_match(conditionMessage(failure), "1e-75 and 1e75")
    expect_identical(failure$column, "a")
  }
  for (limit in c(5, 100)) {
    expect_identical(em_mvn(data, bounds = list(a = c(-Inf, limit)))$status, "converged")
  }
})

test_that("NaN is not taken for a cell within bounds", {
  data <- half_known()
  data$a[data$a < 0] <- NA
  data$a[7] <- NaN
  failure <- expect_error(em_mvn(data, bounds = list(a = c(-Inf, 0))), class = "missmix_error_data")
  expect_equal(failure$row, 7)
  expect_match(conditionMessage(failure), "NaN")
})

test_that("narrow intervals are measured values, and narrower ones are refused as such", {
  complete <- with_seed(2, matrix(rnorm(60 * 5), 60) %*% chol(matrix(0.6, 5, 5) + diag(0.4, 5)))
  colnames(complete) <- letters[1:5]
  complete[16:40, 5] <- NA
  complete[41:50, 1] <- NA
  holes <- complete
  holes[1:10, 1:4] <- NA
  holes[11:15, 1:2] <- NA
  narrow <- function(width) {
    bounds <- lapply(1:4, function(j) cbind(complete[, j] - width / 2, complete[, j] + width / 2))
    em_mvn(holes, bounds = stats::setNames(bounds, letters[1:4]))
  }
  exact <- em_mvn(complete)
  for (width in c(1e-7, 1e-9, 2e-10)) {
    fit <- narrow(width)
    expect_identical(fit$status, "converged")
    # An interval stands for its middle to order width squared: rounding is left.
    expect_equal(fit$parameters, exact$parameters, tolerance = 1e-9)
    # The width itself has few digits: eps / width of it.
    expect_equal(fit$log_lik, exact$log_lik + 50 * log(width), tolerance = 1e-7)
    expect_equal(vcov(fit), vcov(exact), tolerance = 1e-6)
    drawn <- em_impute(fit, m = 2, seed = 1)
    bounded <- drawn$cells$row <= 15
    found <- complete[as.matrix(drawn$cells[bounded, ])]
    expect_lt(max(abs(drawn$values[bounded, ] - found)), width)
  }
  failure <- expect_error(narrow(1e-11), class = "missmix_error_argument")
  expect_identical(failure$row, 1L)
  expect_match(conditionMessage(failure), "is measured")
  same <- expect_error(em_mvn(holes, bounds = list(b = c(1, 1))), class = "missmix_error_argument")
  expect_match(conditionMessage(same), "is measured")
  logs <- exp(holes)
  near <- 1e6 * c(1, 1 + 4 * .Machine$double.eps)
  failure <- expect_error(em_mvn(logs, transform = c(a = "log"), bounds = list(a = near)),
                          class = "missmix_error_argument")
  expect_match(conditionMessage(failure), "is measured")
})
