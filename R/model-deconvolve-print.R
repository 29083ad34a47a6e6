# What print() and summary() show of a deconvolution: proportions, of what they are shares, what was
# chosen and why, and how near to their maximum the samples are.

#' Print or summarise a deconvolution
#'
#' `print()` shows the proportions of at most ten samples, or ten types where types do not fit side
#' by side, says first of what they are shares, then what was chosen and why, how near to the
#' maximum the samples are, and what is worst about the fit. `summary()` shows each type over all
#' samples.
#'
#' @param x,object A fit by [em_deconvolve()], or its summary.
#' @param rows Most rows to print of any table, at least 1.
#' @param ... Not used; anything here is an error.
#'
#' @return `print()` returns its argument, invisibly. `summary()` returns a list of class
#' `summary.em_deconvolve`:
#' * `call`, `model`, `choices`: as in the fit;
#' * `size`: words on samples, types and genes;
#' * `types`: data frame, a row for each type: `type`, `mean`, `lowest`, `highest` (proportions over
#'   the samples), `std.error` (median over the samples that have one, 50 of them where all would
#'   take long; `NA` if the fit does not hold its bulk, or errors of a reference of cells have
#'   not been worked out yet, as [tidy()][em_deconvolve-methods] does), `present` (number of samples
#'   in which it is not zero);
#' * `samples`: data frame as [augment()][em_deconvolve-methods] gives it, without proportions;
#' * `glance`: the one row of [glance()][em_deconvolve-methods];
#' * `share`, `status`, `worst`, `errors`: the sentences.
#'
#' @section Errors:
#' `missmix_error_argument`: `rows` is no whole number of at least 1.
#'
#' @name em_deconvolve-print
#' @examples
#' profiles <- matrix(c(90, 5, 20, 30, 4, 60, 25, 30), 4, 2,
#'   dimnames = list(paste0("gene", 1:4), c("liver", "brain")))
#' bulk <- cbind(one = c(70, 20, 21, 30), two = c(9, 57, 24, 31))
#' rownames(bulk) <- rownames(profiles)
#' fit <- em_deconvolve(bulk, em_reference(profiles, scale = "rna"), family = "poisson")
#' fit
#' summary(fit)
NULL

#' @rdname em_deconvolve-print
#' @export
print.em_deconvolve <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  answer <- answer(x, rows)
  say_title(x)
  say(share_words(x))
  print(answer$table, right = TRUE)
  say_more(answer$total - nrow(answer$table), answer$what, proportions_place)
  say_more(sum(answer$left), answer$across, proportions_place)
  cli::cat_line()
  say_choices(x$choices)
  say(status_words(x))
  say(worst_words(x))
  say(deconvolve_more)
  invisible(x)
}

proportions_place <- "em_parameters(fit)$proportions"

deconvolve_more <- paste(
  "More: summary(fit), tidy(fit, conf.int = TRUE), em_diagnose(fit), plot(fit),",
  "em_expression(fit, type)."
)

#' @rdname em_deconvolve-print
#' @export
summary.em_deconvolve <- function(object, ...) {
  check_no_dots()
  structure(
    list(
      call = object$call, model = object$model, size = answer_size(object),
      choices = object$choices, types = type_summary(object),
      samples = augment(object)[seq_len(7)], glance = glance(object),
      share = share_words(object), status = status_words(object), worst = worst_words(object),
      errors = if (errors_are_due(object)) due_words else ""
    ),
    class = "summary.em_deconvolve"
  )
}

# Could standard errors be had that are not shown?
errors_are_due <- function(fit) {
  has_redraws(fit) && !is.null(fit$data) && !errors_are_cheap(fit)
}

due_words <- paste(
  "Standard errors need replicates of the reference, a matter of seconds: tidy(fit) has them",
  "worked out, and then summary(fit) shows them."
)

type_summary <- function(fit) {
  p <- fit$parameters$proportions
  errors <- some_errors(fit)
  over <- function(of) {
    apply(p, 2, function(x) if (all(is.na(x))) NA_real_ else of(x[!is.na(x)]))
  }
  data.frame(
    type = fit$terms, mean = over(mean), lowest = over(min), highest = over(max),
    std.error = if (is.null(errors)) NA_real_ else {
      apply(errors, 2, stats::median, na.rm = TRUE)
    },
    present = as.integer(colSums(p > 0, na.rm = TRUE)), row.names = NULL
  )
}

