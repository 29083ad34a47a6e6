# Textbook EM problems as models written in R, through the same engine.

# Mean of a normal with known variance, 70 of 100 observed: EM's error ratio is 30/100, exactly.
normal_mean <- function(observed, missing, record = NULL) {
  n <- length(observed) + missing
  em_model(
    em_step = function(mu) {
      if (!is.null(record)) record(mu)
      (sum(observed) + missing * mu) / n
    },
    log_lik = function(mu) sum(stats::dnorm(observed, mu, 1, log = TRUE))
  )
}

# DLR 1977: 125 of cells (1/2, t/4), 18 and 20 of (1-t)/4, 34 of t/4.
linkage_step <- function(t) {
  hidden <- 125 * t / (2 + t)
  (hidden + 34) / (hidden + 34 + 38)
}
linkage_log_lik <- function(t) {
  if (t <= 0 || t >= 1) return(-Inf)
  stats::dmultinom(c(125, 18, 20, 34), prob = c(2 + t, 1 - t, 1 - t, t), log = TRUE)
}
linkage <- function() {
  em_model(
    em_step = linkage_step, log_lik = linkage_log_lik, pack = stats::qlogis, unpack = stats::plogis
  )
}

# Hasselblad 1969: days with 0, 1, ..., 9 deaths of women over 80 in the London Times, 1910-1912.
london_days <- c(162, 267, 271, 185, 111, 61, 27, 8, 3, 1)
london_parts <- function(par) {
  deaths <- 0:9
  cbind(
    par$p * stats::dpois(deaths, par$lambda[1]), (1 - par$p) * stats::dpois(deaths, par$lambda[2])
  )
}
london_stats <- function(par) {
  parts <- london_parts(par)
  expected <- london_days * parts / rowSums(parts)
  list(
    days = colSums(expected), deaths = colSums(expected * 0:9),
    log_lik = sum(london_days * log(rowSums(parts)))
  )
}
london_m_step <- function(stats) {
  list(p = stats$days[1] / sum(stats$days), lambda = stats$deaths / stats$days)
}
london_pack <- function(par) c(stats::qlogis(par$p), log(par$lambda))
london_unpack <- function(x) list(p = stats::plogis(x[1]), lambda = exp(x[2:3]))
london_start <- list(p = 0.3, lambda = c(1, 2.5))

plain_after <- function(model, start, steps) {
  fit <- em_fit_quietly(
    model, starts = start, control = em_control(tol = 0, max_iter = steps, accelerator = "plain")
  )
  unlist(em_parameters(fit), use.names = FALSE)
}

test_that("normal mean, 70 of 100 observed: the error ratio is 0.3 each plain step", {
  set.seed(121)
  observed <- stats::rnorm(70, 5)
  model <- normal_mean(observed, 30)
  error <- vapply(0:12, function(k) {
    at <- if (k == 0) 0 else plain_after(model, 0, k)
    at - mean(observed)
  }, numeric(1))
  # After 12 steps the error is 5 * 0.3^12 = 3e-6: rounding of 1e-15 shows in the tenth digit.
  expect_within(error[-1] / error[-13], rep(0.3, 12), 1e-9)
})

test_that("normal mean: the engine's own trace shows it too", {
  set.seed(121)
  observed <- stats::rnorm(70, 5)
  seen <- numeric()
  model <- normal_mean(observed, 30, record = function(mu) seen <<- c(seen, mu))
  fit <- em_fit(model, starts = 0, control = em_control(accelerator = "plain"))
  expect_identical(fit$status, "converged")
  loss <- sum(stats::dnorm(observed, mean(observed), 1, log = TRUE)) - em_trace(fit)$objective
  # A quadratic log-likelihood: losses shrink by 0.3^2, until they drown in rounding of 1e-13.
  early <- which(loss > 1e-6)
  expect_within(loss[early[-1]] / loss[early[-1] - 1], rep(0.09, length(early) - 1), 1e-6)
  ratio <- diff(seen[1:8])[-1] / diff(seen[1:8])[-7]
  expect_within(ratio, rep(0.3, 6), 1e-9)
})

test_that("DLR linkage: the printed trace from 0.5, digit by digit", {
  printed <- read_fixture("dlr_linkage_trace")
  theta <- c(0.5, vapply(1:9, function(k) plain_after(linkage(), 0.5, k), numeric(1)))
  # Twelve decimals are printed; each step passes through qlogis and plogis.
  expect_within(theta, printed$theta, 1e-12)
  exact <- (15 + sqrt(15^2 + 4 * 197 * 68)) / (2 * 197)
  expect_within(theta - exact, printed$dev, 1e-12)
})

