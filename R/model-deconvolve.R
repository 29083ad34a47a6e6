# Cell-type deconvolution with known profiles: checks, the climb, the fit. What `auto` means is in
# deconvolve-choices.R, what genes are given in deconvolve-families.R.

#' What a tissue is made of: cell-type deconvolution
#'
#' Estimates, for every bulk sample, the proportions of the cell types of a reference, with
#' standard errors and intervals, and says on what choices the answer rests. Every sample is solved
#' to its maximum, and for counts the distance to it is bounded by a certificate.
#'
#' @details
#' The bulk value of gene g is expected to be the sum over types k of R_gk b_k, with R the profiles
#' of the reference and b >= 0 the abundances of the sample. What the shares of b are shares of, RNA
#' or cells, depends on what the column totals of the reference mean: see [em_reference()]. The fit
#' says it.
#'
#' **Families** say how a bulk value y scatters about its expectation m.
#' * `"poisson"`: counts. The maximum is the same as that of the multinomial mixture which EM climbs
#'   in InstaPrism and BayesPrism's fixed point, but it is reached to a certificate: with c_k the
#'   sum of profile k, N the sum of the sample and d_k = sum_g y_g R_gk / m_g / c_k, the
#'   log-likelihood lies at most N (max d_k - 1) below its maximum (Lindsay 1983). Values need not
#'   be whole.
#' * `"quasipoisson"`: the same with a dispersion for each gene. The bound is then one of the
#'   weighted log-likelihood.
#' * `"nbinom"`: variance m + a_g m^2.
#' * `"gaussian"`, `"student"` (four degrees of freedom, by EM over latent scales): precisions of
#'   genes; each sample has a variance of its own.
#' * `"lognormal"`: errors that are proportions: log(y + c) is normal about log(m + c), with c 0.3
#'   times the mean gene of the sample.
#' * `"auto"`: the mean of `"poisson"` and `"lognormal"`, which err in opposite ways; with a
#'   reference made of cells `"nbinom"`, as what is left of the errors of profiles makes genes
#'   scatter more than counts; of shares such as methylation `"gaussian"`. No family is chosen by
#'   its likelihood: on real mixtures the likeliest was the worst. There is no likelihood of a
#'   mean: `logLik()` is `NA`.
#'
#' Dispersions and precisions of genes come from the residuals over all samples, shrunk to their
#' trend over expression (Smyth 2004).
#'
#' **Genes.** With a reference made of cells, whose errors are known gene by gene, `"auto"` takes
#' all alike. Otherwise it weighs each gene by its specificity s, the coefficient of variation of
#' its profile: s^8 / (s^8 + a^8), with a such that all weights sum to 100 for each type. Genes
#' that hardly differ between types say little about proportions, but thousands of them agree on
#' what differs between bulk and reference for other reasons. `"all"` weighs all alike, `"markers"`
#' takes the 100 best of each type, see [em_markers()].
#'
#' **Response.** Signals of arrays saturate. Where the bulk has neither zeros nor whole numbers,
#' bulk and profiles are taken to be additive in a power of themselves between 1 and 1.41: the
#' square root of that at which logarithms fit best.
#'
#' **Errors of the reference.** Profiles that are means of cells are uncertain: the true ones are
#' latent. `"steadied"` replaces them by their posterior means given the cells, by empirical Bayes:
#' a type that shows a gene in few cells borrows from types like it. `"refined"` takes them as
#' latent variables that all samples share, normal about these, and lets the bulk refine them by EM,
#' with a factor for each gene that platform and reference may differ by. `"auto"` refines from 30
#' samples on, and steadies where there are fewer, or where refining moves the proportions by more
#' than errors of profiles explain: a type that the reference lacks would otherwise be learnt into
#' the profiles of others. `"none"` takes the profiles as they are.
#'
#' **Standard errors** are of the sandwich kind with leverage taken off (HC3 of MacKinnon and White
#' 1985): they hold for whatever makes genes scatter independently, overdispersion and errors of
#' the profiles too, and not for what moves many genes alike, such as a missing type: see
#' [em_diagnose()]. Of the mean of two families they also hold their difference (Buckland and
#' others 1997). Where the reference is made of cells, the mean square of what its replicates, each
#' deconvolved as the fit was, differ from the fit by is added: how much mRNA the cells of a type
#' hold, and which of its states and subjects were drawn, moves all genes and all samples alike,
#' and is most of the error when cells are few. That takes seconds, and is done when errors are
#' first asked for; `em_control(verbose = 1)` shows how far it is, and after an interrupt at least
#' five replicates will do. Given `cell_size`, or for shares of RNA, errors of sizes do not enter.
#' What they do not hold: that the subjects of the bulk differ from the mean subject of the
#' reference. A proportion of zero has a one-sided interval, up to where the type would no longer
#' be taken for absent.
#'
#' @param bulk Genes x samples, on the linear scale: a matrix, a sparse matrix of class Matrix, a
#'   data frame with a column of gene names (or row names), a SummarizedExperiment, or a named
#'   vector (one sample). Counts, TPM, array intensities or shares.
#' @param reference By [em_reference()]; or what it takes without labels of cells: a matrix or data
#'   frame of genes x types. Genes are matched by name.
#' @param family `"auto"`, `"poisson"`, `"quasipoisson"`, `"nbinom"`, `"gaussian"`, `"student"` or
#'   `"lognormal"`.
#' @param genes `"auto"`, `"all"`, `"markers"`, or names of genes.
#' @param response `"auto"`, `"linear"`, or the power, from 0.2 to 5.
#' @param reference_error `"auto"`, `"none"`, `"steadied"` or `"refined"`, see details.
#' @param prior [em_prior_flat()] or [em_prior_dirichlet()].
#' @param assay Which assay of a SummarizedExperiment; by default `"counts"`, else the first.
#' @param control By [em_control()]: `tol` is that of each sample, `max_iter` its most steps. An
#'   interrupt or the time limit keeps the samples that are finished. Samples are solved in blocks
#'   on `n_threads` threads, to the same bits.
#' @param keep_data Keep the bulk in the fit? Without it there are no standard errors afterwards.
#' @param ... For the methods; a misspelt argument is an error.
#'
#' @return An object of class `c("em_deconvolve", "em_fit")`, a plain list. [em_parameters()] gives
#'   a list of `proportions`, samples x types, rows sum to one, `NA` for samples that could not be
#'   fitted. Further elements:
#' * `choices`: data frame of what was chosen: `choice`, `value`, `reason`;
#' * `samples`: data frame, a row a sample: `sample`, `total` (sum of all its values), `log_lik`,
#'   `certificate` (log-likelihood that may still be gained: a bound for Poisson counts, an estimate
#'   else; summed over families), `steps`, `status`, `dispersion` (Pearson's), `scale`
#'   (of residuals, `"student"`), `offset` (c of `"lognormal"`);
#' * `abundance`: samples x types, so that the expected bulk is the profiles times the abundances;
#' * `genes`: names of the genes used; `reference`: cut to these.
#'
#'   To be asked with [tidy()][em_deconvolve-methods], `confint()`, `vcov()`,
#'   [fitted()][fitted.em_deconvolve], [em_expression()], [em_diagnose()], [plot()][plot.em_fit],
#'   [em_bootstrap()], `update()`.
#'
#' @section Errors and warnings:
#' `missmix_error_data`, naming gene and sample: values that are negative, missing or infinite; too
#' few genes shared by name; duplicated names that cannot be summed. `missmix_error_argument`:
#' anything wrong with the other arguments. `missmix_warning_degenerate`: a sample without any
#' expression. `missmix_warning_convergence`: samples that did not arrive, or were not reached.
#'
#' @references
#' Lindsay BG (1983). The geometry of mixture likelihoods: a general theory. *Annals of Statistics*
#' 11, 86-94. \doi{10.1214/aos/1176346059}.
#'
#' Hu M, Chikina M (2024). InstaPrism: an R package for fast implementation of BayesPrism.
#' *Bioinformatics* 40, btae440. \doi{10.1093/bioinformatics/btae440}.
#'
#' Smyth GK (2004). Linear models and empirical Bayes methods for assessing differential expression
#' in microarray experiments. *Statistical Applications in Genetics and Molecular Biology* 3(1).
#' \doi{10.2202/1544-6115.1027}.
#'
#' MacKinnon JG, White H (1985). Some heteroskedasticity-consistent covariance matrix estimators
#' with improved finite sample properties. *Journal of Econometrics* 29, 305-325.
#' \doi{10.1016/0304-4076(85)90158-7}.
#'
#' Buckland ST, Burnham KP, Augustin NH (1997). Model selection: an integral part of inference.
#' *Biometrics* 53, 603-618. \doi{10.2307/2533961}.
#' @seealso [em_reference()], [em_markers()], [em_expression()].
#' @export
#' @examples
#' ref <- with(blood_sim, em_reference(cells, cell_type = cell_type, subject = donor))
#' fit <- em_deconvolve(blood_sim$bulk, ref)
#' fit
#' em_deconvolve(blood_sim$bulk, ref, family = "poisson", genes = "markers")
em_deconvolve <- function(bulk, reference, ...) {
  UseMethod("em_deconvolve")
}

