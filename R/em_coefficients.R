#' Coefficients of a fit and their covariance, for pooling
#'
#' What [em_pool()] and [em_test()] ask of each analysis. A package with models of its own can add
#' a method.
#'
#' @details
#' The default takes [coef()] and [vcov()], which serves `lm`, `glm`, `nls`, `coxph`, `geeglm`,
#' `svyglm`, fits of this package and most others. Coefficients in a matrix (`mlm`, `multinom`)
#' become one vector with the names that `vcov()` has; rows of `vcov()` without a coefficient are
#' left out. Methods:
#' * mixed models (lme4 `merMod`, nlme `lme`): the fixed effects; variances of random effects are
#'   not pooled;
#' * `survreg`: with `Log(scale)`, unless the scale is fixed;
#' * `polr`: with the cutpoints.
#'
#' @param fit A fit.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of
#' * `estimate`: named numeric vector;
#' * `covariance`: numeric matrix with the same names, in the same order.
#' @section Errors:
#' Those of `coef()` and `vcov()`; [em_pool()] makes them `missmix_error_model`, with
#' the number of the analysis.
#' @export
#' @seealso [em_pool()].
#' @examples
#' em_coefficients(lm(dist ~ speed, cars))
em_coefficients <- function(fit, ...) {
  UseMethod("em_coefficients")
}

#' @rdname em_coefficients
#' @export
em_coefficients.default <- function(fit, ...) {
  check_no_dots()
  covariance <- as.matrix(stats::vcov(fit))
  estimate <- stats::coef(fit)
  if (is.matrix(estimate)) estimate <- matrix_coefficients(estimate, rownames(covariance))
  matching_coefficients(estimate, covariance)
}

#' @rdname em_coefficients
#' @export
em_coefficients.merMod <- function(fit, ...) {
  check_no_dots()
  rlang::check_installed("lme4")
  matching_coefficients(lme4::fixef(fit), as.matrix(stats::vcov(fit)))
}

#' @rdname em_coefficients
#' @export
em_coefficients.lme <- function(fit, ...) {
  check_no_dots()
  matching_coefficients(fit$coefficients$fixed, as.matrix(stats::vcov(fit)))
}

#' @rdname em_coefficients
#' @export
em_coefficients.survreg <- function(fit, ...) {
  check_no_dots()
  covariance <- stats::vcov(fit)
  scales <- setdiff(rownames(covariance), names(stats::coef(fit)))
  log_scale <- if (length(scales) > 0) stats::setNames(log(fit$scale), scales)
  matching_coefficients(c(stats::coef(fit), log_scale), covariance)
}

#' @rdname em_coefficients
#' @export
em_coefficients.polr <- function(fit, ...) {
  check_no_dots()
  matching_coefficients(c(fit$coefficients, fit$zeta), stats::vcov(fit))
}

# The rows of the covariance that belong to coefficients, in their order.
matching_coefficients <- function(estimate, covariance) {
  if (all(names(estimate) %in% rownames(covariance)) && !is.null(names(estimate))) {
    covariance <- covariance[names(estimate), names(estimate), drop = FALSE]
  }
  list(estimate = estimate, covariance = covariance)
}

# A matrix as a vector: names are "row:column" or "column:row", whichever vcov() knows.
matrix_coefficients <- function(estimate, known) {
  by_row <- outer(rownames(estimate), colnames(estimate), paste, sep = ":")
  by_column <- t(outer(colnames(estimate), rownames(estimate), paste, sep = ":"))
  labels <- if (all(by_row %in% known)) by_row else by_column
  found <- stats::setNames(as.vector(estimate), as.vector(labels))
  if (all(known %in% labels)) found[known] else found
}
