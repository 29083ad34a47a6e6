# Are two climbs on the same hill? What a model says about its parameters. A new model needs
# mode_shift() only where comparing its coefficients one by one would not do.

# How far `parameters` lie from `reference`, labels matched: a vector, each element in units of
# which a tenth is little (see mode_limits).
mode_shift <- function(fit, parameters, reference) UseMethod("mode_shift")

# `parameters` with components in the order of those of `reference`.
relabel_parameters <- function(fit, parameters, reference) UseMethod("relabel_parameters")

# Largest over smallest variance of whatever covariances there are, NA where there are none.
mode_condition <- function(fit, parameters) UseMethod("mode_condition")

# Coefficients one by one, relative to their size; to that of the middle-sized one near zero.
mode_shift.em_fit <- function(fit, parameters, reference) {
  own <- coefficients_at(fit, relabel_parameters(fit, parameters, reference))
  other <- coefficients_at(fit, reference)
  if (length(own) != length(other)) {
    return(Inf)
  }
  unit <- pmax(abs(other), stats::median(abs(other)), .Machine$double.xmin)
  (own - other) / unit
}

coefficients_at <- function(fit, parameters) {
  fit$parameters <- parameters
  coef(fit)
}

relabel_parameters.em_fit <- function(fit, parameters, reference) parameters

mode_condition.em_fit <- function(fit, parameters) NA_real_

mode_shift.em_gmm <- function(fit, parameters, reference) {
  parameters <- relabel_parameters(fit, parameters, reference)
  normal_shift(parameters, reference, nothing_weight(fit$nobs))
}

relabel_parameters.em_gmm <- function(fit, parameters, reference) {
  order <- match_components(parameters, reference)
  noise <- setdiff(seq_along(parameters$proportions), order)
  parameters$proportions[] <- parameters$proportions[c(order, noise)]
  parameters$means[] <- parameters$means[order, ]
  parameters$covariances[] <- parameters$covariances[, , order]
  parameters
}

mode_condition.em_gmm <- function(fit, parameters) {
  used <- component_weights(parameters) > nothing_weight(fit$nobs)
  # The noise may have taken all rows.
  if (!any(used)) {
    return(NA_real_)
  }
  scaled <- in_pooled_units(parameters, parameters)
  within <- pooled(scaled)
  values <- lapply(which(used), function(j) {
    relative_values(component(scaled, j), within)
  })
  max(unlist(values)) / min(unlist(values))
}

# One component that has all of the weight.
mode_shift.em_mvn <- function(fit, parameters, reference) {
  normal_shift(as_one_component(parameters), as_one_component(reference))
}

mode_condition.em_mvn <- function(fit, parameters) {
  fit$parameters <- parameters
  spectrum <- correlation_spectrum(fit)
  if (is.null(spectrum)) NA_real_ else spectrum$condition
}

as_one_component <- function(parameters) {
  p <- length(parameters$mu)
  list(
    proportions = 1, means = matrix(parameters$mu, 1, p),
    covariances = array(parameters$sigma, c(p, p, 1))
  )
}

# A mixture written in R: blocks with an entry for each of the K numbers of a simplex have its
# order, vectors and the rows or columns of matrices. Should this not be so, the exchange does
# not bring the parameters together, and they count as another mode as they would without.
relabel_parameters.em_user <- function(fit, parameters, reference) {
  k <- simplex_size(fit$em_model$transforms, reference)
  if (is.na(k) || !identical(lengths(parameters), lengths(reference))) {
    return(parameters)
  }
  vectors <- vapply(reference, function(block) is.null(dim(block)) && length(block) == k, NA)
  cost <- Reduce(`+`, Map(function(own, other) {
    abs(outer(as.double(own), as.double(other), `-`)) / max(abs(other))
  }, parameters[vectors], reference[vectors]))
  order <- assign_(t(cost))
  lapply(parameters, function(block) {
    if (is.null(dim(block))) {
      if (length(block) == k) block[] <- block[order]
    } else if (is.matrix(block)) {
      if (nrow(block) == k) block[] <- block[order, ]
      if (ncol(block) == k) block[] <- block[, order]
    }
    block
  })
}

simplex_size <- function(transforms, parameters) {
  if (!is.list(parameters) || inherits(transforms, "em_transform")) {
    return(NA_integer_)
  }
  simplex <- names(Filter(function(transform) transform$name == "simplex", transforms))
  sizes <- lengths(parameters[simplex])
  if (length(sizes) == 1) sizes[[1]] else NA_integer_
}

