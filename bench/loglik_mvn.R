# The judge of bench/mvn.R, bench/passes.R and bench/gap.R: the observed-data
# log-likelihood of a multivariate normal, in plain R, pattern by pattern. It
# shares no code with any of the programs that are compared.

# Rows grouped by which columns they miss. Per pattern: the observed columns,
# the number of rows, their mean and their scatter about that mean. Scatter
# about the pattern's own mean keeps the sums free of cancellation.
pattern_statistics <- function(x) {
  x <- as.matrix(x)
  storage.mode(x) <- "double"
  key <- pattern_key(x)
  rows <- order(key)
  runs <- rle(key[rows])
  last <- cumsum(runs$lengths)
  first <- last - runs$lengths + 1L
  lapply(seq_along(last), function(k) {
    pattern_rows <- rows[first[k]:last[k]]
    observed <- which(!is.na(x[pattern_rows[1L], ]))
    y <- x[pattern_rows, observed, drop = FALSE]
    centre <- .colMeans(y, nrow(y), ncol(y))
    scatter <- crossprod(y - rep(centre, each = nrow(y)))
    list(observed = observed, n = nrow(y), mean = centre, scatter = scatter)
  })
}

# One number per row, equal for rows that miss the same columns. A double holds
# 52 columns exactly; wider data are taken 50 columns at a time.
pattern_key <- function(x) {
  key <- numeric(nrow(x))
  for (block in split(seq_len(ncol(x)), (seq_len(ncol(x)) - 1L) %/% 50L)) {
    part <- numeric(nrow(x))
    for (j in seq_along(block)) {
      part <- part + is.na(x[, block[j]]) * 2^(j - 1L)
    }
    key <- if (all(key == 0)) part else match(paste(key, part), unique(paste(key, part)))
  }
  key
}

# Sum over patterns of -1/2 (n q log 2 pi + n log|S_oo| + tr S_oo^-1 scatter +
# n d' S_oo^-1 d), d = pattern mean - mu_o. NA if S_oo is not positive definite.
loglik_patterns <- function(statistics, mu, sigma) {
  if (anyNA(mu) || anyNA(sigma)) {
    return(NA_real_)
  }
  terms <- vapply(statistics, function(s) {
    o <- s$observed
    if (length(o) == 0L) {
      return(0)
    }
    root <- tryCatch(chol(sigma[o, o, drop = FALSE]), error = function(e) NULL)
    if (is.null(root)) {
      return(NA_real_)
    }
    distance <- sum(backsolve(root, s$mean - mu[o], transpose = TRUE)^2)
    spread <- if (s$n > 1L) sum(chol2inv(root) * s$scatter) else 0
    log_det <- 2 * sum(log(diag(root)))
    -0.5 * (s$n * (length(o) * log(2 * pi) + log_det + distance) + spread)
  }, numeric(1))
  sum(terms)
}

loglik_mvn <- function(x, mu, sigma) {
  loglik_patterns(pattern_statistics(x), mu, sigma)
}
