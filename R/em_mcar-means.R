# Patterns of missing cells, their parts of Little's statistic, and means against those expected.

# Each pattern's squared distance, by the core that predicts: of a row that holds its means.
pattern_table <- function(sample) {
  rows <- as.vector(rowsum(sample$weights, sample$pattern))
  observed <- sample$observed[match(seq_along(rows), sample$pattern), , drop = FALSE]
  means <- rowsum(sample$y * sample$weights, sample$pattern) / rows
  # Arithmetic does not promise to keep NA apart from NaN.
  means[!observed] <- NA_real_
  p <- ncol(means)
  distance <- mvn_predict_(unname(means), numeric(p), sample$sigma)$distance
  data.frame(
    pattern = seq_along(rows), rows = rows,
    missing = apply(observed, 1, function(o) absent_words(sample$variables[!o])),
    observed = as.integer(rowSums(observed)), d2 = rows * distance
  )
}

absent_words <- function(variables, most = 3L) {
  left <- length(variables) - most
  if (length(variables) == 0) {
    return("nothing")
  }
  and_list(c(utils::head(variables, most), if (left > 0) paste(left, "more")))
}

# Variances of the estimated means, the covariance taken as known: the inverse of the sum of
# n_k Sigma_k^-1. On the scale of correlations, so that units do not matter.
mean_variances <- function(sample) {
  first <- match(seq_len(max(sample$pattern)), sample$pattern)
  rows <- rowsum(sample$weights, sample$pattern)
  correlation <- stats::cov2cor(sample$sigma)
  information <- 0 * correlation
  for (k in seq_along(first)) {
    o <- sample$observed[first[k], ]
    information[o, o] <- information[o, o] +
      rows[k] * chol2inv(chol(correlation[o, o, drop = FALSE]))
  }
  diag(chol2inv(chol(information))) * diag(sample$sigma)
}

pattern_means <- function(sample, patterns, errors) {
  y <- ifelse(sample$observed, sample$y, 0) * sample$weights
  groups <- rowsum(y, sample$pattern)
  counts <- rowsum(sample$observed * sample$weights, sample$pattern)
  table <- compared_means(groups, counts, sample, errors)
  data.frame(
    pattern = table$group, rows = table$rows, missing = patterns$missing[table$group],
    table[-(1:2)]
  )
}

# Rows in which a variable is missing, whatever else is: also where every pattern is a single row
# they are many.
pair_means <- function(sample, errors) {
  absent <- !sample$observed
  y <- ifelse(sample$observed, sample$y, 0) * sample$weights
  table <- compared_means(
    crossprod(absent, y), crossprod(absent, sample$observed * sample$weights), sample, errors
  )
  data.frame(missing = sample$variables[table$group], table[-1])
}

# Means of groups of rows against those of the fit, from sums of residuals and numbers of rows
# (groups x variables). The fit is efficient, so the variance of a difference is that of the mean
# less that of the estimate.
compared_means <- function(sums, counts, sample, errors) {
  at <- which(counts > 0, arr.ind = TRUE)
  at <- unname(at[order(at[, 1], at[, 2]), , drop = FALSE])
  variance <- diag(sample$sigma)[at[, 2]]
  rows <- counts[at]
  difference <- sums[at] / rows
  own <- variance / rows
  left <- own - errors[at[, 2]]
  # What only this group observes is expected to be what it is.
  left[left < 1e-8 * own] <- NA
  expected <- unname(sample$mu[at[, 2]])
  data.frame(
    group = at[, 1], rows = rows, variable = sample$variables[at[, 2]],
    mean = expected + difference, expected = expected,
    difference = difference / sqrt(variance), statistic = difference / sqrt(left),
    row.names = NULL
  )
}
