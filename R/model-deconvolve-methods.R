# What a deconvolution answers in its own way: likelihood, one row, a row a sample. Errors and
# intervals are in model-deconvolve-errors.R, expectations in model-deconvolve-expected.R.

#' What a deconvolution answers
#'
#' Proportions, how sure they are, and a word on each sample: the usual questions of R, for fits by
#' [em_deconvolve()].
#'
#' @details
#' `coef()`, `confint()` and `tidy()` hold all samples of the first type, then those of the second,
#' and so on, under the names `proportions[sample,type]`. The matrix is
#' `em_parameters(fit)$proportions`.
#'
#' **Standard errors** are those of a sandwich: the curvature of the log-likelihood around the
#' squared scores of the genes, each as if its gene had been left out (HC3, MacKinnon and White
#' 1985). They hold whatever makes genes scatter independently, overdispersion included; they know
#' nothing of a type that the reference lacks. Intervals of types at zero are one-sided: from zero
#' to where the type would no longer be taken for absent. All are `NA` in a sample whose types
#' cannot be told apart.
#'
#' Where the reference is made of cells, they hold also what its `replicates` differ by, see
#' [em_deconvolve()]; limits are then those of Student's t, with degrees of freedom (Satterthwaite
#' 1946) from the numbers of replicates and of cells or subjects: three subjects tell little of how
#' subjects differ. `em_reference(replicates = 0)` leaves all that out.
#'
#' Of several families (`family = "auto"`) they hold what these differ by, and covariances are the
#' mean of theirs.
#'
#' **Likelihood.** `logLik()` is `NA` where there is none, as it is for quasi-families of
#' [stats::glm()]: for the family `"quasipoisson"`, for the mean of several families, and where
#' genes count by how specific they are (`genes = "auto"` with many genes).
#'
#' @param object,x A fit by [em_deconvolve()].
#' @param sample One sample, by name or number. When absent the covariances of all proportions, at
#'   most 500: those between samples are what these have in common, the errors of a reference made
#'   of cells, and else zero.
#' @param parm Which coefficients: names or numbers; all when missing.
#' @param level,conf.level Confidence level, strictly between 0 and 1.
#' @param conf.int Add confidence limits?
#' @param data `NULL`, or a data frame with a row for each sample: matched by row names where these
#'   are names of samples, otherwise in the order of the fit.
#' @param ... Not used; anything here is an error.
#'
#' @return
#' * `vcov()`: types x types, of one sample; or of all coefficients. Of a type at zero the variance
#'   is that of its one-sided interval and its covariances are zero. `NA` with the attribute
#'   `reason` where refused.
#' * `confint()`: a matrix, a row for each coefficient, columns `2.5 %` and `97.5 %` (or as `level`
#'   says), within 0 and 1.
#' * `tidy()`: a data frame, a row for each coefficient: `term`, `sample`, `type`, `estimate`,
#'   `std.error` and with `conf.int = TRUE` `conf.low`, `conf.high`.
#' * `logLik()`: of the bulk of all samples, attributes `df` (proportions and totals that are not
#'   zero) and `nobs` (genes times samples).
#' * `glance()`: a data frame with one row: `logLik`, `AIC`, `BIC`, `df`, `nobs`; `status` (the
#'   worst among the samples), `converged`; `gap` (log-likelihood that all samples together may
#'   still gain: a bound for the families `"poisson"` and `"quasipoisson"`, otherwise about),
#'   `passes` (most Newton steps of a sample); `family`; `n_samples`, `n_types`, `n_genes` (used);
#'   `share`, of what the proportions are: `"cells"` or `"rna"`.
#' * `augment()`: `data` if given (class kept), then a row for each sample: `.sample`, `.total` (its
#'   sum over all genes of the bulk), `.status` (`"converged"`, `"max_iter"`, `"stopped"`,
#'   `"non_finite"`; `"degenerate"`: nothing expressed), `.certificate` (log-likelihood that it may
#'   still gain), `.steps`, `.log_lik`, `.dispersion` (mean squared Pearson residual; 1 where a
#'   Poisson sample scatters as counts do), and `.proportion_` with the name of each type.
#'
#' @section Errors and warnings:
#' `missmix_error_argument`: no such sample or coefficient, a level that is none.
#' `missmix_error_data`: standard errors of a fit without its bulk (`keep_data = FALSE`); `data` of
#' another number of rows. `missmix_error_model`: more than 500 coefficients for one matrix.
#' `missmix_warning_boundary`: standard errors are refused, and why. `missmix_warning_convergence`:
#' an interrupt came before all replicates of the reference had been fitted.
#'
#' @references
#' MacKinnon JG, White H (1985). Some heteroskedasticity-consistent covariance matrix estimators
#' with improved finite sample properties. *Journal of Econometrics* 29, 305-325.
#' \doi{10.1016/0304-4076(85)90158-7}.
#'
#' Satterthwaite FE (1946). An approximate distribution of estimates of variance components.
#' *Biometrics Bulletin* 2, 110-114. \doi{10.2307/3002019}.
#'
#' @name em_deconvolve-methods
#' @seealso [em_diagnose()] for how far to trust these numbers, [em_bootstrap()] for other
#' intervals.
#' @examples
#' profiles <- matrix(c(90, 5, 20, 30, 4, 60, 25, 30), 4, 2,
#'   dimnames = list(paste0("gene", 1:4), c("liver", "brain")))
#' bulk <- cbind(one = c(70, 20, 21, 30), two = c(9, 57, 24, 31))
#' rownames(bulk) <- rownames(profiles)
#' fit <- em_deconvolve(bulk, em_reference(profiles, scale = "rna"), family = "poisson")
#' tidy(fit, conf.int = TRUE)
#' vcov(fit, sample = "one")
#' glance(fit)
#' augment(fit)
NULL

