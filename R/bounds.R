# Cells known to lie within bounds: limits of detection, values cut off above, intervals.

# Bounds as the user gives them: by variable, c(lower, upper) for all missing cells
# of a column, or a matrix or data frame of two columns with a row for each row of
# the data. The data come back with
# * `bounds`: the same, each element a vector of two or a matrix of n rows;
# * `censored`: list(row, variable, lower, upper), a missing cell each, ordered by
#   row, then variable, the bounds on the modelled scale; NULL where there are none.
with_bounds <- function(data, bounds, call = rlang::caller_env()) {
  if (is.null(bounds)) {
    return(data)
  }
  check_bounds_names(bounds, data$variables, call)
  data$bounds <- Map(function(bound, variable) read_bound(bound, variable, data$n, call),
                     bounds, names(bounds))
  cells <- Map(function(bound, variable) {
    bounded_cells(bound, match(variable, data$variables), data, call)
  }, data$bounds, names(data$bounds))
  data$censored <- in_cell_order(do.call(rbind, unname(cells)))
  data
}

check_bounds_names <- function(bounds, variables, call) {
  named <- is.list(bounds) && !is.data.frame(bounds) && length(bounds) > 0 &&
    !is.null(names(bounds)) && all(nzchar(names(bounds))) && !anyDuplicated(names(bounds))
  if (!named) {
    abort_argument(c(
      "{.arg bounds} must be a list with a name for each element, each name once.",
      i = "Such as {.code bounds = list(crp = c(-Inf, 0.5))}."
    ), argument = "bounds", call = call)
  }
  strangers <- setdiff(names(bounds), variables)
  if (length(strangers) > 0) {
    abort_argument(c(
      "{.arg bounds} names {.val {strangers}}: no modelled variable.",
      i = "The variables are named as in the data: {.val {variables}}."
    ), argument = "bounds", call = call)
  }
}

is_by_cell <- function(bound) is.matrix(bound)

read_bound <- function(bound, variable, n, call) {
  by_cell <- is.data.frame(bound) || is.matrix(bound)
  if (is.data.frame(bound)) bound <- as.matrix(bound)
  numeric <- is.numeric(bound) || (is.logical(bound) && all(is.na(bound)))
  shaped <- if (by_cell) identical(dim(bound), c(as.integer(n), 2L)) else length(bound) == 2
  if (!numeric || !shaped) {
    abort_argument(c(
      "The bounds of {.field {variable}} must be {.code c(lower, upper)}, or a numeric matrix of two
        columns with a row for each of {n} row{?s}.",
      x = if (by_cell && numeric) {
        "They have {nrow(bound)} row{?s} and {ncol(bound)} column{?s}."
      } else {
        "They are {.obj_type_friendly {bound}} of length {length(bound)}."
      }
    ), variable = variable, call = call)
  }
  storage.mode(bound) <- "double"
  if (!by_cell && anyNA(bound)) {
    abort_bound(variable, NULL, bound, "must be numbers", call,
                "On a side without a bound: {.code -Inf} or {.code Inf}.")
  }
  bad <- if (by_cell) which(is.nan(bound[, 1]) | is.nan(bound[, 2]))[1] else NA
  if (!is.na(bad)) abort_bound(variable, bad, bound[bad, ], "must be numbers", call)
  if (by_cell) unname(bound) else as.vector(bound)
}

abort_bound <- function(variable, row, bound, what, call, hint = NULL) {
  place <- if (is.null(row)) "" else sprintf(" in row %d", row)
  abort_argument(c(
    "The bounds of {.field {variable}}{place} {what}.",
    x = "They are {format(bound[1], digits = 15)} and {format(bound[2], digits = 15)}.",
    i = hint
  ), variable = variable, row = row, call = call)
}

is_measurement <- "A cell that is known so well is measured: put its value into the data."

