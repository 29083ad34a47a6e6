#' @importFrom generics tidy
#' @export
generics::tidy

#' @importFrom generics glance
#' @export
generics::glance

#' @importFrom generics augment
#' @export
generics::augment

#' Fits as data frames
#'
#' Methods for the generics of the broom family: coefficients, the fit in one
#' row, and the data with a few words on each row.
#'
#' @param x A fit, as returned by [em_mvn()] or [em_fit()].
#' @param conf.int Add confidence limits?
#' @param conf.level Confidence level, strictly between 0 and 1.
#' @param data Rows to look at, with the columns the fit was made from; by
#'   default the data of the fit itself.
#' @param ... Not used; anything here is an error.
#'
#' @return
#' `tidy()`: a data frame, one row for each coefficient:
#' * `term`: as in [coef()][em_fit-methods];
#' * `estimate`;
#' * `std.error`: from the observed information, `NA` where refused;
#' * `conf.low`, `conf.high`: with `conf.int = TRUE`, the limits of
#'   [confint()][em_fit-methods];
#' * `fmi`: fraction of missing information, 0 (as good as complete) to 1.
#'
#' `glance()`: a data frame with one row:
#' * `logLik`, `AIC`, `BIC`, `df`, `nobs`: see [logLik()][em_fit-methods];
#' * `status`: `"converged"`, `"max_iter"`, `"stopped"`, `"decreased"`,
#'   `"non_finite"` or `"degenerate"`;
#' * `converged`: is the status `"converged"`?
#' * `gap`: estimated log-likelihood still to be gained, `NA` after a failure
#'   (`"decreased"`, `"non_finite"`, `"degenerate"`);
#' * `passes`: passes over the data;
#' * `rate`: EM rate, the largest fraction of missing information; of a mixture `NA` where it would
#'   take longer than a moment and has not been asked for yet, as by [em_diagnose()];
#' * of a mixture also `k`, `covariance`, `entropy` (of the classification: zero where every row is
#'   surely of one component) and `ICL`, BIC plus twice the entropy.
#'
#' `augment()`: the data (class kept, a matrix becomes a data frame) with
#' * `.n_missing`: number of missing cells in the row;
#' * `.pattern`: which pattern of missing cells, the number of a row of
#'   [em_patterns()];
#' * `.distance`: squared Mahalanobis distance of the observed cells; for normal
#'   data about chi-squared with as many degrees of freedom as cells observed;
#' * `.log_lik`: what the row contributes to the log-likelihood.
#'
#' A mixture has `.n_missing`, `.class`, the most probable component (a factor, as
#' [predict()][predict.em_gmm] gives it), `.uncertainty`, one minus its probability,
#' `.posterior_1` and so on, the probability of each, and `.log_lik`. Columns of these names in
#' the data are replaced.
#'
#' @section Errors and warnings:
#' `missmix_warning_boundary`: standard errors are refused; the message says
#' why. `missmix_error_data`: `augment()` of a fit made with `keep_data = FALSE`
#' needs `data`.
#'
#' @name em_fit-tidiers
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol", "albumin")])
#' tidy(fit, conf.int = TRUE)
#' glance(fit)
#' head(augment(fit))
NULL

#' @rdname em_fit-tidiers
#' @export
tidy.em_fit <- function(x, conf.int = FALSE, # nolint: object_name_linter.
                        conf.level = 0.95, # nolint: object_name_linter.
                        ...) {
  check_no_dots()
  check_flag(conf.int)
  check_level(conf.level)
  warn_if_refused(coefficient_covariance(x))
  coefficient_table(x, if (conf.int) conf.level)
}

#' @rdname em_fit-tidiers
#' @export
glance.em_fit <- function(x, ...) {
  check_no_dots()
  log_lik <- logLik(x)
  rate <- em_rate(x)
  data.frame(
    logLik = as.numeric(log_lik),
    AIC = stats::AIC(log_lik),
    BIC = stats::BIC(log_lik),
    df = x$df,
    nobs = x$nobs,
    status = x$status,
    converged = x$status == "converged",
    gap = if (x$status %in% failures) NA_real_ else x$gap,
    passes = x$passes,
    rate = if (is.null(rate)) NA_real_ else rate
  )
}

# The EM rate where it can be had without a long wait.
em_rate <- function(fit) UseMethod("em_rate")

em_rate.em_fit <- function(fit) information(fit)$rate

# The coefficients without a warning, for callers that print the reason.
coefficient_table <- function(fit, level = NULL) {
  estimate <- coef(fit)
  std_error <- standard_errors(coefficient_covariance(fit))
  table <- data.frame(
    term = names(estimate),
    estimate = unname(estimate),
    std.error = unname(std_error)
  )
  if (!is.null(level)) {
    limits <- wald_limits(estimate, std_error, level)
    table$conf.low <- unname(limits[, 1])
    table$conf.high <- unname(limits[, 2])
  }
  table$fmi <- unname(coefficient_fmi(fit))
  table
}

# Fraction of missing information of each coefficient, named; NA where not known.
coefficient_fmi <- function(fit, info = information(fit)) {
  terms <- names(coef(fit))
  unknown <- rep(NA_real_, length(terms))
  stats::setNames(if (is.null(info$fmi)) unknown else info$fmi, terms)
}
