# Gaussian mixtures: checks, data, the climbs, the fit.

#' Gaussian mixtures, also with missing cells
#'
#' Fits a mixture of k normal distributions by maximum likelihood, from many starts, by an
#' accelerated EM algorithm that never goes downhill. Missing cells are part of the model: nothing
#' is imputed before. [em_basins()] shows which hills the starts found, [em_diagnose()] says how
#' far to trust the answer, [em_select()] compares numbers of components and families.
#'
#' @details
#' The covariance of component k is volume * D * shape * D': volume, shape and orientation D each
#' equal (`E`) or varying (`V`) between components, or the identity (`I`), by the three-letter
#' names of mclust (Celeux and Govaert 1995): `"EII"`, `"VII"`, `"EEI"`, `"VEI"`, `"EVI"`,
#' `"VVI"`, `"EEE"`, `"VEE"`, `"EVE"`, `"VVE"`, `"EEV"`, `"VEV"`, `"EVV"`, `"VVV"`; for one
#' variable `"E"` and `"V"`.
#'
#' The likelihood of a mixture with varying covariances has no maximum: it is infinite where a
#' component sits on a single point. What is wanted is the highest *sound* local maximum. A
#' component is called *thin* where in some direction its variance is below 1/100 of the pooled
#' within-component variance; or below 1/20, and it does not stand apart: given the pooled
#' covariance it would keep less than three quarters of its rows. Such a mode may rest on a few
#' rows that happen to lie close together. Modes that are thin or run to a singular covariance are
#' shown by [em_basins()] with their flag and are never chosen, unless nothing else was found; the
#' fit then warns.
#'
#' Rows without any observed cell are kept: they say nothing, and `predict()` gives them the
#' proportions. Cells are taken to be missing at random.
#'
#' More than 2,000 rows: starts are found and compared on 2,000 rows drawn at random, and climbed
#' to the end on all.
#'
#' A component of weight zero stays there under EM. A start may hold zeros (the component is then
#' left out, and the fit has fewer than k), and a fit may lose a component on the way (a weight
#' below 1e-6 that stands for less than a hundredth of a row): `fit$dropped` tells of both. It is a
#' data frame with `block`, `element` (which proportion; those left out are numbered behind the
#' others) and `derivative`: the factor by which one EM step multiplies the weight of the component
#' from 1e-10, the mean of its density divided by that of the mixture. Above one the fit is no
#' maximum, though EM cannot leave it. `revive = TRUE` climbs again from small weights (0.01, 0.1
#' and 1 / k), the steepest first, and keeps the highest sound end if it lies above;
#' `fit$revived` has `block`, `element`, `derivative`, `weight` (from which it came back) and
#' `gain`.
#'
#' @param x The data: a data frame or numeric matrix, one row a case, `NA` for missing cells; a
#'   numeric vector for one variable; or a one-sided formula, as in [em_mvn()]. Columns of a data
#'   frame that are no numbers must be left out by `columns`.
#' @param data,columns,transform,weights As in [em_mvn()].
#' @param k Number of components, at least 1.
#' @param covariance Name of the covariance family, see details. The default is `"VVV"`, `"V"` for
#'   one variable.
#' @param noise Add a component of uniform noise over the box that holds the data?
#' @param prior [em_prior_flat()] (maximum likelihood) or [em_prior_conjugate()].
#' @param starts Where to start: [em_starts()], an earlier fit, a list with `proportions`, `means`
#'   and `covariances` as of [em_parameters()], or a partition of the rows: a vector or factor with
#'   one label for each row (`NA` for none; with noise 0 for the noise).
#' @param revive Start components again that lost their weight?
#' @param control Options of the climbs, by [em_control()]. Starts run in parallel on
#'   `n_threads` threads or, with a plan of the future package, on its workers: [em_starts()].
#' @param keep_data Keep the data in the fit? With `FALSE` no row is kept: standard errors are
#'   computed at once, and `predict()` and `augment()` need the data handed over again.
#' @param ... For the methods; a misspelt argument is an error.
#'
#' @return An object of class `c("em_gmm", "em_fit")`, a plain list that can be saved and reloaded.
#'   [em_parameters()] gives a list of `proportions` (k, named; with noise one more, `noise`),
#'   `means` (k x d matrix) and `covariances` (d x d x k array), on the modelled scale, by
#'   decreasing proportion. To be asked with [coef()][em_fit-methods], `vcov()`, `confint()`,
#'   `logLik()`, [tidy()][em_fit-tidiers], `glance()`, `augment()`, [predict()][predict.em_gmm],
#'   `simulate()`, [update()][update.em_fit], [em_basins()], [em_diagnose()], [em_bootstrap()],
#'   [plot()][plot.em_fit].
#'
#' @section Errors and warnings:
#' `missmix_error_data`, naming row and column: as [em_mvn()]; also fewer distinct rows than
#' components. `missmix_error_argument`: anything wrong with the other arguments.
#' `missmix_warning_convergence`: the climb ended before it arrived.
#' `missmix_warning_degenerate`: nothing but thin or degenerate modes was found.
#' `missmix_warning_boundary`: a component lost its weight.
#'
#' @references
#' Celeux G, Govaert G (1995). Gaussian parsimonious clustering models. *Pattern Recognition* 28,
#' 781-793. \doi{10.1016/0031-3203(94)00125-6}.
#'
#' Fraley C, Raftery AE (2007). Bayesian regularization for normal mixture estimation and
#' model-based clustering. *Journal of Classification* 24, 155-181.
#' \doi{10.1007/s00357-007-0004-5}.
#'
#' Ghahramani Z, Jordan MI (1994). Supervised learning from incomplete data via an EM approach.
#' *Advances in Neural Information Processing Systems* 6, 120-127.
#'
#' McLachlan GJ, Peel D (2000). *Finite Mixture Models*. Wiley.
#' @seealso [em_starts()], [em_basins()], [em_select()], `vignette("mixtures")`.
#' @export
#' @examples
#' fit <- em_gmm(faithful, k = 3, starts = em_starts(20, seed = 1))
#' fit
#' em_basins(fit)
#' head(augment(fit))
#' em_gmm(airquality, k = 2, starts = em_starts(10, seed = 1))
em_gmm <- function(x, ...) {
  UseMethod("em_gmm")
}

