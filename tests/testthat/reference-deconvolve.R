# Slow, obvious R twins of the steps of deconvolution: where it begins, and one step of each family
# from there.

# Maximises b'x - x'Hx/2 over x >= 0 by trying every support.
twin_nonnegative <- function(h, b) {
  k <- length(b)
  best <- numeric(k)
  height <- 0
  for (set in seq_len(2^k - 1)) {
    support <- which(bitwAnd(set, 2^(seq_len(k) - 1)) > 0)
    x <- numeric(k)
    x[support] <- solve(h[support, support], b[support])
    value <- sum(b * x) - sum(x * (h %*% x)) / 2
    if (all(x >= 0) && value > height) {
      best <- x
      height <- value
    }
  }
  best
}

# Weighted least squares on profiles that sum to one, variances like the mean profile; then every
# type is given a little.
twin_start <- function(y, panel) {
  w <- 1 / rowMeans(panel)
  h <- crossprod(panel, w * panel)
  diag(h) <- diag(h) * (1 + 1e-10)
  b <- twin_nonnegative(h, drop(crossprod(panel, w * y)))
  0.999 * sum(y) * b / sum(b) + 0.001 * sum(y) / ncol(panel)
}

# Value (up to a constant), score and information of each gene, as the families define them.
twin_terms <- function(name, y, m, family, scale2 = 1) {
  w <- family$weight
  switch(name,
    poisson = list(value = sum(y * log(m) - m), score = y / m - 1, information = y / m^2),
    nbinom = {
      a <- family$dispersion
      list(
        value = sum(w * (y * log(m / (1 + a * m)) - log1p(a * m) / a)),
        score = w * (y - m) / (m + a * m^2), information = w / (m + a * m^2)
      )
    },
    gaussian = list(
      value = -sum(w * (y - m)^2) / 2, score = w * (y - m), information = w
    ),
    student = {
      u <- (family$degrees + 1) / (family$degrees + w * (y - m)^2 / scale2)
      list(
        value = sum(stats::dt((y - m) * sqrt(w / scale2), family$degrees, log = TRUE) +
          log(w / scale2) / 2),
        score = u * w * (y - m) / scale2, information = u * w / scale2
      )
    },
    lognormal = {
      offset <- family$offset * mean(y)
      r <- log((y + offset) / (m + offset))
      list(
        value = -sum(w * r^2) / 2, score = w * r / (m + offset),
        information = w / (m + offset)^2
      )
    }
  )
}

# One step from the start: what is known in closed form, then the maximum of the quadratic model,
# as far towards it as the value rises.
twin_step <- function(name, y, profiles, family) {
  if (name == "poisson") {
    y <- y * family$weight
    profiles <- profiles * family$weight
  }
  totals <- colSums(profiles)
  panel <- sweep(profiles, 2, totals, "/")
  b <- twin_start(y, panel)
  m <- drop(panel %*% b)
  scale2 <- 1
  if (name == "poisson") {
    b <- b * sum(y) / sum(b)
    m <- drop(panel %*% b)
  }
  if (name == "student") {
    scale2 <- sort((y - m)^2 * family$weight)[length(y) %/% 2 + 1] / 0.4549
    terms <- twin_terms(name, y, m, family, scale2)
    scale2 <- scale2 * mean(terms$score * (y - m))
  }
  here <- twin_terms(name, y, m, family, scale2)
  h <- crossprod(panel, here$information * panel)
  diag(h) <- diag(h) * (1 + 1e-10)
  g <- drop(crossprod(panel, here$score))
  goal <- twin_nonnegative(h, g + drop(h %*% b))
  promised <- sum(g * (goal - b)) - sum((goal - b) * (h %*% (goal - b))) / 2
  for (t in 2^-(0:30)) {
    end <- b + t * (goal - b)
    there <- twin_terms(name, y, drop(panel %*% end), family, scale2)
    if (is.finite(there$value) && there$value >= here$value + 1e-4 * t * promised) break
  }
  if (name == "poisson") end <- end * sum(y) / sum(end)
  end / totals
}
