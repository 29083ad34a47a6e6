holes <- data.frame(
  a = c(1, NA, 3, NA, 5, 6), b = c("x", NA, "z", NA, "u", NA),
  c = factor(c("p", "q", "p", "q", NA, "p"))
)

test_that("patterns come most frequent first, with their counts", {
  patterns <- em_patterns(holes)
  expect_s3_class(patterns, c("em_patterns", "data.frame"), exact = TRUE)
  expect_named(patterns, c("rows", "n_missing", "percent", "a", "b", "c"))
  expect_identical(patterns$rows, c(2L, 2L, 1L, 1L))
  expect_identical(patterns$n_missing, c(0L, 2L, 1L, 1L))
  expect_equal(patterns$percent, 100 * patterns$rows / 6)
  expect_identical(patterns$a, c(TRUE, FALSE, TRUE, TRUE))
  # Equal otherwise: the one that appears first (row 5 before row 6).
  expect_identical(patterns$c, c(TRUE, TRUE, FALSE, TRUE))
})

test_that("the count agrees with a slow twin, beyond 53 columns too", {
  set.seed(1)
  x <- matrix(1, 300, 120)
  x[sample(length(x), 40)] <- NA
  x[1:50, 120] <- NA
  patterns <- em_patterns(x)
  keys <- apply(!is.na(x), 1, paste, collapse = "")
  own <- apply(observed_matrix(patterns), 1, paste, collapse = "")
  expect_setequal(own, unique(keys))
  expect_identical(patterns$rows, as.vector(unname(table(keys)[own])))
  expect_identical(names(patterns)[c(4, 123)], c("V1", "V120"))
})

test_that("pairs never observed together are listed, empty variables apart", {
  x <- data.frame(a = c(1, NA, NA), b = c(NA, 1, 1), c = 1, z = NA)
  patterns <- em_patterns(x)
  expect_identical(attr(patterns, "never_together"), data.frame(first = "a", second = "b"))
  expect_identical(attr(patterns, "never_observed"), "z")
  expect_identical(nrow(attr(em_patterns(airquality), "never_together")), 0L)
  expect_identical(attr(em_patterns(airquality), "never_observed"), character())
})

test_that("any type of column will do", {
  x <- data.frame(day = as.Date(c("2020-01-01", NA)))
  x$when <- as.POSIXct(c(NA, 1), origin = "1970-01-01")
  x$list <- list(NULL, NA)
  x$lt <- as.POSIXlt(x$when)
  x$matrix <- cbind(c(1, 2), c(NA, 2))
  x$nan <- c(NaN, 1)
  patterns <- em_patterns(x)
  # The second row comes first: it has fewer cells missing.
  expect_identical(patterns$n_missing, c(2L, 4L))
  for (name in c("day", "list")) expect_identical(patterns[[name]], c(FALSE, TRUE))
  for (name in c("when", "lt", "matrix", "nan")) {
    expect_identical(patterns[[name]], c(TRUE, FALSE))
  }
})

test_that("names do not matter: not those of our own columns, nor doubled ones", {
  x <- stats::setNames(data.frame(c(1, NA), c(NA, 1), 1), c("rows", "percent", "rows"))
  patterns <- em_patterns(x)
  expect_identical(patterns[[1]], c(1L, 1L))
  expect_identical(unname(observed_matrix(patterns)), cbind(c(TRUE, FALSE), c(FALSE, TRUE), TRUE))
  expect_output(print(patterns), "rows with percent")
})

test_that("matrices of any type, tibbles and complete data", {
  expect_identical(em_patterns(matrix(c("a", NA), 1))$V2, FALSE)
  complete <- em_patterns(data.frame(a = 1:3, b = 2))
  expect_identical(complete$rows, 3L)
  expect_output(print(complete), "Complete: 3 rows (100.0%)", fixed = TRUE)
  skip_if_not_installed("tibble")
  expect_identical(em_patterns(tibble::as_tibble(holes)), em_patterns(holes))
})

