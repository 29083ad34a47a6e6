#' Bootstrap a fit, with labels matched
#'
#' Fits the model again to many data sets like the one at hand and tells how much the coefficients
#' move. Components of mixtures have no order: each replicate's are matched to those of the fit
#' before anything is compared.
#'
#' @details
#' `"nonparametric"`: rows are drawn with replacement, by multinomial weights; cells that are
#' missing go with their row. `"parametric"`: data sets are drawn from the fit, `NA` put where the
#' data have it, as by `simulate(fit, keep_missing = TRUE)`. Standard errors of the second kind
#' hold if the model does.
#'
#' **Deconvolution.** By default parametric: bulks are drawn as [simulate()][simulate.em_deconvolve]
#' does (of several families by the first), and deconvolved with the genes, weights and dispersions
#' of the fit by all its families: what was chosen from the data, and errors of the reference, do
#' not vary. Nonparametric: genes are drawn with replacement, the same ones for all samples, which
#' also holds where the family does not. The coefficients are the proportions; samples that could
#' not be fitted are left out.
#'
#' **Weights.** Whole weights are frequencies: a row of weight 3 stands for three cases. The sum of
#' the weights is then the number of cases that are drawn, rows by their weights, and a parametric
#' data set has as many rows. Weights that are not all whole belong to their row: rows are drawn
#' with equal chances and each brings its weight along; a parametric data set has the rows of the
#' data with their weights.
#'
#' **Where replicates start.** At the parameters of the fit, so that they stay on its hill if that
#' is still there. Components are matched by the Hungarian method (Kuhn 1955) on the Bhattacharyya
#' distance, as in [em_basins()]. The matching of a replicate is called ambiguous if one of its
#' components lies closer to another component of the fit than to the one it is matched with: if
#' that happens often, standard errors mix up components, and those of [vcov()][em_fit-methods]
#' say as little.
#'
#' **Replicates that are kept out.** One that fails, runs to a singular covariance, becomes thin
#' (see [em_gmm()]; unless the fit is thin itself), loses a component, or whose rows cannot be used
#' (a constant column, say). They are counted and told: without them the intervals may be too
#' narrow.
#'
#' Every replicate has a random stream of its own, set by `seed` and its number, so that results
#' are the same for any number of threads and workers: with a plan of the future package other
#' than sequential, and future.apply installed, replicates run on its workers. An interrupt keeps
#' those that are finished, as does the time limit of `control`, which is that of all together.
#'
#' @param fit A fit by [em_gmm()], [em_mvn()] or [em_deconvolve()] that holds its data.
#' @param n Number of replicates, at least 2.
#' @param type `"nonparametric"` (the default but for deconvolutions) or `"parametric"`, see
#'   details.
#' @param level Confidence level of the intervals that are printed.
#' @param seed A whole number, or `NULL` to draw one from R's generator.
#' @param control Options of the climbs, by [em_control()]; with `verbose = 1` a progress bar.
#'   `NULL`: those of the fit, but for its limits of iterations and time.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `em_bootstrap`:
#' * `estimates`: matrix, one row for each replicate, one column for each coefficient, named as
#'   [coef()][em_fit-methods]; rows of replicates that are kept out are `NA`;
#' * `original`: the coefficients of the fit;
#' * `std.error`: standard deviations of the replicates, named;
#' * `n`, `finished`, `used`, `converged`: how many replicates were asked for, were climbed to an
#'   end (fewer after an interrupt), are in the standard errors, and of these converged;
#' * `failures`: data frame of those kept out: `replicate` (its number), `reason`;
#' * `relabelled`, `ambiguous`: of those used, how many had their components in another order,
#'   and in how many the matching is ambiguous; `NA` for models without components;
#' * `type`, `level`, `seed`, `model`: as asked for; the seed that was drawn; the model in words.
#'
#' `confint()` gives a matrix as for fits, by the quantiles of the replicates (`"percentile"`) or
#' by these reflected at the estimate (`"basic"`; Davison and Hinkley 1997, chapter 5); `vcov()`
#' the covariance of the replicates; `tidy()` a data frame with `term`, `estimate`, `std.error`,
#' `bias` (mean of the replicates minus estimate) and with `conf.int = TRUE` percentile limits
#' `conf.low`, `conf.high`; `as.data.frame()` one row for each replicate used: `replicate`, then
#' its coefficients.
#'
#' @section Errors and warnings:
#' `missmix_error_model`: a model written in R (nobody can draw data from it); or fewer than two
#' replicates can be used. `missmix_error_data`: the fit does not hold its data.
#' `missmix_error_argument`: anything wrong with the other arguments.
#' `missmix_warning_convergence`: it was interrupted.
#'
#' @references
#' Davison AC, Hinkley DV (1997). *Bootstrap Methods and their Application*. Cambridge.
#'
#' Efron B (1994). Missing data, imputation, and the bootstrap. *JASA* 89, 463-475.
#' \doi{10.1080/01621459.1994.10476768}.
#'
#' Kuhn HW (1955). The Hungarian method for the assignment problem. *Naval Research Logistics
#' Quarterly* 2, 83-97. \doi{10.1002/nav.3800020109}.
#'
#' O'Hagan A, Murphy TB, Scrucca L, Gormley IC (2019). Investigation of parameter uncertainty in
#' clustering using a Gaussian mixture model via jackknife, bootstrap and weighted likelihood
#' bootstrap. *Computational Statistics* 34, 1779-1813. \doi{10.1007/s00180-019-00897-9}.
#' @seealso [em_lrt()] for a bootstrap test of the number of components.
#' @export
#' @examples
#' fit <- em_gmm(faithful, k = 2, starts = em_starts(5, seed = 1))
#' boot <- em_bootstrap(fit, 50, seed = 1)
#' boot
#' confint(boot, "means[1,waiting]", type = "basic")
em_bootstrap <- function(fit, n = 200L, type = c("nonparametric", "parametric"), level = 0.95,
                         seed = NULL, control = NULL, ...) {
  check_no_dots()
  check_can_redraw(fit, "em_bootstrap")
  if (missing(type)) type <- if (is_deconvolved(fit)) "parametric" else "nonparametric"
  check_count(n, lower = 2)
  check_choice(type, c("nonparametric", "parametric"))
  check_level(level)
  if (!is.null(seed)) check_count(seed, lower = -.Machine$integer.max)
  if (is.null(control)) control <- climbing_options(fit)
  check_control(control)
  warn_unconverged(fit)
  fit <- drawn_from(fit)
  if (is.null(seed)) seed <- sample.int(.Machine$integer.max, 1L)
  redraw <- switch(type, nonparametric = redraw_rows, parametric = redraw_cells)
  # Now, or every replicate would do it.
  fit$runs <- NULL
  fit$cache <- NULL
  replicates <- map_replicates(n, seed, control, "Replicates", function(control, number) {
    bootstrap_replicate(fit, redraw(fit), control)
  })
  check_some_used(replicates)
  boot <- new_bootstrap(fit, replicates)
  boot[c("type", "level", "seed")] <- list(type, level, as.integer(seed))
  if (boot$finished < n) {
    warn_convergence("Stopped when {boot$finished} of {n} replicates had been fitted.")
  }
  boot
}

