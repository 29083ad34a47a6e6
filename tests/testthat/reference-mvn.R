# The slow, obvious twin of the multivariate normal: row by row, `solve()`, no tricks.
#
# Everything that the package computes by patterns, in precision form or through Cholesky factors is
# computed here straight from its definition, so that the two can only agree when both are right.
# Sourced by the tests: source(test_path("reference-mvn.R")).

# E-step: expected n, sum and cross-product given the observed cells, and the observed-data
# log-likelihood at these same parameters.
ref_mvn_e_step <- function(y, mu, sigma, weights = rep(1, nrow(y))) {
  p <- ncol(y)
  stats <- list(n = 0, sum = numeric(p), cross = matrix(0, p, p), log_lik = 0)
  for (i in seq_len(nrow(y))) {
    cell <- ref_mvn_fill_row(y[i, ], mu, sigma)
    w <- weights[i]
    stats$n <- stats$n + w
    stats$sum <- stats$sum + w * cell$mean
    stats$cross <- stats$cross + w * (tcrossprod(cell$mean) + cell$cov)
    stats$log_lik <- stats$log_lik + w * ref_mvn_row_log_lik(y[i, ], mu, sigma)
  }
  stats
}

# Conditional mean and covariance of one whole row given its observed cells (zero where observed).
ref_mvn_fill_row <- function(row, mu, sigma) {
  o <- which(!is.na(row))
  m <- which(is.na(row))
  filled <- row
  cov <- matrix(0, length(row), length(row))
  if (length(o) == 0) {
    filled <- mu
    cov <- sigma
  } else if (length(m) > 0) {
    slope <- sigma[m, o, drop = FALSE] %*% solve(sigma[o, o, drop = FALSE])
    filled[m] <- mu[m] + slope %*% (row[o] - mu[o])
    cov[m, m] <- sigma[m, m, drop = FALSE] - slope %*% sigma[o, m, drop = FALSE]
  }
  list(mean = unname(filled), cov = unname(cov))
}

ref_mvn_row_log_lik <- function(row, mu, sigma) {
  o <- which(!is.na(row))
  if (length(o) == 0) return(0)
  r <- row[o] - mu[o]
  s <- sigma[o, o, drop = FALSE]
  -0.5 * (length(o) * log(2 * pi) + as.numeric(determinant(s)$modulus) + sum(r * solve(s, r)))
}

ref_mvn_log_lik <- function(y, mu, sigma, weights = rep(1, nrow(y))) {
  rows <- vapply(
    seq_len(nrow(y)), function(i) ref_mvn_row_log_lik(y[i, ], mu, sigma), numeric(1)
  )
  sum(weights * rows)
}

# M-step. `strength` pseudo-observations with covariance `target` (the observed-case variances, no
# covariances) make the ridge; strength = 0 is maximum likelihood.
ref_mvn_m_step <- function(stats, strength = 0, target = NULL) {
  mu <- stats$sum / stats$n
  s <- stats$cross - stats$n * tcrossprod(mu)
  if (strength > 0) s <- s + strength * target
  list(mu = mu, sigma = s / (stats$n + strength))
}

# Observed-case maximum-likelihood variances, on the diagonal.
ref_mvn_ridge_target <- function(y) {
  diag(apply(y, 2, function(v) mean((v[!is.na(v)] - mean(v, na.rm = TRUE))^2)), ncol(y))
}

ref_mvn_log_prior <- function(sigma, strength, target) {
  -strength / 2 * (as.numeric(determinant(sigma)$modulus) + sum(diag(solve(sigma, target))))
}

# Gradient of the log-likelihood in mu and in the lower triangle of sigma, in the order of coef():
# the two off-diagonal cells of a pair move together, hence their factor 2.
ref_mvn_gradient <- function(y, mu, sigma) {
  p <- ncol(y)
  g_mu <- numeric(p)
  g_sigma <- matrix(0, p, p)
  for (i in seq_len(nrow(y))) {
    o <- which(!is.na(y[i, ]))
    if (length(o) == 0) next
    k <- solve(sigma[o, o, drop = FALSE])
    u <- k %*% (y[i, o] - mu[o])
    g_mu[o] <- g_mu[o] + u
    g_sigma[o, o] <- g_sigma[o, o] + 0.5 * (tcrossprod(u) - k)
  }
  g_sigma <- 2 * g_sigma - diag(diag(g_sigma), p)
  c(g_mu, g_sigma[lower.tri(g_sigma, diag = TRUE)])
}

# The vector of coef() and back.
ref_mvn_vector <- function(par) c(par$mu, par$sigma[lower.tri(par$sigma, diag = TRUE)])

