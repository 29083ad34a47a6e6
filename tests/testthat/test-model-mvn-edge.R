# Where other programs fail in silence: right, or an error or a status that says why.
source(test_path("reference-mvn.R"))

# At a maximum one more plain EM step of the twin moves nothing. `within`: in standard deviations;
# a gap of 1e-10 leaves steps of about 1e-5 / sqrt(n).
expect_fixed_point <- function(fit, data, within = 1e-5) {
  y <- unname(as.matrix(data))
  par <- lapply(em_parameters(fit), unname)
  stats <- ref_mvn_e_step(y, par$mu, par$sigma)
  moved <- ref_mvn_m_step(stats)
  sd <- sqrt(diag(par$sigma))
  # Rounding of a sum over all cells.
  testthat::expect_equal(fit$log_lik, stats$log_lik, tolerance = 1e-11)
  expect_within((moved$mu - par$mu) / sd, rep(0, length(sd)), within)
  expect_within((moved$sigma - par$sigma) / outer(sd, sd), 0 * par$sigma, within)
}

test_that("p = 40 and p = 100: more possible patterns than an integer counts", {
  for (p in c(40, 100)) {
    data <- simulate_missing(8 * p, p, 0.1, seed = p)
    fit <- em_mvn(data, control = em_control(tol = 1e-8))
    expect_identical(fit$status, "converged")
    expect_monotone(fit)
    expect_fixed_point(fit, data)
    # The 32nd column and those beyond keep their own cells: patterns are not folded together.
    distinct <- nrow(unique(is.na(data)))
    expect_equal(nrow(fit$patterns$observed), distinct)
    expect_equal(sum(fit$patterns$count), nrow(data))
  }
})

test_that("patterns that differ only beyond the 64th column are told apart", {
  data <- as.data.frame(matrix(0, 300, 70))
  set.seed(41)
  data[] <- lapply(data, function(column) stats::rnorm(300))
  data[1:50, 68] <- NA
  data[51:90, 70] <- NA
  fit <- em_mvn(data)
  expect_equal(nrow(fit$patterns$observed), 3)
  expect_setequal(fit$patterns$count, c(50, 40, 210))
})

test_that("a column with mean 1e9 and sd 1 loses nothing", {
  data <- simulate_missing(150, 3, 0.2, seed = 42)
  # Multiples of 2^-20 stay exact beside 1e9 (30 + 20 bits), so that both sets hold the same cells.
  data[] <- lapply(data, function(column) round(column * 2^20) / 2^20)
  far <- data
  far$x2 <- far$x2 + 1e9
  near_fit <- em_mvn(data, control = em_control(tol = 0))
  far_fit <- em_mvn(far, control = em_control(tol = 0))
  expect_identical(far_fit$status, "converged")
  expect_relative(em_parameters(far_fit)$sigma, em_parameters(near_fit)$sigma, 1e-8)
  # 1e9 has an ulp of 1.2e-7.
  expect_within(em_parameters(far_fit)$mu[["x2"]] - 1e9, em_parameters(near_fit)$mu[["x2"]], 1e-6)
  expect_within(far_fit$log_lik, near_fit$log_lik, 1e-6)
  expect_relative(diag(vcov(far_fit)), diag(vcov(near_fit)), 1e-6)
})

test_that("columns on scales from 1e-8 to 1e12 give the same answer in their units", {
  data <- simulate_missing(150, 4, 0.25, seed = 43)
  scale <- c(1e-8, 1, 1e5, 1e12)
  scaled <- as.data.frame(sweep(as.matrix(data), 2, scale, "*"))
  fit <- em_mvn(data, control = em_control(tol = 0))
  scaled_fit <- em_mvn(scaled, control = em_control(tol = 0))
  expect_identical(scaled_fit$status, "converged")
  expect_relative(em_parameters(scaled_fit)$mu, em_parameters(fit)$mu * scale, 1e-8)
  units <- outer(scale, scale)
  expect_relative(em_parameters(scaled_fit)$sigma, em_parameters(fit)$sigma * units, 1e-8)
  jacobian <- sum(colSums(!is.na(data)) * log(scale))
  expect_equal(scaled_fit$log_lik, fit$log_lik - jacobian, tolerance = 1e-11)
  units <- c(scale, units[lower.tri(units, diag = TRUE)])
  expect_relative(sqrt(diag(vcov(scaled_fit))), sqrt(diag(vcov(fit))) * units, 1e-7)
  expect_within(glance(scaled_fit)$rate, glance(fit)$rate, 1e-8)
})

