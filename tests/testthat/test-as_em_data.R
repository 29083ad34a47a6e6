labs <- data.frame(bili = c(1, 2.5, NA, 4), chol = c(200L, NA, 180L, 210L), age = c(50, 60, 70, 80))

test_that("a data frame is read as it lies in memory", {
  data <- as_em_data(labs)
  expect_s3_class(data, "em_data", exact = TRUE)
  expect_named(data, c(
    "columns", "terms", "variables", "transform", "n", "p", "weights", "row_names", "kind",
    "source", "template", "log_jacobian"
  ))
  expect_identical(data$columns, as.list(labs))
  for (name in names(labs)) {
    expect_identical(rlang::obj_address(data$columns[[name]]), rlang::obj_address(labs[[name]]))
  }
  expect_identical(data$terms, names(labs))
  expect_identical(data$transform, stats::setNames(character(), character()))
  expect_identical(data[c("n", "p", "kind", "log_jacobian")],
    list(n = 4L, p = 3L, kind = "data.frame", log_jacobian = 0))
  expect_null(data$weights)
  expect_null(data$row_names)
  expect_identical(data$source, labs)
  expect_identical(data$template, labs[0, ])
})

test_that("a matrix is not copied, and has names in any case", {
  x <- as.matrix(labs)
  data <- as_em_data(x)
  expect_identical(rlang::obj_address(data$columns), rlang::obj_address(x))
  expect_identical(data$kind, "matrix")
  expect_identical(data$template, x[0, ])
  bare <- unname(x)
  data <- as_em_data(bare)
  expect_identical(rlang::obj_address(data$columns), rlang::obj_address(bare))
  expect_identical(data$terms, c("V1", "V2", "V3"))
  whole <- matrix(c(1L, NA, 3L, 4L), 2)
  expect_identical(rlang::obj_address(as_em_data(whole)$columns), rlang::obj_address(whole))
})

test_that("columns can be chosen, in any order", {
  data <- as_em_data(labs, columns = c("age", "bili"))
  expect_identical(data$columns, as.list(labs[c("age", "bili")]))
  x <- as.matrix(labs)
  expect_identical(as_em_data(x, columns = c("age", "bili"))$columns, x[, c("age", "bili")])
  expect_identical(as_em_data(x, columns = c("age", "chol", "bili"))$columns,
    x[, c("age", "chol", "bili")])
  labs$sex <- factor("f")
  expect_identical(as_em_data(labs, columns = "age")$variables, "age")
  expect_error(as_em_data(labs, columns = c("age", "height")), "height",
    class = "missmix_error_data")
  expect_error(as_em_data(labs, columns = c("height", "weight")),
    "no columns height and weight", class = "missmix_error_data")
  for (bad in list(1L, NA_character_, c("age", "age"), TRUE, list("age"))) {
    expect_error(as_em_data(labs, columns = bad), class = "missmix_error_argument")
  }
})

test_that("row names travel unless they are automatic", {
  rownames(labs) <- c("ann", "bob", "cy", "di")
  expect_identical(as_em_data(labs)$row_names, rownames(labs))
  expect_identical(as_em_data(as.matrix(labs))$row_names, rownames(labs))
  rownames(labs) <- NULL
  expect_identical(as_em_data(labs[c(2, 4), ])$row_names, c(2L, 4L))
})

test_that("a transform makes new columns, terms and the Jacobian", {
  data <- as_em_data(labs, transform = c(age = "sqrt", bili = "log"), weights = c(1, 2, 3, 4))
  expect_identical(data$terms, c("log(bili)", "chol", "sqrt(age)"))
  expect_identical(names(data$columns), data$terms)
  expect_identical(data$variables, names(labs))
  expect_identical(data$transform, c(bili = "log", age = "sqrt"))
  expect_equal(data$columns[["log(bili)"]], log(labs$bili))
  expect_identical(data$columns$chol, labs$chol)
  by_hand <- -sum(c(1, 2, 4) * log(c(1, 2.5, 4))) - sum(1:4 * log(2 * sqrt(labs$age)))
  expect_equal(data$log_jacobian, by_hand)
  expect_identical(data$template, labs[0, ])
})

