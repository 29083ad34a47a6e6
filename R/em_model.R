#' A model of your own, written in R
#'
#' Puts the two halves of an EM algorithm together, so that [em_fit()] can run
#' them through the same engine as the models of the package: accelerated,
#' guarded, with an honest stopping rule. [em_check_model()] tests them.
#'
#' @details
#' A model is given in one of two ways:
#' * `em_step` and `log_lik`: one function that makes a whole EM step, and one
#'   for the log-likelihood of the observed data;
#' * `e_step` and `m_step`: the statistics that the E-step returns carry the
#'   log-likelihood *at the same parameters* as the attribute or the element
#'   `log_lik`. It usually comes for free there. Without it, `log_lik` is asked.
#'
#' `par`, the parameter, is a numeric vector or matrix, or a list of these
#' (*blocks*), always in the shape of the start. For the engine it becomes a flat
#' vector of coordinates, in one of three ways:
#' * by default as it is. An accelerated step may then leave the legal parameters.
#'   Return `-Inf` or `NaN` from `log_lik`, or let it fail: such a point is left
#'   for a plain EM step.
#' * by `transforms`: ready-made ones for a block, see [em_transforms];
#' * by `pack` and `unpack`, functions of your own. Then `par` may be any object.
#'
#' Coordinates in which every point is legal are faster: none is tried in vain.
#'
#' An EM step never lowers the log-likelihood, and at a point where it stays the
#' gradient is zero. Where there is a `log_prior`, the step must belong to the sum
#' of both. Generalised EM (a step that goes up without reaching the top) is fine.
#'
#' @param em_step `function(par)` returning the next parameter, in the same shape.
#' @param log_lik `function(par)` returning the log-likelihood of the observed
#'   data: one number, `-Inf` or `NaN` where `par` is not legal. Constants may be
#'   left out; AIC and BIC then lack them too.
#' @param e_step `function(par)` returning expected statistics, in any shape.
#' @param m_step `function(stats)` returning the next parameter.
#' @param pack `function(par)` returning flat coordinates, a numeric vector.
#' @param unpack `function(x)`, its inverse; `NULL` where `x` is not legal.
#' @param transforms A transform for a parameter that is a vector or a matrix; for
#'   a list, a list of transforms by the names of its blocks (others are left as
#'   they are). See [em_transforms].
#' @param log_prior `function(par)` returning one number, added to the
#'   log-likelihood: the fit then is the maximum a posteriori.
#' @param score `function(par)` returning the gradient of the log-likelihood plus
#'   the log prior, in the shape of `par`, each entry taken as free to move.
#'   Only for standard errors, which are then faster and more exact.
#' @param nobs Number of observations, for BIC and [nobs()][em_fit-methods].
#' @param name What the model is called in print.
#'
#' @return An object of class `em_model`: a list of the arguments.
#'
#' @section Errors:
#' `missmix_error_argument`: neither pair of functions is complete, or both are
#' given; only one of `pack` and `unpack`, or these together with `transforms`; an
#' argument that is not what it should be.
#'
#' @references
#' Dempster, A. P., Laird, N. M. and Rubin, D. B. (1977). Maximum likelihood from
#' incomplete data via the EM algorithm. *JRSS B* 39, 1-38: the example is
#' theirs.
#'
#' @seealso [em_check_model()] to test a model, [em_fit()] to fit it, and
#'   `vignette("own-model")`.
#' @export
#' @examples
#' # 197 animals in four classes with probabilities 1/2 + theta/4,
#' # (1 - theta)/4, (1 - theta)/4 and theta/4. The first class is two in one.
#' y <- c(125, 18, 20, 34)
#' linkage <- em_model(
#'   e_step = function(theta) {
#'     p <- c(2 + theta, 1 - theta, 1 - theta, theta) / 4
#'     list(hidden = y[1] * theta / (2 + theta), log_lik = sum(y * log(p)))
#'   },
#'   m_step = function(stats) {
#'     (stats$hidden + y[4]) / (stats$hidden + y[2] + y[3] + y[4])
#'   },
#'   transforms = em_interval(0, 1),
#'   nobs = sum(y), name = "Genetic linkage"
#' )
#' linkage
#' em_fit(linkage, starts = 0.5)
em_model <- function(em_step = NULL, log_lik = NULL, e_step = NULL, m_step = NULL,
                     pack = NULL, unpack = NULL, transforms = NULL,
                     log_prior = NULL, score = NULL, nobs = NULL,
                     name = "User model") {
  functions <- list(
    em_step = em_step, log_lik = log_lik, e_step = e_step, m_step = m_step,
    pack = pack, unpack = unpack, log_prior = log_prior, score = score
  )
  for (part in names(functions)) {
    check_function(functions[[part]], null_ok = TRUE, arg = part)
  }
  check_steps(functions)
  check_packing(functions, transforms)
  if (!is.null(nobs)) {
    check_number(nobs, above = 0)
  }
  if (!checkmate::test_string(name, min.chars = 1)) {
    must_be(FALSE, name, "a name: one string", "name", rlang::current_env())
  }
  structure(
    c(functions, list(transforms = transforms, nobs = nobs, name = name)),
    class = "em_model"
  )
}

