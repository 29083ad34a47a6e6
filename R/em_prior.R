#' Priors for the covariances of a multivariate normal
#'
#' What [em_mvn()] maximises beside the likelihood: nothing, or a ridge that keeps
#' the covariances away from singularity where the data are too few for them.
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
#' @param strength Number of further rows, a finite number of at least 0; need not
#'   be whole. 0 is the flat prior.
#' @param x An object of class `em_prior`.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `em_prior`: `kind`, `"flat"` or `"ridge"`; and
#' `strength`, a number of rows (0 if flat).
#'
#' @section Errors:
#' `missmix_error_argument`: `strength` is not a finite number of at least 0.
#'
#' @references
#' Honaker J, King G, Blackwell M (2011). Amelia II: a program for missing data.
#' *Journal of Statistical Software* 45(7). \doi{10.18637/jss.v045.i07}.
#'
#' @name em_prior
#' @examples
#' em_prior_flat()
#' em_prior_ridge(4)
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
print.em_prior <- function(x, ...) {
  check_no_dots()
  cli::cat_line("Prior: ", switch(x$kind,
    flat = "flat (maximum likelihood)",
    ridge = sprintf("ridge, as strong as %s %s with the observed variances and no covariance",
      format(x$strength), plural(x$strength, "row"))
  ))
  invisible(x)
}

new_prior <- function(kind, strength) {
  structure(list(kind = kind, strength = strength), class = "em_prior")
}

# The `prior` argument of a model function.
check_prior <- function(prior, call = rlang::caller_env()) {
  check_made_by(prior, "em_prior", "em_prior_flat() or em_prior_ridge()",
    arg = "prior", call = call)
}
