#' Priors
#'
#' What a model maximises beside the likelihood: nothing, a ridge that keeps the covariance of
#' [em_mvn()] away from singularity where the data are too few for it, the conjugate prior of
#' [em_gmm()] that keeps components from collapsing, or the sparse prior of [em_deconvolve()] that
#' prefers few cell types.
#'
#' @details
#' The ridge acts as `strength` further rows with the observed variances and no
#' covariance at all: the meaning of `empri` in Amelia (Honaker, King and Blackwell,
#' 2011). With `D` the diagonal matrix of the variances
#' of the observed cells (divisor n) and `S` the expected sums of squares and
#' products, the M-step is `sigma = (S + strength * D) / (n + strength)`. It
#' maximises the log-likelihood plus, up to a constant,
#' `-strength / 2 * (log|sigma| + tr(D sigma^-1))`. The means have no prior.
#'
#' It shrinks correlations towards zero. Amelia advises to begin with 0.5 to 1 per
#' cent of the number of rows, and not to go beyond 10 per cent.
#'
#' The conjugate prior is that of Fraley and Raftery (2007): given its covariance S, the mean of a
#' component is normal about `mean` with covariance `S / shrinkage`; S is inverse Wishart with
#' `dof` degrees of freedom and scale matrix `scale` (of diagonal and spherical families inverse
#' gamma, with the mean diagonal element of `scale` in standardised columns). By default, as
#' theirs: `mean` the mean of the data, `dof = d + 2`, `scale` the covariance of the data over
#' `k^(2/d)`. A covariance that all components share is given the prior once.
#'
#' The Dirichlet prior has density proportional to the product of p_k^(concentration - 1) over the
#' proportions p of a sample. Below one it prefers few types: in an EM step each type loses
#' `1 - concentration` of its expected counts, and what is left without any is zero. It has no
#' highest point but a mode for each set of types that are zero; the one reached is that nearest
#' to the maximum of the likelihood. It weighs against counts: next to a million of them it says
#' nothing, and families that are not of counts do not take it.
#'
#' @param concentration Of the Dirichlet prior, above 0 and at most 1 (flat).
#' @param strength Number of further rows, a finite number of at least 0; need not
#'   be whole. 0 is the flat prior.
#' @param shrinkage How many rows the prior mean is worth, above 0.
#' @param mean `NULL`, or d numbers on the modelled scale.
#' @param dof `NULL`, or degrees of freedom, above d - 1.
#' @param scale `NULL`, or a positive definite d x d matrix on the modelled scale.
#' @param x An object of class `em_prior`.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `em_prior`: `kind` (`"flat"`, `"ridge"`, `"conjugate"` or
#' `"dirichlet"`); `strength`, a number of rows (0 if flat, the shrinkage if conjugate, one minus
#' the concentration if Dirichlet); and for the conjugate prior `mean`, `dof` and `scale` as given.
#'
#' @section Errors:
#' `missmix_error_argument`: an argument is not what it should be; the message names it.
#'
#' @references
#' Fraley C, Raftery AE (2007). Bayesian regularization for normal mixture estimation and
#' model-based clustering. *Journal of Classification* 24, 155-181.
#' \doi{10.1007/s00357-007-0004-5}.
#'
#' Honaker J, King G, Blackwell M (2011). Amelia II: a program for missing data.
#' *Journal of Statistical Software* 45(7). \doi{10.18637/jss.v045.i07}.
#'
#' @name em_prior
#' @examples
#' em_prior_flat()
#' em_prior_ridge(4)
#' em_prior_conjugate()
#' em_prior_dirichlet(0.1)
NULL

#' @rdname em_prior
#' @export
em_prior_flat <- function() {
  new_prior("flat", 0)
}

#' @rdname em_prior
#' @export
em_prior_ridge <- function(strength) {
  check_number(strength, lower = 0)
  new_prior("ridge", as.double(strength))
}

#' @rdname em_prior
#' @export
em_prior_conjugate <- function(shrinkage = 0.01, mean = NULL, dof = NULL, scale = NULL) {
  check_number(shrinkage, above = 0)
  if (!is.null(dof)) check_number(dof, above = 0)
  numbers <- function(x) is.null(x) || (is.numeric(x) && all(is.finite(x)))
  must_be(numbers(mean), mean, "finite numbers", "mean", rlang::current_env())
  must_be(numbers(scale), scale, "a finite matrix", "scale", rlang::current_env())
  new_prior("conjugate", as.double(shrinkage), mean = mean, dof = dof, scale = scale)
}

#' @rdname em_prior
#' @export
em_prior_dirichlet <- function(concentration) {
  check_number(concentration, above = 0, upper = 1)
  new_prior("dirichlet", 1 - as.double(concentration))
}

# What each type loses of its expected counts in an EM step.
prior_sparsity <- function(prior) {
  if (prior$kind == "dirichlet") prior$strength else 0
}

#' @rdname em_prior
#' @export
print.em_prior <- function(x, ...) {
  check_no_dots()
  cli::cat_line("Prior: ", switch(x$kind,
    flat = "flat (maximum likelihood)",
    conjugate = sprintf("conjugate, for the means as strong as %s %s", format(x$strength),
      plural(x$strength, "row")),
    dirichlet = sprintf("Dirichlet with concentration %s", format(1 - x$strength)),
    ridge = sprintf("ridge, as strong as %s %s with the observed variances and no covariance",
      format(x$strength), plural(x$strength, "row"))
  ))
  invisible(x)
}

new_prior <- function(kind, strength, ...) {
  structure(list(kind = kind, strength = strength, ...), class = "em_prior")
}

# The `prior` argument of a model function that knows these kinds.
check_prior <- function(prior, kinds = c("flat", "ridge"), call = rlang::caller_env()) {
  makers <- paste(sprintf("em_prior_%s()", kinds), collapse = " or ")
  ok <- inherits(prior, "em_prior") && prior$kind %in% kinds
  must_be(ok, prior, paste("made by", makers), "prior", call)
}
