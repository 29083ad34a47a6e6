# Imputations of cells with bounds.

test_that("every method draws within the bounds, and leaves no cell", {
  fit <- bounded_fit()
  for (method in c("posterior", "bootstrap", "normal", "conditional")) {
    imp <- suppressMessages(em_impute(fit, m = 4, method = method, seed = 1))
    expect_true(all(imp$values[imp$cells$variable == 1, ] <= 0.7))
    expect_true(all(imp$values[imp$cells$variable == 1, ] > 0))
    expect_true(all(imp$values[imp$cells$variable == 2, ] <= -0.5))
    expect_identical(nrow(imp$cells), sum(is.na(fit$data$source)))
    expect_identical(imp$bounds, fit$bounds)
    expect_gt(stats::sd(imp$values[1, ]), 0)
  }
})

test_that("threads change nothing, a seed gives the same again", {
  fit <- bounded_fit()
  one <- em_impute(fit, m = 3, seed = 7, control = em_control(n_threads = 1L))
  two <- em_impute(fit, m = 3, seed = 7, control = em_control(n_threads = 2L))
  expect_identical(one$values, two$values)
  expect_identical(one$parameters, two$parameters)
})

test_that("draws under known parameters have the moments of the truncated normals", {
  fit <- bounded_fit()
  m <- 4000
  imp <- suppressMessages(em_impute(fit, m = m, method = "conditional", seed = 3))
  cells <- missing_cells(fit, fit$data)
  modelled <- imp$values
  of_a <- imp$cells$variable == 1
  modelled[of_a, ] <- log(modelled[of_a, ])
  expect_gt(max(table(cells$row)), 2)
  # Standard errors of a mean and, roughly, of a standard deviation: the largest of 150 cells.
  z <- (rowMeans(modelled) - cells$mean) / sqrt(cells$variance / m)
  expect_lt(max(abs(z)), 4.5)
  ratio <- apply(modelled, 1, stats::sd) / sqrt(cells$variance)
  expect_lt(max(abs(ratio - 1)), 5 * sqrt(2 / m))
  alone <- which(!is.na(cells$lower) & tabulate(cells$row)[cells$row] == 1)[1]
  p <- stats::ks.test(modelled[alone, ], function(x) {
    bounds <- c(cells$lower[alone], cells$upper[alone])
    ends <- pnorm(bounds, cells$location[alone], cells$spread[alone])
    (pnorm(x, cells$location[alone], cells$spread[alone]) - ends[1]) / diff(ends)
  })$p.value
  expect_gt(p, 0.001)
})

test_that("posterior draws of the parameters lie around the maximum as standard errors say", {
  fit <- bounded_fit(400)
  imp <- em_impute(fit, m = 400, seed = 2)
  z <- (rowMeans(imp$parameters$mu) - fit$parameters$mu) / sqrt(diag(vcov(fit))[1:3])
  # Off the maximum by the skewness of the posterior, a few tenths of a standard error.
  expect_lt(max(abs(z)), 0.4)
  spread <- apply(imp$parameters$mu, 1, stats::sd) / sqrt(diag(vcov(fit))[1:3])
  expect_lt(max(abs(spread - 1)), 0.2)
})

test_that("whole numbers stay within the bounds, new rows take those of columns", {
  data <- with_seed(6, data.frame(count = rpois(80, 4), x = rnorm(80)))
  data$count[data$count < 3] <- NA
  fit <- em_mvn(data, bounds = list(count = c(-Inf, 2.5)))
  imp <- em_impute(fit, m = 3, seed = 1)
  expect_true(all(imp$values <= 2 & imp$values == round(imp$values)))
  new <- em_impute(fit, m = 3, seed = 1, newdata = data.frame(count = NA, x = c(-1, 2)))
  expect_true(all(new$values <= 2.5))
  by_cell <- em_mvn(data, bounds = list(count = cbind(rep(-Inf, 80), 2.5)))
  expect_true(all(em_impute(by_cell, m = 2, seed = 1)$values <= 2))
  expect_error(em_impute(by_cell, m = 2, newdata = data), class = "missmix_error_model")
})

