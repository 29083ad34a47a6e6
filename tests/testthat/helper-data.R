# Fixtures, and simulated data with missing cells.

read_fixture <- function(name) {
  utils::read.csv(test_path("fixtures", paste0(name, ".csv")))
}

# Named vector of the reference values of one data set; by default those of 60-digit arithmetic.
reference_values <- function(data, file = "mvn_exact") {
  table <- read_fixture(file)
  table <- table[table[[1]] == data, ]
  stats::setNames(table$value, table$quantity)
}

# The six data sets with reference values. NULL where the package that holds the data is absent.
reference_data <- function(name) {
  switch(name,
    apple = read_fixture("data_apple"),
    missvals_hald = read_fixture("data_missvals_hald"),
    cholesterol = read_fixture("data_cholesterol"),
    airquality = datasets::airquality[c("Ozone", "Solar.R", "Wind", "Temp")],
    airquality_all6 = datasets::airquality,
    nhanes2_num = if (requireNamespace("mice", quietly = TRUE)) mice::nhanes
  )
}

# Reference values are named mu_1, sigma_21, se_mu_1, ...: in the order of coef().
reference_coef <- function(values, p, prefix = "") {
  cells <- which(lower.tri(diag(p), diag = TRUE), arr.ind = TRUE)
  unname(values[paste0(prefix, c(
    paste0("mu_", seq_len(p)), paste0("sigma_", cells[, 1], cells[, 2])
  ))])
}

# A data frame of correlated normal columns x1, x2, ... with a share of the cells missing completely
# at random. Every column keeps some cells.
simulate_missing <- function(n, p, missing = 0.2, seed = 1) {
  z <- with_own_seed(seed, {
    loading <- matrix(stats::rnorm(p * 2), p, 2)
    z <- matrix(stats::rnorm(n * 2), n, 2) %*% t(loading) + matrix(stats::rnorm(n * p), n, p)
    z <- sweep(z, 2, seq_len(p), "+")
    z[matrix(stats::runif(n * p) < missing, n, p)] <- NA
    z
  })
  stats::setNames(as.data.frame(z), paste0("x", seq_len(p)))
}

# Evaluates code with its own seed and puts the generator back as it was.
with_own_seed <- function(seed, code) {
  old <- get0(".Random.seed", globalenv(), inherits = FALSE)
  on.exit(if (!is.null(old)) assign(".Random.seed", old, globalenv()))
  set.seed(seed)
  force(code)
}

# A random legal parameter for these data: a mean within a few standard deviations and a Wishart
# covariance.
random_start <- function(data) {
  p <- ncol(data)
  sd <- vapply(data, stats::sd, numeric(1), na.rm = TRUE)
  mu <- colMeans(data, na.rm = TRUE) + 2 * sd * stats::rnorm(p)
  w <- stats::rWishart(1, p + 2, diag(p))[, , 1] / (p + 2)
  list(mu = mu, sigma = w * outer(sd, sd) * stats::rexp(1))
}

# em_mvn() that is meant to end early, without the warning that says so.
em_mvn_quietly <- function(...) {
  withCallingHandlers(
    em_mvn(...),
    missmix_warning = function(w) invokeRestart("muffleWarning")
  )
}

em_fit_quietly <- function(...) {
  withCallingHandlers(
    em_fit(...),
    missmix_warning = function(w) invokeRestart("muffleWarning")
  )
}
