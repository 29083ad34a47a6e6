#' Pool analyses of multiply imputed data
#'
#' One answer from the analyses of several completed data sets, by Rubin's rules: estimates are
#' averaged, and their variance is that within an analysis plus that between analyses, which is
#' what the missing cells cost.
#'
#' @details
#' With estimates \eqn{q_i}{q[i]} and covariances \eqn{U_i}{U[i]} from `m` data sets, the pooled
#' estimate is the mean of the \eqn{q_i}{q[i]}, `within` (W) the mean of the \eqn{U_i}{U[i]},
#' `between` (B) the covariance of the \eqn{q_i}{q[i]} (divisor m - 1), and the total covariance
#' T = W + (1 + 1/m) B (Rubin 1987, section 3.3). For each coefficient
#' * `riv`, relative increase in variance: (1 + 1/m) B / W (Rubin 1987, equation 3.1.7);
#' * `lambda`, share of the variance that is due to missing cells: (1 + 1/m) B / T;
#' * `df`: Barnard and Rubin (1999), 1 / (1/old + 1/obs) with old = (m - 1) / lambda^2 (Rubin
#'   1987) and obs = (dfcom + 1) / (dfcom + 3) dfcom (1 - lambda); with `dfcom = Inf` it is the
#'   first, and never more than `dfcom` otherwise;
#' * `fmi`, fraction of missing information: (riv + 2 / (df + 3)) / (1 + riv) (Rubin 1987,
#'   equation 3.1.10);
#' * `efficiency` of `m` imputations relative to infinitely many, as a ratio of variances:
#'   1 / (1 + fmi / m) (Rubin 1987, section 4.1).
#'
#' `enough` says how many imputations would be enough for standard errors that vary by about 5%
#' from one set of imputations to another: 1 + (fmi / 0.05)^2 / 2 (von Hippel 2020). As he
#' recommends, the fraction is not the estimate but the upper end of its 95% interval,
#' logit(fmi) +/- 1.96 sqrt(2/m), here of the coefficient with the largest one. Point estimates
#' need fewer.
#'
#' `dfcom`, the degrees of freedom that the analysis would have if the data were complete, is taken
#' from `df.residual()` of the analyses where there is one, and otherwise is infinite, as for
#' `coxph`. Where analyses differ in it the smallest counts. With finite `dfcom` mitools divides by
#' W + B where Barnard and Rubin have T, and so finds slightly more degrees of freedom.
#'
#' @section Functions of the coefficients:
#' `functions` pools quantities of interest in place of the coefficients: each function takes the
#' named vector of coefficients of one analysis and returns one number. Their covariance is found
#' in each analysis by the delta method, with numerical derivatives. Rubin's rules suppose
#' estimates that are about normal, so choose the scale on which they are: pool the log of an odds
#' ratio and transform the ends, with `exponentiate = TRUE` in [tidy()][em_pooled-methods]. A
#' correlation r of n rows goes by Fisher's z:
#' `est <- em_pool(atanh(r), variances = rep(1 / (n - 3), m))`, then `tanh(coef(est))` and
#' `tanh(confint(est))`.
#'
#' @param x What to pool:
#' * analyses from [with()][em_analyses];
#' * a list of fits, one for each imputation; [em_coefficients()] says which fits it knows;
#' * a `mira` object of mice, an `imputationResultList` of mitools or a `mitml.result` of mitml;
#' * with `variances`: a list of numeric vectors, the estimates of each imputation, or for a single
#'   quantity a numeric vector with one estimate for each imputation.
#' @param variances For estimates given by hand: a list of covariance matrices, or of vectors of
#'   variances where covariances are not known (they are then taken as zero); for a single quantity
#'   a numeric vector.
#' @param dfcom Degrees of freedom of the analysis of complete data, above 0, `Inf` allowed; `NULL`
#'   to take them from the analyses.
#' @param functions Named list of functions of the coefficients to pool in their place, or `NULL`.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `em_pooled`, without the analyses and their data:
#' * `estimate`: named numeric vector;
#' * `within`, `between`, `total`: covariance matrices, as above;
#' * `table`: data frame, a row for each term: `term`, `estimate`, `std.error`, `df`, `riv`,
#'   `lambda`, `fmi`, `efficiency`;
#' * `m`; `dfcom`, and `dfcom_from`, words on where it is from;
#' * `enough`: the number of imputations that would be enough;
#' * `nobs`, `most_nobs`: number of observations, the smallest and the largest where analyses
#'   differ, `NA` if not known;
#' * `expr`: the expression analysed, `NULL` if not known; `call`.
#'
#' [coef()][em_pooled-methods], `vcov()`, `confint()`, `tidy()` and `glance()` give its parts.
#'
#' @section Errors:
#' `missmix_error_argument`: `x` is a single fit, imputations without an analysis, or a list of
#' fewer than two; `variances` do not match the estimates; `dfcom` is not above 0.
#' `missmix_error_model`: analyses have no coefficients, not the same ones, or other classes,
#' responses or families; a coefficient is
#' missing (aliased) or not finite; a variance is not finite or not above 0; a covariance matrix is
#' not symmetric, or holds a covariance larger than the variances allow, by more than 1e-6 of the
#' standard errors; an analysis has no residual degrees of freedom, and `dfcom` is not given; a
#' function of `functions` fails or returns no finite number. Messages name analyses and
#' coefficients.
#'
#' @references
#' Barnard J, Rubin DB (1999). Small-sample degrees of freedom with multiple imputation.
#' *Biometrika* 86, 948-955. \doi{10.1093/biomet/86.4.948}.
#'
#' Rubin DB (1987). *Multiple Imputation for Nonresponse in Surveys*. Wiley.
#' \doi{10.1002/9780470316696}.
#'
#' von Hippel PT (2020). How many imputations do you need? A two-stage calculation using a
#' quadratic rule. *Sociological Methods & Research* 49, 699-718.
#' \doi{10.1177/0049124117747303}.
#' @export
#' @seealso [em_test()] for several coefficients at once.
#' @examples
#' # Two coefficients from three analyses, given by hand.
#' estimates <- list(c(a = 1.0, b = 2.1), c(a = 1.2, b = 1.9), c(a = 0.9, b = 2.0))
#' variances <- list(c(0.04, 0.09), c(0.05, 0.08), c(0.04, 0.10))
#' em_pool(estimates, variances = variances, dfcom = 40)
em_pool <- function(x, ...) {
  UseMethod("em_pool")
}

