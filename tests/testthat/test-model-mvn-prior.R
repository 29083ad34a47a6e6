# Priors and weights.
source(test_path("reference-mvn.R"))

test_that("the ridge's fixed point is (S + strength D) / (n + strength)", {
  data <- simulate_missing(40, 4, 0.3, seed = 91)
  y <- unname(as.matrix(data))
  target <- ref_mvn_ridge_target(y)
  for (strength in c(0.5, 5, 50)) {
    fit <- em_mvn(data, prior = em_prior_ridge(strength), control = em_control(tol = 0))
    expect_identical(fit$status, "converged")
    par <- lapply(em_parameters(fit), unname)
    stats <- ref_mvn_e_step(y, par$mu, par$sigma)
    moved <- ref_mvn_m_step(stats, strength, target)
    # Nothing moves by more than 1e-12 in standardised coordinates.
    expect_within(moved$mu, par$mu, 1e-9)
    expect_within(moved$sigma, par$sigma, 1e-9)
    # And it is the point that plain EM goes to.
    twin <- ref_mvn_em(data, iterations = 400L, strength = strength)
    expect_relative(coef(fit), utils::tail(twin$path, 1)[1, ], 1e-7)
    # logLik without the prior, the objective with it.
    expect_equal(fit$log_lik, stats$log_lik, tolerance = 1e-12)
    # Constants of the prior do not matter, what the climb gains does.
    start <- ref_mvn_start(y)
    climb <- em_mvn(
      data, starts = start, prior = em_prior_ridge(strength), control = em_control(tol = 0)
    )
    objective <- function(p) {
      ref_mvn_log_lik(y, p$mu, p$sigma) + ref_mvn_log_prior(p$sigma, strength, target)
    }
    gained <- climb$objective - climb$trace$objective[1]
    expect_equal(gained, objective(par) - objective(start), tolerance = 1e-9)
  }
})

test_that("wholly missing rows do not weaken the ridge", {
  data <- simulate_missing(40, 3, 0.2, seed = 92)
  data <- data[rowSums(!is.na(data)) > 0, ]
  longer <- rbind(data, data.frame(x1 = rep(NA_real_, 30), x2 = NA_real_, x3 = NA_real_))
  prior <- em_prior_ridge(4)
  expect_relative(
    coef(em_mvn(longer, prior = prior, control = em_control(tol = 0))),
    coef(em_mvn(data, prior = prior, control = em_control(tol = 0))), 1e-9
  )
})

test_that("a strong ridge goes to the observed variances without covariances", {
  data <- simulate_missing(60, 3, 0.2, seed = 93)
  fit <- em_mvn(data, prior = em_prior_ridge(1e8))
  # 60 rows against 1e8: what is left of the data is 6e-7.
  expect_relative(
    diag(em_parameters(fit)$sigma), diag(ref_mvn_ridge_target(as.matrix(data))), 1e-5
  )
  expect_within(stats::cov2cor(em_parameters(fit)$sigma), diag(3), 1e-5)
})

test_that("a strength of zero is maximum likelihood; strengths that are no strength are refused", {
  data <- simulate_missing(60, 3, 0.2, seed = 94)
  flat <- em_mvn(data, prior = em_prior_flat())
  expect_identical(coef(flat), coef(em_mvn(data)))
  for (strength in list(-1, NA_real_, Inf, "3", c(1, 2))) {
    expect_error(em_prior_ridge(strength), class = "missmix_error_argument")
  }
  expect_error(em_mvn(data, prior = 3), class = "missmix_error_argument")
})

test_that("standard errors under the ridge are those of the penalised objective", {
  data <- simulate_missing(60, 2, 0.3, seed = 95)
  y <- unname(as.matrix(data))
  target <- ref_mvn_ridge_target(y)
  strength <- 6
  fit <- em_mvn(data, prior = em_prior_ridge(strength), control = em_control(tol = 0))
  par <- lapply(em_parameters(fit), unname)
  theta <- ref_mvn_vector(par)
  prior <- function(t) ref_mvn_log_prior(ref_mvn_list(t, 2)$sigma, strength, target)
  h <- 1e-4 * abs(theta)
  step <- function(j) replace(numeric(5), j, h[j])
  hessian <- outer(1:5, 1:5, Vectorize(function(a, b) {
    (prior(theta + step(a) + step(b)) - prior(theta + step(a) - step(b)) -
      prior(theta - step(a) + step(b)) + prior(theta - step(a) - step(b))) / (4 * h[a] * h[b])
  }))
  expected <- solve(ref_mvn_information(y, par) - hessian)
  # Second differences of the prior: 1e-16 / 1e-8.
  expect_relative(diag(vcov(fit)), diag(expected), 1e-5)
})

