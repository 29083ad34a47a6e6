# The slow, obvious twin of Gaussian mixtures: row by row, component by component, `solve()`.
#
# Covariances by the closed forms of Celeux and Govaert (1995); where there is none, by their
# iterations or by turning two axes at a time to the root of the derivative. Parameters have the
# shape of em_parameters(): proportions (with noise one more), means (k x d), covariances
# (d x d x k). Needs ref_mvn_fill_row() and ref_mvn_row_log_lik() of reference-mvn.R.

ref_gmm_families <- c(
  "EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"
)

ref_sigma <- function(par, c) {
  d <- ncol(par$means)
  matrix(par$covariances[, , c], d)
}

# log(sum(exp(x))) without overflow.
ref_log_sum <- function(x) {
  top <- max(x)
  if (is.finite(top)) top + log(sum(exp(x - top))) else top
}

# Log density of the observed cells of a row under each component, and under the noise: uniform over
# the ranges `box` (d x 2) of the observed columns.
ref_gmm_row <- function(row, par, box = NULL) {
  own <- vapply(seq_len(nrow(par$means)), function(c) {
    ref_mvn_row_log_lik(row, par$means[c, ], ref_sigma(par, c))
  }, numeric(1))
  seen <- !is.na(row)
  noise <- if (!is.null(box)) -sum(log(box[seen, 2] - box[seen, 1]))
  log(unname(par$proportions)) + c(own, noise)
}

ref_gmm_box <- function(y) t(apply(y, 2, range, na.rm = TRUE))

# Responsibilities and log densities of all rows. A row without any cell: the proportions and 0.
ref_gmm_respond <- function(y, par, box = NULL) {
  parts <- t(apply(y, 1, ref_gmm_row, par = par, box = box))
  parts <- matrix(parts, nrow(y))
  log_density <- apply(parts, 1, ref_log_sum)
  list(shares = exp(parts - log_density), log_density = log_density)
}

ref_gmm_log_lik <- function(y, par, weights = rep(1, nrow(y)), box = NULL) {
  sum(weights * ref_gmm_respond(y, par, box)$log_density)
}

# E-step: expected rows of each part, means and scatters of the components. Rows without any cell
# say nothing.
ref_gmm_e_step <- function(y, par, weights = rep(1, nrow(y)), box = NULL) {
  k <- nrow(par$means)
  d <- ncol(y)
  found <- ref_gmm_respond(y, par, box)
  weights <- weights * (rowSums(!is.na(y)) > 0)
  shares <- weights * found$shares
  n <- colSums(shares)
  means <- matrix(0, k, d)
  scatter <- array(0, c(d, d, k))
  for (c in seq_len(k)) {
    cells <- apply(y, 1, ref_mvn_fill_row, par$means[c, ], ref_sigma(par, c), simplify = FALSE)
    for (i in seq_len(nrow(y))) means[c, ] <- means[c, ] + shares[i, c] * cells[[i]]$mean / n[c]
    for (i in seq_len(nrow(y))) {
      away <- cells[[i]]$mean - means[c, ]
      scatter[, , c] <- scatter[, , c] + shares[i, c] * (tcrossprod(away) + cells[[i]]$cov)
    }
  }
  list(
    n = n, means = means, scatter = scatter, log_lik = sum(weights * found$log_density),
    shares = found$shares
  )
}

ref_gmm_m_step <- function(stats, family) {
  k <- nrow(stats$means)
  list(
    proportions = stats$n / sum(stats$n),
    means = stats$means,
    covariances = ref_gmm_covariances(stats$n[seq_len(k)], stats$scatter, family)
  )
}

ref_gmm_step <- function(y, par, family, weights = rep(1, nrow(y)), box = NULL) {
  ref_gmm_m_step(ref_gmm_e_step(y, par, weights, box), family)
}

# Parameters of a partition: labels 1 to k of complete rows.
ref_gmm_start <- function(y, labels, family) {
  d <- ncol(y)
  k <- max(labels)
  scatter <- vapply(seq_len(k), function(c) {
    own <- y[labels == c, , drop = FALSE]
    crossprod(sweep(own, 2, colMeans(own)))
  }, matrix(0, d, d))
  means <- t(vapply(seq_len(k), function(c) {
    colMeans(y[labels == c, , drop = FALSE])
  }, numeric(d)))
  stats <- list(
    n = as.double(tabulate(labels, k)), means = matrix(means, k),
    scatter = array(scatter, c(d, d, k))
  )
  ref_gmm_m_step(stats, family)
}

