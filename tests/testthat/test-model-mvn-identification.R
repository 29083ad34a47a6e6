# Where the data do not determine the answer, the fit says so and names the variables.
source(test_path("reference-mvn.R"))

check_row <- function(fit, check) {
  diagnosis <- em_diagnose(fit)
  as.list(as.data.frame(diagnosis)[diagnosis$check == check, ])
}

expect_standard_errors_refused <- function(fit) {
  expect_warning(covariance <- vcov(fit), class = "missmix_warning_boundary")
  expect_true(all(is.na(covariance)))
  expect_type(attr(covariance, "reason"), "character")
  expect_true(all(is.na(suppressWarnings(tidy(fit))$std.error)))
}

test_that("flas under a flat prior is not identified: GRD with LAN4", {
  data <- read_fixture("data_flas")
  # LAN4 is constant wherever GRD is observed: no row tells how the two go together.
  expect_identical(unique(data$LAN4[!is.na(data$GRD)]), 0L)
  fit <- em_mvn(data)
  # The likelihood has a flat ridge of interior maxima, not a singular covariance.
  expect_identical(fit$status, "converged")
  expect_within(as.numeric(logLik(fit)), -7006.42234892555, 1e-5)

  found <- check_row(fit, "identification")
  expect_identical(found$verdict, "fail")
  # One direction: the next eigenvalue of the scaled information is 0.52.
  expect_equal(found$value, 1)
  expect_match(found$text, "GRD")
  expect_match(found$text, "LAN4")
  expect_match(found$text, "sigma[GRD,LAN4]", fixed = TRUE)
  others <- setdiff(names(data), c("GRD", "LAN4"))
  expect_no_match(found$text, paste0("\\b(", paste(others, collapse = "|"), ")\\b"))
  expect_standard_errors_refused(fit)
  expect_output(print(fit), "GRD")
  to_the_end <- em_mvn(data, control = em_control(tol = 0))
  expect_within(glance(to_the_end)$rate, 1, 1e-8)
})

test_that("flas is found not identified however early the climb ends", {
  # Away from the top the ridge bends: its curvature there is of the size of the gradient.
  data <- read_fixture("data_flas")
  for (tol in c(1e-2, 1e-4, 1e-8)) {
    fit <- em_mvn(data, control = em_control(tol = tol))
    expect_identical(check_row(fit, "identification")$verdict, "fail")
    expect_standard_errors_refused(fit)
  }
})

test_that("flas: the height of the ridge does not depend on the start, the place does", {
  data <- read_fixture("data_flas")
  fit <- em_mvn(data)
  start <- em_parameters(fit)
  start$sigma <- diag(diag(start$sigma))
  start$sigma[3, 14] <- start$sigma[14, 3] <- 0.7 * sqrt(start$sigma[3, 3] * start$sigma[14, 14])
  other <- em_mvn(data, starts = start)
  expect_within(other$log_lik, fit$log_lik, 1e-5)
  place <- function(fit) stats::cov2cor(em_parameters(fit)$sigma)["LAN4", "GRD"]
  expect_gt(place(other) - place(fit), 0.3)
})

test_that("flas with a ridge is identified", {
  fit <- em_mvn(read_fixture("data_flas"), prior = em_prior_ridge(3))
  expect_identical(fit$status, "converged")
  expect_true(all(is.finite(vcov(fit))))
  expect_identical(check_row(fit, "identification")$verdict, "pass")
})

test_that("running to a singular covariance is said, with the direction and the remedy", {
  data <- read_fixture("data_mvn_singular_n150")
  expect_warning(fit <- em_mvn(data), class = "missmix_warning_degenerate")
  expect_identical(fit$status, "degenerate")
  expect_monotone(fit)
  found <- check_row(fit, "covariance")
  expect_identical(found$verdict, "fail")
  # The three that weigh most in the direction all along the way (.6, .4, .4 in correlation units).
  for (variable in c("V3", "V8", "V9")) expect_match(found$text, variable)
  expect_match(found$text, "ridge")
  expect_match(fit$message, "singular")
  direction <- attr(em_diagnose(fit), "details")$singular
  expect_true(all(c("V3", "V8", "V9") %in% names(direction)))
  expect_identical(check_row(fit, "convergence")$verdict, "fail")
  expect_standard_errors_refused(fit)
})

