inside <- list(
  log = c(1e-300, 0.1, 1, 1e300), log1p = c(-0.9, 0, 3), sqrt = c(1e-8, 2, 9),
  logit = c(1e-9, 0.5, 0.99)
)

test_that("forward and inverse undo each other", {
  for (name in names(data_transforms)) {
    y <- inside[[name]]
    # A logarithm of size 700 keeps 13 digits of its argument.
    expect_equal(transform_inverse(transform_forward(y, name), name), y, tolerance = 1e-12)
  }
})

test_that("the log slope is that of a finite difference", {
  for (name in names(data_transforms)) {
    y <- c(0.2, 0.5, 0.9)
    step <- 1e-6
    slope <- (transform_forward(y + step, name) - transform_forward(y - step, name)) / (2 * step)
    # Central differences with this step are good to about 1e-9.
    expect_equal(transform_log_slope(y, name), log(slope), tolerance = 1e-7)
  }
})

test_that("NA stays NA and NaN stays NaN, from integers too", {
  for (name in names(data_transforms)) {
    z <- transform_forward(c(NA, NaN, 0.5), name)
    expect_identical(is.na(z), c(TRUE, TRUE, FALSE))
    expect_identical(is.nan(z), c(FALSE, TRUE, FALSE))
  }
  expect_identical(transform_forward(c(1L, NA), "log"), c(0, NA))
})

test_that("the domain is open", {
  expect_identical(transform_first_outside(c(1, NA, 0), "log"), 3L)
  expect_identical(transform_first_outside(c(1, NaN, -0), "sqrt"), 3L)
  expect_identical(transform_first_outside(c(0, -1), "log1p"), 2L)
  expect_identical(transform_first_outside(c(0.5, 1), "logit"), 2L)
  expect_identical(transform_first_outside(c(0.5, 0), "logit"), 2L)
  expect_identical(transform_first_outside(c(0.5, Inf), "logit"), 2L)
  expect_identical(transform_first_outside(c(1, NA, Inf), "log"), NA_integer_)
})

# The definition: an integral over the normal density.
by_integral <- function(m, v, name) {
  g <- function(z) transform_inverse(z, name)
  over <- function(h) {
    stats::integrate(function(t) h(m + sqrt(v) * t) * stats::dnorm(t), -12, 12,
      rel.tol = 1e-10, subdivisions = 1000
    )$value
  }
  mean <- over(g)
  list(mean = mean, sd = sqrt(over(function(z) (g(z) - mean)^2)))
}

test_that("means and standard deviations are those of the integral", {
  for (name in names(data_transforms)) {
    for (m in c(-2, 0, 0.3, 4)) {
      for (v in c(0.01, 0.9, 1, 1.1, 4)) {
        direct <- by_integral(m, v, name)
        # integrate() was asked for ten digits; the square in sd halves none of them.
        expect_equal(back_mean(m, v, name), direct$mean, tolerance = 1e-8)
        expect_equal(back_sd(m, v, name), direct$sd, tolerance = 1e-8)
      }
    }
  }
})

test_that("a root far below zero, or far above, keeps its digits", {
  # E max(x - t, 0)^n without cancellation: dnorm(t + u) = dnorm(t) exp(-t u - u^2 / 2).
  excess <- function(n, t) {
    part <- function(u) u^n * exp(-t * u - u^2 / 2)
    stats::dnorm(t) * stats::integrate(part, 0, 40 / max(t, 2), rel.tol = 1e-12)$value
  }
  for (t in c(0, 1.99, 2, 5, 12, 30)) {
    direct <- c(excess(2, t), sqrt(excess(4, t) - excess(2, t)^2))
    # 1e-14 was seen; integrate() was asked for 1e-12.
    expect_relative(unlist(root_normal_moments(-3 * t, 9)), 9 * direct, 1e-11)
  }
  expect_equal(unlist(root_normal_moments(1e6, 1)), c(mean = 1e12 + 1, sd = 2e6))
  expect_identical(root_normal_moments(c(-2, 0, 2, NA), c(0, 0, 0, 1))$mean, c(0, 0, 4, NA))
  expect_identical(root_normal_moments(c(-2, 0, 2), 0)$sd, c(0, 0, 0))
})

test_that("whole numbers stay inside the domain and become double where integers end", {
  expect_identical(whole_numbers(c(0.3, 1.6)), c(0L, 2L))
  expect_identical(whole_numbers(c(0.3, 1.6), "log"), c(1L, 2L))
  expect_identical(whole_numbers(c(0.3, 1.6), "sqrt"), c(1L, 2L))
  expect_identical(whole_numbers(c(-0.9, 1.6), "log1p"), c(0L, 2L))
  # There is no whole number between 0 and 1.
  expect_identical(whole_numbers(c(0.3, 0.6), "logit"), c(0.3, 0.6))
  expect_identical(whole_numbers(c(0.3, -3e9)), c(0, -3e9))
})

test_that("the logit's quadrature holds at the ends", {
  # A step: half of the mass on either side, whatever the mean.
  wide <- logit_normal_moments(c(0, 1e3), c(1e8, 1e8))
  expect_equal(wide$mean, stats::pnorm(c(0, 0.1)), tolerance = 1e-7)
  expect_equal(wide$sd, sqrt(wide$mean * (1 - wide$mean)), tolerance = 1e-3)
  # Next to no variance: the delta method, with an error of order v.
  narrow <- logit_normal_moments(0.7, 1e-10)
  expect_equal(narrow$sd, 1e-5 * stats::dlogis(0.7), tolerance = 1e-8)
  expect_identical(logit_normal_moments(c(0.7, -Inf, Inf), 0)$sd, c(0, 0, 0))
  # Both formulae, at the seam.
  below <- narrow_logit_moments(-1.3, 1)
  above <- wide_logit_moments(-1.3, 1)
  expect_equal(below$mean, above$mean, tolerance = 1e-12)
  expect_equal(below$sd, above$sd, tolerance = 1e-11)
  # Reflection.
  both <- logit_normal_moments(c(-3, 3), c(2, 2))
  expect_equal(sum(both$mean), 1, tolerance = 1e-14)
  expect_equal(both$sd[1], both$sd[2], tolerance = 1e-14)
})

test_that("missing moments stay missing and lengths are kept", {
  expect_identical(logit_normal_moments(c(NA, 0), c(1, NA))$mean, c(NA_real_, NA_real_))
  for (name in names(data_transforms)) {
    expect_length(back_mean(numeric(), numeric(), name), 0)
    expect_length(back_sd(c(0.1, 0.2, 0.3), 1, name), 3)
  }
})

test_that("without a transform the moments are themselves", {
  expect_identical(back_median(1:3 + 0), c(1, 2, 3))
  expect_identical(back_mean(2, 9), 2)
  expect_identical(back_sd(c(1, 2), 9), c(3, 3))
})

test_that("a negative normal under sqrt stands for zero", {
  expect_identical(back_median(c(-2, 3), "sqrt"), c(0, 9))
})