# The missing cells of variable j with their bounds on the modelled scale; unbounded
# ones are missing cells like all others. NaN is no missing cell, and refused later.
bounded_cells <- function(bound, j, data, call) {
  variable <- data$variables[j]
  column <- data_column(data, j)
  rows <- which(is.na(column) & !is.nan(column))
  if (is_by_cell(bound)) {
    lower <- bound[rows, 1]
    upper <- bound[rows, 2]
    lower[is.na(lower)] <- -Inf
    upper[is.na(upper)] <- Inf
  } else {
    check_interval(bound[1], bound[2], variable, NULL, call)
    lower <- rep(bound[1], length(rows))
    upper <- rep(bound[2], length(rows))
  }
  check_interval(lower, upper, variable, rows, call)
  transform <- transform_of(data, variable)
  modelled <- modelled_bounds(lower, upper, transform)
  empty <- which(!(modelled$lower < modelled$upper))[1]
  if (!is.na(empty)) {
    outside <- is.infinite(modelled$lower[empty]) || is.infinite(modelled$upper[empty])
    what <- if (outside) "leave no value in the domain of %s()" else "are the same under %s()"
    abort_bound(variable, if (is_by_cell(bound)) rows[empty], c(lower[empty], upper[empty]),
                sprintf(what, transform), call, if (!outside) is_measurement)
  }
  kept <- is.finite(modelled$lower) | is.finite(modelled$upper)
  data.frame(
    row = rows[kept], variable = rep(j, sum(kept)), lower = modelled$lower[kept],
    upper = modelled$upper[kept]
  )
}

check_interval <- function(lower, upper, variable, rows, call) {
  bad <- which(!(lower < upper))[1]
  if (!is.na(bad)) {
    same <- isTRUE(lower[bad] == upper[bad]) && is.finite(lower[bad])
    abort_bound(variable, rows[bad], c(lower[bad], upper[bad]),
      "must have the lower one below the upper", call, if (same) is_measurement
    )
  }
}

# An end at or beyond that of the transform's domain is none.
modelled_bounds <- function(lower, upper, transform) {
  if (is.null(transform)) {
    return(list(lower = lower, upper = upper))
  }
  range <- domain_range(transform)
  within <- function(x) transform_forward(pmin(pmax(x, range[1]), range[2]), transform)
  low <- within(lower)
  high <- within(upper)
  low[lower <= range[1]] <- -Inf
  high[upper >= range[2]] <- Inf
  low[lower >= range[2]] <- Inf
  high[upper <= range[1]] <- -Inf
  list(lower = low, upper = high)
}

in_cell_order <- function(cells) {
  if (nrow(cells) == 0) {
    return(NULL)
  }
  as.list(cells[order(cells$row, cells$variable), ])
}

# Bounds by column hold for any rows; those by cell belong to the rows of the fit.
bounds_for_new_rows <- function(fit, call) {
  by_cell <- names(fit$bounds)[vapply(fit$bounds, is_by_cell, logical(1))]
  if (length(by_cell) > 0) {
    abort_model(c(
      "The bounds of {.field {by_cell}} were given cell by cell: they belong to the rows of the
        fit, and those of other rows are not known.",
      i = "Bounds that hold for a whole column, {.code c(lower, upper)}, go with new rows."
    ), call = call)
  }
  fit$bounds
}

# The data are about to keep these rows only.
bounds_of_rows <- function(data, rows) {
  if (is.null(data$bounds)) {
    return(data)
  }
  data$bounds <- lapply(data$bounds, function(bound) {
    if (is_by_cell(bound)) bound[rows, , drop = FALSE] else bound
  })
  cells <- as.data.frame(data$censored)
  cells$row <- match(cells$row, rows)
  data$censored <- in_cell_order(cells[!is.na(cells$row), , drop = FALSE])
  data
}

# Bounds of these cells on the modelled scale, NA where there are none.
bounds_of_cells <- function(cells, data) {
  at <- match(cell_number(cells, data$p), cell_number(data$censored, data$p))
  list(lower = data$censored$lower[at], upper = data$censored$upper[at])
}

# How many cells of which variables, for the fit.
censored_counts <- function(data) {
  counts <- tabulate(data$censored$variable, data$p)
  stats::setNames(counts, data$variables)[counts > 0]
}

# One line for print(); "" for a fit without censored cells.
bounds_words <- function(fit) {
  if (is.null(fit$censored)) {
    return("")
  }
  cells <- fit$censored$cells
  rows <- fit$censored$approximate_rows
  paste0(
    "Within bounds: ", and_list(sprintf("%s %s of %s", number_words(cells),
                                        ifelse(cells == 1, "cell", "cells"), names(cells))),
    ", in the likelihood as censored",
    if (rows > 0) {
      sprintf(" (%s %s with three or more: by expectation propagation, approximate)",
              number_words(rows), plural(rows, "row"))
    } else {
      " (exact)"
    },
    "."
  )
}
