# Other references that the same population of cells might have given: cells, or subjects, drawn
# again. What all samples of a bulk and all genes of a type share of the errors of a reference (the
# mRNA of its cells, which states and which subjects were drawn) shows between these only. See
# design/11-errors-of-cells.md.

# The same cells give the same replicates.
redraw_seed <- 20231L

# Batches in which many cells of one type are drawn: their means scatter as the cells do, and a
# hundred tell a variance within a tenth of its standard deviation's worth.
redraw_batches <- 200L

# Subjects are drawn where a type has as many; of fewer only the cells.
redraw_subjects <- 3L

# list(values, unit, totals) or NULL: profile of gene g and type k in replicate b is
# values[g, k, b] unit[k], integers taking half the memory of doubles and losing 1e-9 of the
# largest; `totals`: types x replicates. `x`: genes x cells, `type`, `subject` as in
# profiles_of_cells(), which gave `made`.
redraw_reference <- function(x, type, subject, made, n) {
  # Without any type of two cells nothing is known of how cells differ.
  if (n == 0L || is.null(made$variance)) {
    return(NULL)
  }
  cells <- split(seq_along(type), type)
  single <- lengths(cells) == 1L
  profiles <- with_seed(redraw_seed, {
    together <- if (!is.null(subject)) draw_weights(nlevels(subject), n)
    drawn <- lapply(cells[!single], function(of) {
      part <- x[, of, drop = FALSE]
      if (is.null(subject)) {
        redraw_cells_of(part, n)
      } else {
        redraw_subjects_of(part, subject[of], together, n)
      }
    })
    spread <- mean(vapply(cells[!single], function(of) {
      totals <- column_sums(x[, of, drop = FALSE])
      stats::var(totals) / mean(totals)^2
    }, 0))
    all <- vector("list", length(cells))
    all[!single] <- drawn
    all[single] <- lapply(which(single), function(k) {
      redraw_single(made$profiles[, k], made$variance[, k], spread, n)
    })
    all
  })
  pack_replicates(profiles, made$profiles, n)
}

# How often each of `n` things is drawn, n x replicates. One draw less than there are things: then
# means vary as the mean of other things would, not less by 1/n (Rao and Wu 1988).
draw_weights <- function(n, replicates) {
  if (n == 1L) matrix(1, 1L, replicates) else stats::rmultinom(replicates, n - 1L, rep(1, n))
}

# Mean of the cells drawn, genes x replicates.
redraw_cells_of <- function(x, n) {
  batch <- if (ncol(x) <= 2L * redraw_batches) {
    seq_len(ncol(x))
  } else {
    sample(rep_len(seq_len(redraw_batches), ncol(x)))
  }
  size <- tabulate(batch)
  sums <- if (length(size) < ncol(x)) sum_by_group(x, factor(batch)) else x
  weights <- draw_weights(length(size), n)
  sweep(as.matrix(sums %*% weights), 2, drop(size %*% weights), "/")
}

# Subjects count alike, as in one_profile(). Where a type has all of them, the same ones are drawn
# as for other types: the depth of a subject is no error of proportions. Means of subjects hold the
# errors of their cells, which need not be drawn as well.
redraw_subjects_of <- function(x, subject, together, n) {
  group <- droplevels(subject)
  many <- nlevels(group) >= redraw_subjects
  means <- if (many) {
    means <- sweep(sum_by_group(x, group), 2, tabulate(group), "/")
    lapply(seq_len(ncol(means)), function(j) means[, j])
  } else {
    lapply(split(seq_along(group), group), function(of) {
      redraw_cells_of(x[, of, drop = FALSE], n)
    })
  }
  weights <- if (!many) {
    matrix(1, length(means), n)
  } else if (length(means) == nrow(together)) {
    together
  } else {
    draw_weights(length(means), n)
  }
  shares <- matrix(0, nrow(x), n)
  totals <- count <- numeric(n)
  for (j in seq_along(means)) {
    mean <- matrix(means[[j]], nrow(x), n)
    total <- colSums(mean)
    weight <- weights[j, ] * (total > 0)
    shares <- shares + sweep(mean, 2, weight / pmax(total, .Machine$double.xmin), "*")
    totals <- totals + weight * total
    count <- count + weight
  }
  sweep(shares, 2, totals / pmax(count, 1)^2, "*")
}

# One cell does not tell how cells of its type differ: by as much as those of other types, in
# genes and in size.
redraw_single <- function(profile, variance, spread, n) {
  out <- matrix(profile, length(profile), n)
  known <- profile > 0 & variance > 0
  ratio <- variance[known] / profile[known]
  out[known, ] <- stats::rgamma(sum(known) * n, shape = profile[known] / ratio, scale = ratio)
  if (!(spread > 0)) {
    return(out)
  }
  sweep(out, 2, stats::rgamma(n, shape = 1 / spread, scale = spread), "*")
}

pack_replicates <- function(drawn, profiles, n) {
  values <- array(0L, c(dim(profiles), n), c(dimnames(profiles), list(NULL)))
  unit <- numeric(ncol(profiles))
  totals <- matrix(0, ncol(profiles), n, dimnames = list(colnames(profiles), NULL))
  for (k in seq_along(drawn)) {
    profile <- drawn[[k]]
    # Cells without any expression: they say nothing of the type.
    empty <- colSums(profile) == 0
    profile[, empty] <- profiles[, k]
    unit[k] <- max(profile) / 2^30
    values[, k, ] <- as.integer(round(profile / unit[k]))
    totals[k, ] <- colSums(profile)
  }
  list(values = values, unit = unit, totals = totals)
}

# The reference as replicate `b` would have it. Sizes of cells that were given stay as they are.
reference_replicate <- function(reference, b) {
  drawn <- reference$replicates
  own_size <- identical(reference$cell_size, reference$totals)
  reference["replicates"] <- list(NULL)
  reference$profiles[] <- drawn$values[, , b] * rep(drawn$unit, each = nrow(reference$profiles))
  reference$totals[] <- drawn$totals[, b]
  if (own_size) reference$cell_size <- reference$totals
  reference
}

replicate_genes <- function(replicates, index) {
  if (!is.null(replicates)) replicates$values <- replicates$values[index, , , drop = FALSE]
  replicates
}
