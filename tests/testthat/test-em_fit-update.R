air <- airquality[air_columns]

test_that("update goes on from where the fit was", {
  short <- suppressWarnings(em_mvn(air, control = em_control(max_iter = 1)))
  expect_identical(short$status, "max_iter")
  long <- update(short, control = em_control())
  expect_identical(long$status, "converged")
  expect_gt(long$log_lik, short$log_lik)
  expect_gte(em_trace(long)$objective[[1]], short$objective - 1e-8)
  # A refit from the optimum takes at most two passes.
  expect_lte(update(long)$passes, 2L)
})

test_that("a saved fit goes on although its data are gone", {
  data <- air
  weights <- rep(c(1, 2, 1), 51)
  fit <- em_mvn(data, weights = weights, control = em_control(tol = 1e-3))
  file <- withr::local_tempfile()
  saveRDS(fit, file)
  rm(data, weights)
  finer <- update(readRDS(file), control = em_control(tol = 1e-9))
  expect_identical(finer$status, "converged")
  expect_equal(finer$weights, rep(c(1, 2, 1), 51))
  expect_gte(finer$log_lik, fit$log_lik)
})

test_that("without its data a fit needs them again", {
  data <- air
  fit <- em_mvn(data, keep_data = FALSE)
  # An object of the name in the call is about, but it may be another by now.
  expect_error(update(fit), class = "missmix_error_data")
  expect_lte(update(fit, x = air)$passes, 2L)
})

test_that("fits by formula are updated by formula and by data", {
  data <- airquality
  fit <- em_mvn(~ Ozone + Wind, data = data)
  rm(data)
  expect_lte(update(fit)$passes, 2L)
  other <- update(fit, x = ~ Ozone + Wind + Temp)
  expect_identical(names(em_parameters(other)$mu), c("Ozone", "Wind", "Temp"))
  fewer <- update(fit, data = airquality[1:100, ])
  expect_identical(fewer$n, 100L)
})

test_that("other variables start afresh", {
  fit <- air_fit()
  other <- update(fit, x = airquality[c("Ozone", "Wind")])
  expect_identical(other$status, "converged")
  expect_identical(names(em_parameters(other)$mu), c("Ozone", "Wind"))
  logged <- update(fit, transform = c(Ozone = "log"))
  expect_identical(names(em_parameters(logged)$mu)[[1]], "log(Ozone)")
})

test_that("changes are named, and the call can be had", {
  fit <- air_fit()
  expect_error(update(fit, em_control()), class = "missmix_error_argument")
  expect_error(update(fit, evaluate = NA), class = "missmix_error_argument")
  call <- update(fit, control = em_control(tol = 1e-9), evaluate = FALSE)
  expect_true(is.call(call))
  expect_identical(call$control, quote(em_control(tol = 1e-9)))
})

test_that("starts can be taken back", {
  again <- update(air_fit(), starts = NULL)
  expect_gt(again$passes, 2L)
})

test_that("a model written in R is updated too", {
  y <- airquality$Wind
  model <- em_model(
    em_step = function(par) 0.5 * (par + mean(y)),
    log_lik = function(par) -length(y) / 2 * (par - mean(y))^2
  )
  fit <- em_fit(model, starts = 1)
  expect_lte(update(fit, control = em_control(tol = 1e-8))$passes, fit$passes)
})

test_that("a model written in R is held by its fit", {
  model <- em_model(
    em_step = function(par) 0.5 * (par + 3), log_lik = function(par) -(par - 3)^2
  )
  fit <- em_fit(model, starts = 1)
  rm(model)
  expect_identical(update(fit)$status, "converged")
})

test_that("the transform of a column that is dropped goes with it", {
  fit <- em_mvn(air, transform = c(Ozone = "log", Wind = "sqrt"))
  keep <- c("Ozone", "Temp")
  fewer <- update(fit, columns = keep)
  expect_identical(fewer$transform, c(Ozone = "log"))
  # Also in the call that the next update() starts from.
  expect_identical(update(fewer, columns = "Temp")$terms, "Temp")
  expect_identical(update(fit, columns = NULL)$transform, fit$transform)
  other <- update(fit, columns = keep, transform = c(Temp = "log"))
  expect_identical(other$transform, c(Temp = "log"))
})
