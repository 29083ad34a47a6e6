# Between regular and singular: what arithmetic can still carry is right, what it cannot is named.
source(test_path("reference-mvn.R"))

nearly_collinear <- function(noise, missing = 0) {
  data <- simulate_missing(200, 3, 0, seed = 5)
  with_own_seed(1, {
    data$total <- data$x1 + data$x2 + noise * stats::rnorm(200)
    data[matrix(stats::runif(800) < missing, 200)] <- NA
  })
  data
}

test_that("nearly collinear columns are no singular covariance: same answer as apart", {
  # x1, x2 and total are complete, x3 has holes: to replace total by (total - x1 - x2) / noise is
  # a change of coordinates, and the fit must change with it.
  for (noise in c(1e-2, 1e-3, 1e-4)) {
    data <- nearly_collinear(noise)
    data$x3[1:60] <- NA
    apart <- data
    apart$total <- (data$total - data$x1 - data$x2) / noise
    fit <- em_mvn(data, control = em_control(tol = 1e-6))
    apart_fit <- em_mvn(apart, control = em_control(tol = 1e-10))
    expect_identical(fit$status, "converged")
    back <- diag(4)
    back[4, ] <- c(1, 1, 0, noise)
    sigma <- back %*% em_parameters(apart_fit)$sigma %*% t(back)
    sd <- sqrt(diag(sigma))
    # A gap of 1e-6 is 1.4e-3 standard errors, of which there are 0.07 to a standard deviation.
    expect_within((em_parameters(fit)$sigma - sigma) / outer(sd, sd), 0 * sigma, 5e-4)
    # An ulp of sigma moves its log determinant by eps / eigenvalue (0.06 noise^2), in 200 rows.
    rounding <- 200 * 2e-16 / (0.06 * noise^2)
    expect_within(fit$log_lik, apart_fit$log_lik - 200 * log(noise), 1e-5 + 10 * rounding)
  }
})

test_that("nearly collinear with holes everywhere: converged, likelihood as the twin says", {
  for (noise in c(1e-2, 1e-3)) {
    data <- nearly_collinear(noise, missing = 0.2)
    fit <- em_mvn(data)
    # Smallest eigenvalue of the correlation matrix 6e-6 and 6e-8: far from singular in double.
    expect_identical(fit$status, "converged")
    par <- lapply(em_parameters(fit), unname)
    expect_within(fit$log_lik, ref_mvn_log_lik(unname(as.matrix(data)), par$mu, par$sigma), 1e-5)
  }
})

test_that("the log-likelihood reported is that of the parameters reported, to the edge", {
  for (noise in c(1e-4, 1e-5)) {
    data <- nearly_collinear(noise, missing = 0.2)
    fit <- em_mvn_quietly(data)
    par <- lapply(em_parameters(fit), unname)
    # Eigenvalues of 6e-10 and 6e-12 leave the twin itself six and four digits.
    expect_equal(
      fit$log_lik, ref_mvn_log_lik(unname(as.matrix(data)), par$mu, par$sigma), tolerance = 1e-3
    )
  }
})

test_that("an unbounded likelihood ends as degenerate with direction and remedy, never as a bug", {
  # Few rows against many columns: a pattern that one row alone has can always be fitted exactly.
  settings <- list(c(30, 8, 0.38, 1013), c(30, 10, 0.37, 1028), c(60, 10, 0.52, 1030))
  for (s in settings) {
    fit <- em_mvn_quietly(simulate_missing(s[1], s[2], s[3], seed = s[4]))
    expect_identical(fit$status, "degenerate")
    diagnosis <- em_diagnose(fit)
    text <- diagnosis$text[diagnosis$check == "covariance"]
    expect_match(text, "almost no variance")
    expect_match(text, "ridge")
  }
})

test_that("two readings of one quantity: the covariance of complete data is the sample's", {
  x <- with_own_seed(1, rnorm(100))
  for (apart in c(5e-5, 2e-5, 1e-5)) {
    data <- data.frame(x = x, y = x + apart * with_own_seed(2, rnorm(100)))
    fit <- em_mvn(data)
    expect_identical(fit$status, "converged")
    difference <- c(1, -1)
    found <- drop(difference %*% em_parameters(fit)$sigma %*% difference)
    # The share of variance of its own is 1e-10: six of sixteen digits are left.
    expect_relative(found, var(data$x - data$y) * 99 / 100, 1e-4)
    expect_true("fail" %in% em_diagnose(fit)$verdict[em_diagnose(fit)$check == "conditioning"])
  }
})

test_that("80% missing: whatever the climb runs to, its likelihood is that of its parameters", {
  for (seed in c(5, 19, 40, 47)) {
    data <- with_own_seed(seed, {
      data <- matrix(rnorm(1200), 200) %*% chol(0.5 + 0.5 * diag(6))
      data[runif(1200) < 0.8] <- NA
      data
    })
    fit <- em_mvn_quietly(data)
    expect_lt(max(abs(em_parameters(fit)$mu)), 1)
    expect_within(sum(augment(fit)$.log_lik, na.rm = TRUE), fit$log_lik, 0.5)
    expect_lt(fit$log_lik, 0)
  }
})
