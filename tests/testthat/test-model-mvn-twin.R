# The package against its slow twin, step by step.
source(test_path("reference-mvn.R"))

# One plain EM step from a given point: its parameters and both log-likelihoods.
one_step <- function(data, start, ...) {
  em_mvn_quietly(
    data, starts = start, ...,
    control = em_control(tol = 0, max_iter = 1L, accelerator = "plain")
  )
}

test_that("the twin is right: its gradient and information are derivatives", {
  y <- as.matrix(simulate_missing(12, 3, 0.3, seed = 5))
  par <- list(mu = c(0.5, 1, 2), sigma = diag(3) + 0.3)
  theta <- ref_mvn_vector(par)
  log_lik <- function(t) {
    at <- ref_mvn_list(t, 3)
    ref_mvn_log_lik(y, at$mu, at$sigma)
  }
  gradient <- function(t) {
    at <- ref_mvn_list(t, 3)
    ref_mvn_gradient(y, at$mu, at$sigma)
  }
  central <- function(f, j, h = 1e-5) {
    step <- replace(numeric(length(theta)), j, h)
    (f(theta + step) - f(theta - step)) / (2 * h)
  }
  numeric_gradient <- vapply(seq_along(theta), function(j) central(log_lik, j), numeric(1))
  hessian <- vapply(seq_along(theta), function(j) central(gradient, j), numeric(9))
  # Central differences with h = 1e-5: errors of h^2 and of eps / h, both near 1e-10 times the size.
  expect_within(gradient(theta), numeric_gradient, 1e-6)
  expect_within(ref_mvn_information(y, par), -hessian, 1e-6)
})

test_that("one EM step agrees with the twin to 1e-10, few and many patterns", {
  few <- simulate_missing(200, 4, 0)
  few[1:60, "x2"] <- NA
  few[40:90, "x3"] <- NA
  sets <- list(few = few, many = simulate_missing(80, 7, 0.5, seed = 2))
  for (data in sets) {
    y <- as.matrix(data)
    set.seed(3)
    start <- random_start(data)
    stats <- ref_mvn_e_step(unname(y), start$mu, start$sigma)
    expected <- ref_mvn_m_step(stats)
    fit <- one_step(data, start)
    expect_equal(fit$trace$objective[1], stats$log_lik, tolerance = 1e-12)
    expect_within(em_parameters(fit)$mu, expected$mu, 1e-10)
    expect_within(em_parameters(fit)$sigma, expected$sigma, 1e-10)
    # The log-likelihood returned is that of the parameters returned, not of the step before.
    expect_equal(
      fit$log_lik, ref_mvn_log_lik(unname(y), expected$mu, expected$sigma), tolerance = 1e-12
    )
  }
})

test_that("ten plain EM steps follow the twin", {
  data <- reference_data("apple")
  twin <- ref_mvn_em(data, iterations = 10L)
  fit <- em_mvn_quietly(
    data, starts = ref_mvn_start(as.matrix(data)),
    control = em_control(tol = 0, max_iter = 10L, accelerator = "plain")
  )
  expect_identical(fit$trace$kind, c("start", rep("em", 10)))
  expect_equal(fit$trace$objective, twin$log_lik, tolerance = 1e-12)
  expect_relative(coef(fit), twin$path[11, ], 1e-10)
})

test_that("plain EM's error shrinks by the EM rate", {
  data <- reference_data("apple")
  twin <- ref_mvn_em(data, iterations = 60L)
  exact <- reference_values("apple")
  error <- abs(twin$path[, 2] - exact[["mu_2"]])
  # Steps 25 to 35: the second rate (1/3) has died out by (.333/.614)^25 = 2e-7, and the error
  # itself is still 1e7 times rounding.
  ratio <- (error[-1] / error[-61])[25:35]
  expect_within(ratio, rep(exact[["EM_rate_1"]], 11), 1e-5)
  plain <- em_mvn(data, control = em_control(accelerator = "plain", tol = 1e-10))
  gain <- diff(plain$trace$objective)
  late <- which(gain < 1e-3 & gain > 1e-7)[-1]
  # Gains shrink by the square of the rate.
  expect_within(gain[late] / gain[late - 1], rep(exact[["EM_rate_1"]]^2, length(late)), 2e-3)
})

test_that("the gradient vanishes at the maximum, and vcov() is the inverse information", {
  data <- simulate_missing(60, 4, 0.3, seed = 8)
  fit <- em_mvn(data, control = em_control(tol = 0))
  y <- unname(as.matrix(data))
  par <- lapply(em_parameters(fit), unname)
  covariance <- solve(ref_mvn_information(y, par))
  # In standard errors: the climb stops once nothing moves by 1e-12.
  expect_within(ref_mvn_gradient(y, par$mu, par$sigma) * sqrt(diag(covariance)), rep(0, 14), 1e-8)
  expect_within(
    unname(vcov(fit)) / sqrt(outer(diag(covariance), diag(covariance))),
    stats::cov2cor(covariance), 1e-8
  )
  expect_within(attr(em_diagnose(fit), "details")$spectrum, ref_mvn_rates(y, par), 1e-8)
})

test_that("all accelerators end at the twin's maximum", {
  data <- simulate_missing(50, 3, 0.4, seed = 4)
  twin <- ref_mvn_em(data, iterations = 400L)
  for (accelerator in c("anderson", "squarem", "plain")) {
    fit <- em_mvn(data, control = em_control(tol = 0, accelerator = accelerator))
    expect_identical(fit$status, "converged", label = accelerator)
    expect_monotone(fit)
    # Both stop where rounding does.
    expect_relative(coef(fit), utils::tail(twin$path, 1)[1, ], 1e-8)
  }
})

test_that("augment() gives each row's share of the likelihood and its distance", {
  data <- simulate_missing(30, 3, 0.3, seed = 6)
  data[4, ] <- NA
  fit <- em_mvn(data)
  rows <- augment(fit)
  y <- unname(as.matrix(data))
  mu <- unname(em_parameters(fit)$mu)
  sigma <- unname(em_parameters(fit)$sigma)
  share <- apply(y, 1, ref_mvn_row_log_lik, mu = mu, sigma = sigma)
  distance <- apply(y, 1, function(r) {
    o <- which(!is.na(r))
    if (length(o) == 0) return(0)
    sum((r[o] - mu[o]) * solve(sigma[o, o, drop = FALSE], r[o] - mu[o]))
  })
  expect_equal(unname(rows$.log_lik), share, tolerance = 1e-10)
  expect_equal(unname(rows$.distance), distance, tolerance = 1e-10)
  expect_equal(sum(rows$.log_lik), as.numeric(logLik(fit)), tolerance = 1e-12)
  expect_equal(rows$.n_missing, unname(rowSums(is.na(data))))
  expect_equal(length(unique(rows$.pattern)), nrow(unique(is.na(y))))
})
