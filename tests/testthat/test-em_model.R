# What em_model() takes, and what it refuses.

f <- function(par) par

test_that("a model is one pair of functions or the other", {
  expect_s3_class(em_model(f, f), "em_model")
  expect_s3_class(em_model(e_step = f, m_step = f), "em_model")
  expect_error(em_model(f), "log_lik", class = "missmix_error_argument")
  expect_error(em_model(), "em_step", class = "missmix_error_argument")
  expect_error(em_model(e_step = f), "m_step", class = "missmix_error_argument")
  expect_error(em_model(f, f, e_step = f), "not both", class = "missmix_error_argument")
  expect_error(em_model(1, f), "em_step", class = "missmix_error_argument")
})

test_that("coordinates are given in one way", {
  expect_error(em_model(f, f, pack = f), "unpack", class = "missmix_error_argument")
  expect_error(
    em_model(f, f, pack = f, unpack = f, transforms = em_positive()),
    "not both", class = "missmix_error_argument"
  )
  for (bad in list("positive", list(em_positive()), list(a = "positive"), list(), log)) {
    expect_error(em_model(f, f, transforms = bad), "transform", class = "missmix_error_argument")
  }
})

test_that("the rest is checked too", {
  expect_error(em_model(f, f, nobs = 0), "nobs", class = "missmix_error_argument")
  expect_error(em_model(f, f, name = 1), "name", class = "missmix_error_argument")
  expect_error(em_model(f, f, score = 1), "score", class = "missmix_error_argument")
})

test_that("print says what there is", {
  local_reproducible_output(width = 80)
  expect_snapshot(print(poisson_model(name = "Two Poissons")))
  expect_snapshot(print(em_model(e_step = f, m_step = f, log_prior = f, pack = f, unpack = f)))
  expect_snapshot(print(em_model(f, f, transforms = em_interval(0, 1))))
})
