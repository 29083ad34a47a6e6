complete_air <- function() em_impute(air_fit(), m = 3, seed = 1)

test_that("completed data keep class, columns, types and row names", {
  data <- airquality
  rownames(data) <- paste0("day", seq_len(nrow(data)))
  data$note <- as.list(seq_len(nrow(data)))
  fit <- em_mvn(data, columns = air_columns)
  imp <- em_impute(fit, m = 2, seed = 1)
  done <- em_complete(imp, 2)
  expect_identical(lapply(done, typeof), lapply(data, typeof))
  expect_identical(rownames(done), rownames(data))
  expect_identical(done$note, data$note)
  expect_false(anyNA(done[air_columns]))
  known <- !is.na(as.matrix(data[air_columns]))
  expect_identical(as.matrix(done[air_columns])[known], as.matrix(data[air_columns])[known])
  both <- em_complete(imp, "list")
  expect_identical(both[[2]], done)
  expect_length(both, 2)
  at <- cbind(imp$cells$row, imp$cells$variable)
  expect_equal(as.matrix(both[[1]][air_columns])[at], imp$values[, 1], ignore_attr = TRUE)
})

test_that("matrices, tibbles and data.tables come back as such", {
  x <- as.matrix(airquality[air_columns])
  dimnames(x) <- NULL
  done <- em_complete(em_impute(em_mvn(x), m = 2, seed = 1))
  expect_true(is.matrix(done))
  expect_null(dimnames(done))
  expect_false(anyNA(done))
  long <- em_complete(em_impute(em_mvn(x), m = 2, seed = 1), "long")
  expect_identical(names(long), c(".imp", ".id", paste0("V", 1:4)))

  skip_if_not_installed("tibble")
  fit <- em_mvn(tibble::as_tibble(airquality[air_columns]))
  expect_s3_class(em_complete(em_impute(fit, m = 1, seed = 1)), "tbl_df")
  skip_if_not_installed("data.table")
  fit <- em_mvn(data.table::as.data.table(airquality[air_columns]))
  imp <- em_impute(fit, m = 2, seed = 1)
  done <- em_complete(imp)
  expect_s3_class(done, "data.table")
  expect_silent(data.table::set(done, j = "new", value = 1))
  expect_true(anyNA(imp$data$source$Ozone))
  expect_identical(nrow(em_complete(imp, "long")), 306L)
})

test_that("long tables stack the imputations, the incomplete data on top if asked", {
  imp <- complete_air()
  long <- em_complete(imp, "long")
  expect_identical(names(long), c(".imp", ".id", air_columns))
  expect_identical(long$.imp, rep(1:3, each = 153))
  expect_identical(long$.id, rep(1:153, 3))
  for (k in 1:3) {
    expect_equal(long[long$.imp == k, air_columns], em_complete(imp, k), ignore_attr = "row.names")
  }
  with <- em_complete(imp, "long", include = TRUE)
  expect_equal(with[with$.imp == 0, air_columns], airquality[air_columns],
    ignore_attr = "row.names")
  expect_equal(with[with$.imp > 0, ], long, ignore_attr = "row.names")
  expect_identical(as.data.frame(imp), long)
  expect_identical(as.data.frame(imp, "long", include = TRUE), with)
})

test_that("faults are told", {
  imp <- complete_air()
  for (which in list(0, 4, 1.5, "all", NA, 1:2)) {
    expect_error(em_complete(imp, which), class = "missmix_error_argument")
  }
  expect_error(em_complete(airquality), class = "missmix_error_argument")
  expect_error(em_complete(imp, include = NA), class = "missmix_error_argument")
  expect_error(em_complete(imp, 1, include = TRUE), "long", class = "missmix_error_argument")
  expect_error(as.data.frame(imp, "wide"), class = "missmix_error_argument")
  data <- airquality
  data$.id <- 1
  taken <- em_impute(em_mvn(data, columns = air_columns), m = 1, seed = 1)
  expect_error(em_complete(taken, "long"), class = "missmix_error_data")
})
