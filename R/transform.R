# The four transforms under which a variable may be modelled. For each: the way
# to the modelled scale and back, log|derivative| (its part of the Jacobian), and
# the median, mean and standard deviation on the user's scale of a variable that
# is normal on the modelled scale.
#
# The domain is open: at an end of it the transform or its derivative is
# infinite. For sqrt that is the derivative at zero, under which the
# log-likelihood on the user's scale would be infinite.
data_transforms <- list(
  log = list(
    forward = log,
    inverse = exp,
    log_slope = function(y) -log(y),
    mean = function(m, v) exp(m + v / 2),
    sd = function(m, v) exp(m + v / 2) * sqrt(expm1(v)),
    lower = 0, upper = Inf, domain = "greater than 0"
  ),
  log1p = list(
    forward = log1p,
    inverse = expm1,
    log_slope = function(y) -log1p(y),
    mean = function(m, v) expm1(m + v / 2),
    sd = function(m, v) exp(m + v / 2) * sqrt(expm1(v)),
    lower = -1, upper = Inf, domain = "greater than -1"
  ),
  # Back from a normal z this is z^2. A normal reaches below zero, where there
  # is no square root: everywhere such a z stands for zero.
  sqrt = list(
    forward = sqrt,
    inverse = function(z) pmax(z, 0)^2,
    log_slope = function(y) -log(2) - log(y) / 2,
    mean = function(m, v) root_normal_moments(m, v)$mean,
    sd = function(m, v) root_normal_moments(m, v)$sd,
    lower = 0, upper = Inf, domain = "greater than 0"
  ),
  logit = list(
    forward = stats::qlogis,
    inverse = stats::plogis,
    log_slope = function(y) -log(y) - log1p(-y),
    mean = function(m, v) logit_normal_moments(m, v)$mean,
    sd = function(m, v) logit_normal_moments(m, v)$sd,
    lower = 0, upper = 1, domain = "strictly between 0 and 1"
  )
)

# Values of the user on the modelled scale. NA and NaN are told apart later, and
# arithmetic does not promise to keep the difference.
# The transform of a variable of a fit, its data or imputations; NULL where it has none.
transform_of <- function(x, variable) {
  if (variable %in% names(x$transform)) x$transform[[variable]]
}

transform_forward <- function(y, transform) {
  y <- as.double(y)
  z <- data_transforms[[transform]]$forward(y)
  lost <- is.na(y)
  z[lost] <- y[lost]
  z
}

transform_inverse <- function(z, transform) {
  data_transforms[[transform]]$inverse(z)
}

transform_log_slope <- function(y, transform) {
  data_transforms[[transform]]$log_slope(y)
}

# First element outside the domain; NA when there is none.
transform_first_outside <- function(y, transform) {
  range <- data_transforms[[transform]]
  which(y <= range$lower | (y >= range$upper & range$upper < Inf))[1]
}

# Median, mean and standard deviation on the user's scale of a variable that is
# normal on the modelled scale with means `m` and variances `v`: vectors of one
# length, or `v` single. `transform = NULL` for a variable modelled as it is.
back_median <- function(m, transform = NULL) {
  if (is.null(transform)) m else transform_inverse(m, transform)
}

back_mean <- function(m, v, transform = NULL) {
  if (is.null(transform)) m else data_transforms[[transform]]$mean(m, v)
}

back_sd <- function(m, v, transform = NULL) {
  if (is.null(transform)) {
    return(rep_len(sqrt(v), length(m)))
  }
  data_transforms[[transform]]$sd(m, v)
}

# Whole numbers for an integer column, inside the domain of its transform: 0.3
# under a log is 1. As they are where the domain holds no whole number, and
# doubles where an integer cannot hold them.
whole_numbers <- function(value, transform = NULL) {
  range <- if (is.null(transform)) c(-Inf, Inf) else domain_range(transform)
  lowest <- floor(range[1]) + 1
  highest <- ceiling(range[2]) - 1
  if (lowest > highest) {
    return(value)
  }
  value <- pmin(pmax(round(value), lowest), highest)
  if (all(abs(value) <= .Machine$integer.max)) as.integer(value) else value
}

domain_range <- function(transform) unlist(data_transforms[[transform]][c("lower", "upper")])

