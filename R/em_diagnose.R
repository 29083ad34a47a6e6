#' How far to trust a fit, in words and numbers
#'
#' Looks at a fit and says for each of up to twelve checks, in a sentence with numbers, whether it
#' passes, calls for caution or fails. Deconvolutions and imputations have checks of their own, see
#' below. The information matrix is worked out when first asked for, then remembered in the fit.
#'
#' @details
#' An *EM rate* is the factor by which plain EM shrinks its error in each pass;
#' it equals the largest *fraction of missing information*: the share of what
#' complete data would have said, in the worst direction of the parameters, that
#' is lost with the missing cells (Dempster, Laird and Rubin 1977; Meng and Rubin
#' 1991). It is exact here: an eigenvalue of the missing-information matrix, not
#' read off the noise of the trace. A direction is put down to the coefficients
#' and variables that carry most of its squared length, each measured in the
#' standard error that complete data would give.
#'
#' What is judged (`value`) and the thresholds:
#' * `convergence`: the estimated log-likelihood still to be gained, g. The
#'   estimates are then at most about sqrt(2g) standard errors from the maximum.
#'   Caution: converged but further than 0.1 standard errors, or not converged
#'   but within that. Fail: not converged and further, a status that means failure
#'   (`decreased`, `non_finite`, `degenerate`), or a log-likelihood that never
#'   changed while the steps moved the parameter.
#' * `saddle`: the smallest curvature (of minus the log-likelihood) as a fraction of complete
#'   data's, 1 - rate. Below minus the flat limit (see identification): fail, or caution while the
#'   fit has not converged. Saddle points met and left on the way are told.
#' * `identification`: the number of directions with a fraction of missing
#'   information within the flat limit of one: 1e-6, or sqrt(2 gap / n) where that
#'   is more, by which the information may change on the way still to go. Fail: any.
#' * `covariance`: the smallest eigenvalue of the correlation matrix. Fail: below
#'   1e-8, below 1e-4 while the fit has not converged, or status `degenerate`.
#'   Saddle and identification are then not judged.
#' * `missing information`: the EM rate. Caution: above 0.9, where standard errors
#'   in that direction are more than three times those of complete data.
#' * `coefficients`: the largest fraction of a single coefficient. Caution: above
#'   0.5.
#' * `conditioning`: the condition number of the correlation matrix. Caution:
#'   above 1e4, a condition index of 100 (Belsley, Kuh and Welsch 1980). Fail:
#'   above 1e8.
#' * `passes`: passes used. Always passes; plain EM's number is an extrapolation
#'   from its rate: read "about".
#' * `guard`: the share of accelerated steps that the guard refused. Caution:
#'   above 0.25.
#' * `other hills`: for fits from more than one start, the share of the starts climbed
#'   to the end that found the mode of the fit (or one as high), see [em_basins()]. Caution: found
#'   once only or by less than a tenth of them, or a thin mode or a saddle lies higher
#'   (a degenerate one is no hill).
#'   Fail: a sound mode lies higher, or the mode of the fit is not sound (told of fits from a
#'   single start, too, if it is thin).
#' * `boundary`, where a weight of a mixture or of a model written in R is zero or running there
#'   (`fit$dropped`): the factor by which one EM step from 1e-10 multiplies it, the largest
#'   of them. Fail: above one (but for the flat limit): the log-likelihood rises with
#'   the weight, and EM cannot revive it. Caution while the fit has not converged.
#'
#' * `one more component`, for mixtures by [em_gmm()] of at most 1,000 rows, and 5,000 rows times
#'   components times variables: the log-likelihood that a climb with one more component gained,
#'   from the places where it rises most, see [em_one_more()], and from components split in
#'   two. Caution: it is sound, and the gain is more than BIC charges for a component.
#'
#' Checks that need a covariance are left out for models without one, and a check that cannot be
#' made (a model in R, say, whose information is not known) has the verdict `NA` and says so.
#'
#' @param fit A fit, as returned by [em_mvn()], [em_gmm()], [em_deconvolve()] or [em_fit()]; or
#'   imputations, by [em_impute()].
#' @param ... Not used; anything here is an error.
#'
#' @return A data frame of class `em_diagnosis`, one row for each check:
#' * `check`: its name, as in the list above;
#' * `verdict`: `"pass"`, `"caution"`, `"fail"`, or `NA` if it cannot be made;
#' * `value`: the number judged, see the list;
#' * `text`: the finding in words.
#'
#' The attribute `verdict` is the worst of them, and `"caution"` at least where more
#' than one check cannot be made. The attribute `details` is a list of
#' * `spectrum`: fractions of missing information, decreasing;
#' * `fmi`: the fraction of each coefficient (named), `NA` where not known;
#' * `directions`: data frame of at most ten leading directions: `fraction`,
#'   `halving` (passes in which plain EM halves the error), `variables`,
#'   `coefficients`;
#' * `singular`: the combination of variables that varies least, as a named
#'   vector of coefficients on the modelled scale, or `NULL`;
#' * `exact`: is the spectrum complete and exact, or from a Lanczos iteration?
#'
#' @section Deconvolution:
#' Fits by [em_deconvolve()] are asked other questions, a row each. Most look at up to 50 samples,
#' equally spaced (12 where genes are many), and compare them with what a robust fit expects:
#' Student's family with errors relative to the level of a gene, which neither the highest genes
#' nor a group of strange ones can pull far. Log residuals are those of the means of genes over
#' samples unless stated otherwise. So these checks say the same whatever the family of the fit.
#' * `certificate`: the most that a sample may still gain in log-likelihood, certain for `poisson`
#'   and `quasipoisson`. Caution: above `r deconvolve_limits$certificate` (and what arithmetic
#'   allows), or samples that did not converge or are empty, by name. Fail: no sample converged.
#' * `identification`: how many times the variance of a share is what it would be if all other
#'   shares were known; from the information of the genes under the fit's family, every type taken
#'   to be there. Caution: more than `r deconvolve_limits$inflation[1]` times, and a standard error
#'   above `r deconvolve_limits$share_error[1]`. Fail: an error above
#'   `r deconvolve_limits$share_error[2]`, or nothing known (more than a million times). Told are
#'   the types that exchange, and how much of one for how much of the other.
#' * `log scale`: the spread of observed log levels by that of expected ones. Fail: bulk or
#'   reference look like logarithms, or below `r deconvolve_limits$compressed[1]`. Caution: below
#'   `r deconvolve_limits$compressed[2]`.
#' * `gene names`: the rank correlation of observed and expected levels, 0 being that of shuffled
#'   names and 1 a perfect one. Fail: below `r deconvolve_limits$names[1]`. Caution: below
#'   `r deconvolve_limits$names[2]`, or more than `r 100 * deconvolve_limits$far_genes`% of the
#'   genes far too high and as many far too low while the others fit: names swapped among them.
#' * `mismatch`: tau, the robust standard deviation of log residuals beyond what chance makes:
#'   platforms, protocols and laboratories put genes off by factors. Caution: above
#'   `r deconvolve_limits$mismatch[1]`. Fail: above `r deconvolve_limits$mismatch[2]`. By itself it
#'   makes an error of tau / sqrt(genes / types) in the log scale of a type.
#' * `missing type`: genes that mark no type of the reference (less than twice as high in one as in
#'   all others) and are too high, less those that are too low, in standard deviations. Two signs
#'   are looked for: a group far above what is expected, and a group that follows the leading
#'   pattern over samples of what is left of each gene, where this pattern is larger than that of
#'   the same residuals out of step (parallel analysis; four samples at least). Caution: one of
#'   them. Fail: both, in the same genes. A group has at least
#'   `r deconvolve_limits$group$genes` genes and three times as many too high as too low.
#' * `agreement`: the largest typical difference of proportions between the fit and others with the
#'   same weights of genes: `poisson`, `lognormal`, and `nbinom` with a dispersion of a half; of
#'   shares `gaussian` and `student`. Caution: above `r deconvolve_limits$spread[1]`. Fail, do not
#'   trust this: above `r deconvolve_limits$spread[2]`.
#' * `dominating genes`: the share of the information in the 20 foremost genes. Caution: these (if
#'   they hold more than `r 100 * deconvolve_limits$top_share`%), the foremost (if more than
#'   `r 100 * deconvolve_limits$leverage`% of what is known of one type rests on it) or the one
#'   whose residual pulls most decide: without them proportions move by more than
#'   `r deconvolve_limits$shift` on average.
#' * `samples`, for five and more: the largest dispersion by that of other samples of the same
#'   total. Caution: more than `r deconvolve_limits$badly` times, and six median absolute
#'   deviations.
#' * `column totals`, of a signature whose totals are read as mRNA content: largest by smallest.
#'   Caution: above `r deconvolve_limits$totals`.
#' * `cells`, of a reference made of cells: the fewest of a type. Caution: below 10. Fail: below 3.
#' * `boundary`: the share of zeros. Caution: more than `r 100 * deconvolve_limits$alone`% of the
#'   samples have one type only.
#' * `scale`: whether proportions are shares of cells or of RNA, and why. Always passes.
#'
#' Types missing in small shares, of few genes, or from one or two samples escape; so do swaps of
#' fewer than a tenth of the names. The attribute `details` holds `samples` and `choices` of the
#' fit.
#'
#' @references
#' Dempster, A. P., Laird, N. M. and Rubin, D. B. (1977). Maximum likelihood from
#' incomplete data via the EM algorithm. *JRSS B* 39, 1-38.
#'
#' Meng, X.-L. and Rubin, D. B. (1991). Using EM to obtain asymptotic
#' variance-covariance matrices: the SEM algorithm. *JASA* 86, 899-909.
#'
#' Belsley, D. A., Kuh, E. and Welsch, R. E. (1980). *Regression Diagnostics*.
#' Wiley.
#'
#' @seealso `plot(fit, "information")` for the spectrum as a picture.
#' @export
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol", "albumin")])
#' em_diagnose(fit)
em_diagnose <- function(fit, ...) {
  check_no_dots()
  if (!inherits(fit, c("em_fit", "em_imputations"))) {
    abort_argument("{.arg fit} must be a fit or imputations, not {.obj_type_friendly {fit}}.")
  }
  details <- diagnosis_details(fit)
  checks <- diagnose_checks(fit, details)
  structure(
    checks,
    class = c("em_diagnosis", "data.frame"),
    verdict = overall_verdict(checks$verdict),
    details = details
  )
}

