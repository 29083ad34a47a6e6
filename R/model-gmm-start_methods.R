# How em_starts() finds places to start a mixture from: on which rows, and by which method.

# Starts are found and compared on at most so many rows.
most_start_rows <- 2000L

# Hierarchical and k-means partitions, then random ones in turn.
gmm_portfolio <- function(n) {
  c("hierarchical", "hierarchical", "kmeans",
    rep_len(c("kmeans++", "random", "kmeans++", "random", "partition"), n))
}

# The rows that starts are found on: all that say anything, or 2,000 of them at random.
start_rows <- function(data, seed) {
  if (data$n <= most_start_rows) {
    return(seq_len(data$n))
  }
  usable <- if (is.null(data$weights)) seq_len(data$n) else which(data$weights > 0)
  if (length(usable) <= most_start_rows) {
    return(usable)
  }
  with_seed(seed, sort(sample(usable, most_start_rows)))
}

# Cells that are no numbers count as missing: the core, which sees all of them, refuses these.
start_matrix <- function(data, rows) {
  columns <- if (is.matrix(data$columns)) {
    data$columns[rows, , drop = FALSE]
  } else {
    vapply(data$columns, function(column) as.double(column[rows]), numeric(length(rows)))
  }
  cells <- as.double(columns)
  cells[!is.finite(cells)] <- NA
  matrix(cells, length(rows), data$p)
}

# What the methods work with, each made when first asked for: `filled` data, `scaled`, `sphered`,
# and a tree of each. `memo` keeps them between fits of the same data.
start_room <- function(data, rows, setup, memo = NULL) {
  room <- if (is.null(memo)) new.env(parent = emptyenv()) else memo
  if (!is.null(room$filled)) {
    return(room)
  }
  z <- start_matrix(data, rows)
  informative <- rowSums(!is.na(z)) > 0
  if (!is.null(data$weights)) informative <- informative & data$weights[rows] > 0
  room$use <- which(informative)
  room$rows <- length(rows)
  room$filled <- filled_in(z[informative, , drop = FALSE])
  delayedAssign("scaled", scale_columns(room$filled), assign.env = room)
  delayedAssign("sphered", sphere_columns(room$filled), assign.env = room)
  delayedAssign("tree_sphered", ward_tree(room$sphered), assign.env = room)
  delayedAssign("tree_scaled", ward_tree(room$scaled), assign.env = room)
  delayedAssign("outlying", outlying_rows(room$sphered), assign.env = room)
  room
}

# Missing cells by their conditional means under one normal distribution: only to start from.
filled_in <- function(z) {
  if (!anyNA(z)) {
    return(z)
  }
  found <- tryCatch(
    mvn_fit_(z, NULL, NULL, 1, em_control(tol = 1e-3, max_iter = 50L), NULL),
    error = function(cnd) NULL
  )
  cells <- if (length(found$parameters) > 0) {
    mvn_predict_(z, found$parameters$mu, found$parameters$sigma)
  }
  if (length(cells$row) > 0) z[cbind(cells$row, cells$variable)] <- cells$mean
  means <- colMeans(z, na.rm = TRUE)
  left <- which(is.na(z), arr.ind = TRUE)
  z[left] <- ifelse(is.nan(means[left[, 2]]), 0, means[left[, 2]])
  z
}

scale_columns <- function(z) {
  sds <- apply(z, 2, stats::sd)
  sds[!is.finite(sds) | sds == 0] <- 1
  scale(z, scale = sds)
}

# Principal components of the scaled data with unit variance, but for those of almost none.
sphere_columns <- function(z) {
  parts <- svd(scale_columns(z), nv = 0)
  kept <- parts$d > 1e-6 * parts$d[1]
  parts$u[, kept, drop = FALSE] * sqrt(nrow(z))
}

ward_tree <- function(z) stats::hclust(stats::dist(z), "ward.D2")

# A tenth of the rows: those furthest from their fifth neighbour.
outlying_rows <- function(z) {
  distances <- as.matrix(stats::dist(z))
  fifth <- apply(distances, 1, function(row) sort(row)[min(6, length(row))])
  order(fifth, decreasing = TRUE)[seq_len(ceiling(nrow(z) / 10))]
}

