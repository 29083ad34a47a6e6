# What Gaussian mixtures answer in their own way. The common methods are in em_fit-methods.R,
# em_fit-print.R and em_fit-tidiers.R.

#' @rdname em_fit-methods
#' @export
coef.em_gmm <- function(object, ...) {
  check_no_dots()
  p <- length(object$terms)
  pairs <- covariance_pairs(object)
  parameters <- object$parameters
  components <- rownames(parameters$means)
  lower <- apply(parameters$covariances, 3, function(sigma) matrix(sigma, p)[pairs])
  stats::setNames(
    c(parameters$proportions, t(parameters$means), lower),
    c(
      sprintf("proportions[%s]", names(parameters$proportions)),
      paste0("means[", rep(components, each = p), ",", object$terms, "]"),
      paste0("covariances[", object$terms[pairs[, 1]], ",", object$terms[pairs[, 2]], ",",
        rep(components, each = nrow(pairs)), "]")
    )
  )
}

coefficient_variables.em_gmm <- function(fit) {
  p <- length(fit$terms)
  k <- nrow(fit$parameters$means)
  each <- diag(p)
  pairs <- covariance_pairs(fit)
  of_pairs <- (each[pairs[, 1], , drop = FALSE] + each[pairs[, 2], , drop = FALSE]) / 2
  parts <- length(fit$parameters$proportions)
  shares <- rbind(
    matrix(0, parts, p), each[rep(seq_len(p), k), , drop = FALSE],
    of_pairs[rep(seq_len(nrow(pairs)), k), , drop = FALSE]
  )
  colnames(shares) <- fit$terms
  cbind(shares, proportions = rep(c(1, 0), c(parts, nrow(shares) - parts)))
}

em_rate.em_gmm <- function(fit) {
  if (information_is_cheap(fit)) information(fit)$rate else NA_real_
}

#' @rdname em_fit-tidiers
#' @export
glance.em_gmm <- function(x, ...) {
  check_no_dots()
  row <- NextMethod()
  entropy <- classification_entropy(x)
  row$k <- x$k
  row$covariance <- x$covariance
  row$entropy <- entropy
  row$ICL <- row$BIC + 2 * entropy
  row
}

# Of the responsibilities: nothing where every row is surely of one component.
classification_entropy <- function(fit) {
  if (is.null(fit$data)) {
    return(fit$entropy)
  }
  shares <- gmm_shares(fit, fit$data)$shares
  weights <- if (is.null(fit$weights)) 1 else fit$weights
  -sum(weights * rowSums(ifelse(shares > 0, shares * log(shares), 0)))
}
