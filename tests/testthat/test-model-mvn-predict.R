# Filling in: the class, the rows and the types of the user's data; conditional means and their
# errors; rows that the fit has never seen.
source(test_path("reference-mvn.R"))

test_that("predict() fills missing cells with conditional means and touches nothing else", {
  data <- simulate_missing(40, 4, 0.3, seed = 61)
  fit <- em_mvn(data)
  completed <- predict(fit)
  y <- unname(as.matrix(data))
  mu <- unname(em_parameters(fit)$mu)
  sigma <- unname(em_parameters(fit)$sigma)
  expected <- t(apply(y, 1, function(row) ref_mvn_fill_row(row, mu, sigma)$mean))
  expect_within(unname(as.matrix(completed)), expected, 1e-10)
  seen <- !is.na(data)
  expect_identical(as.matrix(completed)[seen], as.matrix(data)[seen])
  expect_identical(names(completed), names(data))
})

test_that("class, row names, types and other columns are those of the data", {
  data <- simulate_missing(30, 3, 0.3, seed = 62)
  data$count <- c(NA, as.integer(round(10 + 3 * data$x1[-1])))
  data$count[is.na(data$count) & seq_len(30) > 5] <- 9L
  data$patient <- sprintf("p%02d", 1:30)
  data <- data[c("patient", "x2", "count", "x1", "x3")]
  rownames(data) <- data$patient
  modelled <- c("x1", "x2", "x3", "count")
  fit <- em_mvn(~ x1 + x2 + x3 + count, data = data)
  completed <- predict(fit)
  expect_identical(class(completed), "data.frame")
  expect_identical(names(completed), names(data))
  expect_identical(rownames(completed), rownames(data))
  expect_identical(completed$patient, data$patient)
  # Filled integers are rounded: a column keeps its type.
  expect_type(completed$count, "integer")
  expect_false(anyNA(completed[modelled]))

  matrix_fit <- em_mvn(as.matrix(data[c("x1", "x2", "x3")]))
  matrix_completed <- predict(matrix_fit)
  expect_true(is.matrix(matrix_completed))
  expect_identical(dimnames(matrix_completed), list(data$patient, c("x1", "x2", "x3")))
})

test_that("a tibble comes back as a tibble", {
  skip_if_not_installed("tibble")
  data <- tibble::as_tibble(simulate_missing(30, 3, 0.3, seed = 63))
  fit <- em_mvn(data)
  expect_identical(class(predict(fit)), class(data))
  expect_equal(coef(fit), coef(em_mvn(as.data.frame(data))))
  expect_s3_class(augment(fit), "tbl_df")
})

test_that("type = 'cells': one row per missing cell with its error and limits", {
  data <- simulate_missing(40, 4, 0.3, seed = 64)
  fit <- em_mvn(data)
  cells <- predict(fit, type = "cells")
  expect_true(all(
    c("row", "variable", "estimate", "std.error", "lower", "upper") %in% names(cells)
  ))
  expect_equal(nrow(cells), sum(is.na(data)))
  expect_equal(anyDuplicated(cells[c("row", "variable")]), 0)
  y <- unname(as.matrix(data))
  par <- lapply(em_parameters(fit), unname)
  expected <- lapply(seq_len(nrow(cells)), function(k) {
    column <- match(cells$variable[k], names(data))
    filled <- ref_mvn_fill_row(y[as.integer(cells$row[k]), ], par$mu, par$sigma)
    c(filled$mean[column], sqrt(filled$cov[column, column]))
  })
  expected <- do.call(rbind, expected)
  expect_within(cells$estimate, expected[, 1], 1e-10)
  expect_within(cells$std.error, expected[, 2], 1e-10)
  z <- stats::qnorm(0.975)
  expect_within(cells$lower, expected[, 1] - z * expected[, 2], 1e-9)
  expect_within(cells$upper, expected[, 1] + z * expected[, 2], 1e-9)

  narrow <- predict(fit, type = "cells", level = 0.5)
  expect_within(narrow$upper, expected[, 1] + stats::qnorm(0.75) * expected[, 2], 1e-9)
})

test_that("the limits of cells cover what was deleted", {
  whole <- simulate_missing(600, 4, 0, seed = 65)
  data <- whole
  set.seed(66)
  gone <- matrix(stats::runif(2400) < 0.25, 600, 4)
  data[gone] <- NA
  cells <- predict(em_mvn(data), type = "cells")
  truth <- as.matrix(whole)[cbind(as.integer(cells$row), match(cells$variable, names(data)))]
  covered <- mean(truth >= cells$lower & truth <= cells$upper)
  # About 600 cells: a standard error of 0.009 around 0.95.
  expect_within(covered, 0.95, 0.03)
})

