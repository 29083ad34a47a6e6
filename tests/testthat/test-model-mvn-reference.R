# Published and recomputed answers. Digits with tol = 0: the climb goes on until nothing moves.

reference_sets <- c(
  "apple", "missvals_hald", "cholesterol", "airquality", "airquality_all6", "nhanes2_num"
)

fit_reference <- function(name, ...) {
  data <- reference_data(name)
  if (is.null(data)) skip("mice is not installed")
  em_mvn(data, control = em_control(tol = 0), ...)
}

test_that("maximum-likelihood estimates reproduce to 1e-8", {
  for (name in reference_sets) {
    if (is.null(reference_data(name))) next
    fit <- fit_reference(name)
    p <- ncol(reference_data(name))
    exact <- reference_values(name)
    printed <- reference_values(name, "mvn_missing")
    expect_identical(fit$status, "converged", label = name)
    # The climb ends once no coordinate moves by 1e-12; divided by 1 - rate >= 0.04 that is 3e-11.
    expect_relative(coef(fit), reference_coef(exact, p), 1e-8)
    # The printed values carry ten digits.
    expect_relative(coef(fit), reference_coef(printed, p), 1e-8)
    # Rounding of a sum of a few hundred terms.
    expect_relative(as.numeric(logLik(fit)), exact[["loglik"]], 1e-12)
  }
})

test_that("standard errors reproduce to 1e-8 of the exact ones", {
  for (name in reference_sets) {
    if (is.null(reference_data(name))) next
    fit <- fit_reference(name)
    p <- ncol(reference_data(name))
    se <- sqrt(diag(vcov(fit)))
    # Hald's correlation matrix has the eigenvalue 5e-5: what the estimates miss by rounding is
    # 2e4 times as much in the whitened residuals.
    hald <- name == "missvals_hald"
    expect_relative(se, reference_coef(reference_values(name), p, "se_"), if (hald) 1e-6 else 1e-8)
    # mvn_missing.csv differentiates numerically: good to 1.2e-5, with Hald's data to 7e-3.
    printed <- reference_coef(reference_values(name, "mvn_missing"), p, "se_")
    expect_relative(se, printed, if (hald) 1e-2 else 2e-5)
  }
})

test_that("EM rates reproduce to 1e-8, and so does the whole spectrum", {
  for (name in reference_sets) {
    if (is.null(reference_data(name))) next
    fit <- fit_reference(name)
    exact <- reference_values(name)
    printed <- reference_values(name, "mvn_missing")
    expect_within(glance(fit)$rate, exact[["EM_rate_1"]], 1e-8)
    expect_within(glance(fit)$rate, printed[["EM_rate_max"]], 1e-8)
    spectrum <- attr(em_diagnose(fit), "details")$spectrum
    expected <- exact[startsWith(names(exact), "EM_rate_")]
    expect_false(is.unsorted(rev(spectrum)))
    expect_within(spectrum, unname(expected), 1e-8)
  }
})

test_that("cholesterol's EM rate is the same from any start", {
  data <- reference_data("cholesterol")
  set.seed(20)
  for (k in 1:10) {
    fit <- em_mvn(data, starts = random_start(data), control = em_control(tol = 0))
    # The digits stated for this set; the exact value ends in ...624, the difference is 1.3e-11.
    expect_within(glance(fit)$rate, 0.465751619611, 1e-10)
  }
})

test_that("apple: Meng and Rubin's transformed parameters and their standard errors", {
  fit <- fit_reference("apple")
  mu <- em_parameters(fit)$mu
  sigma <- em_parameters(fit)$sigma
  v <- vcov(fit)
  rho <- sigma[2, 1] / sqrt(sigma[1, 1] * sigma[2, 2])

  values <- c(mu[[2]], log(sigma[2, 2]), atanh(rho))
  # Rows: gradients of mu2, log s22 and atanh(rho) in mu1, mu2, s11, s21, s22.
  slope <- rbind(
    c(0, 1, 0, 0, 0),
    c(0, 0, 0, 0, 1 / sigma[2, 2]),
    c(0, 0, -rho / (2 * sigma[1, 1]), rho / sigma[2, 1], -rho / (2 * sigma[2, 2])) / (1 - rho^2)
  )
  errors <- sqrt(diag(slope %*% v %*% t(slope)))

  printed <- reference_values("apple_MengRubin", "mvn_missing")
  expect_relative(values, printed[c("mu2", "log_s22", "atanh_rho")], 1e-8)
  # The reference differentiates numerically; against exact arithmetic it is 1.0e-5 off.
  expect_relative(errors, printed[c("se_mu2", "se_log_s22", "se_atanh_rho")], 2e-5)
  # As published by Meng and Rubin (1991), two decimals.
  expect_identical(sprintf("%.2f", errors), c("2.73", "0.37", "0.27"))
})

test_that("a complete column has its closed-form mean, variance and standard errors", {
  fit <- fit_reference("cholesterol")
  x <- reference_data("cholesterol")$Y1
  n <- length(x)
  variance <- mean((x - mean(x))^2)
  se <- sqrt(diag(vcov(fit)))
  # Exact but for rounding: missing cells elsewhere say nothing about a complete column.
  expect_relative(coef(fit)[c("mu[Y1]", "sigma[Y1,Y1]")], c(mean(x), variance), 1e-10)
  expect_relative(
    se[c("mu[Y1]", "sigma[Y1,Y1]")], c(sqrt(variance / n), variance * sqrt(2 / n)), 1e-8
  )
})

test_that("boys: rate near one, still the same answer as plain EM", {
  skip_if_not_installed("mice")
  fit <- em_mvn(
    mice::boys[c("age", "hgt", "wgt", "bmi", "hc", "tv")],
    control = em_control(tol = 0)
  )
  expect_identical(fit$status, "converged")
  # 40,000 passes of plain EM in a separate implementation.
  expect_within(as.numeric(logLik(fit)), -11081.61784787549, 1e-8)
  expect_within(glance(fit)$rate, 0.992531450639, 1e-8)
  expect_relative(em_parameters(fit)$sigma["tv", "tv"], 282.6783267338, 1e-8)
  expect_match(attr(em_diagnose(fit), "details")$directions$variables[1], "tv")
})

test_that("boys numeric takes at most 25 passes to a gap of 1e-8", {
  skip_if_not_installed("mice")
  fit <- em_mvn(
    mice::boys[c("age", "hgt", "wgt", "bmi", "hc", "tv")],
    control = em_control(tol = 1e-8)
  )
  trace <- em_trace(fit)
  reached <- trace$passes[trace$objective >= -11081.61784787549 - 1e-8][1]
  # Plain EM takes about 1,500.
  expect_lte(reached, 25)
})
