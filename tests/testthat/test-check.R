test_that("numbers", {
  expect_identical(check_number(2L), 2L)
  expect_error(check_number("a"), '"a"', class = "missmix_error_argument")
  tol <- -1
  expect_error(check_number(tol, lower = 0), "`tol` must be a finite number of at least 0, not -1")
  for (bad in list(NA_real_, NaN, Inf, c(1, 2), NULL, TRUE, list(1), factor(1), numeric())) {
    expect_error(check_number(bad), class = "missmix_error_argument")
  }
  expect_identical(check_number(Inf, finite = FALSE), Inf)
  expect_error(check_number(0, above = 0), "above 0")
  expect_error(check_number(NA_real_, above = 0), class = "missmix_error_argument")
  expect_error(check_number("a", above = 0), class = "missmix_error_argument")
})

test_that("counts, flags, choices, levels, functions", {
  expect_identical(check_count(1e4), 1e4)
  for (bad in list(0, 1.5, NA, 2^31, "1", c(1, 2), Inf, 1 + 1e-9)) {
    expect_error(check_count(bad), class = "missmix_error_argument")
  }
  for (bad in list(NA, 1, "TRUE", c(TRUE, TRUE), NULL)) {
    expect_error(check_flag(bad), class = "missmix_error_argument")
  }
  expect_error(check_choice("d", c("a", "b")), 'one of "a", "b", not "d"')
  expect_error(check_choice(NA, c("a", "b")), class = "missmix_error_argument")
  expect_error(check_choice(c("a", "b"), c("a", "b")), class = "missmix_error_argument")
  expect_identical(check_level(0.9), 0.9)
  for (bad in list(0, 1, 95, NA_real_, "0.9", c(0.1, 0.9))) {
    expect_error(check_level(bad), class = "missmix_error_argument")
  }
  expect_null(check_function(NULL, null_ok = TRUE))
  expect_error(check_function(NULL), class = "missmix_error_argument")
  expect_error(check_function("mean"), class = "missmix_error_argument")
})

test_that("the message names the argument of the calling function", {
  outer <- function(conf.level) check_level(conf.level)
  error <- expect_error(outer(95), "`conf.level`", fixed = TRUE)
  expect_identical(error$call, quote(outer(95)))
  expect_identical(error$argument, "conf.level")
})

test_that("a misspelt argument is named, in a classed error", {
  expect_error(em_mvn(airquality, wieghts = 1), "wieghts", class = "missmix_error_argument")
  expect_error(logLik(air_fit(), 3), "3", class = "missmix_error_argument")
  expect_error(em_mvn(airquality, control = list()), "em_control\\(\\)",
    class = "missmix_error_argument")
})
