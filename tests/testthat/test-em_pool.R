# Rubin's rules against their slow twin; degrees of freedom; what cannot be pooled.

imp <- trial_imputations()
fits <- with(imp, lm(score ~ arm + age + lab + marker))

test_that("every number is that of the twin", {
  for (dfcom in c(12, 75, Inf)) {
    pooled <- em_pool(fits, dfcom = dfcom)
    for (term in pooled$table$term) {
      twin <- rubin_twin(
        vapply(fits$analyses, function(fit) coef(fit)[[term]], numeric(1)),
        vapply(fits$analyses, function(fit) vcov(fit)[term, term], numeric(1)), dfcom
      )
      row <- pooled$table[pooled$table$term == term, ]
      expect_relative(unlist(row[names(twin)]), unlist(twin), 1e-12)
      expect_equal(row$efficiency, 1 / (1 + twin$fmi / 7))
    }
  }
})

test_that("a case by pencil", {
  # Estimates 1, 2, 3 with variances 2: W = 2, B = 1, T = 2 + 4/3 = 10/3, lambda = 2/5, riv = 2/3.
  est <- em_pool(c(1, 2, 3), variances = c(2, 2, 2))
  expect_equal(coef(est), c(estimate = 2))
  expect_equal(unname(vcov(est)), matrix(10 / 3))
  expect_equal(est$table$lambda, 2 / 5)
  expect_equal(est$table$riv, 2 / 3)
  # (m - 1) / lambda^2 = 12.5; with 10 degrees complete 1 / (1 / 12.5 + 1 / (11 / 13 * 10 * 3 / 5)).
  expect_equal(est$table$df, 12.5)
  expect_equal(est$table$fmi, (2 / 3 + 2 / 15.5) / (5 / 3))
  finite <- em_pool(c(1, 2, 3), variances = c(2, 2, 2), dfcom = 10)
  expect_equal(finite$table$df, 1 / (1 / 12.5 + 13 / 66))
})

test_that("von Hippel's rule with the upper end of the interval", {
  est <- em_pool(c(1, 2, 3), variances = c(2, 2, 2))
  upper <- plogis(qlogis(est$table$fmi) + 1.959963984540054 * sqrt(2 / 3))
  expect_identical(est$enough, as.integer(ceiling(1 + 200 * upper^2)))
  # One tenth of information missing and many imputations: 1 + (.1 / .05)^2 / 2 = 3.
  expect_identical(imputations_enough(0.1, 1e12), 4L)
  expect_identical(imputations_enough(0.0999, 1e12), 3L)
  expect_identical(imputations_enough(0, 5), 1L)
})

test_that("no variance between imputations costs nothing", {
  est <- em_pool(c(2, 2), variances = c(1, 1), dfcom = 30)
  expect_equal(est$table$df, 31 / 33 * 30)
  expect_equal(est$table$lambda, 0)
  expect_identical(em_pool(c(2, 2), variances = c(1, 1))$table$df, Inf)
  expect_identical(em_pool(c(2, 2), variances = c(1, 1))$table$fmi, 0)
})

test_that("degrees of freedom of complete data: given, from the analyses, or infinite", {
  expect_identical(em_pool(fits)$dfcom, 75L)
  expect_identical(em_pool(fits)$dfcom_from, "from df.residual()")
  expect_identical(em_pool(fits, dfcom = 20)$dfcom_from, "as given")
  # The smallest where rows differ.
  uneven <- with(imp, lm(score ~ lab, subset = lab > 2.5))
  left <- vapply(uneven$analyses, df.residual, numeric(1))
  expect_gt(diff(range(left)), 0)
  expect_equal(em_pool(uneven)$dfcom, min(left))
  expect_equal(nobs(em_pool(uneven)), min(left) + 2)
  for (bad in list(0, -1, c(1, 2), NA_real_, "a")) {
    expect_error(em_pool(fits, dfcom = bad), class = "missmix_error_argument")
  }
})

test_that("a list of fits, and estimates by hand, are the same answer", {
  est <- em_pool(fits)
  same <- setdiff(names(est), c("call", "expr"))
  expect_identical(unclass(em_pool(fits$analyses))[same], unclass(est)[same])
  estimates <- lapply(fits$analyses, coef)
  by_hand <- em_pool(estimates, variances = lapply(fits$analyses, vcov), dfcom = 75)
  expect_identical(by_hand$table, est$table)
  # Variances alone: the same table, no covariances.
  bare <- em_pool(estimates, variances = lapply(fits$analyses, function(fit) diag(vcov(fit))),
    dfcom = 75)
  expect_equal(bare$table, est$table)
  expect_identical(bare$within[1, 2], 0)
})

