# A model written in R as the engine sees it: functions of flat coordinates.

# A list of closures on flat coordinates x:
# * `evaluate(x, trial)`: one pass. A list of `log_lik`, `log_prior` and `next_x`,
#   the coordinates of the plain EM image, or NULL where it has none. Where x is a
#   trial, an accelerated candidate that the guard may refuse, anything that goes
#   wrong makes it illegal (`log_lik = -Inf`); elsewhere an error of the user's
#   code is an error, which names the function that raised it.
# * `objective(x)`: log-likelihood plus log prior without the M-step; NaN where it
#   cannot be computed.
# * `look(par)`, `step(par)`: the same in the user's own parameters.
# * `frozen(par)`: how many coordinates belong to a component without weight.
# * `interrupted()`: was Ctrl-C pressed? From then on every point is illegal, so
#   that the climb ends at the best it has reached.
# `layout` is how the parameter becomes flat.
user_functions <- function(model, template, call = rlang::caller_env()) {
  force(call)
  parts <- user_parts(model, parameter_layout(model, template))
  illegal <- list(log_lik = -Inf, log_prior = 0, next_x = NULL)
  interrupted <- FALSE
  blame <- function(cnd) abort_user_code(cnd, parts$running(), call)

  point <- function(x, trial) {
    par <- parts$unpack(x)
    # Far out coordinates may round to the edge of the legal parameters.
    if (is.null(par) || (trial && !is.null(parts$layout$value_problem(par)))) {
      return(illegal)
    }
    here <- parts$look(par)
    legal <- is.finite(here$log_lik + here$log_prior)
    image <- if (legal) parts$pack(parts$step(par, here$stats))
    list(log_lik = here$log_lik, log_prior = here$log_prior, next_x = image)
  }
  objective <- function(x) {
    par <- parts$unpack(x)
    if (is.null(par)) NaN else sum(unlist(parts$look(par)[c("log_lik", "log_prior")]))
  }
  list(
    layout = parts$layout,
    evaluate = function(x, trial = FALSE) {
      if (interrupted) {
        return(illegal)
      }
      tryCatch(
        if (trial) suppressWarnings(point(x, trial)) else point(x, trial),
        error = function(cnd) if (trial) illegal else blame(cnd),
        interrupt = function(cnd) {
          interrupted <<- TRUE
          illegal
        }
      )
    },
    objective = function(x) tryCatch(suppressWarnings(objective(x)), error = function(cnd) NaN),
    look = function(par) tryCatch(parts$look(par), error = blame),
    step = function(par) tryCatch(parts$step(par, parts$look(par)$stats), error = blame),
    frozen = function(par) {
      image <- tryCatch(parts$image(par, parts$look(par)$stats), error = blame)
      parts$layout$frozen(image)
    },
    interrupted = function() interrupted
  )
}

# The user's functions with their results checked. `running()` says which of them
# was called last, to be blamed for an error. Arguments are forced before: they may
# be promises of what another function returns.
user_parts <- function(model, layout) {
  running <- NULL
  ask <- function(part, argument) {
    force(argument)
    running <<- part
    model[[part]](argument)
  }
  number <- function(part, value = ask(part, par), par) {
    if (!is_number(value)) {
      user_problem(part, paste("must return one number, not", value_text(value)))
    }
    as.double(value)
  }
  step_name <- if (is.null(model$em_step)) "m_step" else "em_step"
  image <- function(par, stats) {
    image <- ask(step_name, if (step_name == "m_step") stats else par)
    problem <- layout$shape_problem(image)
    if (!is.null(problem)) {
      user_problem(step_name, paste(
        "must return a parameter in the shape of the start, but its value", problem
      ))
    }
    image
  }
  list(
    layout = layout,
    running = function() running,
    unpack = function(x) {
      force(x)
      running <<- "unpack"
      layout$unpack(x)
    },
    pack = function(par) {
      force(par)
      running <<- "pack"
      if (is.null(layout$value_problem(par))) layout$pack(par)
    },
    # The log-likelihood, the log prior, and the statistics if there is an E-step.
    look = function(par) {
      stats <- if (!is.null(model$e_step)) ask("e_step", par)
      carried <- if (!is.null(model$e_step)) carried_log_lik(stats)
      if (is.null(carried) && is.null(model$log_lik)) {
        user_problem("e_step", "must return statistics with an attribute or element `log_lik`")
      }
      list(
        log_lik = if (is.null(carried)) number("log_lik", par = par) else number("e_step", carried),
        log_prior = if (is.null(model$log_prior)) 0 else number("log_prior", par = par),
        stats = stats
      )
    },
    image = image,
    step = function(par, stats) {
      if (layout$zeros) layout$mend(image(par, stats), par) else image(par, stats)
    }
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
  check_no_dots()
  parameter_layout(object$em_model, object$parameters)$natural(object$parameters)
}
