# Errors in a reference of cells: its profiles are taken as unknown, about what the cells tell of
# them, and the bulk refines them. See design/08-errors-in-the-reference.md.

# Fewer samples than this do not refine profiles unless asked to: measured, 12 made them worse as
# often as better, 50 halved the errors of proportions.
latent_samples <- 30L

# Samples and genes that refine; the others follow, each for itself.
latent_most_samples <- 100L
latent_most_genes <- 3000L

# Rounds about better centres, and the log-likelihood a sample that the last may leave: shares move
# by less than their errors.
latent_rounds <- 3L
latent_tol <- 0.2

# How much more, or less, profiles may vary than their cells explain (squared).
latent_omega <- c(0.1, 1.3)

# Profiles as the cells tell them, steadied by what the types have in common: list(reference,
# cells, known, reason).
steadied_profiles <- function(problem, control) {
  cells <- cells_of_reference(problem$reference)
  known <- known_profiles(cells, control)
  reference <- problem$reference
  reference$profiles <- profiles_from(known$mean, cells, reference)
  list(reference = reference, cells = cells, known = known,
    reason = "profiles steadied by what the types' cells have in common")
}

# These refined by the bulk: list of
# * `reference`: with profiles as refined; `status` of the climb that refined them;
# * `omega`, `kappa`, `tau`: how far profiles are from the cells' in units of what the cells explain
#   (squared), noise of the bulk in units of counts, sd of log factors of genes;
# * `reason`: a sentence for the table of choices.
# NULL where there is nothing to refine by.
refined_profiles <- function(problem, steadied, control) {
  used <- latent_choose_samples(problem)
  if (length(used) < 2 || ncol(steadied$cells$mean) < 2) {
    return(NULL)
  }
  fit <- refine_profiles(problem, steadied$cells, steadied$known, used, control)
  reference <- problem$reference
  reference$profiles <- profiles_from(fit$profiles, steadied$cells, reference)
  list(
    reference = reference, status = fit$climb$status,
    omega = fit$omega, kappa = fit$kappa, tau = fit$tau,
    reason = sprintf("%s and refined by %d samples; log factors of genes have sd %.2f",
      steadied$reason, length(used), fit$tau)
  )
}

# Deterministic, and from all over the bulk: batches often stand side by side.
latent_choose_samples <- function(problem) {
  full <- which(problem$bulk$totals > 0)
  if (length(full) > latent_most_samples) {
    full <- full[unique(round(seq(1, length(full), length.out = latent_most_samples)))]
  }
  full[column_sums(problem$values[problem$rows, full, drop = FALSE]) > 0]
}

# What the core needs of a reference of cells, its types brought to one total: `mean` (genes x
# types) and `level` (of a gene over all cells); variance of the mean is `count` mean +
# `dispersion` `extra` mean^2, with a value a type (count, extra) and a gene (dispersion); that of
# what the bulk's own cells add likewise, with `own_count` and `own_extra`.
cells_of_reference <- function(reference) {
  profiles <- reference$profiles
  n <- as.double(reference$cells)
  size <- colSums(profiles)
  size <- size / mean(size)
  unit <- if (reference$counts) 1 else count_unit(profiles, reference$variance, n)
  subjects <- as.double(reference$subjects)
  between <- length(subjects) > 0 && any(subjects > 1)
  # Relative variance beyond counting: between cells, or, where there are subjects, between these.
  mean_extra <- if (between) 1 / subjects else 1 / n
  own_extra <- if (between) rep(1, length(n)) else 1 / n
  dispersion <- profile_dispersion(
    profiles, reference$variance, unit / n, mean_extra + between * own_extra,
    if (between) subjects else n
  )
  mass <- sum(n * size)
  list(
    mean = sweep(profiles, 2, size, "/"), size = size,
    level = (drop(profiles %*% n) + unit / 2) / mass,
    dispersion = dispersion, count = unit / (n * size), extra = mean_extra,
    own_count = unit / (n * size), own_extra = own_extra
  )
}

# What one count is in the units of profiles that are no counts: variance over mean where counting
# is most of the variance.
count_unit <- function(profiles, variance, n) {
  low <- rowMeans(profiles)
  low <- low > 0 & low <= stats::median(low[low > 0])
  seen <- sweep(variance[low, , drop = FALSE], 2, n, "*")
  max(sum(seen) / sum(profiles[low, ]), .Machine$double.xmin)
}

