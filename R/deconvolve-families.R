# What each family knows of its genes: dispersions and precisions, estimated from the residuals of a
# first fit and shrunk to their trend over expression.

deconvolve_families <- c(
  "poisson", "quasipoisson", "nbinom", "gaussian", "student", "lognormal"
)

# A family as the core takes it, without anything learnt from the data: its core `name`, a
# `weight` for each gene, `dispersion` (nbinom), `degrees` of freedom (student), `offset`
# (lognormal, a share of the mean gene of each sample), and the `power` in which bulk and profiles
# are additive (one but for arrays).
plain_family <- function(name, weight, ..., power = 1) {
  list(name = name, weight = as.double(weight), ..., power = power)
}

# The family of that name, its genes learnt by `rounds` of fitting and looking at residuals.
# `weight`: what each gene counts besides; `power`: in which bulk and profiles are additive.
learnt_family <- function(problem, name, weight, power, control, rounds = 2L) {
  family <- plain_family("poisson", weight, power = power)
  if (name == "lognormal") {
    return(plain_family(name, weight, power = power, offset = expression_floor))
  }
  if (name == "poisson") {
    return(family)
  }
  for (round in seq_len(rounds)) {
    found <- solve_samples(problem, family, quiet_control(control))
    # Ctrl-C or the time limit: no more is learnt, and choose_model() stops soon.
    if (any(found$status == "stopped")) {
      return(structure(family_of_moments(name, no_moments(problem), weight, power, FALSE),
        stopped = TRUE))
    }
    moments <- gene_moments(problem, found$abundance, power)
    family <- family_of_moments(name, moments, weight, power, problem$bulk$counts)
  }
  family
}

family_of_moments <- function(name, moments, weight, power, counts) {
  switch(name,
    quasipoisson = plain_family(name, weight / scaled_to_one(pearson_of(moments)), power = power),
    nbinom = plain_family(name, weight, power = power,
      dispersion = dispersion_of(moments, counts)),
    gaussian = plain_family(name, weight * precision_of(moments), power = power),
    student = plain_family(name, weight * precision_of(moments), power = power, degrees = 4)
  )
}

# Residuals of the genes over the samples, a list: `level` (mean share of the total), `mean`
# (expectation), `pearson` (mean of squares over the expectation), `square` (mean of squares in
# units of the total of each sample), and the `degrees` of freedom of these means.
gene_moments <- function(problem, abundance, power) {
  profiles <- problem$reference$profiles^power
  used <- which(rowSums(is.na(abundance)) == 0)
  level <- expected <- pearson <- square <- numeric(nrow(profiles))
  for (block in split(used, ceiling(seq_along(used) / 200))) {
    y <- as.matrix(problem$values[problem$rows, block, drop = FALSE])^power
    m <- tcrossprod(profiles, abundance[block, , drop = FALSE])
    totals <- rep(colSums(m), each = nrow(m))
    ratio <- (y - m)^2 / m
    ratio[m == 0] <- 0
    level <- level + rowSums(m / totals)
    expected <- expected + rowSums(m)
    pearson <- pearson + rowSums(ratio)
    square <- square + rowSums(((y - m) / totals)^2)
  }
  n <- length(used)
  fitted <- mean(rowSums(abundance[used, , drop = FALSE] > 0))
  list(
    level = level / n, pearson = pearson / n, square = square / n,
    mean = expected / n,
    degrees = max(n * (1 - fitted / nrow(profiles)), 0.5)
  )
}

# Of genes about which nothing was learnt.
no_moments <- function(problem) {
  ones <- rep(1, length(problem$rows))
  list(level = ones, mean = ones, pearson = ones, square = ones, degrees = 1)
}

pearson_of <- function(moments) {
  shrink_to_trend(moments$pearson, moments$degrees, moments$level)
}

precision_of <- function(moments) {
  1 / scaled_to_one(shrink_to_trend(moments$square, moments$degrees, moments$level))
}

# Variance m + dispersion m^2 in units of what genes scatter at least: one for counts.
dispersion_of <- function(moments, counts) {
  pearson <- pearson_of(moments)
  least <- if (counts) 1 else stats::quantile(pearson, 0.05, names = FALSE)
  pmax(pearson / least - 1, 0) / pmax(moments$mean, .Machine$double.xmin)
}

scaled_to_one <- function(x) x / stats::median(x)

# Variances of genes, each of `degrees` of freedom, shrunk to their trend over log expression: the
# empirical Bayes estimate of Smyth (2004), with the trend of limma (Phipson et al. 2016). How much
# they are shrunk is learnt from how much more they scatter about the trend than chi-squares do.
shrink_to_trend <- function(variance, degrees, level) {
  floor <- 1e-8 * stats::median(variance[variance > 0])
  if (!is.finite(floor)) {
    return(rep(1, length(variance)))
  }
  variance <- pmax(variance, floor)
  half <- degrees / 2
  height <- log(variance) - digamma(half) + log(half)
  level <- log(pmax(level, .Machine$double.xmin))
  trend <- if (length(variance) < 20) mean(height) else smooth_trend(level, height)
  scatter <- sum((height - trend)^2) / max(length(variance) - 1, 1) - trigamma(half)
  if (scatter <= 0) {
    return(exp(trend))
  }
  prior <- inverse_trigamma(scatter)
  expected <- exp(trend + digamma(prior) - log(prior))
  (prior * expected + half * variance) / (prior + half)
}

smooth_trend <- function(x, y) {
  curve <- stats::lowess(x, y, f = 0.5, iter = 3L, delta = 0.01 * diff(range(x)))
  stats::approx(curve$x, curve$y, xout = x, ties = mean, rule = 2)$y
}

# By Newton's method (Smyth 2004, appendix).
inverse_trigamma <- function(x) {
  y <- 0.5 + 1 / x
  for (step in 1:50) {
    value <- trigamma(y)
    move <- value * (1 - value / x) / psigamma(y, deriv = 2)
    y <- y + move
    if (-move / y < 1e-8) break
  }
  y
}
