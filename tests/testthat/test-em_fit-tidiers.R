test_that("tidy has broom's columns, lined up with coef", {
  fit <- air_fit()
  table <- tidy(fit)
  expect_named(table, c("term", "estimate", "std.error", "fmi"))
  expect_identical(table$term, names(coef(fit)))
  expect_identical(table$estimate, unname(coef(fit)))
  with_limits <- tidy(fit, conf.int = TRUE, conf.level = 0.9)
  expect_named(
    with_limits, c("term", "estimate", "std.error", "conf.low", "conf.high", "fmi")
  )
  expect_equal(with_limits$conf.low, unname(confint(fit, level = 0.9)[, 1]))
  expect_error(tidy(fit, conf.int = NA), class = "missmix_error_argument")
})

test_that("fractions of missing information lie between zero and one", {
  fmi <- tidy(air_fit())$fmi
  # Rounding may carry a complete variable's zero a little below.
  expect_true(all(fmi > -1e-8 & fmi < 1))
  expect_equal(fmi[tidy(air_fit())$term == "mu[Wind]"], 0, tolerance = 1e-8)
})

test_that("glance is one row with the promised columns", {
  fit <- air_fit()
  row <- glance(fit)
  expect_identical(nrow(row), 1L)
  expect_named(row, c(
    "logLik", "AIC", "BIC", "df", "nobs", "status", "converged", "gap", "passes", "rate"
  ))
  expect_true(row$converged)
  expect_equal(row$AIC, AIC(fit))
  expect_true(row$rate > 0 && row$rate < 1)
})

test_that("refused standard errors are told, and the table still comes", {
  expect_warning(table <- tidy(apart_fit()), class = "missmix_warning_boundary")
  expect_true(all(is.na(table$std.error)))
  expect_no_warning(glance(apart_fit()))
})

test_that("the generics are exported for those who load nothing else", {
  expect_identical(missmix::tidy, generics::tidy)
  expect_identical(missmix::glance, generics::glance)
  expect_identical(missmix::augment, generics::augment)
})

test_that("after a failure glance() knows no gap", {
  fit <- air_fit()
  for (status in c("decreased", "non_finite", "degenerate")) {
    fit$status <- status
    expect_identical(glance(fit)$gap, NA_real_)
  }
})