# One replicate as map_starts() takes it: `status`; `coef` with the labels of the fit, or the
# `reason` why there is none.
bootstrap_replicate <- function(fit, data, control) {
  again <- refit_quietly(fit, data, fit, control)
  reason <- unusable(again, fit)
  if (!is.null(reason)) {
    return(list(status = if (inherits(again, "em_fit")) again$status else "failed",
      reason = reason))
  }
  labels <- label_match(fit, again$parameters)
  parameters <- relabel_parameters(fit, again$parameters, fit$parameters)
  list(
    status = again$status, coef = coefficients_at(fit, parameters),
    moved = labels$moved, ambiguous = labels$ambiguous
  )
}

is_deconvolved <- function(fit) inherits(fit, "em_deconvolve")

new_bootstrap <- function(fit, replicates) {
  original <- coef(fit)
  used <- are_used(replicates)
  estimates <- matrix(NA_real_, length(replicates), length(original),
    dimnames = list(NULL, names(original)))
  estimates[used, ] <- do.call(rbind, lapply(replicates[used], `[[`, "coef"))
  finished <- are_finished(replicates)
  out <- which(finished & !used)
  count <- function(field) {
    flags <- vapply(replicates[used], `[[`, logical(1), field)
    if (all(is.na(flags))) NA_integer_ else sum(flags)
  }
  structure(
    list(
      estimates = estimates,
      original = original,
      std.error = apply(estimates[used, , drop = FALSE], 2, stats::sd),
      n = length(replicates),
      finished = sum(finished),
      used = sum(used),
      converged = sum(run_words(replicates[used], "status") == "converged"),
      failures = data.frame(replicate = out, reason = run_words(replicates[out], "reason")),
      relabelled = count("moved"),
      ambiguous = count("ambiguous"),
      model = fit$model
    ),
    class = "em_bootstrap"
  )
}

are_finished <- function(replicates) {
  lengths(replicates) > 0 & !run_words(replicates, "status") %in% "stopped"
}

are_used <- function(replicates) are_finished(replicates) & is.na(run_words(replicates, "reason"))

check_some_used <- function(replicates, call = rlang::caller_env()) {
  used <- sum(are_used(replicates))
  if (used > 1) {
    return(invisible())
  }
  reasons <- unique(stats::na.omit(run_words(replicates, "reason")))
  abort_model(c(
    "{used} of {length(replicates)} replicates can be used: too few.",
    x = if (length(reasons) > 0) "Why, among others: {reasons[1]}."
  ), call = call)
}
