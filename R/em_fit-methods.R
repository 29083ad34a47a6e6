# What every fit answers, whatever its model: parameters, coefficients, their
# covariance, and the likelihood.

#' Parameters of a fit, in the model's own shape
#'
#' For programs: a plain named list that can be handed on, or back to a fit as
#' `starts`. [coef()][em_fit-methods] holds the same numbers as one vector.
#'
#' @param fit A fit, as returned by [em_mvn()] or [em_fit()].
#' @param ... Not used; anything here is an error.
#'
#' @return For [em_mvn()] a list of
#' * `mu`: named numeric vector, one mean for each modelled variable;
#' * `sigma`: named symmetric matrix, the covariances (divisor n).
#'
#' Both are on the modelled scale, unstandardised; under a transform the names
#' say so: `log(bili)`. For [em_deconvolve()] a list of `proportions`, samples x types, rows sum to
#' one. For [em_fit()]: the user's own parameter in its natural form.
#' @export
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol", "albumin")])
#' em_parameters(fit)$mu
em_parameters <- function(fit, ...) {
  UseMethod("em_parameters")
}

#' @rdname em_parameters
#' @export
em_parameters.em_fit <- function(fit, ...) {
  check_no_dots()
  fit$parameters
}

#' Coefficients, standard errors and likelihood of a fit
#'
#' The usual questions of R, answered for every kind of fit. `coef()`, `vcov()`,
#' `confint()` and [tidy()][em_fit-tidiers] are in the same order and carry the
#' same names.
#'
#' @details
#' Standard errors come from the *observed* information (minus the Hessian of
#' the observed-data log-likelihood, with the prior where there is one), worked
#' out when first asked for and then remembered. They are refused, as `NA` with
#' the reason, where that matrix does not describe the precision of a maximum:
#' where it is singular, at a saddle, or where the fit runs to a singular
#' covariance.
#'
#' `confint()` gives symmetric Wald limits, `estimate +/- z * standard error`, on
#' the scale of the coefficient. For a variance from few rows the lower limit
#' can therefore be negative; simulation or a likelihood profile says more there.
#'
#' @param object A fit, as returned by [em_mvn()] or [em_fit()].
#' @param parm Which coefficients: names or numbers; all when missing.
#' @param level Confidence level, strictly between 0 and 1.
#' @param ... Not used; anything here is an error.
#'
#' @return
#' * `coef()`: named numeric vector. For [em_mvn()]: `mu[x]` for every variable,
#'   then the lower triangle of the covariances column by column, `sigma[a,b]`.
#' * `vcov()`: named symmetric matrix, one row and column for each coefficient.
#'   All `NA` with the attribute `reason` (a sentence) when refused.
#' * `confint()`: matrix with one row for each coefficient and the columns
#'   `2.5 %` and `97.5 %` (or as `level` says).
#' * `logLik()`: observed-data log-likelihood, with all constants, without the
#'   prior, with the Jacobian of any transform, so that [stats::AIC()] compares
#'   transforms. Attributes `df` (number of free parameters) and `nobs`.
#' * `deviance()`: -2 times the log-likelihood.
#' * `nobs()`: (weighted) number of rows with at least one observed cell.
#'
#' @section Errors and warnings:
#' `missmix_error_argument`: `parm` names no coefficient, or `level` is no
#' number between 0 and 1. `missmix_warning_boundary`: standard errors are
#' refused; the message says why.
#'
#' @name em_fit-methods
#' @seealso [em_diagnose()] for how far to trust these numbers.
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol", "albumin")])
#' coef(fit)
#' confint(fit, "mu[chol]")
#' AIC(fit)
NULL

#' @rdname em_fit-methods
#' @export
coef.em_fit <- function(object, ...) {
  check_no_dots()
  flatten_parameters(object$parameters)
}

#' @rdname em_fit-methods
#' @export
vcov.em_fit <- function(object, ...) {
  check_no_dots()
  covariance <- coefficient_covariance(object)
  warn_if_refused(covariance)
  covariance
}

