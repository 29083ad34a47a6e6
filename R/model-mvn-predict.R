# Filling in under a fitted multivariate normal.

#' Fill in missing cells
#'
#' Completes data under a fitted multivariate normal: each missing cell is given
#' its conditional mean, the other cells of its row known.
#'
#' @details
#' A completed table is right for looking, plotting and prediction. It is *wrong*
#' as data for a further analysis, which would take filled cells for measurements:
#' use `type = "cells"` to see how uncertain they are.
#'
#' Under a transform the conditional distribution on the scale of the data is
#' skewed: by default its median is filled in, `type = "mean"` gives its mean.
#' Under `"sqrt"` the variable is `max(Z, 0)^2` of a normal `Z`, in median, mean,
#' error and limits alike: a negative root stands for zero.
#'
#' Columns stored as integers stay so: filled values are rounded to whole numbers
#' inside the domain of the transform (under `"log"` to 1 at least); a column that
#' would hold numbers beyond the range of integers becomes double.
#' `type = "cells"` gives them unrounded.
#'
#' A cell with bounds ([em_mvn()]'s `bounds`) follows a truncated normal: median, mean and limits
#' lie within its bounds, also after rounding. Other missing cells of such a row get their
#' conditional mean and standard deviation; their distribution is a little skewed, and median and
#' limits are those of a normal. In new rows bounds of a whole column hold as well; bounds that
#' were given cell by cell are not known there, and new rows are refused (`missmix_error_model`).
#'
#' Standard errors and limits are those of the conditional distribution at the
#' estimated parameters; the uncertainty of the parameters themselves is not in
#' them.
#'
#' @param object A fit by [em_mvn()].
#' @param newdata Rows to complete, with the variables of the fit; the data of the
#'   fit when absent. Rows that the fit has never seen are no trouble.
#' @param type `"median"` (the default; without a transform the same as the mean),
#'   `"mean"`, or `"cells"`.
#' @param level Level of the limits with `type = "cells"`.
#' @param ... Not used; anything here is an error.
#'
#' @return With `"median"` and `"mean"`: the data completed, of the same class, with
#'   the same row names, columns and column types; columns that are not modelled are
#'   left as they are. With `"cells"`: a data frame with one row for each missing
#'   cell:
#' * `row`: number of the row; `variable`: name of the column in the data;
#' * `estimate`: conditional median, on the scale of the data;
#' * `std.error`: conditional standard deviation, on the scale of the data;
#' * `lower`, `upper`: limits that hold the cell with probability `level`.
#'
#' @section Errors and warnings:
#' `missmix_error_data`: `newdata` lacks a variable or has unusable cells, or the
#' fit does not hold its data. `missmix_error_model`: the covariance is singular.
#' `missmix_warning_boundary`: a number is infinite on the scale of the data, such
#' as the mean under `"log"` where the conditional variance is very large.
#' @export
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol", "albumin")], transform = c(bili = "log"))
#' head(predict(fit))
#' head(predict(fit, type = "cells"))
#' predict(fit, newdata = data.frame(bili = c(1, 10), chol = NA, albumin = 3.5))
predict.em_mvn <- function(object, newdata = NULL, type = c("median", "mean", "cells"),
                           level = 0.95, ...) {
  check_no_dots()
  if (missing(type)) type <- "median"
  check_choice(type, c("median", "mean", "cells"))
  check_level(level)
  if (NROW(newdata) == 0 && !is.null(newdata)) {
    return(if (type == "cells") cell_table(object, no_cells, level) else newdata)
  }
  data <- data_for(object, newdata)
  cells <- missing_cells(object, data)
  if (type == "cells") {
    return(cell_table(object, cells, level))
  }
  fill_in(object, data$source, cells, type)
}

# The data of the fit, or new rows in the same form.
data_for <- function(fit, newdata, call = rlang::caller_env()) {
  if (!is.null(newdata)) {
    data <- as_em_data(newdata, fit$variables, fit$transform, call = call)
    return(with_bounds(data, bounds_for_new_rows(fit, call), call))
  }
  if (is.null(fit$data)) {
    abort_data(c(
      "The fit does not hold its data ({.code keep_data = FALSE}).",
      i = "Hand them over: {.code newdata = }."
    ), call = call)
  }
  fit$data
}

