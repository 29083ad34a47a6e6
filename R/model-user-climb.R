# One climb of a model written in R.

# What the engine found, with `parameters` in the model's own shape; `frozen`, coordinates held by
# a component without weight; `constant`, did the log-likelihood never change? `where`, which of
# the user's functions gave the number that ended the climb.
climb_user <- function(model, start, control, watch = watch_climb(control), gap = 0,
                       call = rlang::caller_env()) {
  found <- climb_leg(model, start, control, watch, gap, call)
  # Each leg begins with another set of weights at zero: that cannot go on for long.
  for (leg in seq_len(length(found$x) + 1)) {
    if (is.null(found$next_start) || found$iterations + 1 >= control$max_iter) break
    rest <- control
    rest$max_iter <- control$max_iter - found$iterations - 1L
    found <- journey(found, climb_leg(model, found$next_start, rest, watch, 0, call))
  }
  found
}

climb_leg <- function(model, start, control, watch, gap, call) {
  functions <- user_functions(model, start, call)
  layout <- functions$layout
  found <- user_fit_(functions$evaluate, layout$pack(start), control, watch, gap)
  if (functions$interrupted()) {
    found$status <- "stopped"
  }
  found$parameters <- layout$unpack(found$x)
  found$constant <- is_constant(found, functions, start)
  found$frozen <- 0
  if (is.finite(found$objective)) {
    if (found$status == "non_finite") {
      found$next_start <- other_zeros(model, functions, found$parameters)
      found$where <- non_finite_words(found, functions)
    } else if (layout$zeros && found$status != "stopped") {
      found$frozen <- functions$frozen(found$parameters)
      found$passes_check <- found$passes_check + 1L
    }
  }
  found
}

# A weight that an EM step brings to exactly zero has no flat coordinate any more, and one that
# it lifts from zero needs one again: where the step leads, if that is all that is wrong with it.
other_zeros <- function(model, functions, par) {
  image <- functions$step(par)
  if (!is.null(functions$layout$value_problem(image)) && is.null(start_problem(model, image))) {
    image
  }
}

# Goes on in the same record, as the engine itself does behind a saddle.
journey <- function(found, leg) {
  first <- found$trace
  last <- lapply(first, utils::tail, 1)
  leg$trace$iteration <- leg$trace$iteration + found$iterations + 1L
  leg$trace$kind[1] <- "em" # its start is the EM image of where the last leg ended
  leg$trace$passes <- leg$trace$passes + found$passes
  leg$trace$seconds <- leg$trace$seconds + last$seconds
  leg$trace <- Map(c, first, leg$trace)
  leg$iterations <- leg$iterations + found$iterations + 1L
  leg$passes <- leg$passes + found$passes
  leg$passes_check <- leg$passes_check + found$passes_check
  leg$saddles <- c(found$saddles, leg$saddles)
  leg
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

# Which of the user's functions gave the number that ended the climb.
non_finite_words <- function(found, functions) {
  where <- if (found$iterations == 0) "at the start" else "at the best point reached"
  image <- functions$step(found$parameters)
  problem <- functions$layout$value_problem(image)
  if (!is.null(problem)) {
    return(sprintf("The EM step %s leads to a parameter that is not legal: %s.", where, problem))
  }
  value <- functions$objective(functions$layout$pack(image))
  sprintf("The log-likelihood is %s after the EM step %s.", format(value), where)
}
