# Noise, and rows that count more than once.
source(test_path("reference-mvn.R"))
source(test_path("reference-gmm.R"))

labels <- mclust_partition("faithful", 2)

# Two clouds in a field of uniform noise: x1, x2, and where each row comes from (3 the noise).
noisy_field <- function(seed = 31) {
  clouds <- simulate_clouds(240, rbind(c(0, 0), c(8, 8)), seed = seed)
  field <- with_own_seed(seed + 1000, matrix(stats::runif(120, -10, 20), 60))
  structure(
    as.matrix(rbind(clouds, stats::setNames(as.data.frame(field), names(clouds)))),
    component = c(attr(clouds, "component"), rep(3L, 60))
  )
}

test_that("the noise is uniform over the box of the data: the log-likelihood by hand", {
  y <- noisy_field()
  fit <- em_gmm(y, k = 2, noise = TRUE, starts = em_starts(5, seed = 1))
  par <- em_parameters(fit)
  expect_named(par$proportions, c("1", "2", "noise"))
  volume <- prod(apply(y, 2, function(x) diff(range(x))))
  density <- par$proportions[["noise"]] / volume
  for (c in 1:2) {
    away <- t(y) - par$means[c, ]
    sigma <- par$covariances[, , c]
    own <- exp(-colSums(away * solve(sigma, away)) / 2) / (2 * pi * sqrt(det(sigma)))
    density <- density + par$proportions[[c]] * own
  }
  expect_equal(fit$log_lik, sum(log(density)), tolerance = 1e-12)
  expect_relative(predict(fit, type = "density"), density, 1e-10)
  # One more proportion.
  expect_equal(fit$df, 2 + 2 * 2 + 2 * 3)
  # Five standard errors of a share of one in five.
  expect_within(par$proportions[["noise"]], 0.2, 5 * sqrt(0.2 * 0.8 / 300))
  class <- predict(fit)
  expect_identical(levels(class), c("1", "2", "noise"))
  expect_gt(mean(class[241:300] == "noise"), 0.85)
  expect_gt(mean(class[1:240] != "noise"), 0.95)
})

test_that("the labels 0 of a partition are the noise", {
  y <- noisy_field()
  truth <- attr(y, "component")
  fit <- em_gmm(y, k = 2, noise = TRUE, starts = ifelse(truth == 3, 0, truth))
  best <- em_gmm(y, k = 2, noise = TRUE, starts = em_starts(5, seed = 1))
  expect_within(fit$log_lik, best$log_lik, 1e-5)
  # With a prior, or no row for the noise to begin with, there is noise all the same.
  without <- em_gmm(y, k = 2, noise = TRUE, starts = replace(truth, truth == 3, NA))
  expect_gt(em_parameters(without)$proportions[["noise"]], 0)
})

test_that("noise with missing cells, k = 1, one variable, other families", {
  y <- noisy_field()
  holes <- drop_cells(y, 0.2)
  for (family in c("EII", "VVI", "EEE", "EVE")) {
    fit <- em_gmm(holes, k = 2, covariance = family, noise = TRUE, starts = em_starts(3, seed = 1))
    par <- lapply(em_parameters(fit), unname)
    expect_equal(
      fit$log_lik, ref_gmm_log_lik(unname(holes), par, box = ref_gmm_box(holes)), tolerance = 1e-10
    )
  }
  one <- em_gmm(y, k = 1, noise = TRUE)
  expect_named(em_parameters(one)$proportions, c("1", "noise"))
  line <- em_gmm(y[, 1], k = 2, noise = TRUE, starts = em_starts(3, seed = 1))
  expect_named(em_parameters(line)$proportions, c("1", "2", "noise"))
})

test_that("simulate() of a fit with noise stays in the box and keeps the shares", {
  fit <- em_gmm(noisy_field(), k = 2, noise = TRUE, starts = em_starts(3, seed = 1))
  draw <- simulate(fit, 1, seed = 2)[[1]]
  component <- attr(draw, "component")
  noise <- as.matrix(draw)[component == 3, ]
  box <- ref_gmm_box(noisy_field())
  expect_true(all(t(noise) >= box[, 1] & t(noise) <= box[, 2]))
})

test_that("weights are replicated rows: fit, log-likelihood, nobs, BIC", {
  times <- rep(c(1, 2, 3, 1), 68)
  rows <- rep(1:272, times)
  for (family in c("VVV", "EEI", "VEE", "EVE")) {
    tight <- em_control(tol = 1e-9)
    weighted <- em_gmm(
      faithful, k = 2, covariance = family, weights = times, starts = labels, control = tight
    )
    long <- em_gmm(
      faithful[rows, ], k = 2, covariance = family, starts = labels[rows], control = tight
    )
    # Two climbs to a gap of 1e-9.
    expect_within(weighted$log_lik, long$log_lik, 1e-8)
    expect_relative(coef(weighted)[1:6], coef(long)[1:6], 1e-4)
    expect_equal(nobs(weighted), nobs(long))
    expect_equal(BIC(weighted), BIC(long))
    expect_relative(diag(vcov(weighted))[1:6], diag(vcov(long))[1:6], 1e-3)
    expect_equal(glance(weighted)$entropy, glance(long)$entropy, tolerance = 1e-4)
  }
})

test_that("weights as a column, fractions, zeros", {
  data <- cbind(faithful, times = rep(c(1, 0, 2.5, 1), 68))
  fit <- em_gmm(
    data, k = 2, columns = c("eruptions", "waiting"), weights = data$times, starts = labels
  )
  expect_equal(nobs(fit), sum(data$times))
  kept <- data$times > 0
  same <- em_gmm(
    faithful[kept, ], k = 2, weights = data$times[kept], starts = labels[kept],
    control = em_control(tol = 1e-9)
  )
  expect_within(fit$log_lik, same$log_lik, 2e-6)
  # Rows of weight zero are classified like all others.
  expect_false(anyNA(predict(fit)))
  expect_length(predict(fit), 272)
  by_starts <- em_gmm(
    faithful, k = 2, weights = data$times, starts = em_starts(4, seed = 1)
  )
  expect_within(by_starts$log_lik, same$log_lik, 2e-6)
})

test_that("bad weights are refused", {
  for (weights in list(-1, rep(-1, 272), rep(NA_real_, 272), rep(0, 272), rep("a", 272), 1:3)) {
    expect_error(em_gmm(faithful, k = 2, weights = weights), class = "missmix_error")
  }
  expect_error(
    em_gmm(faithful, k = 2, weights = replace(rep(1, 272), 9, Inf)), class = "missmix_error"
  )
})

test_that("weights of zero leave too few rows: refused", {
  for (rows in list(5, c(5, 9, 20))) {
    weights <- replace(rep(0, 272), rows, 1)
    expect_error(em_gmm(faithful, k = 4, weights = weights), class = "missmix_error_data")
    expect_error(
      em_gmm(faithful, k = 1, noise = TRUE, weights = replace(rep(0, 272), 5, 1)),
      class = "missmix_error_data"
    )
  }
})
