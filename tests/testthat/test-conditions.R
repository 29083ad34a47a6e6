test_that("errors carry the family's class, their fields and the call", {
  raise <- function(x) abort_argument("{.arg x} is {x}.", row = 3L)
  error <- expect_error(raise(7), class = "missmix_error_argument")
  expect_s3_class(error, "missmix_error")
  expect_identical(error$row, 3L)
  expect_match(conditionMessage(error), "`x` is 7.", fixed = TRUE)
  expect_identical(error$call, quote(raise(7)))
  expect_error(abort_data("no"), class = "missmix_error_data")
  expect_error(abort_model("no"), class = "missmix_error_model")
})

test_that("warnings carry the family's class", {
  expect_warning(warn_convergence("so"), class = "missmix_warning_convergence")
  expect_warning(warn_boundary("so"), class = "missmix_warning_boundary")
  warning <- expect_warning(warn_degenerate("so"), class = "missmix_warning_degenerate")
  expect_s3_class(warning, "missmix_warning")
})

test_that("what the user wrote is never evaluated as markup", {
  value <- "{stop('evaluated')} {.arg x}"
  expect_error(abort_data("Not {value}."), "{stop('evaluated')} {.arg x}", fixed = TRUE)
})
