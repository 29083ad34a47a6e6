# What a set of imputations answers.

#' @rdname em_impute
#' @param x Imputations, as returned by `em_impute()`.
#' @export
print.em_imputations <- function(x, ...) {
  check_no_dots()
  cli::cat_line(
    cli::style_bold(sprintf("%d %s", x$m, plural(x$m, "imputation"))), " (", x$method,
    if (!is.null(x$by)) paste0(", ", by_words(x$by)), "): ", x$model
  )
  cli::cat_line()
  for (sentence in imputed_words(x)) say(sentence)
  if (nrow(x$unimputed) > 0) say(unimputed_words(x))
  say(draws_words(x))
  if (!is.null(x$delta)) say(trimws(shift_words(x)))
  say("More: em_diagnose(imp), em_pool(with(imp, lm(y ~ x))), em_complete(imp).")
  invisible(x)
}

shift_words <- function(imp) {
  if (!is.null(imp$delta)) {
    paste0(" Values of ", and_list(names(imp$delta)),
      " were then changed by delta: not missing at random.")
  }
}

by_words <- function(by) {
  paste0("by ", if (is.null(by$variable)) "group" else by$variable, ", covariance ", by$covariance)
}

imputed_words <- function(imp) {
  cells <- nrow(imp$cells)
  if (cells == 0) {
    return("No cell was imputed.")
  }
  counts <- imputed_counts(imp)
  rows <- length(unique(imp$cells$row))
  c(
    sprintf("%s %s of %d %s imputed in %s %s, each %s.",
      number_words(cells), plural(cells, "cell"), length(counts),
      plural(length(counts), "variable"), number_words(rows), plural(rows, "row"),
      if (imp$m == 1) "once" else sprintf("%d times", imp$m)
    ),
    paste0("Most: ", and_list(most_imputed(counts)), ".")
  )
}

# How many cells of each variable that has any.
imputed_counts <- function(imp) {
  counts <- tabulate(imp$cells$variable, length(imp$variables))
  stats::setNames(counts, imp$variables)[counts > 0]
}

most_imputed <- function(counts, most = 5L) {
  top <- utils::head(sort(counts, decreasing = TRUE), most)
  sprintf("%s (%s)", names(top), number_words(top))
}

unimputed_words <- function(imp) {
  left <- nrow(imp$unimputed)
  sprintf("%s %s missing: imp$unimputed says why.", number_words(left),
    plural(left, "cell stays", "cells stay"))
}

# The one thing that matters most of how they were drawn.
draws_words <- function(imp) {
  switch(imp$method,
    posterior = chain_words(imp$chain),
    conditional = paste(
      "Improper: the parameters were taken as known, so that intervals from these imputations",
      "come out too narrow. method = \"posterior\" draws them."
    ),
    bootstrap = "Each imputation is drawn under the fit of rows drawn again.",
    normal = paste(
      "Each imputation is drawn under parameters from the normal approximation to their",
      "distribution: for large samples."
    )
  )
}

chain_words <- function(chain) {
  if (is.null(chain)) {
    return("")
  }
  sprintf(
    paste(
      "After %d %s from the maximum a draw still knows %s of its start, in the direction that",
      "forgets last (%s of it a step)."
    ),
    chain$burnin, plural(chain$burnin, "step"), memory_text(chain$acf[["expected"]]),
    memory_text(min(1, max(chain$rate, 0)))
  )
}

#' @rdname em_impute
#' @param row.names,optional As in [as.data.frame()]; in the second place `"long"` may stand, too.
#' @param include Put the incomplete data on top, as imputation 0?
#' @export
as.data.frame.em_imputations <- function(x, row.names = NULL, # nolint: object_name_linter.
                                         optional = FALSE, ..., include = FALSE) {
  check_no_dots()
  if (!is.null(row.names)) {
    ok <- identical(row.names, "long")
    must_be(ok, row.names, "NULL or \"long\"", "row.names", rlang::current_env())
  }
  em_complete(x, "long", include = include)
}