test_that("a transform of a matrix gives columns, the same as of a data frame", {
  x <- as.matrix(labs)
  data <- as_em_data(x, transform = c(chol = "log1p"))
  expect_equal(data$columns, as_em_data(labs, transform = c(chol = "log1p"))$columns)
  expect_identical(data$kind, "matrix")
  expect_identical(as_em_data(unname(x), transform = c(V1 = "log"))$terms, c("log(V1)", "V2", "V3"))
})

test_that("bad transforms are refused", {
  refuse <- function(transform, ...) {
    expect_error(as_em_data(labs, transform = transform), ..., class = "missmix_error_argument")
  }
  refuse("log", "named")
  refuse(c(bili = "ln"), "ln")
  refuse(c(height = "log"), "height")
  refuse(c(bili = NA))
  refuse(c(bili = "log", bili = "sqrt"))
  refuse(list(bili = "log"))
  refuse(stats::setNames(c("log", "log"), c("bili", NA)))
  refuse(c(bili = log))
  expect_error(as_em_data(labs, columns = "age", transform = c(bili = "log")), "bili",
    class = "missmix_error_argument")
  expect_length(as_em_data(labs, transform = character())$transform, 0)
})

test_that("a term must not be the name of another column", {
  labs[["log(bili)"]] <- c(1, 2, 3, 5)
  expect_error(as_em_data(labs, transform = c(bili = "log")), "log(bili)", fixed = TRUE,
    class = "missmix_error_data")
})

test_that("tibbles are data frames, and give tibbles", {
  skip_if_not_installed("tibble")
  x <- tibble::as_tibble(labs)
  data <- as_em_data(x, columns = c("bili", "age"))
  expect_identical(data$columns, as.list(x[c("bili", "age")]))
  expect_identical(data$template, x[0, c("bili", "age")])
  x$visits <- list(1, 2, 3, 4)
  expect_error(as_em_data(x), "visits (list)", fixed = TRUE, class = "missmix_error_data")
  expect_identical(as_em_data(x, columns = "age")$p, 1L)
})

test_that("classes that do not survive the loss of rows leave the template", {
  grouped <- structure(labs, class = c("grouped_df", "tbl_df", "tbl", "data.frame"))
  expect_identical(class(as_em_data(grouped)$template), c("tbl_df", "tbl", "data.frame"))
  keyed <- structure(labs, class = c("data.table", "data.frame"))
  expect_identical(as_em_data(keyed)$columns, as.list(labs))
  expect_identical(class(as_em_data(keyed)$template), c("data.table", "data.frame"))
})

test_that("everything that is no number is refused by name, all in one message", {
  x <- data.frame(ok = 1:2, sex = factor(c("m", "f")), name = c("a", "b"), drug = c(TRUE, NA))
  x$day <- as.Date("2020-01-01")
  x$when <- as.POSIXct("2020-01-01", tz = "UTC")
  x$wait <- as.difftime(c(1, 2), units = "days")
  x$lt <- as.POSIXlt(x$when)
  x$z <- 1i
  x$raw <- as.raw(1:2)
  x$matrix <- matrix(1:4, 2)
  x$frame <- data.frame(u = 1:2)
  x$rank <- ordered(1:2)
  x$huge <- structure(c(1, 2), class = "integer64")
  x$chars <- I(c("a", "b"))
  x$spss <- structure(c(1, 99), class = c("haven_labelled_spss", "haven_labelled", "double"))
  x$series <- stats::ts(1:2)
  error <- expect_error(as_em_data(x), class = "missmix_error_data")
  expect_identical(error$column, setdiff(names(x), "ok"))
  message <- gsub("\\s+", " ", conditionMessage(error))
  for (words in c(
    "sex (factor)", "name (character)", "drug (logical)", "day (Date)", "when (POSIXct/POSIXt)",
    "wait (difftime)", "matrix (a matrix of 2 columns)", "frame (a data frame in itself)",
    "rank (ordered/factor)", "huge (integer64)", "z (complex)", "raw (raw)"
  )) {
    expect_match(message, words, fixed = TRUE)
  }
})

