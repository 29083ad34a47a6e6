# A reference made from cells: sums over the cells of each type and subject, by products with
# their membership, so that a sparse matrix is never made dense.

# `x`: genes x cells; `type`: factor, one a cell, none missing; `subject`: factor or NULL.
profiles_of_cells <- function(x, genes, type, subject) {
  group <- if (is.null(subject)) type else interaction(type, subject, drop = TRUE)
  sums <- group_sums(x, group)
  at <- match(levels(group), group)
  of_type <- type[at]
  n <- tabulate(group, nlevels(group))
  parts <- lapply(levels(type), function(k) {
    of <- of_type == k
    one_profile(
      sweep(sums$first[, of, drop = FALSE], 2, n[of], "/"), sums$squares[, of, drop = FALSE], n[of]
    )
  })
  names(parts) <- levels(type)
  pick <- function(name) vapply(parts, `[[`, numeric(nrow(x)), name)
  as_table <- function(values) {
    matrix(values, nrow(x), length(parts), dimnames = list(genes, levels(type)))
  }
  profiles <- as_table(pick("profile"))
  within <- fill_by_trend(as_table(pick("within")), profiles)
  between <- as_table(pick("between"))
  cells <- stats::setNames(tabulate(type, nlevels(type)), levels(type))
  subjects <- if (!is.null(subject)) table_of_subjects(of_type)
  list(
    profiles = profiles, cells = cells, subjects = subjects,
    variance = variance_of_profiles(within, between, parts, profiles)
  )
}

table_of_subjects <- function(of_type) {
  stats::setNames(tabulate(of_type, nlevels(of_type)), levels(of_type))
}

# Sums over the cells of each group, genes x groups, dense: `first`, of the entries; `squares`,
# of the squared distances from what a cell of this total should have of each gene. Cells differ
# in size and depth, and that moves all genes at once: it is no error of a profile's shape.
# In blocks of cells, so that what is squared or copied stays small.
group_sums <- function(x, group) {
  n_groups <- nlevels(group)
  first <- second <- crossed <- matrix(0, nrow(x), n_groups)
  total <- square <- numeric(n_groups)
  width <- if (is_sparse(x)) 5000L else max(1L, as.integer(1e7 / nrow(x)))
  for (start in seq(1L, ncol(x), by = width)) {
    cells <- start:min(ncol(x), start + width - 1L)
    block <- if (length(cells) == ncol(x)) x else x[, cells, drop = FALSE]
    if (!is_sparse(block)) block <- as.matrix(block)
    sizes <- column_sums(block)
    membership <- matrix(0, length(cells), n_groups)
    membership[cbind(seq_along(cells), as.integer(group)[cells])] <- 1
    first <- first + as.matrix(block %*% membership)
    crossed <- crossed + as.matrix(block %*% (membership * sizes))
    total <- total + colSums(membership * sizes)
    square <- square + colSums(membership * sizes^2)
    if (is_sparse(block)) block@x <- block@x^2 else block <- block^2
    second <- second + as.matrix(block %*% membership)
  }
  share <- sweep(first, 2, pmax(total, .Machine$double.xmin), "/")
  squares <- second - 2 * share * crossed + sweep(share^2, 2, square, "*")
  list(first = unname(first), squares = unname(pmax(squares, 0)))
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
# divided by their number, and between subjects, of the mean and of the new one.
variance_of_profiles <- function(within, between, parts, profiles) {
  share <- vapply(parts, `[[`, 0, "mean_share")
  of_mean <- sweep(within, 2, share, "*")
  if (all(is.na(between))) {
    return(of_mean)
  }
  between <- fill_by_trend(between, profiles)
  of_mean + sweep(between, 2, 1 + 1 / vapply(parts, `[[`, 0, "subjects"), "*")
}

# Types without a variance of their own (one cell, one subject) take that of genes of the same
# expression in the other types: the mean variance in 20 classes of expression, interpolated.
fill_by_trend <- function(variance, profiles) {
  unknown <- is.na(variance[1, ])
  if (!any(unknown) || all(unknown)) {
    return(variance)
  }
  mean <- as.vector(profiles[, !unknown])
  seen <- as.vector(variance[, !unknown])[mean > 0]
  mean <- mean[mean > 0]
  class <- cut(rank(mean, ties.method = "first"), min(20L, length(mean)), labels = FALSE)
  x <- log(tapply(mean, class, mean_of))
  y <- tapply(seen, class, mean_of) / tapply(mean, class, mean_of)
  for (k in which(unknown)) {
    expressed <- profiles[, k] > 0
    at <- log(profiles[expressed, k])
    ratio <- if (length(x) > 1) stats::approx(x, y, at, rule = 2, ties = mean_of)$y else y
    variance[, k] <- 0
    variance[expressed, k] <- ratio * profiles[expressed, k]
  }
  variance
}

mean_of <- function(x) sum(x) / length(x)
