# Little's test of data missing completely at random. Its tables are worked out in em_mcar-means.R,
# the caution on normality in em_mcar-normality.R; words are in em_mcar-print.R, pictures in
# em_mcar-plot.R.

#' Are the data missing completely at random?
#'
#' Little's test (1988) compares the means of the rows with each pattern of missing cells with the
#' means that the maximum-likelihood fit of all rows expects. Under MCAR, missing completely at
#' random, they differ by chance alone. It is made on the fit of [em_mvn()], for any number of
#' variables and patterns.
#'
#' @details
#' With \eqn{n_k} rows of pattern \eqn{k}, their means \eqn{\bar y_k} of the observed variables,
#' and the estimates \eqn{\mu_k}, \eqn{\Sigma_k} for these, the statistic is
#' \deqn{d^2 = \sum_k n_k (\bar y_k - \mu_k)^\top \Sigma_k^{-1} (\bar y_k - \mu_k),}
#' under MCAR about chi-squared with \eqn{\sum_k p_k - p} degrees of freedom, \eqn{p_k} the number
#' of variables that pattern \eqn{k} observes. The covariance is the maximum-likelihood one, with
#' divisor n; Little also names it times n / (n - 1), which makes d2 smaller by that
#' factor. Rows without any observed cell say nothing and are left out. Frequency weights count as
#' so many rows.
#'
#' **What it cannot say.** Not to reject is no proof of MCAR: the test sees differences in means,
#' not in spread, and few rows show little. Whether cells are missing *at random*, given what is
#' observed, no test of the observed data can tell.
#'
#' **Thin patterns.** Chi-squared is an approximation for patterns of many rows. The squared
#' distances of all rows sum to the number of observed cells whatever the data, so that where most
#' patterns are a single row d2 is about its degrees of freedom and the test rejects nothing. The
#' degrees of freedom between patterns, as a share of those of all observed cells, are in `thin`;
#' above one half there is a warning.
#'
#' **Normality.** The test assumes normal data on the modelled scale, for which `transform` is
#' there. Jamshidian and Jalal (2010) look at this and at the covariances of the patterns: missing
#' cells are filled in once by draws, then, with the patterns of more than six rows,
#' 1. Hawkins' test (1981) of normality and equal covariances. Not rejected: nothing speaks against
#'    either.
#' 2. If it rejects, the k-sample Anderson-Darling test (Scholz and Stephens 1987) of the rows'
#'    distances, which does without normality. Not rejected: it is normality that fails, and the
#'    p-value of Little's test is to be taken with caution. Rejected: the covariances differ
#'    between patterns, which speaks against MCAR by itself.
#'
#' A draw is the conditional mean plus an error: that of a complete row drawn at random, given the
#' observed part of it, where there are at least 10 complete rows and twice as many as variables
#' (their distribution-free imputation), otherwise a normal one. Hawkins' tail probabilities are
#' tested for uniformity in each pattern by Neyman's smooth test of order four, below 30 rows with
#' 9,999 simulated samples, and the p-values combined as Fisher did. That of Anderson-Darling comes
#' from the limiting distribution, standardised by the exact mean and variance; it is never below
#' 1e-8. Of very skewed data (log-normal ones) it rejects too often, since no linear imputation fits
#' them: transform these first.
#'
#' @param x A data frame, a matrix or a one-sided formula as in [em_mvn()]; or a fit by [em_mvn()]
#'   that holds its data. Data are fitted to the last digit, `em_control(tol = 0)`; a fit is taken
#'   as it is.
#' @param data With a formula: the data frame or matrix.
#' @param columns,transform,weights As in [em_mvn()].
#' @param seed A whole number: the seed of the draws that the caution on normality rests on. The
#'   test itself draws nothing.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `c("em_mcar", "htest")`:
#' * `statistic`, `parameter` (degrees of freedom), `p.value`, `method`, `data.name`;
#' * `nobs`: rows in the test (their sum of weights); `empty`: rows left out;
#' * `patterns`: data frame, one row a pattern, most frequent first: `pattern` (number), `rows`,
#'   `missing` (its missing variables in words), `observed` (number of variables), `d2` (its part
#'   of the statistic);
#' * `means`: data frame, one row for each pattern and variable it observes: `pattern`, `rows`,
#'   `missing`, `variable`, `mean`, `expected`, `difference` (in standard deviations of the fit),
#'   `statistic` (difference of the means over its standard error; standard normal under MCAR, `NA`
#'   where the pattern alone decides what is expected);
#' * `pairs`: the same with rows grouped by one variable: where `missing` is missing, whatever else
#'   is;
#' * `normality`: list of `hawkins` and `anderson_darling` (each `statistic`, `parameter`,
#'   `p.value`), `verdict` (`"consistent"`, `"not normal"`, `"unequal covariances"` or `NA`),
#'   `groups`, `rows`, `draws` (`"residuals"` or `"normal"`), and `reason` where it is not known;
#' * `thin`: see above; `transform`, `variables`, `seed`.
#'
#' Means are on the modelled scale. `tidy()` gives a data frame with one row for each of the three
#' tests: `test`, `statistic`, `parameter`, `p.value`; `glance()` one row: `statistic`, `parameter`,
#' `p.value`, `nobs`, `patterns` (their number), `thin`, `normality` (its verdict).
#'
#' @section Errors and warnings:
#' `missmix_error_data`: all rows have the same pattern, so that there is nothing to test; the fit
#' does not hold its data; and all that [em_mvn()] finds wrong. `missmix_error_model`: the
#' covariance is singular. `missmix_error_argument`: `x` is nothing of the above.
#' `missmix_warning_boundary`: the patterns are thin, chi-squared is poor.
#' `missmix_warning_convergence`: the fit has not arrived.
#'
#' @references
#' Hawkins DM (1981). A new test for multivariate normality and homoscedasticity.
#' *Technometrics* 23, 105-110. \doi{10.2307/1267983}.
#'
#' Jamshidian M, Jalal S (2010). Tests of homoscedasticity, normality, and missing completely at
#' random for incomplete multivariate data. *Psychometrika* 75, 649-674.
#' \doi{10.1007/s11336-010-9175-3}.
#'
#' Little RJA (1988). A test of missing completely at random for multivariate data with missing
#' values. *JASA* 83, 1198-1202. \doi{10.1080/01621459.1988.10478722}.
#'
#' Scholz FW, Stephens MA (1987). K-sample Anderson-Darling tests. *JASA* 82, 918-924.
#' \doi{10.1080/01621459.1987.10478517}.
#' @seealso [em_patterns()]; [plot()][plot.em_mcar] shows the means by pattern.
#' @export
#' @examples
#' test <- em_mcar(airquality, transform = c(Ozone = "log"))
#' test
#' tidy(test)
#' head(test$pairs)
em_mcar <- function(x, ...) {
  UseMethod("em_mcar")
}

