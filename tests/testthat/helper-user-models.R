# Small EM problems as models written in R.

# Dempster, Laird and Rubin (1977): 197 animals, theta in the cell probabilities.
dlr_counts <- c(125, 18, 20, 34)

dlr_log_lik <- function(theta) {
  sum(dlr_counts * log(c(2 + theta, 1 - theta, 1 - theta, theta) / 4))
}

dlr_step <- function(theta) {
  hidden <- dlr_counts[1] * theta / (2 + theta)
  (hidden + dlr_counts[4]) / (hidden + sum(dlr_counts[2:4]))
}

dlr_score <- function(theta) {
  125 / (2 + theta) - 38 / (1 - theta) + 34 / theta
}

# Hasselblad (1969): days with 0 to 9 notices of death, two Poisson distributions.
poisson_days <- c(162, 267, 271, 185, 111, 61, 27, 8, 3, 1)

poisson_joint <- function(par) {
  cbind(
    par$p[1] * stats::dpois(0:9, par$lambda[1]),
    par$p[2] * stats::dpois(0:9, par$lambda[2])
  )
}

poisson_step <- function(par) {
  expected <- poisson_days * poisson_joint(par) / rowSums(poisson_joint(par))
  list(
    p = colSums(expected) / sum(expected),
    lambda = colSums(expected * 0:9) / colSums(expected)
  )
}

poisson_log_lik <- function(par) sum(poisson_days * log(rowSums(poisson_joint(par))))

poisson_start <- list(p = c(0.3, 0.7), lambda = c(1, 2.5))

poisson_model <- function(...) {
  em_model(
    em_step = poisson_step, log_lik = poisson_log_lik,
    transforms = list(p = em_simplex(), lambda = em_positive()),
    nobs = sum(poisson_days), ...
  )
}

# Two normal variables, the second partly missing: the slow, obvious EM.
apple_e_step <- function(data) {
  n <- nrow(data)
  missing <- is.na(data[, 2])
  function(par) {
    mu <- par$mu
    sigma <- par$sigma
    slope <- sigma[2, 1] / sigma[1, 1]
    residual <- sigma[2, 2] - slope * sigma[1, 2]
    filled <- data
    filled[missing, 2] <- mu[2] + slope * (data[missing, 1] - mu[1])
    expected <- mu[2] + slope * (data[!missing, 1] - mu[1])
    list(
      n = n, sums = colSums(filled),
      squares = crossprod(filled) + diag(c(0, sum(missing) * residual)),
      log_lik = sum(stats::dnorm(data[, 1], mu[1], sqrt(sigma[1, 1]), log = TRUE)) +
        sum(stats::dnorm(data[!missing, 2], expected, sqrt(residual), log = TRUE))
    )
  }
}

apple_m_step <- function(stats) {
  mu <- stats$sums / stats$n
  list(mu = mu, sigma = stats$squares / stats$n - tcrossprod(mu))
}

apple_model <- function(data = as.matrix(read_fixture("data_apple"))) {
  em_model(
    e_step = apple_e_step(data), m_step = apple_m_step,
    transforms = list(sigma = em_covariance())
  )
}

apple_start <- list(
  mu = c(size = 10, worms = 40),
  sigma = matrix(c(60, 0, 0, 100), 2, dimnames = rep(list(c("size", "worms")), 2))
)
