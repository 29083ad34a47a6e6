# The checks of em_diagnose(): each looks at a fit and its information and
# returns one row. A verdict of NA means that the check could not be made.

# One place for every threshold; em_diagnose()'s help states them.
diagnose_limits <- list(
  shift = 0.1, # standard errors that the estimates may still move
  fraction = 0.9, # missing in the worst direction
  coefficient = 0.5, # missing of one coefficient
  singular = 1e-8, # smallest eigenvalue of the correlation matrix
  falling = 1e-4, # the same, while the fit has not converged
  condition = c(1e4, 1e8), # condition number: caution, fail
  fallback = 0.25, # share of accelerated steps refused by the guard
  hits = 0.1 # share of the finished starts that found the chosen mode
)

finding <- function(check, verdict, value, ...) {
  data.frame(
    check = check, verdict = verdict, value = as.double(value),
    text = paste0(...)
  )
}

# A point with an estimated gap g lies at most sqrt(2 g) standard errors away
# from the maximum, in any direction.
judge_convergence <- function(fit, info) {
  climbing <- fit$status %in% c("converged", "max_iter", "stopped")
  known <- climbing && isTRUE(fit$gap >= 0)
  shift <- if (known) sqrt(2 * fit$gap) else NA_real_
  close <- isTRUE(shift <= diagnose_limits$shift)
  verdict <- if (isTRUE(fit$constant)) {
    "fail"
  } else if (fit$status == "converged") {
    if (close || is.na(shift)) "pass" else "caution"
  } else if (climbing && close) {
    "caution"
  } else {
    "fail"
  }
  # Along a direction that the data do not determine an estimate may move for ever.
  determined <- !isTRUE(abs(1 - info$rate) <= info$flat)
  moves <- if (known && shift > 0 && determined) {
    paste0(" No estimate is further than about ", number_text(shift),
      " standard errors from the maximum.")
  }
  finding("convergence", verdict, fit$gap, status_words(fit), moves)
}

judge_saddle <- function(fit, info) {
  left <- length(fit$saddles)
  met <- if (left > 0) {
    sprintf(" %d saddle %s met and left on the way.", left,
      plural(left, "point was", "points were"))
  }
  if (runs_to_singular(fit) || !judged(info$smallest)) {
    found <- not_judged("saddle", fit, info)
    found$text <- paste0(found$text, met)
    return(found)
  }
  size <- number_text(info$smallest)
  if (info$smallest >= -info$flat) {
    return(finding("saddle", "pass", info$smallest,
      "No direction leads uphill: the smallest curvature is ", size,
      " of what complete data would give.", met))
  }
  if (fit$status != "converged") {
    return(finding("saddle", "caution", info$smallest,
      "The curvature is not that of a maximum (", size,
      " of complete data's in one direction), but the fit has not arrived yet.", met))
  }
  finding("saddle", "fail", info$smallest,
    "A saddle, not a maximum: the log-likelihood rises along ",
    direction_variables(fit, info$vectors[, 1]), " (curvature ", size,
    " of complete data's). update(fit) steps off it and goes on.", met)
}

judge_identification <- function(fit, info) {
  if (runs_to_singular(fit) || !judged(info$rate) || is.null(info$vectors)) {
    return(not_judged("identification", fit, info))
  }
  null <- which(abs(1 - info$spectrum) <= info$flat)
  null <- null[null <= ncol(info$vectors)]
  count <- length(null)
  if (count == 0) {
    return(judge_prior(fit))
  }
  vectors <- info$vectors[, null, drop = FALSE]
  with <- function(words) paste(words, collapse = " with ")
  finding("identification", "fail", count,
    "Not identified: ", count, " ", plural(count, "direction"),
    " on which the data say nothing: ", direction_words(fit, vectors, with),
    ". The estimates there depend on the start", if (inherits(fit, "em_mvn")) {
      paste0("; drop a variable or use ", prior_words(fit))
    }, ".")
}

# Every direction is determined: by the data, or with the help of a prior.
judge_prior <- function(fit) {
  strength <- fit$prior$strength
  if (is.null(strength) || strength == 0) {
    return(finding("identification", "pass", 0, "The data speak about every direction."))
  }
  prior <- if (fit$prior$kind == "conjugate") {
    "the conjugate prior"
  } else {
    sprintf("the ridge prior (worth %s %s)", number_text(strength), plural(strength, "row"))
  }
  if (isTRUE(fit$informative <= length(fit$terms))) {
    return(finding("identification", "caution", 0, "There are no more rows than variables: ",
      "in some directions nothing speaks but ", prior, "."))
  }
  finding("identification", "pass", 0, "Every direction is determined, ", prior, " included.")
}

judge_covariance <- function(fit) {
  spectrum <- correlation_spectrum(fit)
  if (is.null(spectrum)) {
    return(if (fit$status == "degenerate") {
      finding("covariance", "fail", 0, "Running to a singular covariance: use ",
        prior_words(fit), ".")
    })
  }
  smallest <- spectrum$smallest
  if (!runs_to_singular(fit) && smallest >= diagnose_limits$singular) {
    return(finding("covariance", "pass", smallest,
      "Every combination of the variables varies: the smallest eigenvalue of the",
      " correlation matrix is ", number_text(smallest), "."))
  }
  finding("covariance", "fail", smallest,
    "Running to a singular covariance: ", combination_words(spectrum$direction),
    " has almost no variance. Drop a variable or use ", prior_words(fit), ".")
}