# Is what is maximised the likelihood of a distribution?
has_likelihood <- function(fit) {
  length(fit$members) == 1 && fit$family$name != "quasipoisson" && all(gene_worth(fit) == 1)
}

#' @rdname em_deconvolve-methods
#' @export
logLik.em_deconvolve <- function(object, ...) {
  check_no_dots()
  value <- if (has_likelihood(object)) object$log_lik else NA_real_
  structure(value, df = object$df, nobs = object$nobs, class = "logLik")
}

#' @rdname em_deconvolve-methods
#' @export
glance.em_deconvolve <- function(x, ...) {
  check_no_dots()
  log_lik <- logLik(x)
  data.frame(
    logLik = as.numeric(log_lik), AIC = stats::AIC(log_lik), BIC = stats::BIC(log_lik),
    df = x$df, nobs = x$nobs, status = x$status, converged = x$status == "converged",
    gap = if (x$status %in% failures) NA_real_ else x$gap, passes = x$passes,
    family = and_list(family_names(x)), n_samples = x$n, n_types = length(x$terms),
    n_genes = length(x$genes), share = x$reference$scale
  )
}

#' @rdname em_deconvolve-methods
#' @export
augment.em_deconvolve <- function(x, data = NULL, ...) {
  check_no_dots()
  told <- c("sample", "total", "status", "certificate", "steps", "log_lik", "dispersion")
  own <- stats::setNames(x$samples[told], paste0(".", told))
  p <- as.data.frame(unname(x$parameters$proportions))
  names(p) <- paste0(".proportion_", x$terms)
  own <- data.frame(own, p, check.names = FALSE)
  if (is.null(data)) {
    return(own)
  }
  rows <- sample_rows(data, x, rlang::current_env())
  for (name in names(own)) data[[name]] <- own[[name]][rows]
  as_valid_table(data)
}

# Which sample each row of a table of samples belongs to.
sample_rows <- function(data, fit, call) {
  names <- fit$samples$sample
  if (is.data.frame(data) && .row_names_info(data) > 0 && all(row.names(data) %in% names)) {
    return(match(row.names(data), names))
  }
  if (!is.data.frame(data) || nrow(data) != fit$n) {
    abort_data(c(
      "{.arg data} must be a data frame with a row for each of {fit$n} sample{?s}.",
      i = "In their order, or with their names as row names."
    ), call = call)
  }
  seq_len(fit$n)
}

#' @rdname em_fit-refusals
#' @export
sigma.em_deconvolve <- function(object, ...) {
  refuse("residual standard deviation", "{.code augment(fit)} has the dispersion of each sample.",
    of = "A deconvolution of many genes")
}

#' @rdname em_fit-refusals
#' @export
formula.em_deconvolve <- function(x, ...) {
  refuse("formula", "{.code fit$call} is the call, {.code fit$choices} what it chose.",
    of = "A deconvolution")
}

#' @rdname em_fit-refusals
#' @export
model.frame.em_deconvolve <- function(formula, ...) { # nolint: object_name_linter.
  refuse("model frame", "{.code augment(fit)} has a row for each sample.", of = "A deconvolution")
}

# A deconvolution solves its samples from scratch.
takes_starts.em_deconvolve <- function(fit) FALSE

# Bulk and reference as they were given: genes that were not used may be asked for.
held_arguments.em_deconvolve <- function(fit, changed) {
  held <- c(fit$asked, list(
    control = fit$control, prior = fit$prior, reference = fit$given_reference,
    keep_data = !is.null(fit$data)
  ))
  if (!is.null(fit$data)) {
    held$bulk <- fit$data$bulk
    if (is.null(held$bulk$values)) held$bulk$values <- fit$data$values
  }
  held
}
