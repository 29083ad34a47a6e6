# Does it find what the data were made of? Twenty seeds each, with tolerances in standard errors.

centres <- rbind(c(0, 0), c(4, 0), c(0, 5))
shares <- c(0.5, 0.3, 0.2)

# Largest deviation of any mean, in standard errors of a mean of the component's own rows.
worst_mean <- function(fit, n) {
  par <- em_parameters(fit)
  away <- vapply(1:3, function(c) {
    max(abs(par$means[c, ] - centres[c, ])) * sqrt(n * shares[c])
  }, numeric(1))
  max(away)
}

test_that("three clouds are found again, complete and with a fifth of the cells missing", {
  for (share in c(0, 0.2)) {
    found <- vapply(1:20, function(seed) {
      data <- simulate_clouds(600, centres, proportions = shares, seed = seed)
      truth <- attr(data, "component")
      if (share > 0) data <- drop_cells(data, share, seed + 1000)
      fit <- em_gmm(data, k = 3, starts = em_starts(6, seed = seed))
      right <- mean(as.integer(predict(fit)) == truth)
      c(
        mean = worst_mean(fit, 600), right = right,
        share = max(abs(em_parameters(fit)$proportions - shares)),
        variance = max(abs(apply(em_parameters(fit)$covariances, 3, diag) - 1)),
        converged = fit$status == "converged" && !fit$thin
      )
    }, numeric(5))
    # Of 120 standardised deviations the largest is rarely beyond 3.5; clouds overlap a little, and
    # a fifth of the cells is not there.
    expect_lt(max(found["mean", ]), 6)
    expect_gt(min(found["right", ]), if (share > 0) 0.85 else 0.93)
    expect_lt(max(found["share", ]), 0.12)
    # Five standard errors of the variance of 120 rows.
    expect_lt(max(found["variance", ]), 5 * sqrt(2 / 120) * if (share > 0) 1.5 else 1)
    expect_true(all(found["converged", ] == 1))
    # No bias: the mean over the seeds.
    expect_lt(mean(found["mean", ]), 3)
  }
})

test_that("standard errors are honest: intervals cover the truth", {
  covered <- vapply(1:20, function(seed) {
    data <- simulate_clouds(400, centres, proportions = shares, seed = 100 + seed)
    fit <- em_gmm(data, k = 3, starts = attr(data, "component"))
    limits <- confint(fit)
    truth <- c(shares, t(centres), rep(c(1, 0, 1), 3))
    mean(limits[, 1] <= truth & truth <= limits[, 2])
  }, numeric(1))
  # 360 intervals, not all independent: .95 within five standard errors.
  expect_within(mean(covered), 0.95, 5 * sqrt(0.95 * 0.05 / 200))
})

test_that("the family of the truth is not far from the general one, and has smaller errors", {
  ratio <- vapply(1:20, function(seed) {
    data <- simulate_clouds(200, centres, proportions = shares, seed = 200 + seed)
    start <- attr(data, "component")
    own <- em_gmm(data, k = 3, covariance = "EII", starts = start)
    general <- em_gmm(data, k = 3, covariance = "VVV", starts = start)
    c(
      2 * (general$log_lik - own$log_lik),
      general$df - own$df
    )
  }, numeric(2))
  # Twice the difference is about chi-squared with eight degrees of freedom.
  expect_true(all(ratio[1, ] > 0))
  expect_identical(unique(ratio[2, ]), 8)
  expect_within(mean(ratio[1, ]), 8, 5 * 4 / sqrt(20))
})

test_that("noise and clouds of different size are told apart", {
  found <- vapply(1:20, function(seed) {
    data <- simulate_clouds(300, centres, proportions = shares, sds = c(0.5, 1, 0.3), seed = seed)
    field <- with_own_seed(seed + 1000, matrix(stats::runif(100, -10, 15), 50))
    all <- rbind(as.matrix(data), field)
    fit <- em_gmm(all, k = 3, covariance = "VII", noise = TRUE, starts = em_starts(6, seed = seed))
    noise <- predict(fit) == "noise"
    c(mean(noise[301:350]), mean(noise[1:300]), em_parameters(fit)$proportions[["noise"]])
  }, numeric(3))
  expect_gt(mean(found[1, ]), 0.85)
  expect_lt(mean(found[2, ]), 0.05)
  # One row in seven.
  expect_within(mean(found[3, ]), 1 / 7, 5 * sqrt(1 / 7 * 6 / 7 / 350) / 2)
})
