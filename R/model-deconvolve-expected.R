# What a deconvolution expects of every gene, how far the bulk is from it, and what it says of
# others.

#' Expected expression, residuals and new bulks of a deconvolution
#'
#' `fitted()` is what the mixture expects of each gene in each sample, `residuals()` how far the
#' bulk is from that, `simulate()` draws bulks from the fit, and `predict()` deconvolves others with
#' what the fit has chosen.
#'
#' @details
#' **Variances.** With m the expected expression, w and a the weight and the dispersion of a gene
#' (`fit$family`; of several families the first) and d the dispersion of a sample (`.dispersion` of
#' [augment()][em_deconvolve-methods]), Pearson residuals are divided by the root of m (poisson),
#' d m / w (quasipoisson, and poisson with genes weighted), (m + a m^2) / w (nbinom), d / w
#' (gaussian), s^2 / w (student, s its scale in the sample); of lognormal the difference of
#' log(y + offset) is divided by that of d / w. That genes count by how specific they are
#' (`genes = "auto"`) is left out of w, as it is no scatter, and where the response is not linear
#' all this is about powers of bulk and expectation. Where the model holds the residuals have a mean
#' square of about one, with student of about degrees / (degrees - 2).
#'
#' **Draws** have these expectations and variances: counts from a Poisson distribution
#' whose rate is gamma distributed where the variance is above m, gamma values where it is below;
#' normal, Student's and log-normal values otherwise, cut off at zero. The noise of genes
#' is independent: what makes genes of one type err together, as another platform does, is not in
#' it.
#'
#' **`predict()`** holds genes, their weights and dispersions, and the profiles as they are: nothing
#' is chosen anew, so that samples of a new batch are treated as those of the fit. Genes that
#' `newdata` lacks are left out, by name.
#'
#' @param object A fit by [em_deconvolve()].
#' @param type `"pearson"`: in units of the standard deviation that the family gives; `"response"`:
#'   bulk minus expected expression.
#' @param nsim How many bulks.
#' @param seed `NULL` to go on with R's generator as it stands, or a number for
#'   [set.seed()]; the generator is then put back to where it was.
#' @param newdata Other bulk samples, as [em_deconvolve()] takes them; the samples of the fit when
#'   absent.
#' @param assay Of a SummarizedExperiment: which assay.
#' @param ... Not used; anything here is an error.
#'
#' @return `fitted()` and `residuals()`: numeric matrix, genes used x samples, dense; `fitted()` is
#' on the scale of the bulk. `simulate()`: a list of `nsim` such matrices, `sim_1`, `sim_2` and so
#' on, with the attribute `seed` of [stats::simulate()]; samples that could not be fitted are not in
#' them. `predict()`: samples x types, the proportions. Samples without a fit are `NA`.
#'
#' @section Errors and warnings:
#' `missmix_error_data`: `residuals()` of a fit without its bulk (`keep_data = FALSE`); `newdata`
#' that cannot be used. Warnings of [em_deconvolve()] on samples of `newdata`.
#'
#' @name fitted.em_deconvolve
#' @seealso [em_expression()] for what one type contributes.
#' @examples
#' profiles <- matrix(c(90, 5, 20, 30, 4, 60, 25, 30), 4, 2,
#'   dimnames = list(paste0("gene", 1:4), c("liver", "brain")))
#' bulk <- cbind(one = c(70, 20, 21, 30), two = c(9, 57, 24, 31))
#' rownames(bulk) <- rownames(profiles)
#' fit <- em_deconvolve(bulk, em_reference(profiles, scale = "rna"), family = "poisson")
#' fitted(fit)
#' residuals(fit)
#' predict(fit, cbind(three = c(gene1 = 40, gene2 = 30, gene3 = 20, gene4 = 33)))
#' simulate(fit, seed = 1)[[1]]
NULL

#' @rdname fitted.em_deconvolve
#' @export
fitted.em_deconvolve <- function(object, ...) {
  check_no_dots()
  expected_bulk(object)
}

#' @rdname fitted.em_deconvolve
#' @export
residuals.em_deconvolve <- function(object, type = c("pearson", "response"), ...) {
  check_no_dots()
  if (missing(type)) type <- "pearson"
  check_choice(type, c("pearson", "response"))
  check_bulk_held(object)
  if (type == "response") observed_bulk(object) - expected_bulk(object) else bulk_residuals(object)
}

# Genes x samples. `samples`: their numbers.
expected_bulk <- function(fit, samples = seq_len(fit$n)) {
  additive_bulk(fit, samples)^(1 / fit$family$power)
}

