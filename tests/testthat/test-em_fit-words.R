test_that("each status has its words", {
  fit <- air_fit()
  statuses <- c("converged", "max_iter", "stopped", "decreased", "non_finite", "degenerate")
  words <- vapply(statuses, function(status) {
    fit$status <- status
    status_words(fit)
  }, character(1))
  expect_snapshot(cat(words, sep = "\n"), transform = only_words)
})

test_that("the limit of arithmetic is said only where it binds", {
  fit <- air_fit()
  fit$status <- "converged"
  fit$gap <- 1e-9
  fit$control$tol <- 1e-6
  expect_no_match(status_words(fit), "arithmetic")
  fit$control$tol <- 0
  expect_match(status_words(fit), "arithmetic allows")
  fit$gap <- 0
  expect_match(status_words(fit), "no log-likelihood units")
  fit$gap <- NA_real_
  expect_match(status_words(fit), "not known")
})

test_that("numbers read well in a sentence", {
  expect_identical(number_text(3.14e-8), "3.1e-8")
  expect_identical(number_text(0.0341), "0.034")
  expect_identical(number_text(0), "0")
  expect_identical(number_text(12345.6), "12,346")
  expect_identical(number_text(2.5e12), "2.5e12")
  expect_identical(number_text(3e6), "3e6")
  expect_identical(number_text(NA), "unknown")
  expect_identical(number_text(Inf), "infinity")
})

test_that("fractions near one say how near", {
  expect_identical(fraction_text(0.4657), "0.47")
  expect_identical(fraction_text(0.9925), "0.993")
  expect_identical(fraction_text(0.99962), "0.9996")
  expect_identical(fraction_text(1 - 3e-8), "1 - 3e-8")
  expect_identical(fraction_text(1), "1")
  expect_identical(fraction_text(1.04), "1 + 0.04")
  expect_identical(fraction_text(NA_real_), "unknown")
})

test_that("table columns keep their digits and lose a bare point", {
  expect_identical(signif_text(c(1964.3, 0.42451, NA)), c("1964", "0.4245", "NA"))
  expect_identical(fixed_text(c(-0.001, 0.456, NA)), c("0.00", "0.46", "NA"))
})

test_that("lists of words are joined as in English", {
  expect_identical(and_list(character()), "")
  expect_identical(and_list("a"), "a")
  expect_identical(and_list(c("a", "b")), "a and b")
  expect_identical(and_list(c("a", "b", "c")), "a, b and c")
})

test_that("numbers in sentences read well at their ends", {
  expect_identical(fraction_text(-1e-17), "0.00")
  expect_identical(times_text(1.02), "hardly larger than")
  expect_identical(times_text(3.2), "3.2 times")
})
