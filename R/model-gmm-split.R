# Mixtures made from a fitted one by splitting a component in two, and by merging two: places from
# which a climb may reach a higher hill (Ueda et al. 2000).

# Two halves `by` standard deviations to either side, together of the same covariance.
split_component <- function(parameters, component, by) {
  p <- ncol(parameters$means)
  k <- nrow(parameters$means)
  sigma <- matrix(parameters$covariances[, , component], p)
  parts <- eigen(sigma, symmetric = TRUE)
  shift <- by * sqrt(parts$values[1]) * parts$vectors[, 1]
  half <- parameters$proportions[component] / 2
  narrower <- sigma - tcrossprod(shift)
  order <- c(seq_len(k), component)
  proportions <- unname(parameters$proportions)
  noise <- proportions[-seq_len(k)]
  proportions <- c(proportions[order], noise)
  proportions[c(component, k + 1)] <- half
  means <- unname(parameters$means)[order, , drop = FALSE]
  means[component, ] <- means[component, ] + shift
  means[k + 1, ] <- means[k + 1, ] - shift
  covariances <- array(unname(parameters$covariances)[, , order], c(p, p, k + 1))
  covariances[, , component] <- covariances[, , k + 1] <- narrower
  list(proportions = proportions, means = means, covariances = covariances)
}

# Components i and j as one, of the same mean and covariance as both together.
merge_components <- function(parameters, i, j) {
  p <- ncol(parameters$means)
  weights <- parameters$proportions[c(i, j)]
  total <- sum(weights)
  share <- weights / total
  mean <- share[1] * parameters$means[i, ] + share[2] * parameters$means[j, ]
  apart <- parameters$means[i, ] - parameters$means[j, ]
  covariance <- share[1] * parameters$covariances[, , i] +
    share[2] * parameters$covariances[, , j] + prod(share) * tcrossprod(apart)
  parameters$proportions[i] <- total
  parameters$means[i, ] <- mean
  parameters$covariances[, , i] <- covariance
  list(
    proportions = unname(parameters$proportions[-j]),
    means = unname(parameters$means[-j, , drop = FALSE]),
    covariances = array(unname(parameters$covariances)[, , -j], c(p, p, nrow(parameters$means) - 1))
  )
}

# The two nearest components as one, and another split in two: for each of the three nearest
# pairs, each of the three others of the most rows.
split_merge_starts <- function(parameters, most = 3L) {
  k <- nrow(parameters$means)
  scaled <- in_pooled_units(parameters, parameters)
  distances <- bhattacharyya(scaled, scaled)
  pairs <- which(upper.tri(distances), arr.ind = TRUE)
  pairs <- pairs[utils::head(order(distances[pairs]), most), , drop = FALSE]
  starts <- list()
  for (row in seq_len(nrow(pairs))) {
    i <- min(pairs[row, ])
    j <- max(pairs[row, ])
    others <- setdiff(order(parameters$proportions[seq_len(k)], decreasing = TRUE), c(i, j))
    merged <- merge_components(parameters, i, j)
    for (other in utils::head(others, most)) {
      starts <- c(starts, list(split_component(merged, other - (other > j), 0.8)))
    }
  }
  starts
}