observed_bulk <- function(fit, samples = seq_len(fit$n)) {
  values <- as.matrix(held_values(fit, samples)[fit$data$rows, , drop = FALSE])
  storage.mode(values) <- "double"
  dimnames(values) <- list(fit$genes, fit$samples$sample[samples])
  values
}

# Expectations in the power in which bulk and profiles are additive.
additive_bulk <- function(fit, samples = seq_len(fit$n)) {
  tcrossprod(fit$reference$profiles^fit$family$power, fit$abundance[samples, , drop = FALSE])
}

# How much each gene counts beside what it scatters: by how specific it is, where genes were chosen
# so.
gene_worth <- function(fit) {
  if (identical(fit$asked$genes, "auto")) {
    specificity_weights(fit$reference)
  } else {
    rep(1, length(fit$genes))
  }
}

# Of a Poisson distribution, and nothing besides: no other weights, no second family.
is_plain_poisson <- function(fit, worth = gene_worth(fit)) {
  fit$family$name == "poisson" && length(fit$members) == 1 && all(worth == 1) &&
    fit$family$power == 1
}

# Variance of each gene about its expectation, genes x samples, in the power in which they are
# additive, as `expected` is. Of several families the first.
additive_variance <- function(fit, expected, samples = seq_len(fit$n), worth = gene_worth(fit)) {
  family <- fit$family
  of_sample <- function(x) rep(x[samples], each = nrow(expected))
  # The core divides by the number of genes, not by what they are worth.
  dispersion <- of_sample(fit$samples$dispersion) * length(worth) / sum(worth)
  # Not known where genes are as few as types.
  dispersion[is.na(dispersion)] <- 1
  # An exact mixture has no scatter, but its genes differ in what they tell all the same.
  dispersion <- pmax(dispersion, 1e-30)
  at_one <- switch(family$name,
    nbinom = expected + family$dispersion * expected^2,
    gaussian = array(dispersion, dim(expected)),
    student = array(of_sample(fit$samples$scale)^2, dim(expected)),
    # Of logarithms.
    lognormal = (expected + of_sample(fit$samples$offset))^2 * dispersion,
    if (is_plain_poisson(fit, worth)) expected else expected * dispersion
  )
  at_one / (family$weight / worth)
}

# What each gene says about its expectation, the weights that it counts by in it.
additive_information <- function(fit, expected, samples = seq_len(fit$n)) {
  worth <- gene_worth(fit)
  variance <- additive_variance(fit, expected, samples, worth)
  ifelse(variance > 0, worth / variance, 0)
}

bulk_residuals <- function(fit, samples = seq_len(fit$n)) {
  y <- observed_bulk(fit, samples)^fit$family$power
  m <- additive_bulk(fit, samples)
  spread <- sqrt(additive_variance(fit, m, samples))
  off <- if (fit$family$name == "lognormal") {
    offset <- rep(fit$samples$offset[samples], each = nrow(m))
    log((y + offset) / (m + offset)) * (m + offset)
  } else {
    y - m
  }
  # Nothing expected and nothing there.
  ifelse(off == 0 & spread == 0, 0, off / spread)
}

#' @rdname fitted.em_deconvolve
#' @export
predict.em_deconvolve <- function(object, newdata = NULL, assay = NULL, ...) {
  check_no_dots()
  if (is.null(newdata)) {
    return(object$parameters$proportions)
  }
  here <- rlang::current_env()
  problem <- new_problem(as_em_bulk(newdata, assay, here), object$reference, here)
  again <- refit(object, problem, NULL, object$control)
  warn_of_samples(again, here)
  again$parameters$proportions
}

# Other samples, or some of the genes, with the profiles and the family of the fit: nothing is
# chosen again. `data`: a problem whose genes are among those of the fit.
refit.em_deconvolve <- function(fit, data, starts, control, ...) {
  index <- match(rownames(data$reference$profiles), fit$genes)
  found <- lapply(fit$members, function(member) {
    family <- family_genes(member$family, index, length(fit$genes))
    solve_samples(data, family, control, fit$prior)
  })
  chosen <- list(problem = data, found = found, choices = fit$choices)
  new_deconvolve_fit(chosen, fit$asked, fit$prior, control, fit$call, FALSE)
}

# The values that a family has for each gene, of some of them.
family_genes <- function(family, index, n_genes) {
  lapply(family, function(value) {
    if (is.numeric(value) && length(value) == n_genes && n_genes > 1) value[index] else value
  })
}
