# Limits of detection and other bounds in the likelihood of em_mvn().
source(test_path("reference-censored.R"))

fine <- em_control(tol = 1e-11)

# Two columns not measured below a limit, one with values missing at random.
limited_data <- function(n = 60, seed = 3) {
  with_seed(seed, {
    z <- matrix(rnorm(3 * n), n) %*% chol(matrix(c(1, 0.6, 0.4, 0.6, 1, 0.5, 0.4, 0.5, 1), 3))
    y <- sweep(z %*% diag(c(2, 1, 0.5)), 2, c(5, 0, 1), "+")
    y[sample(n, 9), 3] <- NA
    list(
      complete = y,
      data = data.frame(
        a = ifelse(y[, 1] < 4, NA, y[, 1]), b = ifelse(y[, 2] > 0.5, NA, y[, 2]), c = y[, 3]
      ),
      bounds = list(a = c(-Inf, 4), b = c(0.5, Inf))
    )
  })
}

tobit <- function(formula, data) {
  survival::survreg(formula, data, dist = "gaussian",
                    control = survival::survreg.control(rel.tolerance = 1e-13))
}

test_that("the fit is the fixed point of the slow and obvious E-step, and its log-likelihood", {
  given <- limited_data()
  fit <- em_mvn(given$data, bounds = given$bounds, control = fine)
  y <- as.matrix(given$data)
  lower <- upper <- y
  lower[] <- -Inf
  upper[] <- Inf
  upper[, "a"] <- 4
  lower[, "b"] <- 0.5
  expect_gt(sum(is.na(y[, "a"]) & is.na(y[, "b"])), 0)
  step <- twin_censored_step(y, lower, upper, fit$parameters$mu, fit$parameters$sigma)
  # integrate() is good to 1e-11 a row.
  expect_equal(fit$log_lik, step$log_lik, tolerance = 1e-10)
  # The fit stands sqrt(2e-11) standard errors from the top.
  expect_equal(unname(fit$parameters$mu), unname(step$mu), tolerance = 1e-6)
  expect_equal(unname(fit$parameters$sigma), unname(step$sigma), tolerance = 1e-6)
  cells <- missing_cells(fit, fit$data)
  for (i in which(is.na(y[, "a"]))) {
    row <- twin_censored_row(y[i, ], lower[i, ], upper[i, ], fit$parameters$mu,
                             fit$parameters$sigma)
    at <- which(cells$row == i)
    expect_equal(cells$mean[at], unname(row$mean[cells$variable[at]]), tolerance = 1e-9)
    expect_equal(cells$variance[at], unname(diag(row$cov)[cells$variable[at]]), tolerance = 1e-8)
  }
  expect_equal(sum(augment(fit)$.log_lik), fit$log_lik, tolerance = 1e-10)
})

test_that("one column below a limit is the Tobit model, standard errors too", {
  skip_if_not_installed("survival")
  y <- with_seed(1, rnorm(200, 2, 1.5))
  limit <- unname(quantile(y, 0.3))
  y[y < limit] <- NA
  fit <- em_mvn(data.frame(y = y), bounds = list(y = c(-Inf, limit)), control = fine)
  other <- tobit(
    survival::Surv(y, ifelse(is.na(y), limit, y), type = "interval2") ~ 1, data.frame(y, limit)
  )
  expect_equal(as.numeric(logLik(fit)), as.numeric(logLik(other)), tolerance = 1e-9)
  expect_equal(unname(fit$parameters$mu), unname(coef(other)), tolerance = 1e-6)
  expect_equal(sqrt(unname(fit$parameters$sigma[1])), other$scale, tolerance = 1e-6)
  # survreg() has the logarithm of the scale.
  slopes <- c(1, 2 * other$scale^2)
  expect_equal(unname(vcov(fit)), unname(vcov(other) * outer(slopes, slopes)), tolerance = 1e-5)
})

