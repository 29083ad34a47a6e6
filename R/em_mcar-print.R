# What a test of MCAR says in words and small tables.

# Below this a p-value rejects.
mcar_level <- 0.05

#' @rdname em_mcar
#' @param rows Most rows to print of the table of differences, at least 1.
#' @export
print.em_mcar <- function(x, ..., rows = 5L) {
  check_no_dots()
  check_count(rows)
  say(cli::style_bold(x$method), ": ", mcar_size(x))
  cli::cat_line()
  say(mcar_answer(x))
  say(mcar_where(x))
  cli::cat_line()
  print_differences(x, rows)
  cli::cat_line()
  say(normality_words(x))
  if (x$thin > 0.5) {
    say("Caution: most patterns have few rows. Chi-squared is poor there, and hardly ever rejects.")
  }
  say(mcar_limits(x))
  say("More: plot(x), x$means (by pattern), x$pairs (by variable missing), tidy(x).")
  invisible(x)
}

mcar_size <- function(x) {
  paste0(
    number_words(x$nobs), " ", plural(x$nobs, "row"), " of ", length(x$variables), " variables in ",
    number_words(nrow(x$patterns)), " patterns of missing cells",
    if (x$empty > 0) {
      sprintf("; %s %s without any observed cell left out", number_words(x$empty),
        plural(x$empty, "row"))
    }
  )
}

mcar_rejects <- function(x) x$p.value < mcar_level

mcar_answer <- function(x) {
  paste0(
    if (mcar_rejects(x)) "MCAR is not plausible" else "The means do not speak against MCAR",
    sprintf(": d2 = %s on %d %s of freedom, p %s.", fixed_text(x$statistic),
      as.integer(x$parameter), plural(x$parameter, "degree"), p_text(x$p.value))
  )
}

p_text <- function(p) if (p < 1e-16) "< 1e-16" else paste("=", number_text(p))

# The largest difference between rows with and without a variable.
mcar_where <- function(x) {
  pair <- x$pairs[which.max(abs(x$pairs$statistic)), ]
  if (nrow(pair) == 0) {
    return("")
  }
  side <- if (pair$difference > 0) "higher" else "lower"
  sprintf(
    "%s %s is missing (%s %s), the mean of %s is %s standard deviations %s than expected (z = %s).",
    if (mcar_rejects(x)) "Where" else "The largest difference: where", pair$missing,
    number_words(pair$rows), plural(pair$rows, "row"), pair$variable,
    number_text(abs(pair$difference)), side, fixed_text(pair$statistic)
  )
}

print_differences <- function(x, rows) {
  known <- x$means[!is.na(x$means$statistic), ]
  shown <- utils::head(known[order(-abs(known$statistic)), ], rows)
  if (nrow(shown) == 0) {
    return(invisible())
  }
  cli::cat_line("Means by pattern, largest differences first:")
  print(data.frame(
    missing = shown$missing, rows = number_words(shown$rows), variable = shown$variable,
    mean = signif_text(shown$mean), expected = signif_text(shown$expected),
    z = fixed_text(shown$statistic)
  ), row.names = FALSE, right = TRUE)
  if (length(x$transform) > 0) say(cli::col_grey("Transformed variables on the modelled scale."))
  say_more(nrow(known) - nrow(shown), "difference", "x$means")
}

normality_words <- function(x) {
  found <- x$normality
  if (is.na(found$verdict)) {
    return(paste0("Normality, which the test assumes, was not judged: ", found$reason, "."))
  }
  tests <- sprintf("Hawkins p %s, Anderson-Darling p %s", p_text(found$hawkins$p.value),
    p_text(found$anderson_darling$p.value))
  paste0(
    switch(found$verdict,
      consistent = paste(
        "Normality and equal covariances, which the test assumes, are not rejected; another seed,",
        "which fills the holes otherwise, may judge a close case otherwise"
      ),
      `not normal` = "Caution: the data are not normal, so that p is approximate",
      `unequal covariances` = paste(
        "Caution: distances differ between patterns, as they do where covariances are unequal,",
        "which speaks against MCAR by itself, or data very skewed"
      )
    ),
    " (", tests, "; ", found$groups, " patterns with more than ", most_rows_left_out, " rows).",
    if (found$verdict != "consistent") " A transform may help, see ?em_mcar."
  )
}

mcar_limits <- function(x) {
  paste0(
    if (!mcar_rejects(x)) "Not to reject is no proof of MCAR. ",
    "Whether cells are missing at random, given what is observed, cannot be tested."
  )
}

#' @rdname em_mcar
#' @export
tidy.em_mcar <- function(x, ...) {
  check_no_dots()
  tests <- list(
    Little = list(statistic = x$statistic, parameter = x$parameter, p.value = x$p.value),
    Hawkins = x$normality$hawkins,
    `Anderson-Darling` = x$normality$anderson_darling
  )
  column <- function(name) {
    vapply(tests, function(test) {
      if (is.null(test)) NA_real_ else as.double(test[[name]])
    }, numeric(1), USE.NAMES = FALSE)
  }
  data.frame(
    test = names(tests), statistic = column("statistic"), parameter = column("parameter"),
    p.value = column("p.value")
  )
}

#' @rdname em_mcar
#' @export
glance.em_mcar <- function(x, ...) {
  check_no_dots()
  data.frame(
    statistic = unname(x$statistic), parameter = unname(x$parameter), p.value = x$p.value,
    nobs = x$nobs, patterns = nrow(x$patterns), thin = x$thin, normality = x$normality$verdict
  )
}