test_that("newdata: rows that the fit has never seen", {
  data <- simulate_missing(80, 3, 0.3, seed = 67)
  fit <- em_mvn(data)
  new_rows <- data.frame(id = 1:3, x3 = c(NA, 3.3, NA), x1 = c(1, NA, NA), x2 = c(2.5, NA, NA))
  completed <- predict(fit, newdata = new_rows)
  expect_identical(names(completed), names(new_rows))
  expect_identical(completed$id, new_rows$id)
  par <- lapply(em_parameters(fit), unname)
  for (row in 1:3) {
    y <- unlist(new_rows[row, c("x1", "x2", "x3")])
    expected <- ref_mvn_fill_row(unname(y), par$mu, par$sigma)$mean
    expect_within(unlist(completed[row, c("x1", "x2", "x3")]), expected, 1e-10)
  }
  # One row, no missing cell, none at all, an all-missing column, a constant one: all fine here.
  expect_equal(predict(fit, newdata = data[1, ]), predict(fit)[1, ])
  expect_identical(predict(fit, newdata = new_rows[0, ]), new_rows[0, ])
  constant <- data.frame(x1 = c(1, 1), x2 = NA_real_, x3 = c(2, 2))
  expect_false(anyNA(predict(fit, newdata = constant)))
  expect_equal(nrow(predict(fit, newdata = new_rows, type = "cells")), 6)
})

test_that("newdata without a column of the model is refused by name", {
  fit <- em_mvn(simulate_missing(40, 3, 0.2, seed = 68))
  expect_error(
    predict(fit, newdata = data.frame(x1 = 1, x2 = NA_real_)), "x3", class = "missmix_error_data"
  )
  broken <- data.frame(x1 = c(1, 2), x2 = NA_real_, x3 = c(2, Inf))
  expect_error(predict(fit, newdata = broken), "x3", class = "missmix_error_data")
})

test_that("simulate() gives new data frames of the model", {
  data <- simulate_missing(400, 3, 0.2, seed = 69)
  fit <- em_mvn(data)
  set.seed(70)
  draws <- simulate(fit, 5)
  expect_length(draws, 5)
  for (draw in draws) {
    expect_s3_class(draw, "data.frame")
    expect_identical(names(draw), names(data))
    expect_equal(nrow(draw), nrow(data))
  }
  expect_false(identical(draws[[1]], draws[[2]]))
  set.seed(70)
  expect_identical(simulate(fit, 5)[[3]], draws[[3]])
  expect_equal(simulate(fit, 2, seed = 7), simulate(fit, 2, seed = 7))
  together <- do.call(rbind, draws)
  mu <- em_parameters(fit)$mu
  sd <- sqrt(diag(em_parameters(fit)$sigma))
  # 2,000 rows: five standard errors of a mean and of a correlation.
  expect_within((colMeans(together, na.rm = TRUE) - mu) / sd, rep(0, 3), 5 / sqrt(1500))
  expect_within(
    stats::cor(together, use = "pairwise"), stats::cov2cor(em_parameters(fit)$sigma), 5 / sqrt(1000)
  )
})

test_that("simulate() follows the conventions of stats", {
  fit <- em_mvn(simulate_missing(40, 2, 0.2, seed = 71))
  withr::local_seed(72)
  state <- get(".Random.seed", globalenv())
  sets <- simulate(fit, 2, seed = 7)
  expect_named(sets, c("sim_1", "sim_2"))
  # The caller's generator is where it was.
  expect_identical(get(".Random.seed", globalenv()), state)
  expect_identical(attr(sets, "seed"), structure(7, kind = as.list(RNGkind())))
  expect_identical(attr(simulate(fit), "seed"), state)
  expect_false(identical(get(".Random.seed", globalenv()), state))
  expect_error(simulate(fit, seed = "a"), class = "missmix_error_argument")
})

test_that("integer columns are filled inside the domain, or become double", {
  withr::local_seed(73)
  count <- stats::rpois(60, 1.2) + 1L
  data <- data.frame(count = replace(count, 1:20, NA), x = -log(count) + stats::rnorm(60) / 5)
  fit <- em_mvn(data, transform = c(count = "log"))
  new_rows <- data.frame(count = NA_integer_, x = c(0, 3))
  filled <- predict(fit, new_rows)
  expect_type(filled$count, "integer")
  expect_gte(min(filled$count), 1L)
  # Filled cells can be used as data again.
  expect_no_error(em_mvn(predict(fit), transform = c(count = "log")))
  new_rows$x <- c(0, -60)
  expect_no_warning(filled <- predict(fit, new_rows))
  expect_type(filled$count, "double")
  expect_gt(max(filled$count), .Machine$integer.max)
  whole <- cbind(a = c(NA, 2:20), b = rep(1:10, each = 2L))
  expect_type(predict(em_mvn(whole)), "integer")
  new_rows <- cbind(a = c(NA, 1L), b = c(.Machine$integer.max, NA))
  expect_no_warning(huge <- predict(em_mvn(whole), new_rows))
  expect_type(huge, "double")
})

test_that("a data.table comes back with room for the next column", {
  skip_if_not_installed("data.table")
  data <- data.table::as.data.table(simulate_missing(40, 3, 0.2, seed = 74))
  fit <- em_mvn(data)
  sets <- list(predict(fit), predict(fit, head(data)), augment(fit), simulate(fit, seed = 1)[[1]])
  for (set in sets) {
    expect_s3_class(set, "data.table")
    expect_no_warning(data.table::set(set, j = "new", value = 1))
    expect_identical(set$new, rep(1, nrow(set)))
  }
})
