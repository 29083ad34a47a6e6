test_that("em_diagnose() judges imputations", {
  good <- em_diagnose(em_impute(air_log_fit(), m = 20, seed = 1))
  expect_s3_class(good, "em_diagnosis")
  expect_identical(good$check,
    c("method", "draws", "values", "complete", "number", "information"))
  expect_identical(good$verdict[-5], rep("pass", 5))
  verdict <- function(imp, check) {
    table <- em_diagnose(imp)
    table$verdict[table$check == check]
  }
  few <- em_impute(air_fit(), m = 2, seed = 1)
  expect_identical(verdict(few, "number"), "caution")
  improper <- impute_quietly(air_fit(), m = 2, method = "conditional", seed = 1)
  expect_identical(verdict(improper, "method"), "fail")
  odd <- em_impute(air_fit(), m = 2, delta = c(Ozone = 1000), seed = 1)
  expect_identical(verdict(odd, "values"), "caution")
  expect_identical(unname(attr(em_diagnose(odd), "details")$implausible[1]), 1)
  slow <- em_mvn(simulate_missing(60, 4, missing = 0.5, seed = 3))
  short <- suppressWarnings(em_impute(slow, m = 20, burnin = 1, seed = 1))
  expect_identical(verdict(short, "draws"), "fail")
  expect_error(em_diagnose(1), class = "missmix_error_argument")
})

test_that("R-hat sees a drift and a growing spread, and is one without", {
  noise <- withr::with_seed(1, matrix(rnorm(4000), 40))
  expect_lt(windows_rhat(noise), 1.01)
  expect_gt(windows_rhat(noise + rep(1:40 / 20, 100)), 1.1)
  expect_gt(windows_rhat(noise * rep(1:40, 100)), 1.05)
  expect_identical(windows_rhat(noise[1, , drop = FALSE]), NA_real_)
  expect_equal(integrated_time(pooled_acf(noise)), 1, tolerance = 0.15)
  slow <- apply(noise, 2, stats::filter, filter = 0.5, method = "recursive")
  expect_equal(integrated_time(pooled_acf(slow)), 3, tolerance = 0.2) # (1 + .5) / (1 - .5)
})

test_that("a single imputation is spoken of in the singular", {
  imp <- em_impute(em_mvn(airquality[air_columns]), m = 1, seed = 1)
  number <- em_diagnose(imp)
  expect_match(number$text[number$check == "number"], "there is 1\\.")
  expect_output(print(em_impute(em_mvn(airquality[3:4]), m = 2, seed = 1)), "No cell was imputed")
  expect_error(em_complete(imp, 2), "must be 1, \"list\"", class = "missmix_error_argument")
})