test_that("groups are drawn within the bounds, with their own covariances or a common one", {
  fit <- bounded_fit()
  arm <- rep(c("drug", "placebo"), length.out = 150)
  for (covariance in c("separate", "common")) {
    imp <- em_impute(fit, m = 3, by = arm, covariance = covariance, seed = 1)
    expect_true(all(imp$values[imp$cells$variable == 1, ] <= 0.7))
    expect_true(all(imp$values[imp$cells$variable == 2, ] <= -0.5))
    expect_identical(nrow(imp$cells), sum(is.na(fit$data$source)))
  }
  by_cell <- update(fit, bounds = list(a = cbind(rep(0, 150), 0.7), b = c(-Inf, -0.5)))
  other <- em_impute(by_cell, m = 3, by = arm, seed = 1)
  same <- em_impute(fit, m = 3, by = arm, seed = 1)
  # The start of the two climbs differs, and so the last digits of the maximum.
  expect_equal(other$values, same$values, tolerance = 1e-3)
})

test_that("delta is given values within the bounds, and may lead beyond", {
  fit <- bounded_fit()
  seen <- numeric()
  shift <- function(value) {
    seen <<- c(seen, value)
    value + 2
  }
  imp <- em_impute(fit, m = 3, seed = 1)
  shifted <- em_impute(fit, m = 3, seed = 1, delta = list(b = shift))
  of_b <- imp$cells$variable == 2
  expect_true(all(seen <= -0.5))
  expect_equal(shifted$values[of_b, ], imp$values[of_b, ] + 2)
  expect_gt(max(shifted$values[of_b, ]), -0.5)
  expect_identical(shifted$values[!of_b, ], imp$values[!of_b, ])
})

test_that("cells that correlate by .999 far below their limits are drawn as they are distributed", {
  y <- with_seed(8, rnorm(300)) + 0.03 * with_seed(9, matrix(rnorm(900), 300))
  data <- data.frame(a = y[, 1], b = y[, 2], c = y[, 3])
  data[300, ] <- NA
  limits <- cbind(rep(-Inf, 300), -4)
  fit <- em_mvn(data, bounds = list(a = limits, b = limits, c = limits))
  draws <- em_impute(fit, m = 4000, method = "conditional", seed = 1)$values
  # By rejection, of draws from the normal moved to the limit and weighted back.
  mu <- fit$parameters$mu
  sigma <- fit$parameters$sigma
  towards <- -4.2 - mu
  proposed <- with_seed(1, matrix(rnorm(6e5), ncol = 3)) %*% chol(sigma)
  weight <- exp(-proposed %*% solve(sigma, towards))
  moved <- sweep(proposed, 2, mu + towards, "+")
  weight[apply(moved, 1, max) > -4] <- 0
  share <- drop(weight) / sum(weight)
  expected <- colSums(share * moved)
  expected_sd <- sqrt(colSums(share * moved^2) - expected^2)
  # Standard errors are 0.016 of a mean and, of an exponential's deviation, 0.022; of the reference
  # half as much.
  expect_lt(max(abs(rowMeans(draws) - expected) / expected_sd), 0.07)
  expect_lt(max(abs(apply(draws, 1, stats::sd) / expected_sd - 1)), 0.1)
})

test_that("a group that does not tell a spread is named; bounds out of reach are", {
  fit <- bounded_fit()
  below <- ifelse(is.na(fit$data$source$b), "low", "high")
  failure <- expect_error(em_impute(fit, m = 2, by = below, seed = 1),
                          class = "missmix_error_model")
  expect_match(conditionMessage(failure), "low")
  expect_match(conditionMessage(failure), "how much it varies")
  far <- data.frame(a = NA_real_, b = NA_real_, c = 1e160)
  expect_match(
    conditionMessage(expect_error(em_impute(fit, m = 2, newdata = far, seed = 1),
                                  class = "missmix_error_model")),
    "within their bounds"
  )
  expect_error(predict(fit, newdata = far), class = "missmix_error_model")
})