test_that("coefficients in another order are put in that of the first", {
  turned <- fits$analyses
  turned[[2]] <- lm(score ~ marker + lab + age + arm, em_complete(imp, 2))
  expect_equal(em_pool(turned)$table, em_pool(fits)$table)
})

test_that("what is no list of analyses is refused", {
  refused <- function(code, words) expect_error(code, words, class = "missmix_error_argument")
  refused(em_pool(imp), "with\\(imp")
  refused(em_pool(fits$analyses[[1]]), "one for each imputation")
  refused(em_pool(fits$analyses[1]), "at least two imputations, not 1")
  refused(em_pool(list()), "at least two")
  refused(em_pool(1, variances = 1), "at least two")
  refused(em_pool(matrix(1:4, 2), variances = 1:4), "one for each imputation")
  refused(em_pool(1:3), "variances")
  refused(em_pool(1:3 / 2, variances = c(1, 1)), "each of 3 imputations")
  refused(em_pool(list(1:2, 2:3), variances = list(c(1, 1), 1)), "imputation 2 must be 2")
  refused(em_pool(fits, conf.int = TRUE), "unknown")
  expect_error(em_pool(list("a", "b")), "1 cannot be pooled", class = "missmix_error_model")
})

test_that("analyses that do not match are refused by name", {
  odd <- fits$analyses
  odd[[3]] <- lm(score ~ arm + age + lab + visits, em_complete(imp, 3))
  found <- tryCatch(em_pool(odd), error = identity)
  expect_s3_class(found, "missmix_error_model")
  expect_identical(found$analysis, 3L)
  expect_identical(found$term, c("marker", "visits"))
  expect_match(conditionMessage(found), "Only in analysis 1: \"marker\"")
  expect_match(conditionMessage(found), "Only in analysis 3: \"visits\"")
})

test_that("aliased coefficients and impossible variances are refused by name", {
  aliased <- with(imp, lm(score ~ lab + I(2 * lab)))
  found <- tryCatch(em_pool(aliased), error = identity)
  expect_s3_class(found, "missmix_error_model")
  expect_identical(found$term, "I(2 * lab)")
  expect_match(conditionMessage(found), "aliased")
  refused <- function(variance, term) {
    found <- tryCatch(
      em_pool(list(c(a = 1, b = 2), c(a = 1, b = 2)), variances = list(c(1, 1), variance)),
      error = identity
    )
    expect_s3_class(found, "missmix_error_model")
    expect_identical(found$analysis, 2L)
    expect_identical(found$term, term)
  }
  refused(c(1, NA), "b")
  refused(c(Inf, 1), "a")
  refused(c(0, 1), "a")
  refused(c(1, -1), "b")
  # No residual degrees of freedom: lm() has NaN for every variance.
  few <- trial_data(3)[c("score", "age")]
  full <- replicate(2, lm(score ~ age + I(age^2), few), simplify = FALSE)
  expect_error(em_pool(full), "not finite", class = "missmix_error_model")
  expect_error(
    em_pool(list(c(a = 1), c(a = Inf)), variances = list(1, 1)), "\"a\" is not finite",
    class = "missmix_error_model"
  )
  expect_error(
    em_pool(list(c(a = 1, a = 2), c(a = 1, a = 2)), variances = list(c(1, 1), c(1, 1))),
    "more than one coefficient", class = "missmix_error_model"
  )
  empty <- with(imp, lm(score ~ 0))
  expect_error(em_pool(empty), "Analysis 1 has no coefficients", class = "missmix_error_model")
})

test_that("matrices that are no covariance are refused, rounding is not", {
  pooled <- function(v) {
    em_pool(list(c(a = 1, b = 2), c(a = 1.1, b = 2)), variances = list(diag(2), v))
  }
  refused <- function(v, words) {
    found <- expect_error(pooled(v), words, class = "missmix_error_model")
    expect_identical(found$term, c("a", "b"))
    expect_identical(found$analysis, 2L)
  }
  refused(matrix(c(1, 0.5, 0.1, 1), 2), "both halves")
  refused(matrix(c(1, 2, 2, 1), 2), "larger than their variances allow")
  # The same in tiny units, where a difference is small but not against the variances.
  refused(1e-20 * matrix(c(1, 0.5, 0.1, 1), 2), "both halves")
  refused(matrix(c(1e20, 5e-1, 1e-1, 1e-20), 2), "both halves")
  rounded <- matrix(c(1, 0.5, 0.5 + 1e-10, 1), 2)
  expect_identical(unname(pooled(rounded)$within), (diag(2) + rounded) / 2)
  expect_equal(unname(pooled(matrix(1, 2, 2))$within), matrix(c(1, 0.5, 0.5, 1), 2))
})

