#' Bootstrap likelihood-ratio test of the number of components
#'
#' Is one more component called for, or would as much be gained where there is none? Twice the
#' gain in log-likelihood has no chi-squared distribution here: without the additional component
#' its parameters mean nothing. So its distribution is simulated (McLachlan 1987): data sets are
#' drawn from the fit, and both models are fitted to each.
#'
#' @details
#' On the data and on every data set drawn, the larger model starts from the smaller one with a
#' component split in two, and from `starts`; the highest sound mode counts. Where none of those
#' kept is sound, all starts are climbed to the end. Data and replicates
#' are treated alike: with more starts on the data than on the replicates the test would find too
#' much. The smaller model is the fit itself, and on the replicates it starts from the fit, which
#' is the truth there. With a `k` more than one above that of the fit the larger model grows by one
#' component at a time.
#'
#' The p-value is (1 + number of replicates with a statistic at least as large) / (1 + number of
#' replicates used): with n = 99 no p-value is below 0.01. Replicates on which a model has no sound
#' mode (see [em_gmm()]) are kept out and counted. A test of k against k + 1 for k = 1, 2, ... that
#' stops at the first p-value above the level is a way to choose k; [em_select()] is a cheaper one.
#'
#' Missing cells are put where the data have them, weights are taken as in [em_bootstrap()].
#' Streams of random numbers belong to replicates: results are the same for any number of
#' threads and of workers of the future package. An interrupt keeps the replicates that are
#' finished.
#'
#' @param fit A fit by [em_gmm()] that holds its data: the hypothesis.
#' @param k Number of components of the alternative, more than the fit has.
#' @param n Number of data sets to draw.
#' @param seed A whole number, or `NULL` to draw one from R's generator.
#' @param starts Starts of the larger model besides the split ones, by [em_starts()]; their seeds
#'   come from `seed`.
#' @param control Options of the climbs, by [em_control()]; with `verbose = 1` a progress bar.
#'   `NULL`: those of the fit, but for its limits of iterations and time.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `c("em_lrt", "htest")`:
#' * `statistic`: twice the difference of the log-likelihoods;
#' * `parameter`: how many more parameters the larger model has;
#' * `p.value`, `null.value` (components of the fit), `alternative`, `method`, `data.name`;
#' * `k`: components of both models; `log_lik`: their log-likelihoods;
#' * `simulated`: statistics of the data sets drawn, `NA` where not used;
#' * `n`, `finished`, `used`: how many were asked for, fitted, and used;
#' * `failures`: data frame of those kept out: `replicate`, `reason`;
#' * `larger`: the larger model's fit to the data; `seed`.
#'
#' `tidy()` gives a data frame with one row: `statistic`, `parameter`, `p.value`, `method`.
#'
#' @section Errors and warnings:
#' `missmix_error_argument`: `fit` is no Gaussian mixture, `k` is not above that of the fit.
#' `missmix_error_model`: the larger model has no sound mode on the data, or no replicate can be
#' used. `missmix_error_data`: the fit does not hold its data. `missmix_warning_convergence`: it
#' was interrupted.
#'
#' @references
#' McLachlan GJ (1987). On bootstrapping the likelihood ratio test statistic for the number of
#' components in a normal mixture. *Applied Statistics* 36, 318-324. \doi{10.2307/2347790}.
#' @seealso [em_select()], [em_one_more()].
#' @export
#' @examples
#' fit <- em_gmm(faithful, k = 1)
#' em_lrt(fit, n = 19, seed = 1)
em_lrt <- function(fit, k = fit$k + 1L, n = 99L, seed = NULL,
                   starts = em_starts(6L, keep = 3L), control = NULL, ...) {
  check_no_dots()
  check_mixture(fit)
  check_can_redraw(fit, "em_lrt")
  check_count(k, lower = fit$k + 1)
  check_count(n)
  if (!is.null(seed)) check_count(seed, lower = -.Machine$integer.max)
  check_made_by(starts, "em_starts", "em_starts()")
  if (is.null(control)) control <- climbing_options(fit)
  check_control(control)
  warn_unconverged(fit)
  if (is.null(seed)) seed <- sample.int(.Machine$integer.max, 1L)
  starts["seed"] <- list(NULL)
  quiet <- replace(control, "verbose", 0L)
  larger <- with_seed(seed, grown(fit, as.integer(k), starts, quiet))
  reason <- unusable(larger, fit, k)
  if (!is.null(reason)) {
    abort_model(c("{k} components have no sound mode on the data: {reason}.",
      i = "Try more {.arg starts}."))
  }
  fit$runs <- NULL
  fit$cache <- NULL
  replicates <- map_replicates(n, seed, control, "Data sets", function(control, number) {
    lrt_replicate(fit, redraw_cells(fit), as.integer(k), starts, control)
  })
  test <- new_lrt(fit, larger, replicates)
  test$seed <- as.integer(seed)
  if (test$finished < n) {
    warn_convergence("Stopped when {test$finished} of {n} data sets had been fitted.")
  }
  test
}

