#' Pooled estimates, their covariance and intervals
#'
#' The usual questions of R, answered for what [em_pool()] returns.
#'
#' @details
#' Tests and intervals are from Student's t with the degrees of freedom of Barnard and Rubin (1999):
#' estimate / std.error for the hypothesis that the coefficient is zero, and
#' estimate +/- t * std.error.
#'
#' @param x,object Pooled estimates, as returned by [em_pool()], or their summary.
#' @param parm Which terms: names or numbers; all when missing.
#' @param level,conf.level Confidence level, strictly between 0 and 1.
#' @param conf.int Add confidence limits?
#' @param exponentiate Give `exp()` of the estimate and of the limits, for odds ratios, hazard
#'   ratios and the like? `std.error`, `statistic` and `p.value` stay those of the coefficient.
#' @param rows Most rows to print, at least 1.
#' @param ... Not used; anything here is an error.
#'
#' @return
#' * `coef()`: named numeric vector.
#' * `vcov()`: named matrix, the total covariance: within analyses plus (1 + 1/m) times that
#'   between them.
#' * `confint()`: matrix, one row for each term, columns `2.5 %` and `97.5 %` (or as `level` says).
#' * `nobs()`: number of observations of the analyses (the smallest), or `NA`.
#' * `tidy()`: data frame, one row for each term: `term`, `estimate`, `std.error`, `statistic`,
#'   `df`, `p.value`, with `conf.int = TRUE` also `conf.low` and `conf.high`, then `fmi`, `riv`,
#'   `lambda` (see [em_pool()]).
#' * `glance()`: data frame with one row: `nimp`, number of imputations; `nobs`; `dfcom`, degrees of
#'   freedom with complete data; `fmi`, the largest; `enough`, how many imputations would be
#'   enough.
#' * `summary()`: a list of class `summary.em_pooled`: `table` as by `tidy()` with limits, `level`,
#'   `expr`, `glance`, `words`.
#'
#' @section Errors:
#' `missmix_error_argument`: `parm` names no term, or a level is no number between 0 and 1.
#'
#' @name em_pooled-methods
#' @seealso [em_pool()].
#' @examples
#' estimates <- list(c(a = 1.0, b = 2.1), c(a = 1.2, b = 1.9), c(a = 0.9, b = 2.0))
#' est <- em_pool(estimates, variances = list(c(0.04, 0.09), c(0.05, 0.08), c(0.04, 0.10)))
#' tidy(est, conf.int = TRUE)
#' confint(est, "a")
NULL

#' @rdname em_pooled-methods
#' @export
coef.em_pooled <- function(object, ...) {
  check_no_dots()
  object$estimate
}

#' @rdname em_pooled-methods
#' @export
vcov.em_pooled <- function(object, ...) {
  check_no_dots()
  object$total
}

#' @rdname em_pooled-methods
#' @export
nobs.em_pooled <- function(object, ...) {
  check_no_dots()
  object$nobs
}

#' @rdname em_pooled-methods
#' @export
confint.em_pooled <- function(object, parm, level = 0.95, ...) {
  check_no_dots()
  check_level(level)
  tails <- c((1 - level) / 2, (1 + level) / 2)
  limits <- object$table$estimate + object$table$std.error *
    vapply(tails, stats::qt, numeric(nrow(object$table)), df = object$table$df)
  limits <- matrix(limits, ncol = 2, dimnames = list(
    object$table$term, paste(format(100 * tails, trim = TRUE, digits = 3), "%")
  ))
  if (missing(parm)) limits else pick_coefficients(limits, parm)
}

#' @rdname em_pooled-methods
#' @export
tidy.em_pooled <- function(x, conf.int = FALSE, # nolint: object_name_linter.
                           conf.level = 0.95, # nolint: object_name_linter.
                           exponentiate = FALSE, ...) {
  check_no_dots()
  check_flag(conf.int)
  check_level(conf.level)
  check_flag(exponentiate)
  table <- x$table[c("term", "estimate", "std.error")]
  table$statistic <- table$estimate / table$std.error
  table$df <- x$table$df
  table$p.value <- 2 * stats::pt(-abs(table$statistic), table$df)
  if (conf.int) {
    limits <- confint(x, level = conf.level)
    table$conf.low <- unname(limits[, 1])
    table$conf.high <- unname(limits[, 2])
  }
  if (exponentiate) {
    on_scale <- intersect(c("estimate", "conf.low", "conf.high"), names(table))
    table[on_scale] <- exp(table[on_scale])
  }
  cbind(table, x$table[c("fmi", "riv", "lambda")])
}

