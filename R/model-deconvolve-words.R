# A deconvolution as words: of what the proportions are shares, how near to their maximum the
# samples are, and what is worst about the fit.

share_words <- function(fit) {
  of <- switch(fit$reference$scale, cells = "cells", rna = "RNA, not of cells")
  reason <- fit$reference$scale_reason
  paste0(
    "Proportions are shares of ", of, if (!is.null(reason)) sprintf(" (%s)", reason), "."
  )
}

# There is no climb of the whole: each sample has its own certificate.
status_words.em_deconvolve <- function(fit) {
  samples <- fit$samples
  named <- function(status) samples$sample[samples$status == status]
  sentences <- c(
    certificate_words(fit),
    of_samples("did not converge", named("max_iter"), samples),
    of_samples("had no turn before the fit was stopped, update(fit) fits all",
      named("stopped"), samples),
    of_samples("failed: a number became infinite or undefined", named("non_finite"), samples),
    of_samples("could not be fitted: no expression of the genes used", named("degenerate"),
      samples)
  )
  paste(sentences, collapse = " ")
}

# Names of the families: of several the mean is taken.
family_names <- function(fit) vapply(fit$members, function(member) member$family$name, "")

certificate_words <- function(fit) {
  done <- fit$samples$status == "converged"
  if (!any(done)) {
    return(NULL)
  }
  gap <- max(fit$samples$certificate[done], 0, na.rm = TRUE)
  within <- if (gap > 0) paste(number_text(gap, 1L), "log-likelihood units") else "rounding"
  certain <- all(family_names(fit) %in% certified_families) && fit$prior$kind == "flat"
  several <- !all(done) && sum(done) > 1
  sprintf("%s %s %s %s of %s maximum, after at most %d %s.",
    if (all(done) && fit$n > 1) "Every sample" else count_of_samples(sum(done), fit$n),
    if (several) "are" else "is", if (certain) "certified to within" else "within about", within,
    if (several) "their" else "its", fit$passes, plural(fit$passes, "step"))
}

# "The sample", "All 3 samples", "2 of 7 samples".
count_of_samples <- function(some, all) {
  if (all == 1) {
    "The sample"
  } else if (some == all) {
    sprintf("All %s samples", number_words(all))
  } else {
    sprintf("%s of %s samples", number_words(some), number_words(all))
  }
}

of_samples <- function(what, names, samples) {
  if (length(names) > 0) {
    paste0(count_of_samples(length(names), nrow(samples)), " ", what,
      if (length(names) < nrow(samples)) sprintf(" (%s)", some_names(names)), ".")
  }
}

# The one thing about the fit that matters most, of what can be seen in a moment.
worst_words <- function(fit) {
  if (length(fitted_samples(fit)) == 0) {
    return("")
  }
  singular <- singular_samples(fit)
  if (length(singular) > 0) {
    return(paste0(
      "The genes used do not tell apart all types that are there in ", length(singular), " of ",
      fit$n, " ", plural(fit$n, "sample"), " (", some_names(fit$samples$sample[singular]),
      "): no standard errors there. plot(fit, \"confusion\") shows which."
    ))
  }
  pair <- worst_pair(confusion_matrix(fit))
  if (!is.null(pair) && pair$exchange > 0.9) {
    return(paste0(confusion_words(pair), " plot(fit, \"confusion\") shows all types."))
  }
  misfit_words(fit)
}

# Known, or worked out in about 0.1 s. Refining profiles again and again takes seconds.
errors_are_cheap <- function(fit) {
  if (!is.null(fit$cache$errors)) {
    return(TRUE)
  }
  if (!has_redraws(fit)) {
    return(sandwich_is_cheap(fit))
  }
  # Each replicate takes several steps, each about as long as the sandwich.
  reference_mode(fit) == "none" && sandwich_is_cheap(fit, 5 * redraws_of(fit))
}

sandwich_is_cheap <- function(fit, times = 1) {
  work <- as.double(length(fitted_samples(fit))) * length(fit$genes) * length(fit$terms)^2
  !is.null(fit$data) && times * work < 2e8
}

# Samples without standard errors, as far as that is seen in a moment.
singular_samples <- function(fit) {
  if (errors_are_cheap(fit)) {
    which(proportion_errors(fit)$singular)
  } else if (sandwich_is_cheap(fit)) {
    which(sandwich_errors(fit)$singular)
  }
}

confusion_words <- function(pair) {
  paste0(pair$one, " and ", pair$other, " are hard to tell apart: errors of one are made up by the",
    " other (correlation -", fraction_text(pair$exchange), "), and their sum is known better than",
    " either.")
}

misfit_words <- function(fit) {
  if (is.null(fit$data)) {
    return("")
  }
  off <- sample_misfit(fit)
  worst <- which.max(off$misfit)
  sprintf("%s: %s of the expression of %s is not where the fit expects it.",
    if (nrow(off) == 1) "Fit" else "Worst fit", percent_text(off$misfit[worst]), off$sample[worst])
}