test_that("with an observed covariate the regression is survreg's", {
  skip_if_not_installed("survival")
  given <- with_seed(2, {
    x <- rnorm(150)
    data.frame(x, y = 1 + 0.8 * x + rnorm(150))
  })
  given$y[given$y < 0.4] <- NA
  fit <- em_mvn(given, bounds = list(y = c(-Inf, 0.4)), control = fine)
  other <- tobit(
    survival::Surv(y, ifelse(is.na(y), 0.4, y), type = "interval2") ~ x, given
  )
  sigma <- fit$parameters$sigma
  slope <- sigma["y", "x"] / sigma["x", "x"]
  expect_equal(slope, unname(coef(other)["x"]), tolerance = 1e-6)
  expect_equal(unname(fit$parameters$mu["y"] - slope * fit$parameters$mu["x"]),
               unname(coef(other)[1]), tolerance = 1e-6)
  expect_equal(sqrt(sigma["y", "y"] - slope * sigma["x", "y"]), other$scale, tolerance = 1e-6)
  of_x <- sum(dnorm(given$x, mean(given$x), sqrt(mean((given$x - mean(given$x))^2)), log = TRUE))
  expect_equal(fit$log_lik, as.numeric(logLik(other)) + of_x, tolerance = 1e-9)
})

test_that("open bounds are none, and tight intervals are measurements", {
  given <- limited_data()
  ordinary <- em_mvn(given$data, control = fine)
  open <- em_mvn(given$data, bounds = list(a = c(-Inf, Inf)), control = fine)
  expect_identical(open$log_lik, ordinary$log_lik)
  expect_null(open$censored)

  complete <- stats::na.omit(given$complete)
  colnames(complete) <- c("a", "b", "c")
  holes <- complete
  holes[1:10, 1:2] <- NA
  holes[11:15, ] <- NA
  tight <- lapply(1:3, function(j) cbind(complete[, j] - 1e-5, complete[, j] + 1e-5))
  fit <- em_mvn(holes, bounds = stats::setNames(tight, c("a", "b", "c")), control = fine)
  exact <- em_mvn(complete, control = fine)
  # An interval of width w stands for its middle to order w^2.
  expect_equal(fit$parameters, exact$parameters, tolerance = 1e-6)
  cells <- 2 * 10 + 3 * 5
  expect_equal(fit$log_lik, exact$log_lik + cells * log(2e-5), tolerance = 1e-6)
  expect_equal(fit$nobs, nrow(complete))
  expect_equal(unname(vcov(fit)), unname(vcov(exact)), tolerance = 1e-4)
})

test_that("a limit under a transform is that on the modelled scale", {
  given <- limited_data()
  logged <- given$data
  logged$a <- exp(logged$a)
  fit <- em_mvn(given$data, bounds = given$bounds, control = fine)
  other <- em_mvn(logged, transform = c(a = "log"), control = fine,
                  bounds = list(a = c(0, exp(4)), b = c(0.5, Inf)))
  expect_equal(unname(coef(other)), unname(coef(fit)), tolerance = 1e-6)
  cells <- predict(other, type = "cells")
  of_a <- cells$variable == "a"
  expect_true(all(cells$upper[of_a] <= exp(4) & cells$estimate[of_a] < exp(4)))
  expect_true(all(predict(other, type = "mean")$a[is.na(logged$a)] < exp(4)))
  expect_true(all(predict(fit)$b[is.na(given$data$b)] > 0.5))
})

test_that("threads change nothing, weights count rows, the ridge prior works", {
  given <- limited_data()
  one <- em_mvn(given$data, bounds = given$bounds, control = em_control(n_threads = 1L))
  two <- em_mvn(given$data, bounds = given$bounds, control = em_control(n_threads = 2L))
  expect_identical(one$parameters, two$parameters)
  expect_identical(one$log_lik, two$log_lik)
  # The core's order of adding differs.
  twice <- em_mvn(given$data[rep(1:60, 2), ], bounds = given$bounds, control = fine)
  weighted <- em_mvn(given$data, bounds = given$bounds, weights = rep(2, 60), control = fine)
  expect_equal(coef(weighted), coef(twice), tolerance = 1e-6)
  expect_equal(weighted$log_lik, twice$log_lik, tolerance = 1e-10)
  expect_equal(weighted$nobs, 120)
  ridge <- em_mvn(given$data, bounds = given$bounds, prior = em_prior_ridge(20), control = fine)
  expect_identical(ridge$status, "converged")
  flat <- em_mvn(given$data, bounds = given$bounds, control = fine)
  expect_lt(abs(stats::cov2cor(ridge$parameters$sigma)[2, 1]),
            abs(stats::cov2cor(flat$parameters$sigma)[2, 1]))
})