#' @rdname em_gmm
#' @export
em_gmm.formula <- function(x, data, k = 1L, covariance = NULL, noise = FALSE, weights = NULL,
                           prior = em_prior_flat(), starts = em_starts(), revive = FALSE,
                           control = em_control(), keep_data = TRUE, ...) {
  check_no_dots()
  call <- fit_call(match.call(), quote(em_gmm))
  if (missing(data)) {
    abort_argument("{.arg data} is missing: a formula names columns of {.arg data}.")
  }
  terms <- em_formula_terms(x, data)
  data <- as_em_data(data, terms$variables, terms$transform, weights)
  fit_gmm(data, k, covariance, noise, prior, starts, revive, control, keep_data, call)
}

#' @rdname em_gmm
#' @export
em_gmm.default <- function(x, k = 1L, covariance = NULL, noise = FALSE, columns = NULL,
                           transform = NULL, weights = NULL, prior = em_prior_flat(),
                           starts = em_starts(), revive = FALSE, control = em_control(),
                           keep_data = TRUE, ...) {
  check_no_dots()
  call <- fit_call(match.call(), quote(em_gmm))
  data <- as_em_data(one_column(x, call$x), columns, transform, weights)
  fit_gmm(data, k, covariance, noise, prior, starts, revive, control, keep_data, call)
}

# A plain numeric vector is a single variable, with the name that the user has for it, if any: what
# a function passes on as `...` is called `..1`.
one_column <- function(x, expression) {
  if (!is.numeric(x) || !is.null(dim(x)) || is.object(x)) {
    return(x)
  }
  # MASS::galaxies, trees$Girth
  if (is.call(expression) && as.character(expression[[1]])[1] %in% c("::", "$")) {
    expression <- expression[[3]]
  }
  name <- if (is.symbol(expression)) as.character(expression) else "x"
  if (grepl("^[.][.][0-9]+$", name)) name <- "x"
  matrix(x, ncol = 1, dimnames = list(names(x), name))
}