test_that("classes that leave numbers what they are pass", {
  x <- data.frame(asis = I(c(1, 2)), plain = 1:2)
  x$hmisc <- structure(c(1, 2), class = c("labelled", "numeric"), label = "a")
  x$haven <- structure(c(1, 2), class = c("haven_labelled", "vctrs_vctr", "double"))
  x$array <- array(c(1, 2), 2)
  expect_identical(as_em_data(x)$p, 5L)
  x$both <- structure(factor(1:2), class = c("labelled", "factor"))
  expect_error(as_em_data(x), "labelled/factor", class = "missmix_error_data")
})

test_that("a column of bare NA counts as missing, not as logical", {
  x <- data.frame(a = 1:2, b = NA)
  data <- as_em_data(x)
  expect_identical(data$columns$b, c(NA_real_, NA_real_))
  expect_identical(data$template$b, logical())
  expect_type(as_em_data(matrix(NA, 2, 2))$columns, "double")
  expect_error(as_em_data(matrix(c(NA, TRUE), 2, 2)), class = "missmix_error_data")
})

test_that("names must be there and differ", {
  named <- function(...) stats::setNames(labs, c(...))
  expect_error(as_em_data(named("a", "b", "a")), "More than once: a", class = "missmix_error_data")
  expect_error(as_em_data(named("a", "", "c")), "column 2", class = "missmix_error_data")
  expect_error(as_em_data(named("a", NA, NA)), "columns 2 and 3", class = "missmix_error_data")
  x <- as.matrix(labs)
  colnames(x)[2] <- ""
  expect_error(as_em_data(x), "column 2", class = "missmix_error_data")
  colnames(x) <- c("a", "b", "b")
  expect_error(as_em_data(x, columns = "b"), "More than once", class = "missmix_error_data")
  expect_identical(as_em_data(x, columns = "a")$p, 1L)
})

test_that("nothing to model, or nothing we know, is refused", {
  expect_error(as_em_data(data.frame()), "no columns", class = "missmix_error_data")
  expect_error(as_em_data(labs[0, ]), "no rows", class = "missmix_error_data")
  expect_error(as_em_data(labs[0]), "no columns", class = "missmix_error_data")
  expect_error(as_em_data(labs, columns = character()), "no columns", class = "missmix_error_data")
  expect_error(as_em_data(matrix(0, 0, 3)), "no rows", class = "missmix_error_data")
  survival <- structure(cbind(time = 1:2, status = 0:1), class = "Surv")
  for (bad in list(
    1:3, NULL, as.list(labs), "labs", array(1, c(2, 2, 2)), matrix("a", 2, 2), mean, survival,
    matrix(list(1, 2), 1), matrix(1i, 2, 2), quote(x)
  )) {
    expect_error(as_em_data(bad), "data frame or a numeric matrix", class = "missmix_error_data")
  }
  ragged <- structure(list(a = 1:3, b = 1:2), class = "data.frame", row.names = 1:3)
  expect_error(as_em_data(ragged), "b", class = "missmix_error_data")
})

test_that("weights become doubles, and are checked", {
  expect_identical(as_em_data(labs, weights = 1:4)$weights, c(1, 2, 3, 4))
  expect_identical(as_em_data(labs, weights = c(0, 0, 0, 0.5))$weights, c(0, 0, 0, 0.5))
  refuse <- function(weights, words) {
    expect_error(as_em_data(labs, weights = weights), words, class = "missmix_error_data")
  }
  refuse(c(1, -1, 1, 1), "row 2 is -1")
  refuse(c(1, 1, NA, 1), "row 3 is NA")
  refuse(c(1L, 1L, NA, 1L), "row 3 is NA")
  refuse(c(1, 1, 1, Inf), "row 4 is Inf")
  refuse(1:3, "each of 4 rows: there are 3")
  refuse(numeric(), "there are 0")
  refuse(rep(0, 4), "all be zero")
  refuse(factor(1:4), "numbers")
  refuse(rep(TRUE, 4), "numbers")
  refuse("chol", "numbers")
  refuse(as.difftime(1:4, units = "days"), "numbers")
  refuse(list(1, 2, 3, 4), "numbers")
})

test_that("the call in the message is the caller's", {
  model <- function(x) as_em_data(x)
  expect_identical(expect_error(model(NULL))$call, quote(model(NULL)))
})
