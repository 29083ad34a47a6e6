# The derivative by hand, the bound against what is really gained, the words.

two <- em_gmm(faithful, k = 2, starts = em_starts(5, seed = 1))

normal_at <- function(x, mean, sigma) {
  missing <- which(is.na(x[, ncol(x)]))
  out <- exp(-mahalanobis(x, mean, sigma) / 2) / sqrt(det(2 * pi * sigma))
  out[missing] <- dnorm(x[missing, 1], mean[1], sqrt(sigma[1, 1]))
  out
}

test_that("the derivative is the mean of phi / f, at its maximum", {
  more <- em_one_more(two)
  expect_s3_class(more, "em_one_more")
  expect_equal(more$covariance, pooled(two$parameters), ignore_attr = TRUE)
  f <- predict(two, type = "density")
  slope <- function(mean) mean(normal_at(as.matrix(faithful), mean, more$covariance) / f)
  expect_equal(more$derivative, slope(more$mean), tolerance = 1e-10)
  # No row is a better place; and it is the top of its hill.
  expect_gte(more$derivative, max(apply(faithful, 1, slope)))
  top <- optim(more$mean, slope, control = list(fnscale = -1, reltol = 1e-12))
  expect_equal(more$derivative, top$value, tolerance = 1e-5)
  expect_equal(more$crude, 272 * log(more$derivative))
  expect_equal(more$cost, 6 / 2 * log(272))
})

test_that("missing cells, weights and noise count", {
  data <- faithful
  data$waiting[1:60] <- NA
  data[7, ] <- NA
  weights <- rep(1:2, 136)
  fit <- em_gmm(data, k = 2, starts = em_starts(5, seed = 1), weights = weights)
  more <- em_one_more(fit)
  expect_equal(more$nobs, sum(weights) - 1)
  f <- predict(fit, type = "density")
  ratio <- normal_at(as.matrix(data)[-7, ], more$mean, more$covariance) / f[-7]
  expect_equal(more$derivative, weighted.mean(ratio, weights[-7]), tolerance = 1e-10)
  slope <- function(mean) {
    ratio <- normal_at(as.matrix(data)[-7, ], mean, more$covariance) / f[-7]
    weighted.mean(ratio, weights[-7])
  }
  top <- optim(more$mean, slope, control = list(fnscale = -1, reltol = 1e-12))
  expect_equal(more$derivative, top$value, tolerance = 1e-5)

  y <- with_own_seed(9, c(rnorm(150), runif(50, -20, 20)))
  fit <- em_gmm(y, k = 1, noise = TRUE, starts = em_starts(5, seed = 1))
  more <- em_one_more(fit)
  ratio <- dnorm(y, more$mean, sqrt(more$covariance[1])) / predict(fit, type = "density")
  expect_equal(more$derivative, mean(ratio), tolerance = 1e-10)
  expect_length(more$start$proportions, 3)
})

# The two components in any proportions, and `m` more with free means: EM with all covariances
# held. Their log-likelihood above that of the fit.
gain_with <- function(fit, covariance, m) {
  x <- as.matrix(faithful)
  own <- sapply(seq_len(fit$k), function(j) {
    normal_at(x, fit$parameters$means[j, ], component(fit$parameters, j))
  })
  means <- x[round(seq(1, 272, length.out = m)), , drop = FALSE]
  shares <- rep(1 / (fit$k + m), fit$k + m)
  for (step in 1:300) {
    new <- apply(means, 1, function(mean) normal_at(x, mean, covariance))
    joint <- sweep(cbind(own, new), 2, shares, "*")
    resp <- joint / rowSums(joint)
    shares <- colMeans(resp)
    resp <- resp[, -seq_len(fit$k), drop = FALSE]
    means <- crossprod(resp, x) / colSums(resp)
  }
  sum(log(rowSums(joint))) - fit$log_lik
}

