# What a column with censored cells is known to be, all cells together.

# Intervals narrower than this, in standard deviations of what is known of the column, are no more
# than measured values, and their arithmetic runs out of digits.
narrowest_interval <- 1e-10

# Before a fit: the spread of each column with censored cells must show, and no interval be so
# narrow that the cell is measured.
check_bounded_columns <- function(data, call) {
  cells <- data$censored
  counts <- if (is.null(data$weights)) rep(TRUE, data$n) else data$weights > 0
  for (j in unique(cells$variable)) {
    at <- which(cells$variable == j)
    measured <- as.double(data_column(data, j))
    check_wide_enough(measured, lapply(cells, `[`, at), j, data, call)
    at <- at[counts[cells$row[at]]]
    check_spread_shows(measured[counts], cells$lower[at], cells$upper[at], j, data, call)
  }
}

# A single value that agrees with all that is known: the likelihood rises without end as the
# variance goes to zero, or does not depend on it.
check_spread_shows <- function(measured, lower, upper, j, data, call) {
  measured <- measured[is.finite(measured)]
  lowest <- max(lower, measured)
  highest <- min(upper, measured)
  if (lowest > highest || length(upper) == 0) {
    return(invisible())
  }
  variable <- data$variables[j]
  ends <- back_median(c(lowest, highest), transform_of(data, variable))
  ends <- format(ends, digits = 6, trim = TRUE)
  value <- if (lowest == highest) {
    ends[1]
  } else if (is.infinite(lowest)) {
    paste("any value below", ends[2])
  } else if (is.infinite(highest)) {
    paste("any value above", ends[1])
  } else {
    paste("any value between", ends[1], "and", ends[2])
  }
  abort_data(c(
    "The cells of {.field {variable}} do not tell how much it varies.",
    x = if (length(measured) > 0) {
      "The only value measured, {value}, lies within the bounds of all other cells."
    } else {
      "None is measured, and all may be the same: {value}."
    },
    i = if (!is.null(data$weights)) "Rows of weight zero do not count.",
    i = "Its mean and variance are not determined: leave the variable out."
  ), column = variable, call = call)
}

check_wide_enough <- function(measured, cells, j, data, call) {
  spread <- known_place(measured, cells$lower, cells$upper)$spread
  narrow <- which(cells$upper - cells$lower < narrowest_interval * spread)[1]
  if (is.na(narrow)) {
    return(invisible())
  }
  variable <- data$variables[j]
  row <- cells$row[narrow]
  bound <- data$bounds[[variable]]
  by_cell <- is_by_cell(bound)
  abort_bound(
    variable, if (by_cell) row, if (by_cell) bound[row, ] else bound,
    sprintf("are less than %g standard deviations apart", narrowest_interval), call, is_measurement
  )
}

# The columns with each censored cell at a crude value: that nearest to the mean which lies half a
# standard deviation within the bounds, or in the middle of a narrower interval.
crude_columns <- function(data) {
  columns <- lapply(seq_len(data$p), function(j) as.double(data_column(data, j)))
  cells <- data$censored
  for (j in unique(cells$variable)) {
    at <- which(cells$variable == j)
    lower <- cells$lower[at]
    upper <- cells$upper[at]
    place <- known_place(columns[[j]], lower, upper)
    margin <- pmin(place$spread / 2, (upper - lower) / 2)
    columns[[j]][cells$row[at]] <- pmin(pmax(place$centre, lower + margin), upper - margin)
  }
  columns
}

# About where a column lies: mean and standard deviation of its measured values; with fewer than
# two different ones the bounds join them.
known_place <- function(measured, lower, upper) {
  known <- measured[is.finite(measured)]
  if (length(known) == 0 || min(known) == max(known)) {
    known <- c(known, lower[is.finite(lower)], upper[is.finite(upper)])
  }
  # In a unit in which no square overflows or vanishes.
  unit <- max(abs(known))
  if (unit == 0) unit <- 1
  spread <- unit * stats::sd(known / unit)
  list(centre = unit * mean(known / unit), spread = if (isTRUE(spread > 0)) spread else unit)
}