#' @rdname em_pooled-methods
#' @export
glance.em_pooled <- function(x, ...) {
  check_no_dots()
  data.frame(
    nimp = x$m, nobs = x$nobs, dfcom = x$dfcom, fmi = max(x$table$fmi), enough = x$enough
  )
}

#' @rdname em_pooled-methods
#' @export
summary.em_pooled <- function(object, level = 0.95, ...) {
  check_no_dots()
  check_level(level)
  structure(
    list(
      table = tidy(object, conf.int = TRUE, conf.level = level),
      level = level,
      expr = object$expr,
      glance = glance(object),
      words = pooled_words(object)
    ),
    class = "summary.em_pooled"
  )
}

#' @rdname em_pooled-methods
#' @export
print.summary.em_pooled <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  say_pooled_title(x$glance$nimp, x$expr)
  table <- utils::head(x$table, rows)
  print(data.frame(
    pooled_columns(table),
    conf.low = signif_text(table$conf.low),
    conf.high = signif_text(table$conf.high),
    fmi = fixed_text(table$fmi),
    riv = fixed_text(table$riv),
    lambda = fixed_text(table$lambda),
    row.names = table$term
  ), right = TRUE)
  say_more(nrow(x$table) - nrow(table), "term", "tidy(est, conf.int = TRUE)")
  say("Limits have level ", format(x$level, digits = 6), ".")
  cli::cat_line()
  for (sentence in x$words) say(sentence)
  invisible(x)
}

#' @rdname em_pooled-methods
#' @export
print.em_pooled <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  say_pooled_title(x$m, x$expr)
  table <- utils::head(tidy(x), rows)
  print(data.frame(
    pooled_columns(table), fmi = fixed_text(table$fmi), row.names = table$term
  ), right = TRUE)
  say_more(nrow(x$table) - nrow(table), "term", "tidy(est)")
  cli::cat_line()
  for (sentence in pooled_words(x)) say(sentence)
  say("More: summary(est), tidy(est, conf.int = TRUE), confint(est), vcov(est).")
  invisible(x)
}

say_pooled_title <- function(m, expr) {
  cli::cat_line(
    cli::style_bold("Pooled"), " over ", m, " imputations",
    if (!is.null(expr)) paste0(": ", expression_text(expr))
  )
  cli::cat_line()
}

pooled_columns <- function(table) {
  data.frame(
    estimate = signif_text(table$estimate),
    std.error = signif_text(table$std.error, 3),
    df = vapply(table$df, number_text, character(1), digits = 3L),
    p.value = format.pval(table$p.value, digits = 2, eps = 1e-4)
  )
}

# What complete data would have, then whether there are imputations enough.
pooled_words <- function(x) {
  worst <- which.max(x$table$fmi)
  c(
    paste0(
      "Degrees of freedom are those of Barnard and Rubin; complete data ",
      if (is.infinite(x$dfcom)) {
        "are taken to have infinitely many"
      } else {
        paste("would have", number_text(x$dfcom, 6L))
      },
      " (", x$dfcom_from, ")."
    ),
    if (isTRUE(x$most_nobs > x$nobs)) {
      sprintf(paste("Analyses have between %s and %s observations: rows come and go with what is",
        "imputed."), number_words(x$nobs), number_words(x$most_nobs))
    },
    paste0(
      if (all(x$table$riv < 1e-12)) "Missing cells took nothing from these coefficients. " else {
        paste0("Missing cells take most from ", x$table$term[worst], ": ",
          percent_text(x$table$fmi[worst]), " of its information. ")
      },
      if (x$enough <= x$m) {
        sprintf("%d imputations are enough for standard errors that would vary by", x$m)
      } else {
        sprintf("%d imputations, not %d, would let standard errors vary by", x$enough, x$m)
      },
      " no more than about ", percent_text(enough_variation), " from one run to another."
    )
  )
}