test_that("frequency weights are repeated rows", {
  data <- simulate_missing(40, 3, 0.3, seed = 96)
  set.seed(97)
  weights <- sample(0:4, 40, replace = TRUE)
  weighted <- em_mvn(data, weights = weights, control = em_control(tol = 0))
  repeated <- em_mvn(data[rep(1:40, weights), ], control = em_control(tol = 0))
  # The same sums in another order.
  expect_relative(coef(weighted), coef(repeated), 1e-9)
  expect_equal(as.numeric(logLik(weighted)), as.numeric(logLik(repeated)), tolerance = 1e-12)
  expect_equal(nobs(weighted), nobs(repeated))
  expect_relative(diag(vcov(weighted)), diag(vcov(repeated)), 1e-7)
  expect_within(glance(weighted)$rate, glance(repeated)$rate, 1e-8)
  # Rows of weight zero are filled all the same.
  expect_equal(nrow(predict(weighted)), 40)
  expect_false(anyNA(predict(weighted)))
})

test_that("weights need not be whole; doubling them halves the variances", {
  data <- simulate_missing(40, 3, 0.3, seed = 98)
  set.seed(99)
  weights <- stats::runif(40, 0.2, 2)
  one <- em_mvn(data, weights = weights, control = em_control(tol = 0))
  two <- em_mvn(data, weights = 2 * weights, control = em_control(tol = 0))
  twin <- ref_mvn_em(data, iterations = 300L, weights = weights, start = list(
    mu = numeric(3), sigma = diag(4, 3)
  ))
  expect_relative(coef(one), utils::tail(twin$path, 1)[1, ], 1e-8)
  expect_relative(coef(two), coef(one), 1e-9)
  expect_relative(diag(vcov(two)), diag(vcov(one)) / 2, 1e-7)
})

test_that("rows are counted, not their weights", {
  data <- simulate_missing(30, 3, 0.2, seed = 101)
  light <- em_mvn(data, weights = rep(1 / 30, 30), control = em_control(tol = 0))
  # A thirtieth of the log-likelihood has the same maximum.
  expect_relative(coef(light), coef(em_mvn(data, control = em_control(tol = 0))), 1e-8)
  two_rows <- function(...) {
    em_mvn(data.frame(a = c(1, 2, 3), b = c(2, 1, 5), c = c(0, 3, 1)), weights = c(5, 5, 0), ...)
  }
  expect_error(two_rows(), "2 rows with observed cells", class = "missmix_error_data")
  ridge <- em_diagnose(two_rows(prior = em_prior_ridge(1)))
  expect_identical(ridge$verdict[ridge$check == "identification"], "caution")
  # Rows without any cell weigh what they weigh: no pattern of rounding errors.
  expect_output(print(em_patterns(light)), "^1 row of 3 variables")
  whole <- stats::na.omit(data)
  patterns <- em_patterns(em_mvn(rbind(NA, whole), weights = rep(0.1, nrow(whole) + 1)))
  expect_equal(patterns$rows, c(0.1 * nrow(whole), 0.1))
})

test_that("print() tells the weights", {
  data <- simulate_missing(30, 3, 0.2, seed = 101)
  expect_output(print(em_mvn(data, weights = rep(0.5, 30))), "30 rows of total weight 15, 3 var")
})

test_that("weights that are no weights are refused", {
  data <- simulate_missing(10, 2, 0.1, seed = 100)
  nine <- rep(1, 9)
  bad <- list(rep(-1, 10), c(NA, nine), nine, rep(0, 10), c(Inf, nine), letters[1:10])
  for (weights in bad) expect_error(em_mvn(data, weights = weights), class = "missmix_error")
})
