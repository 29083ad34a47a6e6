# What the data say about the parameters of a model written in R, by finite
# differences in its flat coordinates: the list that information() describes.

information_user <- function(fit) {
  if (fit$status %in% failures) {
    return(no_information("the climb failed"))
  }
  zero <- zero_reason(fit)
  if (!is.null(zero)) {
    return(no_information(zero))
  }
  functions <- user_functions(fit$em_model, fit$parameters)
  layout <- functions$layout
  natural <- function(x) layout$natural(layout$unpack(x))
  x <- fit$packed

  scale <- curvature_scale(functions$objective, x)
  edge <- boundary_reason(layout, x, scale)
  if (!is.null(edge)) {
    return(no_information(edge))
  }
  curved <- observed_information(fit$em_model, functions, x, scale)
  whitened <- !is.null(curved$basis)
  basis <- if (whitened) curved$basis else diag(ifelse(is.na(scale), 1, scale), length(x))
  missing <- missing_fractions(functions, x, basis)
  names <- names(coef(fit))
  to_coef <- difference_jacobian(natural, x, basis, 0.003)
  rownames(to_coef) <- names

  info <- no_information(refused_information(fit, curved, missing))
  if (!is.null(missing)) {
    info$rate <- missing$spectrum[1]
    info$spectrum <- missing$spectrum
    info$vectors <- to_coef %*% missing$vectors
    info$smallest <- 1 - info$rate
    info$flat <- flat_limit(fit)
    info$exact <- TRUE
  }
  if (whitened && is.null(info$reason)) {
    info$vcov <- tcrossprod(to_coef)
    if (!is.null(missing)) {
      # Complete-data covariance: (I - J) V, with J the derivative of the EM step.
      complete <- rowSums((to_coef %*% (diag(length(x)) - missing$jacobian)) * to_coef)
      info$fmi <- 1 - complete / diag(info$vcov)
    }
  }
  info
}

# Minus the Hessian. `basis`: columns in which it is the identity, so that
# basis %*% t(basis) is its inverse; NULL where it is not positive definite.
# Twice: in coordinates made comparable, then in those that the first found, where
# no direction is so flat that differences cannot see it.
observed_information <- function(model, functions, x, scale) {
  if (anyNA(scale)) {
    return(list(basis = NULL, finite = is.finite(functions$objective(x))))
  }
  step <- balanced_step(functions$objective(x))
  curvature <- if (is.null(model$score)) {
    function(basis) -difference_hessian(functions$objective, x, basis, step)
  } else {
    gradient <- packed_gradient(model, functions$layout)
    function(basis) {
      slopes <- crossprod(basis, difference_jacobian(gradient, x, basis, 0.003))
      -(slopes + t(slopes)) / 2
    }
  }
  basis <- diag(scale, length(x))
  for (round in 1:2) {
    information <- curvature(basis)
    if (!all(is.finite(information))) {
      return(list(basis = NULL, finite = FALSE))
    }
    parts <- eigen(information, symmetric = TRUE)
    if (min(parts$values) < 1e-7) {
      return(list(basis = NULL, finite = TRUE))
    }
    basis <- basis %*% sweep(parts$vectors, 2, sqrt(parts$values), "/")
  }
  list(basis = basis, finite = TRUE)
}

# Gradient in flat coordinates from the user's score, which has the shape of the
# parameter.
packed_gradient <- function(model, layout) {
  entries <- function(x) layout$entries(layout$unpack(x))
  function(x) {
    score <- as.double(unlist(model$score(layout$unpack(x)), use.names = FALSE))
    slopes <- difference_jacobian(entries, x, diag(length(x)), 1e-3)
    drop(score %*% slopes)
  }
}

# Eigenvalues and eigenvectors of the derivative of the EM step, in the
# coordinates of the basis: the fractions of missing information (Dempster, Laird
# and Rubin 1977). In coordinates that whiten the observed information it is
# symmetric, if the step is an EM step; that of a generalised EM need not be.
missing_fractions <- function(functions, x, basis) {
  image <- function(x) {
    next_x <- functions$evaluate(x, trial = TRUE)$next_x
    if (is.null(next_x)) rep(NaN, length(x)) else next_x
  }
  jacobian <- tryCatch(
    solve(basis, difference_jacobian(image, x, basis, 0.003)),
    error = function(cnd) NaN
  )
  if (!all(is.finite(jacobian))) {
    return(NULL)
  }
  symmetric <- max(abs(jacobian - t(jacobian))) < 1e-5
  if (symmetric) {
    jacobian <- (jacobian + t(jacobian)) / 2
  }
  parts <- eigen(jacobian, symmetric = symmetric)
  order <- order(Re(parts$values), decreasing = TRUE)
  list(
    spectrum = Re(parts$values)[order],
    vectors = Re(parts$vectors)[, order, drop = FALSE],
    jacobian = jacobian
  )
}

# Why standard errors would be wrong, or NULL.
refused_information <- function(fit, curved, missing) {
  reason <- if (!is.null(missing)) refusal(fit, missing$spectrum[1])
  if (!is.null(reason)) {
    reason
  } else if (!curved$finite) {
    "the log-likelihood cannot be computed on both sides of the estimate"
  } else if (is.null(curved$basis)) {
    "the log-likelihood does not fall in every direction from the estimate"
  }
}

# A coordinate that ran off and has no curvature left belongs to a boundary: a
# probability of zero, a correlation of one.
boundary_reason <- function(layout, x, scale) {
  flat <- is.na(scale) | scale > 10
  gone <- layout$edged & (abs(x) > 15 & flat | abs(x) > layout$edge)
  if (any(gone)) {
    blocks <- unique(layout$block[gone])
    sprintf("%s %s on the boundary of the legal parameters",
      and_list(sprintf("`%s`", blocks)), plural(length(blocks), "lies", "lie"))
  }
}