#' @rdname em_mcar
#' @export
em_mcar.formula <- function(x, data, weights = NULL, seed = 1L, ...) {
  check_no_dots()
  if (missing(data)) {
    abort_argument("{.arg data} is missing: a formula names columns of {.arg data}.")
  }
  terms <- em_formula_terms(x, data)
  mcar_of_data(as_em_data(data, terms$variables, terms$transform, weights), seed)
}

#' @rdname em_mcar
#' @export
em_mcar.default <- function(x, columns = NULL, transform = NULL, weights = NULL, seed = 1L, ...) {
  check_no_dots()
  if (inherits(x, "em_fit")) {
    abort_argument("{.arg x} must be data or a fit by {.fn em_mvn}, not a fit of another model.")
  }
  mcar_of_data(as_em_data(x, columns, transform, weights), seed)
}

#' @rdname em_mcar
#' @export
em_mcar.em_mvn <- function(x, seed = 1L, ...) {
  check_no_dots()
  if (is.null(x$data)) {
    abort_data(c(
      "The fit does not hold its data ({.code keep_data = FALSE}).",
      i = "Hand them over: {.code em_mcar(data)}."
    ))
  }
  if (!is.null(x$bounds) || x$prior$strength > 0) {
    abort_model(c(
      "The test is of a fit by maximum likelihood, without bounds and prior.",
      i = if (!is.null(x$bounds)) {
        "Cells below a limit of detection are not missing at random by what they are."
      }
    ))
  }
  warn_unconverged(x)
  new_mcar(x, seed)
}

