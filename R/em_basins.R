#' Which hills the starts found
#'
#' EM climbs the hill it starts on. Of a fit from more than one start, `em_basins()` tells which
#' distinct modes the starts ended on, how often each was found, whether it can be trusted, and
#' what that says about modes that no start has found.
#'
#' @details
#' Starts are on one mode where their log-likelihoods agree *and* their parameters do. Components
#' of mixtures have no order: they are matched by the Hungarian method (Kuhn 1955) on the
#' Bhattacharyya distance between their distributions. So are, in a model written in R, blocks as
#' long as a simplex among them, such as the rates of a mixture of Poissons. Climbs stop a little
#' below the top: log-likelihoods agree if they differ by less than 0.001, or ten times what both
#' climbs had still to gain. Parameters agree if nothing differs by more than 0.1: means, in
#' standard deviations of the component; logarithms of standard deviations, in any direction;
#' logarithms of weights (those below a hundredth of a row count as nothing). Coefficients of a
#' model written in R agree if they differ by less than a tenth of themselves or of the
#' middle-sized one, whichever is more. Two climbs to a mode that the data hardly determine may
#' therefore count as two modes; `print()` says so where they are equally high (within 1e-5).
#'
#' A mode is *sound* unless its climb failed or collapsed (`degenerate`), a component is `thin`, or
#' it is known to be a saddle. The fit is the highest sound mode; modes above it are listed with
#' their flag, and never chosen silently.
#'
#' How many modes have not been seen can be told only from starts drawn alike: all by one of the
#' methods `"random"`, `"partition"`, `"kmeans++"` and `"perturb"` and all of them climbed to the
#' end, as by `em_starts(60, method = "random", keep = 60)`. Of n such starts that arrived, on w
#' modes, w(n - 1) / (n - w - 2) - w is the posterior expectation of the number of modes not yet
#' seen (Boender and Rinnooy Kan 1987; it needs n > w + 2), and the share of modes found once, in
#' starts, estimates the chance that one more such start finds a new one (Good 1953, who credits
#' Turing). Both speak of modes that this method can reach. Starts that failed or collapsed have
#' found no mode and are not counted. Nothing is said where modes are equally high: most likely
#' they are points of one ridge, of which any number could be found.
#'
#' @param fit A fit from more than one start, see [em_starts()].
#' @param ... Not used; anything here is an error.
#' @param standard_errors Measure in standard errors how well the starts on the chosen mode
#'   agree? `NULL`: where standard errors are known or cheap.
#'
#' @return A data frame of class `em_basins`, one row for each mode, highest first:
#' * `mode`: its number, 1 the highest by `objective`;
#' * `log_lik`, `objective`: of the highest of its climbs; the objective includes the log prior;
#' * `below`: how far its objective lies below that of the best sound mode (negative: above);
#' * `hits`: how many starts found it; `share`: of the starts climbed to the end;
#' * `methods`: which methods found it, and how often: `"random 45, kmeans 3"`;
#' * `first`: number of the first start that found it;
#' * `status`: how its highest climb ended, see [glance()][em_fit-tidiers];
#' * `smallest_weight`: of its components, `NA` for models without;
#' * `condition`: the largest divided by the smallest variance of any component in any direction,
#'   directions measured in the covariance within components; for [em_mvn()] the condition number
#'   of the correlation matrix; `NA` for models without covariances;
#' * `thinness`, `thin`: of the thinnest component, as the model defines it;
#' * `degenerate`: does the climb run to a singular covariance?
#' * `saddle`: `"ended on"` one (looked at for the chosen mode only), `"passed"` (a climb met one
#'   and left it) or `"none"`;
#' * `sound`: none of the flags above, and no failure;
#' * `chosen`: is this the fit?
#'
#' The attribute `summary` is a list of
#' * `starts`, `finished`, `failed`: numbers of starts made, climbed to the end, and of those
#'   without any legal end;
#' * `best`: number of the best sound mode (`NA` if none), `share` of the finished starts on it;
#' * `spread`: how far the second sound mode lies below it, `NA` where there is one only;
#' * `unseen`: list of `method`, `starts` (n), `modes` (w), `once` (modes found once), `expected`
#'   (modes not yet seen), `chance` (that one more start finds a new one) and `reason`, why these
#'   are `NA`, or `NULL`;
#' * `agreement`: list of `distance`, the largest difference of any coefficient between two starts
#'   on the chosen mode, in its standard errors, `coefficient`, which it is, `starts`, how many were
#'   compared, and `reason`, why it is `NA`, or `NULL`.
#'
#' `print()` and `plot()` return `x`, invisibly; `autoplot()` a ggplot.
#'
#' @section Errors:
#' `missmix_error_argument`: `fit` is no fit. `missmix_error_model`: the fit comes from one start
#' only, or no start was climbed to a legal end.
#'
#' @references
#' Boender CGE, Rinnooy Kan AHG (1987). Bayesian stopping rules for multistart global optimization
#' methods. *Mathematical Programming* 37, 59-80. \doi{10.1007/BF02591684}.
#'
#' Good IJ (1953). The population frequencies of species and the estimation of population
#' parameters. *Biometrika* 40, 237-264. \doi{10.1093/biomet/40.3-4.237}.
#'
#' Kuhn HW (1955). The Hungarian method for the assignment problem. *Naval Research Logistics
#' Quarterly* 2, 83-97. \doi{10.1002/nav.3800020109}.
#'
#' @seealso [em_starts()], [em_diagnose()], `plot(fit, "basins")`.
#' @export
em_basins <- function(fit, ..., standard_errors = NULL) {
  check_no_dots()
  if (!inherits(fit, "em_fit")) {
    abort_argument("{.arg fit} must be a fit, not {.obj_type_friendly {fit}}.")
  }
  if (!is.null(standard_errors)) check_flag(standard_errors)
  check_many_starts(fit)
  modes <- modes_of(fit)
  table <- mode_table(fit, modes)
  best <- which(table$sound)
  finished <- sum(fit$runs$table$finished)
  structure(
    table,
    class = c("em_basins", "data.frame"),
    summary = list(
      starts = nrow(fit$runs$table),
      finished = finished,
      failed = finished - sum(table$hits),
      best = best[1],
      share = table$share[best[1]],
      spread = table$below[best[2]] - table$below[best[1]],
      unseen = unseen_modes(fit, modes, table),
      agreement = agreement(fit, modes, standard_errors)
    )
  )
}

