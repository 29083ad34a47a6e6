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

test_that("the number of rows to print is a count", {
  summary <- summary(air_fit())
  for (rows in list(0, -1, 1.5, NA, "a", 1:2)) {
    for (x in list(air_fit(), summary, em_trace(air_fit()), em_patterns(airquality))) {
      expect_error(print(x, rows = rows), "rows", class = "missmix_error_argument")
    }
  }
  expect_output(print(air_fit(), rows = 1), "3 more variables")
})

test_that("one column with missing cells loses no information, and both are said", {
  fit <- em_mvn(data.frame(x = c(1, 2, 4, 3, NA)))
  expect_output(print(fit), "No information is missing but for whole rows")
  expect_output(print(em_mvn(airquality["Wind"])), "No information is missing\\.")
})