# Of so many samples as take no time, NULL where nothing is known: what a reference of cells adds
# is asked for with tidy(), and standard errors without it would be too small by far.
some_errors <- function(fit) {
  if (errors_are_cheap(fit)) {
    proportion_errors(fit)$std.error
  } else if (!is.null(fit$data) && !has_redraws(fit)) {
    compute_errors(fit, evenly(fitted_samples(fit), 50L))$std.error
  }
}

#' @rdname em_deconvolve-print
#' @export
print.summary.em_deconvolve <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  say_title(x)
  say(x$share)
  types <- utils::head(x$types[order(-x$types$mean), ], rows)
  print(data.frame(
    mean = proportion_text(types$mean), lowest = proportion_text(types$lowest),
    highest = proportion_text(types$highest), std.error = signif_text(types$std.error, 2L),
    `in samples` = types$present, row.names = types$type, check.names = FALSE
  ), right = TRUE)
  say_more(nrow(x$types) - nrow(types), "type", "summary(fit)$types")
  cli::cat_line()
  say_choices(x$choices)
  glance <- x$glance
  if (!is.na(glance$logLik)) {
    say(sprintf("Log-likelihood %s on %d %s.", likelihood_text(glance$logLik), glance$df,
      plural(glance$df, "parameter")))
  }
  dispersion <- stats::median(x$samples$.dispersion, na.rm = TRUE)
  if (is.finite(dispersion)) {
    say("Dispersion of the median sample: ", number_text(dispersion), ".")
  }
  say(x$status)
  say(x$worst)
  say(x$errors)
  invisible(x)
}

# Samples in rows and types in columns where these fit side by side; else types in rows, where the
# samples do; else whichever shows more, of the types those that there is most of.
answer.em_deconvolve <- function(fit, rows = 10L) {
  p <- fit$parameters$proportions
  # print() breaks a line that is as wide as the console.
  room <- cli::console_width() - 1L
  answer <- proportion_table(p, rows, "sample")
  if (table_width(answer$table) <= room) {
    return(answer)
  }
  p <- p[, most_first(p), drop = FALSE]
  turned <- proportion_table(t(utils::head(p, room)), rows, "type")
  if (nrow(p) <= room && table_width(turned$table) <= room) {
    return(turned)
  }
  turned <- narrowed(turned, room, "sample")
  turned$left <- nrow(p) - ncol(turned$table)
  answers <- list(narrowed(proportion_table(p, rows, "sample"), room, "type"), turned)
  answers[[which.max(vapply(answers, function(one) prod(dim(one$table)), 0))]]
}

most_first <- function(p) order(-colMeans(p, na.rm = TRUE), seq_len(ncol(p)))

proportion_table <- function(p, rows, what) {
  shown <- p[seq_len(min(rows, nrow(p))), , drop = FALSE]
  text <- array(proportion_text(shown), dim(shown), dimnames(shown))
  table <- data.frame(text, check.names = FALSE)
  list(table = table, total = nrow(p), what = what)
}

# 0.123; 0 is exactly that, and what is less than a thousandth but there is said so.
proportion_text <- function(x) {
  text <- trimws(formatC(x, digits = 3L, format = "f"))
  text[x %in% 0] <- "0"
  text[!is.na(x) & x > 0 & x < 5e-4] <- "<.001"
  text[is.na(x)] <- "NA"
  text
}

answer_size.em_deconvolve <- function(fit) {
  sprintf("%s %s, %s %s", number_words(length(fit$terms)), plural(length(fit$terms), "type"),
    number_words(length(fit$genes)), plural(length(fit$genes), "gene"))
}

# A line for each choice: what, and why. Of the scale the sentence on shares has told.
say_choices <- function(choices) {
  choices <- choices[choices$choice != "scale", ]
  if (NROW(choices) == 0) {
    return(invisible())
  }
  name <- paste0(gsub("_", " ", choices$choice), ":")
  start <- formatC(name, width = -max(nchar(name)), flag = "-")
  reason <- strip_stop(choices$reason)
  text <- paste0(choices$value, ifelse(is.na(reason) | reason == "", "", paste0(": ", reason)))
  blank <- strrep(" ", max(nchar(name)) + 3L)
  for (i in seq_along(text)) {
    lines <- cli::ansi_strwrap(text[i], cli::console_width() - nchar(blank))
    before <- c(paste0("  ", start[i], " "), rep(blank, length(lines) - 1L))
    cli::cat_line(paste0(before, lines))
  }
  cli::cat_line()
}
