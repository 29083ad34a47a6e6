# A block goes to flat coordinates and back; any flat vector is a legal block.

named <- function(values, rows, columns) {
  matrix(values, length(rows), dimnames = list(rows, columns))
}

blocks <- list(
  identity = list(em_identity(), c(a = -1, b = 3)),
  positive = list(em_positive(), c(a = 1e-8, b = 1, c = 1e12)),
  interval = list(em_interval(-1, 2), named(c(-0.999, 0, 1, 1.9999), c("a", "b"), c("x", "y"))),
  simplex = list(em_simplex(), c(a = 1e-9, b = 0.4, c = 0.6 - 1e-9)),
  "simplex by row" = list(em_simplex(1), rbind(c(0.2, 0.3, 0.5), c(0.7, 0.2, 0.1))),
  "simplex by column" = list(em_simplex(2), cbind(c(0.2, 0.3, 0.5), c(0.7, 0.2, 0.1))),
  correlation = list(
    em_correlation(),
    named(c(1, 0.5, -0.3, 0.5, 1, 0.6, -0.3, 0.6, 1), letters[1:3], letters[1:3])
  ),
  covariance = list(
    em_covariance(),
    named(c(4, 1, -0.6, 1, 1, 0.3, -0.6, 0.3, 2), letters[1:3], letters[1:3])
  )
)

sizes <- c(
  identity = 2, positive = 3, interval = 4, simplex = 2, "simplex by row" = 4,
  "simplex by column" = 4, correlation = 3, covariance = 6
)

test_that("there and back, names and shape included", {
  for (name in names(blocks)) {
    transform <- blocks[[name]][[1]]
    block <- blocks[[name]][[2]]
    x <- transform$pack(block)
    expect_null(transform$problem(block), label = name)
    expect_identical(as.double(transform$size(block)), sizes[[name]], label = name)
    expect_length(x, sizes[[name]])
    # A few operations, each exact to rounding.
    expect_equal(transform$unpack(x, block), block, tolerance = 1e-12, label = name)
  }
})

test_that("any flat vector is a legal block", {
  set.seed(5)
  for (name in names(blocks)) {
    transform <- blocks[[name]][[1]]
    block <- blocks[[name]][[2]]
    for (i in 1:20) {
      x <- rnorm(sizes[[name]], sd = 2)
      legal <- transform$unpack(x, block)
      expect_null(transform$problem(legal), label = name)
      expect_equal(transform$pack(legal), x, tolerance = 1e-6, label = name)
    }
  }
})

test_that("far out coordinates lose nothing", {
  p <- em_simplex()$unpack(c(700, -700), rep(1 / 3, 3))
  expect_true(all(is.finite(p)))
  expect_equal(sum(p), 1)
  correlation <- em_correlation()
  block <- diag(2)
  # 1 - r = 1.7e-13: atanh(r) would have lost three digits.
  x <- 15
  r <- correlation$unpack(x, block)
  expect_equal(diag(r), c(1, 1))
  expect_lt(r[2, 1], 1)
})

test_that("the order of the components does not matter to a simplex", {
  p <- c(0.1, 0.2, 0.7)
  q <- c(0.3, 0.3, 0.4)
  apart <- function(order) {
    sqrt(sum((em_simplex()$pack(p[order]) - em_simplex()$pack(q[order]))^2))
  }
  expect_equal(apart(1:3), apart(c(3, 1, 2)))
})

test_that("what is not legal is said in words", {
  problem <- function(transform, block) transform$problem(block)
  expect_match(problem(em_positive(), c(1, 0)), "above zero")
  expect_match(problem(em_interval(0, 1), 1), "strictly between 0 and 1")
  expect_match(problem(em_simplex(), c(0.5, 0.6)), "sum to one, not 1.1")
  expect_match(problem(em_simplex(), c(-0.1, 1.1)), "negative")
  expect_match(problem(em_simplex(1), c(0.5, 0.5)), "matrix")
  expect_match(problem(em_covariance(), matrix(1, 2, 2)), "positive definite")
  expect_match(problem(em_covariance(), matrix(c(2, 1, 0, 2), 2)), "symmetric")
  expect_match(problem(em_covariance(), matrix(1, 2, 3)), "square")
  expect_match(problem(em_correlation(), diag(2) * 2), "ones")
})

test_that("bounds and margins are checked", {
  expect_error(em_interval(1, 0), class = "missmix_error_argument")
  expect_error(em_interval(0, Inf), class = "missmix_error_argument")
  expect_error(em_simplex(3), class = "missmix_error_argument")
})

test_that("one by one and single numbers work", {
  expect_equal(em_covariance()$unpack(log(3), 9), 9)
  expect_equal(em_covariance()$pack(9), log(3))
  expect_length(em_simplex()$pack(1), 0)
  expect_equal(em_simplex()$unpack(numeric(), 1), 1)
  expect_length(em_correlation()$pack(matrix(1)), 0)
  expect_equal(em_correlation()$unpack(numeric(), matrix(1)), matrix(1))
})

test_that("coef() of a symmetric block is its lower triangle", {
  expect_identical(em_covariance()$kept(diag(2)), c(1L, 2L, 4L))
  expect_identical(em_correlation()$kept(diag(2)), 2L)
  expect_output(print(em_simplex(1)), "simplex by row")
})
