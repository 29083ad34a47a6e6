# Where the climbs of a model written in R start: the user's parameters, checked, and random moves
# of them.

# A legal parameter in the model's own shape.
user_start <- function(model, starts, call = rlang::caller_env()) {
  starts <- start_parameters(starts)
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

# What an earlier fit of this very model found out about the gap: the engine need
# not measure it again.
known_gap <- function(starts, model) {
  known <- if (inherits(starts, "em_user") && identical(starts$em_model, model)) {
    starts$gap_per_step2
  }
  if (isTRUE(is.finite(known))) known else 0
}

# All places to start from: the user's, then random moves of the first of them.
user_starts <- function(model, starts, call = rlang::caller_env()) {
  check_simple_starts(starts, call)
  if (length(starts$include) == 0) {
    abort_argument(c(
      "{.fn em_starts} must include a start: a model of your own has no default one.",
      i = "Such as {.code em_starts({starts$n}, include = list(par))}, with {.code par}
        in the shape that the model's functions take."
    ), call = call)
  }
  given <- lapply(starts$include, user_start, model = model, call = call)
  functions <- user_functions(model, given[[1]], call)
  c(given, lapply(start_seeds(starts), moved_start, functions = functions, par = given[[1]]))
}

# By normal noise in flat coordinates, of half the size after each attempt that was not legal. In
# the end it is the start itself.
moved_start <- function(seed, functions, par) {
  layout <- functions$layout
  x <- layout$pack(par)
  with_seed(seed, {
    for (attempt in 0:10) {
      noise <- stats::rnorm(length(x)) * layout$spread / 2^attempt
      moved <- layout$unpack(x + noise)
      legal <- !is.null(moved) && is.null(layout$value_problem(moved))
      if (legal && is.finite(functions$objective(x + noise))) {
        return(moved)
      }
    }
    par
  })
}

# The runs from all of them: list(runs, chosen, record).
climb_user_starts <- function(model, starts, control, call = rlang::caller_env()) {
  begin <- user_starts(model, starts, call)
  given <- length(starts$include)
  climb <- function(place, number, control) {
    run <- function() {
      climb_user(model, place, control, watch_climb(control, length(begin), number), call = call)
    }
    if (number <= given) {
      found <- run()
      check_start_found(found, call)
      return(found)
    }
    # Nobody asked for this very start: that it fails must not be the end of the others.
    tryCatch(run(), missmix_error_model = function(cnd) {
      list(status = "non_finite", objective = NaN, parameters = place, passes = 0L)
    })
  }
  functions <- c(model[vapply(model, is.function, logical(1))], control["callback"])
  runs <- run_starts(starts, begin, climb, control, workspace_globals(functions))
  chosen <- chosen_start(runs)
  if (is.na(chosen)) rlang::interrupt()
  list(
    runs = runs, chosen = chosen, found = chosen_run(runs, chosen), starts = starts,
    method = rep(c("given", "perturb"), c(given, starts$n))
  )
}