check_mixture <- function(fit, call = rlang::caller_env()) {
  must_be(inherits(fit, "em_gmm"), fit, "a fit by em_gmm()", "fit", call)
}

# The model of a fit with more components, one at a time; the error where there is none.
grown <- function(fit, k, starts, control) {
  data <- fit$data
  while (inherits(fit, "em_fit") && fit$k < k) {
    wanted <- fit$k + 1L
    starts$include <- neighbour_starts(fit, wanted)
    smaller <- fit
    fit <- refit_quietly(smaller, data, starts, control, k = wanted)
    if (!is.null(unusable(fit, smaller, wanted))) {
      # Those kept all collapsed: some other may not.
      all_of_them <- replace(starts, "keep", starts$n + length(starts$include))
      fit <- refit_quietly(smaller, data, all_of_them, control, k = wanted)
    }
    # It may have lost one on the way.
    if (inherits(fit, "em_fit") && fit$k < wanted) break
  }
  fit
}

lrt_replicate <- function(fit, data, k, starts, control) {
  smaller <- refit_quietly(fit, data, fit, control)
  reason <- unusable(smaller, fit)
  if (is.null(reason)) {
    larger <- grown(smaller, k, starts, control)
    reason <- unusable(larger, fit, k)
  }
  if (is.null(reason)) {
    list(status = larger$status, statistic = 2 * (larger$log_lik - smaller$log_lik))
  } else {
    list(status = "failed", reason = reason)
  }
}

new_lrt <- function(fit, larger, replicates, call = rlang::caller_env()) {
  finished <- are_finished(replicates)
  used <- are_used(replicates)
  if (!any(used)) {
    abort_model("No data set drawn from the fit could be used.", call = call)
  }
  out <- which(finished & !used)
  statistic <- 2 * (larger$log_lik - fit$log_lik)
  simulated <- run_numbers(replicates, "statistic")
  # Both are known to what the climbs left to gain.
  slack <- 2 * (fit$gap_limit + larger$gap_limit)
  structure(
    list(
      statistic = c("2 log(likelihood ratio)" = statistic),
      parameter = c("more parameters" = larger$df - fit$df),
      p.value = (1 + sum(simulated[used] >= statistic - slack)) / (1 + sum(used)),
      null.value = c("number of components" = fit$k),
      alternative = "greater",
      method = sprintf("Bootstrap likelihood-ratio test of %d against %d components (%s)", fit$k,
        larger$k, fit$covariance),
      data.name = and_list(fit$terms),
      k = c(fit$k, larger$k),
      log_lik = c(fit$log_lik, larger$log_lik),
      simulated = simulated,
      n = length(replicates),
      finished = sum(finished),
      used = sum(used),
      failures = data.frame(replicate = out, reason = run_words(replicates[out], "reason")),
      larger = larger
    ),
    class = c("em_lrt", "htest")
  )
}

#' @rdname em_lrt
#' @param x A test, as returned by `em_lrt()`.
#' @export
print.em_lrt <- function(x, ...) {
  check_no_dots()
  simulated <- stats::na.omit(x$simulated)
  cli::cat_line(cli::style_bold("Bootstrap likelihood-ratio test"), ": ", x$k[1], " against ",
    x$k[2], " components")
  cli::cat_line()
  say(lrt_answer(x))
  say(
    "The log-likelihood rises by ", number_text(x$statistic / 2, 3L), " with ", x$parameter,
    " more parameters, from ", likelihood_text(x$log_lik[1]), " to ",
    likelihood_text(x$log_lik[2]), ". Of ", x$used, " data sets drawn from ", x$k[1], " ",
    plural(x$k[1], "component"), " half gain more than ",
    number_text(stats::median(simulated) / 2, 3L), ", and the most is ",
    number_text(max(simulated) / 2, 3L), "."
  )
  if (nrow(x$failures) > 0) {
    say(nrow(x$failures), " more ", plural(nrow(x$failures), "was", "were"), " kept out, the",
      " first because ", x$failures$reason[1], ".")
  }
  if (x$finished < x$n) say("It was stopped after ", x$finished, " of ", x$n, ".")
  say("More: x$larger is the larger fit, x$simulated has the statistics.")
  invisible(x)
}

# The usual 5 per cent; and what so few data sets cannot say.
lrt_answer <- function(x) {
  least <- 1 / (1 + x$used)
  paste0(
    "p = ", number_text(x$p.value),
    if (x$p.value <= least) " (the least that so many data sets can show)",
    if (x$p.value <= least && least >= 0.05) {
      ": draw more of them, n = 99 or above."
    } else if (x$p.value < 0.05) {
      sprintf(": %d %s not enough.", x$k[1], plural(x$k[1], "component is", "components are"))
    } else {
      sprintf(": the data do not call for more than %d %s.", x$k[1], plural(x$k[1], "component"))
    }
  )
}

#' @rdname em_lrt
#' @export
tidy.em_lrt <- function(x, ...) {
  check_no_dots()
  data.frame(
    statistic = unname(x$statistic), parameter = unname(x$parameter), p.value = x$p.value,
    method = x$method
  )
}
