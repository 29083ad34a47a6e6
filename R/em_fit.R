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
#' @param model A model, from [em_model()].
#' @param starts Where to start: a parameter in the shape that the model's
#'   functions take, or an earlier fit, whose parameters are then used.
#' @param control Options of the engine, see [em_control()].
#'
#' @return An object of class `c("em_user", "em_fit")`, to be asked by
#'   [em_parameters()], [coef()][em_fit-methods], `vcov()`, `confint()`, `logLik()`,
#'   [summary()][em_fit-print], [tidy()][em_fit-tidiers], `glance()`,
#'   [em_trace()], [em_diagnose()], [plot()][plot.em_fit],
#'   [update()][update.em_fit]. `em_parameters()` has the shape of `starts`;
#'   `coef()` names the same numbers `block`, `block[element]` or
#'   `block[row,column]`, of a covariance or a correlation only the lower
#'   triangle. `df` is the number of flat coordinates.
#'
#' @section Errors and warnings:
#' `missmix_error_argument`: `starts` does not fit the model or is not legal: its
#' log-likelihood must be a finite number.
#' `missmix_error_model`: one of the model's functions raised an error or returned
#' something of the wrong shape; the message names the function.
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
em_fit <- function(model, starts, control = em_control()) {
  check_made_by(model, "em_model", "em_model()")
  check_control(control)
  start <- user_start(model, starts)
  functions <- user_functions(model, start)
  found <- user_fit_(
    functions$evaluate, functions$layout$pack(start), control, watch_climb(control),
    known_gap(starts, model)
  )
  if (functions$interrupted()) {
    found$status <- "stopped"
  }
  check_start_found(found)
  found$constant <- is_constant(found, functions, start)
  fit <- new_user_fit(found, model, functions$layout, control, match.call())
  if (fit$status == "non_finite") {
    where <- non_finite_words(fit, functions)
    warn_convergence(c("{fit$message}", x = "{where}"))
    fit$message <- paste(fit$message, where)
  } else {
    warn_of_status(fit)
  }
  fit
}

new_user_fit <- function(found, model, layout, control, user_call) {
  new_em_fit(
    found,
    call = user_call,
    model = model$name,
    em_model = model,
    parameters = layout$unpack(found$x),
    packed = found$x,
    df = length(found$x),
    nobs = if (is.null(model$nobs)) NA_real_ else model$nobs,
    control = control,
    constant = found$constant,
    class = "em_user"
  )
}

# Where the log-likelihood is no number there is nothing to climb from.
check_start_found <- function(found, call = rlang::caller_env()) {
  if (found$status == "non_finite" && !is.finite(found$objective)) {
    abort_argument(c(
      "{.arg starts} is not legal: the log-likelihood is {found$objective} there.",
      i = "{.fn em_check_model} tests the model at a parameter."
    ), call = call)
  }
}

# Has the objective never changed, though the climb or a plain EM step from its end
# moves the parameter? Then nothing was climbed.
is_constant <- function(found, functions, start) {
  if (found$status != "converged" || !unchanging(found$trace$objective)) {
    return(FALSE)
  }
  image <- functions$evaluate(found$x, trial = TRUE)$next_x
  points <- list(functions$layout$pack(start), found$x, image)
  moves_much(points[lengths(points) > 0])
}

# What an earlier fit of this very model found out about the gap: the engine need
# not measure it again.
known_gap <- function(starts, model) {
  known <- if (inherits(starts, "em_user") && identical(starts$em_model, model)) {
    starts$gap_per_step2
  }
  if (isTRUE(is.finite(known))) known else 0
}

# A legal parameter in the model's own shape.
user_start <- function(model, starts, call = rlang::caller_env()) {
  if (inherits(starts, "em_fit")) {
    starts <- em_parameters(starts)
  }
  problem <- start_problem(model, starts)
  if (!is.null(problem)) {
    abort_argument(c("{.arg starts} does not suit the model.", x = "It {problem}."), call = call)
  }
  starts
}

# Why this parameter cannot be a start, in words, or NULL.
start_problem <- function(model, par) {
  if (!is.null(model$pack)) {
    layout <- tryCatch(parameter_layout(model, par), error = identity)
    if (inherits(layout, "error")) {
      return(paste0("cannot be packed: ", conditionMessage(layout)))
    }
    problem <- layout$value_problem(par)
    return(if (is.null(problem)) flat_problem(layout, par) else problem)
  }
  problem <- block_problem(par)
  if (is.null(problem)) {
    problem <- transforms_problem(model$transforms, par)
  }
  if (!is.null(problem)) {
    return(problem)
  }
  illegal <- illegal_value(par, model$transforms)
  if (!is.null(illegal)) {
    return(paste("is not legal:", illegal))
  }
  flat_problem(parameter_layout(model, par), par)
}

# What may be wrong with its flat coordinates: none at all, or no way back.
flat_problem <- function(layout, par) {
  x <- layout$pack(par)
  if (length(x) == 0) {
    return("has no free coordinate: there is nothing to estimate")
  }
  # An error of the user's is named when the climb meets it.
  back <- tryCatch(layout$unpack(x), error = identity)
  if (is.null(back)) "does not come back from unpack(pack())"
}

# Before there is a layout: a block may not even have the shape its transform needs.
illegal_value <- function(par, transforms) {
  transforms <- matched_transforms(transforms, par)
  labels <- if (is.list(par)) block_labels(par) else "par"
  blocks <- if (is.list(par)) par else list(par)
  for (k in seq_along(blocks)) {
    problem <- finite_problem(blocks[[k]])
    if (is.null(problem)) {
      problem <- transforms[[k]]$problem(blocks[[k]])
    }
    if (!is.null(problem)) {
      return(sprintf("`%s` %s", labels[[k]], problem))
    }
  }
}

# Which of the user's functions gave the number that ended the climb.
non_finite_words <- function(fit, functions) {
  where <- if (fit$iterations == 0) "at the start" else "at the best point reached"
  image <- functions$step(fit$parameters)
  problem <- functions$layout$value_problem(image)
  if (!is.null(problem)) {
    return(sprintf("The EM step %s leads to a parameter that is not legal: %s.", where, problem))
  }
  value <- functions$objective(functions$layout$pack(image))
  sprintf("The log-likelihood is %s after the EM step %s.", format(value), where)
}