#' @rdname em_fit-methods
#' @export
confint.em_fit <- function(object, parm, level = 0.95, ...) {
  check_no_dots()
  check_level(level)
  covariance <- coefficient_covariance(object)
  warn_if_refused(covariance)
  limits <- wald_limits(coef(object), standard_errors(covariance), level)
  if (missing(parm)) limits else pick_coefficients(limits, parm)
}

# Rows of a table of all coefficients.
pick_coefficients <- function(table, parm, call = rlang::caller_env()) {
  known <- if (is.character(parm)) rownames(table) else seq_len(nrow(table))
  unknown <- setdiff(parm, known)
  if (length(unknown) > 0) {
    abort_argument(c(
      "{.arg parm} must name coefficients of the fit.",
      x = "Not among them: {.val {unknown}}.",
      i = "{.code names(coef(fit))} lists them."
    ), call = call)
  }
  table[parm, , drop = FALSE]
}

#' @rdname em_fit-methods
#' @export
logLik.em_fit <- function(object, ...) {
  check_no_dots()
  structure(object$log_lik, df = object$df, nobs = object$nobs, class = "logLik")
}

#' @rdname em_fit-methods
#' @export
deviance.em_fit <- function(object, ...) {
  check_no_dots()
  -2 * object$log_lik
}

#' @rdname em_fit-methods
#' @export
nobs.em_fit <- function(object, ...) {
  check_no_dots()
  object$nobs
}

# Covariance of the coefficients, or NA with the reason: no warning, for callers
# that print the reason themselves.
coefficient_covariance <- function(fit) {
  info <- information(fit)
  if (!is.null(info$vcov)) {
    return(info$vcov)
  }
  terms <- names(coef(fit))
  structure(
    matrix(NA_real_, length(terms), length(terms), dimnames = list(terms, terms)),
    reason = info$reason
  )
}

warn_if_refused <- function(covariance, call = rlang::caller_env()) {
  reason <- attr(covariance, "reason")
  if (!is.null(reason)) {
    warn_boundary(
      c("No standard errors: {reason}", i = "{.fn em_diagnose} says more."),
      call = call
    )
  }
}

# sqrt(diag()) that leaves NA alone and never warns of a rounding-size negative.
standard_errors <- function(covariance) {
  sqrt(pmax(diag(covariance), 0))
}

wald_limits <- function(estimate, std_error, level) {
  tails <- c((1 - level) / 2, (1 + level) / 2)
  limits <- estimate + outer(std_error, stats::qnorm(tails))
  dimnames(limits) <- list(
    names(estimate),
    paste(format(100 * tails, trim = TRUE, digits = 3), "%")
  )
  limits
}

# Any parameter (number, vector, matrix, or list of these) as one named vector:
# `name`, `name[element]`, `name[row,column]`.
flatten_parameters <- function(parameters) {
  if (!is.list(parameters)) {
    parameters <- list(par = parameters)
    flat <- flatten_element(parameters$par, "par")
    own_names <- names(parameters$par)
    return(if (is.null(own_names)) flat else stats::setNames(flat, own_names))
  }
  labels <- names(parameters)
  if (is.null(labels)) {
    labels <- paste0("par", seq_along(parameters))
  }
  unlist(unname(Map(flatten_element, parameters, labels)))
}

flatten_element <- function(x, label) {
  index <- function(given, size) if (is.null(given)) seq_len(size) else given
  if (is.matrix(x)) {
    rows <- index(rownames(x), nrow(x))
    columns <- index(colnames(x), ncol(x))
    cells <- outer(rows, columns, paste, sep = ",")
  } else if (length(x) == 1 && is.null(names(x))) {
    return(stats::setNames(as.double(x), label))
  } else {
    cells <- index(names(x), length(x))
  }
  stats::setNames(as.double(x), sprintf("%s[%s]", label, cells))
}
