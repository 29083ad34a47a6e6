# The multivariate normal with missing values: checks, data, the climb, the fit.

#' Multivariate normal with missing values, by maximum likelihood
#'
#' Estimates the means and the covariance matrix of a multivariate normal
#' distribution from incomplete data, using every observed cell, by an
#' accelerated EM algorithm that never goes downhill. Missing values are taken to
#' be missing at random. [predict()][predict.em_mvn] then fills them in,
#' [em_diagnose()] says how far to trust the answer.
#'
#' @details
#' Rows are grouped by their pattern of missing cells once. A pattern with many
#' rows is kept as its count, sum and cross-product, so that an iteration does not
#' depend on the number of rows; one with few rows is worked through row by row
#' with the precision matrix, which needs only small Cholesky factors. Columns are
#' standardised inside: scales from 1e-8 to 1e12, or a mean of 1e9 with a standard
#' deviation of 1, are no trouble. On the modelled scale standard deviations must
#' lie between 1e-75 and 1e75: their fourth power, in which standard errors of
#' variances come, would overflow beyond.
#'
#' Rows without any observed cell are kept: they say nothing about the parameters,
#' and `predict()` gives them the means.
#'
#' When the climb ends, a few further passes test whether it ended on a saddle;
#' a saddle is left, the climb goes on, and `fit$saddles` keeps the record.
#'
#' With `starts = em_starts(n)` the start made from the data is the first of n, unless others are
#' included; the rest are random moves of the first: means by a normal number of standard
#' deviations each, the covariance matrix a draw from a Wishart distribution with p + 2
#' degrees of freedom around its diagonal.
#'
#' *Limits of detection.* A cell that is missing because it lay below what could be measured is not
#' missing at random. With `bounds` it enters the likelihood as what is known of it: the
#' probability that it lies within its bounds (Tobin 1958). The E-step takes the moments of
#' truncated normals. For rows with one or two such cells they are exact, for three or more they
#' come by expectation propagation (Cunningham, Hennig and Lacoste-Julien 2011), and the fit says
#' so: where such cells correlate by 0.6 given the rest of the row, their conditional variances are
#' about 3% too small and their means right to 0.005 standard deviations; where by 0.9, 18 to 27%
#' (three to ten cells) and 0.02. Standard errors are from differences of the score. A column needs
#' no measured value where its bounds tell how much it varies, as those of intervals that do not
#' overlap. Measured values may lie anywhere, also within the bounds of missing cells. Many starts
#' are refused.
#'
#' A covariance estimate is positive definite only if there are more rows than
#' variables, and the data may leave parameters undetermined or run to a singular
#' covariance. The fit says so (status `"degenerate"`, and [em_diagnose()]); a
#' ridge prior, [em_prior_ridge()], mends it.
#'
#' @param x The data: a data frame (tibble and data.table too) or a numeric matrix,
#'   one row a case, one column a variable, `NA` for missing cells. Or a one-sided
#'   formula that names columns of `data`, bare or inside one of the four
#'   transforms: `~ log(bili) + chol + age`; `.` stands for all other columns.
#' @param data With a formula: the data frame or matrix.
#' @param columns Names of the columns to model; all by default.
#' @param transform Named character vector: variables to be modelled as `"log"`,
#'   `"log1p"`, `"sqrt"` or `"logit"`, such as `c(bili = "log")`. Under `"sqrt"` the
#'   variable is `max(Z, 0)^2` of a normal `Z`: a negative root stands for zero.
#' @param bounds Bounds of missing cells, a list named by variable. Either `c(lower, upper)` for
#'   every missing cell of the column, such as `list(crp = c(-Inf, 0.5))` for values below a limit
#'   of detection; or a numeric matrix or data frame of two columns, lower and upper, with a row for
#'   each row of the data: `NA` where a bound is not known, ignored where the cell is observed. On
#'   the scale of the data; what lies outside the domain of a transform is cut off.
#' @param weights Frequency weights, one for each row: a row of weight 3 counts as
#'   three rows. Finite, not negative, not all zero; need not be whole. Rows of
#'   weight zero say nothing, but their cells are checked and filled like all others.
#' @param prior [em_prior_flat()] (maximum likelihood) or [em_prior_ridge()].
#' @param starts Where to start: `NULL` for a start made from the data, an earlier
#'   fit, a list with `mu` and `sigma`, or a vector as `coef()` gives it; on the
#'   modelled scale. Or many starts, by [em_starts()], which run in parallel.
#' @param control Options of the climb, by [em_control()].
#' @param keep_data Keep the data in the fit? A saved fit then holds the rows of
#'   the patients. With `FALSE` no row is kept: standard errors are computed at
#'   once, and `predict()` and `augment()` need the data handed over again.
#' @param ... For the methods; a misspelt argument is an error.
#'
#' @return An object of class `c("em_mvn", "em_fit")`, a plain list that can be
#'   saved and reloaded. To be asked with [em_parameters()], [coef()][em_fit-methods],
#'   `vcov()`, `confint()`, `logLik()`, [tidy()][em_fit-tidiers], `glance()`,
#'   `augment()`, [predict()][predict.em_mvn], [simulate()][simulate.em_mvn],
#'   [update()][update.em_fit], [em_trace()], [em_patterns()], [em_diagnose()],
#'   [plot()][plot.em_fit].
#'
#' @section Errors and warnings:
#' `missmix_error_data`, naming row and column: columns that are not numeric (all
#' of them by name), `NaN` or infinite cells, values outside the domain of their
#' transform, all-missing or constant columns, columns with bounds all of whose cells may be the
#' same value (such as a column with nothing measured above its limit), extreme scales, bad weights,
#' no more rows (of positive weight, with an observed cell) than variables without a ridge
#' prior. `missmix_error_argument`: bounds of an unknown variable, of a wrong
#' shape, or (naming variable and row) with a lower one not below the upper, or less than 1e-10
#' standard deviations below (such a cell is measured); anything wrong with the other arguments.
#' `missmix_warning_convergence`: the climb ended before it arrived.
#' `missmix_warning_degenerate`: the covariance runs to a singular one.
#'
#' @references
#' Cunningham JP, Hennig P, Lacoste-Julien S (2011). Gaussian probabilities and expectation
#' propagation. arXiv:1111.6832.
#'
#' Dempster AP, Laird NM, Rubin DB (1977). Maximum likelihood from incomplete data
#' via the EM algorithm. *Journal of the Royal Statistical Society B* 39, 1-38.
#'
#' Little RJA, Rubin DB (2019). *Statistical Analysis with Missing Data*, third
#' edition, chapter 11. Wiley.
#'
#' Tobin J (1958). Estimation of relationships for limited dependent variables. *Econometrica* 26,
#' 24-36.
#' @export
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' labs <- survival::pbc[c("bili", "chol", "albumin", "copper", "age")]
#' fit <- em_mvn(labs, transform = c(bili = "log", copper = "log"))
#' fit
#' head(predict(fit))
#' em_mvn(~ log(bili) + chol + age, data = survival::pbc)
#' # Copper below 20 could not be measured
#' labs$copper[which(labs$copper < 20)] <- NA
#' em_mvn(labs["copper"], transform = c(copper = "log"), bounds = list(copper = c(0, 20)))
em_mvn <- function(x, ...) {
  UseMethod("em_mvn")
}