test_that("nothing to look at is an error", {
  expect_error(em_patterns(data.frame()), "no columns", class = "missmix_error_data")
  expect_error(em_patterns(holes[0, ]), "no rows", class = "missmix_error_data")
  expect_error(em_patterns(matrix(1, 0, 2)), "no rows", class = "missmix_error_data")
  expect_error(em_patterns(matrix(1, 2, 0)), "no columns", class = "missmix_error_data")
  expect_error(em_patterns(1:3), class = "missmix_error_argument")
  expect_error(em_patterns(NULL), class = "missmix_error_argument")
  expect_error(em_patterns(holes, 3), class = "missmix_error_argument")
})

test_that("a fit answers from its patterns, else from its data", {
  observed <- rbind(c(TRUE, FALSE), c(TRUE, TRUE), c(FALSE, TRUE))
  fit <- structure(list(
    patterns = list(observed = observed, count = c(1.5, 4, 2)), variables = c("a", "b")
  ), class = "em_fit")
  expect_identical(em_patterns(fit)$rows, c(4, 2, 1.5))
  expect_identical(em_patterns(fit)$b, c(TRUE, TRUE, FALSE))
  x <- data.frame(a = c(1, NA, 2), b = c(1, 2, 3))
  fit <- list(data = as_em_data(x, transform = c(b = "log")), variables = c("a", "b"))
  expect_identical(em_patterns(structure(fit, class = "em_fit")), em_patterns(x))
  fit$data <- as_em_data(as.matrix(x), weights = c(1, 5, 2))
  expect_identical(em_patterns(structure(fit, class = "em_fit"))$rows, c(5, 3))
  fit$data <- NULL
  expect_error(em_patterns(structure(fit, class = "em_fit")), class = "missmix_error_data")
})

test_that("some of the patterns are a plain table", {
  patterns <- em_patterns(airquality)
  expect_identical(class(patterns[1:2, ]), "data.frame")
  expect_null(attr(patterns[1:2, ], "never_together"))
  expect_identical(class(head(patterns, 2)), "data.frame")
  expect_identical(patterns[1:2, "rows"], patterns$rows[1:2])
  expect_identical(class(as.data.frame(patterns)), "data.frame")
})

test_that("it prints the answer first and never more than the rows asked for", {
  local_reproducible_output(width = 60)
  printed <- capture.output(print(em_patterns(airquality)))
  expect_match(printed[1], "153 rows of 6 variables in 4 patterns")
  expect_match(printed[2], "Complete: 111 rows (72.5%). Missing: 44 of 918 cells", fixed = TRUE)
  set.seed(2)
  many <- matrix(1, 500, 80)
  many[stats::runif(length(many)) < 0.2] <- NA
  printed <- capture.output(print(em_patterns(many)))
  expect_true(all(nchar(printed) <= 60))
  expect_lt(length(printed), 20)
  expect_match(printed, "490 more patterns", all = FALSE)
  expect_match(printed, "more variables", all = FALSE)
  expect_length(capture.output(print(em_patterns(many), rows = 3)), length(printed) - 7)
})

test_that("symbols are plain where the console is", {
  old <- options(cli.unicode = FALSE)
  on.exit(options(old))
  expect_identical(pattern_symbols(), c(observed = "x", missing = "."))
})

test_that("pictures can be drawn of one pattern and of many", {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  margins <- graphics::par("mar")
  patterns <- em_patterns(holes)
  expect_identical(plot(patterns), patterns)
  expect_silent(plot(em_patterns(data.frame(a = 1))))
  set.seed(3)
  many <- matrix(1, 200, 90, dimnames = list(NULL, paste0("a_rather_long_name_", 1:90)))
  many[stats::runif(length(many)) < 0.2] <- NA
  expect_silent(plot(em_patterns(many), patterns = 150))
  expect_identical(graphics::par("mar"), margins)
  expect_error(plot(patterns, patterns = 0), class = "missmix_error_argument")
})
