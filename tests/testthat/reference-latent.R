# Slow, obvious R twins of the steps of latent profiles: every gene with its full covariance over
# the samples, by the rules for normal vectors and nothing else.

# E-step: log-likelihood and expected statistics. `genes`: list of y (genes x samples), direction
# (genes x types), covariance (a list of types x types), offset, noise; `at`: theta, omega, kappa,
# tau2.
twin_latent_e <- function(genes, depth, at) {
  theta <- at$theta
  k <- nrow(theta)
  out <- list(log_lik = 0, gram = 0, right = 0, whitened = 0, shifts = 0, mean = NULL, shift = NULL)
  for (g in seq_len(nrow(genes$y))) {
    r <- genes$direction[g, ]
    p <- genes$covariance[[g]]
    # Latent: profile z, shift e; both are normal before the bulk is seen.
    prior <- rbind(
      cbind(at$omega * p + at$tau2 * r %*% t(r), at$tau2 * r), c(at$tau2 * r, at$tau2)
    )
    center <- c((1 + genes$offset[g]) * r, 0)
    design <- cbind(t(theta), 0)
    spread <- diag(at$kappa * genes$noise[g] / depth, length(depth))
    total <- design %*% prior %*% t(design) + spread
    residual <- genes$y[g, ] - drop(design %*% center)
    gain <- prior %*% t(design) %*% solve(total)
    mean <- center + drop(gain %*% residual)
    variance <- prior - gain %*% design %*% prior
    out$log_lik <- out$log_lik - drop(
      length(depth) * log(2 * pi) + determinant(total)$modulus + residual %*% solve(total, residual)
    ) / 2
    z <- mean[seq_len(k)]
    second <- variance[seq_len(k), seq_len(k)] + z %*% t(z)
    out$gram <- out$gram + second / genes$noise[g]
    out$right <- out$right + z %*% t(genes$y[g, ]) / genes$noise[g]
    # What is left of z besides the shift, in units of its own covariance.
    part <- cbind(diag(k), -r)
    left <- z - (1 + genes$offset[g] + mean[k + 1]) * r
    whole <- part %*% variance %*% t(part) + left %*% t(left)
    out$whitened <- out$whitened + sum(diag(solve(p, whole)))
    out$shifts <- out$shifts + mean[k + 1]^2 + variance[k + 1, k + 1]
    out$mean <- rbind(out$mean, z)
    out$shift <- c(out$shift, genes$offset[g] + mean[k + 1])
  }
  out
}

twin_latent_m <- function(genes, depth, stats) {
  theta <- apply(stats$right, 2, function(b) twin_nonnegative(stats$gram, b))
  theta <- matrix(theta, nrow(stats$right))
  residual <- sum(t(genes$y^2 / genes$noise) * depth) +
    sum(depth * colSums(theta * (stats$gram %*% theta - 2 * stats$right)))
  list(
    theta = theta, omega = stats$whitened / length(genes$direction),
    kappa = residual / length(genes$y), tau2 = stats$shifts / nrow(genes$y)
  )
}

# The prior of profiles: one EM step, and the posterior of each gene.
twin_prior_step <- function(cells, sigma, weight) {
  k <- ncol(sigma)
  widths <- 4^(seq_along(weight) - 4)
  squares <- diag(0.25 * k, k)
  counts <- rep(1, length(weight))
  log_lik <- 0
  means <- NULL
  for (g in seq_len(nrow(cells$mean))) {
    level <- cells$level[g]
    error <- diag(cells$error[g, ])
    residual <- cells$mean[g, ] - level
    parts <- lapply(widths, function(w) {
      before <- level^2 * w * sigma
      total <- before + error
      gain <- before %*% solve(total)
      list(
        density = exp(-(k * log(2 * pi) + determinant(total)$modulus +
          residual %*% solve(total, residual)) / 2),
        mean = drop(gain %*% residual), variance = before - gain %*% before, unit = level^2 * w
      )
    })
    density <- weight * vapply(parts, function(part) drop(part$density), 0)
    log_lik <- log_lik + log(sum(density))
    share <- density / sum(density)
    counts <- counts + share
    mean <- 0
    for (j in seq_along(parts)) {
      squares <- squares + share[j] / parts[[j]]$unit *
        (parts[[j]]$variance + parts[[j]]$mean %*% t(parts[[j]]$mean))
      mean <- mean + share[j] * parts[[j]]$mean
    }
    means <- rbind(means, level + mean)
  }
  n <- nrow(cells$mean)
  list(
    sigma = squares / (n + k), weight = counts / (n + length(weight)), log_lik = log_lik,
    mean = means
  )
}
