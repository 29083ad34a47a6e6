#' Hand imputations on to other packages
#'
#' For the tools of mice, of mitools (and so of survey), and of mitml. All columns of the data are
#' carried along, also those that were not modelled.
#'
#' @details
#' mice needs at least two columns. In a `mids` object `where` marks the cells that were imputed; no
#' method of mice is set for more than a first round, so it is an end product: mice cannot go on
#' with `mice.mids()`. The session's random numbers are left as they are, although mice draws some
#' on the way.
#'
#' @param imp Imputations, as returned by [em_impute()].
#' @param ... Not used; anything here is an error.
#'
#' @return
#' * `as_mids()`: an object of class `mids` for `with()`, `mice::complete()` and the plots of mice;
#'   rows are named as in the data.
#' * `as_imputation_list()`: an `imputationList` of mitools, which `survey::svydesign()` takes.
#' * `as_mitml()`: a `mitml.list` of mitml.
#'
#' Data sets are in the order of the imputations; matrices have become data frames.
#'
#' @section Errors:
#' `missmix_error_argument`: `imp` is not by [em_impute()]. `missmix_error_data`: `as_mids()` of a
#' single column.
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
  long <- em_complete(imp, "long", include = TRUE)
  row_names <- imp$data$row_names
  if (!is.null(row_names) && !anyDuplicated(row_names)) {
    long$.id <- rep(row_names, imp$m + 1)
  }
  where <- imputed_cells(imp, setdiff(names(long), c(".imp", ".id")))
  if (ncol(where) < 2) {
    abort_data("mice needs data of at least two columns: there is only {.field {colnames(where)}}.")
  }
  # Its round of no iterations draws random numbers and logs columns that it would not use.
  withCallingHandlers(
    with_seed(1L, mice::as.mids(long, where = where)),
    warning = function(cnd) {
      if (grepl("logged events", conditionMessage(cnd))) invokeRestart("muffleWarning")
    }
  )
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