# Exactly one of the two ways to give a model, and that one complete.
check_steps <- function(functions, call = rlang::caller_env()) {
  given <- names(Filter(Negate(is.null), functions))
  whole <- "em_step" %in% given
  halves <- c("e_step", "m_step") %in% given
  if (whole && any(halves)) {
    abort_argument(c(
      "Give either {.arg em_step}, or {.arg e_step} and {.arg m_step}, not both."
    ), call = call)
  }
  missing <- if (whole) {
    setdiff("log_lik", given)
  } else if (any(halves)) {
    c("e_step", "m_step")[!halves]
  } else {
    "em_step"
  }
  if (length(missing) > 0) {
    abort_argument(c(
      "{.arg {missing}} is missing.",
      i = "A model needs {.arg em_step} and {.arg log_lik}, or {.arg e_step} and {.arg m_step}."
    ), call = call)
  }
}

check_packing <- function(functions, transforms, call = rlang::caller_env()) {
  own <- !vapply(functions[c("pack", "unpack")], is.null, logical(1))
  if (sum(own) == 1) {
    abort_argument("{.arg {names(own)[!own]}} is missing: one is the inverse of the other.",
      call = call
    )
  }
  if (is.null(transforms)) {
    return(invisible())
  }
  if (any(own)) {
    abort_argument("Give either {.arg transforms}, or {.arg pack} and {.arg unpack}, not both.",
      call = call
    )
  }
  transform <- function(x) inherits(x, "em_transform")
  named <- is.list(transforms) && length(transforms) > 0 &&
    all(vapply(transforms, transform, logical(1))) &&
    checkmate::test_names(names(transforms), type = "unique")
  if (!transform(transforms) && !named) {
    abort_argument(c(
      "{.arg transforms} must be a transform or a list of transforms by name.",
      i = "Such as {.code list(weights = em_simplex(), lambda = em_positive())}."
    ), call = call)
  }
}

#' @rdname em_model
#' @param x A model.
#' @param ... Not used; anything here is an error.
#' @export
print.em_model <- function(x, ...) {
  check_no_dots()
  given <- function(parts) {
    parts <- parts[!vapply(x[parts], is.null, logical(1))]
    paste0(parts, "()", recycle0 = TRUE)
  }
  cli::cat_line(cli::style_bold("EM model: ", x$name))
  cli::cat_line()
  say("Step: ", and_list(given(c("em_step", "e_step", "m_step"))))
  likelihood <- given(c("log_lik", "log_prior", "score"))
  say("Likelihood: ", and_list(c(
    if (is.null(x$log_lik)) "from the statistics of e_step()", likelihood
  )))
  say("Coordinates: ", coordinate_words(x))
  if (!is.null(x$nobs)) {
    say("Observations: ", format(x$nobs, big.mark = ","))
  }
  cli::cat_line()
  say("Next: em_check_model(model, par), em_fit(model, starts = par).")
  invisible(x)
}

coordinate_words <- function(model) {
  transforms <- model$transforms
  if (!is.null(model$pack)) {
    "pack() and unpack()"
  } else if (is.null(transforms)) {
    "the parameters as they are"
  } else if (inherits(transforms, "em_transform")) {
    transforms$name
  } else {
    names <- vapply(transforms, `[[`, character(1), "name")
    and_list(sprintf("%s (%s)", names(transforms), names))
  }
}
