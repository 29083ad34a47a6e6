# Where the climbs of em_gmm() start: partitions of the rows by the methods of em_starts(), or
# parameters.

# A list for the core: `setup`; `starts`, each of them parameters or integer labels; `method` of
# each; `part`, the rows that the labels are of, NULL for all; `options`; `spec`, the em_starts().
gmm_starts <- function(starts, data, setup, call) {
  if (is.null(starts)) starts <- em_starts()
  if (!inherits(starts, "em_starts")) {
    return(one_start(starts, data, setup, call))
  }
  check_enough_distinct(data, setup, call)
  if (setup$k == 1 && !setup$noise && length(starts$include) == 0) {
    return(begin_with(setup, list(rep(1L, data$n)), "default"))
  }
  given <- lapply(starts$include, gmm_start, data = data, setup = setup, call = call)
  check_no_zeros(given, call)
  seeds <- start_seeds(starts)
  rows <- start_rows(data, seeds[1])
  methods <- start_method_of(starts, gmm_portfolio(starts$n))
  if (beyond_squares(data, rows)) {
    return(begin_with(setup, list(rep(1L, data$n)), "default"))
  }
  room <- start_room(data, rows, setup, starts$memo)
  made <- remembered(starts$memo, paste(methods, setup$k, setup$noise, collapse = " "),
    Map(function(method, seed, i) {
      with_seed(seed, make_start(method, room, setup, given, i))
    }, methods, seeds, seq_along(methods))
  )
  part <- if (length(rows) < data$n) rows
  begin_with(setup, c(lapply(given, labels_of_part, part), unname(made)),
    c(rep("given", length(given)), methods), part, starts
  )
}

# Are there numbers that no distance can be measured in? The core refuses their columns by name,
# whatever the start.
beyond_squares <- function(data, rows) {
  !all(is.finite(colSums(start_matrix(data, rows)^2, na.rm = TRUE)))
}

# A value worked out once for all fits of a search.
remembered <- function(memo, key, value) {
  if (is.null(memo)) {
    return(value)
  }
  if (is.null(memo[[key]])) memo[[key]] <- value
  memo[[key]]
}

labels_of_part <- function(start, part) {
  if (is.null(part) || is.list(start)) start else start[part]
}

begin_with <- function(setup, starts, method, part = NULL, spec = NULL) {
  if (!is.null(spec)) spec$keep <- kept_of_mixture(spec, part)
  list(
    setup = setup, starts = starts, method = method, part = part, spec = spec,
    options = list(
      screen = if (is.null(spec)) 1L else spec$screen,
      keep = if (is.null(spec)) 1L else kept_starts(spec, length(starts))
    )
  )
}

# By default all starts are climbed to the end, of many rows three.
kept_of_mixture <- function(spec, part) {
  if (!spec$by_default) {
    spec$keep
  } else if (is.null(part)) {
    spec$n
  } else {
    min(3L, spec$n)
  }
}

one_start <- function(starts, data, setup, call) {
  begin <- begin_with(setup, list(gmm_start(starts, data, setup, call)), "given")
  without_zeros(begin, call)
}

# Parameters or a partition that the user gave, checked.
gmm_start <- function(start, data, setup, call) {
  if (inherits(start, "em_fit")) {
    same <- identical(start$setup[c("k", "noise")], setup[c("k", "noise")])
    start <- if (same) start$parameters else whole_parameters(start)
  }
  if (is.list(start)) gmm_start_parameters(start, data, setup, call) else
    gmm_start_labels(start, data, setup, call)
}

gmm_start_labels <- function(labels, data, setup, call) {
  if (!is.atomic(labels) || length(labels) != data$n) {
    abort_argument(c(
      "{.arg starts} must be made by {.fn em_starts}, or be a fit, parameters, or a partition.",
      x = "A partition has one label for each of the {data$n} row{?s}: there are
           {length(labels)}."
    ), call = call)
  }
  noise <- setup$noise & !is.na(labels) & as.character(labels) == "0"
  parts <- as.integer(factor(ifelse(noise, NA, as.character(labels))))
  found <- max(parts, 0L, na.rm = TRUE)
  if (found != setup$k) {
    abort_argument(c(
      "The partition in {.arg starts} has {found} part{?s}, but {.arg k} is {setup$k}."
    ), call = call)
  }
  parts[noise] <- setup$k + 1L
  parts[is.na(parts)] <- 0L
  parts
}

gmm_start_parameters <- function(start, data, setup, call) {
  p <- data$p
  k <- setup$k
  needed <- c("proportions", "means", "covariances")
  shapes <- all(needed %in% names(start)) &&
    all(vapply(start[needed], is.numeric, logical(1))) &&
    length(start$proportions) == k + setup$noise &&
    length(start$means) == k * p && length(start$covariances) == k * p * p
  if (!shapes) {
    abort_argument(c(
      "{.arg starts} must hold {.field proportions}, {.field means} and {.field covariances}.",
      i = "Of {k} component{?s} in {p} variable{?s}: {k + setup$noise} number{?s}, a
           {k} x {p} matrix, a {p} x {p} x {k} array."
    ), call = call)
  }
  covariances <- array(start$covariances, c(p, p, k))
  definite <- vapply(seq_len(k), function(c) {
    is_covariance(matrix(covariances[, , c], p))
  }, logical(1))
  proportions <- as.double(start$proportions)
  means <- matrix(as.double(start$means), k, p)
  if (!all(is.finite(means), is.finite(proportions), proportions >= 0) || !all(definite)) {
    abort_argument(
      "{.arg starts} must be finite, its proportions not negative, its covariances positive
       definite.",
      call = call
    )
  }
  if (abs(sum(proportions) - 1) > 1e-6) {
    abort_argument("The proportions in {.arg starts} must sum to one.", call = call)
  }
  list(proportions = proportions / sum(proportions), means = means, covariances = covariances)
}

# Rows that say nothing or have no weight are no rows of a component.
check_enough_distinct <- function(data, setup, call) {
  parts <- setup$k + setup$noise
  if (parts == 1) {
    return(invisible())
  }
  usable <- if (is.null(data$weights)) seq_len(data$n) else which(data$weights > 0)
  few <- utils::head(usable, 50L * parts)
  distinct <- distinct_rows(data, few)
  if (distinct < parts && length(few) < length(usable)) distinct <- distinct_rows(data, usable)
  if (distinct < parts) {
    abort_data("{parts} components{if (setup$noise) ', one of them noise,'} need at least as many
               distinct rows: there {?is/are} {distinct}.", call = call)
  }
}

distinct_rows <- function(data, rows) {
  z <- start_matrix(data, rows)
  nrow(unique(z[rowSums(!is.na(z)) > 0, , drop = FALSE]))
}
