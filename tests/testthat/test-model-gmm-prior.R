# The conjugate prior, against mclust's where the formulas are the same, and by hand.
source(test_path("reference-mvn.R"))
source(test_path("reference-gmm.R"))

tight <- em_control(tol = 1e-10)

mclust_with_prior <- function(y, family, labels) {
  mclust::me(
    if (ncol(y) == 1) y[, 1] else y, family, mclust::unmap(labels),
    prior = mclust::priorControl(),
    control = mclust::emControl(tol = c(1e-15, 1e-15), itmax = c(10000, 10000))
  )
}

# mclust's defaults are those of em_prior_conjugate().
test_that("general and univariate families end where mclust's prior leads", {
  skip_if_not_installed("mclust")
  withr::local_package("mclust", warn.conflicts = FALSE, quietly = TRUE)
  cases <- list(
    list("faithful", "EEE", 2), list("faithful", "VVV", 2), list("faithful", "VVV", 3),
    list("iris", "EEE", 3), list("iris", "VVV", 2), list("iris", "VVV", 3),
    list("eruptions", "E", 2), list("eruptions", "E", 3), list("eruptions", "V", 2)
  )
  for (case in cases) {
    y <- gmm_data(case[[1]])
    labels <- mclust_partition(case[[1]], case[[3]])
    theirs <- mclust_with_prior(y, case[[2]], labels)
    fit <- em_gmm(
      y, k = case[[3]], covariance = case[[2]], starts = labels, prior = em_prior_conjugate(),
      control = tight
    )
    # At the top of the objective the log-likelihood has a slope: gaps of 1e-10 are 1e-5 standard
    # errors.
    expect_within(fit$log_lik, theirs$loglik, 1e-5)
    expect_relative(em_parameters(fit)$proportions, sort(theirs$parameters$pro, TRUE), 1e-6)
  }
})

test_that("diagonal and spherical families: mclust's prior on standardised columns", {
  skip_if_not_installed("mclust")
  withr::local_package("mclust", warn.conflicts = FALSE, quietly = TRUE)
  labels <- mclust_partition("faithful", 2)
  for (family in c("VII", "VVI")) {
    fit <- em_gmm(
      faithful, k = 2, covariance = family, starts = labels, prior = em_prior_conjugate(),
      control = tight
    )
    unit <- fit$setup$scale
    theirs <- mclust_with_prior(sweep(gmm_data("faithful"), 2, unit, "/"), family, labels)
    expect_within(fit$log_lik, theirs$loglik - 272 * sum(log(unit)), 1e-5)
    expect_relative(em_parameters(fit)$proportions, sort(theirs$parameters$pro, TRUE), 1e-6)
  }
})

test_that("EEI and EII: by mclust's M-step, and by hand", {
  # me() of mclust 6.0.0 does otherwise than its own mstep() for EEI; for EII neither is the formula
  # below (the denominator is 556.6 instead of 554).
  labels <- mclust_partition("faithful", 2)
  at_top <- function(family) {
    fit <- em_gmm(
      faithful, k = 2, covariance = family, starts = labels, prior = em_prior_conjugate(),
      control = tight
    )
    unit <- fit$setup$scale
    y <- sweep(gmm_data("faithful"), 2, unit, "/")
    shares <- predict(fit, type = "posterior")
    list(y = y, z = shares, sigma = em_parameters(fit)$covariances[, , 1] / outer(unit, unit))
  }
  spherical <- at_top("EII")
  n <- colSums(spherical$z)
  centre <- colMeans(spherical$y)
  total <- mean(diag(stats::cov(spherical$y))) / 2
  for (c in 1:2) {
    moments <- stats::cov.wt(spherical$y, spherical$z[, c] / n[c], method = "ML")
    away <- moments$center - centre
    total <- total + n[c] * (sum(diag(moments$cov)) + 0.01 / (n[c] + 0.01) * sum(away^2))
  }
  # dof = d + 2 = 4, and a row for each of the two means.
  expect_within(spherical$sigma, diag(total[[1]] / ((272 + 2) * 2 + 4 + 2), 2), 1e-5)
  skip_if_not_installed("mclust")
  withr::local_package("mclust", warn.conflicts = FALSE, quietly = TRUE)
  diagonal <- at_top("EEI")
  step <- mclust::mstep(diagonal$y, "EEI", diagonal$z, prior = mclust::priorControl())
  expect_within(diagonal$sigma, step$parameters$variance$Sigma, 1e-5)
})

# Fraley and Raftery (2007), Table 1, written out: mean 0.01 rows worth, dof d + 2, scale the
# covariance of the data over k^(2/d).
prior_step <- function(y, par) {
  d <- ncol(y)
  k <- nrow(par$means)
  stats <- ref_gmm_e_step(y, par)
  n <- stats$n
  shrinkage <- 0.01
  scale <- stats::cov(y) / k^(2 / d)
  mean <- colMeans(y)
  means <- (n * stats$means + shrinkage * rep(mean, each = k)) / (n + shrinkage)
  spread <- vapply(seq_len(k), function(c) {
    away <- stats$means[c, ] - mean
    stats$scatter[, , c] + n[c] * shrinkage / (n[c] + shrinkage) * tcrossprod(away)
  }, diag(d))
  covariances <- vapply(seq_len(k), function(c) {
    (spread[, , c] + scale) / (n[c] + d + 2 + d + 2)
  }, diag(d))
  list(proportions = n / sum(n), means = means, covariances = covariances)
}