# To the last digit: d2 is not at its optimum in the covariance, and shows what is left to gain.
mcar_of_data <- function(data, seed, call = rlang::caller_env()) {
  fit <- fit_mvn(data, em_prior_flat(), NULL, em_control(tol = 0), TRUE, NULL, call)
  new_mcar(fit, seed, call)
}

new_mcar <- function(fit, seed, call = rlang::caller_env()) {
  check_count(seed, lower = -.Machine$integer.max, call = call)
  sample <- mcar_sample(fit, call)
  check_several_patterns(sample, call)
  patterns <- pattern_table(sample)
  errors <- mean_variances(sample)
  statistic <- sum(patterns$d2)
  df <- sum(patterns$observed) - ncol(sample$y)
  thin <- df / (sum(patterns$rows * patterns$observed) - ncol(sample$y))
  warn_thin(thin, df, call)
  structure(
    list(
      statistic = c(d2 = statistic),
      parameter = c(df = df),
      p.value = stats::pchisq(statistic, df, lower.tail = FALSE),
      method = "Little's test of missing completely at random",
      data.name = and_list(fit$terms),
      nobs = sum(patterns$rows),
      empty = sample$empty,
      patterns = patterns,
      means = pattern_means(sample, patterns, errors),
      pairs = pair_means(sample, errors),
      normality = normality_caution(sample, seed),
      thin = thin,
      transform = fit$transform,
      variables = fit$variables,
      seed = as.integer(seed)
    ),
    class = c("em_mcar", "htest")
  )
}

# The rows with any observed cell: `y`, residuals from the fitted means on the modelled scale;
# `observed`; `weights`; `pattern` of each row, numbered as in em_patterns(); `mu`, `sigma`;
# `filled`, conditional means of residuals; `empty`, the number of rows left out.
mcar_sample <- function(fit, call) {
  cells <- missing_cells(fit, fit$data, call)
  mu <- fit$parameters$mu
  y <- sweep(modelled_matrix(fit$data), 2, mu)
  dimnames(y) <- list(NULL, fit$terms)
  filled <- replace(y, cbind(cells$row, cells$variable), cells$mean - mu[cells$variable])
  observed <- !is.na(y)
  weights <- if (is.null(fit$data$weights)) rep(1, nrow(y)) else fit$data$weights
  used <- which(rowSums(observed) > 0 & weights > 0)
  list(
    y = y[used, , drop = FALSE], observed = observed[used, , drop = FALSE],
    weights = weights[used], weighted = !is.null(fit$data$weights),
    pattern = ordered_patterns(cells$pattern[used], observed[used, , drop = FALSE], weights[used]),
    mu = mu, sigma = fit$parameters$sigma, filled = filled[used, , drop = FALSE],
    variables = fit$variables, empty = sum(rowSums(observed) == 0)
  )
}

# Most frequent first, then with fewest cells missing, then by first appearance.
ordered_patterns <- function(pattern, observed, weights) {
  pattern <- match(pattern, unique(pattern))
  rows <- rowsum(weights, pattern)
  n_observed <- rowSums(observed[match(seq_along(rows), pattern), , drop = FALSE])
  match(pattern, order(-rows, -n_observed))
}

check_several_patterns <- function(sample, call) {
  if (max(sample$pattern) > 1) {
    return(invisible())
  }
  complete <- all(sample$observed)
  abort_data(c(
    "There is nothing to test: all rows have the same pattern of missing cells.",
    x = if (complete) "No cell is missing{if (sample$empty > 0) ' but for wholly empty rows'}.",
    i = "The test compares means between patterns."
  ), call = call)
}

warn_thin <- function(thin, df, call) {
  if (thin > 0.5) {
    warn_boundary(c(
      "The patterns are thin: {df} degrees of freedom between them are {percent_text(thin)} of
       those of all observed cells.",
      x = "Chi-squared is a poor approximation there, and the test hardly ever rejects.",
      i = "Test fewer columns, those that are missing together or that matter."
    ), call = call)
  }
}