test_that("an estimate that is not a number is not called aliased", {
  refused <- function(value, words) {
    found <- tryCatch(
      em_pool(list(c(a = 1, b = value), c(a = 1, b = 1)), variances = list(c(1, 1), c(1, 1))),
      error = identity
    )
    expect_s3_class(found, "missmix_error_model")
    expect_identical(found$term, "b")
    expect_match(conditionMessage(found), words)
    conditionMessage(found)
  }
  expect_no_match(refused(NaN, "\"b\" is not finite"), "aliased")
  refused(NA_real_, "no value for coefficient \"b\"")
})

test_that("variances by hand that are no numbers, or named in two ways, are refused", {
  estimates <- list(c(a = 1, b = 2), c(a = 1.1, b = 2))
  refused <- function(v, words) {
    expect_error(em_pool(estimates, variances = list(diag(2), v)), words,
      class = "missmix_error_argument")
  }
  refused("a", "imputation 2 must be numbers")
  refused(list(1, 1), "imputation 2 must be numbers")
  refused(as.data.frame(diag(2)), "imputation 2 must be numbers")
  refused(array(1, c(2, 2, 1)), "imputation 2 must be numbers")
  refused(matrix(c(1, 0, 0, 2), 2, dimnames = list(c("a", "b"), c("b", "a"))), "different names")
  expect_error(em_pool(estimates), "need `variances`", class = "missmix_error_model")
})

test_that("names that are missing, and numbers beyond all, are refused", {
  refused <- function(estimates, words) {
    expect_error(em_pool(estimates, variances = list(c(1, 1), c(1, 1))), words,
      class = "missmix_error_model")
  }
  nameless <- stats::setNames(c(1, 2), c(NA, "b"))
  refused(list(nameless, nameless), "without a name")
  refused(list(c(a = 1, 2), c(a = 1, 2)), "without a name")
  found <- refused(list(c(a = 1e200, b = 1), c(a = -1e200, b = 1)), "beyond the largest number")
  expect_identical(found$term, "a")
})

test_that("a function of the coefficients that fails is named", {
  found <- expect_error(
    em_pool(fits, functions = list(ratio = function(b) b[["nothing"]])), "\"ratio\".*analysis 1",
    class = "missmix_error_model"
  )
  expect_identical(found$term, "ratio")
  expect_s3_class(found$parent, "error")
  twice <- list(a = function(b) b[[1]], a = function(b) b[[2]])
  expect_error(em_pool(fits, functions = twice), "once", class = "missmix_error_argument")
})

test_that("a model with a coefficient for every row needs degrees of freedom by hand", {
  saturated <- lapply(1:3, function(i) {
    glm(cbind(c(3, 5) + i, 7:8) ~ c("a", "b"), family = binomial)
  })
  expect_error(em_pool(saturated), "no residual degrees", class = "missmix_error_model")
  expect_silent(pooled <- em_pool(saturated, dfcom = Inf))
  expect_true(all(is.finite(tidy(pooled)$p.value)))
})

test_that("analyses of other kinds, responses and families are refused", {
  refused <- function(...) {
    expect_error(em_pool(list(...)), "cannot be pooled", class = "missmix_error_model")
  }
  refused(lm(mpg ~ wt, mtcars), lm(hp ~ wt, mtcars))
  refused(glm(am ~ wt, binomial, mtcars), lm(am ~ wt, mtcars))
  refused(glm(am ~ wt, binomial, mtcars), glm(am ~ wt, poisson, mtcars))
})

test_that("print tells where rows come and go, and where nothing was lost", {
  imp <- trial_imputations()
  expect_output(print(em_pool(with(imp, lm(score ~ lab, subset = lab > 2.5)))), "have between")
  same <- em_pool(with(imp, lm(score ~ arm)))
  expect_output(print(same), "took nothing")
})