#' @rdname em_deconvolve
#' @export
em_deconvolve.default <- function(bulk, reference, family = "auto", genes = "auto",
                                  response = "auto", reference_error = "auto",
                                  prior = em_prior_flat(), assay = NULL, control = em_control(),
                                  keep_data = TRUE, ...) {
  check_no_dots()
  call <- fit_call(match.call(), quote(em_deconvolve))
  if (missing(reference)) {
    abort_argument("{.arg reference} is missing: profiles of types, by {.fn em_reference}.")
  }
  caller <- rlang::current_env()
  check_choice(family, c("auto", deconvolve_families))
  check_prior(prior, c("flat", "dirichlet"))
  check_control(control)
  check_flag(keep_data)
  reference <- as_em_reference(reference, caller)
  problem <- new_problem(as_em_bulk(bulk, assay, caller), reference, caller)
  asked <- list(
    family = family, genes = genes, response = response, reference_error = reference_error
  )
  chosen <- choose_model(problem, asked, prior, control, caller)
  fit <- new_deconvolve_fit(chosen, asked, prior, control, call, keep_data)
  warn_of_samples(fit, caller)
  fit
}

# What there is to explain, and what by: genes of bulk and reference in one order.
new_problem <- function(bulk, reference, call) {
  matched <- match_genes(bulk, reference, call)
  list(
    values = matched$values, rows = matched$rows, samples = bulk$samples, bulk = bulk[c(
      "totals", "empty", "counts", "shares", "log_scale"
    )],
    reference = reference_genes(reference, matched$index), shares = matched$shares,
    given = list(bulk = bulk, reference = reference)
  )
}

# The problem on some of its genes.
problem_genes <- function(problem, index) {
  problem$rows <- problem$rows[index]
  problem$reference <- reference_genes(problem$reference, index)
  problem
}

# A family as the core takes it, fitted to a problem: the core's list, with samples in rows.
solve_samples <- function(problem, family, control, prior = em_prior_flat()) {
  found <- deconvolve_fit_(
    core_bulk(problem$values), problem$rows, problem$reference$profiles^family$power, family,
    prior_sparsity(prior), control, watch_count(control, length(problem$samples), "Samples")
  )
  found$family <- family
  found
}

# A sparse matrix by its slots.
core_bulk <- function(values) {
  if (!is_sparse(values)) {
    return(values)
  }
  list(i = values@i, p = values@p, x = values@x, nrow = nrow(values))
}
