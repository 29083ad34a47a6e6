# Filling in and simulating under a fitted multivariate normal.

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
#' Columns stored as integers stay so: filled values are rounded to whole numbers
#' (`type = "cells"` gives them unrounded).
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
#' @section Errors:
#' `missmix_error_data`: `newdata` lacks a variable or has unusable cells, or the
#' fit does not hold its data. `missmix_error_model`: the covariance is singular.
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
    return(as_em_data(newdata, fit$variables, fit$transform, call = call))
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
  found
}

no_cells <- list(
  row = integer(), variable = integer(), mean = numeric(), variance = numeric()
)

cell_table <- function(fit, cells, level) {
  out <- data.frame(
    row = cells$row, variable = fit$variables[cells$variable],
    estimate = cells$mean, std.error = sqrt(cells$variance)
  )
  reach <- stats::qnorm((1 + level) / 2) * out$std.error
  out$lower <- out$estimate - reach
  out$upper <- out$estimate + reach
  for (variable in names(fit$transform)) {
    transform <- fit$transform[[variable]]
    at <- which(out$variable == variable)
    out$std.error[at] <- back_sd(cells$mean[at], cells$variance[at], transform)
    for (column in c("estimate", "lower", "upper")) {
      out[[column]][at] <- back_median(out[[column]][at], transform)
    }
  }
  out
}

fill_in <- function(fit, source, cells, type) {
  for (j in seq_along(fit$variables)) {
    at <- which(cells$variable == j)
    if (length(at) == 0) next
    variable <- fit$variables[j]
    transform <- if (variable %in% names(fit$transform)) fit$transform[[variable]]
    value <- switch(type,
      median = back_median(cells$mean[at], transform),
      mean = back_mean(cells$mean[at], cells$variance[at], transform)
    )
    source <- fill_column(source, j, variable, cells$row[at], value)
  }
  source
}

fill_column <- function(source, j, variable, rows, value) {
  if (is.matrix(source)) {
    if (is.integer(source)) value <- as.integer(round(value))
    column <- if (is.null(colnames(source))) j else variable
    source[rows, column] <- value
    return(source)
  }
  column <- source[[variable]]
  if (is.integer(column)) value <- as.integer(round(value))
  column[rows] <- value
  source[[variable]] <- column
  source
}

#' Simulate data from a fitted multivariate normal
#'
#' Draws whole data sets from the fitted distribution: for parametric bootstrap,
#' for checks of the model against the data, for planning.
#'
#' @param object A fit by [em_mvn()].
#' @param nsim How many data sets.
#' @param seed `NULL` to go on with R's generator as it stands, or a number for
#'   [set.seed()].
#' @param keep_missing Put `NA` where the data of the fit have it? `FALSE` gives
#'   complete data.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of `nsim` data sets with as many rows as the data of the fit, the
#'   modelled columns on the scale of the data, of the same class. Integer columns
#'   become double. Parameters are taken as known.
#' @export
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol")], transform = c(bili = "log"))
#' sets <- simulate(fit, 2, seed = 1)
#' head(sets[[1]])
simulate.em_mvn <- function(object, nsim = 1, seed = NULL, keep_missing = FALSE, ...) {
  check_no_dots()
  check_count(nsim)
  check_flag(keep_missing)
  if (keep_missing && is.null(object$data)) {
    abort_data("The fit does not hold its data: where cells are missing is not known.")
  }
  if (!is.null(seed)) {
    check_number(seed)
    set.seed(seed)
  }
  root <- covariance_root(object$parameters$sigma)
  lapply(seq_len(nsim), function(k) simulate_once(object, root, keep_missing))
}

# The Cholesky factor, or a square root that a singular covariance has too.
covariance_root <- function(sigma) {
  factor <- tryCatch(chol(sigma), error = function(cnd) NULL)
  if (!is.null(factor)) {
    return(factor)
  }
  parts <- eigen(sigma, symmetric = TRUE)
  t(parts$vectors) * sqrt(pmax(parts$values, 0))
}

simulate_once <- function(fit, root, keep_missing) {
  p <- length(fit$terms)
  y <- matrix(stats::rnorm(fit$n * p), fit$n, p) %*% root
  y <- sweep(y, 2, fit$parameters$mu, "+")
  colnames(y) <- fit$variables
  for (variable in names(fit$transform)) {
    y[, variable] <- transform_inverse(y[, variable], fit$transform[[variable]])
  }
  if (keep_missing) {
    for (j in seq_len(p)) y[is.na(data_column(fit$data, j)), j] <- NA
  }
  like_template(y, fit$template, fit$data$row_names)
}

data_column <- function(data, j) {
  if (is.matrix(data$columns)) data$columns[, j] else data$columns[[j]]
}

# A matrix of modelled columns in the class of the user's data.
like_template <- function(y, template, row_names) {
  if (is.matrix(template)) {
    rownames(y) <- row_names
    return(y)
  }
  out <- as.data.frame(y, optional = TRUE)
  if (!is.null(row_names)) attr(out, "row.names") <- row_names
  class(out) <- class(template)
  out
}

# What the transforms add to the log-likelihood of each row.
row_log_jacobian <- function(data) {
  total <- numeric(data$n)
  for (variable in names(data$transform)) {
    y <- if (is.matrix(data$source)) data$source[, variable] else data$source[[variable]]
    slopes <- transform_log_slope(y, data$transform[[variable]])
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
