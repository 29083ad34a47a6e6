# One EM step of the multivariate normal in plain R, from the statistics of
# loglik_mvn.R, as a map on a flat vector (means, then the Cholesky factor with
# its diagonal in logs): what the SQUAREM and daarem packages ask for.

pack_mvn <- function(mu, sigma) {
  root <- t(chol(sigma))
  diag(root) <- log(diag(root))
  c(mu, root[lower.tri(root, diag = TRUE)])
}

unpack_mvn <- function(theta, p) {
  root <- matrix(0, p, p)
  root[lower.tri(root, diag = TRUE)] <- theta[-seq_len(p)]
  diag(root) <- exp(diag(root))
  list(mu = theta[seq_len(p)], sigma = tcrossprod(root))
}

# The completed rows of a pattern have mean (y_o, mu_m + B (y_o - mu_o)) and
# scatter [scatter, .; B scatter, B scatter B' + n (S_mm - B S_om)],
# B = S_mo S_oo^-1; the new parameters are the mean and the scatter / n of all.
em_step <- function(statistics, par) {
  p <- length(par$mu)
  rows <- vapply(statistics, function(s) s$n, 0)
  centres <- matrix(0, length(statistics), p)
  scatter <- matrix(0, p, p)
  for (k in seq_along(statistics)) {
    s <- statistics[[k]]
    o <- s$observed
    m <- setdiff(seq_len(p), o)
    centre <- par$mu
    centre[o] <- s$mean
    if (length(m) == 0L) {
      scatter <- scatter + s$scatter
    } else if (length(o) == 0L) {
      scatter <- scatter + s$n * par$sigma
    } else {
      slope <- t(solve(par$sigma[o, o, drop = FALSE], par$sigma[o, m, drop = FALSE]))
      centre[m] <- par$mu[m] + slope %*% (s$mean - par$mu[o])
      predicted <- slope %*% s$scatter
      noise <- par$sigma[m, m, drop = FALSE] - slope %*% par$sigma[o, m, drop = FALSE]
      scatter[o, o] <- scatter[o, o] + s$scatter
      scatter[m, o] <- scatter[m, o] + predicted
      scatter[o, m] <- scatter[o, m] + t(predicted)
      scatter[m, m] <- scatter[m, m] + predicted %*% t(slope) + s$n * noise
    }
    centres[k, ] <- centre
  }
  mu <- colSums(rows * centres) / sum(rows)
  about <- centres - rep(mu, each = nrow(centres))
  sigma <- (scatter + crossprod(about, rows * about)) / sum(rows)
  list(mu = mu, sigma = (sigma + t(sigma)) / 2)
}

# fixptfn and objfn that count their calls and leave, by a condition of class
# "reached", at the first point whose log-likelihood is within `gap` of `best`.
# Judging a point is not counted.
counting_map <- function(x, best, gap = 1e-8, limit = 20000L) {
  statistics <- pattern_statistics(x)
  p <- ncol(x)
  count <- c(maps = 0L, objectives = 0L)
  log_lik <- function(theta) {
    par <- unpack_mvn(theta, p)
    loglik_patterns(statistics, par$mu, par$sigma)
  }
  leave_if_reached <- function(value) {
    if (!is.na(value) && best - value <= gap || sum(count) >= limit) {
      # not an error: SQUAREM wraps its calls in try()
      signalCondition(structure(
        class = c("reached", "condition"),
        list(message = "reached", call = NULL, count = count, gap = best - value)
      ))
    }
  }
  list(
    start = pack_mvn(
      colMeans(x, na.rm = TRUE),
      diag(apply(x, 2L, function(v) mean((v - mean(v, na.rm = TRUE))^2, na.rm = TRUE)))
    ),
    fixptfn = function(theta, ...) {
      leave_if_reached(log_lik(theta))
      count["maps"] <<- count["maps"] + 1L
      image <- em_step(statistics, unpack_mvn(theta, p))
      pack_mvn(image$mu, image$sigma)
    },
    objective = function(theta, ...) {
      value <- log_lik(theta)
      leave_if_reached(value)
      count["objectives"] <<- count["objectives"] + 1L
      value
    },
    log_lik = log_lik
  )
}
