# Components that collapse, and rows far from everything.
source(test_path("reference-mvn.R"))
source(test_path("reference-gmm.R"))

test_that("responsibilities are finite 1,000 sd from every centre, rows sum to one", {
  fit <- em_gmm(faithful, k = 3, starts = em_starts(5, seed = 1))
  par <- lapply(em_parameters(fit), unname)
  centre <- colMeans(faithful)
  sd <- vapply(faithful, stats::sd, numeric(1))
  for (distance in c(10, 1000, 1e6)) {
    far <- rbind(
      centre + distance * sd, centre - distance * sd, centre + distance * sd * c(1, -1),
      c(centre[1] + distance * sd[1], NA)
    )
    colnames(far) <- names(faithful)
    shares <- predict(fit, far, type = "posterior")
    expect_true(all(is.finite(shares) & shares >= 0))
    expect_within(rowSums(shares), rep(1, 4), 1e-14)
    found <- ref_gmm_respond(unname(far), par)
    # Squared distances are up to 1e13, of which exp() takes the difference: at 1e6 no digit of a
    # share is certain, but one component takes all.
    if (distance < 1e5) expect_within(shares, found$shares, 1e-8)
    expect_relative(predict(fit, far, type = "log_density"), found$log_density, 1e-11)
    expect_false(anyNA(predict(fit, far)))
  }
  expect_within(rowSums(predict(fit, type = "posterior")), rep(1, 272), 1e-14)
})

test_that("a fit is finite with rows 1,000 sd away", {
  data <- rbind(faithful, c(1200, 14000), c(-1200, NA))
  # The far rows are components of one row each, or stretch one far.
  fit <- em_gmm_quietly(data, k = 3, starts = em_starts(6, seed = 1))
  expect_true(is.finite(fit$log_lik))
  shares <- predict(fit, type = "posterior")
  expect_true(all(is.finite(shares)))
  expect_within(rowSums(shares), rep(1, 274), 1e-14)
})

# Two clouds, and a row that stands five times: a component can sit on it.
with_a_point <- function() {
  data <- simulate_clouds(150, rbind(c(0, 0), c(6, 6)), seed = 21)
  rbind(data, data[rep(150, 4), ])
}

test_that("a start that collapses on a point is flagged, and warned of if it is all there is", {
  data <- with_a_point()
  # VVI leaves the five for a sound mode, but for a start on one row.
  cases <- list(list(150, "VVV"), list(150:151, "VVV"), list(150:154, "VVV"), list(150, "VVI"))
  for (case in cases) {
    labels <- replace(rep(1:2, length.out = 154), case[[1]], 3)
    expect_warning(
      fit <- em_gmm(data, k = 3, covariance = case[[2]], starts = labels),
      class = "missmix_warning_degenerate"
    )
    expect_true(fit$status == "degenerate" || fit$thin)
    expect_lt(fit$thinness, 0.01)
    expect_true(is.finite(fit$log_lik))
    diagnosis <- em_diagnose(fit)
    expect_true("fail" %in% diagnosis$verdict)
    expect_output(print(fit), "thin|singular|collapse")
    expect_warning(vcov(fit), class = "missmix_warning")
  }
})

test_that("a start that collapses is never the fit when others are sound", {
  data <- with_a_point()
  labels <- replace(rep(1:2, length.out = 154), 150:154, 3)
  starts <- em_starts(6, method = "kmeans", keep = 7, seed = 1, include = list(labels))
  fit <- em_gmm(data, k = 3, starts = starts)
  table <- fit$runs$table
  expect_identical(table$method[1], "given")
  expect_true(table$status[1] == "degenerate" || table$thin[1])
  expect_gt(fit$runs$chosen, 1)
  expect_identical(fit$status, "converged")
  expect_false(fit$thin)
  basins <- em_basins(fit)
  expect_true(basins$sound[basins$chosen])
  # It is higher, and shown: never chosen silently.
  expect_gt(max(basins$log_lik[!basins$sound]), fit$log_lik)
})

test_that("families that share volumes do not collapse on a point", {
  data <- with_a_point()
  labels <- replace(rep(1:2, length.out = 154), 150:154, 3)
  for (family in c("EII", "EEE", "EEI", "EEV")) {
    fit <- em_gmm(data, k = 3, covariance = family, starts = labels)
    expect_identical(fit$status, "converged")
    expect_false(fit$thin)
  }
})

test_that("the conjugate prior keeps components from collapsing", {
  data <- with_a_point()
  labels <- replace(rep(1:2, length.out = 154), 150:154, 3)
  for (family in c("VVV", "VVI", "VII")) {
    fit <- em_gmm(
      data, k = 3, covariance = family, starts = labels, prior = em_prior_conjugate()
    )
    expect_identical(fit$status, "converged")
  }
})

test_that("more components than the data can bear: an answer that says so, or an error", {
  data <- simulate_clouds(12, rbind(c(0, 0), c(6, 6)), seed = 22)
  fit <- em_gmm_quietly(data, k = 6, starts = em_starts(5, seed = 1))
  expect_true(fit$status == "degenerate" || fit$thin)
  expect_error(em_gmm(data, k = 13), class = "missmix_error")
  expect_error(em_gmm(data[rep(1:3, 4), ], k = 4), "distinct", class = "missmix_error_data")
  # As many components as rows, all on their own.
  expect_warning(
    all <- em_gmm(data, k = 12, starts = seq_len(12)), class = "missmix_warning_degenerate"
  )
  expect_s3_class(all, "em_gmm")
})