ref_mvn_list <- function(theta, p) {
  sigma <- matrix(0, p, p)
  sigma[lower.tri(sigma, diag = TRUE)] <- theta[-seq_len(p)]
  list(mu = theta[seq_len(p)], sigma = sigma + t(sigma) - diag(diag(sigma), p))
}

# Where EM starts: observed means and variances, no covariances.
ref_mvn_start <- function(y) {
  list(mu = unname(colMeans(y, na.rm = TRUE)), sigma = ref_mvn_ridge_target(y))
}

# Plain EM, nothing else. `path` keeps every iterate as a row in the order of coef().
ref_mvn_em <- function(y, start = ref_mvn_start(y), iterations = 100L, tol = 0, strength = 0,
                       weights = rep(1, nrow(y))) {
  y <- unname(as.matrix(y))
  target <- ref_mvn_ridge_target(y)
  par <- start
  path <- matrix(NA_real_, iterations + 1L, length(ref_mvn_vector(par)))
  path[1, ] <- ref_mvn_vector(par)
  log_lik <- rep(NA_real_, iterations + 1L)
  for (k in seq_len(iterations)) {
    stats <- ref_mvn_e_step(y, par$mu, par$sigma, weights)
    log_lik[k] <- stats$log_lik
    par <- ref_mvn_m_step(stats, strength, target)
    path[k + 1L, ] <- ref_mvn_vector(par)
    moved <- abs(path[k + 1L, ] - path[k, ]) / (1 + abs(path[k + 1L, ]))
    if (max(moved) <= tol) break
  }
  log_lik[k + 1L] <- ref_mvn_log_lik(y, par$mu, par$sigma, weights)
  keep <- seq_len(k + 1L)
  c(par, list(log_lik = log_lik[keep], path = path[keep, , drop = FALSE], iterations = k))
}

# Observed information in the coordinates of coef(), row by row from the second derivatives of the
# normal density: with K the inverse of the observed block, r the residual, E_a = d sigma / d s_a,
#   mu mu: K,  mu s_a: K E_a K r,  s_a s_b: r'K E_a K E_b K r - tr(K E_a K E_b) / 2.
ref_mvn_information <- function(y, par) {
  p <- ncol(y)
  basis <- ref_mvn_basis(p)
  q <- length(basis)
  info <- matrix(0, p + q, p + q)
  for (i in seq_len(nrow(y))) {
    o <- which(!is.na(y[i, ]))
    if (length(o) == 0) next
    k <- matrix(0, p, p)
    k[o, o] <- solve(par$sigma[o, o, drop = FALSE])
    r <- replace(numeric(p), o, y[i, o] - par$mu[o])
    info[seq_len(p), seq_len(p)] <- info[seq_len(p), seq_len(p)] + k
    for (a in seq_len(q)) {
      slope <- k %*% basis[[a]] %*% k
      info[seq_len(p), p + a] <- info[seq_len(p), p + a] + slope %*% r
      for (b in seq_len(a)) {
        second <- slope %*% basis[[b]]
        info[p + b, p + a] <- info[p + b, p + a] +
          sum(r * (second %*% k %*% r)) - sum(diag(second)) / 2
      }
    }
  }
  info[lower.tri(info)] <- t(info)[lower.tri(info)]
  info
}

# d sigma / d s_a for each cell of the lower triangle, in the order of coef().
ref_mvn_basis <- function(p) {
  cells <- which(lower.tri(diag(p), diag = TRUE), arr.ind = TRUE)
  lapply(seq_len(nrow(cells)), function(j) {
    e <- matrix(0, p, p)
    e[cells[j, 1], cells[j, 2]] <- e[cells[j, 2], cells[j, 1]] <- 1
    e
  })
}

# What n complete rows would tell: n K for mu, and n/2 tr(K dS K dS') for sigma.
ref_mvn_complete_information <- function(sigma, n) {
  p <- nrow(sigma)
  k <- solve(sigma)
  basis <- lapply(ref_mvn_basis(p), function(e) k %*% e)
  q <- length(basis)
  info <- matrix(0, p + q, p + q)
  info[seq_len(p), seq_len(p)] <- n * k
  for (a in seq_len(q)) {
    for (b in seq_len(q)) {
      info[p + a, p + b] <- n / 2 * sum(basis[[a]] * t(basis[[b]]))
    }
  }
  info
}

# Eigenvalues of the EM map at its fixed point: the fractions of missing information, decreasing.
# Rows without any observed cell are no part of the sample.
ref_mvn_rates <- function(y, par) {
  complete <- ref_mvn_complete_information(par$sigma, sum(rowSums(!is.na(y)) > 0))
  observed <- ref_mvn_information(y, par)
  root <- backsolve(chol(complete), diag(nrow(complete)))
  rev(1 - eigen(t(root) %*% observed %*% root, symmetric = TRUE, only.values = TRUE)$values)
}
