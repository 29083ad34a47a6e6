# Data sets like that of a fit, and the model fitted again to each: for em_bootstrap() and em_lrt().

check_can_redraw <- function(fit, verb, call = rlang::caller_env()) {
  if (!inherits(fit, "em_fit")) {
    abort_argument("{.arg fit} must be a fit, not {.obj_type_friendly {fit}}.", call = call)
  }
  if (!inherits(fit, c("em_gmm", "em_mvn", "em_deconvolve"))) {
    abort_model(c(
      "{.fn {verb}} cannot draw data for a model written in R.",
      i = "Draw data sets yourself and call {.fn em_fit} on each."
    ), call = call)
  }
  if (is.null(fit$data)) {
    abort_data("The fit does not hold its data ({.code keep_data = FALSE}).", call = call)
  }
  if (fit$status %in% failures) {
    abort_model(c("The fit failed: there is nothing to draw from.", x = "{fit$message}"),
      call = call
    )
  }
}

# run(control, number) for each replicate, under its own seed. A progress bar for all of them
# together, none for each, or a line when one is done; the time limit is that of all.
map_replicates <- function(n, seed, control, what, run, workers = future_workers()) {
  seeds <- with_seed(seed, sample.int(.Machine$integer.max, n))
  until <- deadline(control)
  inner <- control
  inner$verbose <- 0L
  inner["callback"] <- list(NULL)
  map_starts(seq_len(n), function(number) {
    done <- with_seed(seeds[number], run(until_then(inner, until), number))
    if (control$verbose == 2L) print_count(number, n, what)
    done
  }, control, what, list(packages = "missmix"), workers)
}

# Whole weights say how many cases a row stands for.
whole_weights <- function(weights) {
  !is.null(weights) && all(weights == round(weights)) && sum(weights) <= .Machine$integer.max
}

# What data sets can be drawn from.
drawn_from <- function(fit) UseMethod("drawn_from")

drawn_from.em_fit <- function(fit) fit

# Rows drawn with replacement: as weights, so that the data stay where they are.
redraw_rows <- function(fit) UseMethod("redraw_rows")

redraw_rows.em_fit <- function(fit) {
  data <- fit$data
  given <- fit$weights
  data$weights <- if (whole_weights(given)) {
    as.double(stats::rmultinom(1, sum(given), given))
  } else {
    counts <- as.double(stats::rmultinom(1, fit$n, rep(1, fit$n)))
    if (is.null(given)) counts else counts * given
  }
  data
}

# A data set drawn from the fit, cells missing as in the data.
redraw_cells <- function(fit) UseMethod("redraw_cells")

redraw_cells.em_fit <- function(fit) {
  weights <- fit$weights
  if (whole_weights(weights)) {
    fit <- one_row_a_case(fit)
    weights <- NULL
  }
  drawn <- stats::simulate(fit, keep_missing = TRUE)[[1]]
  as_em_data(drawn, transform = fit$transform, weights = weights)
}

# The rows of the fit as often as their weights say.
one_row_a_case <- function(fit) {
  rows <- rep.int(seq_len(fit$n), fit$weights)
  columns <- fit$data$columns
  fit$data$columns <- if (is.matrix(columns)) {
    columns[rows, , drop = FALSE]
  } else {
    lapply(columns, `[`, rows)
  }
  fit$data["row_names"] <- list(NULL)
  fit$n <- length(rows)
  fit
}

# The model of a fit on other data.
refit <- function(fit, data, starts, control, ...) UseMethod("refit")

refit.em_mvn <- function(fit, data, starts, control, ...) {
  # Rows drawn again come with their bounds, new data sets without.
  if (is.null(data$bounds)) data <- with_bounds(data, bounds_for_new_rows(fit, NULL))
  fit_mvn(data, fit$prior, starts, control, TRUE, fit$call)
}

refit.em_gmm <- function(fit, data, starts, control, k = fit$k, ...) {
  fit_gmm(
    data, k, fit$covariance, fit$setup$noise, fit$prior, starts, FALSE, control, TRUE, fit$call
  )
}

# A fit, or the error why there is none: what it warns of is seen from its status.
refit_quietly <- function(...) {
  withCallingHandlers(
    tryCatch(refit(...), missmix_error = identity),
    missmix_warning = function(cnd) tryInvokeRestart("muffleWarning")
  )
}

# Why a fit says nothing about another one, or NULL.
unusable <- function(again, fit, k = fit$k) {
  if (!inherits(again, "em_fit")) {
    return(strip_stop(cli::ansi_strip(conditionMessage(again))))
  }
  if (again$status %in% failures) {
    return(switch(again$status,
      degenerate = "a covariance became singular", "the climb failed"
    ))
  }
  if (!identical(again$k, if (!is.null(k)) as.integer(k))) {
    return("a component lost its weight")
  }
  if (isTRUE(again$thin) && !isTRUE(fit$thin)) "a component became thin"
}

# How the components of a replicate belong to those of the fit: `moved`, are they in another
# order? `ambiguous`, is one closer to another component than to its own?
label_match <- function(fit, parameters) UseMethod("label_match")

label_match.em_fit <- function(fit, parameters) list(moved = NA, ambiguous = NA)

label_match.em_gmm <- function(fit, parameters) {
  distances <- bhattacharyya(
    in_pooled_units(parameters, fit$parameters), in_pooled_units(fit$parameters, fit$parameters)
  )
  order <- assign_(log1p(t(distances)))
  own <- distances[cbind(order, seq_along(order))]
  nearest <- apply(distances[order, , drop = FALSE], 1, min)
  list(moved = !identical(as.integer(order), seq_along(order)), ambiguous = any(own > nearest))
}

# Options of the climbs of a fit but for limits that may have cut it short.
climbing_options <- function(fit) {
  control <- fit$control
  fresh <- em_control()
  control[c("max_iter", "time_limit")] <- fresh[c("max_iter", "time_limit")]
  control["callback"] <- list(NULL)
  control
}

warn_unconverged <- function(fit, call = rlang::caller_env()) {
  if (fit$status != "converged") {
    warn_convergence(c(
      "The fit has not converged: what is computed from it is not that of a maximum.",
      x = "{fit$message}"
    ), call = call)
  }
}
