# The checks of em_check_model(): each tries one thing and returns one row.

# One place for every threshold; em_check_model()'s help states them.
model_limits <- list(
  round_trip = 1e-8,
  repeatable = 1e-10,
  same_parameters = 1e-8,
  fall = 1e-10, # of the log-likelihood, relative: as the engine's own
  gradient = c(1e-3, 1e-2), # in standard errors: caution, fail
  score = 1e-4,
  moved = 1e-4, # of the parameter, relative, while the log-likelihood stays the same
  rest = 1e-7 # movement below which a step has come to rest
)

examine_functions <- function(probe) {
  found <- list(
    attempt(probe$look(probe$par)),
    attempt(probe$step(probe$par)),
    attempt(score_at(probe, probe$par)),
    attempt(check_unpacked(probe))
  )
  errors <- unique(unlist(lapply(found, `[[`, "error")))
  if (length(errors) == 0) {
    return(finding("functions", "pass", 0, "Every function runs at par."))
  }
  finding("functions", "fail", length(errors), paste0(strip_stop(errors), ".", collapse = " "))
}

# unpack() must run, and must not call the start illegal.
check_unpacked <- function(probe) {
  back <- tryCatch(
    probe$layout$unpack(probe$x),
    error = function(cnd) abort_user_code(cnd, "unpack", NULL)
  )
  problem <- if (is.null(back)) "is NULL" else probe$layout$shape_problem(back)
  if (!is.null(problem)) {
    user_error("unpack", paste("must undo pack(), but unpack(pack(par))", problem))
  }
}

score_at <- function(probe, par) {
  if (is.null(probe$model$score)) {
    return(NULL)
  }
  score <- tryCatch(
    probe$model$score(par),
    error = function(cnd) abort_user_code(cnd, "score", NULL)
  )
  entries <- as.double(unlist(score, use.names = FALSE))
  if (length(entries) != length(probe$layout$entries(par))) {
    user_error("score", "must return a gradient in the shape of par")
  }
  entries
}

user_error <- function(part, problem) {
  tryCatch(user_problem(part, problem), error = function(cnd) abort_user_code(cnd, part, NULL))
}

examine_finite <- function(probe) {
  here <- probe$objective(probe$x)
  if (!is.finite(here)) {
    return(finding("finite", "fail", here,
      "The log-likelihood", if (!is.null(probe$model$log_prior)) " plus the log prior",
      " at par is ", format(here), ": choose another par, or look for a log of zero."))
  }
  problem <- probe$layout$value_problem(probe$step(probe$par))
  if (!is.null(problem)) {
    return(finding("finite", "fail", here,
      probe$step_name, "() leads from par to a parameter that is not legal: ", problem, "."))
  }
  finding("finite", "pass", here, "At par the log-likelihood is ",
    format(here, digits = 8), ", and the step is legal.")
}

examine_round_trip <- function(probe) {
  layout <- probe$layout
  before <- layout$natural(probe$par)
  after <- layout$natural(layout$unpack(probe$x))
  if (length(after) != length(before)) {
    return(finding("round trip", "fail", Inf,
      "unpack(pack(par)) has ", length(after), " ", plural(length(after), "number"), ", not ",
      length(before), "."))
  }
  apart <- abs(after - before) / (1 + abs(before))
  worst <- which.max(replace(apart, is.na(apart), Inf))
  value <- max(apart, 0)
  if (isTRUE(value <= model_limits$round_trip)) {
    return(finding("round trip", "pass", value, "unpack(pack(par)) gives par again."))
  }
  finding("round trip", "fail", value,
    "pack() and unpack() are not inverse: unpack(pack(par)) differs from par in `",
    names(before)[worst], "`, ", format(after[[worst]], digits = 8), " for ",
    format(before[[worst]], digits = 8), ".")
}

# The same question twice, with another point in between.
examine_repeatable <- function(probe) {
  first <- attempt(probe$evaluate(probe$x))$value
  attempt(probe$evaluate(first$next_x, trial = TRUE))
  second <- attempt(probe$evaluate(probe$x))$value
  apart <- function(a, b) {
    if (identical(a, b)) {
      0
    } else if (length(a) == length(b)) {
      max(abs(a - b) / (1 + abs(a)))
    } else {
      Inf
    }
  }
  shifts <- c(
    log_lik = apart(first$log_lik, second$log_lik),
    step = apart(first$next_x, second$next_x)
  )
  bad <- names(shifts)[!(shifts <= model_limits$repeatable)]
  if (length(bad) == 0) {
    return(finding("repeatable", "pass", max(shifts), "Asked twice, the model answers the same."))
  }
  words <- c(log_lik = "the log-likelihood", step = paste0("the result of ", probe$step_name, "()"))
  finding("repeatable", "fail", max(shifts), "At the same par ", and_list(words[bad]), " ",
    plural(length(bad), "changes", "change"), " from one call to the next: ",
    "random numbers, or a state kept between calls?")
}

# A log-likelihood in the statistics of the E-step, and one from log_lik().
examine_same_parameters <- function(probe) {
  model <- probe$model
  if (is.null(model$e_step) || is.null(model$log_lik)) {
    return(NULL)
  }
  at <- probe$step(probe$par)
  carried <- attempt(carried_log_lik(model$e_step(at)))$value
  own <- attempt(model$log_lik(at))$value
  if (is.null(carried)) {
    return(finding("same parameters", "pass", 0,
      "e_step() carries no log-likelihood: that of log_lik() is used."))
  }
  value <- abs(carried - own) / (1 + abs(own))
  if (isTRUE(value <= model_limits$same_parameters)) {
    return(finding("same parameters", "pass", value,
      "e_step() and log_lik() give the same log-likelihood."))
  }
  finding("same parameters", "fail", value,
    "e_step() and log_lik() disagree at the same parameters: ", format(carried, digits = 8),
    " and ", format(own, digits = 8), ". Does e_step() return the log-likelihood",
    " of the parameters before, or without a constant?")
}

