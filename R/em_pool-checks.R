# Coefficients of analyses as they come, checked: what cannot be pooled is named.

check_several <- function(fits, call) {
  if (length(fits) < 2) {
    abort_argument(c(
      "Pooling needs the analyses of at least two imputations, not {length(fits)}.",
      i = "The variance between imputations cannot be seen in one."
    ), call = call)
  }
}

# Estimate and covariance of one fit, with names and all of it finite.
read_coefficients <- function(fit, number, call) {
  found <- rlang::try_fetch(
    em_coefficients(fit),
    error = function(cnd) {
      abort_model(c(
        "Analysis {number} cannot be pooled: it is {.obj_type_friendly {fit}}.",
        i = if (is.numeric(fit)) {
          "Estimates by hand need {.arg variances} of {.fn em_pool}."
        } else {
          "{.fn em_coefficients} must know its coefficients and their covariance."
        }
      ), analysis = number, parent = cnd, call = call)
    }
  )
  check_coefficients(found, number, call)
}

check_coefficients <- function(found, number, call) {
  estimate <- found$estimate
  covariance <- found$covariance
  if (!is.numeric(estimate) || length(estimate) == 0) {
    abort_model("Analysis {number} has no coefficients.", analysis = number, call = call)
  }
  terms <- names(estimate)
  if (is.null(terms)) terms <- sprintf("b%d", seq_along(estimate))
  if (anyNA(terms) || any(terms == "")) {
    abort_model("Analysis {number} has a coefficient without a name.", analysis = number,
      call = call)
  }
  if (anyDuplicated(terms)) {
    twice <- unique(terms[duplicated(terms)])
    abort_model("Analysis {number} has more than one coefficient {.val {twice}}.",
      analysis = number, term = twice, call = call)
  }
  # A fit that could not be computed has NaN; NA is what R gives to aliased coefficients.
  refuse_terms(terms[is.nan(estimate) | is.infinite(estimate)], number,
    "In analysis {number} {cli::qty(bad)}coefficient{?s} {.val {bad}} {?is/are} not finite.", call)
  refuse_terms(terms[is.na(estimate)], number, c(
    "Analysis {number} has no value for {cli::qty(bad)}coefficient{?s} {.val {bad}}.",
    i = "In a fit {cli::qty(bad)}{?it is/they are} aliased with others: take {?it/them} out of the
         model."
  ), call)
  if (!is.numeric(covariance) || !identical(dim(covariance), rep(length(terms), 2))) {
    abort_model("Analysis {number} has a covariance that does not match its coefficients.",
      analysis = number, call = call)
  }
  unusable <- !is.finite(diag(covariance)) | diag(covariance) <= 0 |
    rowSums(!is.finite(covariance)) > 0
  refuse_terms(terms[unusable], number, paste(
    "In analysis {number} {cli::qty(bad)}the variance{?s} of {.val {bad}}",
    "{?is/are} not finite or not above 0."
  ), call)
  check_possible_covariance(covariance, terms, number, call)
  list(
    estimate = stats::setNames(as.double(estimate), terms),
    covariance = matrix(as.double(covariance), length(terms), dimnames = list(terms, terms))
  )
}

# Both halves alike, and no correlation beyond one, relative to the standard errors; the inverse of
# a poorly conditioned information matrix is known to no more than this.
check_possible_covariance <- function(covariance, terms, number, call, tolerance = 1e-6) {
  correlation <- covariance / tcrossprod(standard_errors(covariance))
  refuse_pair(abs(correlation - t(correlation)) > tolerance, terms, number,
    "In analysis {number} the covariance of {.val {bad}} is not the same in both halves of the
     matrix.", call)
  refuse_pair(abs(correlation) > 1 + tolerance, terms, number,
    "In analysis {number} the covariance of {.val {bad}} is larger than their variances allow.",
    call)
}

# The first pair of terms for which `wrong`, a matrix, is TRUE.
refuse_pair <- function(wrong, terms, number, message, call) {
  if (any(wrong)) {
    refuse_terms(terms[sort(which(wrong, arr.ind = TRUE)[1, ])], number, message, call)
  }
}

refuse_terms <- function(bad, number, message, call) {
  if (length(bad) > 0) abort_model(message, analysis = number, term = bad, call = call)
}

# A covariance, or variances alone, in the order of the terms where it has names.
named_covariance <- function(variance, terms, number, call) {
  if (!is.numeric(variance) || length(dim(variance)) > 2) {
    abort_argument("{.arg variances} of imputation {number} must be numbers, in a vector or a
      matrix, not {.obj_type_friendly {variance}}.", call = call)
  }
  if (!is.null(rownames(variance)) && !is.null(colnames(variance)) &&
    !identical(rownames(variance), colnames(variance))) {
    abort_argument("Rows and columns of {.arg variances} of imputation {number} have different
      names.", call = call)
  }
  own <- if (is.matrix(variance)) colnames(variance) else names(variance)
  if (!is.null(own) && !is.null(terms)) {
    if (!setequal(own, terms)) {
      abort_argument(
        "{.arg variances} of imputation {number} are of {.val {own}}, estimates of {.val {terms}}.",
        call = call
      )
    }
    order <- match(terms, own)
    variance <- if (is.matrix(variance)) variance[order, order, drop = FALSE] else variance[order]
  }
  if (is.matrix(variance)) variance else diag(variance, length(variance))
}

# Estimates given by hand. Without covariances these count as zero.
given_coefficients <- function(estimates, variances, call) {
  if (!is.list(variances) || length(variances) != length(estimates)) {
    abort_argument(
      "{.arg variances} must be one element for each of {length(estimates)} imputations.",
      call = call
    )
  }
  Map(function(estimate, variance, number) {
    covariance <- named_covariance(variance, names(estimate), number, call)
    if (!identical(dim(covariance), rep(length(estimate), 2L))) {
      abort_argument(
        "{.arg variances} of imputation {number} must be {length(estimate)}, as the estimates.",
        call = call
      )
    }
    check_coefficients(list(estimate = estimate, covariance = covariance), number, call)
  }, estimates, variances, seq_along(estimates))
}

# All analyses in the order of the first, of which they must have the same coefficients.
align_coefficients <- function(analyses, call) {
  terms <- names(analyses[[1]]$estimate)
  Map(function(analysis, number) {
    own <- names(analysis$estimate)
    lost <- setdiff(terms, own)
    strange <- setdiff(own, terms)
    if (length(lost) + length(strange) > 0) {
      abort_model(c(
        "Analyses 1 and {number} do not have the same coefficients.",
        x = if (length(lost) > 0) "Only in analysis 1: {.val {lost}}.",
        x = if (length(strange) > 0) "Only in analysis {number}: {.val {strange}}."
      ), analysis = number, term = c(lost, strange), call = call)
    }
    list(
      estimate = analysis$estimate[terms],
      covariance = analysis$covariance[terms, terms, drop = FALSE]
    )
  }, analyses, seq_along(analyses))
}
