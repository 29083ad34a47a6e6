test_that("print gives answer, status, one diagnostic, and where to go on", {
  local_reproducible_output(width = 1000)
  expect_snapshot(print(air_fit()), transform = only_words)
  expect_snapshot(print(apart_fit()), transform = only_words)
})

test_that("summary prints coefficients, correlations and likelihood", {
  local_reproducible_output(width = 1000)
  expect_snapshot(print(summary(air_fit())), transform = only_words)
  expect_snapshot(print(summary(apart_fit())), transform = only_words)
})

test_that("summary is a list to compute with", {
  summary <- summary(air_fit())
  expect_s3_class(summary, "summary.em_fit")
  expect_named(summary, c(
    "call", "model", "size", "coefficients", "correlation", "glance", "status", "reason"
  ), ignore.order = TRUE)
  expect_equal(diag(summary$correlation), c(Ozone = 1, Solar.R = 1, Wind = 1, Temp = 1))
  expect_identical(nrow(summary$coefficients), 14L)
})

test_that("no table is longer than ten rows", {
  set.seed(1)
  wide <- as.data.frame(matrix(rnorm(40 * 14), 40))
  fit <- em_mvn(wide)
  out <- capture.output(print(fit))
  expect_identical(sum(grepl("^V[0-9]+ ", out)), 10L)
  expect_match(out, "4 more variables", all = FALSE)
  out <- capture.output(print(summary(fit)))
  expect_identical(sum(grepl("^mu", out)), 10L)
})

test_that("printing returns its argument, invisibly", {
  fit <- air_fit()
  capture.output(expect_invisible(print(fit)))
  capture.output(expect_invisible(print(summary(fit))))
})

test_that("a fit of a model written in R prints too", {
  expect_output(print(user_fit()), "mean")
  expect_output(print(summary(user_fit())), "Log-likelihood")
})
