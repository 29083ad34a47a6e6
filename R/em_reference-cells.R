# A reference made from cells: sums over the cells of each type and subject. A sparse matrix is
# never made dense.

reference_of_cells <- function(table, cell_type, subject, replicates, call) {
  labels <- cell_labels(cell_type, subject, ncol(table$values), call)
  x <- table$values
  if (length(labels$kept) < ncol(x)) x <- x[, labels$kept, drop = FALSE]
  cells <- if (is.null(table$columns)) labels$kept else table$columns[labels$kept]
  check_expression(x, table$genes, cells, "cell", call)
  found <- sum_duplicates(x, table$genes)
  inform_duplicates(found, "reference")
  x <- found$values
  some <- some_values(x)
  counts <- are_counts(some)
  made <- profiles_of_cells(x, found$genes, labels$type, labels$subject)
  made$replicates <- redraw_reference(x, labels$type, labels$subject, made, replicates)
  made$source <- "cells"
  made$counts <- counts
  made$log_scale <- look_logged(some, counts)
  made$highest <- max(0, some)
  totals <- column_sums(x)
  made$column_look <- list(
    spread = if (length(totals) > 1) stats::sd(totals) / mean(totals) else Inf,
    zeros = if (is_sparse(x)) 1 - sum(x@x != 0) / length(x) else mean(some == 0)
  )
  made
}

# `x`: genes x cells; `type`: factor, one a cell, none missing; `subject`: factor or NULL.
profiles_of_cells <- function(x, genes, type, subject) {
  code <- as.integer(type)
  if (!is.null(subject)) code <- code + nlevels(type) * (as.integer(subject) - 1L)
  group <- factor(code)
  sums <- group_sums(x, group)
  of_type <- type[match(levels(group), group)]
  n <- tabulate(group, nlevels(group))
  means <- sweep(sums$first, 2, n, "/")
  parts <- lapply(levels(type), function(k) {
    of <- of_type == k
    one_profile(means[, of, drop = FALSE], sums$squares[, of, drop = FALSE], n[of])
  })
  part <- function(name) {
    values <- vapply(parts, `[[`, numeric(nrow(x)), name)
    matrix(values, nrow(x), dimnames = list(genes, levels(type)))
  }
  count <- function(labels) {
    stats::setNames(tabulate(labels, nlevels(type)), levels(type))
  }
  profiles <- part("profile")
  list(
    profiles = profiles, cells = count(type),
    subjects = if (!is.null(subject)) count(of_type),
    variance = variance_of_profiles(part("within"), part("between"), parts, profiles)
  )
}

# Sums over the cells of each group, genes x groups, dense: `first`, of the entries; `squares`,
# of the squared distances from what a cell of this total should have of each gene. Cells differ
# in size and depth, and that moves all genes at once: it is no error of a profile's shape.
# So many cells at a time that what is squared or copied stays small.
group_sums <- function(x, group, width = block_width(x)) {
  first <- crossed <- second <- matrix(0, nrow(x), nlevels(group))
  size <- size_square <- numeric(nlevels(group))
  for (start in seq(1, ncol(x), by = width)) {
    cells <- start:min(ncol(x), start + width - 1)
    block <- if (length(cells) == ncol(x)) x else x[, cells, drop = FALSE]
    of <- group[cells]
    totals <- column_sums(block)
    first <- first + sum_by_group(block, of)
    crossed <- crossed + sum_by_group(times_columns(block, totals), of)
    second <- second + sum_by_group(block^2, of)
    size <- size + as.vector(sum_by_group(rbind(totals), of))
    size_square <- size_square + as.vector(sum_by_group(rbind(totals^2), of))
  }
  share <- sweep(first, 2, pmax(size, .Machine$double.xmin), "/")
  squares <- second - 2 * share * crossed + sweep(share^2, 2, size_square, "*")
  list(first = first, squares = pmax(squares, 0))
}

# About 10 million entries in memory, of a sparse matrix those that are not zero.
block_width <- function(x) {
  entries <- length(stored_values(x)) / ncol(x)
  max(1, floor(1e7 / max(entries, 1)))
}

