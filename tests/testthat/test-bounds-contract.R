# What every fit promises, with bounds. Where rows have three or more such cells the objective is
# that of expectation propagation, whose slope the score is: it holds there as well.

censored_below <- function(n, p, r, limit, seed) {
  y <- with_seed(seed, matrix(rnorm(n * p), n) %*% chol(matrix(r, p, p) + diag(1 - r, p)))
  colnames(y) <- letters[seq_len(p)]
  y[y < limit] <- NA
  list(data = y, bounds = stats::setNames(rep(list(c(-Inf, limit)), p), colnames(y)))
}

expect_bounded_contract <- function(data, bounds, ...) {
  fit <- em_mvn(data, bounds = bounds, ...)
  expect_em_contract(fit, function(starts = NULL, control = em_control()) {
    em_mvn(data, bounds = bounds, ..., starts = starts, control = control)
  })
}

test_that("the contract holds with one censored cell a row, and with two", {
  one <- censored_below(80, 1, 0, -0.3, 1)
  x <- with_seed(2, rnorm(80))
  data <- data.frame(one$data, x, z = x + with_seed(3, rnorm(80)))
  data$z[seq(5, 80, 5)] <- NA
  fit <- expect_bounded_contract(data, one$bounds)
  expect_identical(fit$censored$approximate_rows, 0)
  by_cell <- list(a = cbind(rep(NA, 80), -0.3))
  expect_bounded_contract(data, by_cell)
  expect_bounded_contract(exp(data), list(a = exp(c(-Inf, -0.3))), transform = c(a = "log"))
  two <- censored_below(120, 2, 0.6, -0.2, 4)
  fit <- expect_bounded_contract(two$data, two$bounds)
  expect_gt(sum(rowSums(is.na(two$data)) == 2), 20)
})

test_that("the contract holds with many censored cells a row", {
  for (r in c(0.6, 0.97)) {
    many <- censored_below(120, 4, r, -0.2, 5)
    fit <- expect_bounded_contract(many$data, many$bounds)
    expect_gt(fit$censored$approximate_rows, 20)
  }
  expect_bounded_contract(many$data, many$bounds, prior = em_prior_ridge(3))
})

test_that("plain EM goes up, and the answer does not depend on the start", {
  many <- censored_below(120, 4, 0.9, 0.3, 6)
  fine <- em_control(tol = 1e-9, accelerator = "plain")
  plain <- em_mvn(many$data, bounds = many$bounds, control = fine)
  expect_identical(plain$status, "converged")
  expect_monotone(plain)
  far <- list(mu = c(3, -2, 0, 1), sigma = diag(c(0.2, 5, 1, 3)))
  other <- em_mvn(many$data, bounds = many$bounds, starts = far, control = em_control(tol = 1e-9))
  # Each stands about sqrt(2e-9) standard errors, which are a tenth, from the top.
  expect_equal(other$parameters, plain$parameters, tolerance = 1e-5)
})
