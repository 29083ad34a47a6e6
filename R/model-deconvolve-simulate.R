# Bulks drawn from a deconvolution: for simulate(), documented in model-deconvolve-expected.R, and
# for em_bootstrap().

#' @rdname fitted.em_deconvolve
#' @export
simulate.em_deconvolve <- function(object, nsim = 1, seed = NULL, ...) {
  check_no_dots()
  known <- fitted_samples(object)
  m <- additive_bulk(object, known)
  v <- additive_variance(object, m, known)
  simulate_sets(object, nsim, seed, FALSE, function() draw_bulk(object$family, m, v))
}

fitted_samples <- function(fit) which(!is.na(fit$abundance[, 1]))

# Values of these means and variances, of the kind that the family is for.
draw_bulk <- function(family, mean, variance) {
  n <- length(mean)
  drawn <- switch(family$name,
    gaussian = pmax(stats::rnorm(n, mean, sqrt(variance)), 0),
    student = pmax(mean + sqrt(variance) * stats::rt(n, family$degrees), 0),
    lognormal = {
      offset <- rep(family$offset * colMeans(mean), each = nrow(mean))
      pmax((mean + offset) * exp(stats::rnorm(n) * sqrt(variance) / (mean + offset)) - offset, 0)
    },
    draw_counts(as.vector(mean), as.vector(variance))
  )
  array(drawn^(1 / family$power), dim(mean), dimnames(mean))
}

draw_counts <- function(mean, variance) {
  extra <- variance - mean
  same <- abs(extra) <= 1e-8 * mean
  above <- extra > 0 & !same
  below <- extra < 0 & !same
  drawn <- numeric(length(mean))
  rate <- mean
  rate[above] <- stats::rgamma(sum(above), shape = mean[above]^2 / extra[above],
    scale = extra[above] / mean[above])
  drawn[!below] <- stats::rpois(sum(!below), rate[!below])
  drawn[below] <- stats::rgamma(sum(below), shape = mean[below]^2 / variance[below],
    scale = variance[below] / mean[below])
  drawn
}

# Bulks like that of the fit, for em_bootstrap(): all samples drawn from it, or genes drawn with
# replacement, the same ones for all samples.
redraw_cells.em_deconvolve <- function(fit) {
  m <- additive_bulk(fit)
  held_problem(fit, draw_bulk(fit$family, m, additive_variance(fit, m)), seq_along(fit$genes))
}

redraw_rows.em_deconvolve <- function(fit) {
  problem_genes(
    held_problem(fit, fit$data$values, fit$data$rows),
    sample.int(length(fit$genes), replace = TRUE)
  )
}

held_problem <- function(fit, values, rows) {
  reference <- fit$reference
  reference["replicates"] <- list(NULL)
  list(
    values = values, rows = rows, samples = fit$samples$sample,
    bulk = c(list(totals = fit$samples$total), fit$flags), reference = reference,
    shares = fit$shares,
    given = list(bulk = NULL, reference = fit$given_reference)
  )
}

# Only samples that have a fit can be drawn from.
drawn_from.em_deconvolve <- function(fit) {
  known <- fitted_samples(fit)
  if (length(known) == fit$n) {
    return(fit)
  }
  fit$parameters$proportions <- fit$parameters$proportions[known, , drop = FALSE]
  fit$abundance <- fit$abundance[known, , drop = FALSE]
  fit$members <- lapply(fit$members, function(member) {
    member$abundance <- member$abundance[known, , drop = FALSE]
    member$scale <- member$scale[known]
    member
  })
  fit$samples <- fit$samples[known, ]
  fit$data$values <- fit$data$values[, known, drop = FALSE]
  fit$n <- length(known)
  fit
}