# For each component of `reference` the one of `parameters` that belongs to it. Compared by the
# logarithm of one plus the Bhattacharyya distance: finite, and no pair far apart decides alone.
match_components <- function(parameters, reference) {
  distances <- bhattacharyya(
    in_pooled_units(parameters, reference), in_pooled_units(reference, reference)
  )
  assign_(log1p(t(distances)))
}

# Of each component of one mixture (rows) from each of another (columns): at once from all of the
# first, because there may be hundreds.
bhattacharyya <- function(mixture, other) {
  stack <- aperm(mixture$covariances, c(3, 1, 2))
  own <- normal_parts(stack, mixture$means)$log_det
  distances <- vapply(seq_len(nrow(other$means)), function(j) {
    covariance <- component(other, j)
    k <- nrow(mixture$means)
    middle <- (stack + rep(covariance, each = k)) / 2
    between <- normal_parts(middle, mixture$means - rep(other$means[j, ], each = k))
    log_det <- as.double(determinant(covariance)$modulus)
    pmax(between$distance / 8 + (between$log_det - (own + log_det) / 2) / 2, 0)
  }, own)
  matrix(distances, length(own))
}

# Log-determinants of a stack of covariances, k x d x d, and the squared Mahalanobis lengths of one
# offset (row) for each: the Cholesky recursion, column by column on all k.
normal_parts <- function(stack, offsets) {
  d <- ncol(offsets)
  root <- vector("list", d * d)
  log_det <- distance <- numeric(nrow(offsets))
  solved <- vector("list", d)
  at <- function(i, j) i + d * (j - 1)
  for (j in seq_len(d)) {
    before <- seq_len(j - 1)
    for (i in j:d) {
      entry <- stack[, i, j]
      for (l in before) entry <- entry - root[[at(i, l)]] * root[[at(j, l)]]
      # The floor of in_pooled_units(): rounding must not make it negative.
      if (i == j) pivot <- sqrt(pmax(entry, least_variance))
      root[[at(i, j)]] <- if (i == j) pivot else entry / pivot
    }
    left <- offsets[, j]
    for (l in before) left <- left - root[[at(j, l)]] * solved[[l]]
    solved[[j]] <- left / pivot
    log_det <- log_det + 2 * log(pivot)
    distance <- distance + solved[[j]]^2
  }
  list(log_det = log_det, distance = distance)
}

# What a component of a collapsed mixture may lack in variance, in units of the pooled one: below
# it, all distances stay finite.
least_variance <- 1e-10

# Means and covariances in the standard deviations within the components of `reference`.
in_pooled_units <- function(parameters, reference) {
  unit <- sqrt(diag(pooled(reference)))
  unit[!(unit > 0)] <- 1
  d <- length(unit)
  scaled <- parameters$covariances / c(outer(unit, unit))
  list(
    proportions = parameters$proportions,
    means = sweep(parameters$means, 2, unit, "/"),
    covariances = scaled + c(diag(least_variance, d))
  )
}

# Without that of the noise.
component_weights <- function(parameters) {
  as.double(parameters$proportions)[seq_len(nrow(parameters$means))]
}

pooled <- function(parameters) {
  d <- ncol(parameters$means)
  weights <- component_weights(parameters)
  matrix(matrix(parameters$covariances, d * d) %*% weights / sum(weights), d)
}

component <- function(parameters, j) {
  d <- ncol(parameters$means)
  matrix(parameters$covariances[, , j], d)
}

# Variances of one covariance in the directions and units of another.
relative_values <- function(covariance, reference) {
  root <- chol(reference)
  whitened <- backsolve(root, t(backsolve(root, covariance, transpose = TRUE)), transpose = TRUE)
  values <- eigen(whitened, symmetric = TRUE, only.values = TRUE)$values
  pmax(values, least_variance)
}

# Weights that stand for less than a hundredth of a row say nothing about their component.
nothing_weight <- function(nobs) max(1e-6, 0.01 / nobs, na.rm = TRUE)

# Means in standard deviations of the component of `reference`, in all directions; logarithms of
# standard deviations in these directions; of weights, that of the noise included.
normal_shift <- function(parameters, reference, nothing = 0) {
  own <- in_pooled_units(parameters, reference)
  other <- in_pooled_units(reference, reference)
  weights <- log(pmax(own$proportions, nothing)) - log(pmax(other$proportions, nothing))
  used <- pmax(component_weights(own), component_weights(other)) > nothing
  shifts <- lapply(which(used), function(j) {
    reference <- component(other, j)
    c(
      backsolve(chol(reference), own$means[j, ] - other$means[j, ], transpose = TRUE),
      log(relative_values(component(own, j), reference)) / 2
    )
  })
  c(weights, unlist(shifts))
}
