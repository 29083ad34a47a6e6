# Questions of the stats package that have no agreed answer where no variable is the
# response: their default methods would return NULL or nonsense.

#' What a fit does not answer
#'
#' All variables are modelled together: none is the response, so that there are no
#' fitted values, residuals or residual standard deviation, and no model frame.
#' These methods raise an error that names what to ask instead. A deconvolution has fitted values
#' and residuals, see [fitted()][fitted.em_deconvolve].
#'
#' @param object,x,formula A fit, as returned by [em_mvn()] or [em_fit()].
#' @param ... Not used.
#'
#' @return None.
#'
#' @section Errors:
#' `missmix_error_model`, always.
#'
#' @name em_fit-refusals
#' @seealso [em_parameters()], [predict()][predict.em_mvn],
#'   [augment()][em_fit-tidiers], [deviance()][em_fit-methods].
NULL

#' @rdname em_fit-refusals
#' @export
fitted.em_fit <- function(object, ...) {
  refuse("fitted values",
    "{.fn predict} fills in missing cells, or classifies the rows of a mixture.")
}

#' @rdname em_fit-refusals
#' @export
residuals.em_fit <- function(object, ...) {
  refuse("residuals", "{.fn augment} says how unusual each row is.")
}

#' @rdname em_fit-refusals
#' @export
sigma.em_fit <- function(object, ...) {
  refuse(
    "residual standard deviation",
    "{.code em_parameters(fit)$sigma} is the covariance matrix, where the model has one."
  )
}

#' @rdname em_fit-refusals
#' @export
formula.em_fit <- function(x, ...) {
  refuse("formula", "{.code fit$call} is the call, {.code fit$transform} the transforms.")
}

#' @rdname em_fit-refusals
#' @export
model.frame.em_fit <- function(formula, ...) { # nolint: object_name_linter.
  refuse("model frame", "{.fn augment} gives the data of a fit.")
}

refuse <- function(what, instead, of = "A fit of all variables together",
                   call = rlang::caller_env()) {
  abort_model(c(
    "{of} has no {what}.",
    i = instead
  ), call = call)
}