test_that("fewer rows than columns: refused or degenerate, and a ridge is suggested", {
  data <- simulate_missing(6, 9, 0.1, seed = 44)
  said <- ""
  outcome <- withCallingHandlers(
    tryCatch(em_mvn(data), missmix_error = function(e) e),
    missmix_warning = function(w) {
      said <<- conditionMessage(w)
      invokeRestart("muffleWarning")
    }
  )
  if (inherits(outcome, "em_fit")) {
    expect_identical(outcome$status, "degenerate")
  } else {
    said <- conditionMessage(outcome)
  }
  expect_match(said, "ridge")
  ridge <- em_mvn(data, prior = em_prior_ridge(2))
  expect_identical(ridge$status, "converged")
  expect_true(all(is.finite(vcov(ridge))))
})

test_that("one row is refused with a reason", {
  expect_error(em_mvn(data.frame(x = 1, y = 2)), class = "missmix_error_data")
  expect_error(em_mvn(data.frame(x = 1, y = 2)[0, ]), class = "missmix_error_data")
})

test_that("constant and all-missing columns are named", {
  data <- simulate_missing(30, 4, 0.2, seed = 45)
  constant <- data
  constant$x3[!is.na(constant$x3)] <- 7
  expect_error(em_mvn(constant), "x3", class = "missmix_error_data")
  empty <- data
  empty$x2 <- NA_real_
  expect_error(em_mvn(empty), "x2", class = "missmix_error_data")
  logical <- data
  logical$x4 <- NA
  expect_error(em_mvn(logical), "x4", class = "missmix_error_data")
  # As a matrix, and with a mean at which squares would cancel.
  big <- as.matrix(data)
  big[, "x1"] <- 1e9 + 0.1
  expect_error(em_mvn(big), "x1", class = "missmix_error_data")
})

test_that("NaN and infinite cells are refused with row and column", {
  data <- simulate_missing(20, 3, 0, seed = 46)
  for (bad in c(NaN, Inf, -Inf)) {
    broken <- data
    broken$x2[13] <- bad
    expect_error(em_mvn(broken), "13", class = "missmix_error_data")
    expect_error(em_mvn(broken), "x2", class = "missmix_error_data")
    expect_error(em_mvn(as.matrix(broken)), "x2", class = "missmix_error_data")
  }
})

test_that("wholly missing rows are kept, cost nothing and are filled with the mean", {
  data <- simulate_missing(40, 3, 0.2, seed = 47)
  data <- data[rowSums(!is.na(data)) > 0, ]
  blank <- data[c(1, 1, 1), ]
  blank[] <- NA_real_
  longer <- rbind(blank[1, ], data, blank[2:3, ])
  fit <- em_mvn(data, control = em_control(tol = 0))
  longer_fit <- em_mvn(longer, control = em_control(tol = 0))
  expect_relative(coef(longer_fit), coef(fit), 1e-9)
  expect_equal(nobs(longer_fit), nrow(data))
  expect_equal(longer_fit$n, nrow(longer))
  expect_equal(as.numeric(logLik(longer_fit)), as.numeric(logLik(fit)), tolerance = 1e-12)
  # A row that says nothing is no missing information.
  expect_within(glance(longer_fit)$rate, glance(fit)$rate, 1e-8)
  expect_relative(diag(vcov(longer_fit)), diag(vcov(fit)), 1e-8)
  completed <- predict(longer_fit)
  expect_equal(nrow(completed), nrow(longer))
  for (row in c(1, nrow(longer) - 1, nrow(longer))) {
    expect_equal(unlist(completed[row, ]), em_parameters(longer_fit)$mu, tolerance = 1e-12)
  }
})

test_that("no complete row at all", {
  data <- simulate_missing(90, 3, 0, seed = 48)
  data[cbind(1:90, rep(1:3, 30))] <- NA
  expect_false(any(stats::complete.cases(data)))
  fit <- em_mvn(data, control = em_control(tol = 1e-10))
  expect_identical(fit$status, "converged")
  expect_fixed_point(fit, data)
  expect_false(anyNA(predict(fit)))
})

test_that("one column only has its closed form", {
  x <- c(3, NA, 5, 9, 4, NA, 1)
  seen <- x[!is.na(x)]
  variance <- mean((seen - mean(seen))^2)
  for (data in list(data.frame(x = x), matrix(x, dimnames = list(NULL, "x")))) {
    fit <- em_mvn(data)
    expect_relative(coef(fit), c(mean(seen), variance), 1e-12)
    expect_identical(names(coef(fit)), c("mu[x]", "sigma[x,x]"))
    expect_equal(
      as.numeric(logLik(fit)), sum(stats::dnorm(seen, mean(seen), sqrt(variance), log = TRUE))
    )
    expect_relative(sqrt(diag(vcov(fit))), c(sqrt(variance / 5), variance * sqrt(2 / 5)), 1e-10)
    expect_equal(nobs(fit), 5)
    expect_false(anyNA(predict(fit)))
  }
})