#' @rdname em_pool
#' @export
em_pool.em_analyses <- function(x, dfcom = NULL, functions = NULL, ...) {
  check_no_dots()
  pool_fits(x$analyses, dfcom, functions, x$expr, match.call())
}

#' @rdname em_pool
#' @export
em_pool.mira <- function(x, dfcom = NULL, functions = NULL, ...) {
  check_no_dots()
  pool_fits(fits_of(x), dfcom, functions, x$call$expr, match.call())
}

#' @rdname em_pool
#' @export
em_pool.imputationResultList <- function(x, dfcom = NULL, functions = NULL, ...) {
  check_no_dots()
  pool_fits(fits_of(x), dfcom, functions, NULL, match.call())
}

#' @rdname em_pool
#' @export
em_pool.list <- function(x, dfcom = NULL, functions = NULL, variances = NULL, ...) {
  check_no_dots()
  if (is.null(variances)) {
    return(pool_fits(fits_of(x), dfcom, functions, NULL, match.call()))
  }
  pool_estimates(x, variances, dfcom, functions, match.call())
}

#' @rdname em_pool
#' @export
em_pool.numeric <- function(x, variances, dfcom = NULL, functions = NULL, ...) {
  check_no_dots()
  if (is.matrix(x)) refuse_to_pool(x)
  if (missing(variances) || !is.numeric(variances)) {
    abort_argument("{.arg variances} must be as many numbers as there are estimates.")
  }
  estimates <- lapply(unname(x), function(estimate) c(estimate = estimate))
  pool_estimates(estimates, as.list(unname(variances)), dfcom, functions, match.call())
}

