# What every model promises, on the multivariate normal; and a clinical data frame from end to end.

test_that("the contract holds: few patterns, many patterns, transform, ridge, matrix, one column", {
  few <- reference_data("airquality")
  many <- simulate_missing(150, 6, 0.4, seed = 111)
  expect_em_contract(em_mvn(few), function(...) em_mvn(few, ...))
  expect_em_contract(em_mvn(many), function(...) em_mvn(many, ...))
  expect_em_contract(
    em_mvn(few, transform = c(Ozone = "log")),
    function(...) em_mvn(few, transform = c(Ozone = "log"), ...)
  )
  expect_em_contract(
    em_mvn(many, prior = em_prior_ridge(3)),
    function(...) em_mvn(many, prior = em_prior_ridge(3), ...)
  )
  expect_em_contract(em_mvn(as.matrix(few)), function(...) em_mvn(as.matrix(few), ...))
  expect_em_contract(em_mvn(few["Ozone"]), function(...) em_mvn(few["Ozone"], ...))
})

test_that("the contract holds where the answer is not identified", {
  data <- read_fixture("data_flas")
  expect_em_contract(em_mvn(data), function(...) em_mvn(data, ...))
})

test_that("a refit from a slow optimum is free too", {
  data <- reference_data("missvals_hald")
  for (tol in c(1e-3, 1e-6, 1e-9)) {
    fit <- em_mvn(data, control = em_control(tol = tol))
    again <- em_mvn(data, starts = fit, control = em_control(tol = tol))
    expect_lte(again$passes, 2)
    expect_identical(again$status, "converged")
  }
})

test_that("a clinical data frame from end to end", {
  skip_if_not_installed("survival")
  labs <- survival::pbc[c(
    "bili", "chol", "albumin", "copper", "alk.phos", "ast", "trig", "platelet", "protime", "age"
  )]
  fit <- em_mvn(labs)
  expect_em_contract(fit, function(...) em_mvn(labs, ...))
  expect_identical(fit$status, "converged")
  logged <- em_mvn(labs, transform = c(bili = "log", copper = "log"))
  # Bilirubin and copper are far from normal: thousands of units on 418 patients' worth of skewness.
  expect_lt(AIC(logged), AIC(fit) - 500)
  expect_true(all(c("mu[log(bili)]", "sigma[log(copper),log(bili)]") %in% names(coef(logged))))

  completed <- predict(fit)
  expect_identical(names(completed), names(labs))
  expect_identical(vapply(completed, typeof, ""), vapply(labs, typeof, ""))
  expect_identical(rownames(completed), rownames(labs))
  expect_false(anyNA(completed))
  expect_equal(nrow(predict(fit, type = "cells")), sum(is.na(labs)))

  patterns <- em_patterns(labs)
  expect_s3_class(patterns, "data.frame")
  expect_identical(nrow(patterns), nrow(unique(is.na(labs))))
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  for (what in c("trace", "patterns", "information")) expect_no_error(plot(fit, what))
  by_formula <- em_mvn(~ log(bili) + chol + age, data = survival::pbc)
  expect_identical(names(em_parameters(by_formula)$mu), c("log(bili)", "chol", "age"))
  expect_identical(ncol(predict(by_formula)), ncol(survival::pbc))
  expect_identical(predict(by_formula)$sex, survival::pbc$sex)
})

test_that("data frame, matrix and integer columns give the same bits", {
  data <- reference_data("airquality")
  expect_type(data$Ozone, "integer")
  doubles <- data
  doubles[] <- lapply(data, as.double)
  fit <- em_mvn(data)
  expect_identical(coef(em_mvn(doubles)), coef(fit))
  expect_identical(coef(em_mvn(as.matrix(data))), coef(fit))
  expect_identical(coef(em_mvn(as.matrix(doubles))), coef(fit))
})

test_that("the order of rows and columns does not matter", {
  data <- simulate_missing(70, 4, 0.3, seed = 112)
  fit <- em_mvn(data, control = em_control(tol = 0))
  set.seed(113)
  rows <- em_mvn(data[sample(70), ], control = em_control(tol = 0))
  columns <- em_mvn(data[c(3, 1, 4, 2)], control = em_control(tol = 0))
  expect_relative(coef(rows), coef(fit), 1e-8)
  par <- em_parameters(columns)
  expect_relative(par$mu[names(data)], em_parameters(fit)$mu, 1e-8)
  expect_relative(par$sigma[names(data), names(data)], em_parameters(fit)$sigma, 1e-8)
})

test_that("the user's data are not changed", {
  data <- as.matrix(simulate_missing(50, 3, 0.3, seed = 114))
  before <- data + 0
  em_mvn(data)
  expect_identical(data, before)
})

# The eight bytes of a double, as serialize() writes them, found anywhere in the fit.
holds_value <- function(object, value) {
  hex <- function(x) paste(as.character(x), collapse = "")
  bytes <- hex(serialize(object, NULL, xdr = TRUE))
  grepl(hex(writeBin(value, raw(), endian = "big")), bytes, fixed = TRUE)
}

test_that("keep_data = FALSE holds no patient row, whichever way the data came in", {
  secret <- 123456.789012345
  fits <- function(keep_data) {
    patients <- simulate_missing(40, 3, 0.2, seed = 115)
    patients$x2[7] <- secret
    matrix <- as.matrix(patients)
    list(
      em_mvn(patients, keep_data = keep_data),
      em_mvn(~ x1 + log1p(x2), data = abs(patients), keep_data = keep_data),
      em_mvn(matrix, keep_data = keep_data),
      do.call(em_mvn, list(patients, keep_data = keep_data))
    )
  }
  # The search itself finds the value where it is.
  for (fit in fits(TRUE)) expect_true(holds_value(fit, secret))
  for (fit in fits(FALSE)) {
    expect_null(fit$data)
    invisible(vcov(fit))
    expect_false(holds_value(fit, secret))
  }
})

test_that("a fit without its data answers all but what needs rows", {
  data <- simulate_missing(60, 3, 0.3, seed = 116)
  full <- em_mvn(data)
  light <- em_mvn(data, keep_data = FALSE)
  expect_identical(coef(light), coef(full))
  expect_identical(glance(light), glance(full))
  expect_error(predict(light), class = "missmix_error_data")
  expect_error(augment(light), class = "missmix_error_data")
  expect_equal(predict(light, newdata = data), predict(full))
  expect_output(print(light))
  expect_s3_class(em_diagnose(light), "em_diagnosis")
})

test_that("a fit survives disk and another session", {
  skip_on_cran()
  data <- simulate_missing(60, 3, 0.3, seed = 117)
  fit <- em_mvn(data)
  file <- tempfile(fileext = ".rds")
  out <- tempfile(fileext = ".rds")
  on.exit(unlink(c(file, out)))
  saveRDS(fit, file)
  code <- sprintf(
    paste(
      ".libPaths(%s); library(missmix); fit <- readRDS('%s');",
      "saveRDS(list(coef(fit), vcov(fit), predict(fit), update(fit)$passes), '%s')"
    ),
    paste(deparse(.libPaths()), collapse = ""), file, out
  )
  skip_if_not("missmix" %in% rownames(utils::installed.packages()), "missmix is not installed")
  rscript <- file.path(R.home("bin"), "Rscript")
  system2(rscript, c("-e", shQuote(code)), stdout = FALSE, stderr = FALSE)
  back <- readRDS(out)
  expect_identical(back[[1]], coef(fit))
  expect_equal(back[[2]], vcov(fit))
  expect_identical(back[[3]], predict(fit))
  expect_lte(back[[4]], 2)
})
