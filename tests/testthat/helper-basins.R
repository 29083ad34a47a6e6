# Fits made by hand: em_basins() looks at nothing but `runs`, and at the fit of the chosen start.

# A mixture in two dimensions: `at` the means of the first variable.
mixture_at <- function(at, weights = seq_along(at) / sum(seq_along(at)), sd = 1) {
  k <- length(at)
  sd <- rep_len(sd, k)
  list(
    proportions = stats::setNames(weights, seq_len(k)),
    means = matrix(c(at, rep(0, k)), k, dimnames = list(seq_len(k), c("x", "y"))),
    covariances = vapply(sd, function(s) s^2 * matrix(c(1, 0.5, 0.5, 1), 2), diag(2))
  )
}

exchange <- function(mixture, order) {
  mixture$proportions[] <- mixture$proportions[order]
  mixture$means[] <- mixture$means[order, ]
  mixture$covariances[] <- mixture$covariances[, , order]
  mixture
}

# `...`: columns of the table to change, such as status = "degenerate".
runs_of <- function(parameters, log_lik, method = "random", ..., chosen = which.max(log_lik)) {
  n <- length(parameters)
  table <- data.frame(
    start = seq_len(n), method = method, screened = NA_real_, objective = log_lik,
    log_lik = log_lik, status = "converged", finished = TRUE, gap = 1e-7, passes = 20L,
    saddles = 0L, smallest_weight = 0.2, thinness = 0.5, thin = FALSE
  )
  changes <- list(...)
  table[names(changes)] <- changes
  list(
    table = table, parameters = parameters, trace = vector("list", n), chosen = chosen,
    starts = em_starts(n)
  )
}

fit_of_runs <- function(runs, class = "em_gmm", ...) {
  chosen <- runs$chosen
  found <- as.list(runs$table[chosen, c("log_lik", "objective", "status", "gap", "passes")])
  found$trace <- data.frame(
    start = chosen, iteration = 0:1, objective = found$objective - 1:0, gap = c(1, found$gap),
    kind = c("start", "em"), passes = 1:2, seconds = 0
  )
  new_em_fit(found,
    model = "Gaussian mixture", parameters = runs$parameters[[chosen]], df = 17L, nobs = 100,
    control = em_control(), runs = runs, terms = c("x", "y"), ..., class = class
  )
}

# Standard errors of one tenth everywhere, as if information() had found them.
with_made_errors <- function(fit, error = 0.1) {
  terms <- names(coef(fit))
  info <- no_information("made by hand")
  info$reason <- NULL
  info$vcov <- diag(error^2, length(terms))
  dimnames(info$vcov) <- list(terms, terms)
  fit$cache$information <- info
  fit
}

# Three modes: the best found by six starts of eight, in several orders and each a little off.
three_modes <- function() {
  best <- mixture_at(c(0, 4, 9))
  near <- mixture_at(c(1e-4, 4, 9.0002))
  lower <- mixture_at(c(0, 5, 8))
  thin <- mixture_at(c(0, 4, 9), sd = c(1, 0.01, 1))
  parameters <- list(
    lower, best, exchange(near, c(3, 1, 2)), near, exchange(best, 3:1), near,
    exchange(best, c(2, 3, 1)), thin
  )
  log_lik <- c(-102, -100, -100 - 1e-6, -100 - 1e-6, -100, -100 - 1e-6, -100, -97)
  fit_of_runs(runs_of(parameters, log_lik, chosen = 2L, thin = rep(c(FALSE, TRUE), c(7, 1))))
}
