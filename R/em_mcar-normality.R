# Jamshidian and Jalal's (2010) caution: are rows normal with equal covariances in every pattern?
# Formulas are those of the papers named in em_mcar()'s help.

# They leave out patterns of so many rows or fewer.
most_rows_left_out <- 6L

# list of `hawkins`, `anderson_darling` (NULL where not made), `verdict`, `groups`, `rows`, `draws`,
# `reason`.
normality_caution <- function(sample, seed, level = 0.05) {
  size <- tabulate(sample$pattern)
  large <- which(size > most_rows_left_out)
  kept <- sample$pattern %in% large
  p <- ncol(sample$y)
  reason <- if (sample$weighted) {
    "rows have weights"
  } else if (p < 2) {
    "there is a single variable"
  } else if (length(large) < 2) {
    sprintf("fewer than two patterns have more than %d rows", most_rows_left_out)
  } else if (sum(kept) - length(large) <= p) {
    "too few rows are in patterns that can be compared"
  }
  caution <- list(verdict = NA_character_, groups = length(large), rows = sum(kept),
    reason = reason)
  if (!is.null(reason)) {
    return(caution)
  }
  with_seed(seed, {
    drawn <- completed_once(sample)
    group <- match(sample$pattern[kept], large)
    f <- hawkins_statistics(drawn$y[kept, , drop = FALSE], group)
    caution$hawkins <- hawkins_test(f, group, p)
  })
  caution$anderson_darling <- anderson_darling_test(f, group)
  caution$draws <- drawn$draws
  caution$verdict <- if (caution$hawkins$p.value >= level) {
    "consistent"
  } else if (caution$anderson_darling$p.value >= level) {
    "not normal"
  } else {
    "unequal covariances"
  }
  caution
}

# Rows completed by a draw each: an error e of a whole row, of which the part that the observed
# cells predict is taken away.
completed_once <- function(sample) {
  complete <- which(rowSums(sample$observed) == ncol(sample$y))
  n <- length(complete)
  rows <- nrow(sample$y)
  free <- n >= max(10, 2 * ncol(sample$y))
  error <- if (free) {
    centred <- scale(sample$y[complete, , drop = FALSE], scale = FALSE)
    centred[sample.int(n, rows, replace = TRUE), , drop = FALSE] * sqrt(n / (n - 1))
  } else {
    matrix(stats::rnorm(length(sample$y)), rows) %*% covariance_root(sample$sigma)
  }
  absent <- !sample$observed
  known <- replace(error, absent, NA)
  cells <- mvn_predict_(unname(known), numeric(ncol(known)), sample$sigma)
  at <- cbind(cells$row, cells$variable)
  y <- sample$filled
  y[at] <- y[at] + error[at] - cells$mean
  list(y = y, draws = if (free) "residuals" else "normal")
}

# Hawkins' F of each row: of F(p, n - groups - p) under normality and equal covariances.
hawkins_statistics <- function(y, group) {
  n <- nrow(y)
  p <- ncol(y)
  size <- tabulate(group)
  nu <- n - length(size)
  y <- y - (rowsum(y, group) / size)[group, , drop = FALSE]
  root <- chol(crossprod(y) / nu)
  v <- size[group] * colSums(backsolve(root, t(y), transpose = TRUE)^2)
  (nu - p) * v / (p * ((size[group] - 1) * nu - v))
}

hawkins_test <- function(f, group, p, simulated = 9999L) {
  size <- tabulate(group)
  tail <- stats::pf(f, p, length(f) - length(size) - p, lower.tail = FALSE)
  null <- list()
  # Simulated once for each size.
  for (n in unique(size[size < 30])) {
    u <- matrix(stats::runif(n * simulated), n)
    null[[as.character(n)]] <- neyman_statistic(u)
  }
  values <- vapply(split(tail, group), function(u) {
    neyman_p_value(u, null[[as.character(length(u))]])
  }, numeric(1))
  statistic <- -2 * sum(log(values))
  df <- 2 * length(size)
  test_row(statistic, df, stats::pchisq(statistic, df, lower.tail = FALSE))
}

# Neyman's smooth test of uniformity, from statistics of samples of this size simulated under it;
# chi-squared is good from 30 on, without any.
neyman_p_value <- function(u, null = NULL) {
  statistic <- neyman_statistic(matrix(u))
  if (is.null(null)) {
    return(stats::pchisq(statistic, 4, lower.tail = FALSE))
  }
  (1 + sum(null >= statistic)) / (1 + length(null))
}

# For each column, from the first four orthonormal Legendre polynomials.
neyman_statistic <- function(u) {
  x <- 2 * u - 1
  parts <- list(
    sqrt(3) * x, sqrt(5) * (3 * x^2 - 1) / 2, sqrt(7) * (5 * x^3 - 3 * x) / 2,
    3 * (35 * x^4 - 30 * x^2 + 3) / 8
  )
  Reduce(`+`, lapply(parts, function(part) colSums(part)^2)) / nrow(u)
}

# Scholz and Stephens' statistic of discrete samples (equation 6), standardised.
anderson_darling_test <- function(x, group) {
  n <- length(x)
  size <- tabulate(group)
  k <- length(size)
  values <- sort(unique(x))
  counts <- unclass(table(factor(match(x, values), seq_along(values)), group))
  counts <- counts[-length(values), , drop = FALSE]
  ties <- rowSums(counts)
  below <- cumsum(ties)
  above <- apply(counts, 2, cumsum)
  dim(above) <- dim(counts)
  each <- (n * above - outer(below, size))^2 * (ties / (below * (n - below)))
  statistic <- sum(colSums(each) / size) / n
  standardised <- (statistic - (k - 1)) / sqrt(anderson_darling_variance(n, size))
  test_row(statistic, k - 1, anderson_darling_tail(standardised, k - 1))
}

# Variance without ties (equation 4).
anderson_darling_variance <- function(n, size) {
  k <- length(size)
  inverse <- sum(1 / size)
  h <- sum(1 / seq_len(n - 1))
  i <- seq_len(n - 2)
  g <- sum((h - cumsum(1 / i)) / (n - i))
  a <- (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse
  b <- (2 * g - 4) * k^2 + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6
  c <- (6 * h + 2 * g - 2) * k^2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h
  d <- (2 * h + 6) * k^2 - 4 * h * k
  (a * n^3 + b * n^2 + c * n + d) / ((n - 1) * (n - 2) * (n - 3))
}

# P(Q > q) for the limit Q, a sum of chi-squared variables of m degrees of freedom with weights
# 1 / (j (j + 1)), by Imhof's (1961) inversion of the characteristic function, at a standardised
# value. What is beyond the first 200 weights hardly varies and counts as its mean; below 1e-8 the
# integral has no digits.
anderson_darling_tail <- function(standardised, m) {
  j <- 1:200
  weight <- 1 / (j * (j + 1))
  sd <- sqrt(2 * m * (pi^2 / 3 - 3))
  q <- m + sd * standardised - m / 201
  integrand <- function(u) {
    scaled <- outer(weight, u)
    angle <- m * colSums(atan(scaled)) / 2 - q * u / 2
    sin(angle) / (u * exp(m * colSums(log1p(scaled^2)) / 4))
  }
  found <- stats::integrate(integrand, 0, Inf, subdivisions = 1000L, rel.tol = 1e-8,
    stop.on.error = FALSE)
  min(max(0.5 + found$value / pi, 1e-8), 1)
}

test_row <- function(statistic, parameter, p_value) {
  list(statistic = statistic, parameter = parameter, p.value = p_value)
}
