#' Data completed by multiple imputation
#'
#' Puts drawn values where cells are missing: one table, a list of tables, or all of them stacked.
#'
#' @param imp Imputations, as returned by [em_impute()].
#' @param which The number of an imputation, for one completed table; `"list"` for a list of all;
#'   `"long"` for all stacked in one data frame.
#' @param include With `"long"`: put the incomplete data on top, as imputation 0?
#' @param ... Not used; anything here is an error.
#'
#' @return For a number, a table like the data that were imputed: the same class (data frame,
#'   tibble, data.table or matrix), columns, column types and row names; columns that are not
#'   modelled are left as they are. Integer columns stay so, unless they were imputed with `round =
#'   FALSE`. `"list"`: an unnamed list of m such tables. `"long"`: a data frame with n rows for
#'   each imputation and two further columns in front: `.imp`, its number, and `.id`, the number of
#'   the row. Cells of `imp$unimputed` are `NA` in all of them.
#'
#' @section Errors:
#' `missmix_error_argument`: `which` is no number of an imputation and neither of the words;
#' `include = TRUE` without `"long"`.
#' `missmix_error_data`: with `"long"`, the data have a column `.imp` or `.id` already.
#' @seealso [em_impute()].
#' @export
#' @examples
#' fit <- em_mvn(airquality[c("Ozone", "Solar.R", "Wind", "Temp")])
#' imp <- em_impute(fit, m = 3, seed = 1)
#' head(em_complete(imp, 2))
#' head(em_complete(imp, "long", include = TRUE))
em_complete <- function(imp, which = 1L, include = FALSE, ...) {
  check_no_dots()
  check_made_by(imp, "em_imputations", "em_impute()")
  check_flag(include)
  if (include && !identical(which, "long")) {
    abort_argument("{.arg include} belongs to {.code which = \"long\"}.", argument = "include")
  }
  if (identical(which, "long")) {
    return(complete_long(imp, include))
  }
  if (identical(which, "list")) {
    drawn <- drawn_columns(imp)
    return(lapply(seq_len(imp$m), function(k) complete_once(imp, k, drawn)))
  }
  ok <- checkmate::test_int(which, lower = 1, upper = imp$m, tol = 0)
  numbers <- if (imp$m == 1) "1" else paste("a whole number from 1 to", imp$m)
  must_be(ok, which, paste0(numbers, ", \"list\" or \"long\""), "which", rlang::current_env())
  complete_once(imp, which)
}

# One completed table, in the class of the data.
complete_once <- function(imp, k, drawn = drawn_columns(imp)) {
  source <- imp$data$source
  for (column in drawn) {
    source <- fill_column(source, column$variable, column$rows, column$values[, k])
  }
  as_valid_table(source)
}

imputed_variables <- function(imp) sort(unique(imp$cells$variable))

# Of each imputed variable its name, rows, and values (rows x m): integers where its column is of
# integers and all imputations are.
drawn_columns <- function(imp) {
  integers <- integer_columns(imp$data$source, imp$variables)
  lapply(imputed_variables(imp), function(j) {
    at <- which(imp$cells$variable == j)
    values <- imp$values[at, , drop = FALSE]
    if (integers[j] && all(values == round(values)) && all(abs(values) <= .Machine$integer.max)) {
      storage.mode(values) <- "integer"
    }
    list(variable = imp$variables[j], rows = imp$cells$row[at], values = values)
  })
}

complete_long <- function(imp, include, call = rlang::caller_env()) {
  source <- as.data.frame(imp$data$source)
  taken <- intersect(c(".imp", ".id"), names(source))
  if (length(taken) > 0) {
    abort_data("The data have a column {.field {taken}} already.", column = taken, call = call)
  }
  n <- imp$data$n
  numbers <- c(if (include) 0L, seq_len(imp$m))
  index <- rep(seq_len(n), length(numbers))
  long <- lapply(source, function(column) {
    if (length(dim(column)) == 2) column[index, , drop = FALSE] else column[index]
  })
  for (drawn in drawn_columns(imp)) {
    rows <- n * include + outer(drawn$rows, n * (seq_len(imp$m) - 1L), "+")
    column <- long[[drawn$variable]]
    column[rows] <- drawn$values
    long[[drawn$variable]] <- column
  }
  # By hand, since data.frame() would repeat and check row names.
  structure(
    c(list(.imp = rep(numbers, each = n), .id = index), long),
    class = "data.frame", row.names = .set_row_names(length(index))
  )
}