check_many_starts <- function(fit, call = rlang::caller_env()) {
  if (!takes_starts(fit)) {
    abort_model(c(
      "This model does not climb from several starts: each sample is solved from one place.",
      i = "{.fn em_diagnose} says how far to trust the fit."
    ), call = call)
  }
  if (is.null(fit$runs)) {
    abort_model(c(
      "The fit comes from one start: it knows of one hill only.",
      i = "More: {.code update(fit, starts = em_starts(20))}"
    ), call = call)
  }
  if (!any(ended_legally(fit$runs))) {
    abort_model("No start was climbed to a legal end: there is no mode to show.", call = call)
  }
}

ended_legally <- function(runs) {
  runs$table$finished & is.finite(runs$table$objective) & lengths(runs$parameters) > 0
}

# Found once: with hundreds of components matching takes its time.
modes_of <- function(fit) {
  if (!identical(fit$cache$modes$of, fit$runs$table)) {
    fit$cache$modes <- list(of = fit$runs$table, mode = find_modes(fit))
  }
  fit$cache$modes$mode
}

# Each start's mode, NA for starts without: not finished, or failed. Numbered from the highest
# down. A start joins the first mode whose highest climb it agrees with: with a chain of
# neighbours two hills could become one.
find_modes <- function(fit) {
  table <- fit$runs$table
  known <- ended_legally(fit$runs)
  modes <- rep(NA_integer_, nrow(table))
  tops <- integer()
  for (start in order(-table$objective)) {
    if (!known[start]) next
    mode <- Position(function(top) same_mode(fit, start, top), tops)
    if (is.na(mode)) {
      tops <- c(tops, start)
      mode <- length(tops)
    }
    modes[start] <- mode
  }
  modes
}

