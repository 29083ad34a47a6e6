#' Change a fit, or go on from where it was
#'
#' Makes the call of the fit again with some arguments changed, *starting from
#' the parameters of this fit*. `update(fit)` alone goes on with a fit that was
#' stopped or ran into its limit; `update(fit, control = em_control(tol = 1e-9))`
#' goes on to a finer tolerance; both take only the passes that are still
#' needed.
#'
#' @details
#' Arguments that are not changed keep the values that the fit holds (data,
#' weights, prior, control), so that a fit which was saved and reloaded goes on
#' although the objects of the original call are gone. To use a changed data
#' frame, hand it over: `update(fit, data = )` for a fit by formula,
#' `update(fit, bulk = )` for a deconvolution, else `update(fit, x = )`.
#'
#' A deconvolution solves every sample again, from scratch: that takes about a millisecond
#' each. It remembers bulk and reference as they were given, so that `update(fit, genes = )` finds
#' genes that were not used before; with `keep_data = FALSE` the reference alone.
#'
#' When the change is one of variables (another formula, `columns`, `transform`,
#' or data without the variables of the fit) or of the number of components, the old
#' parameters do not match and the new fit starts afresh. Transforms of columns that
#' `columns` drops go with them.
#'
#' @param object A fit, as returned by [em_mvn()], [em_deconvolve()] or [em_fit()].
#' @param ... Arguments of the function that made it to change, by name.
#' @param evaluate Make the new fit (`TRUE`), or return the call for it?
#'
#' @return A new fit; with `evaluate = FALSE` the call. That call holds the data.
#'
#' @section Errors:
#' `missmix_error_argument`: an argument to change has no name.
#' `missmix_error_data`: the fit does not hold its data (`keep_data = FALSE`), and
#' they are not handed over. Errors of [em_mvn()] and [em_fit()].
#'
#' @name update.em_fit
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol", "albumin")])
#' update(fit, control = em_control(tol = 1e-9))
#' @export
update.em_fit <- function(object, ..., evaluate = TRUE) {
  check_flag(evaluate)
  changes <- as.list(substitute(list(...)))[-1]
  caller <- rlang::caller_env()
  if (length(changes) > 0 && !all(nzchar(rlang::names2(changes)))) {
    abort_argument(c(
      "Arguments to change must be named.",
      i = "Such as {.code update(fit, control = em_control(tol = 1e-9))}."
    ))
  }
  call <- remembered_call(object, names(changes))
  if (takes_starts(object) && !"starts" %in% names(changes) &&
    same_variables(object, changes, caller)) {
    call$starts <- object
  }
  call[names(changes)] <- changes
  call$transform <- named_left(object, "transform", call, changes, caller)
  call$bounds <- named_left(object, "bounds", call, changes, caller)
  if (!evaluate) {
    return(call)
  }
  check_data_held(object, call, names(changes))
  fit <- eval_tidily(call, names(changes), caller)
  # The call as a user would write it, without the data inside.
  fit$call <- object$call
  fit$call[names(changes)] <- changes
  fit$call$transform <- call$transform
  if ("columns" %in% names(changes)) fit$call$bounds <- call$bounds
  fit
}

# The call of the fit with what the fit remembers in place of the names of
# objects, but for arguments that are about to change.
remembered_call <- function(fit, changed) {
  call <- fit$call
  held <- held_arguments(fit, changed)
  held <- held[lengths(held) > 0]
  kept <- setdiff(intersect(names(held), names(call)), changed)
  call[kept] <- held[kept]
  call
}

# Arguments of the call by name, as the fit holds them.
held_arguments <- function(fit, changed) UseMethod("held_arguments")

# Weights belong to the rows of the data.
held_arguments.em_fit <- function(fit, changed) {
  data <- data_argument(fit$call)
  held <- list(
    control = fit$control, prior = fit$prior, model = fit$em_model, revive = fit$revive,
    columns = fit$variables, transform = fit$transform, bounds = fit$bounds,
    k = fit$asked$k, noise = fit$asked$noise,
    covariance = fit$covariance, starts = fit$runs$starts
  )
  if (!data %in% changed && !is.null(fit$data)) {
    held$weights <- fit$weights
    held[[data]] <- fit$data$source
  }
  held
}

# Does the model go on from where it was?
takes_starts <- function(fit) UseMethod("takes_starts")

takes_starts.em_fit <- function(fit) TRUE

# An argument of the call that names variables, without those that have been dropped.
named_left <- function(fit, argument, call, changes, caller) {
  columns <- eval(changes$columns, caller)
  if (is.null(call[[argument]]) || is.null(columns) || argument %in% names(changes)) {
    return(call[[argument]])
  }
  left <- fit[[argument]][intersect(names(fit[[argument]]), columns)]
  if (length(left) > 0) left
}

# Which argument of the call holds the data: `data` beside a formula, `bulk` of a
# deconvolution, `x` otherwise; a model written in R has them inside `model`.
data_argument <- function(call) {
  intersect(c("data", "x", "bulk", "model"), names(call))[1]
}

# May the parameters of the fit serve as a start after these changes?
same_variables <- function(fit, changes, caller) {
  if (any(c("columns", "transform", "model", "k", "noise") %in% names(changes))) {
    return(FALSE)
  }
  given <- intersect(c("x", "data"), names(changes))
  if (length(given) == 0) {
    return(TRUE)
  }
  given <- lapply(changes[given], eval, caller)
  if (any(vapply(given, rlang::is_formula, logical(1)))) {
    return(FALSE)
  }
  has_variables <- function(x) {
    (is.data.frame(x) || is.matrix(x)) && all(fit$variables %in% column_names(x))
  }
  all(vapply(given, has_variables, logical(1)))
}

# An object of the same name may be about, but nobody knows that it is the data.
check_data_held <- function(fit, call, changed, error_call = rlang::caller_env()) {
  argument <- data_argument(call)
  if (argument == "model" || argument %in% changed || !is.null(fit$data)) {
    return(invisible())
  }
  abort_data(c(
    "The fit does not hold its data ({.code keep_data = FALSE}).",
    i = "Hand them over: {.code update(fit, {argument} = )}."
  ), call = error_call)
}

# Evaluates the call with its values behind names, so that an error or a warning
# shows `em_mvn(x = x)` and not the data. The function itself is found although the
# package may not be attached where a reloaded fit is updated.
eval_tidily <- function(call, changed, caller) {
  call[changed] <- lapply(call[changed], eval, caller)
  arguments <- rlang::names2(call)
  behind <- arguments[nzchar(arguments) & !vapply(as.list(call), is.language, logical(1))]
  found <- new.env(parent = caller)
  for (argument in behind) assign(argument, call[[argument]], found)
  call[behind] <- lapply(behind, as.name)
  if (is.symbol(call[[1]])) {
    name <- as.character(call[[1]])
    assign(name, get(name, topenv(), mode = "function"), found)
  }
  eval(call, found)
}
