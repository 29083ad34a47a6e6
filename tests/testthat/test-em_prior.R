test_that("priors hold their kind and strength", {
  expect_s3_class(em_prior_flat(), "em_prior")
  expect_identical(unclass(em_prior_flat()), list(kind = "flat", strength = 0))
  expect_identical(unclass(em_prior_ridge(2L)), list(kind = "ridge", strength = 2))
})

test_that("a strength must be a finite number of rows", {
  for (bad in list(-1, NA_real_, Inf, "1", c(1, 2), NULL)) {
    expect_error(em_prior_ridge(bad), "`strength`", class = "missmix_error_argument")
  }
})

test_that("priors print in words", {
  expect_output(print(em_prior_flat()), "maximum likelihood")
  expect_output(print(em_prior_ridge(1)), "1 row with")
  expect_output(print(em_prior_ridge(2.5)), "2.5 rows with")
})

test_that("a prior that was not made by em_prior_*() is refused", {
  fit <- function(prior) check_prior(prior)
  expect_silent(fit(em_prior_ridge(1)))
  expect_error(fit(1), "em_prior_flat", class = "missmix_error_argument")
})