# The checks of a model, a row each, and the numbers behind them.
diagnose_checks <- function(fit, details) UseMethod("diagnose_checks")

diagnosis_details <- function(fit) UseMethod("diagnosis_details")

diagnose_checks.em_fit <- function(fit, details) {
  info <- information(fit)
  rbind(
    judge_convergence(fit, info),
    judge_saddle(fit, info),
    judge_identification(fit, info),
    judge_covariance(fit),
    judge_rate(fit, info),
    judge_coefficients(fit, info),
    judge_conditioning(fit),
    judge_passes(fit, info),
    judge_guard(fit),
    judge_hills(fit),
    judge_boundary(fit),
    judge_one_more(fit)
  )
}

diagnosis_details.em_fit <- function(fit) {
  info <- information(fit)
  list(
    spectrum = info$spectrum,
    fmi = coefficient_fmi(fit),
    directions = direction_table(fit, info),
    singular = correlation_spectrum(fit)$direction,
    exact = isTRUE(info$exact)
  )
}

#' @rdname em_diagnose
#' @param x A diagnosis.
#' @export
print.em_diagnosis <- function(x, ...) {
  check_no_dots()
  if (!all(c("check", "verdict", "text") %in% names(x))) {
    return(NextMethod())
  }
  overall <- overall_verdict(x$verdict)
  blamed <- x$check[x$verdict %in% overall]
  reasons <- if (length(blamed) == 0) {
    paste0(": not judged were ", and_list(x$check[is.na(x$verdict)]))
  } else if (overall != "pass") {
    paste0(": ", and_list(blamed))
  }
  cli::cat_line(cli::style_bold("Overall: ", overall), reasons)
  cli::cat_line()
  for (row in seq_len(nrow(x))) {
    mark <- verdict_mark(x$verdict[[row]])
    say(mark, " ", x$check[[row]], ": ", x$text[[row]])
  }
  invisible(x)
}

