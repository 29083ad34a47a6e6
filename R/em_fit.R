#' Fit a model of your own
#'
#' Runs a model written in R, as put together by [em_model()], through the engine:
#' accelerated EM that never goes downhill, an estimate of what is still to be
#' gained, standard errors and a diagnosis.
#'
#' @details
#' Test a new model with [em_check_model()] first: it says which part is wrong.
#'
#' An error raised by the model's functions at the start, or at a plain EM step, is
#' an error of the fit. At an accelerated candidate it only means that this point
#' is not legal; a plain EM step is taken instead.
#'
#' Standard errors are worked out when first asked for, from the Hessian of the
#' log-likelihood (plus the log prior) by central differences: about 2q(q + 1)
#' log-likelihoods for q free parameters, twice; 4q scores twice where the model
#' has a `score`. They are refused where they would not hold: on a boundary (a
#' flat coordinate that ran beyond 15 with no curvature left, say a probability of
#' zero), at a saddle, or where the data say nothing about some direction.
#' Fractions of missing information come from the derivative of the EM step, 4q
#' passes.
#'
#' The fit holds the model, and with its functions whatever data they enclose.
#'
#' **Many starts.** `starts = em_starts(20, include = list(par))` climbs from `par` and
#' from 20 random moves of it, and returns the best sound end: see [em_starts()]. In
#' flat coordinates each move is normal noise with a standard deviation of one on
#' transformed coordinates (logarithms, logits, log-ratios), and of max(|x|, 1) / 2 on
#' numbers x that are left as they are; off the diagonal of a covariance's Cholesky factor
#' it is the standard deviation of that row. The noise is halved until the point is
#' legal. With a plan of the future package other than sequential, and future.apply
#' installed, the starts run on its workers, to the same results. A `callback` is
#' then called there.
#'
#' **Weights at zero.** EM cannot move a weight (an entry of an [em_simplex()] block)
#' that is exactly zero, whether the start says so or a step leads there: it leaves the
#' flat coordinates. What the step returns for the other parameters of such a
#' component may be `NaN`; they stay as they were. When the climb ends, each
#' weight at zero, or below 1e-6 and falling, is tested by one EM step from a weight of
#' 1e-10. For a mixture, the factor by which the step multiplies it is one more than the
#' derivative of the mean log-likelihood in its direction: above one, the end is no
#' maximum. `fit$dropped` has these factors, [em_diagnose()] judges them, and
#' `revive = TRUE` climbs again from small weights (0.01, 0.1 and 1 / K) and keeps the
#' highest end if it lies above. Standard errors are refused beside a weight at zero.
#'
#' @param model A model, from [em_model()].
#' @param starts Where to start: a parameter in the shape that the model's
#'   functions take, or an earlier fit, whose parameters are then used; or many
#'   starts, by [em_starts()], which must `include` one.
#' @param control Options of the engine, see [em_control()].
#' @param revive Restart weights that ended at zero but would rise? See Details.
#'
#' @return An object of class `c("em_user", "em_fit")`, to be asked by
#'   [em_parameters()], [coef()][em_fit-methods], `vcov()`, `confint()`, `logLik()`,
#'   [summary()][em_fit-print], [tidy()][em_fit-tidiers], `glance()`,
#'   [em_trace()], [em_diagnose()], [plot()][plot.em_fit],
#'   [update()][update.em_fit]. `em_parameters()` has the shape of `starts`;
#'   `coef()` names the same numbers `block`, `block[element]` or
#'   `block[row,column]`, of a covariance or a correlation only the lower
#'   triangle. `df` is the number of flat coordinates that the data speak about: none
#'   for a weight at zero and what belongs to it alone. Further elements of the list:
#' * `dropped`: `NULL`, or a data frame of weights at zero: `block`, `element`,
#'   `derivative` (the factor by which one EM step from 1e-10 multiplies it);
#' * `revived`: `NULL`, or a data frame of those that `revive` brought back: `block`,
#'   `element`, `derivative`, `weight` (from which it was climbed) and `gain` (of the
#'   objective);
#' * `runs`: `NULL`, or what became of each of many starts, see [em_starts()].
#'
#' @section Errors and warnings:
#' `missmix_error_argument`: `starts` does not fit the model or is not legal: its
#' log-likelihood must be a finite number.
#' `missmix_error_model`: one of the model's functions raised an error or returned
#' something of the wrong shape; the message names the function. Among many starts those
#' that were moved at random may fail so without a word.
#' `missmix_warning_convergence`: the fit did not arrive; its `status` says how it
#' ended, and the best point reached is returned. Also where the log-likelihood never
#' changed although the steps moved the parameter.
#'
#' @references
#' Hasselblad, V. (1969). Estimation of finite mixtures of distributions from the
#' exponential family. *JASA* 64, 1459-1471: source of the example.
#'
#' @seealso [em_model()], [em_check_model()], `vignette("own-model")`.
#' @export
#' @examples
#' # Notices of deaths of women over 80 in the London Times, 1910 to 1912: days
#' # with 0, 1, ..., 9 notices. Two Poisson distributions, one for winter?
#' deaths <- 0:9
#' days <- c(162, 267, 271, 185, 111, 61, 27, 8, 3, 1)
#' joint <- function(par) {
#'   cbind(
#'     par$p[1] * dpois(deaths, par$lambda[1]),
#'     par$p[2] * dpois(deaths, par$lambda[2])
#'   )
#' }
#' poissons <- em_model(
#'   em_step = function(par) {
#'     expected <- days * joint(par) / rowSums(joint(par))
#'     list(
#'       p = colSums(expected) / sum(days),
#'       lambda = colSums(expected * deaths) / colSums(expected)
#'     )
#'   },
#'   log_lik = function(par) sum(days * log(rowSums(joint(par)))),
#'   transforms = list(p = em_simplex(), lambda = em_positive()),
#'   nobs = sum(days), name = "Two Poissons"
#' )
#' fit <- em_fit(poissons, starts = list(p = c(0.3, 0.7), lambda = c(1, 2.5)))
#' fit
#' tidy(fit)
#' em_diagnose(fit)
#'
#' # Is there a higher hill?
#' many <- em_starts(20, seed = 1, include = list(em_parameters(fit)))
#' em_fit(poissons, starts = many)
#'
#' # EM cannot give weight to a component that has none.
#' em_fit(poissons, starts = list(p = c(0, 1), lambda = c(1.25, 2)))
em_fit <- function(model, starts, control = em_control(), revive = FALSE) {
  check_made_by(model, "em_model", "em_model()")
  check_control(control)
  check_flag(revive)
  many <- NULL
  if (inherits(starts, "em_starts")) {
    many <- climb_user_starts(model, starts, control)
    found <- many$found
  } else {
    start <- user_start(model, starts)
    found <- climb_user(model, start, control, gap = known_gap(starts, model))
    check_start_found(found)
  }
  found <- test_zero_weights(found, model)
  if (revive) found <- revive_weights(found, model, control)
  found$trace$start[] <- if (is.null(many)) 1L else many$chosen
  fit <- new_user_fit(found, model, control, revive, match.call())
  fit$runs <- user_runs(many, found, model)
  if (fit$status == "non_finite") {
    warn_convergence(c("{fit$message}", x = "{found$where}"))
    fit$message <- paste(fit$message, found$where)
  } else {
    warn_of_status(fit)
  }
  warn_unfinished(fit)
  fit
}

new_user_fit <- function(found, model, control, revive, user_call) {
  new_em_fit(
    found,
    call = user_call,
    model = model$name,
    em_model = model,
    parameters = found$parameters,
    packed = found$x,
    df = length(found$x) - as.integer(found$frozen),
    nobs = if (is.null(model$nobs)) NA_real_ else model$nobs,
    control = control,
    constant = found$constant,
    dropped = found$dropped,
    revived = found$revived,
    revive = revive,
    class = "em_user"
  )
}

# The record of many starts, the chosen one as it was in the end.
user_runs <- function(many, found, model) {
  if (is.null(many)) {
    return(NULL)
  }
  many$runs[[many$chosen]]$run <- found
  many$runs <- lapply(many$runs, function(run) {
    if (!is.null(run$run)) {
      run$run$smallest_weight <- smallest_weight(model, run$run$parameters)
    }
    run
  })
  new_runs(many$runs, many$method, many$chosen, many$starts)
}
