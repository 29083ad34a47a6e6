#' Multiple imputation
#'
#' Draws every missing cell m times from its distribution given the observed cells of its row, each
#' time under parameters drawn anew, so that a later analysis knows how uncertain the filled cells
#' are: proper imputation in the sense of Rubin (1987).
#'
#' @details
#' **Methods.**
#' * `"posterior"` (the default): parameters from their posterior distribution given the data, by
#'   data augmentation (Tanner and Wong 1987; Schafer 1997, chapter 5) under the prior
#'   `|sigma|^(-(p+1)/2)`; a fit with a ridge prior of strength r adds r rows with the observed
#'   variances and no covariance. Each imputation has a chain of its own, from the maximum that EM
#'   found, so that imputations are independent of each other.
#' * `"bootstrap"`: parameters fitted to rows drawn with replacement (Honaker and King 2010), EM
#'   starting at the fit. A resample that cannot be fitted is drawn again, at most four times.
#'   Refused where the data say nothing in some direction: no resample would move there.
#' * `"normal"`: parameters from the normal approximation to their distribution, in coordinates in
#'   which the covariance stays positive definite (its matrix logarithm, relative to the fit). For
#'   large samples.
#' * `"conditional"`: the fitted parameters, taken as known. Improper: intervals come out too
#'   narrow.
#'
#' **Burn-in.** Plain EM's rate lambda, the largest fraction of missing information, is also the
#' autocorrelation of data augmentation from one step to the next in its slowest direction. A chain
#' takes the fewest steps k with lambda^k at most 0.01, at least 10 and at most 2,000: what a draw
#' still knows of its start is then at most one per cent, its variance short by lambda^(2k), one
#' in ten thousand. Where 2,000 are not enough a warning says what is left.
#'
#' The worst linear function of the parameters (Schafer 1997, section 4.4.3) is recorded: the
#' projection onto that direction, in the metric of the complete-data information. `imp$chain`
#' judges it over the second half of the chains: `rhat`, the larger of the rank-normalised and the
#' folded R-hat (Vehtari and others 2021) between the third and the fourth quarter of the steps, all
#' chains together (chains that forget within their own length cannot be compared with each other
#' by it); `ess`, the number of independent draws that the second halves are worth; `acf`, the
#' autocorrelation at a lag of the whole chain, `expected` from lambda and `measured` from that
#' between neighbouring steps.
#'
#' **Same seed, same draws.** They depend on `seed` and the number of the imputation, on nothing
#' else: any number of threads (`control$n_threads`) and workers of the future package gives the
#' same to the last bit, and `m = 40` begins with those of `m = 20`.
#'
#' **Ctrl-C and the time limit** of `control` keep the imputations that are finished: the first of
#' those asked for. Ctrl-C while parameters are drawn leaves the cells under those that are there
#' still to be drawn; a second one ends this too. The limit counts for the parameters, with what is
#' found once before them (EM's rate, the information matrix), and again for the cells. Groups share
#' it, and of the next group no more are drawn than the one before has.
#'
#' **New rows** (`newdata`) are imputed under parameters drawn from the data of the fit.
#'
#' **Departures from missing at random.** `delta` shifts or changes drawn values of a variable on
#' the scale of the data (Carpenter and Kenward 2013, chapter 10): a number that is added, one
#' number for each row of the data, or a function of the drawn values. Imputed cells only, after the
#' draw: values of other variables do not follow.
#'
#' **Groups**, such as the arms of a trial, by `by`. `covariance = "separate"`: the model of the fit
#' (its transforms and prior) is fitted to each group by itself. `"common"`: indicators of all
#' groups but the first join the variables; given them the means differ by
#' group and the covariance is shared. Groups need more rows than variables for the first, not for
#' the second.
#'
#' **Derived variables**, such as a body-mass index: leave them out of the fit and compute them
#' from the completed data, so that identities hold.
#'
#' @param fit A fit by [em_mvn()].
#' @param m Number of imputations, at least 1. [Pooled][em_pool] results settle with more of
#'   them: as many as the percentage of incomplete rows is a common rule (White, Royston and Wood
#'   2011).
#' @param method `"posterior"`, `"bootstrap"`, `"normal"` or `"conditional"`, see details.
#' @param ... Not used; anything here is an error.
#' @param newdata Rows to impute, with the variables of the fit; the data of the fit when absent.
#' @param by `NULL`, or groups of rows: the name of a column of the data (modelled or not), or a
#'   vector with one entry for each row; no `NA`. Not together with `newdata`.
#' @param covariance With `by`: `"separate"` covariances or a `"common"` one, see details.
#' @param delta `NULL`, or a named list or vector by variable, see details.
#' @param round Round drawn values of integer columns to whole numbers (inside the domain of a
#'   transform)? Rounding keeps the type of the column but is no part of the model: with a column
#'   of few distinct values, `FALSE` is the less biased choice (Horton, Lipsitz and Parzen 2003).
#' @param burnin Steps of each chain of `"posterior"`; `NULL` for as many as the EM rate asks for.
#' @param seed A whole number, or `NULL` to draw one from R's generator.
#' @param control Threads and time limit, by [em_control()]; with `"bootstrap"` also the options of
#'   the climbs. `verbose = 1` shows a progress bar where it takes more than a moment; a `callback`
#'   is not called. `NULL`: those of the fit, but for its limits of iterations and time.
#'
#' @return A list of class `em_imputations`, which can be saved and reloaded:
#' * `m`, `method`, `seed`, `call`: as asked for; `m` is smaller after an interrupt or the
#'   time limit;
#' * `cells`: data frame of the imputed cells, by row, then variable: `row`, `variable` (its number
#'   in `variables`);
#' * `values`: matrix, one row for each of `cells`, one column for each imputation, on the scale of
#'   the data;
#' * `unimputed`: data frame of missing cells that could not be imputed: `row`, `variable`,
#'   `reason`;
#' * `parameters`: list of `mu` (p x m) and `sigma` (p x p x m) on the modelled scale, under which
#'   each imputation was drawn;
#' * `chain`: `NULL`, or for `"posterior"` a list of `burnin` (steps), `rate` (lambda), `worst`
#'   (burnin x m), `rhat`, `ess`, `acf`, see details;
#' * `model`, `terms`, `variables`, `transform`: as in the fit; `data`: the rows that were imputed;
#' * `by`: `NULL`, or a list of `variable` (the name of the column, if one was given), `level` (a
#'   factor, of each row) and `covariance`; `parameters` are then a list by level of such lists, and
#'   `chain` is that of the level (`chain$level`; `"all"` with a common covariance) that forgets
#'   last;
#' * `delta`, `bounds`: as given, or `NULL`; `fit`: the fit, `NULL` if it does not hold its
#'   data.
#'
#' @section Bounds:
#' Cells with bounds in the fit (`bounds` of [em_mvn()], such as limits of detection) are drawn
#' within them: those of a row together, exactly, by rejection with minimax tilting (Botev 2017),
#' however far out and strongly correlated; then the other missing cells given these. `delta` comes
#' after: it is given values within the bounds and may lead beyond. Of `newdata` bounds of whole
#' columns hold; those given cell by cell are not known there, and new rows are refused
#' (`missmix_error_model`).
#'
#' @section Errors and warnings: `missmix_error_argument`: anything wrong with an argument; where a
#'   function of `delta` fails or returns what it should not, the condition's fields `column` and
#'   `imputation` say where. `missmix_error_data`: `newdata` lacks a variable or has unusable
#'   cells, the fit does not hold its data, or `by` names no column or is missing in some row.
#'   `missmix_error_model`: the fit is no multivariate normal, has weights, or failed; a group
#'   cannot be fitted; a covariance is singular; bounds are out of reach of the distribution;
#'   `"normal"` where [vcov()][em_fit-methods] is refused; it was stopped before the first
#'   imputation was drawn. `missmix_warning_convergence`: the fit has not converged, draws have not
#'   forgotten their start, or it was stopped before all were drawn. `missmix_warning_boundary`:
#'   some cells could not be imputed, or `delta` names a variable of which no cell was.
#'
#' @references
#' Botev ZI (2017). The normal law under linear restrictions: simulation and estimation via minimax
#' tilting. *Journal of the Royal Statistical Society B* 79, 125-148. \doi{10.1111/rssb.12162}.
#'
#' Carpenter JR, Kenward MG (2013). *Multiple Imputation and its Application*. Wiley.
#'
#' Honaker J, King G (2010). What to do about missing values in time-series cross-section data.
#' *American Journal of Political Science* 54, 561-581. \doi{10.1111/j.1540-5907.2010.00447.x}.
#'
#' Horton NJ, Lipsitz SR, Parzen M (2003). A potential for bias when rounding in multiple
#' imputation. *The American Statistician* 57, 229-232. \doi{10.1198/0003130032314}.
#'
#' Rubin DB (1987). *Multiple Imputation for Nonresponse in Surveys*. Wiley.
#'
#' Schafer JL (1997). *Analysis of Incomplete Multivariate Data*. Chapman and Hall.
#'
#' Tanner MA, Wong WH (1987). The calculation of posterior distributions by data augmentation.
#' *JASA* 82, 528-540. \doi{10.1080/01621459.1987.10478458}.
#'
#' Vehtari A, Gelman A, Simpson D, Carpenter B, Buerkner PC (2021). Rank-normalization, folding,
#' and localization: an improved R-hat for assessing convergence of MCMC. *Bayesian Analysis* 16,
#' 667-718. \doi{10.1214/20-BA1221}.
#'
#' White IR, Royston P, Wood AM (2011). Multiple imputation using chained equations: issues and
#' guidance for practice. *Statistics in Medicine* 30, 377-399. \doi{10.1002/sim.4067}.
#' @seealso [with()][em_analyses] and [em_pool()] to analyse them, [em_complete()] for completed
#'   data, [em_diagnose()] and [plot()][plot.em_imputations] for how far to trust them,
#'   [em_tipping()].
#' @export
#' @examples
#' fit <- em_mvn(airquality[c("Ozone", "Solar.R", "Wind", "Temp")], transform = c(Ozone = "log"))
#' imp <- em_impute(fit, m = 5, seed = 1)
#' imp
#' head(em_complete(imp))
#' # What if days without a measurement had a fifth more ozone than those alike?
#' em_impute(fit, m = 5, seed = 1, delta = list(Ozone = function(value) 1.2 * value))
em_impute <- function(fit, ...) {
  UseMethod("em_impute")
}