# Mean and standard deviation of max(z, 0)^2, z ~ N(m, v). With s = sqrt(v) and a
# standard normal x, the part of z beyond zero has the moments
#   s^n E max(x - t, 0)^n, t = -m / s.
# For t < 0 the moments of the whole normal are taken and those of the other part
# away, so that nothing cancels however far zero is.
root_normal_moments <- function(m, v) {
  t <- abs(m) / sqrt(v)
  t[which(m == 0)] <- 0 # of any v, zero too
  two <- v * normal_excess(2L, t)
  four <- v^2 * normal_excess(4L, t)
  whole <- m^2 + v
  above <- m >= 0
  list(
    mean = ifelse(above, whole - two, two),
    sd = sqrt(ifelse(above,
      4 * m^2 * v + 2 * v^2 + 2 * whole * two - four - two^2,
      four - two^2
    ))
  )
}

# E max(x - t, 0)^n for a standard normal x and t >= 0, n = 2 or 4. In the tail the
# closed form cancels. There the continued fraction of Mills' ratio holds:
# E max(x - t, 0)^k / k! = r_k * E max(x - t, 0)^(k-1) / (k-1)!, from the density for
# k = 0, where r_k = 1 / (t + (k + 1) r_(k+1)). A hundred terms are exact for t >= 2.
normal_excess <- function(n, t) {
  near <- if (n == 2) {
    (1 + t^2) * stats::pnorm(-t) - t * stats::dnorm(t)
  } else {
    (t^4 + 6 * t^2 + 3) * stats::pnorm(-t) - (t^3 + 5 * t) * stats::dnorm(t)
  }
  ratio <- 0
  product <- factorial(n) * stats::dnorm(t)
  for (k in 100:0) {
    ratio <- 1 / (t + (k + 1) * ratio)
    if (k <= n) product <- product * ratio
  }
  ifelse(t < 2, near, product)
}

# Mean and standard deviation of plogis(z), z ~ N(m, v), to about 1e-13 whatever
# m and v. There is no closed form; the trapezoidal rule converges geometrically
# for a smooth integrand over the whole line (Trefethen and Weideman, 2014), and
# fixed nodes keep it vectorised: a loop over nodes, not over cells.
#
# * s = sqrt(v) <= 1: over the normal density of t, z = m + s t.
# * s > 1, where plogis(m + s t) turns into a step: integration by parts gives
#   E p = P(x < z) with x logistic, and E p^2 likewise with the density 2 p p';
#   over x the integrand stays smooth however large s is.
#
# Worked out for m <= 0 and reflected, p(-z) = 1 - p(z), so that nothing cancels.
logit_normal_moments <- function(m, v) {
  s <- rep_len(sqrt(v), length(m))
  m <- as.double(m)
  mean <- stats::plogis(m) + 0 * s # NA and NaN stay where they are
  sd <- 0 * mean
  narrow <- which(s <= 1 & is.finite(m))
  wide <- which(s > 1 & is.finite(m))
  low <- -abs(m)
  found <- narrow_logit_moments(low[narrow], s[narrow])
  mean[narrow] <- found$mean
  sd[narrow] <- found$sd
  found <- wide_logit_moments(low[wide], s[wide])
  mean[wide] <- found$mean
  sd[wide] <- found$sd
  up <- which(m > 0 & is.finite(m))
  mean[up] <- 1 - mean[up]
  list(mean = mean, sd = sd)
}

quadrature_step <- 0.4

narrow_logit_moments <- function(m, s) {
  nodes <- seq(-9, 9, by = quadrature_step)
  weights <- quadrature_step * stats::dnorm(nodes)
  mean <- variance <- numeric(length(m))
  for (k in seq_along(nodes)) {
    mean <- mean + weights[k] * stats::plogis(m + s * nodes[k])
  }
  for (k in seq_along(nodes)) {
    variance <- variance + weights[k] * (stats::plogis(m + s * nodes[k]) - mean)^2
  }
  # The weights add up to one only to rounding.
  list(mean = mean, sd = sqrt(variance) * (s > 0))
}

wide_logit_moments <- function(m, s) {
  nodes <- seq(-37, 37, by = quadrature_step)
  weights <- quadrature_step * stats::dlogis(nodes)
  twice <- 2 * stats::plogis(nodes)
  first <- second <- numeric(length(m))
  for (k in seq_along(nodes)) {
    above <- weights[k] * stats::pnorm((m - nodes[k]) / s)
    first <- first + above
    second <- second + twice[k] * above
  }
  list(mean = first, sd = sqrt(pmax(second - first^2, 0)))
}
