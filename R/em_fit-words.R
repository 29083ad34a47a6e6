# Numbers and states as words: the one place where a fit learns to speak.

# The status and the estimated gap in one sentence.
status_words <- function(fit) UseMethod("status_words")

status_words.em_fit <- function(fit) {
  paste0(
    switch(fit$status,
      converged = "Converged",
      max_iter = "Not converged: the limit of iterations was reached",
      stopped = "Stopped before it converged",
      decreased = "Failed: a plain EM step lowered the objective",
      non_finite = "Failed: a number became infinite or undefined",
      degenerate = "Degenerate: running to a singular covariance",
      fit$status
    ),
    " after ", fit$passes, " ", plural(fit$passes, "pass", "passes"),
    gap_words(fit), ".",
    if (isTRUE(fit$constant)) {
      " But the log-likelihood never changed while the parameter moved: does it depend on it?"
    },
    if (fit$status %in% c("max_iter", "stopped")) " update(fit) goes on from here."
  )
}

# Statuses after which nothing but the best point reached means anything.
failures <- c("decreased", "non_finite", "degenerate")

# After a failure no gap means anything. What arithmetic allows is said only
# where it binds: where the tolerance asked for more than a log-likelihood of
# this size can resolve.
gap_words <- function(fit) {
  if (fit$status %in% failures) {
    return("")
  }
  if (!isTRUE(is.finite(fit$gap))) {
    return("; what is still to be gained is not known")
  }
  arithmetic <- arithmetic_limit(fit$objective)
  paste0(
    "; ", if (fit$gap > arithmetic / 64) paste("about", number_text(fit$gap)) else "no",
    " log-likelihood units still to be gained",
    if (isTRUE(fit$control$tol < arithmetic)) {
      sprintf(" (arithmetic allows %s)", number_text(arithmetic))
    }
  )
}

# Rounding in a log-likelihood of this size: below it no gap can be seen.
arithmetic_limit <- function(objective) {
  64 * .Machine$double.eps * abs(objective)
}

plural <- function(n, one, many = paste0(one, "s")) {
  if (isTRUE(n == 1)) one else many
}

strip_stop <- function(text) sub("\\.$", "", text)

# One number for a sentence: 3e-8, 0.034, 0.997, 12,300.
number_text <- function(x, digits = 2L) {
  if (!is.finite(x)) {
    return(if (is.na(x)) "unknown" else if (x > 0) "infinity" else "-infinity")
  }
  if (x != 0 && (abs(x) < 1e-3 || abs(x) >= 1e6)) {
    text <- format(x, digits = digits, scientific = TRUE)
    return(sub("e\\+?(-?)0*", "e\\1", text))
  }
  rounded <- if (abs(x) >= 100) round(x) else signif(x, digits)
  format(rounded, big.mark = ",", digits = 6L, scientific = FALSE)
}

# A fraction near one needs its distance from one: 0.46, 0.993, 1 - 3e-7; at a
# saddle it lies beyond: 1 + 0.04.
fraction_text <- function(x) {
  left <- 1 - x
  if (!is.finite(x)) {
    "unknown"
  } else if (left > 0.05) {
    fixed_text(x)
  } else if (left > 1e-5) {
    format(1 - signif(left, 1), digits = 12L)
  } else if (abs(left) < 1e-12) {
    "1"
  } else {
    paste(if (left > 0) "1 -" else "1 +", number_text(abs(left), 1L))
  }
}

# How many times as large: "3.2 times", but never "1 times".
times_text <- function(x) {
  text <- number_text(x)
  if (text == "1") "hardly larger than" else paste(text, "times")
}

percent_text <- function(share) {
  sprintf("%.0f%%", 100 * share)
}

# Columns of a printed table: each number to its own significant digits.
signif_text <- function(x, digits = 4L) {
  text <- formatC(x, digits = digits, format = "g", flag = "#")
  sub("\\.($|e)", "\\1", trimws(text))
}

# Two decimals, and no minus before a zero.
fixed_text <- function(x, digits = 2L) {
  trimws(formatC(round(x, digits) + 0, digits = digits, format = "f"))
}

likelihood_text <- function(x) {
  if (is.na(x)) "unknown" else formatC(x, digits = 2L, format = "f", big.mark = ",")
}

# "a", "a and b", "a, b and c".
and_list <- function(words) {
  last <- length(words)
  if (last < 2) {
    return(paste(words, collapse = ""))
  }
  paste(paste(words[-last], collapse = ", "), "and", words[last])
}