test_that("no mixture with the covariances held gains more than the bound", {
  for (fit in list(two, em_gmm(faithful, k = 1))) {
    more <- em_one_more(fit)
    gains <- vapply(c(1, 4, 10), gain_with, numeric(1), fit = fit, covariance = more$covariance)
    expect_lte(max(gains), more$bound)
    expect_lte(more$bound, more$crude)
    # What the one component brings is below what was reached with its mean free, and real.
    expect_lte(more$gain, more$bound)
    f <- predict(fit, type = "density")
    phi <- normal_at(as.matrix(faithful), more$mean, more$covariance)
    weight <- more$weight
    expect_equal(more$gain, sum(log((1 - weight) * f + weight * phi)) - fit$log_lik)
    for (other in weight * c(0.9, 1.1)) {
      expect_lt(sum(log((1 - other) * f + other * phi)) - fit$log_lik, more$gain)
    }
  }
  # Here a bound far below the crude one is known to be reached almost.
  more <- em_one_more(two)
  expect_gt(gain_with(two, more$covariance, 10), more$bound - 2)
})

test_that("a component at the fit's own place has the derivative one", {
  fit <- em_gmm(faithful, k = 1)
  view <- derivative_view(fit, component(fit$parameters, 1))
  log_ratio <- view$log_ratio(fit$parameters$means[1, ])
  expect_lt(max(abs(log_ratio)), 1e-10)
  # A step never lowers it.
  values <- numeric()
  mean <- c(5, 40)
  for (i in 1:30) {
    log_ratio <- view$log_ratio(mean)
    values[i] <- view$log_mean(log_ratio)
    mean <- view$step(mean, log_ratio)
  }
  expect_gte(min(diff(values)), -1e-12)
})

test_that("the start leads to a higher hill", {
  fit <- em_gmm(faithful, k = 1)
  more <- em_one_more(fit, "floor")
  expect_within(em_gmm(faithful, k = 2, starts = more$start)$log_lik, -1130.2640, 1e-3)
  expect_output(print(more), "1/20 of the pooled covariance, all else held")
  expect_output(print(em_one_more(two, diag(2))), "covariance given")
})

test_that("parameters of one component more, for every family", {
  for (family in gmm_families) {
    df <- vapply(2:3, function(k) {
      suppressWarnings(em_gmm(iris[1:3], k = k, covariance = family, control = em_control(
        max_iter = 1L), starts = em_starts(1, "hierarchical")))$df
    }, numeric(1))
    expect_equal(component_parameters(family, 3), diff(df), label = family)
  }
  expect_identical(component_parameters("E", 1), 2)
  expect_identical(component_parameters("V", 1), 3)
})

test_that("em_diagnose() tries one more", {
  checks <- em_diagnose(em_gmm(faithful, k = 1))
  own <- checks[checks$check == "one more component", ]
  expect_identical(own$verdict, "caution")
  # 159.53 is the difference of the log-likelihoods of two components and of one.
  expect_within(own$value, 159.53, 0.01)
  checks <- em_diagnose(two)
  own <- checks[checks$check == "one more component", ]
  expect_identical(own$verdict, "pass")
  expect_match(own$text, "was tried and gained 11; BIC charges 17")
  # Normal data: no wolf.
  verdicts <- vapply(1:5, function(seed) {
    y <- with_own_seed(seed, matrix(rnorm(200), 100, dimnames = list(NULL, c("a", "b"))))
    judge_one_more(em_gmm(y, k = 1))$verdict
  }, "")
  expect_identical(verdicts, rep("pass", 5))
  expect_null(judge_one_more(em_mvn(faithful)))
  expect_null(judge_one_more(em_gmm(faithful, k = 1, keep_data = FALSE)))
})

test_that("what cannot be asked is refused", {
  expect_error(em_one_more(em_mvn(faithful)), class = "missmix_error_argument")
  expect_error(em_one_more(two, "wide"), class = "missmix_error_argument")
  expect_error(em_one_more(two, diag(3)), "2 x 2", class = "missmix_error_argument")
  expect_error(em_one_more(two, -diag(2)), class = "missmix_error_argument")
  expect_error(em_one_more(two, covarance = 1), class = "missmix_error_argument")
  expect_error(em_one_more(em_gmm(faithful, keep_data = FALSE)), class = "missmix_error_data")
  expect_error(em_one_more(replace(two, "status", "degenerate")), class = "missmix_error_model")
})
