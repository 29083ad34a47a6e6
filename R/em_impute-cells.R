# Drawn cells, and their way to the scale of the data.

# Every missing cell under each of the drawn parameters. Units of the arithmetic are those of the
# fit, whichever imputations are drawn here.
draw_missing <- function(fit, data, drawn, how, call) {
  until <- deadline(how$control)
  found <- mvn_fill_(
    data$columns, fit$parameters$mu, sqrt(diag(fit$parameters$sigma)), drawn$mu, drawn$sigma,
    how$seed, drawn$index, how$control, watch_cells("Cells", drawn, how)
  )
  if (length(found$bad) > 0) {
    abort_bad_cells(data, found$bad[["row"]], found$bad[["column"]], call = call)
  }
  if (!all(found$legal)) abort_singular_draw(fit, call)
  found <- finished_draws(found)
  if (is.null(data$censored)) {
    return(found)
  }
  how$control <- until_then(how$control, until)
  draw_censored(found, fit, data, drawn, how, call)
}

watch_cells <- function(what, drawn, how) {
  watch_count(how$control, length(drawn$index), bar_title(what, how))
}

finished_draws <- function(found) {
  done <- seq_along(found$legal)
  if (length(done) < ncol(found$values)) found$values <- found$values[, done, drop = FALSE]
  found
}

# `found` with the missing cells of rows that have censored ones drawn within the bounds.
draw_censored <- function(found, fit, data, drawn, how, call) {
  kept <- seq_along(found$legal)
  bounded <- censored_fill_(
    data$columns, data$censored, fit$parameters$mu, sqrt(diag(fit$parameters$sigma)),
    drawn$mu[, kept, drop = FALSE], drawn$sigma[, , kept, drop = FALSE], how$seed,
    drawn$index[kept], how$control, watch_cells("Cells with bounds", drawn, how)
  )
  if (!all(bounded$legal)) abort_unreached_bounds(fit, call)
  if (length(bounded$legal) == 0) abort_nothing_drawn(call)
  bounded <- finished_draws(bounded)
  found$values <- found$values[, seq_along(bounded$legal), drop = FALSE]
  number <- cell_number(found, data$p)
  found$values[match(cell_number(bounded, data$p), number), ] <- bounded$values
  # Back from the units of the arithmetic, a bound may be passed by rounding.
  at <- match(cell_number(data$censored, data$p), number)
  found$values[at, ] <- pmin(pmax(found$values[at, ], data$censored$lower), data$censored$upper)
  found
}

abort_unreached_bounds <- function(fit, call) {
  abort_model(c(
    "Cells could not be drawn within their bounds.",
    x = "These are out of reach of the distribution given the other cells of a row, or the
      covariance is all but singular.",
    i = "{.fn em_diagnose} says more of the second; {.code {prior_words(fit)}} mends it."
  ), call = call)
}

abort_singular_draw <- function(fit, call) {
  abort_model(c(
    "A covariance became singular in the draws: the data do not determine it.",
    i = "{.fn em_diagnose} names the direction; {.code {prior_words(fit)}} mends it."
  ), call = call)
}

# `cells`, `values` and `unimputed` as the user gets them: transforms undone, then changed by delta,
# then rounded.
values_for_user <- function(filled, data, delta, round) {
  values <- filled$values
  if (!is.null(data$censored)) filled <- c(filled, bounds_of_cells(filled, data))
  whole <- integer_columns(data$source, data$variables) & round
  changed <- whole | data$variables %in% c(names(data$transform), names(data$bounds), names(delta))
  for (j in intersect(which(changed), filled$variable)) {
    at <- which(filled$variable == j)
    variable <- data$variables[j]
    transform <- transform_of(data, variable)
    value <- within_user_bounds(
      back_median(values[at, , drop = FALSE], transform), data$bounds[[variable]], filled, at
    )
    value <- apply_delta(value, delta[[variable]], filled$row[at], variable)
    if (whole[j]) value <- rounded(value, delta[[variable]], filled, at, transform)
    values[at, ] <- value
  }
  without_lost(data.frame(row = filled$row, variable = filled$variable), values)
}

# `cells`, `values`, and `unimputed`: cells whose draws are beyond all numbers. A look at the range
# spares a large table being copied.
without_lost <- function(cells, values) {
  fine <- all(is.finite(range(values, 0)))
  lost <- if (fine) integer() else which(rowSums(!is.finite(values)) > 0)
  unimputed <- data.frame(
    `rownames<-`(cells[lost, ], NULL),
    reason = rep("beyond the largest number on the scale of the data", length(lost))
  )
  if (length(lost) > 0) {
    cells <- `rownames<-`(cells[-lost, ], NULL)
    values <- values[-lost, , drop = FALSE]
  }
  list(cells = cells, values = values, unimputed = unimputed)
}

# The way back from the modelled scale may pass a bound by rounding.
within_user_bounds <- function(value, bound, filled, at) {
  inside <- which(!is.na(filled$lower[at]))
  if (is.null(bound) || length(inside) == 0) {
    return(value)
  }
  rows <- filled$row[at][inside]
  limits <- if (is_by_cell(bound)) bound[rows, , drop = FALSE] else t(bound)[rep(1, length(rows)), ]
  limits <- matrix(limits, ncol = 2)
  limits[is.na(limits[, 1]), 1] <- -Inf
  limits[is.na(limits[, 2]), 2] <- Inf
  value[inside, ] <- pmin(pmax(value[inside, ], limits[, 1]), limits[, 2])
  value
}

# Shifted values go where the shift takes them, also beyond bounds and the domain of a transform.
rounded <- function(value, delta, filled, at, transform) {
  if (!is.null(delta)) {
    return(round(value))
  }
  out <- value
  finite <- is.finite(value)
  out[finite] <- as.double(whole_numbers(value[finite], transform))
  for (k in seq_len(ncol(out))) {
    out[, k] <- whole_within_bounds(out[, k], value[, k], filled, at, transform)
  }
  out
}

apply_delta <- function(value, delta, rows, variable, call = rlang::caller_env(4)) {
  if (is.null(delta)) {
    return(value)
  }
  if (!is.function(delta)) {
    return(value + if (length(delta) == 1) delta else delta[rows])
  }
  for (k in seq_len(ncol(value))) value[, k] <- changed_by(delta, value[, k], variable, k, call)
  value
}

# What a function of the user makes of the values of imputation k.
changed_by <- function(delta, value, variable, k, call) {
  changed <- rlang::try_fetch(delta(value), error = function(cnd) {
    abort_argument("{.arg delta} of {.field {variable}} failed in imputation {k}.",
      argument = "delta", column = variable, imputation = k, parent = cnd, call = call)
  })
  numbers <- is.numeric(changed) && length(changed) == length(value)
  if (numbers && all(is.finite(changed))) {
    return(as.double(changed))
  }
  bad <- if (numbers) which(!is.finite(changed))[1]
  abort_argument(c(
    "{.arg delta} of {.field {variable}} must return one finite number for each of the
     {length(value)} value{?s} that it is given.",
    x = if (numbers) {
      "In imputation {k} it made {changed[bad]} of {format(value[bad])}, value {bad}."
    } else {
      "In imputation {k} it returned {.obj_type_friendly {changed}} of length {length(changed)}."
    }
  ), argument = "delta", column = variable, imputation = k, call = call)
}
