#' Compare numbers of components, covariance families, or other settings of a model
#'
#' Fits a model for every combination of some of its arguments and ranks the fits by an
#' information criterion. For mixtures each fit is started, besides its own starts, from the fit
#' with one component less, so that log-likelihoods do not fall as k grows (but for `search_tol`).
#'
#' @details
#' Arguments in `...` of which several values are given make the grid: `k = 1:9`,
#' `covariance = c("EEE", "VVV")`; `covariance = "all"` stands for all fourteen families (for one
#' variable `E` and `V`). All other arguments go to every fit.
#'
#' For [em_gmm()] the search shares its work: partitions of the rows are made once for each k and
#' tried in every family; a fit with one component more starts from the best one with a component
#' split in two, in each of the most promising ways; and fits are climbed to `search_tol` only,
#' which bounds the error of a log-likelihood in the table. Only the best one is climbed to the
#' tolerance of `control`.
#'
#' Criteria are such that smaller is better, as in [stats::BIC()] (mclust's have the other sign):
#' `"BIC"`, `"AIC"`, or `"ICL"` (BIC plus twice the entropy of the classification; Biernacki,
#' Celeux and Govaert 2000). Modes that are thin or degenerate take no part in the choice.
#'
#' @param model The model's function, such as [em_gmm()] or [em_mvn()].
#' @param ... Arguments of the model, see details.
#' @param criterion `"BIC"`, `"AIC"` or `"ICL"`; of a picture, when absent, that of the selection.
#' @param starts Where each fit starts, see [em_starts()]; models without such a choice ignore it.
#' @param search_tol Tolerance of the fits in the search, in log-likelihood units.
#' @param control Options by [em_control()]. `max_iter`, `time_limit` and `tol` are for the final
#'   climb; a progress bar is shown with `verbose = 1`.
#'
#' @return A list of class `em_selection`:
#' * `table`: data frame, one row for each combination in order of the grid: the arguments,
#'   `log_lik`, `df`, `AIC`, `BIC`, `ICL` (`NA` for models without), `status`, `gap`, `sound`,
#'   `rank` (1 the best; `NA` where not sound or failed), `note` (why it failed);
#' * `best`: the best fit;
#' * `criterion`: which one.
#'
#' `as.data.frame()` gives the table.
#'
#' `plot()` and `autoplot()` draw the criterion against k, a line for each family, the best with a
#' ring, fits that are not sound as crosses; fits far above the best lie beyond the upper edge,
#' and the title says how many. Without several k the best combinations are listed below one
#' another.
#'
#' @section Errors:
#' `missmix_error_argument`: no argument has several values; the model does not know an argument.
#' `missmix_error_model`: not one of the fits succeeded. `missmix_warning_convergence`: an interrupt
#' ended the search, of which the table holds what was finished; or the best fit did not arrive.
#'
#' @references
#' Biernacki C, Celeux G, Govaert G (2000). Assessing a mixture model for clustering with the
#' integrated completed likelihood. *IEEE Transactions on Pattern Analysis and Machine
#' Intelligence* 22, 719-725. \doi{10.1109/34.865189}.
#'
#' Fraley C, Raftery AE (2002). Model-based clustering, discriminant analysis, and density
#' estimation. *JASA* 97, 611-631. \doi{10.1198/016214502760047131}.
#'
#' @seealso [em_lrt()] for a test of one more component.
#' @order 1
#' @export
#' @examples
#' sel <- em_select(faithful, model = em_gmm, k = 1:4, covariance = c("EEE", "VVV"))
#' sel
#' sel$best
#' plot(sel)
em_select <- function(x, model, ..., criterion = c("BIC", "AIC", "ICL"),
                      starts = NULL, search_tol = 0.01, control = em_control()) {
  if (missing(criterion)) criterion <- "BIC"
  check_choice(criterion, c("BIC", "AIC", "ICL"))
  check_function(model)
  check_number(search_tol, lower = 0)
  check_control(control)
  arguments <- list(...)
  if (length(arguments) > 0 && !all(nzchar(rlang::names2(arguments)))) {
    abort_argument("Arguments of the model must be named, such as {.code k = 1:9}.")
  }
  search <- selection_search(x, model, arguments, starts, search_tol, control)
  search$name <- substitute(model)
  search$expression <- substitute(x)
  table <- search_grid(search, criterion)
  best <- which(table$rank == 1)
  if (length(best) == 0) {
    notes <- unique(stats::na.omit(table$note))
    abort_model(c("Not one of the fits can be used.", x = "{notes[1]}"))
  }
  best <- finish_selected(search, table, best)
  attr(table, "parameters") <- NULL
  structure(
    list(
      table = table,
      best = best,
      criterion = criterion
    ),
    class = "em_selection"
  )
}

#' @export
as.data.frame.em_selection <- function(x, ...) x$table

#' @rdname em_select
#' @order 2
#' @export
print.em_selection <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  table <- x$table[order(x$table$rank, na.last = NA), , drop = FALSE]
  unsound <- sum(!x$table$sound)
  cli::cat_line(cli::style_bold("Selection by ", x$criterion), ": ", nrow(x$table), " fits, ",
    "smaller is better")
  cli::cat_line()
  shown <- utils::head(table, rows)
  values <- shown[[x$criterion]]
  out <- shown[grid_columns(shown)]
  out$log_lik <- likelihood_texts(shown$log_lik)
  out$df <- shown$df
  out[[x$criterion]] <- likelihood_texts(values)
  out$behind <- fixed_text(values - values[1])
  print(out, row.names = FALSE, right = TRUE)
  say_more(nrow(table) - nrow(shown), "fit", "as.data.frame(sel)")
  cli::cat_line()
  say(selection_words(x, table))
  if (unsound > 0) {
    say(unsound, " ", plural(unsound, "fit"), " took no part: thin, degenerate or failed; see the",
      " column `note`.")
  }
  say("More: sel$best, plot(sel), as.data.frame(sel).")
  invisible(x)
}

likelihood_texts <- function(x) vapply(x, likelihood_text, character(1))

# Differences of two and more in BIC count: Kass and Raftery (1995).
selection_words <- function(x, table) {
  behind <- table[[x$criterion]] - table[[x$criterion]][1]
  rivals <- sum(behind < 2) - 1
  if (rivals > 0) {
    sprintf("%d other %s less than 2 behind the best: the data hardly tell them apart.", rivals,
      if (rivals == 1) "fit is" else "fits are")
  } else if (length(behind) > 1) {
    sprintf("The second is %s behind.", number_text(behind[2]))
  } else {
    ""
  }
}

# The columns that say which fit it is.
grid_columns <- function(table) {
  names(table)[seq_len(match("log_lik", names(table)) - 1)]
}
