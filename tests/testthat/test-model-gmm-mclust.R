# Gaussian mixtures against mclust: its fixed points from its own starting partitions, its
# responsibilities. Numbers from fixtures, so that they run without mclust.
source(test_path("reference-mvn.R"))
source(test_path("reference-gmm.R"))

tight_fit <- function(name, k, family, tol = 1e-9, ...) {
  em_gmm(
    gmm_data(name), k = k, covariance = family, starts = mclust_partition(name, k),
    control = em_control(tol = tol), ...
  )
}

test_that("from mclust's partition every family reaches mclust's fixed point to 1e-6", {
  skip_if_not_installed("MASS")
  table <- read_fixture("gmm_mclust_fixed_points")
  for (i in which(table$covariance != "VVE")) {
    row <- table[i, ]
    # galaxies V: components of seven and of twenty galaxies close together are called thin.
    fit <- withCallingHandlers(
      tight_fit(row$data, row$k, row$covariance),
      missmix_warning_degenerate = function(w) invokeRestart("muffleWarning")
    )
    expect_identical(fit$status, "converged")
    expect_within(fit$log_lik, row$log_lik, 1e-6)
  }
})

test_that("VVE: where mclust 6.0.0 stops is no fixed point, and EM climbs on from there", {
  # Its M-step does not reach the common axes (faithful: turned by 0.001 they gain 0.07 at once).
  table <- read_fixture("gmm_mclust_fixed_points")
  for (i in which(table$covariance == "VVE")) {
    row <- table[i, ]
    fit <- tight_fit(row$data, row$k, "VVE")
    expect_gt(fit$log_lik, row$log_lik + 0.05)
    if (row$data == "faithful") {
      # The twin finds the axes by brute force: one step of it moves nothing.
      par <- lapply(em_parameters(fit), unname)
      moved <- ref_gmm_step(unname(gmm_data("faithful")), par, "VVE")
      expect_relative(moved$covariances, par$covariances, 1e-3)
      log_lik <- ref_gmm_log_lik(unname(gmm_data("faithful")), moved)
      expect_within(log_lik, fit$log_lik, 1e-9)
    }
  }
})

test_that("the six tight fits of mclust, to their ten decimals, with parameters", {
  skip_if_not_installed("MASS")
  table <- read_fixture("gmm_mclust_tight")
  parameters <- read_fixture("gmm_mclust_params")
  for (name in table$fit) {
    parts <- regmatches(name, regexec("^(faithful|iris|galaxies)[0-9]*_([A-Z]+)([0-9])$", name))
    parts <- parts[[1]]
    # Not further than 1e-12 by any coordinate.
    fit <- em_gmm_quietly(
      gmm_data(parts[2]), k = as.integer(parts[4]), covariance = parts[3],
      starts = mclust_partition(parts[2], as.integer(parts[4])), control = em_control(tol = 0)
    )
    expect_within(fit$log_lik, table$loglik[table$fit == name], 1e-9)
    own <- parameters[parameters$fit == name, ]
    own$i[is.na(own$i)] <- 1L
    own$j[is.na(own$j)] <- own$i[is.na(own$j)]
    # mclust stops where its log-likelihood rests in the 14th digit: 1e-10 or so of it to be gained,
    # and about 1e-5 of a standard error to be gone.
    proportions <- own$value[own$par == "pro"]
    order <- order(-proportions)
    expect_relative(em_parameters(fit)$proportions, proportions[order], 1e-5)
    for (k in seq_along(order)) {
      means <- own[own$par == "mean" & own$k == order[k], ]
      expect_relative(em_parameters(fit)$means[k, means$i], means$value, 1e-5)
      sigma <- own[grepl("^sigma", own$par) & own$k == order[k], ]
      cells <- em_parameters(fit)$covariances[, , k, drop = FALSE]
      expect_relative(cells[cbind(sigma$i, sigma$j, 1)], sigma$value, 1e-5)
    }
  }
})

test_that("with mclust at hand: partitions, fixed points and responsibilities are as stored", {
  skip_if_not_installed("mclust")
  # hc() looks for its workers where the user does.
  withr::local_package("mclust", warn.conflicts = FALSE, quietly = TRUE)
  tight <- mclust::emControl(tol = c(1e-14, 1e-14), itmax = c(10000, 10000))
  for (name in c("faithful", "iris")) {
    y <- gmm_data(name)
    labels <- as.integer(mclust::hclass(mclust::hc(y), 3))
    expect_identical(match(labels, unique(labels)), mclust_partition(name, 3))
    for (family in setdiff(ref_gmm_families, "VVE")) {
      theirs <- mclust::me(y, family, mclust::unmap(labels), control = tight)
      fit <- em_gmm(
        y, k = 3, covariance = family, starts = labels, control = em_control(tol = 1e-9)
      )
      expect_within(fit$log_lik, theirs$loglik, 1e-6)
      # At given parameters, theirs of one M-step: where clusters overlap.
      begin <- mclust::mstep(y, family, mclust::unmap(labels))$parameters
      z <- mclust::estep(y, family, parameters = begin)$z
      order <- order(-begin$pro)
      moved <- at_parameters(fit, list(
        proportions = begin$pro[order], means = t(begin$mean)[order, ],
        covariances = begin$variance$sigma[, , order]
      ))
      expect_within(predict(moved, type = "posterior"), z[, order], 1e-10)
    }
  }
})

test_that("degrees of freedom and BIC are mclust's, all families", {
  grid <- read_fixture("gmm_mclust_grid")
  grid <- grid[grid$data %in% c("faithful", "iris") & grid$G == 3, ]
  for (i in seq_len(nrow(grid))) {
    row <- grid[i, ]
    fit <- tight_fit(row$data, 3, row$model, tol = 1e-6)
    expect_equal(fit$df, row$df)
    # mclust's BIC is 2 log-likelihood - df log n; its climbs stop early.
    expect_equal(-BIC(fit), 2 * fit$log_lik - row$df * log(row$n), tolerance = 1e-12)
  }
})
