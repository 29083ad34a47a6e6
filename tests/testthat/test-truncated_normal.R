test_that("quantiles of truncated normals invert their distribution function, far out too", {
  u <- c(0.001, 0.3, 0.5, 0.97)
  for (bounds in list(c(-Inf, 1), c(0.5, Inf), c(-1, 2), c(-3, -2.5))) {
    x <- truncated_quantile(u, rep(0.2, 4), rep(1.5, 4), rep(bounds[1], 4), rep(bounds[2], 4))
    ends <- pnorm(bounds, 0.2, 1.5)
    expect_equal((pnorm(x, 0.2, 1.5) - ends[1]) / diff(ends), u, tolerance = 1e-12)
  }
  # Beyond 40 standard deviations: exponential with rate 40, but for terms of order 1/1600.
  far <- truncated_quantile(u, rep(0, 4), rep(1, 4), rep(40, 4), rep(Inf, 4))
  expect_equal(far - 40, -log1p(-u) / 40, tolerance = 3e-3)
  expect_equal(truncated_quantile(1 - u, rep(0, 4), rep(1, 4), rep(-Inf, 4), rep(-40, 4)), -far)
})

test_that("moments of what a transform makes of a truncated normal", {
  # E exp(Z) for Z below b: exp(m + v / 2) Phi((b - m - v) / s) / Phi((b - m) / s).
  m <- c(0.3, -2)
  s <- c(0.8, 0.1)
  b <- c(0, -1.9)
  moment <- function(k) {
    exp(k * m + k^2 * s^2 / 2) * pnorm((b - m - k * s^2) / s) / pnorm((b - m) / s)
  }
  found <- truncated_back_moments(m, s, c(-Inf, -Inf), b, "log")
  expect_equal(found$mean, moment(1), tolerance = 1e-8)
  expect_equal(found$sd, sqrt(moment(2) - moment(1)^2), tolerance = 1e-6)
})
