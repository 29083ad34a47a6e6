# The normal with censored cells, slow and obvious: row by row, numbers of base R's
# pnorm() and integrate(). For at most two censored cells a row.

# `y`: matrix with NA; `lower`, `upper`: matrices of its shape, infinite where nothing
# is known. A list of `log_lik` and the M-step's `mu` and `sigma`.
twin_censored_step <- function(y, lower, upper, mu, sigma) {
  p <- ncol(y)
  first <- numeric(p)
  second <- matrix(0, p, p)
  log_lik <- 0
  for (i in seq_len(nrow(y))) {
    row <- twin_censored_row(y[i, ], lower[i, ], upper[i, ], mu, sigma)
    first <- first + row$mean
    second <- second + row$cov + tcrossprod(row$mean)
    log_lik <- log_lik + row$log_lik
  }
  n <- nrow(y)
  list(log_lik = log_lik, mu = first / n, sigma = second / n - tcrossprod(first / n))
}

# Means and covariances of all cells of a row, and what it adds to the log-likelihood.
twin_censored_row <- function(y, lower, upper, mu, sigma) {
  o <- which(!is.na(y))
  u <- which(is.na(y))
  mean <- y
  cov <- 0 * sigma
  log_lik <- 0
  given <- list(mean = mu[u], cov = sigma[u, u, drop = FALSE])
  if (length(o) > 0) {
    inverse <- solve(sigma[o, o, drop = FALSE])
    off <- y[o] - mu[o]
    slopes <- sigma[u, o, drop = FALSE] %*% inverse
    given <- list(
      mean = as.vector(mu[u] + slopes %*% off),
      cov = sigma[u, u, drop = FALSE] - slopes %*% sigma[o, u, drop = FALSE]
    )
    log_lik <- -(length(o) * log(2 * pi) + log(det(sigma[o, o, drop = FALSE])) +
      sum(off * (inverse %*% off))) / 2
  }
  if (length(u) > 0) {
    censored <- which(is.finite(lower[u]) | is.finite(upper[u]))
    if (length(censored) > 0) {
      v <- given$cov[censored, censored, drop = FALSE]
      box <- twin_box(given$mean[censored], v, lower[u][censored], upper[u][censored])
      b <- given$cov[, censored, drop = FALSE] %*% solve(v)
      given$mean <- as.vector(given$mean + b %*% (box$mean - given$mean[censored]))
      given$cov <- given$cov + b %*% (box$cov - v) %*% t(b)
      log_lik <- log_lik + log(box$probability)
    }
    mean[u] <- given$mean
    cov[u, u] <- given$cov
  }
  list(mean = mean, cov = cov, log_lik = log_lik)
}

twin_box <- function(mean, v, lower, upper) {
  if (length(mean) == 1) {
    sd <- sqrt(v[1])
    moment <- function(k) {
      twin_integral(function(x) (x - mean)^k * dnorm(x, mean, sd), mean, sd, lower, upper)
    }
    m <- vapply(0:2, moment, numeric(1))
    return(list(
      probability = m[1], mean = mean + m[2] / m[1], cov = matrix(m[3] / m[1] - (m[2] / m[1])^2)
    ))
  }
  sd <- sqrt(diag(v))
  slope <- v[1, 2] / v[1, 1]
  rest <- sqrt(v[2, 2] - v[1, 2]^2 / v[1, 1])
  moment <- function(j, k) {
    twin_integral(function(x) {
      centre <- mean[2] + slope * (x - mean[1])
      a <- (lower[2] - centre) / rest
      b <- (upper[2] - centre) / rest
      mass <- pnorm(b) - pnorm(a)
      edge <- function(z, f) ifelse(is.finite(z), f(z), 0)
      first <- edge(a, dnorm) - edge(b, dnorm)
      spread <- mass + edge(a, function(z) z * dnorm(z)) - edge(b, function(z) z * dnorm(z))
      d <- centre - mean[2]
      inner <- switch(k + 1, mass, d * mass + rest * first,
        d^2 * mass + 2 * d * rest * first + rest^2 * spread)
      (x - mean[1])^j * dnorm(x, mean[1], sd[1]) * inner
    }, mean[1], sd[1], lower[1], upper[1])
  }
  mass <- moment(0, 0)
  m <- c(moment(1, 0), moment(0, 1)) / mass
  cross <- moment(1, 1) / mass
  second <- matrix(c(moment(2, 0) / mass, cross, cross, moment(0, 2) / mass), 2)
  list(probability = mass, mean = mean + m, cov = second - tcrossprod(m))
}

twin_integral <- function(f, mean, sd, lower, upper) {
  from <- max(lower, mean - 12 * sd)
  to <- min(upper, mean + 12 * sd)
  cuts <- seq(from, to, length.out = 9)
  sum(vapply(seq_len(8), function(k) {
    integrate(f, cuts[k], cuts[k + 1], rel.tol = 1e-11, abs.tol = 0, stop.on.error = FALSE)$value
  }, numeric(1)))
}
