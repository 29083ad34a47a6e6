# Where the steps of a model under test lead.

# Plain EM steps: points and objectives, up to the first that cannot be made.
walk <- function(probe, n_steps) {
  points <- list(probe$x)
  objective <- numeric()
  for (k in seq_len(n_steps + 1)) {
    here <- attempt(probe$evaluate(points[[k]]))
    value <- here$value
    error <- here$error
    if (is.null(error) && !is.finite(value$log_lik + value$log_prior)) {
      error <- paste("the log-likelihood is", format(value$log_lik + value$log_prior))
    }
    if (is.null(error) && is.null(value$next_x)) {
      error <- paste0(probe$step_name, "() leads to a parameter that is not legal")
    }
    if (!is.null(error)) {
      return(list(points = points, objective = objective, error = error))
    }
    objective[k] <- value$log_lik + value$log_prior
    if (k <= n_steps) points[[k + 1]] <- value$next_x
  }
  list(points = points, objective = objective, error = NULL)
}

# Where the step stays: by the engine if that can climb, else by plain steps.
come_to_rest <- function(probe, most = 2000L) {
  climb <- attempt(user_fit_(
    probe$evaluate, probe$x, em_control(tol = 0, max_iter = most), NULL, 0
  ))$value
  x <- if (identical(climb$status, "converged")) climb$x else probe$x
  movement <- NA_real_
  for (steps in seq_len(most)) {
    next_x <- attempt(probe$evaluate(x))$value$next_x
    if (is.null(next_x)) {
      return(list(x = x, movement = NA_real_, steps = steps))
    }
    movement <- max(abs(next_x - x) / (1 + abs(x)))
    x <- next_x
    if (movement <= 1e-10) break
  }
  list(x = x, movement = movement, steps = steps)
}

# The same number but for rounding.
unchanging <- function(objective) {
  diff(range(objective)) <= 4 * .Machine$double.eps * abs(objective[1])
}

# Does any of these steps, from point to point, move a coordinate by much?
moves_much <- function(points) {
  moved <- Map(function(from, to) max(abs(to - from) / (1 + abs(from))),
    utils::head(points, -1), points[-1])
  any(unlist(moved) > model_limits$moved)
}