test_that("complete data need no iterations and lose no information", {
  data <- simulate_missing(50, 3, 0, seed = 49)
  fit <- em_mvn(data)
  expect_lte(fit$passes, 3)
  expect_relative(em_parameters(fit)$sigma, stats::cov(data) * 49 / 50, 1e-10)
  expect_within(glance(fit)$rate, 0, 1e-10)
  expect_identical(predict(fit), data)
  expect_equal(nrow(predict(fit, type = "cells")), 0)
})

test_that("80% missing: monotone, at a fixed point", {
  data <- simulate_missing(1500, 4, 0.8, seed = 52)
  fit <- em_mvn(data, control = em_control(tol = 1e-10))
  expect_identical(fit$status, "converged")
  expect_monotone(fit)
  expect_fixed_point(fit, data)
  expect_gt(glance(fit)$rate, 0.8)
  expect_lt(glance(fit)$rate, 1)
})

test_that("columns that are no numbers are refused by name, all in one message", {
  data <- simulate_missing(20, 2, 0.1, seed = 51)
  data$sex <- factor(rep(c("f", "m"), 10))
  data$ward <- rep(c("a", "b"), 10)
  data$seen <- as.Date("2020-01-01") + 0:19
  data$notes <- rep(list(1:2), 20)
  message <- tryCatch(em_mvn(data), missmix_error_data = conditionMessage)
  for (name in c("sex", "ward", "seen", "notes")) expect_match(message, name)
})

test_that("one outlier in a weakly determined direction does not stall the climb", {
  for (value in c(-777.777123, 777.777123)) {
    set.seed(5)
    data <- data.frame(a = rnorm(60), b = rnorm(60), c = rnorm(60))
    data$a[c(1:10, 5)] <- NA
    data$b[c(8:20, 5)] <- NA
    data$c[5] <- 123.456789
    data[60, 2:3] <- NA
    data$a[60] <- value
    fit <- em_mvn(data)
    expect_identical(fit$status, "converged")
    # Plain EM takes about 45,000; 111 and 63 were seen.
    expect_lt(fit$passes, 500)
  }
})

test_that("rows without any observed cell count in every share of missing cells", {
  data <- rbind(NA, airquality[1:4], NA)
  fit <- em_mvn(data)
  expect_equal(fit$missing, colMeans(is.na(data)))
  expect_equal(sum(em_patterns(fit)$rows), nrow(data))
})

test_that("scales far out work, and beyond them the column is refused by name", {
  data <- simulate_missing(60, 3, 0.2, seed = 53)
  scaled_fit <- function(scale) em_mvn(sweep(data, 2, scale, "*"), control = em_control(tol = 0))
  fit <- scaled_fit(c(1, 1, 1))
  scale <- c(1e-60, 1, 1e60)
  far <- scaled_fit(scale)
  # The standardised columns differ by rounding.
  expect_relative(em_parameters(far)$mu, em_parameters(fit)$mu * scale, 1e-8)
  units <- outer(scale, scale)
  units <- c(scale, units[lower.tri(units, diag = TRUE)])
  expect_relative(sqrt(diag(vcov(far))), sqrt(diag(vcov(fit))) * units, 1e-7)
  expect_output(print(far), "in a direction of x")
  expect_relative(as.matrix(predict(far)), sweep(as.matrix(predict(fit)), 2, scale, "*"), 1e-8)
  for (unit in c(1e-310, 1e-160, 1e-100, 1e100, 1e160)) {
    error <- expect_error(scaled_fit(c(1, unit, 1)), "x2 \\(about", class = "missmix_error_data")
    expect_identical(error$column, "x2")
  }
  expect_error(scaled_fit(c(1e100, 1, 1e100)), "These do", class = "missmix_error_data")
})

test_that("cells of rows of weight zero are checked like all others", {
  data <- simulate_missing(30, 3, 0.2, seed = 54)
  weights <- rep(c(0, 1), c(1, 29))
  for (bad in c(NaN, Inf, -3)) {
    broken <- data
    broken$x2 <- exp(broken$x2)
    broken$x2[1] <- bad
    expect_error(
      em_mvn(broken, transform = c(x2 = "log"), weights = weights), "Row 1 of `x2`",
      class = "missmix_error_data"
    )
  }
  # A row whose cells are all fine, though of weight zero, is filled.
  fit <- em_mvn(data, weights = weights)
  expect_false(anyNA(predict(fit)))
})
