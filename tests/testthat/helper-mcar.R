# Normal, a factor in common, some patterns of missing cells of many rows.
patterned <- function(n = 200, p = 4, change = identity, seed = 1) {
  with_own_seed(seed, {
    y <- matrix(stats::rnorm(n * p), n) + stats::rnorm(n)
    group <- sample(4, n, TRUE, c(0.4, 0.3, 0.2, 0.1))
    y <- change(y)
    y[group == 2, 1] <- NA
    y[group == 3, 2] <- NA
    y[group == 4, c(1, 3)] <- NA
    y
  })
}