#' @export
em_impute.default <- function(fit, ...) {
  if (!inherits(fit, "em_fit")) {
    abort_argument("{.arg fit} must be a fit, not {.obj_type_friendly {fit}}.")
  }
  abort_model(c(
    "{.fn em_impute} imputes under a multivariate normal: {.arg fit} is of another model.",
    x = "Its model: {fit$model}.",
    i = "{.fn em_mvn} fits one to the same data."
  ))
}

#' @rdname em_impute
#' @export
em_impute.em_mvn <- function(fit, m = 20L,
                             method = c("posterior", "bootstrap", "normal", "conditional"), ...,
                             newdata = NULL, by = NULL, covariance = c("separate", "common"),
                             delta = NULL, round = TRUE, burnin = NULL, seed = NULL,
                             control = NULL) {
  check_no_dots()
  user_call <- fit_call(match.call(), quote(em_impute))
  if (missing(method)) method <- "posterior"
  if (missing(covariance)) covariance <- "separate"
  check_impute_arguments(m, method, round, burnin, seed)
  check_choice(covariance, c("separate", "common"))
  if (is.null(control)) control <- climbing_options(fit)
  check_control(control)
  check_can_impute(fit, method, newdata)
  data <- data_for(fit, newdata)
  delta <- check_delta(delta, data)
  groups <- check_by(by, data, newdata)
  if (!is.null(groups)) {
    groups$covariance <- if (nlevels(groups$level) == 1) "separate" else covariance
  }
  if (is.null(seed)) seed <- sample.int(.Machine$integer.max, 1L)
  warn_unconverged(fit)
  control["callback"] <- list(NULL)
  how <- list(m = m, method = method, burnin = burnin, seed = seed, control = control)
  made <- if (is.null(groups)) impute_once(fit, data, how) else {
    impute_by(fit, data, how, groups)
  }
  imp <- new_imputations(fit, data, made, delta, round)
  imp[c("method", "seed", "call", "by")] <- list(
    method, as.integer(seed), user_call, groups
  )
  warn_of_imputations(imp, m)
  imp
}