# Climbs stop about sqrt(2 g) standard errors from the top, g being what is still to be gained
# (1e-6 by default), so that two of them on one mode lie within 2 sqrt(2 g) = 0.003 standard errors.
# A standard error is at most a few component standard deviations, even for components of a few
# rows with nearly all information missing: 0.1 leaves a factor of ten. Distinct modes are further
# apart in something. The gap is an estimate that may be too small by some factor; a difference
# in height of 0.001 means nothing to anybody. Modes at *one* height, to 1e-5, are not there by
# chance: they are points of a ridge, or the same components in another order.
mode_limits <- list(height = 1e-3, gaps = 10, shift = 0.1, equal = 1e-5)

same_mode <- function(fit, start, top) {
  runs <- fit$runs$table[c(start, top), ]
  collapsed <- runs$status == "degenerate"
  if (collapsed[1] != collapsed[2]) {
    return(FALSE)
  }
  # The log-likelihood of a collapsing climb is where it happened to stop on its way to infinity.
  if (!collapsed[1]) {
    gaps <- sum(runs$gap[is.finite(runs$gap) & runs$gap > 0])
    limit <- max(mode_limits$height, mode_limits$gaps * gaps, arithmetic_limit(runs$objective))
    if (abs(diff(runs$objective)) > limit) {
      return(FALSE)
    }
  }
  shift <- mode_shift(fit, fit$runs$parameters[[start]], fit$runs$parameters[[top]])
  isTRUE(max(abs(shift)) <= mode_limits$shift)
}

mode_table <- function(fit, modes) {
  runs <- fit$runs$table
  members <- split(seq_along(modes), modes)
  top <- vapply(members, function(starts) {
    starts[which.max(runs$objective[starts])]
  }, integer(1), USE.NAMES = FALSE)
  any_of <- function(flag) vapply(members, function(starts) any(flag[starts]), NA)
  hits <- lengths(members, use.names = FALSE)
  table <- data.frame(
    mode = seq_along(members),
    log_lik = runs$log_lik[top],
    objective = runs$objective[top],
    below = NA_real_,
    hits = hits,
    share = hits / sum(runs$finished),
    methods = vapply(members, function(starts) method_counts(runs$method[starts]), ""),
    first = vapply(members, min, 0L),
    status = runs$status[top],
    smallest_weight = runs$smallest_weight[top],
    condition = vapply(top, function(start) {
      mode_condition(fit, fit$runs$parameters[[start]])
    }, 0),
    thinness = runs$thinness[top],
    degenerate = any_of(runs$status == "degenerate"),
    thin = any_of(runs$thin %in% TRUE),
    saddle = ifelse(any_of(runs$saddles > 0), "passed", "none"),
    row.names = NULL
  )
  table$chosen <- table$mode %in% modes[fit$runs$chosen]
  if (ends_on_saddle(fit)) table$saddle[table$chosen] <- "ended on"
  table$sound <- !table$degenerate & !table$thin & table$saddle != "ended on" &
    !table$status %in% failures
  best <- c(which(table$sound), 1L)[1]
  table$below <- table$objective[best] - table$objective
  table[c(setdiff(names(table), c("sound", "chosen")), "sound", "chosen")]
}

# "random 45, kmeans 3".
method_counts <- function(methods) {
  counts <- table(factor(methods, unique(methods)))
  counts <- counts[order(-counts)]
  paste(names(counts), counts, collapse = ", ")
}

# Only where it is known already or cheap: the climb itself leaves the saddles that it meets.
ends_on_saddle <- function(fit) {
  if (!information_is_cheap(fit)) {
    return(FALSE)
  }
  info <- information(fit)
  isTRUE(info$smallest < -info$flat) && fit$status == "converged"
}

# Some of the modes are a plain table: what was said of all no longer holds.
#' @export
`[.em_basins` <- function(x, ...) as.data.frame(x)[...]

#' @rdname em_basins
#' @param row.names,optional As in [as.data.frame()].
#' @export
as.data.frame.em_basins <- function(x, row.names = NULL, # nolint: object_name_linter.
                                    optional = FALSE, ...) {
  class(x) <- "data.frame"
  attr(x, "summary") <- NULL
  x
}