# A value a gene from the moments of all its types, `degrees` of freedom each, shrunk to what is
# typical of genes that tell something: as if `prior` observations had shown that.
profile_dispersion <- function(profiles, variance, count, extra, degrees, prior = 5) {
  by_type <- function(x) rep(x, each = nrow(profiles))
  square <- by_type(extra) * profiles^2
  excess <- variance - by_type(count) * profiles
  typical <- 0.3
  for (round in 1:5) {
    expected <- by_type(count) * profiles + typical * square
    expected[expected == 0] <- Inf
    weight <- by_type(degrees) * square / expected^2
    shown <- rowSums(weight * excess)
    information <- rowSums(weight * square)
    if (round == 5) break
    sure <- information * typical^2 > 20
    typical <- if (sum(sure) > 50) {
      stats::median(shown[sure] / information[sure])
    } else {
      sum(shown) / max(sum(information), .Machine$double.xmin)
    }
    typical <- max(typical, 0.01, na.rm = TRUE)
  }
  pmax((shown + prior / typical) / (information + prior / typical^2), 0)
}

variance_about <- function(mean, cells, count, extra) {
  mean <- pmax(mean, 0.05 * cells$level)
  sweep(mean, 2, count, "*") + sweep(cells$dispersion * mean^2, 2, extra, "*")
}

# Posterior means of the profiles (`mean`) and what is needed for covariances. Errors depend on the
# truth, so that twice.
known_profiles <- function(cells, control) {
  learn <- learning_genes(cells$level)
  mean <- (cells$mean + cells$level) / 2
  prior <- NULL
  loose <- control
  loose$tol <- max(control$tol, 0.01 * length(learn))
  loose$max_iter <- min(control$max_iter, 50L)
  for (pass in 1:2) {
    given <- list(
      mean = cells$mean, level = cells$level,
      error = variance_about(mean, cells, cells$count, cells$extra)
    )
    fit <- profile_prior_fit_(given, learn, prior, loose)
    prior <- fit$prior
    mean <- fit$mean
  }
  list(
    mean = pmax(mean, 1e-3 * cells$level), cells = given, prior = prior,
    own = variance_about(mean, cells, cells$own_count, cells$own_extra), fit = fit
  )
}

# The prior is of few parameters: a part of the genes, from all levels of expression.
learning_genes <- function(level, most = 1000L) {
  ranked <- best_expressed(level, length(level))
  ranked[unique(round(seq(1, length(ranked), length.out = min(length(ranked), most))))]
}

best_expressed <- function(level, most) {
  order(level, decreasing = TRUE)[seq_len(min(length(level), most))]
}

profiles_from <- function(mean, cells, reference) {
  out <- sweep(mean, 2, cells$size, "*")
  dimnames(out) <- dimnames(reference$profiles)
  out
}

# What latent_fit_() makes of the profiles, on the scale of the reference.
refine_profiles <- function(problem, cells, known, used, control) {
  shared <- sort(best_expressed(cells$level, latent_most_genes))
  some <- problem_genes(problem, shared)
  some$values <- problem$values[, used, drop = FALSE]
  some$samples <- problem$samples[used]
  family <- plain_family("poisson", rep(1, length(shared)))
  start <- t(solve_samples(some, family, control)$abundance) * cells$size
  total <- sum(problem$values[problem$rows, used]) / length(used)
  # In units in which abundances are about one, as logarithms of the other parameters are.
  unit <- total / mean(colSums(cells$mean))
  given <- list(
    mean = known$cells$mean * unit, level = known$cells$level * unit,
    error = known$cells$error * unit^2
  )
  counts <- problem$bulk$counts
  loose <- control
  loose$tol <- max(control$tol, latent_tol * length(used))
  fit <- latent_fit_(
    core_bulk(problem$values), problem$rows, used,
    if (counts) 1 else total / length(problem$rows), given, known$prior, known$own * unit^2,
    shared,
    list(
      theta = sweep(start, 2, colSums(start), "/"), omega = 1, kappa = 1, tau2 = 0.3^2
    ),
    list(
      omega = latent_omega, kappa = c(if (counts) 1 else 1e-6, Inf), tau2 = c(1e-6, 25)
    ),
    latent_rounds, loose
  )
  fit$profiles <- fit$profiles / unit
  fit
}
