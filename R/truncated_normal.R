# Normals truncated to an interval: quantiles, and moments of what a transform makes
# of them. All arguments vectors of one length.

# In whichever tail is the smaller, on the logarithmic scale, so that nothing cancels.
truncated_quantile <- function(u, mean, sd, lower, upper) {
  a <- (lower - mean) / sd
  b <- (upper - mean) / sd
  mirrored <- a + b < 0
  low <- ifelse(mirrored, -b, a)
  high <- ifelse(mirrored, -a, b)
  left <- ifelse(mirrored, u, 1 - u)
  from <- stats::pnorm(low, lower.tail = FALSE, log.p = TRUE)
  to <- stats::pnorm(high, lower.tail = FALSE, log.p = TRUE)
  x <- stats::qnorm(from + log(left + (1 - left) * exp(to - from)), lower.tail = FALSE,
                    log.p = TRUE)
  pmin(pmax(mean + sd * ifelse(mirrored, -x, x), lower), upper)
}

# Mean and standard deviation on the user's scale, by Simpson's rule over all but
# 1e-15 of the distribution at either end.
truncated_back_moments <- function(mean, sd, lower, upper, transform) {
  from <- truncated_quantile(1e-15, mean, sd, lower, upper)
  to <- truncated_quantile(1 - 1e-15, mean, sd, lower, upper)
  steps <- 400L
  nodes <- (0:steps) / steps
  simpson <- c(1, rep(c(4, 2), length.out = steps - 1), 1)
  at <- outer(from, 1 - nodes) + outer(to, nodes)
  middle <- pmin(pmax(mean, lower), upper)
  weight <- exp(((middle - mean)^2 - (at - mean)^2) / (2 * sd^2))
  weight <- weight * rep(simpson, each = length(mean))
  weight <- weight / rowSums(weight)
  value <- at
  value[] <- transform_inverse(as.vector(at), transform)
  first <- rowSums(weight * value)
  list(mean = first, sd = sqrt(rowSums(weight * (value - first)^2)))
}
