test_that("parameters come in the model's shape, coefficients as one vector", {
  fit <- air_fit()
  parameters <- em_parameters(fit)
  expect_named(parameters, c("mu", "sigma"))
  expect_named(parameters$mu, air_columns)
  expect_identical(dimnames(parameters$sigma), list(air_columns, air_columns))
  expect_identical(names(coef(fit))[1:4], sprintf("mu[%s]", air_columns))
  expect_identical(
    names(coef(fit))[5:9],
    c(
      "sigma[Ozone,Ozone]", "sigma[Solar.R,Ozone]", "sigma[Wind,Ozone]",
      "sigma[Temp,Ozone]", "sigma[Solar.R,Solar.R]"
    )
  )
  expect_identical(
    coef(fit)[["sigma[Temp,Wind]"]], parameters$sigma["Temp", "Wind"]
  )
})

test_that("vcov and confint line up with coef", {
  fit <- air_fit()
  terms <- names(coef(fit))
  expect_identical(dimnames(vcov(fit)), list(terms, terms))
  limits <- confint(fit)
  expect_identical(dimnames(limits), list(terms, c("2.5 %", "97.5 %")))
  std_error <- sqrt(diag(vcov(fit)))
  expect_equal(limits[, 2] - limits[, 1], 2 * qnorm(0.975) * std_error)
  expect_identical(confint(fit, "mu[Wind]"), limits["mu[Wind]", , drop = FALSE])
  expect_identical(confint(fit, 3), limits[3, , drop = FALSE])
  expect_identical(colnames(confint(fit, level = 0.9)), c("5 %", "95 %"))
  # Wind is complete: its mean has the textbook standard error.
  n <- nrow(airquality)
  expect_equal(
    std_error[["mu[Wind]"]], sd(airquality$Wind) * sqrt((n - 1) / n) / sqrt(n)
  )
})

test_that("the likelihood carries what AIC and BIC need", {
  fit <- air_fit()
  expect_s3_class(logLik(fit), "logLik")
  expect_identical(attr(logLik(fit), "df"), 14L)
  expect_equal(nobs(fit), 153)
  expect_equal(AIC(fit), -2 * fit$log_lik + 2 * 14)
  expect_equal(BIC(fit), -2 * fit$log_lik + log(153) * 14)
})

test_that("refused standard errors are NA, with the reason", {
  fit <- apart_fit()
  expect_warning(covariance <- vcov(fit), class = "missmix_warning_boundary")
  expect_true(all(is.na(covariance)))
  expect_type(attr(covariance, "reason"), "character")
  expect_warning(limits <- confint(fit), class = "missmix_warning_boundary")
  expect_true(all(is.na(limits)))
})

test_that("wrong arguments are named", {
  fit <- air_fit()
  expect_error(confint(fit, "mu[none]"), class = "missmix_error_argument")
  expect_error(confint(fit, 99), class = "missmix_error_argument")
  expect_error(confint(fit, level = 95), class = "missmix_error_argument")
  expect_error(coef(fit, digits = 3), class = "missmix_error_argument")
})

test_that("any parameter flattens to one named vector", {
  flat <- flatten_parameters(list(
    p = c(a = 1, b = 2), m = matrix(1:4 + 0, 2, dimnames = list(c("x", "y"), NULL)), s = 5
  ))
  expect_identical(
    names(flat), c("p[a]", "p[b]", "m[x,1]", "m[y,1]", "m[x,2]", "m[y,2]", "s")
  )
  expect_identical(unname(flat), c(1, 2, 1, 2, 3, 4, 5))
  expect_identical(flatten_parameters(c(theta = 0.5)), c(theta = 0.5))
  expect_identical(flatten_parameters(c(1, 2)), c(`par[1]` = 1, `par[2]` = 2))
  expect_identical(flatten_parameters(0.5), c(par = 0.5))
})

test_that("the deviance is -2 log-likelihoods", {
  expect_identical(deviance(air_fit()), -2 * as.numeric(logLik(air_fit())))
})