times_columns <- function(block, factors) {
  if (!is_sparse(block)) {
    return(block * rep(factors, each = nrow(block)))
  }
  block@x <- block@x * rep(factors, diff(block@p))
  block
}

sum_by_group <- function(block, group) {
  code <- as.integer(group)
  if (is_sparse(block)) {
    membership <- Matrix::sparseMatrix(
      i = seq_along(code), j = code, x = 1, dims = c(length(code), nlevels(group))
    )
    return(unname(as.matrix(block %*% membership)))
  }
  sums <- matrix(0, nrow(block), nlevels(group))
  found <- rowsum(t(unname(block) + 0), code)
  sums[, as.integer(rownames(found))] <- t(found)
  sums
}

# One type. Subjects count alike, whatever their number of cells and depth of sequencing: the
# profile is the mean of their relative profiles times the mean of their totals (MuSiC).
# `within`: variance between cells, of one cell; `between`: between subjects, NA from one only.
one_profile <- function(means, squares, n) {
  # A subject without any count in this type has no relative profile.
  used <- colSums(means) > 0
  if (!any(used)) used[] <- TRUE
  totals <- pmax(colSums(means)[used], .Machine$double.xmin)
  means <- means[, used, drop = FALSE]
  n <- n[used]
  factor <- mean(totals) / totals
  scaled <- sweep(means, 2, factor, "*")
  profile <- rowMeans(scaled)
  j <- length(n)
  degrees <- sum(n - 1)
  unknown <- rep(NA_real_, length(profile))
  within <- if (degrees > 0) {
    rowSums(sweep(squares[, used, drop = FALSE], 2, factor^2, "*")) / degrees
  } else {
    unknown
  }
  # What the means of subjects vary by beyond what their cells explain.
  between <- if (j > 1) {
    seen <- rowSums((scaled - profile)^2) / (j - 1)
    if (degrees > 0) pmax(seen - within * mean(1 / n), 0) else seen
  } else {
    unknown
  }
  list(
    profile = profile, within = within, between = between,
    mean_share = sum(1 / n) / j^2, subjects = j
  )
}

# Variance of a profile as a prediction of the mean profile of another sample: between cells,
# divided by their number, and between subjects, of the mean and of the new one. NULL where
# nothing is known: one cell of each type.
variance_of_profiles <- function(within, between, parts, profiles) {
  of <- function(name) vapply(parts, `[[`, 0, name)
  variance <- sweep(fill_by_trend(within, profiles), 2, of("mean_share"), "*")
  if (!all(is.na(between))) {
    # Without two cells of any subject: what subjects vary by holds the cells' share already.
    variance[is.na(variance)] <- 0
    between <- fill_by_trend(between, profiles)
    variance <- variance + sweep(between, 2, 1 + 1 / of("subjects"), "*")
  }
  if (!anyNA(variance)) variance
}

# Types without a variance of their own (one cell, one subject) take that of genes of the same
# expression in the other types: mean variance by mean, in 20 classes, interpolated.
fill_by_trend <- function(variance, profiles) {
  unknown <- is.na(variance[1, ])
  mean <- as.vector(profiles[, !unknown])
  seen <- as.vector(variance[, !unknown])[mean > 0]
  mean <- mean[mean > 0]
  if (!any(unknown) || length(mean) == 0) {
    return(variance)
  }
  class <- ceiling(20 * rank(mean, ties.method = "first") / length(mean))
  sums <- rowsum(cbind(mean, seen, 1), class)
  at <- log(sums[, 1] / sums[, 3])
  ratio <- sums[, 2] / sums[, 1]
  for (k in which(unknown)) {
    expressed <- profiles[, k] > 0
    wanted <- log(profiles[expressed, k])
    by_trend <- if (length(unique(at)) > 1) {
      stats::approx(at, ratio, wanted, rule = 2, ties = "mean")$y
    } else {
      ratio[[1]]
    }
    variance[, k] <- 0
    variance[expressed, k] <- by_trend * profiles[expressed, k]
  }
  variance
}
