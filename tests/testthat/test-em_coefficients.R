# Which coefficients a fit has for pooling, and that fits of many kinds can be pooled.

imp <- trial_imputations(m = 4)

# Pooled by the twin from what the model's own accessors say, term by term.
expect_pooled_by_twin <- function(fits, coefficients, covariance, dfcom = Inf) {
  est <- em_pool(fits)
  testthat::expect_equal(est$dfcom, dfcom)
  estimates <- lapply(fits$analyses, coefficients)
  testthat::expect_identical(est$table$term, names(estimates[[1]]))
  for (j in seq_along(estimates[[1]])) {
    twin <- rubin_twin(
      vapply(estimates, function(one) one[[j]], numeric(1)),
      vapply(fits$analyses, function(fit) as.matrix(covariance(fit))[j, j], numeric(1)), dfcom
    )
    expect_relative(unlist(est$table[j, names(twin)]), unlist(twin), 1e-10)
  }
}

test_that("whatever has coef() and vcov()", {
  expect_pooled_by_twin(with(imp, glm(visits ~ arm + lab, poisson)), coef, vcov, 77)
  expect_pooled_by_twin(
    with(imp, nls(score ~ a + b * lab, start = list(a = 1, b = 1))), coef, vcov, 78
  )
  one <- em_coefficients(lm(dist ~ speed, cars))
  expect_identical(one, list(
    estimate = coef(lm(dist ~ speed, cars)), covariance = vcov(lm(dist ~ speed, cars))
  ))
})

test_that("fits of this package", {
  fits <- with(imp, em_mvn(data.frame(lab, marker)))
  expect_pooled_by_twin(fits, coef, vcov)
})

test_that("mixed models give their fixed effects", {
  skip_if_not_installed("lme4")
  fits <- with(imp, lme4::lmer(score ~ arm + lab + (1 | visits)))
  # lme4 counts the fixed effects and both variances.
  expect_pooled_by_twin(fits, lme4::fixef, vcov, 75)
  skip_if_not_installed("nlme")
  expect_pooled_by_twin(
    with(imp, nlme::lme(score ~ arm + lab, random = ~ 1 | visits)), nlme::fixef, vcov
  )
})

test_that("mixed models agree with mitml", {
  skip_if_not_installed("lme4")
  skip_if_not_installed("mitml")
  fits <- with(imp, lme4::lmer(score ~ arm + lab + (1 | visits)))
  peer <- mitml::testEstimates(fits$analyses)$estimates
  expect_same_pooling(em_pool(fits, dfcom = Inf), peer[, "Estimate"], peer[, "Std.Error"],
    peer[, "df"], peer[, "FMI"])
})

test_that("survreg has its log scale, unless that is fixed", {
  skip_if_not_installed("survival")
  weibull <- with(imp, survival::survreg(survival::Surv(time, event) ~ lab))
  expect_pooled_by_twin(weibull, function(fit) {
    c(coef(fit), "Log(scale)" = log(fit$scale))
  }, vcov, 77)
  exponential <- with(imp, survival::survreg(survival::Surv(time, event) ~ lab, dist = "exp"))
  expect_pooled_by_twin(exponential, coef, vcov, 78)
})

test_that("ordered and nominal outcomes", {
  skip_if_not_installed("MASS")
  skip_if_not_installed("nnet")
  grade <- cut(trial_data()$score, quantile(trial_data()$score, 0:3 / 3), c("a", "b", "c"), TRUE)
  ordered_fits <- with(imp, MASS::polr(grade ~ lab + marker, Hess = TRUE))
  expect_pooled_by_twin(ordered_fits, function(fit) c(coef(fit), fit$zeta), vcov, 76)
  nominal <- with(imp, nnet::multinom(grade ~ lab, trace = FALSE))
  expect_pooled_by_twin(nominal, function(fit) {
    c(
      "b:(Intercept)" = coef(fit)["b", 1], "b:lab" = coef(fit)["b", 2],
      "c:(Intercept)" = coef(fit)["c", 1], "c:lab" = coef(fit)["c", 2]
    )
  }, vcov)
})

test_that("several responses at once", {
  both <- with(imp, lm(cbind(score, marker) ~ lab))
  expect_pooled_by_twin(both, function(fit) {
    c(
      "score:(Intercept)" = coef(fit)[1, "score"], "score:lab" = coef(fit)[2, "score"],
      "marker:(Intercept)" = coef(fit)[1, "marker"], "marker:lab" = coef(fit)[2, "marker"]
    )
  }, vcov, 78)
})

test_that("a package's own method is heard", {
  registerS3method("em_coefficients", "made_for_test", function(fit, ...) {
    list(estimate = c(a = fit$value), covariance = matrix(1))
  }, asNamespace("missmix"))
  made <- lapply(1:3, function(i) structure(list(value = i), class = "made_for_test"))
  expect_equal(coef(em_pool(made)), c(a = 2))
})
