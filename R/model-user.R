# A model written in R as the engine sees it: functions of flat coordinates.

# A list of closures on flat coordinates x:
# * `evaluate(x, trial)`: one pass. A list of `log_lik`, `log_prior` and `next_x`,
#   the coordinates of the plain EM image, or NULL where it has none. Where x is a
#   trial, an accelerated candidate that the guard may refuse, anything that goes
#   wrong makes it illegal (`log_lik = -Inf`); elsewhere an error of the user's
#   code is an error, which names the function that raised it.
# * `objective(x)`: log-likelihood plus log prior without the M-step; NaN where it
#   cannot be computed.
# * `interrupted()`: was Ctrl-C pressed? From then on every point is illegal, so
#   that the climb ends at the best it has reached.
# `layout` is how the parameter becomes flat.
user_functions <- function(model, template, call = rlang::caller_env()) {
  layout <- parameter_layout(model, template)
  illegal <- list(log_lik = -Inf, log_prior = 0, next_x = NULL)
  interrupted <- FALSE
  running <- NULL # the user's function that is at work

  ask <- function(part, argument) {
    running <<- part
    model[[part]](argument)
  }
  number <- function(part, value) {
    if (!is_number(value)) {
      user_problem(part, paste("must return one number, not", value_text(value)))
    }
    as.double(value)
  }
  # The log-likelihood, and the statistics if there is an E-step.
  look <- function(par) {
    stats <- if (!is.null(model$e_step)) ask("e_step", par)
    value <- if (!is.null(model$e_step)) carried_log_lik(stats)
    log_lik <- if (!is.null(value)) {
      number("e_step", value)
    } else if (!is.null(model$log_lik)) {
      number("log_lik", ask("log_lik", par))
    } else {
      user_problem("e_step", "must return statistics with an attribute or element `log_lik`")
    }
    log_prior <- if (is.null(model$log_prior)) 0 else number("log_prior", ask("log_prior", par))
    list(log_lik = log_lik, log_prior = log_prior, stats = stats)
  }
  step <- function(par, stats) {
    part <- if (is.null(model$em_step)) "m_step" else "em_step"
    image <- ask(part, if (is.null(model$em_step)) stats else par)
    problem <- layout$shape_problem(image)
    if (!is.null(problem)) {
      user_problem(part, paste(
        "must return a parameter in the shape of the start, but its value", problem
      ))
    }
    image
  }
  unpack <- function(x) {
    running <<- "unpack"
    layout$unpack(x)
  }
  pack <- function(par) {
    running <<- "pack"
    if (is.null(layout$value_problem(par))) layout$pack(par)
  }
  point <- function(x) {
    par <- unpack(x)
    if (is.null(par)) {
      return(illegal)
    }
    here <- look(par)
    image <- if (is.finite(here$log_lik + here$log_prior)) pack(step(par, here$stats))
    list(log_lik = here$log_lik, log_prior = here$log_prior, next_x = image)
  }
  blame <- function(cnd) abort_user_code(cnd, running, call)

  list(
    layout = layout,
    evaluate = function(x, trial = FALSE) {
      if (interrupted) {
        return(illegal)
      }
      tryCatch(
        if (trial) suppressWarnings(point(x)) else point(x),
        error = function(cnd) if (trial) illegal else blame(cnd),
        interrupt = function(cnd) {
          interrupted <<- TRUE
          illegal
        }
      )
    },
    objective = function(x) {
      value <- function() {
        par <- unpack(x)
        if (is.null(par)) NaN else sum(unlist(look(par)[c("log_lik", "log_prior")]))
      }
      tryCatch(suppressWarnings(value()), error = function(cnd) NaN)
    },
    # Parameter in, parameter out: for em_check_model() and for words.
    look = function(par) tryCatch(look(par), error = blame),
    step = function(par) tryCatch(step(par, look(par)$stats), error = blame),
    interrupted = function() interrupted
  )
}

# What one of the user's functions did wrong; abort_user_code() words it.
user_problem <- function(part, problem) {
  stop(errorCondition(problem, class = "user_problem", part = part, call = NULL))
}

abort_user_code <- function(cnd, running, call) {
  if (inherits(cnd, "user_problem")) {
    problem <- conditionMessage(cnd)
    abort_model("{.fn {cnd$part}} of the model {problem}.", part = cnd$part, call = call)
  }
  abort_model("{.fn {running}} of the model raised an error.",
    part = running, parent = cnd, call = call
  )
}

is_number <- function(x) (is.numeric(x) || identical(x, NA)) && length(x) == 1

# Attribute or element `log_lik` of what an E-step returns, or NULL.
carried_log_lik <- function(stats) {
  value <- attr(stats, "log_lik", exact = TRUE)
  if (is.null(value) && is.list(stats)) stats[["log_lik"]] else value
}

#' @rdname em_fit-methods
#' @export
coef.em_user <- function(object, ...) {
  rlang::check_dots_empty()
  parameter_layout(object$em_model, object$parameters)$natural(object$parameters)
}