judge_rate <- function(fit, info) {
  if (!judged(info$rate)) {
    return(not_judged("missing information", fit, info))
  }
  if (info$rate < 1e-12) {
    rows <- if (any(fit$missing > 0)) " but for whole rows, which say nothing and cost nothing"
    return(finding("missing information", "pass", 0, "No information is missing", rows, "."))
  }
  limit <- diagnose_limits$fraction
  where <- if (info$rate > info$flat) in_direction(fit, info, direction_words)
  cost <- if (info$rate > 0 && info$rate < 1 - info$flat) {
    paste0("; standard errors there are ", times_text(1 / sqrt(1 - info$rate)),
      " those of complete data")
  }
  half <- sum(info$spectrum > 0.5)
  whole <- length(info$spectrum) >= fit$df && fit$df > 1
  finding("missing information", if (info$rate > limit) "caution" else "pass", info$rate,
    "Largest fraction of missing information ", fraction_text(info$rate),
    if (!isTRUE(info$exact)) " (approximate)", where, cost, ".",
    if (whole) {
      sprintf(" Of %d directions %s lost more than half.", length(info$spectrum),
        if (half == 0) "none has" else paste(half, plural(half, "has", "have")))
    })
}

judge_coefficients <- function(fit, info) {
  fmi <- stats::na.omit(coefficient_fmi(fit, info))
  if (length(fmi) == 0) {
    return(not_judged("coefficients", fit, info))
  }
  top <- utils::head(sort(fmi, decreasing = TRUE), 3L)
  verdict <- if (top[[1]] > diagnose_limits$coefficient) "caution" else "pass"
  words <- paste(names(top), vapply(top, fraction_text, character(1)))
  finding("coefficients", verdict, top[[1]],
    "Largest fractions of missing information of single coefficients: ",
    and_list(words), ".")
}

judge_conditioning <- function(fit) {
  spectrum <- correlation_spectrum(fit)
  if (is.null(spectrum)) {
    return(NULL)
  }
  limits <- diagnose_limits$condition
  verdict <- c("pass", "caution", "fail")[1 + sum(spectrum$condition > limits)]
  finding("conditioning", verdict, spectrum$condition,
    "Condition number of the correlation matrix ", number_text(spectrum$condition),
    if (verdict == "caution") {
      paste0(": ", combination_words(spectrum$direction), " hardly varies")
    }, ".")
}

# Far from the start plain EM multiplies the gap by rate^2 a pass.
judge_passes <- function(fit, info) {
  said <- paste(fit$passes, plural(fit$passes, "pass over the data", "passes over the data"))
  if (identical(fit$control$accelerator, "plain")) {
    return(finding("passes", "pass", fit$passes, said, ", all of them plain EM."))
  }
  if (!judged(info$rate) || fit$status != "converged" || !isTRUE(info$rate > 0)) {
    return(finding("passes", "pass", fit$passes, said, "."))
  }
  if (info$rate >= 1 - info$flat) {
    return(finding("passes", "pass", fit$passes, said,
      "; how many plain EM would need cannot be said: its rate is one."))
  }
  last <- max(fit$gap, .Machine$double.eps * abs(fit$objective), na.rm = TRUE)
  first <- fit$objective + last - fit$trace$objective[[1]]
  plain <- max(1, log(max(first / last, 1)) / -log(info$rate^2))
  finding("passes", "pass", fit$passes, said, if (is.finite(plain)) {
    paste("; plain EM would have needed about", number_text(plain))
  }, ".")
}

judge_guard <- function(fit) {
  refused <- sum(fit$trace$kind == "fallback")
  tried <- refused + sum(fit$trace$kind == "accelerated")
  if (tried == 0) {
    return(finding("guard", "pass", 0, "No accelerated step was tried."))
  }
  share <- refused / tried
  finding("guard", if (share > diagnose_limits$fallback) "caution" else "pass", share,
    sprintf("The guard replaced %d of %d accelerated %s by plain EM steps.",
      refused, tried, plural(tried, "step")))
}

judged <- function(x) length(x) == 1 && is.finite(x)

# Long before the smallest eigenvalue vanishes, a climb that does not arrive on an
# ever thinner ridge tells where it runs.
runs_to_singular <- function(fit) {
  smallest <- correlation_spectrum(fit)$smallest
  fit$status == "degenerate" ||
    (fit$status != "converged" && isTRUE(smallest < diagnose_limits$falling))
}

# Smallest eigenvalue, condition number and weakest direction of the correlation
# matrix; NULL where the model has none, or where a variance is zero.
correlation_spectrum <- function(fit) {
  matrix <- suppressWarnings(correlation(fit))
  if (is.null(matrix) || !all(is.finite(matrix))) {
    return(NULL)
  }
  parts <- eigen(matrix, symmetric = TRUE)
  last <- length(parts$values)
  smallest <- max(parts$values[last], 0)
  weights <- stats::setNames(parts$vectors[, last], rownames(matrix))
  list(
    smallest = smallest,
    condition = parts$values[1] / smallest,
    direction = singular_direction(weights, sqrt(diag(fit$parameters$sigma)))
  )
}

# A prior that the model knows, and under which there is a maximum.
prior_words <- function(fit) {
  if (inherits(fit, "em_gmm")) {
    return("update(fit, prior = em_prior_conjugate())")
  }
  sprintf("update(fit, prior = em_prior_ridge(%s))", stronger_ridge(fit))
}

not_judged <- function(check, fit, info) {
  reason <- if (runs_to_singular(fit)) {
    "the covariance runs to a singular one"
  } else if (is.null(info$reason)) {
    "the information is not known"
  } else {
    strip_stop(info$reason)
  }
  finding(check, NA_character_, NA, "Not judged: ", reason, ".")
}