#' @rdname em_mvn
#' @export
em_mvn.formula <- function(x, data, bounds = NULL, weights = NULL, prior = em_prior_flat(),
                           starts = NULL, control = em_control(), keep_data = TRUE, ...) {
  check_no_dots()
  call <- fit_call(match.call(), quote(em_mvn))
  if (missing(data)) {
    abort_argument("{.arg data} is missing: a formula names columns of {.arg data}.")
  }
  terms <- em_formula_terms(x, data)
  data <- with_bounds(as_em_data(data, terms$variables, terms$transform, weights), bounds)
  fit_mvn(data, prior, starts, control, keep_data, call)
}

#' @rdname em_mvn
#' @export
em_mvn.default <- function(x, columns = NULL, transform = NULL, bounds = NULL, weights = NULL,
                           prior = em_prior_flat(), starts = NULL, control = em_control(),
                           keep_data = TRUE, ...) {
  check_no_dots()
  call <- fit_call(match.call(), quote(em_mvn))
  data <- with_bounds(as_em_data(x, columns, transform, weights), bounds)
  fit_mvn(data, prior, starts, control, keep_data, call)
}

# The call as the user wrote it, whichever method answered.
fit_call <- function(call, name) {
  call[[1]] <- name
  call
}

fit_mvn <- function(data, prior, starts, control, keep_data, user_call,
                    call = rlang::caller_env()) {
  check_prior(prior, call = call)
  check_control(control, call = call)
  check_flag(keep_data, call = call)
  if (!is.null(data$censored)) check_bounded_columns(data, call)
  many <- inherits(starts, "em_starts")
  found <- if (many) {
    climb_mvn_starts(data, prior, starts, control, call)
  } else {
    start <- mvn_start(starts, data$terms, call)
    climb_mvn(data, start, prior, control, watch_climb(control))
  }
  check_columns_found(found$problems, data, call)
  check_enough_rows(found, data$p, prior, call)
  if (many) found <- best_mvn_start(found, data, starts)
  fit <- new_mvn_fit(found, data, prior, control, user_call)
  fit$runs <- found$record
  if (!keep_data) fit <- forget_data(fit)
  warn_of_status(fit, call)
  warn_unfinished(fit, call)
  fit
}

# The core's climb, of the model that the data call for.
climb_mvn <- function(data, start, prior, control, watch = NULL) {
  if (is.null(data$censored)) {
    return(mvn_fit_(data$columns, data$weights, start, prior$strength, control, watch))
  }
  censored_fit_(
    data$columns, crude_columns(data), data$weights, data$censored, start, prior$strength,
    control, watch
  )
}

check_columns_found <- function(problems, data, call) {
  if (is.null(problems)) {
    return(invisible())
  }
  bad <- which(problems$kind == "bad_cell")[1]
  if (!is.na(bad)) {
    abort_bad_cells(data, problems$row[bad], problems$column[bad], call = call)
  }
  kind <- factor(problems$kind, c("all_missing", "constant", "scale"))
  columns <- split(problems$column, kind)
  if (length(columns$all_missing) + length(columns$constant) > 0) {
    abort_uninformative(data, columns$all_missing, columns$constant, call = call)
  }
  abort_scale(data, columns$scale, split(problems$scale, kind)$scale, call)
}

# Rows are counted, whatever they weigh: two heavy rows span no more than a line.
check_enough_rows <- function(found, p, prior, call) {
  rows <- found$informative
  if (rows > p || prior$strength > 0) {
    return(invisible())
  }
  strength <- ridge_suggestion(found$nobs)
  abort_data(c(
    "{rows} row{?s} with observed cells cannot determine the covariances of {p} variable{?s}.",
    x = "A flat prior needs more rows than variables: the likelihood has no maximum.",
    i = "Model fewer columns, or use {.code prior = em_prior_ridge({strength})}."
  ), call = call)
}