test_that("the ridge that is suggested cures it", {
  data <- read_fixture("data_mvn_singular_n150")
  fit <- em_mvn(data, prior = em_prior_ridge(2))
  expect_identical(fit$status, "converged")
  expect_true(all(is.finite(vcov(fit))))
  expect_gt(min(eigen(stats::cov2cor(em_parameters(fit)$sigma))$values), 0.01)
})

test_that("Murray 1977: from rho = 0 the saddle is met, reported and left for a mode", {
  data <- read_fixture("data_murray1977")
  expected <- reference_values("Murray", "misc_examples")
  fit <- em_mvn(
    data, starts = list(mu = c(0, 0), sigma = diag(2.5, 2)), control = em_control(tol = 0)
  )
  sigma <- em_parameters(fit)$sigma
  expect_identical(fit$status, "converged")
  expect_length(fit$saddles, 1)
  # Twelve digits are printed.
  expect_within(fit$saddles[[1]]$objective, expected[["ll_saddle"]], 1e-9)
  # 16 / 15, by differences of the EM map: half of the digits.
  expect_within(fit$saddles[[1]]$rate, expected[["rate_saddle"]], 1e-6)
  expect_within(abs(stats::cov2cor(sigma)[2, 1]), expected[["rho_mode"]], 1e-8)
  expect_relative(diag(sigma), rep(expected[["sigma2_mode"]], 2), 1e-8)
  expect_within(as.numeric(logLik(fit)), -29.9742864105, 1e-9)
  expect_within(glance(fit)$rate, expected[["rate_mode"]], 1e-8)
  expect_match(check_row(fit, "saddle")$text, "saddle")
  expect_identical(check_row(fit, "saddle")$verdict, "pass")
  expect_true(all(is.finite(vcov(fit))))
})

test_that("Murray 1977: the default start lies on the symmetry line and ends at a mode too", {
  fit <- em_mvn(read_fixture("data_murray1977"), control = em_control(tol = 0))
  expect_length(fit$saddles, 1)
  expect_within(as.numeric(logLik(fit)), -29.9742864105, 1e-9)
})

test_that("Murray 1977: from either side the mode of that side, without a saddle", {
  data <- read_fixture("data_murray1977")
  for (side in c(-1, 1)) {
    start <- list(mu = c(0, 0), sigma = 2.5 * matrix(c(1, side * 0.3, side * 0.3, 1), 2))
    fit <- em_mvn(data, starts = start)
    expect_length(fit$saddles, 0)
    expect_within(stats::cov2cor(em_parameters(fit)$sigma)[2, 1], side * 0.5, 1e-2)
  }
})

test_that("two variables never seen together are named", {
  data <- simulate_missing(120, 3, 0, seed = 21)
  names(data) <- c("age", "crp", "ferritin")
  data$crp[1:60] <- NA
  data$ferritin[61:120] <- NA
  fit <- em_mvn(data, control = em_control(tol = 1e-10))
  found <- check_row(fit, "identification")
  expect_identical(found$verdict, "fail")
  expect_match(found$text, "crp")
  expect_match(found$text, "ferritin")
  expect_no_match(found$text, "age")
  expect_standard_errors_refused(fit)
  # What is identified is right all the same: each regression on age uses its own half.
  par <- em_parameters(fit)
  slope <- stats::coef(stats::lm(crp ~ age, data))[["age"]]
  expect_relative(par$sigma["crp", "age"] / par$sigma["age", "age"], slope, 1e-3)
})

test_that("exact collinearity is running to a singular covariance, with the direction", {
  data <- simulate_missing(80, 3, 0, seed = 22)
  data$total <- data$x1 + data$x2
  for (holes in c(FALSE, TRUE)) {
    if (holes) data$x3[1:30] <- NA
    expect_warning(fit <- em_mvn(data), class = "missmix_warning_degenerate")
    expect_identical(fit$status, "degenerate")
    found <- check_row(fit, "covariance")
    for (variable in c("x1", "x2", "total")) expect_match(found$text, variable)
    expect_no_match(found$text, "x3")
    expect_match(found$text, "ridge")
    expect_standard_errors_refused(fit)
  }
  ridge <- em_mvn(data, prior = em_prior_ridge(1))
  expect_identical(ridge$status, "converged")
})