test_that("rows with many censored cells converge, and the fit says it is approximate", {
  y <- with_seed(5, matrix(rnorm(200 * 5), 200) %*% chol(matrix(0.5, 5, 5) + diag(0.5, 5)))
  truth <- colMeans(y)
  y[y < -0.3] <- NA
  colnames(y) <- letters[1:5]
  bounds <- rep(list(c(-Inf, -0.3)), 5)
  names(bounds) <- letters[1:5]
  fit <- em_mvn(y, bounds = bounds)
  expect_identical(fit$status, "converged")
  expect_gt(fit$censored$approximate_rows, 20)
  # Of 200 rows; standard errors are 0.07.
  expect_lt(max(abs(fit$parameters$mu - truth)), 0.07)
  expect_output(print(fit), "approximate")
  expect_true(all(sqrt(diag(vcov(fit))) > 0))
  plain <- em_mvn(y, bounds = bounds, control = em_control(accelerator = "plain"))
  gains <- diff(em_trace(plain)$objective)
  expect_gt(min(gains), -1e-9)
  # Rows without any number say something as well.
  expect_equal(fit$nobs, 200)
})

test_that("simulations are censored where their values lie within the bounds", {
  given <- limited_data()
  fit <- em_mvn(given$data, bounds = given$bounds)
  sim <- simulate(fit, 1, seed = 1, keep_missing = TRUE)[[1]]
  whole <- simulate(fit, 1, seed = 1)[[1]]
  expect_identical(is.na(sim$a), whole$a < 4)
  expect_identical(is.na(sim$b), whole$b > 0.5)
  expect_identical(is.na(sim$c), is.na(given$data$c))
  by_cell <- em_mvn(given$data, bounds = list(a = cbind(rep(-Inf, 60), 4)))
  expect_error(simulate(by_cell, keep_missing = TRUE), class = "missmix_error_model")
  expect_error(predict(by_cell, newdata = given$data), class = "missmix_error_model")
  boot <- em_bootstrap(by_cell, n = 3, seed = 1)
  expect_s3_class(boot, "em_bootstrap")
})

test_that("update() remembers the bounds, drops them with their columns, takes new ones", {
  given <- limited_data()
  limits <- given$bounds
  fit <- em_mvn(given$data, bounds = limits)
  rm(limits)
  again <- update(fit, control = fine)
  expect_identical(again$bounds, given$bounds)
  expect_lte(again$passes, 10)
  fewer <- update(fit, columns = c("a", "c"))
  expect_identical(names(fewer$bounds), "a")
  none <- update(fit, bounds = NULL)
  expect_null(none$censored)
  saved <- em_mvn(given$data, bounds = list(a = cbind(rep(-Inf, 60), 4)), keep_data = FALSE)
  expect_identical(dim(saved$bounds$a), c(0L, 2L))
  expect_true(all(is.finite(vcov(saved))))
  expect_error(predict(saved, given$data), class = "missmix_error_model")
})

test_that("by column and cell by cell are the same; bounds of observed cells are ignored", {
  given <- limited_data()
  by_column <- em_mvn(given$data, bounds = given$bounds["a"])
  table <- data.frame(low = rep(NA_real_, 60), high = 4)
  observed <- !is.na(given$data$a)
  table[observed, ] <- c(9, 1)
  by_cell <- em_mvn(given$data, bounds = list(a = table))
  expect_identical(by_cell$parameters, by_column$parameters)
  expect_identical(predict(by_cell), predict(by_column))
  table[which(!observed)[1], ] <- NA
  fewer <- em_mvn(given$data, bounds = list(a = table))
  expect_identical(fewer$censored$cells, by_column$censored$cells - 1L)
})

