# What the data say about the parameters of a mixture: the list that information() describes.
#
# The score is exact (Fisher's identity); its derivative, and that of the EM step, are taken by
# differences along the family: flat coordinates of the mixture hold more numbers than are free.

#' @exportS3Method
compute_information.em_gmm <- function(fit, control) {
  reason <- gmm_refusal(fit)
  if (!is.null(reason)) {
    return(no_information(reason))
  }
  view <- gmm_view(fit)
  basis <- tangent_basis(view, fit$df)
  observed <- NULL
  # In packed coordinates first, then in those where the information is the identity: standard
  # errors may differ a thousandfold.
  for (step in c(1e-4, 1e-2)) {
    slopes <- view$slopes(basis, step)
    observed <- -crossprod(basis, slopes$score)
    parts <- eigen((observed + t(observed)) / 2, symmetric = TRUE)
    if (!all(is.finite(parts$values)) || min(parts$values) <= 1e-8 * max(parts$values)) {
      return(information_without_errors(fit, view, basis, slopes))
    }
    basis <- basis %*% sweep(parts$vectors, 2, sqrt(parts$values), "/")
  }
  with_errors(fit, view, basis)
}

# About 16 passes over the rows for each free parameter.
information_work.em_gmm <- function(fit) {
  fit$df * fit$n * fit$k * (length(fit$terms) + 4)^2 / 1e7
}

# `basis` whitens the observed information.
with_errors <- function(fit, view, basis) {
  jacobian <- view$em_jacobian(basis, 1e-2)
  parts <- eigen((jacobian + t(jacobian)) / 2, symmetric = TRUE)
  to_coef <- view$to_coef(basis, 1e-2)
  rownames(to_coef) <- names(coef(fit))
  rate <- parts$values[1]
  info <- no_information(refusal(fit, rate))
  info$rate <- rate
  info$spectrum <- parts$values
  info$vectors <- to_coef %*% parts$vectors
  info$smallest <- 1 - rate
  info$flat <- flat_limit(fit)
  info$exact <- TRUE
  if (is.null(info$reason)) {
    info$vcov <- tcrossprod(to_coef)
    complete <- rowSums((to_coef %*% (diag(ncol(basis)) - jacobian)) * to_coef)
    fmi <- 1 - complete / diag(info$vcov)
    # What the family fixes has no variance, and nothing of it is missing.
    info$fmi <- ifelse(is.finite(fmi) & fmi > 1e-10, fmi, 0)
  }
  info
}

# The likelihood does not fall in every direction.
information_without_errors <- function(fit, view, basis, slopes) {
  info <- no_information(
    "the log-likelihood does not fall in every direction from the estimate"
  )
  jacobian <- view$em_jacobian(basis, 1e-4)
  if (!all(is.finite(jacobian))) {
    return(info)
  }
  parts <- eigen(jacobian)
  order <- order(Re(parts$values), decreasing = TRUE)
  info$spectrum <- Re(parts$values)[order]
  info$rate <- info$spectrum[1]
  info$vectors <- view$to_coef(basis, 1e-4) %*% Re(parts$vectors)[, order, drop = FALSE]
  info$smallest <- 1 - info$rate
  info$flat <- flat_limit(fit)
  reason <- refusal(fit, info$rate)
  if (!is.null(reason)) info$reason <- reason
  info
}

# Why standard errors would not describe a maximum, or NULL: asked before any work.
gmm_refusal <- function(fit) {
  if (is.null(fit$data)) {
    return("the fit does not hold its data (keep_data = FALSE)")
  }
  if (fit$status %in% failures) {
    return(switch(fit$status,
      degenerate = "a component runs to a singular covariance", "the climb failed"
    ))
  }
  if (!is.null(fit$dropped)) {
    return(zero_reason(fit))
  }
  if (fit$df > exact_information_limit) {
    return(sprintf("%d parameters are too many for the information matrix (at most %d)",
      as.integer(fit$df), exact_information_limit))
  }
  rows <- fit$parameters$proportions * fit$nobs
  few <- which(rows < length(fit$terms) + 1)
  if (length(few) > 0) {
    return(sprintf("component %s rests on %s rows, near the boundary of proportion zero",
      names(rows)[few[1]], number_text(rows[[few[1]]])))
  }
  if (isTRUE(fit$thin)) {
    return("a component is thin: near the boundary of a singular covariance")
  }
}

# The fit in packed coordinates, as functions of directions (columns of a basis).
gmm_view <- function(fit) {
  ask <- function(f, x) f(fit$data$columns, fit$data$weights, fit$setup, x)
  point <- gmm_point_(
    fit$data$columns, fit$data$weights, fit$setup, lapply(fit$parameters, unname)
  )
  # Central differences with an error of fourth order, all points at once.
  differences <- function(basis, step, values) {
    q <- ncol(basis)
    moved <- step * basis
    points <- point$x + cbind(moved, -moved, 2 * moved, -2 * moved)
    lapply(values(points), function(found) {
      near <- found[, seq_len(q), drop = FALSE] - found[, q + seq_len(q), drop = FALSE]
      far <- found[, 2 * q + seq_len(q), drop = FALSE] - found[, 3 * q + seq_len(q), drop = FALSE]
      (8 * near - far) / (12 * step)
    })
  }
  list(
    x = point$x,
    slopes = function(basis, step) {
      differences(basis, step, function(x) ask(gmm_look_, x))
    },
    # Coordinates of the EM step's derivative in the basis.
    em_jacobian = function(basis, step) {
      image <- differences(basis, step, function(x) ask(gmm_look_, x)["image"])$image
      qr.solve(basis, image)
    },
    drawn = function(basis, step) {
      differences(basis, step, function(x) ask(gmm_unpack_, x)["x"])$x
    },
    to_coef = function(basis, step) {
      differences(basis, step, function(x) ask(gmm_unpack_, x)["coef"])$coef
    }
  )
}

# Orthonormal directions in which the parameters may move: what is left of each coordinate's
# direction when it is drawn onto the family.
tangent_basis <- function(view, df) {
  parts <- svd(view$drawn(diag(length(view$x)), 1e-4), nv = 0)
  parts$u[, seq_len(df), drop = FALSE]
}
