# Drawn cells, and their way to the scale of the data.

# Every missing cell under each of the drawn parameters. Units of the arithmetic are those of the
# fit, whichever imputations are drawn here.
draw_missing <- function(fit, data, drawn, seed, control, call) {
  sigma <- fit$parameters$sigma
  found <- mvn_fill_(
    data$columns, fit$parameters$mu, sqrt(diag(sigma)), drawn$mu, drawn$sigma, seed, drawn$index,
    control
  )
  if (length(found$bad) > 0) {
    abort_bad_cells(data, found$bad[["row"]], found$bad[["column"]], call = call)
  }
  if (!all(found$legal)) abort_singular_draw(fit, call)
  found$values <- found$values[, seq_along(found$legal), drop = FALSE]
  found
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
  whole <- integer_columns(data$source, data$variables)
  for (j in unique(filled$variable)) {
    at <- which(filled$variable == j)
    variable <- data$variables[j]
    transform <- if (variable %in% names(data$transform)) data$transform[[variable]]
    value <- back_median(values[at, , drop = FALSE], transform)
    value <- apply_delta(value, delta[[variable]], filled$row[at], variable)
    if (round && whole[j]) value[] <- rounded(value, transform)
    values[at, ] <- value
  }
  lost <- rowSums(!is.finite(values)) > 0
  cells <- data.frame(row = filled$row, variable = filled$variable)
  list(
    cells = `rownames<-`(cells[!lost, ], NULL),
    values = values[!lost, , drop = FALSE],
    unimputed = data.frame(
      `rownames<-`(cells[lost, ], NULL),
      reason = rep("beyond the largest number on the scale of the data", sum(lost))
    )
  )
}

rounded <- function(value, transform) {
  finite <- is.finite(value)
  value[finite] <- as.double(whole_numbers(value[finite], transform))
  value
}

apply_delta <- function(value, delta, rows, variable, call = rlang::caller_env(4)) {
  if (is.null(delta)) {
    return(value)
  }
  if (!is.function(delta)) {
    return(value + if (length(delta) == 1) delta else delta[rows])
  }
  for (k in seq_len(ncol(value))) {
    changed <- delta(value[, k])
    if (!is.numeric(changed) || length(changed) != nrow(value) || !all(is.finite(changed))) {
      abort_argument(c(
        "{.arg delta} of {.field {variable}} must return one finite number for each of the
         {nrow(value)} value{?s} that it is given.",
        x = "It returned {.obj_type_friendly {changed}} of length {length(changed)}."
      ), argument = "delta", column = variable, call = call)
    }
    value[, k] <- changed
  }
  value
}
