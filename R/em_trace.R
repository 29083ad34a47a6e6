#' What happened in each iteration
#'
#' @param fit A fit, as returned by [em_mvn()] or [em_fit()].
#' @param ... Not used; anything here is an error.
#'
#' @return A data frame of class `em_trace`, one row for each iteration:
#' * `start`: number of the start. After [many starts][em_starts] the trace is that of all
#'   which were climbed to the end, one after the other;
#' * `iteration`: 0 for the starting point itself;
#' * `objective`: log-likelihood at this point, with the prior where there is one;
#' * `gap`: estimated log-likelihood still to be gained, `NA` before there is an
#'   estimate;
#' * `kind`: `"start"`, `"em"` (plain step), `"accelerated"`, or `"fallback"` (an
#'   accelerated step would have lost ground: the plain step was taken instead);
#' * `passes`: passes over the data so far;
#' * `seconds`: time so far.
#'
#' @section Errors:
#' `missmix_error_model`: a deconvolution has no trace, see [augment()][em_deconvolve-methods].
#'
#' @seealso `plot(fit, "trace")` for the picture.
#' @export
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol", "albumin")])
#' em_trace(fit)
em_trace <- function(fit, ...) {
  check_no_dots()
  if (!inherits(fit, "em_fit")) {
    abort_argument("{.arg fit} must be a fit, not {.obj_type_friendly {fit}}.")
  }
  trace <- do.call(rbind, as.list(fit$runs$trace))
  if (is.null(trace)) trace <- as.data.frame(fit$trace)
  if (ncol(trace) == 0) {
    abort_model(c(
      "This model has no trace: its samples are solved one by one, in a few steps each.",
      i = "{.code augment(fit)} has steps and certificate of every sample."
    ))
  }
  class(trace) <- c("em_trace", "data.frame")
  trace
}

#' @rdname em_trace
#' @param x A trace.
#' @param rows Most rows to print, at least 1: the first few and the last.
#' @export
print.em_trace <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  shown <- ends(nrow(x), rows)
  table <- as.data.frame(unclass(x)[names(x)])[shown$rows, , drop = FALSE]
  rounded <- intersect(names(table), c("gap", "seconds"))
  table[rounded] <- lapply(table[rounded], signif, digits = 3L)
  if ("objective" %in% names(table)) {
    table$objective <- formatC(table$objective, digits = 12L, format = "g")
  }
  print(table, row.names = FALSE)
  if (shown$left > 0) {
    cli::cat_line(cli::col_grey(sprintf(
      "... the first %d and last %d of %d iterations: as.data.frame() has all",
      shown$first, length(shown$rows) - shown$first, nrow(x)
    )))
  }
  invisible(x)
}

# The first three and the last rows of many.
ends <- function(n, rows) {
  first <- min(3L, rows, n)
  last <- max(min(rows, n) - first, 0L)
  kept <- c(seq_len(first), n - rev(seq_len(last)) + 1L)
  list(rows = kept, first = first, left = n - length(kept))
}

#' @rdname em_trace
#' @param row.names,optional As in [as.data.frame()].
#' @export
as.data.frame.em_trace <- function(x, row.names = NULL, # nolint: object_name_linter.
                                   optional = FALSE, ...) {
  class(x) <- "data.frame"
  x
}
