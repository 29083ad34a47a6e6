test_that("shares of missing cells are those of the data, weights counted", {
  expect_equal(air_fit()$missing, colMeans(is.na(airquality[air_columns])))
  weights <- rep(1:3, 51)
  fit <- em_mvn(airquality[air_columns], weights = weights)
  expect_equal(fit$missing, colSums(weights * is.na(airquality[air_columns])) / sum(weights))
})

test_that("each coefficient belongs wholly to its variables", {
  belongs <- coefficient_variables(air_fit())
  expect_equal(rowSums(belongs), rep(1, 14))
  expect_identical(colnames(belongs), air_columns)
})

test_that("complete-data standard errors are those of complete data", {
  data <- airquality[c("Wind", "Temp")]
  fit <- em_mvn(data)
  expect_equal(
    complete_errors(fit) / sqrt(nrow(data)), unname(sqrt(diag(vcov(fit))))
  )
})

test_that("augment adds four columns and keeps the class", {
  fit <- air_fit()
  out <- augment(fit)
  expect_identical(out[air_columns], airquality[air_columns])
  expect_identical(
    setdiff(names(out), air_columns), c(".n_missing", ".pattern", ".distance", ".log_lik")
  )
  expect_equal(out$.n_missing, unname(rowSums(is.na(airquality[air_columns]))))
  # The rows' contributions are the whole log-likelihood.
  expect_equal(sum(out$.log_lik), fit$log_lik)
  expect_s3_class(augment(em_mvn(as.matrix(airquality[air_columns]))), "data.frame")
  skip_if_not_installed("tibble")
  expect_s3_class(augment(em_mvn(tibble::as_tibble(airquality[air_columns]))), "tbl_df")
})

test_that("augment takes new rows, and needs them when the data are not kept", {
  fit <- em_mvn(airquality[air_columns], keep_data = FALSE)
  expect_error(augment(fit), class = "missmix_error_data")
  new <- augment(fit, data = airquality[1:5, ])
  expect_identical(new$Month, airquality$Month[1:5])
  all <- augment(air_fit())
  expect_equal(new$.distance, all$.distance[1:5])
  expect_equal(new$.log_lik, all$.log_lik[1:5])
})