# Start number `i`: labels of the rows that starts are found on, or parameters.
make_start <- function(method, room, setup, given, i) {
  k <- setup$k
  z <- if (i %% 2 == 1) room$sphered else room$scaled
  switch(method,
    perturb = perturbed_start(if (length(given) > 0) given[[1]], room, setup),
    random = random_centres(room, setup),
    as_labels(switch(method,
      hierarchical = if (i %% 2 == 1) {
        stats::cutree(room$tree_sphered, k)
      } else if (ncol(z) == 1) {
        equal_parts(z, k)
      } else {
        stats::cutree(room$tree_scaled, k)
      },
      kmeans = k_means(room$scaled, k, seeds = function(z) k, tries = 10L),
      `kmeans++` = k_means(z, k, seeds = function(z) spread_seeds(z, k)),
      partition = random_partition(nrow(z), k)
    ), room, setup)
  )
}

# Of one variable: as many rows in each part.
equal_parts <- function(z, k) ceiling(rank(z, ties.method = "first") * k / length(z))

# Every part holds a row, if there are as many rows as parts.
random_partition <- function(n, k) {
  c(seq_len(k), sample.int(k, max(n - k, 0L), replace = TRUE))[sample.int(max(n, k))]
}

# Labels of all rows that starts are found on: 0 for those that say nothing, k + 1 for the noise.
as_labels <- function(parts, room, setup) {
  if (setup$noise) parts <- with_noise(parts, room$outlying, setup$k + 1L)
  labels <- integer(room$rows)
  labels[room$use] <- as.integer(parts)
  labels
}

# A part that lies outside altogether stays a part: a component without rows could not begin.
with_noise <- function(parts, outlying, noise) {
  left <- replace(parts, outlying, noise)
  outside <- !parts %in% left
  left[outside] <- parts[outside]
  left
}

k_means <- function(z, k, seeds, tries = 1L) {
  # A single centre of one variable would pass for a number of centres.
  if (k == 1) {
    return(rep(1L, nrow(z)))
  }
  centres <- seeds(z)
  if (NROW(centres) >= nrow(z) || (length(centres) == 1 && centres >= nrow(z))) {
    return(seq_len(nrow(z)))
  }
  suppressWarnings(
    stats::kmeans(z, centres, iter.max = 50L, nstart = tries)$cluster
  )
}

# k-means++: each further seed with probability proportional to its squared distance from those
# drawn before.
spread_seeds <- function(z, k) {
  picked <- sample.int(nrow(z), 1L)
  nearest <- rep(Inf, nrow(z))
  while (length(picked) < k) {
    last <- z[picked[length(picked)], ]
    nearest <- pmin(nearest, rowSums((z - rep(last, each = nrow(z)))^2))
    picked <- c(picked, sample.int(nrow(z), 1L, prob = nearest))
  }
  z[picked, , drop = FALSE]
}

# Random rows as centres, the covariance of the whole for all.
random_centres <- function(room, setup) {
  k <- setup$k
  z <- room$filled
  p <- ncol(z)
  parts <- k + setup$noise
  distinct <- which(!duplicated(z))
  list(
    proportions = rep(1 / parts, parts),
    means = z[distinct[sample.int(length(distinct), k)], , drop = FALSE],
    covariances = array(whole_covariance(z), c(p, p, k))
  )
}

whole_covariance <- function(z) {
  whole <- stats::cov(z)
  whole + diag(1e-6 * pmax(diag(whole), .Machine$double.xmin), ncol(z))
}

# The given start, its means moved by half a standard deviation of each component, proportions and
# scales by a factor of about 1.5.
perturbed_start <- function(start, room, setup) {
  if (!is.list(start)) {
    return(random_centres(room, setup))
  }
  k <- setup$k
  p <- ncol(start$means)
  for (c in seq_len(k)) {
    sigma <- matrix(start$covariances[, , c], p)
    start$means[c, ] <- start$means[c, ] + 0.5 * sqrt(diag(sigma)) * stats::rnorm(p)
    start$covariances[, , c] <- sigma * exp(0.4 * stats::rnorm(1))
  }
  proportions <- start$proportions * exp(0.4 * stats::rnorm(length(start$proportions)))
  start$proportions <- proportions / sum(proportions)
  start
}