examine_monotone <- function(probe, n_steps) {
  path <- walk(probe, n_steps)
  gains <- diff(path$objective)
  falls <- gains < -model_limits$fall * abs(utils::head(path$objective, -1))
  done <- paste(length(gains), "plain", plural(length(gains), "step"))
  if (any(falls)) {
    worst <- which.max(falls) # the first: later ones may only follow from it
    return(finding("monotone", "fail", -min(gains),
      fall_words(probe, path$points[[worst]], path$points[[worst + 1]]),
      " Step ", worst, " lowers the log-likelihood by ", number_text(-gains[worst], 3L),
      "; ", sum(falls), " of ", done, " lower it."))
  }
  if (!is.null(path$error)) {
    return(finding("monotone", "fail", NA, "After ", done, ": ", strip_stop(path$error), "."))
  }
  if (unchanging(path$objective) && moves_much(path$points)) {
    return(finding("monotone", "fail", 0, "The log-likelihood is ",
      format(path$objective[1], digits = 8), " all along ", done,
      " that move the parameter: does it depend on par?"))
  }
  finding("monotone", "pass", max(-gains, 0), "No fall in ", done, ", from ",
    format(path$objective[1], digits = 8), " to ",
    format(utils::tail(path$objective, 1), digits = 8), ".")
}

# Downhill from the first inch, or uphill and then too far?
fall_words <- function(probe, from, to) {
  along <- function(t) probe$objective(from + t * (to - from))
  slope <- (along(1e-4) - along(-1e-4)) / 2e-4
  name <- paste0(probe$step_name, "()")
  if (isTRUE(slope < 0)) {
    paste0(name, " moves downhill: the slope of the log-likelihood along its step is ",
      number_text(slope, 3L), ". Look for the sign of the M-step, or of the log-likelihood.")
  } else if (isTRUE(slope > 0)) {
    paste0(name, " moves uphill, but too far: the M-step does not maximise, or the",
      " log-likelihood lacks a term.")
  } else {
    paste0(name, " lowers the log-likelihood.")
  }
}

examine_fixed_point <- function(probe) {
  rest <- come_to_rest(probe)
  if (!isTRUE(rest$movement <= model_limits$rest)) {
    return(finding("fixed point", NA_character_, NA, "Not judged: ", probe$step_name,
      "() does not come to rest", if (is.finite(rest$movement)) {
        paste0(" (after ", rest$steps, " steps it still moves by ", number_text(rest$movement), ")")
      }, "."))
  }
  x <- rest$x
  upside_down <- all(is.na(curvature_scale(probe$objective, x))) &&
    !anyNA(curvature_scale(function(x) -probe$objective(x), x))
  if (upside_down) {
    return(finding("fixed point", "fail", NA, "The log-likelihood has a minimum where ",
      probe$step_name, "() comes to rest: its sign is wrong."))
  }
  judge_gradient(probe, x)
}

judge_gradient <- function(probe, x) {
  scale <- curvature_scale(probe$objective, x)
  scale[is.na(scale)] <- 0.1 * (1 + abs(x[is.na(scale)]))
  gradient <- drop(difference_jacobian(probe$objective, x, diag(scale, length(x)), 0.03))
  value <- max(abs(gradient))
  if (!is.finite(value)) {
    return(finding("fixed point", NA_character_, NA,
      "Not judged: the log-likelihood is not finite around the fixed point."))
  }
  worst <- which.max(abs(gradient))
  where <- format(probe$layout$natural(probe$layout$unpack(x)), digits = 5, trim = TRUE)
  where <- paste(utils::head(paste(names(where), where, sep = " = "), 6L), collapse = ", ")
  limits <- model_limits$gradient
  verdict <- c("pass", "caution", "fail")[1 + sum(value > limits)]
  finding("fixed point", verdict, value,
    if (verdict == "pass") {
      paste0("The gradient of the log-likelihood vanishes where ", probe$step_name,
        "() comes to rest")
    } else {
      paste0("log_lik and ", probe$step_name, " disagree: where the step comes to rest the",
        " log-likelihood still rises along `", probe$layout$block[worst], "`, by ",
        number_text(value), " for each standard error. A term is wrong in one of them")
    },
    " (", where, ").")
}

examine_score <- function(probe) {
  if (is.null(probe$model$score)) {
    return(NULL)
  }
  gradient <- attempt(packed_gradient(probe$model, probe$layout)(probe$x))$value
  scale <- curvature_scale(probe$objective, probe$x)
  scale[is.na(scale)] <- 0.1 * (1 + abs(probe$x[is.na(scale)]))
  differences <- difference_jacobian(probe$objective, probe$x, diag(scale, length(scale)), 0.03)
  value <- max(abs(gradient * scale - drop(differences))) / (1e-6 + max(abs(differences)))
  if (isTRUE(value <= model_limits$score)) {
    return(finding("score", "pass", value, "score() is the gradient of the log-likelihood."))
  }
  worst <- which.max(abs(gradient * scale - drop(differences)))
  finding("score", "fail", value,
    "score() is not the gradient of the log-likelihood: in flat coordinates of `",
    probe$layout$block[worst], "` it gives ", number_text(gradient[worst], 5L),
    ", differences give ", number_text(drop(differences)[worst] / scale[worst], 5L), ".")
}
