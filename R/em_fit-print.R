# Printing: first the answer, then the one diagnostic that matters most, then
# how to get more. Never more than ten rows.

#' Print or summarise a fit
#'
#' `print()` shows the answer in at most ten rows, the status with the estimated
#' log-likelihood still to be gained, and the one diagnostic that matters most.
#' `summary()` adds standard errors and the fraction of missing information of
#' each coefficient.
#'
#' @details
#' The line on missing information needs the observed information. Where that
#' would take noticeably long and nobody has asked for it yet, `print()` points
#' to [em_diagnose()] instead.
#'
#' @param x,object A fit, as returned by [em_mvn()] or [em_fit()], or its summary.
#' @param rows Most rows to print of any table, at least 1.
#' @param ... Not used; anything here is an error.
#'
#' @return `print()` returns its argument, invisibly. `summary()` returns a list
#' of class `summary.em_fit`:
#' * `call`, `model`: as in the fit;
#' * `size`: words on rows, variables and missing cells;
#' * `coefficients`: data frame as from [tidy()][em_fit-tidiers], with `term`,
#'   `estimate`, `std.error`, `fmi` (fraction of missing information);
#' * `correlation`: matrix of correlations between variables, or `NULL` where the
#'   model has none;
#' * `glance`: the one row of [glance()][em_fit-tidiers];
#' * `status`: words on convergence;
#' * `reason`: why standard errors are refused, or `NULL`.
#'
#' @section Errors:
#' `missmix_error_argument`: `rows` is no whole number of at least 1.
#'
#' @name em_fit-print
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol", "albumin")])
#' fit
#' summary(fit)
NULL

#' @rdname em_fit-print
#' @export
print.em_fit <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  answer <- answer(x, rows)
  say_title(x)
  print(answer$table, right = TRUE)
  say_more(answer$total - nrow(answer$table), answer$what, "coef(fit)")
  say_more(sum(answer$left), answer$across, "coef(fit)")
  cli::cat_line()
  say(status_words(x))
  say(bounds_words(x))
  say(starts_words(x))
  say(zero_words(x))
  say(headline(x))
  say("More: summary(fit), em_diagnose(fit), em_trace(fit), plot(fit).")
  invisible(x)
}

#' @rdname em_fit-print
#' @export
summary.em_fit <- function(object, ...) {
  check_no_dots()
  structure(
    list(
      call = object$call,
      model = object$model,
      size = answer_size(object),
      coefficients = coefficient_table(object),
      correlation = correlation(object),
      glance = glance(object),
      status = status_words(object),
      reason = information(object)$reason
    ),
    class = "summary.em_fit"
  )
}

#' @rdname em_fit-print
#' @export
print.summary.em_fit <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  say_title(x)
  coefficients <- utils::head(x$coefficients, rows)
  print(data.frame(
    estimate = signif_text(coefficients$estimate),
    std.error = signif_text(coefficients$std.error, 3),
    fmi = fixed_text(coefficients$fmi),
    row.names = make.unique(coefficients$term)
  ), right = TRUE)
  say_more(nrow(x$coefficients) - nrow(coefficients), "coefficient", "tidy(fit)")
  if (!is.null(x$reason)) {
    say("No standard errors: ", x$reason, ".")
  }
  say_correlations(x$correlation, rows)
  cli::cat_line()
  say(sprintf(
    "Log-likelihood %s on %d %s; AIC %s, BIC %s.",
    likelihood_text(x$glance$logLik), x$glance$df, plural(x$glance$df, "parameter"),
    likelihood_text(x$glance$AIC), likelihood_text(x$glance$BIC)
  ))
  say(x$status)
  invisible(x)
}

# What print() shows first: a list of `table` (at most so many rows), `total`
# (how many rows there are) and `what` one row is; where the console is too narrow for all columns
# also `left`, how many are left out, and `across`, what one is.
answer <- function(fit, rows = 10L) UseMethod("answer")

answer.em_fit <- function(fit, rows = 10L) {
  coefficients <- coef(fit)
  shown <- utils::head(coefficients, rows)
  list(
    table = data.frame(
      estimate = signif_text(shown),
      row.names = make.unique(names(shown))
    ),
    total = length(coefficients),
    what = "coefficient"
  )
}

# Words on how much data the fit saw.
answer_size <- function(fit) UseMethod("answer_size")

answer_size.em_fit <- function(fit) {
  size <- sprintf("%d free %s", fit$df, plural(fit$df, "parameter"))
  if (isTRUE(is.finite(fit$nobs))) {
    size <- sprintf("%s, %s observations", size, format(fit$nobs, big.mark = ","))
  }
  size
}

# Correlations between variables where the model speaks of any.
correlation <- function(fit) UseMethod("correlation")

correlation.em_fit <- function(fit) NULL

say_title <- function(x) {
  size <- if (is.null(x$size)) answer_size(x) else x$size
  say(cli::style_bold(x$model), ": ", size)
  cli::cat_line()
}

say_correlations <- function(correlation, rows) {
  if (is.null(correlation) || nrow(correlation) < 2) {
    return(invisible())
  }
  shown <- seq_len(min(rows, nrow(correlation)))
  lower <- correlation[shown, shown, drop = FALSE]
  text <- array(fixed_text(lower), dim(lower), dimnames(lower))
  text[upper.tri(text, diag = TRUE)] <- ""
  bare <- sub("^[a-z0-9]+\\((.*)\\)$", "\\1", colnames(text))
  colnames(text) <- abbreviate(bare, 6L, named = FALSE)
  cli::cat_line()
  cli::cat_line("Correlations:")
  print(text[-1, -ncol(text), drop = FALSE], quote = FALSE, right = TRUE)
  say_more(nrow(correlation) - length(shown), "variable", "em_parameters(fit)$sigma")
}

# One wrapped paragraph. The text is data (it may hold braces): never glued.
say <- function(..., indent = "") {
  text <- paste0(...)
  if (nzchar(text)) {
    cli::cat_line(cli::ansi_strwrap(text, exdent = 2 + nchar(indent)))
  }
}

say_more <- function(left, what, where) {
  if (left > 0) {
    cli::cat_line(cli::col_grey(
      sprintf("... and %d more %s: %s", left, plural(left, what), where)
    ))
  }
}