test_that("bounds that cannot be are refused by name", {
  data <- limited_data()$data
  refused <- function(bounds, ...) expect_error(
    em_mvn(data, bounds = bounds, ...), class = "missmix_error_argument"
  )
  refused(c(-Inf, 4))
  refused(list(c(-Inf, 4)))
  expect_match(conditionMessage(refused(list(d = c(-Inf, 4)))), "\"d\"")
  expect_match(conditionMessage(refused(list(a = c(4, -Inf)))), "lower one below the upper")
  refused(list(a = c(NaN, 4)))
  refused(list(a = c(NA, 4)))
  refused(list(a = 1:3))
  refused(list(a = "low"))
  refused(list(a = matrix(0, 59, 2)))
  row <- which(is.na(data$a))[2]
  bad <- cbind(rep(-Inf, 60), 4)
  bad[row, ] <- c(4, 4)
  expect_identical(refused(list(a = bad))$row, row)
  bad[row, 1] <- NaN
  expect_identical(refused(list(a = bad))$row, row)
  refused(list(a = c(-2, -1)), transform = c(a = "log"))
  refused(list(a = c(-Inf, 4)), starts = em_starts(3))
})

test_that("whole numbers stay within the bounds", {
  data <- data.frame(count = c(3L, 5L, 2L, 4L, NA, 6L, 3L, NA), x = c(3, 5.2, 2.1, 4, 1, 6, 3.3, 2))
  fit <- em_mvn(data, bounds = list(count = c(-Inf, 1.4)))
  filled <- predict(fit)$count
  expect_type(filled, "integer")
  expect_true(all(filled[c(5, 8)] <= 1))
})

test_that("print() and the vignette's words name the cells", {
  given <- limited_data()
  fit <- em_mvn(given$data, bounds = given$bounds)
  expect_output(print(fit), "cells of a")
  expect_match(bounds_words(fit), "exact")
  expect_identical(bounds_words(em_mvn(given$data)), "")
})

# Issue: a log-normal column of which 30% lie below the limit of detection.
test_that("means and covariances are unbiased where squeezing and half the limit are biased", {
  sigma <- matrix(c(2.25, 0.9, 0.75, 0.9, 1, 0.3, 0.75, 0.3, 1), 3)
  truth <- c(1, 0, 0, sigma[lower.tri(sigma, diag = TRUE)])
  limit <- exp(1 + 1.5 * stats::qnorm(0.3))
  estimate <- function(filled) {
    filled[[1]] <- log(filled[[1]])
    c(colMeans(filled), stats::cov(filled)[lower.tri(sigma, diag = TRUE)])
  }
  found <- lapply(1:20, function(seed) {
    y <- with_seed(seed, matrix(stats::rnorm(3 * 1000), 1000) %*% chol(sigma))
    data <- data.frame(crp = exp(1 + y[, 1]), x1 = y[, 2], x2 = y[, 3])
    data$crp[data$crp < limit] <- NA
    low <- is.na(data$crp)
    half <- replace(data, "crp", ifelse(low, limit / 2, data$crp))
    squeezed <- predict(em_mvn(data, transform = c(crp = "log")))
    squeezed$crp <- ifelse(low, pmin(squeezed$crp, limit), squeezed$crp)
    fit <- em_mvn(data, transform = c(crp = "log"), bounds = list(crp = c(0, limit)))
    list(model = unname(coef(fit)), half = estimate(half), squeezed = estimate(squeezed))
  })
  errors <- function(method) {
    values <- vapply(found, function(one) one[[method]], numeric(9))
    (rowMeans(values) - truth) / (apply(values, 1, stats::sd) / sqrt(20))
  }
  expect_lt(max(abs(errors("model"))), 3)
  # The mean and the variance of the limited column, and its covariance with the next.
  expect_gt(min(abs(errors("squeezed")[c(1, 4, 5)])), 5)
  expect_gt(min(abs(errors("half")[c(1, 4, 5)])), 4)
})
