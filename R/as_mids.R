#' Hand imputations on to other packages
#'
#' For the tools of mice, of mitools (and so of survey), and of mitml. All columns of the data are
#' carried along, also those that were not modelled.
#'
#' @details
#' mice needs at least two columns, with different names that R can read as code: `patient_id`, not
#' `patient id`. Columns that were not imputed may hold anything, also dates, lists and matrices. In
#' a `mids` object `where` marks the cells that were imputed; no
#' method of mice is set for more than a first round, so it is an end product: mice cannot go on
#' with `mice.mids()`. The session's random numbers are left as they are, although mice draws some
#' on the way.
#'
#' @param imp Imputations, as returned by [em_impute()].
#' @param ... Not used; anything here is an error.
#'
#' @return
#' * `as_mids()`: an object of class `mids` for `with()`, `mice::complete()` and the plots of mice
#'   that take a formula (its trace plot needs chains, which are not those of mice); rows are named
#'   as in the data.
#' * `as_imputation_list()`: an `imputationList` of mitools, which `survey::svydesign()` takes.
#' * `as_mitml()`: a `mitml.list` of mitml.
#'
#' Data sets are in the order of the imputations; matrices have become data frames.
#'
#' @section Errors:
#' `missmix_error_argument`: `imp` is not by [em_impute()]. `missmix_error_data`: `as_mids()` of
#' columns that mice does not take; the message names them, and `parent` is the error of mice.
#'
#' @name as_mids
#' @seealso [em_complete()] for plain data frames.
#' @examplesIf requireNamespace("mice", quietly = TRUE)
#' imp <- em_impute(em_mvn(airquality[c("Ozone", "Solar.R", "Wind")]), m = 5, seed = 1)
#' mice::pool(with(as_mids(imp), lm(Ozone ~ Wind)))
NULL

#' @rdname as_mids
#' @export
as_mids <- function(imp, ...) {
  check_no_dots()
  check_made_by(imp, "em_imputations", "em_impute()")
  rlang::check_installed("mice")
  check_columns_for_mice(column_names(imp$data$source))
  long <- em_complete(imp, "long", include = TRUE)
  carried <- long[seq_len(imp$data$n), unreadable_columns(long), drop = FALSE]
  long[names(carried)] <- 0
  row_names <- imp$data$row_names
  if (!is.null(row_names) && !anyDuplicated(row_names)) {
    long$.id <- rep(row_names, imp$m + 1)
  }
  mids <- make_mids(long, imputed_cells(imp, setdiff(names(long), c(".imp", ".id"))))
  mids$data[names(carried)] <- carried
  mids
}

check_columns_for_mice <- function(names, call = rlang::caller_env()) {
  if (length(names) == 1) {
    abort_data("mice needs data of at least two columns: there is only {.field {names}}.",
      call = call)
  }
  nameless <- which(is.na(names) | names == "")
  if (length(nameless) > 0) {
    abort_data("mice needs columns with names: column {nameless[1]} has none.",
      column = nameless[1], call = call)
  }
  twice <- unique(names[duplicated(names)])
  if (length(twice) > 0) {
    abort_data("mice needs columns with different names: {.field {twice}} {?is/are} there more than
      once.", column = twice, call = call)
  }
}

# What mice would take the variance of: it cannot, so another column stands in.
unreadable_columns <- function(table) {
  names(table)[vapply(table, function(column) is.list(column) || is.array(column), logical(1))]
}

make_mids <- function(long, where, call = rlang::caller_env()) {
  # Its round of no iterations draws random numbers and logs columns that it would not use.
  rlang::try_fetch(
    with_seed(1L, mice::as.mids(long, where = where)),
    warning = function(cnd) {
      if (grepl("logged events", conditionMessage(cnd))) rlang::cnd_muffle(cnd)
      rlang::zap()
    },
    error = function(cnd) abort_mice(colnames(where), cnd, call)
  )
}

# mice writes formulas of the names of columns.
abort_mice <- function(columns, parent, call) {
  read <- function(name) !is.null(tryCatch(str2lang(name), error = function(cnd) NULL))
  odd <- columns[!vapply(columns, read, logical(1))]
  abort_data(c(
    "mice cannot take these data.",
    x = if (length(odd) > 0) {
      "It cannot read {cli::qty(odd)}the name{?s} of column{?s} {.field {odd}}."
    },
    i = if (length(odd) > 0) {
      "Rename {cli::qty(odd)}{?it/them} before the fit, to {.val {make.names(odd, unique = TRUE)}}."
    }
  ), column = odd, parent = parent, call = call)
}

#' @rdname as_mids
#' @export
as_imputation_list <- function(imp, ...) {
  check_no_dots()
  check_made_by(imp, "em_imputations", "em_impute()")
  rlang::check_installed("mitools")
  mitools::imputationList(completed_frames(imp))
}

#' @rdname as_mids
#' @export
as_mitml <- function(imp, ...) {
  check_no_dots()
  check_made_by(imp, "em_imputations", "em_impute()")
  rlang::check_installed("mitml")
  mitml::as.mitml.list(completed_frames(imp))
}

completed_frames <- function(imp) lapply(em_complete(imp, "list"), as.data.frame)

# A logical matrix of all columns of the data: which cells were imputed.
imputed_cells <- function(imp, columns) {
  where <- matrix(FALSE, imp$data$n, length(columns), dimnames = list(NULL, columns))
  variables <- match(imp$variables, columns)
  where[cbind(imp$cells$row, variables[imp$cells$variable])] <- TRUE
  where
}
