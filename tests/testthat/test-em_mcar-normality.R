test_that("Hawkins' test and Anderson-Darling's agree with their definitions", {
  y <- patterned(120)
  y <- ifelse(is.na(y), 0.3, y)
  group <- rep(1:3, c(30, 40, 50))
  pooled <- Reduce(`+`, lapply(1:3, function(g) {
    (sum(group == g) - 1) * stats::cov(y[group == g, ])
  })) / 117
  f <- vapply(1:120, function(i) {
    own <- y[group == group[i], ]
    n <- nrow(own)
    v <- n * stats::mahalanobis(y[i, ], colMeans(own), pooled)
    (120 - 3 - 4) * v / (4 * ((n - 1) * (120 - 3) - v))
  }, numeric(1))
  expect_equal(unname(hawkins_statistics(y, group)), f)

  # Smoothness of paper in four laboratories, Scholz and Stephens (1987), with ties.
  x <- c(38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0, 39.2, 39.3, 39.7, 41.4, 41.8, 42.9,
    43.3, 45.8, 34.0, 35.0, 39.0, 40.0, 43.0, 43.0, 44.0, 45.0, 34.0, 34.8, 34.8, 35.4, 37.2,
    37.8, 41.2, 42.8)
  test <- anderson_darling_test(x, rep(1:4, each = 8))
  # Their statistic, and the p-value that kSamples::ad.test() interpolates in their table.
  expect_within(test$statistic, 8.3559, 5e-5)
  expect_within(test$p.value, 0.0023, 2e-4)
})

test_that("the limit of Anderson-Darling's statistic has its published points", {
  sd <- sqrt(2 * (pi^2 / 3 - 3))
  points <- c(1.933, 2.492, 3.070, 3.857)
  tail <- vapply((points - 1) / sd, anderson_darling_tail, numeric(1), m = 1)
  # Anderson and Darling (1954) to three digits.
  expect_within(tail, c(0.10, 0.05, 0.025, 0.01), 3e-4)
  expect_identical(anderson_darling_tail(60, 3), 1e-8)
})

test_that("Neyman's polynomials are orthonormal, their test uniform under uniformity", {
  grid <- (seq_len(20000) - 0.5) / 20000
  # A quadratic form of four orthonormal functions has mean 4.
  expect_within(mean(neyman_statistic(matrix(grid, 1))), 4, 1e-4)
  p <- with_own_seed(1, {
    null <- neyman_statistic(matrix(stats::runif(1e5), 10))
    vapply(1:200, function(i) {
      if (i %% 2) neyman_p_value(stats::runif(10), null) else neyman_p_value(stats::runif(60))
    }, numeric(1))
  })
  # Simulated p-values may be equal, which the test does not like.
  p <- unique(p)
  expect_gt(stats::ks.test(p, "punif")$p.value, 1e-4)
})

test_that("draws keep the observed cells and have the fitted covariance", {
  y <- patterned(4000)
  sample <- mcar_sample(em_mvn(y), NULL)
  drawn <- completed_once(sample)
  expect_identical(drawn$draws, "residuals")
  completed <- sweep(drawn$y, 2, sample$mu, "+")
  expect_equal(unname(completed[!is.na(y)]), y[!is.na(y)])
  # Four standard errors of a variance from 4,000 rows.
  expect_within(stats::cov(completed), sample$sigma, 0.2)
  few <- mcar_sample(em_mvn(y[rowSums(is.na(y)) > 0, ]), NULL)
  expect_identical(with_seed(1, completed_once(few))$draws, "normal")
})

test_that("the caution tells normal, skewed and unequal apart", {
  verdicts <- function(change) {
    vapply(1:20, function(seed) {
      em_mcar(patterned(400, change = change, seed = seed))$normality$verdict
    }, character(1))
  }
  expect_gte(sum(verdicts(identity) == "consistent"), 15)
  expect_gte(sum(verdicts(function(y) y + 0.1 * y^3) == "not normal"), 14)
  y <- patterned(400)
  wide <- is.na(y[, 1])
  y[wide, ] <- 2 * y[wide, ]
  unequal <- em_mcar(y)
  expect_identical(unequal$normality$verdict, "unequal covariances")
  expect_gt(unequal$p.value, 0.01)
  expect_output(print(unequal), "speaks against MCAR by itself")
  # Small patterns cannot be compared.
  expect_match(em_mcar(reference_data("apple"))$normality$reason, "fewer than two patterns")
})

test_that("the seed decides on the caution, and the generator stays where it was", {
  with_own_seed(3, {
    before <- .Random.seed
    one <- em_mcar(airquality, seed = 5)
    expect_identical(.Random.seed, before)
  })
  expect_identical(em_mcar(airquality, seed = 5), one)
  other <- em_mcar(airquality, seed = 6)
  expect_identical(other$statistic, one$statistic)
  expect_false(identical(other$normality$hawkins, one$normality$hawkins))
})