# Every missing cell with its conditional mean and variance on the modelled scale,
# and the row-wise results beside.
missing_cells <- function(fit, data, call = rlang::caller_env()) {
  found <- mvn_predict_(data$columns, fit$parameters$mu, fit$parameters$sigma)
  if (length(found) == 0) {
    abort_model(c(
      "The fitted covariance is singular: conditional means do not exist.",
      i = "{.fn em_diagnose} names the direction."
    ), call = call)
  }
  if (length(found$bad) > 0) {
    abort_bad_cells(data, found$bad[["row"]], found$bad[["column"]], call = call)
  }
  if (is.null(data$censored)) found else within_bounds(found, fit, data, call)
}

no_cells <- list(
  row = integer(), variable = integer(), mean = numeric(), variance = numeric()
)

cell_table <- function(fit, cells, level, call = rlang::caller_env()) {
  out <- data.frame(
    row = cells$row, variable = fit$variables[cells$variable],
    estimate = cells$mean, std.error = sqrt(cells$variance)
  )
  reach <- stats::qnorm((1 + level) / 2) * out$std.error
  out$lower <- out$estimate - reach
  out$upper <- out$estimate + reach
  out <- limit_to_bounds(out, cells, level)
  for (variable in names(fit$transform)) {
    transform <- fit$transform[[variable]]
    at <- which(out$variable == variable)
    out$std.error[at] <- cell_back(cells, at, transform, "sd")
    for (column in c("estimate", "lower", "upper")) {
      out[[column]][at] <- back_median(out[[column]][at], transform)
    }
  }
  infinite <- is.infinite(out$std.error) | is.infinite(out$upper)
  warn_infinite(fit, unique(out$variable[infinite]), call)
  out
}

fill_in <- function(fit, source, cells, type, call = rlang::caller_env()) {
  whole <- integer_columns(source, fit$variables)
  infinite <- character()
  for (j in seq_along(fit$variables)) {
    at <- which(cells$variable == j)
    if (length(at) == 0) next
    variable <- fit$variables[j]
    transform <- transform_of(fit, variable)
    value <- switch(type,
      median = back_median(cell_medians(cells, at), transform),
      mean = cell_back(cells, at, transform, "mean")
    )
    if (any(is.infinite(value))) infinite <- c(infinite, variable)
    if (whole[j]) {
      value <- whole_within_bounds(whole_numbers(value, transform), value, cells, at, transform)
    }
    source <- fill_column(source, variable, cells$row[at], value)
  }
  warn_infinite(fit, infinite, call)
  as_valid_table(source)
}

integer_columns <- function(source, variables) {
  if (is.matrix(source)) {
    return(rep(is.integer(source), length(variables)))
  }
  vapply(variables, function(variable) is.integer(source[[variable]]), logical(1))
}

fill_column <- function(source, variable, rows, value) {
  if (is.matrix(source)) {
    source[rows, match(variable, column_names(source))] <- value
    return(source)
  }
  column <- source[[variable]]
  column[rows] <- value
  source[[variable]] <- column
  source
}

warn_infinite <- function(fit, variables, call) {
  if (length(variables) == 0) {
    return(invisible())
  }
  warn_boundary(c(
    "Beyond the largest number on the scale of the data, so infinite: {.field {variables}}.",
    i = "Under {.val {unique(fit$transform[variables])}} a large conditional variance does that:
        the default {.code type = \"median\"} is less exposed."
  ), column = variables, call = call)
}

# R's own assignments leave a data.table without room for the next column, of which
# `:=` would complain.
as_valid_table <- function(x) {
  if (inherits(x, "data.table") && requireNamespace("data.table", quietly = TRUE)) {
    data.table::setalloccol(x)
  } else {
    x
  }
}

# What the transforms add to the log-likelihood of each row.
row_log_jacobian <- function(data) {
  total <- numeric(data$n)
  for (variable in names(data$transform)) {
    slopes <- transform_log_slope(source_column(data$source, variable), data$transform[[variable]])
    total <- total + ifelse(is.na(slopes), 0, slopes)
  }
  total
}

# How unusual each row is, for augment().
row_diagnostics <- function(fit, call = rlang::caller_env()) {
  cells <- missing_cells(fit, fit$data, call)
  n <- fit$data$n
  data.frame(
    .n_missing = tabulate(cells$row, n),
    .pattern = cells$pattern,
    .distance = cells$distance,
    .log_lik = cells$log_lik + row_log_jacobian(fit$data)
  )
}
