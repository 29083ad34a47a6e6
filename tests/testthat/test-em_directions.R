# A fit of no particular model, with nothing known of its information.
unknown_fit <- function(parameters) {
  cache <- as.environment(list(information = list(vcov = NULL, fmi = NULL)))
  structure(list(parameters = parameters, cache = cache), class = "em_fit")
}

test_that("shares sum to one and do not depend on the length of a direction", {
  fit <- air_fit()
  vectors <- information(fit)$vectors[, 1]
  shares <- direction_shares(fit, vectors)
  expect_equal(sum(shares), 1)
  expect_equal(direction_shares(fit, 100 * vectors), shares)
  expect_named(shares, names(coef(fit)))
})

test_that("shares do not depend on the units of the variables", {
  data <- airquality[air_columns]
  data$Ozone <- data$Ozone * 1e6
  scaled <- em_mvn(data)
  fit <- air_fit()
  # The two runs stop at slightly different points of the same maximum.
  expect_equal(
    unname(direction_shares(scaled, information(scaled)$vectors[, 1])),
    unname(direction_shares(fit, information(fit)$vectors[, 1])),
    tolerance = 1e-2
  )
})

test_that("only those with a third of the leader's share lead", {
  expect_identical(leading(c(a = 0.2, b = 0.6, c = 0.1), 4L), c(b = 0.6, a = 0.2))
  expect_length(leading(rep(0.1, 10), 3L), 3L)
})

test_that("halving passes follow from the fraction", {
  expect_equal(halving_passes(c(0.5, 0.25, 0, 1, 1.1)), c(1, 0.5, 0, Inf, Inf))
})

test_that("a singular direction is a combination in words", {
  weights <- c(x1 = -0.5, x2 = -0.5, x3 = 0.71)
  combination <- singular_direction(weights, c(1, 1, 1))
  expect_identical(names(combination), c("x3", "x1", "x2"))
  expect_identical(combination_words(combination), "x3 - 0.704 x1 - 0.704 x2")
  expect_identical(combination_words(c(a = 1, b = 2.5)), "a + 2.5 b")
  expect_identical(
    combination_words(c(a = 1, b = -1, c = 1), most = 2L), "a - b (and 1 smaller term)"
  )
})

test_that("coefficients are named only where some stand out", {
  fit <- unknown_fit(stats::setNames(1:40, paste0("b", 1:40)))
  expect_identical(direction_coefficients(fit, rep(1, 40)), "")
  expect_identical(direction_coefficients(fit, c(1, rep(0, 39))), "b1 100%")
})

test_that("a model without variables is put down to its coefficients", {
  fit <- unknown_fit(c(p = 0.3, q = 0.7))
  expect_null(coefficient_variables(fit))
  expect_identical(complete_errors(fit), c(1, 1))
  expect_identical(direction_variables(fit, c(0, 1)), "q")
})
