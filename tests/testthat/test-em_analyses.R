# with(): every completed data set, its columns first, then the caller; errors name the imputation.

imp <- trial_imputations(m = 3)

test_that("each completed data set is analysed in turn", {
  fits <- with(imp, lm(score ~ lab + arm))
  expect_s3_class(fits, "em_analyses", exact = TRUE)
  expect_identical(fits$m, 3)
  expect_identical(fits$expr, quote(lm(score ~ lab + arm)))
  for (i in 1:3) {
    by_hand <- lm(score ~ lab + arm, em_complete(imp, i))
    expect_identical(coef(fits$analyses[[i]]), coef(by_hand))
  }
  # Means of completed columns differ: it was not one data set three times.
  means <- unlist(with(imp, mean(lab))$analyses)
  expect_identical(means, vapply(1:3, function(i) mean(em_complete(imp, i)$lab), numeric(1)))
  expect_identical(anyDuplicated(means), 0L)
})

test_that("how many cells were imputed is told by variable", {
  fits <- with(imp, mean(lab))
  expect_identical(fits$nmis, c(age = 0L, lab = 20L, marker = 16L, score = 0L))
})

test_that("columns come before the caller, the caller before nothing", {
  score <- "hidden by the column"
  shift <- 2
  local <- function() {
    shift <- 3
    with(imp, mean(score) + shift)
  }
  expected <- mean(trial_data()$score)
  expect_equal(unlist(local()$analyses), rep(expected + 3, 3))
  expect_equal(unlist(with(imp, mean(score) + shift)$analyses), rep(expected + 2, 3))
})

test_that("a matrix is analysed by its columns", {
  fits <- with(
    made_imputations(data.matrix(trial_data()[c("lab", "score")]), 2, c("lab", "score")),
    lm(score ~ lab)
  )
  expect_named(coef(fits$analyses[[1]]), c("(Intercept)", "lab"))
})

test_that("an error names the imputation and keeps its cause", {
  third <- em_complete(imp, 3)$lab[which(is.na(trial_data()$lab))[1]]
  found <- tryCatch(
    with(imp, if (third %in% lab[is.na(trial_data()$lab)][1]) stop("too {odd}") else 1),
    error = identity
  )
  expect_s3_class(found, c("missmix_error_model", "missmix_error"))
  expect_match(conditionMessage(found), "analysis of imputation 3 failed")
  expect_identical(found$imputation, 3L)
  expect_match(conditionMessage(found$parent), "too {odd}", fixed = TRUE)
  expect_error(with(imp, mean(lab), na.rm = TRUE), class = "missmix_error_argument")
})

test_that("the words name the expression, one line however long", {
  expect_output(print(with(imp, lm(score ~ lab))), "3 completed data sets: lm\\(score ~ lab\\)")
  long <- with(imp, lm(score ~ I(lab + 1) + I(marker + 1) + I(lab^2) + I(marker^2) + I(lab^3)))
  expect_output(print(long), "\\.\\.\\.\n")
})

test_that("an expression must be given", {
  expect_error(with(trial_imputations(2)), "`expr` must be given", class = "missmix_error_argument")
})

test_that("analyses of the incomplete data are noticed", {
  imp <- trial_imputations()
  incomplete <- trial_data()
  expect_warning(with(imp, lm(score ~ lab, data = incomplete)), "all.*same.*lab|All.*same",
    class = "missmix_warning_boundary")
  made_before <- with(incomplete, {
    score <- score
    lab <- lab
    score ~ lab
  })
  expect_warning(with(imp, lm(made_before)), class = "missmix_warning_boundary")
  expect_silent(with(imp, lm(score ~ lab)))
  # Nothing imputed in it: the same by right.
  expect_silent(with(imp, lm(score ~ arm)))
})
