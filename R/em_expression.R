#' Expected expression of one cell type in every sample
#'
#' How much of each gene's expression in the bulk comes from one type, given the fit: the E-step of
#' the model at its end.
#'
#' @details
#' Gene g of sample s has expression y in the bulk, of which the fit expects m, the sum of what the
#' types add: r b of this type, with r its profile and b its abundance. Given y, the share
#' r b / m of it comes from this type: y r b / m is returned (Dempster, Laird and Rubin 1977; for
#' counts it is the exact conditional expectation, and BayesPrism calls it the posterior mean of
#' cell-type-specific expression: Chu and others 2022). Over all types the values of a gene
#' sum to its bulk.
#'
#' **What it can tell.** The profile of the reference, scaled gene by gene with the residual y / m
#' of the sample, and that factor is the same for all types: a gene that is twice what the fit
#' expects is so in every type that expresses it. For genes that one type alone expresses this says
#' how that type differs between samples; for others it mixes types, so that differences between
#' groups of samples which come from one type show up in all. Counts are no independent observations
#' either. Where nothing of a type is there (its proportion is zero) nothing is known of its
#' expression.
#'
#' @param fit A fit by [em_deconvolve()] that holds its bulk.
#' @param type Name of one type.
#' @param per `"bulk"`: the part of each sample's expression that comes from the type, on the scale
#'   of the bulk; `"profile"`: divided by the abundance of the type, on the scale of the profiles of
#'   the reference, so that samples can be compared and lie about the profile.
#' @param ... Not used; anything here is an error.
#'
#' @return Numeric matrix, genes used x samples. `NA` in samples without the type (its proportion is
#' zero) or without a fit.
#'
#' @section Errors:
#' `missmix_error_argument`: `fit` is no deconvolution, `type` none of its types.
#' `missmix_error_data`: the fit does not hold its bulk (`keep_data = FALSE`).
#'
#' @references
#' Dempster AP, Laird NM, Rubin DB (1977). Maximum likelihood from incomplete data via the EM
#' algorithm. *JRSS B* 39, 1-38.
#'
#' Chu T, Wang Z, Pe'er D, Danko CG (2022). Cell type and gene expression deconvolution with
#' BayesPrism enables Bayesian integrative analysis across bulk and single-cell RNA sequencing in
#' oncology. *Nature Cancer* 3, 505-517. \doi{10.1038/s43018-022-00356-3}.
#'
#' @seealso [fitted()][fitted.em_deconvolve] for what all types together are expected to express.
#' @export
#' @examples
#' ref <- with(blood_sim, em_reference(cells, cell_type = cell_type, subject = donor))
#' fit <- em_deconvolve(blood_sim$bulk, ref, family = "poisson")
#' of_monocytes <- em_expression(fit, "monocyte", per = "profile")
#' # FCGR1A is of monocytes alone, and higher in those of infected people
#' tapply(of_monocytes["FCGR1A", ], blood_sim$group, mean)
em_expression <- function(fit, type, per = c("bulk", "profile"), ...) {
  check_no_dots()
  check_deconvolved(fit)
  check_type(type, fit)
  if (missing(per)) per <- "bulk"
  check_choice(per, c("bulk", "profile"))
  check_bulk_held(fit)
  power <- fit$family$power
  profile <- unname(fit$reference$profiles[, type])
  b <- unname(fit$abundance[, type])
  b[is.na(b) | b == 0] <- NA
  y <- observed_bulk(fit)
  # Nothing expected: this type expresses nothing there either.
  m <- pmax(additive_bulk(fit), .Machine$double.xmin)
  if (per == "bulk") {
    y * outer(profile^power, b) / m
  } else {
    outer(profile, b / b) * y / m^(1 / power)
  }
}

check_deconvolved <- function(fit, call = rlang::caller_env()) {
  must_be(is_deconvolved(fit), fit, "a fit by em_deconvolve()", "fit", call)
}

check_type <- function(type, fit, call = rlang::caller_env()) {
  if (!checkmate::test_choice(type, fit$terms)) {
    abort_argument(c(
      "{.arg type} must be one of the types of the fit, not {value_text(type)}.",
      i = "There {cli::qty(fit$terms)}{?is/are} {.val {fit$terms}}."
    ), argument = "type", call = call)
  }
}
