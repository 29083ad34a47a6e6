few <- em_starts(2, seed = 1)
hand_made <- function(k, p, noise = FALSE) {
  terms <- paste0("variable", seq_len(p))
  proportions <- rep(1 / (k + noise), k + noise)
  parameters <- list(
    proportions = unname(proportions), means = matrix(seq_len(k * p), k, p),
    covariances = array(diag(4, p), c(p, p, k))
  )
  structure(
    list(parameters = name_components(parameters, terms), terms = terms),
    class = c("em_gmm", "em_fit")
  )
}

test_that("means share decimals, and standard deviations do not vanish", {
  expect_identical(mean_sd_text(c(80.516, 9), c(5.35, 11.614)), c("80.52  (5.35)", "9.00 (11.61)"))
  expect_match(mean_sd_text(c(5, 5, 5), c(100, 100, 1e-3))[3], "(0.001)", fixed = TRUE)
  expect_identical(mean_sd_text(2e-5, 2e-7), "2.000e-05 (2.00e-07)")
  expect_no_error(mean_sd_text(1, 0))
})

test_that("one row a component, and one for the noise", {
  table <- answer(hand_made(2, 2, noise = TRUE))$table
  expect_identical(row.names(table), c("1", "2", "noise"))
  expect_identical(table[3, 2], "")
  expect_identical(names(table), c("proportion", "variable1 (sd)", "variable2 (sd)"))
  answer <- answer(hand_made(12, 1))
  expect_identical(nrow(answer$table), 10L)
  expect_identical(answer$total, 12L)
})

test_that("nothing is wider than the console", {
  withr::local_options(cli.width = 60)
  for (fit in list(hand_made(3, 3), hand_made(3, 9), hand_made(20, 9), hand_made(2, 9, TRUE))) {
    expect_lte(table_width(answer(fit)$table), 60)
  }
  turned <- answer(hand_made(2, 9, noise = TRUE))
  expect_identical(names(turned$table), c("1", "2", "noise"))
  expect_identical(turned$what, "variable")
  expect_identical(turned$total, 10L)
  narrow <- answer(hand_made(20, 9))
  expect_identical(narrow$left + ncol(narrow$table), 10L)
  fit <- em_gmm(iris[1:4], k = 6, covariance = "EII", starts = few)
  lines <- utils::capture.output(print(fit))
  expect_lte(max(nchar(lines)), 60)
  expect_match(lines, "more variable", all = FALSE)
  expect_match(answer_size(fit), "150 rows, 4 variables, complete")
})

test_that("as wide as print() sets it", {
  table <- answer(hand_made(3, 2))$table
  lines <- utils::capture.output(print(table, right = TRUE))
  expect_identical(max(nchar(lines)), as.integer(table_width(table)))
})