# Parameters, then cells: list(filled = list(row, variable, values), parameters, chain).
impute_once <- function(fit, data, how, call = rlang::caller_env()) {
  drawn <- draw_parameters(fit, how, call)
  if (length(drawn$index) < how$m) inform_of_cells(length(drawn$index), how)
  # The limit counts anew: what parameters have been drawn is not to be lost.
  filled <- draw_missing(fit, data, drawn, how, call)
  kept <- seq_len(ncol(filled$values))
  list(
    filled = filled,
    parameters = named_draws(drawn, kept, fit$terms),
    chain = if (!is.null(drawn$chain)) judge_chains(drawn$chain, kept)
  )
}

new_imputations <- function(fit, data, made, delta, round) {
  back <- values_for_user(made$filled, data, delta, round)
  structure(
    c(list(m = ncol(back$values), method = NULL, seed = NULL, call = NULL, model = fit$model),
      back, list(
        parameters = made$parameters,
        chain = made$chain,
        terms = fit$terms,
        variables = fit$variables,
        transform = fit$transform,
        data = data,
        by = NULL,
        delta = delta,
        bounds = fit$bounds,
        fit = if (!is.null(fit$data)) fit
      )),
    class = "em_imputations"
  )
}

named_draws <- function(drawn, kept, terms) {
  list(
    mu = structure(drawn$mu[, kept, drop = FALSE], dimnames = list(terms, NULL)),
    sigma = structure(drawn$sigma[, , kept, drop = FALSE], dimnames = list(terms, terms, NULL))
  )
}