fit_gmm <- function(data, k, covariance, noise, prior, starts, revive, control, keep_data,
                    user_call, call = rlang::caller_env()) {
  setup <- gmm_setup(data, k, covariance, noise, prior, call)
  check_control(control, call = call)
  check_flag(revive, call = call)
  check_flag(keep_data, call = call)
  begin <- gmm_starts(starts, data, setup, call)
  found <- gmm_run(data, begin, control)
  check_columns_found(found$problems, data, call)
  if (searches_on(begin) && !was_stopped(found)) {
    searched <- search_on(found, begin, data, control)
    found <- searched$found
    begin <- searched$begin
  }
  fit <- new_gmm_fit(found, begin, data, prior, control, user_call)
  fit <- test_gmm_zeros(fit, begin$zeros)
  if (revive) fit <- revived(fit)
  # As asked for: a fit may have lost a component, or its noise.
  fit$asked <- list(k = k, noise = noise)
  fit$revive <- revive
  if (!keep_data) {
    fit$entropy <- classification_entropy(fit)
    fit <- forget_data(fit)
  }
  warn_of_gmm(fit, call)
  fit
}

# What the core must know besides the data. Lives on in the fit.
gmm_setup <- function(data, k, covariance, noise, prior, call) {
  check_count(k, upper = max(data$n, 1L), call = call)
  check_flag(noise, call = call)
  list(
    k = as.integer(k),
    family = check_covariance(covariance, data$p, call),
    noise = noise,
    prior = gmm_prior(prior, data, k, call)
  )
}

gmm_families <- c(
  "EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"
)

check_covariance <- function(covariance, p, call) {
  if (is.null(covariance)) {
    return(if (p == 1) "V" else "VVV")
  }
  known <- if (p == 1) c("E", "V") else gmm_families
  # One variable has a volume and nothing else.
  if (p == 1 && checkmate::test_choice(covariance, gmm_families)) {
    covariance <- substr(covariance, 1, 1)
  }
  check_choice(covariance, known, call = call)
  covariance
}

# Climbs from all starts: the core's list of results.
gmm_run <- function(data, begin, control) {
  climb <- gmm_climb(data$columns, data$weights, begin[c("setup", "starts", "part")])
  options <- begin$options
  run_core_starts(climb, length(begin$starts), options$screen, options$keep, control)
}

# The .Call as run_core_starts() takes it. Made here: workers are sent no more of the data than it
# needs.
gmm_climb <- function(columns, weights, begin) {
  force(columns)
  force(weights)
  total <- length(begin$starts)
  function(numbers, screen, keep, control, number = NULL) {
    gmm_fit_(
      columns, weights, begin$setup, begin$starts[numbers], begin$part, screen, keep,
      climbing_control(control), watch_climb(control, total, number)
    )
  }
}

# With a portfolio of starts the best of them is a place to go on from: three components or more
# can be merged and split.
searches_on <- function(begin) {
  identical(begin$spec$method, "auto") && begin$setup$k >= 3
}

# How the record calls the starts of the search below.
search_method <- "split and merge"

# By an interrupt, the time limit or a callback: no further climb is wanted.
was_stopped <- function(found) {
  any(vapply(found$starts, function(start) start$status == "stopped", logical(1)))
}

# Climbs from splits and merges of the best mode, again where they found a higher one. They take
# part like all other starts.
search_on <- function(found, begin, data, control, most_rounds = 3L) {
  for (round in seq_len(most_rounds)) {
    best <- best_of(found)
    if (is.na(best)) break
    more <- begin
    more$starts <- split_merge_starts(found$starts[[best]]$parameters)
    more$options$keep <- 2L
    further <- gmm_run(data, more, control)
    if (was_stopped(further)) break
    height <- found$starts[[best]]$objective
    found$starts <- c(found$starts, further$starts)
    begin$method <- c(begin$method, rep(search_method, length(more$starts)))
    now <- best_of(found)
    if (found$starts[[now]]$objective < height + least_rise) break
  }
  list(found = found, begin = begin)
}

# Log-likelihood by which a hill must be higher to count as another one.
least_rise <- 0.01

# The number of the best sound end, NA where there is none.
best_of <- function(found) {
  height <- vapply(found$starts, function(start) {
    sound <- start$finished && start$status %in% c("converged", "max_iter") && !isTRUE(start$thin)
    if (sound) start$objective else NA_real_
  }, numeric(1))
  if (all(is.na(height))) NA_integer_ else which.max(height)
}
