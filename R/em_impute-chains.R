# Have the chains of data augmentation forgotten their start? Judged by the worst linear function
# over the second half of their steps.

# `chain` of the imputations in `kept`, with rhat, ess and acf.
judge_chains <- function(chain, kept) {
  chain$worst <- chain$worst[, kept, drop = FALSE]
  steps <- nrow(chain$worst)
  half <- chain$worst[seq(steps %/% 2 + 1, steps), , drop = FALSE]
  lags <- pooled_acf(half)
  neighbour <- if (length(lags) > 1) max(lags[2], 0) else NA_real_
  chain$rhat <- windows_rhat(half)
  # Chains are independent of each other, whatever a few draws look like.
  chain$ess <- max(length(half) / integrated_time(lags), ncol(half))
  chain$acf <- c(
    expected = min(1, max(chain$rate, 0)^chain$burnin), measured = neighbour^chain$burnin
  )
  chain
}

# Autocorrelations from lag zero, of independent chains (columns) with one mean, to where sums of
# neighbouring pairs are no longer positive: Geyer (1992).
pooled_acf <- function(draws) {
  steps <- nrow(draws)
  centred <- draws - mean(draws)
  variance <- mean(centred^2)
  if (!isTRUE(variance > 0) || steps < 2) {
    return(1)
  }
  at_lag <- function(lag) {
    mean(centred[seq_len(steps - lag), ] * centred[seq(lag + 1, steps), ]) / variance
  }
  acf <- 1
  for (lag in seq(1, by = 2, length.out = steps %/% 2)) {
    pair <- c(at_lag(lag), if (lag + 1 < steps) at_lag(lag + 1) else 0)
    acf <- c(acf, pair)
    if (sum(pair) <= 0) break
  }
  acf
}

# 1 + 2 * sum of autocorrelations, without a last pair whose sum is not positive.
integrated_time <- function(acf) {
  sums <- colSums(matrix(acf[-1], 2))
  max(1, 1 + 2 * sum(pmax(sums, 0)))
}

# R-hat between the earlier and the later half of the steps, all chains together: of ranks, and of
# ranks of distances from the median, the larger. NA for fewer than two draws in a half.
windows_rhat <- function(draws) {
  size <- nrow(draws) %/% 2
  if (size * ncol(draws) < 2) {
    return(NA_real_)
  }
  early <- draws[seq_len(size), ]
  late <- draws[seq(nrow(draws) - size + 1, nrow(draws)), ]
  both <- cbind(as.vector(early), as.vector(late))
  if (stats::var(as.vector(both)) == 0) {
    return(NA_real_)
  }
  max(rhat(normal_ranks(both)), rhat(normal_ranks(abs(both - stats::median(both)))))
}

# Vehtari and others (2021), eq. 14.
normal_ranks <- function(x) {
  x[] <- stats::qnorm((rank(x) - 0.375) / (length(x) + 0.25))
  x
}

# Gelman and Rubin (1992); one column a chain.
rhat <- function(x) {
  n <- nrow(x)
  within <- mean(apply(x, 2, stats::var))
  sqrt(((n - 1) / n * within + stats::var(colMeans(x))) / within)
}
