#' @rdname em_basins
#' @param x Modes, as returned by `em_basins()`.
#' @param rows Most modes to print, at least 1.
#' @export
print.em_basins <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  for (sentence in basin_sentences(x)) say(sentence)
  cli::cat_line()
  print_basin_table(x, rows)
  cli::cat_line()
  say(unseen_words(x))
  say(telling_starts(x))
  say(agreement_words(x))
  invisible(x)
}

# First the answer.
basin_sentences <- function(x) {
  of <- attr(x, "summary")
  c(
    paste0(climbed_words(of), " ", found_words(x), "."),
    higher_words(x),
    collapsed_words(x),
    equal_words(x),
    if (of$failed > 0) {
      sprintf("%d %s nowhere: the log-likelihood became infinite or undefined.", of$failed,
        plural(of$failed, "start led", "starts led"))
    }
  )
}

climbed_words <- function(of) {
  if (of$finished == of$starts) {
    return(sprintf("%d %s found", of$starts, plural(of$starts, "start")))
  }
  sprintf("%d of %d starts were climbed to the end and found", of$finished, of$starts)
}

found_words <- function(x) {
  of <- attr(x, "summary")
  modes <- paste(nrow(x), plural(nrow(x), "mode"))
  if (is.na(of$best)) {
    return(paste0(modes, ", none of them sound"))
  }
  best <- x[of$best, ]
  sprintf("%s; the best sound mode, log-likelihood %s, was found by %d (%s)%s", modes,
    likelihood_text(best$log_lik), best$hits, percent_text(best$share),
    if (isTRUE(of$spread > mode_limits$equal)) {
      sprintf(", and the next lies %s lower", number_text(of$spread))
    } else {
      ""
    })
}

# "A thin mode lies 4.8 higher". A degenerate one has no height.
higher_words <- function(x) {
  best <- attr(x, "summary")$best
  above <- as.data.frame(x)[x$below < 0 & !x$sound & !x$degenerate, ]
  if (is.na(best) || nrow(above) == 0) {
    return(NULL)
  }
  kinds <- and_list(unique(flaw_words(above)))
  up <- number_text(-min(above$below))
  if (nrow(above) == 1) {
    return(sprintf("%s mode lies %s higher: shown, not chosen.", with_article(kinds), up))
  }
  sprintf("%d modes (%s) lie up to %s higher: shown, not chosen.", nrow(above), kinds, up)
}

collapsed_words <- function(x) {
  starts <- sum(x$hits[x$degenerate])
  if (starts > 0) {
    paste(starts, plural(starts, "start"), "ran to a singular covariance (degenerate), where the",
      "likelihood has no bound: shown, never chosen.")
  }
}

with_article <- function(words) {
  paste(if (grepl("^[aeiou]", words)) "An" else "A", words)
}

# Modes as high as the best: exchanged labels that nobody can know of, or a flat ridge.
equal_words <- function(x) {
  best <- attr(x, "summary")$best
  equal <- sum(x$sound & abs(x$below) < mode_limits$equal)
  if (is.na(best) || equal < 2) {
    return(NULL)
  }
  paste(equal, "modes are equally high with different parameters: the data do not tell them",
    "apart, or they differ in the order of their components only.")
}

# The first thing that speaks against a mode; "" where it is sound.
flaw_words <- function(x) {
  ifelse(x$degenerate, "degenerate",
    ifelse(x$status %in% failures, "failed",
      ifelse(x$thin, "thin", ifelse(x$saddle == "ended on", "saddle", ""))))
}

flag_words <- function(x) {
  flags <- cbind(
    ifelse(x$chosen, "the fit", ""), flaw_words(x),
    ifelse(x$saddle == "passed", "passed a saddle", ""),
    ifelse(x$status %in% c("max_iter", "stopped"), "not converged", "")
  )
  apply(flags, 1, function(words) paste(words[nzchar(words)], collapse = ", "))
}

print_basin_table <- function(x, rows) {
  # The chosen mode is among them however many collapsed climbs are above.
  shown <- sort(utils::head(union(which(x$chosen), x$mode), rows))
  shown <- as.data.frame(x)[shown, ]
  # Methods give way where a line would not hold them.
  found_by <- shorter_list(shown$methods)
  flags <- flag_words(shown)
  if (max(nchar(found_by)) + max(nchar(flags)) > cli::console_width() - 50L) {
    found_by <- shorter_list(shown$methods, 1L)
  }
  table <- data.frame(
    "log-lik" = vapply(shown$log_lik, likelihood_text, ""),
    below = ifelse(shown$degenerate, "", vapply(shown$below, number_text, "", digits = 3L)),
    hits = sprintf("%d (%s)", shown$hits, percent_text(shown$share)),
    "found by" = found_by,
    "least weight" = number_or_nothing(shown$smallest_weight),
    condition = number_or_nothing(shown$condition),
    flags = flags,
    row.names = shown$mode, check.names = FALSE
  )
  table <- table[vapply(table, function(column) any(nzchar(column)), NA)]
  print(table, right = TRUE)
  say_more(nrow(x) - nrow(shown), "mode", "plot(), as.data.frame()")
}

number_or_nothing <- function(x) {
  ifelse(is.na(x), "", vapply(x, number_text, ""))
}

# The methods that found it most often.
shorter_list <- function(methods, most = 2L) {
  vapply(strsplit(methods, ", ", fixed = TRUE), function(each) {
    paste(c(utils::head(each, most), if (length(each) > most) "..."), collapse = ", ")
  }, "")
}

unseen_words <- function(x) {
  unseen <- attr(x, "summary")$unseen
  if (!is.null(unseen$reason)) {
    return(paste0("How many modes have not been seen cannot be told: ", unseen$reason, "."))
  }
  sprintf(
    paste("Modes that %s starts can reach but have not: about %s expected after %d starts on %d",
      "%s (Boender and Rinnooy Kan). One more such start finds a new one with a chance of %s%s",
      "(Good and Turing)."),
    unseen$method, number_text(unseen$expected), unseen$starts, unseen$modes,
    plural(unseen$modes, "mode"), if (unseen$once == 0) "about " else "",
    percent_text(unseen$chance)
  )
}

# Starts that would tell: twice as many where there were too few.
telling_starts <- function(x) {
  unseen <- attr(x, "summary")$unseen
  if (is.null(unseen$reason) || grepl("equally high", unseen$reason)) {
    return("")
  }
  method <- if (!is.na(unseen$method)) {
    unseen$method
  } else if (all(is.na(x$thinness))) {
    "perturb"
  } else {
    "random"
  }
  n <- max(60L, 2L * attr(x, "summary")$starts * !is.na(unseen$method))
  sprintf("Would tell: em_starts(%d, method = \"%s\", keep = %d)", n, method, n)
}

agreement_words <- function(x) {
  found <- attr(x, "summary")$agreement
  if (found$starts < 2) {
    return("")
  }
  if (!is.na(found$distance)) {
    return(sprintf("The %d starts on the chosen mode agree to %s standard errors%s.", found$starts,
      number_text(found$distance),
      if (found$distance > 0) sprintf(" (%s)", found$coefficient) else ""))
  }
  if (found$reason == "standard errors were not asked for") {
    return("em_basins(fit, standard_errors = TRUE) tells how well the starts on it agree.")
  }
  sprintf("How well the %d starts on the chosen mode agree is not measured: %s.", found$starts,
    strip_stop(found$reason))
}