# What minimises sum_k n_k log|S_k| + tr(S_k^-1 W_k) over the family.
ref_gmm_covariances <- function(n, scatter, family) {
  d <- dim(scatter)[1]
  w <- lapply(seq_along(n), function(c) matrix(scatter[, , c], d))
  if (nchar(family) == 1) family <- paste0(family, "II")
  axes <- substr(family, 3, 3)
  sigma <- switch(family,
    EII = rep(list(sum(diag(ref_sum(w))) / (sum(n) * d) * diag(d)), length(n)),
    VII = Map(function(w, n) sum(diag(w)) / (n * d) * diag(d), w, n),
    EEE = rep(list(ref_sum(w) / sum(n)), length(n)),
    VEE = ref_proportional(w, n),
    EVV = ref_equal_volume(w, n),
    VVV = Map(`/`, w, n),
    # The others: variances in axes of their own, common ones, or the columns.
    if (axes == "I") {
      ref_variances(lapply(w, function(w) diag(diag(w), d)), n, family)
    } else if (axes == "V") {
      parts <- lapply(w, eigen, symmetric = TRUE)
      values <- ref_variances(lapply(parts, function(p) diag(p$values, d)), n, family)
      Map(function(p, v) p$vectors %*% v %*% t(p$vectors), parts, values)
    } else {
      ref_common_axes(w, n, family)
    }
  )
  array(unlist(sigma), dim(scatter))
}

ref_sum <- function(w) Reduce(`+`, w)

ref_size <- function(w) det(w)^(1 / nrow(w))

# Of diagonal scatters: shape equal or varying, volume equal or varying.
ref_variances <- function(w, n, family) {
  switch(substr(family, 1, 2),
    EE = rep(list(ref_sum(w) / sum(n)), length(n)),
    VE = ref_proportional(w, n),
    EV = ref_equal_volume(w, n),
    VV = Map(`/`, w, n)
  )
}

# Volumes times one matrix of determinant one: each given the other, until nothing moves.
ref_proportional <- function(w, n) {
  d <- nrow(w[[1]])
  volume <- rep(1, length(n))
  for (round in 1:5000) {
    shape <- ref_sum(Map(`/`, w, volume))
    shape <- shape / ref_size(shape)
    last <- volume
    volume <- mapply(function(w, n) sum(diag(solve(shape, w))) / (d * n), w, n)
    if (max(abs(volume / last - 1)) < 1e-14) break
  }
  lapply(volume, function(v) v * shape)
}

ref_equal_volume <- function(w, n) {
  size <- vapply(w, ref_size, numeric(1))
  Map(function(w, s) w / s * sum(size) / sum(n), w, size)
}

# EVE and VVE: the axes minimise sum_k n_k sum_j log (D'W_kD)_jj, or sum_k prod_j (D'W_kD)_jj^(1/d).
# Turned two at a time: least on a grid of angles, then the root of the derivative beside it.
ref_common_axes <- function(w, n, family) {
  d <- nrow(w[[1]])
  turn <- function(i, j, angle) {
    out <- diag(d)
    out[c(i, j), c(i, j)] <- c(cos(angle), sin(angle), -sin(angle), cos(angle))
    out
  }
  rotated <- function(r) lapply(w, function(w) t(r) %*% w %*% r)
  criterion <- function(r) {
    spread <- lapply(rotated(r), diag)
    if (family == "VVE") sum(mapply(function(s, n) n * sum(log(s)), spread, n)) else
      sum(vapply(spread, function(s) prod(s)^(1 / d), numeric(1)))
  }
  slope <- function(r, i, j) {
    sum(mapply(function(w, n) {
      size <- if (family == "VVE") n else prod(diag(w))^(1 / d)
      size * w[i, j] * (1 / w[i, i] - 1 / w[j, j])
    }, rotated(r), n))
  }
  axes <- eigen(ref_sum(w), symmetric = TRUE)$vectors
  for (sweep in 1:200) {
    turned <- 0
    for (i in seq_len(d - 1)) for (j in (i + 1):d) {
      at <- function(angle) axes %*% turn(i, j, angle)
      grid <- seq(-pi / 4, pi / 4, length.out = 61)
      best <- grid[which.min(vapply(grid, function(a) criterion(at(a)), numeric(1)))]
      step <- grid[2] - grid[1]
      root <- stats::uniroot(function(a) slope(at(a), i, j), best + c(-step, step), tol = 1e-16)
      turned <- max(turned, abs(root$root))
      axes <- at(root$root)
    }
    if (turned < 1e-14) break
  }
  spread <- lapply(rotated(axes), function(w) diag(diag(w), d))
  values <- ref_variances(spread, n, family)
  lapply(values, function(v) axes %*% v %*% t(axes))
}

# By decreasing proportion, the noise last: as the package reports them.
ref_gmm_sorted <- function(par) {
  k <- nrow(par$means)
  order <- order(-par$proportions[seq_len(k)])
  parts <- c(order, seq_along(par$proportions)[-seq_len(k)])
  list(
    proportions = unname(par$proportions[parts]),
    means = unname(par$means[order, , drop = FALSE]),
    covariances = unname(par$covariances[, , order, drop = FALSE])
  )
}
