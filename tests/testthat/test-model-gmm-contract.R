# What every model promises, on Gaussian mixtures.

labels <- mclust_partition("faithful", 2)

# `...`: starts and control; where the contract gives no start, from the partition.
refit_of <- function(data, ...) {
  fixed <- list(data, ...)
  function(..., starts = labels) do.call(em_gmm, c(fixed, list(starts = starts, ...)))
}

test_that("the contract holds for families of every kind", {
  # The others are met in the tests against mclust.
  for (family in c("VVV", "VII", "EEI", "EEV", "EVE", "EVV")) {
    refit <- refit_of(faithful, k = 2, covariance = family)
    expect_em_contract(refit(), refit)
  }
})

test_that("the contract holds with missing cells, weights, noise, prior, transform", {
  holes <- drop_cells(faithful, 0.2)
  holes[5, ] <- NA
  weights <- rep(c(1, 2, 0.5, 0), 68)
  cases <- list(
    refit_of(holes, k = 2),
    refit_of(holes, k = 2, covariance = "VEE", weights = weights),
    refit_of(as.matrix(holes), k = 2, covariance = "EVV", noise = TRUE),
    refit_of(holes, k = 2, covariance = "VVE", prior = em_prior_conjugate()),
    refit_of(faithful, k = 2, transform = c(waiting = "log")),
    refit_of(faithful["waiting"], k = 2, covariance = "E")
  )
  for (refit in cases) expect_em_contract(refit(), refit)
})

test_that("the contract holds for many starts, and for one component", {
  from <- function(...) {
    starts <- list(...)$starts
    control <- list(...)$control
    em_gmm(
      faithful, k = 3, starts = if (is.null(starts)) em_starts(6, seed = 1) else starts,
      control = if (is.null(control)) em_control() else control
    )
  }
  expect_em_contract(from(), from)
  one <- function(...) em_gmm(airquality[air_columns], k = 1, ...)
  expect_em_contract(one(), one)
})

test_that("many starts are the same bits for one and two threads", {
  data <- drop_cells(faithful, 0.1)
  run <- function(threads) {
    em_gmm(
      data, k = 3, starts = em_starts(12, seed = 3), control = em_control(n_threads = threads)
    )
  }
  one <- run(1L)
  two <- run(2L)
  expect_identical(one$runs$table, two$runs$table)
  expect_identical(one$runs$parameters, two$runs$parameters)
  expect_identical(coef(one), coef(two))
  # So is a fit of many blocks of rows.
  large <- simulate_clouds(20000, rbind(c(0, 0), c(4, 0)), seed = 4)
  start <- attr(large, "component")
  fits <- lapply(1:2, function(threads) {
    em_gmm(large, k = 2, starts = start, control = em_control(n_threads = threads))
  })
  expect_identical(coef(fits[[1]]), coef(fits[[2]]))
  expect_identical(fits[[1]]$log_lik, fits[[2]]$log_lik)
})

test_that("and under a multisession plan", {
  skip_on_cran()
  skip_if_not_installed("future.apply")
  plain <- em_gmm(faithful, k = 3, starts = em_starts(6, seed = 3))
  old <- future::plan("multisession", workers = 2)
  on.exit(future::plan(old))
  planned <- em_gmm(faithful, k = 3, starts = em_starts(6, seed = 3))
  expect_identical(planned$runs$table, plain$runs$table)
  expect_identical(coef(planned), coef(plain))
})

test_that("update() goes on, changes, and starts afresh where it must", {
  fit <- em_gmm(faithful, k = 2, starts = em_starts(3, seed = 1), control = em_control(tol = 1e-3))
  expect_lte(update(fit, control = em_control(tol = 1e-3))$passes, 2)
  finer <- update(fit, control = em_control(tol = 1e-9))
  expect_identical(finer$status, "converged")
  expect_gte(finer$objective, fit$objective)
  more <- update(fit, k = 3, starts = em_starts(5, seed = 1))
  expect_identical(more$k, 3L)
  expect_gt(more$log_lik, fit$log_lik)
  expect_identical(update(fit, covariance = "EEE")$covariance, "EEE")
  expect_identical(names(update(fit, columns = "waiting")$parameters$proportions), c("1", "2"))
})

test_that("keep_data = FALSE holds no row, and answers all but what needs rows", {
  secret <- 123456.78912345
  holds_secret <- function(fit) {
    hex <- function(x) paste(as.character(x), collapse = "")
    grepl(hex(writeBin(secret, raw(), endian = "big")), hex(serialize(fit, NULL)), fixed = TRUE)
  }
  data <- faithful
  data$waiting[7] <- secret
  start <- replace(labels, 7, 1)
  expect_true(holds_secret(em_gmm_quietly(data, k = 2, starts = start)))
  fits <- list(
    em_gmm_quietly(data, k = 2, starts = start, keep_data = FALSE),
    em_gmm_quietly(~ eruptions + log(waiting), data, k = 2, starts = start, keep_data = FALSE),
    em_gmm_quietly(data, k = 2, starts = em_starts(4, seed = 1), keep_data = FALSE),
    em_gmm_quietly(as.matrix(data), k = 2, noise = FALSE, covariance = "EEE", keep_data = FALSE,
      starts = em_starts(2, method = "random", keep = 2, seed = 1))
  )
  for (fit in fits) expect_false(holds_secret(fit))

  full <- em_gmm(faithful, k = 2, starts = labels)
  light <- em_gmm(faithful, k = 2, starts = labels, keep_data = FALSE)
  expect_identical(coef(light), coef(full))
  expect_equal(vcov(light), vcov(full))
  expect_equal(glance(light), glance(full))
  expect_error(predict(light), class = "missmix_error_data")
  expect_error(augment(light), class = "missmix_error_data")
  expect_equal(predict(light, faithful, type = "posterior"), predict(full, type = "posterior"))
  expect_identical(nrow(simulate(light, seed = 1)[[1]]), 272L)
  expect_output(print(light))
  expect_s3_class(em_diagnose(light), "em_diagnosis")
})

test_that("data frame, matrix, integer columns, tibble and data.table give the same bits", {
  data <- airquality[c("Wind", "Temp", "Ozone")]
  starts <- em_starts(3, seed = 1)
  fit <- em_gmm(data, k = 2, starts = starts)
  doubles <- data
  doubles[] <- lapply(data, as.double)
  expect_identical(coef(em_gmm(doubles, k = 2, starts = starts)), coef(fit))
  expect_identical(coef(em_gmm(as.matrix(data), k = 2, starts = starts)), coef(fit))
  expect_identical(
    coef(em_gmm(~ Wind + Temp + Ozone, airquality, k = 2, starts = starts)), coef(fit)
  )
  skip_if_not_installed("tibble")
  expect_identical(coef(em_gmm(tibble::as_tibble(data), k = 2, starts = starts)), coef(fit))
  skip_if_not_installed("data.table")
  expect_identical(
    coef(em_gmm(data.table::as.data.table(data), k = 2, starts = starts)), coef(fit)
  )
})