#' @rdname em_pool
#' @export
em_pool.default <- function(x, ...) {
  refuse_to_pool(x)
}

# The fits in whatever other packages keep them in.
fits_of <- function(x, call = rlang::caller_env()) {
  # mice's getfit() leaves out all but the fits.
  if (inherits(x, c("em_analyses", "mira")) && !is.null(x$analyses)) {
    return(x$analyses)
  }
  if (inherits(x, "imputationResultList")) {
    # mitools appends the call to the fits.
    return(unclass(x)[rlang::names2(x) != "call"])
  }
  if (inherits(x, c("mira", "mitml.result")) || (is.list(x) && !is.object(x))) {
    return(unclass(x))
  }
  refuse_to_pool(x, call)
}

refuse_to_pool <- function(x, call = rlang::caller_env()) {
  abort_argument(c(
    "There must be a list of analyses, one for each imputation, not {.obj_type_friendly {x}}.",
    i = if (inherits(x, c("em_imputations", "mids", "imputationList", "mitml.list"))) {
      "Analyse it first: {.code with(imp, lm(y ~ x))}."
    }
  ), call = call)
}

pool_fits <- function(fits, dfcom, functions, expr, call, error_call = rlang::caller_env()) {
  check_several(fits, error_call)
  check_alike(fits, error_call)
  analyses <- lapply(seq_along(fits), function(i) read_coefficients(fits[[i]], i, error_call))
  pooled <- pool_coefficients(analyses, choose_dfcom(fits, dfcom, error_call), functions,
    error_call)
  counts <- asked_of(fits, stats::nobs)
  pooled$nobs <- min(counts)
  pooled$most_nobs <- max(counts)
  pooled["expr"] <- list(expr)
  pooled$call <- call
  pooled
}

pool_estimates <- function(estimates, variances, dfcom, functions, call,
                           error_call = rlang::caller_env()) {
  check_several(estimates, error_call)
  analyses <- given_coefficients(estimates, variances, error_call)
  pooled <- pool_coefficients(analyses, choose_dfcom(list(), dfcom, error_call), functions,
    error_call)
  pooled$nobs <- pooled$most_nobs <- NA_integer_
  pooled["expr"] <- list(NULL)
  pooled$call <- call
  pooled
}

# The degrees of freedom of the analysis of complete data, and words on where they are from.
choose_dfcom <- function(fits, dfcom, call) {
  if (!is.null(dfcom)) {
    check_number(dfcom, finite = FALSE, above = 0, arg = "dfcom", call = call)
    return(list(value = dfcom, from = "as given"))
  }
  found <- smallest(fits, stats::df.residual)
  if (isTRUE(found <= 0)) {
    abort_model(c(
      "An analysis has no residual degrees of freedom: the model has a coefficient for every row.",
      i = "{.arg dfcom} says how many complete data would have, {.code Inf} for a large sample."
    ), call = call)
  }
  if (!is.na(found)) {
    return(list(value = found, from = "from df.residual()"))
  }
  list(value = Inf, from = if (length(fits) > 0) "the analyses name none" else "none given")
}

# One number asked of each fit; NA where one of them does not answer.
asked_of <- function(fits, ask) {
  numbers <- lapply(fits, function(fit) tryCatch(ask(fit), error = function(cnd) NULL))
  answered <- vapply(numbers, checkmate::test_number, logical(1))
  if (length(fits) > 0 && all(answered)) unlist(numbers) else NA_integer_
}

smallest <- function(fits, ask) min(asked_of(fits, ask))