# With two checks not judged nobody knows enough for a pass.
overall_verdict <- function(verdicts) {
  worst <- worst_verdict(verdicts)
  if (worst == "pass" && sum(is.na(verdicts)) > 1) "caution" else worst
}

# The worst verdict among those that could be given.
worst_verdict <- function(verdicts) {
  ladder <- c("pass", "caution", "fail")
  ladder[max(match(verdicts, ladder), 1L, na.rm = TRUE)]
}

verdict_mark <- function(verdict) {
  switch(if (is.na(verdict)) "unknown" else verdict,
    pass = cli::col_green(cli::symbol$tick),
    caution = cli::col_yellow("!"),
    fail = cli::col_red(cli::symbol$cross),
    "?"
  )
}

# The one diagnostic that matters most, for print(): what fails, else how much
# information is missing. Where finding out would take noticeably long, and
# nobody has asked yet, where to ask.
headline <- function(fit) {
  covariance <- judge_covariance(fit)
  if (identical(covariance$verdict, "fail")) {
    return(covariance$text)
  }
  if (isTRUE(fit$thin)) {
    return(judge_hills(fit)$text)
  }
  if (!information_is_cheap(fit)) {
    return("How much information is missing: em_diagnose(fit).")
  }
  info <- information(fit)
  for (check in list(judge_saddle, judge_identification)) {
    found <- check(fit, info)
    if (identical(found$verdict, "fail")) {
      return(found$text)
    }
  }
  hills <- judge_hills(fit)
  if (any(hills$verdict %in% c("caution", "fail"))) {
    return(hills$text)
  }
  rate <- judge_rate(fit, info)
  if (is.na(rate$verdict)) "" else first_sentence(rate$text)
}

# Is the information known, or worked out in about 0.1 s?
information_is_cheap <- function(fit) {
  !is.null(fit$cache$information) || isTRUE(information_work(fit) <= 1)
}

# What the information takes, in units of about 0.1 s; NA where nobody can say.
information_work <- function(fit) UseMethod("information_work")

information_work.em_fit <- function(fit) NA_real_

# An eigen decomposition, and a sum over the patterns.
information_work.em_mvn <- function(fit) {
  size <- as.double(length(coef(fit)))
  patterns <- nrow(fit$patterns$observed)
  if (is.null(patterns)) NA_real_ else (size^3 + patterns * size^2) / 2e7
}

first_sentence <- function(text) {
  sub("\\. (?=[A-Z]).*$", ".", text, perl = TRUE)
}
