d <- data.frame(dose = c(1, 0, 3), share = c(0.2, 30, NA), row.names = c("ann", "bob", "cy"))

test_that("a value outside the domain is named with row, column and value", {
  error <- expect_error(as_em_data(d, transform = c(dose = "log")), class = "missmix_error_data")
  expect_match(conditionMessage(error), 'Row 2 ("bob") of `dose` is 0', fixed = TRUE)
  expect_match(conditionMessage(error), "log1p")
  expect_identical(error$row, 2L)
  expect_identical(error$column, "dose")
  expect_error(as_em_data(d, transform = c(share = "logit")), "divided by 100")
  expect_error(as_em_data(d, transform = c(dose = "sqrt")), "infinite")
  d$dose[2] <- -4
  for (transform in names(data_transforms)) {
    expect_error(as_em_data(d["dose"], transform = c(dose = transform)), "-4|Row 1",
      class = "missmix_error_data")
  }
  expect_error(as_em_data(as.matrix(d), transform = c(dose = "log")), '("bob")', fixed = TRUE)
})

test_that("bad cells are named with row, column and value, on the scale of the data", {
  d$dose <- c(1, NaN, Inf)
  for (data in list(
    as_em_data(d), as_em_data(as.matrix(d)), as_em_data(d, transform = c(dose = "log"))
  )) {
    error <- expect_error(abort_bad_cells(data, 2L, 1L), class = "missmix_error_data")
    expect_match(conditionMessage(error), 'Row 2 ("bob") of `dose` is NaN', fixed = TRUE)
    expect_identical(error$column, "dose")
    expect_error(abort_bad_cells(data, 3L, 1L), "is Inf")
  }
  rownames(d) <- NULL
  expect_error(abort_bad_cells(as_em_data(d), 3, 1), "Row 3 of `dose` is Inf", fixed = TRUE)
})

test_that("columns that say nothing are named together", {
  data <- as_em_data(data.frame(a = 1:2, b = NA, c = 3, e = NA))
  error <- expect_error(abort_uninformative(data, empty = c(2, 4), constant = 3),
    class = "missmix_error_data")
  expect_match(conditionMessage(error), "Wholly missing: b and e")
  expect_match(conditionMessage(error), "Constant where observed: c")
  expect_identical(error$column, c("b", "c", "e"))
  only <- expect_error(abort_uninformative(data, constant = 3))
  expect_no_match(conditionMessage(only), "Wholly")
})

test_that("names with braces do not break the message", {
  d <- stats::setNames(data.frame(a = c(1, -1), b = c("x", "y")), c("{x}", "{.arg y}"))
  expect_error(as_em_data(d), "{.arg y} (character)", fixed = TRUE)
  expect_error(as_em_data(d["{x}"], transform = c("{x}" = "log")), "log({x})", fixed = TRUE)
  expect_error(as_em_data(d, columns = "{z}"), "{z}", fixed = TRUE)
})
