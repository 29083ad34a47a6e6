test_that("transforms are undone, and integer columns rounded if asked", {
  fit <- air_log_fit()
  imp <- em_impute(fit, m = 20, seed = 2)
  ozone <- imp$values[imp$cells$variable == 1, ]
  expect_true(all(ozone >= 1 & ozone == round(ozone)))
  expect_identical(typeof(em_complete(imp)$Ozone), "integer")
  exact <- em_impute(fit, m = 20, seed = 2, round = FALSE)
  ozone <- exact$values[imp$cells$variable == 1, ]
  expect_false(any(ozone == round(ozone)))
  expect_true(all(ozone > 0))
  expect_identical(typeof(em_complete(exact)$Ozone), "double")
  expect_lt(max(abs(exact$values - imp$values)), 1)
})

test_that("delta changes imputed cells after the draw", {
  fit <- em_mvn(airquality[air_columns])
  plain <- em_impute(fit, m = 3, seed = 4, round = FALSE)
  rows <- plain$cells$row[plain$cells$variable == 1]
  shift <- function(delta) {
    imp <- em_impute(fit, m = 3, seed = 4, round = FALSE, delta = delta)
    (imp$values - plain$values)[plain$cells$variable == 1, ]
  }
  expect_equal(shift(c(Ozone = 10)), matrix(10, length(rows), 3))
  expect_equal(shift(list(Ozone = seq_len(153))), matrix(rows, length(rows), 3))
  values <- plain$values[plain$cells$variable == 1, ]
  expect_equal(shift(list(Ozone = function(value) 1.5 * value, Solar.R = 1)), 0.5 * values)
  shifted <- em_impute(fit, m = 3, seed = 4, delta = list(Ozone = function(value) value + 0.4))
  expect_true(all(em_complete(shifted)$Ozone == round(em_complete(shifted)$Ozone)))

  for (bad in list(
    0.2, list(0.2), c(Nowhere = 1), c(Ozone = NA), list(Ozone = 1:3), list(Ozone = "1"),
    c(Ozone = 1, Ozone = 2), c(Ozone = Inf), list(Ozone = function(value) value[-1]),
    list(Ozone = function(value) "a"), list(Ozone = function(value) value / 0)
  )) {
    expect_error(em_impute(fit, m = 1, delta = bad), class = "missmix_error_argument")
  }
  expect_error(em_impute(fit, m = 1, delta = list(Ozone = replace(1:153 + 0, 7, NaN))), "row 7")
})

test_that("a cell beyond the largest number stays missing and is named", {
  data <- data.frame(x = exp(10 * sqrt(1:20)), y = c(2:20, 1))
  fit <- em_mvn(data, transform = c(x = "log"))
  new <- data.frame(x = c(1, NA), y = c(1, 1e4))
  expect_warning(imp <- em_impute(fit, m = 4, newdata = new, seed = 1),
    class = "missmix_warning_boundary")
  expect_identical(imp$unimputed$row, 2L)
  expect_identical(imp$unimputed$variable, 1L)
  expect_match(imp$unimputed$reason, "largest number")
  expect_identical(nrow(imp$values), 0L)
  expect_true(is.na(em_complete(imp)$x[2]))
  expect_identical(attr(em_diagnose(imp), "verdict"), "fail")
})

test_that("a function of delta that fails is named, with the imputation", {
  fit <- em_mvn(airquality[air_columns])
  problem <- function(change) {
    calls <- 0
    in_second <- function(value) {
      calls <<- calls + 1
      if (calls == 2) change(value) else value
    }
    expect_error(
      em_impute(fit, m = 3, seed = 1, delta = list(Ozone = in_second)),
      class = "missmix_error_argument"
    )
  }
  for (change in list(
    function(value) stop("boom"), function(value) value[-1], function(value) "a",
    function(value) replace(value, 5, NaN), function(value) NULL
  )) {
    found <- problem(change)
    expect_identical(found$imputation, 2L)
    expect_identical(found$column, "Ozone")
    expect_match(conditionMessage(found), "Ozone.*imputation 2")
  }
  expect_match(conditionMessage(problem(function(value) stop("boom"))$parent), "boom")
  expect_match(conditionMessage(problem(function(value) replace(value, 5, NaN))),
    "made NaN of .*, value 5")
})

test_that("a delta of a variable without imputed cells warns that it changes nothing", {
  fit <- em_mvn(airquality[air_columns])
  plain <- em_impute(fit, m = 2, seed = 1)
  expect_no_warning(em_impute(fit, m = 2, seed = 1, delta = c(Ozone = 0)))
  expect_warning(idle <- em_impute(fit, m = 2, seed = 1, delta = c(Wind = 1)), "Wind",
    class = "missmix_warning_boundary")
  expect_identical(idle$values, plain$values)
})