test_that("DLR linkage: the estimate, by every accelerator and without a transform", {
  theta <- 0.626821497870982
  exact <- reference_values("DLR_linkage", "discrete_examples")
  for (accelerator in c("anderson", "squarem", "plain")) {
    fit <- em_fit(
      linkage(), starts = 0.5, control = em_control(tol = 0, accelerator = accelerator)
    )
    expect_identical(fit$status, "converged")
    # The climb stops when steps are below 1e-12; the rate is 0.13.
    expect_within(unlist(em_parameters(fit)), theta, 2e-12)
    expect_within(fit$log_lik, exact[["loglik_full_multinom"]], 1e-11)
    expect_monotone(fit)
  }
  bare <- em_model(em_step = linkage_step, log_lik = linkage_log_lik)
  fit <- em_fit(bare, starts = 0.9, control = em_control(tol = 0))
  expect_within(unlist(em_parameters(fit)), theta, 2e-12)
})

test_that("DLR linkage keeps the contract of every fit", {
  refit <- function(starts = 0.5, ...) em_fit(linkage(), starts = starts, ...)
  expect_em_contract(refit(), refit)
})

test_that("London deaths to 1e-9, as em_step and as e_step with m_step", {
  exact <- reference_values("London_deaths", "discrete_examples")
  whole <- em_model(
    em_step = function(par) london_m_step(london_stats(par)),
    log_lik = function(par) london_stats(par)$log_lik,
    pack = london_pack, unpack = london_unpack
  )
  halves <- em_model(
    e_step = london_stats, m_step = london_m_step, pack = london_pack, unpack = london_unpack
  )
  attribute <- em_model(
    e_step = function(par) {
      stats <- london_stats(par)
      structure(stats[c("days", "deaths")], log_lik = stats$log_lik)
    },
    m_step = london_m_step, pack = london_pack, unpack = london_unpack
  )
  for (model in list(whole, halves, attribute)) {
    fit <- em_fit(model, starts = london_start, control = em_control(tol = 0))
    par <- em_parameters(fit)
    expect_identical(fit$status, "converged")
    expect_named(par, c("p", "lambda"))
    # Steps below 1e-12 at a rate of 0.9957 leave 2.3e-10.
    expect_within(par$p, exact[["p1"]], 1e-9)
    expect_within(par$lambda, exact[c("lambda1", "lambda2")], 1e-9)
    expect_within(fit$log_lik, exact[["loglik"]], 1e-9)
    expect_monotone(fit)
    # Plain EM takes 1,818 passes to a gap of 1e-8.
    expect_lt(fit$passes, 300)
  }
})

test_that("London deaths: one E-step a pass, and a fit is a start", {
  calls <- 0
  model <- em_model(
    e_step = function(par) {
      calls <<- calls + 1
      london_stats(par)
    },
    m_step = london_m_step, pack = london_pack, unpack = london_unpack
  )
  fit <- em_fit(model, starts = london_start)
  expect_equal(calls, fit$passes + fit$passes_check)
  again <- em_fit(model, starts = fit)
  expect_lte(again$passes, 2)
  expect_within(again$log_lik, -1989.945859882964, 3e-6)
})

test_that("an M-step that goes the wrong way is caught as 'decreased'", {
  set.seed(122)
  observed <- stats::rnorm(70, 5)
  flipped <- em_model(
    em_step = function(mu) mu - (mean(observed) - mu) * 0.7,
    log_lik = function(mu) sum(stats::dnorm(observed, mu, 1, log = TRUE))
  )
  for (accelerator in c("plain", "anderson", "squarem")) {
    expect_warning(
      fit <- em_fit(flipped, starts = 4, control = em_control(accelerator = accelerator)),
      class = "missmix_warning"
    )
    expect_identical(fit$status, "decreased")
    # The best point reached is returned, and that is the start.
    expect_equal(unlist(em_parameters(fit), use.names = FALSE), 4)
    expect_match(fit$message, "M-step|m_step|em_step|log_lik|decreas|lower|fell")
  }

  wrong_halves <- em_model(
    e_step = london_stats,
    m_step = function(stats) {
      right <- london_m_step(stats)
      list(p = right$p, lambda = london_start$lambda * (london_start$lambda / right$lambda))
    },
    pack = london_pack, unpack = london_unpack
  )
  fit <- em_fit_quietly(wrong_halves, starts = london_start)
  expect_identical(fit$status, "decreased")
})