test_that("one step is that of Fraley and Raftery's formulas to 1e-10", {
  y <- gmm_data("faithful")
  start <- ref_gmm_start(unname(y), mclust_partition("faithful", 2), "VVV")
  expected <- ref_gmm_sorted(prior_step(unname(y), start))
  fit <- one_gmm_step(y, start, prior = em_prior_conjugate())
  expect_within(em_parameters(fit)$proportions, expected$proportions, 1e-10)
  expect_within(em_parameters(fit)$means, expected$means, 1e-10)
  expect_within(em_parameters(fit)$covariances, expected$covariances, 1e-10)
})

test_that("one step with a common covariance: the prior is given once", {
  y <- gmm_data("faithful")
  start <- ref_gmm_start(unname(y), mclust_partition("faithful", 2), "EEE")
  stats <- ref_gmm_e_step(unname(y), start)
  total <- matrix(0, 2, 2)
  for (c in 1:2) {
    away <- stats$means[c, ] - colMeans(y)
    n <- stats$n[c]
    total <- total + stats$scatter[, , c] + n * 0.01 / (n + 0.01) * tcrossprod(away)
  }
  # Scale: the covariance over 2^(2/2); dof 4, and one row for each of the two means.
  expected <- (total + stats::cov(y) / 2) / (272 + 4 + 2 + 1 + 2)
  fit <- one_gmm_step(y, start, covariance = "EEE", prior = em_prior_conjugate())
  expect_within(em_parameters(fit)$covariances[, , 1], expected, 1e-10)
})

test_that("the objective is the log-likelihood plus the log prior, and never falls", {
  for (family in c("VVV", "EEE", "VVI", "EII", "VEV", "EVE")) {
    fit <- em_gmm(
      faithful, k = 2, covariance = family, starts = mclust_partition("faithful", 2),
      prior = em_prior_conjugate()
    )
    expect_monotone(fit)
    expect_false(isTRUE(all.equal(fit$objective, fit$log_lik)))
    expect_equal(
      fit$log_lik, sum(predict(fit, type = "log_density")), tolerance = 1e-12
    )
  }
  # VVV, up to constants: -1/2 sum_k (dof + d + 2) log|S_k| + tr(S_k^-1 (scale + 0.01 away away')).
  log_prior <- function(fit) {
    par <- em_parameters(fit)
    sum(vapply(1:2, function(c) {
      sigma <- par$covariances[, , c]
      away <- par$means[c, ] - colMeans(faithful)
      pull <- stats::cov(faithful) / 2 + 0.01 * tcrossprod(away)
      -0.5 * (8 * as.numeric(determinant(sigma)$modulus) + sum(diag(solve(sigma, pull))))
    }, numeric(1)))
  }
  fit <- em_gmm(
    faithful, k = 2, starts = mclust_partition("faithful", 2), prior = em_prior_conjugate()
  )
  other <- one_gmm_step(
    faithful, ref_gmm_start(unname(gmm_data("faithful")), mclust_partition("faithful", 2), "VVV"),
    prior = em_prior_conjugate()
  )
  rise <- fit$log_lik + log_prior(fit) - other$log_lik - log_prior(other)
  # Rounding of the trace and of both log-likelihoods, near 1,100.
  expect_within(fit$objective - other$objective, rise, 1e-9)
})

test_that("the prior's own numbers are taken, and wrong ones refused", {
  strong <- em_gmm(
    faithful, k = 1,
    prior = em_prior_conjugate(shrinkage = 1e6, mean = c(3, 60), dof = 5, scale = diag(2))
  )
  # A million rows' worth against 272.
  expect_within(em_parameters(strong)$means, c(3, 60), 0.01)
  refused <- function(...) {
    expect_error(
      em_gmm(faithful, k = 2, prior = em_prior_conjugate(...)), class = "missmix_error_argument"
    )
  }
  refused(mean = 1)
  refused(dof = 0.5)
  refused(scale = diag(3))
  refused(scale = -diag(2))
  expect_error(
    em_gmm(faithful, k = 2, prior = em_prior_ridge(1)), class = "missmix_error_argument"
  )
  expect_error(em_gmm(faithful, k = 2, prior = "flat"), class = "missmix_error_argument")
})

test_that("standardised columns or not, the prior says the same in any units", {
  labels <- mclust_partition("faithful", 2)
  scaled <- sweep(gmm_data("faithful"), 2, c(1e5, 1e-3), "*")
  for (family in c("VVV", "EEE", "VVI", "EEI")) {
    fit <- em_gmm(
      faithful, k = 2, covariance = family, starts = labels, prior = em_prior_conjugate(),
      control = tight
    )
    other <- em_gmm(
      scaled, k = 2, covariance = family, starts = labels, prior = em_prior_conjugate(),
      control = tight
    )
    # Two climbs to a gap of 1e-10.
    expect_relative(
      em_parameters(other)$means, sweep(em_parameters(fit)$means, 2, c(1e5, 1e-3), "*"), 1e-5
    )
  }
})

test_that("the diagnosis names the prior that helped", {
  fit <- em_gmm(
    faithful, k = 2, prior = em_prior_conjugate(), starts = mclust_partition("faithful", 2)
  )
  text <- subset(em_diagnose(fit), check == "identification")$text
  expect_match(text, "the conjugate prior included")
})
