# What the data say about the parameters at the fit: computed when first asked
# for, then remembered.

# A list:
# * `vcov`: covariance of the coefficients, NULL when refused, then `reason` says why;
# * `rate`: largest fraction of missing information, the rate of plain EM;
# * `spectrum`: all fractions, decreasing; `vectors`: their directions (columns) in
#   the coefficients; `fmi`: fraction of missing information of each coefficient;
# * `smallest`: smallest eigenvalue of the observed information, in units of the
#   complete-data information: 1 - rate;
# * `flat`: distance from one at which a fraction leaves its direction undetermined;
# * `exact`: FALSE where only the leading part was approximated (Lanczos type).
information <- function(fit, control = climbing_options(fit)) {
  if (is.null(fit$cache$information)) {
    fit$cache$information <- compute_information(fit, control)
  }
  fit$cache$information
}

# All or nothing: where Ctrl-C or the time limit of `control` stops it, it is an interrupt.
compute_information <- function(fit, control) UseMethod("compute_information")

#' @exportS3Method
compute_information.em_user <- function(fit, control) information_user(fit)

# Parameters up to which the information matrix itself is formed.
exact_information_limit <- 500L

# Fractions this close to one leave a direction undetermined by the data. A fit
# whose gap is g stands sqrt(2 g) standard errors from the maximum, and over such a
# distance the information changes by about sqrt(2 g / n) of itself.
flat_limit <- function(fit) {
  off <- sqrt(2 * fit$gap / fit$nobs)
  if (isTRUE(is.finite(off))) min(max(off, least_flat), 0.01) else least_flat
}

least_flat <- 1e-6

#' @exportS3Method
compute_information.em_mvn <- function(fit, control) {
  if (is.null(fit$data)) {
    return(no_information("the fit does not hold its data (keep_data = FALSE)"))
  }
  if (fit$status %in% c("degenerate", "non_finite")) {
    return(no_information(switch(fit$status,
      degenerate = "the covariance runs to a singular one",
      non_finite = "the climb failed"
    )))
  }
  if (fit$df > exact_information_limit) {
    return(leading_information(fit, control))
  }
  info <- exact_information(fit, control)
  if (undecided(info)) exact_information(polished(fit), control) else info
}

# So near to flat that the way still to go decides.
undecided <- function(info) {
  away <- abs(1 - info$rate)
  isTRUE(away < info$flat && away > least_flat)
}

# The same fit as far up as arithmetic goes.
polished <- function(fit) {
  found <- climb_mvn(
    fit$data, lapply(fit$parameters, unname), fit$prior,
    em_control(tol = 0, max_iter = 200L, n_threads = fit$control$n_threads)
  )
  if (found$status %in% c("converged", "max_iter")) {
    fit$parameters <- Map(function(new, old) {
      old[] <- new
      old
    }, found$parameters, fit$parameters)
    fit$gap <- found$gap
  }
  fit
}

no_information <- function(reason) {
  list(vcov = NULL, reason = reason, rate = NA_real_, spectrum = numeric(), vectors = NULL,
       fmi = NULL, smallest = NA_real_, flat = least_flat, exact = FALSE)
}

# The matrices come in whitened coordinates, where the complete-data information is
# diagonal and nothing is lost to an ill-conditioned covariance (vignette
# "algorithm", eqs. 14 to 16).
exact_information <- function(fit, control) {
  found <- information_matrices(fit, control)
  if (isTRUE(found$stopped)) rlang::interrupt()
  if (length(found) == 0) {
    return(no_information("the covariance is singular"))
  }
  unit <- 1 / sqrt(found$complete)
  parts <- eigen(diag(fit$df) - found$observed * outer(unit, unit), symmetric = TRUE)
  # Changes of the coefficients, one complete-data standard error long.
  vectors <- (found$map * rep(unit, each = fit$df)) %*% parts$vectors
  rownames(vectors) <- names(coef(fit))
  rate <- parts$values[1]
  info <- list(
    vcov = NULL, reason = refusal(fit, rate), rate = rate, spectrum = parts$values,
    vectors = vectors, fmi = NULL, smallest = 1 - rate, flat = flat_limit(fit), exact = TRUE
  )
  if (is.null(info$reason)) {
    info$vcov <- tcrossprod(vectors * rep(1 / sqrt(1 - parts$values), each = fit$df))
    # Nothing but rounding is missing where a variable is complete.
    fmi <- 1 - rowSums(vectors^2) / diag(info$vcov)
    info$fmi <- ifelse(fmi < 1e-10, 0, fmi)
  }
  info
}

# Censored cells leave no sum over patterns: there the observed information is a difference of
# scores.
information_matrices <- function(fit, control) {
  data <- fit$data
  if (is.null(data$censored)) {
    return(mvn_information_(
      data$columns, data$weights, fit$parameters$mu, fit$parameters$sigma, fit$prior$strength,
      control
    ))
  }
  censored_information_(
    data$columns, crude_columns(data), data$weights, data$censored, fit$parameters$mu,
    fit$parameters$sigma, fit$prior$strength, control
  )
}

# Why standard errors would be wrong, or NULL.
refusal <- function(fit, rate) {
  if (rate > 1 + flat_limit(fit)) {
    return(if (fit$status == "converged") {
      "the fit sits on a saddle: in some direction the likelihood still rises"
    } else {
      "the climb has not arrived: the curvature is not that of a maximum"
    })
  }
  if (rate > 1 - flat_limit(fit)) {
    return("the data do not determine every parameter: the observed information is singular")
  }
  if (!fit$status %in% c("converged", "max_iter", "stopped")) {
    return("the climb failed")
  }
  NULL
}

# Beyond a few hundred parameters: the leading fraction alone, by Arnoldi steps on
# the derivative of the EM map.
leading_information <- function(fit, control, steps = 20L) {
  mode <- leading_mode(fit, steps, control)
  if (isTRUE(mode$stopped)) rlang::interrupt()
  direction <- c(mode$mu, mode$sigma[lower.tri(mode$sigma, diag = TRUE)])
  info <- no_information(sprintf(
    "%d parameters are too many for the information matrix (at most %d)",
    fit$df, exact_information_limit
  ))
  info$rate <- info$spectrum <- mode$rate
  info$vectors <- matrix(direction, dimnames = list(names(coef(fit)), NULL))
  info$smallest <- 1 - mode$rate
  info
}

# list(rate, mu, sigma): the largest fraction of missing information and its direction;
# list(stopped = TRUE) where Ctrl-C or the time limit came first.
leading_mode <- function(fit, steps, control) {
  data <- fit$data
  if (is.null(data$censored)) {
    return(mvn_leading_mode_(
      data$columns, data$weights, fit$parameters$mu, fit$parameters$sigma, fit$prior$strength,
      steps, control
    ))
  }
  censored_leading_mode_(
    data$columns, crude_columns(data), data$weights, data$censored, fit$parameters$mu,
    fit$parameters$sigma, fit$prior$strength, steps, control
  )
}
