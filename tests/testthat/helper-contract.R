# What every fit promises, in one call; and comparisons that say how far off a number is.

# Element by element: |x - y| <= tolerance * |y|. testthat's own comparison is of the mean only.
expect_relative <- function(x, y, tolerance) {
  worst <- max(abs(unname(x) - unname(y)) / abs(unname(y)))
  testthat::expect(
    length(x) == length(y) && isTRUE(worst <= tolerance),
    sprintf("Largest relative difference is %.3g, not within %.3g.", worst, tolerance)
  )
  invisible(x)
}

expect_within <- function(x, y, tolerance) {
  worst <- max(abs(unname(x) - unname(y)))
  testthat::expect(
    length(x) == length(y) && isTRUE(worst <= tolerance),
    sprintf("Largest absolute difference is %.3g, not within %.3g.", worst, tolerance)
  )
  invisible(x)
}

# The objective never falls by more than rounding: 1e-10 of its size, the slack at which the engine
# itself calls a plain step "decreased".
expect_monotone <- function(fit) {
  trace <- em_trace(fit)
  fall <- max(vapply(split(trace$objective, trace$start), function(objective) {
    max(c(0, -diff(objective)) / abs(objective[1]))
  }, numeric(1)))
  testthat::expect(
    isTRUE(fall <= 1e-10),
    sprintf("The objective falls by %.3g of its size.", fall)
  )
  invisible(fit)
}

# `refit`: the call of the fit as a function that passes on `starts` and `control`, such as
# function(...) em_mvn(labs, ...).
expect_em_contract <- function(fit, refit) {
  expect_fit_fields(fit)
  expect_same_names(fit)
  expect_table_columns(fit)
  expect_words(fit)
  expect_monotone(fit)
  expect_refit_is_free(fit, refit)
  expect_threads_change_nothing(refit)
  expect_survives_disk(fit)
  invisible(fit)
}

expect_fit_fields <- function(fit) {
  testthat::expect_s3_class(fit, "em_fit")
  testthat::expect_true(fit$status %in% c(
    "converged", "max_iter", "stopped", "decreased", "non_finite", "degenerate"
  ))
  testthat::expect_type(fit$message, "character")
  testthat::expect_length(fit$message, 1)
  for (number in c("log_lik", "objective", "df", "gap", "gap_limit", "passes")) {
    testthat::expect_length(fit[[number]], 1)
    testthat::expect_true(is.numeric(fit[[number]]), label = number)
  }
  testthat::expect_identical(em_parameters(fit), fit$parameters)
}

expect_same_names <- function(fit) {
  terms <- names(coef(fit))
  testthat::expect_false(is.null(terms))
  testthat::expect_false(anyDuplicated(terms) > 0)
  covariance <- suppressWarnings(vcov(fit))
  testthat::expect_identical(dimnames(covariance), list(terms, terms))
  testthat::expect_identical(rownames(suppressWarnings(confint(fit))), terms)
  table <- suppressWarnings(tidy(fit, conf.int = TRUE))
  testthat::expect_identical(table$term, terms)
  testthat::expect_identical(table$estimate, unname(coef(fit)))
  testthat::expect_equal(table$std.error, unname(sqrt(diag(covariance))))
  limits <- unname(suppressWarnings(confint(fit)))
  testthat::expect_equal(cbind(table$conf.low, table$conf.high), limits)
}

expect_table_columns <- function(fit) {
  row <- glance(fit)
  testthat::expect_equal(nrow(row), 1)
  testthat::expect_true(all(c(
    "logLik", "AIC", "BIC", "df", "nobs", "status", "converged", "gap", "passes", "rate"
  ) %in% names(row)))
  log_lik <- logLik(fit)
  testthat::expect_s3_class(log_lik, "logLik")
  testthat::expect_equal(row$logLik, as.numeric(log_lik))
  testthat::expect_equal(row$AIC, -2 * as.numeric(log_lik) + 2 * attr(log_lik, "df"))
  testthat::expect_identical(row$converged, fit$status == "converged")

  # Of many starts that of the one which is the fit.
  trace <- as.data.frame(em_trace(fit))
  trace <- trace[trace$start == fit$trace$start[1], ]
  testthat::expect_true(all(c(
    "start", "iteration", "objective", "gap", "kind", "passes", "seconds"
  ) %in% names(trace)))
  testthat::expect_equal(nrow(trace), fit$iterations + 1)
  testthat::expect_true(all(trace$kind %in% c("start", "em", "accelerated", "fallback")))
  testthat::expect_false(is.unsorted(trace$passes))
  # The last row is the fit: parameters and objective move together.
  testthat::expect_equal(utils::tail(trace$objective, 1), fit$objective, tolerance = 1e-12)
}

expect_words <- function(fit) {
  testthat::expect_output(print(fit))
  testthat::expect_output(print(summary(fit)))
  testthat::expect_output(print(em_trace(fit)))
  diagnosis <- em_diagnose(fit)
  testthat::expect_true(all(c("check", "verdict", "text") %in% names(diagnosis)))
  testthat::expect_true(all(diagnosis$verdict %in% c("pass", "caution", "fail", NA)))
  testthat::expect_output(print(diagnosis))
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  testthat::expect_no_error(plot(fit, "trace"))
}

# From the optimum: one E-step to see where it is, one to confirm by a plain EM step.
expect_refit_is_free <- function(fit, refit) {
  if (fit$status != "converged") return(invisible())
  again <- refit(starts = fit, control = fit$control)
  testthat::expect_identical(again$status, "converged")
  testthat::expect_lte(again$passes, 2)
  testthat::expect_gte(again$objective, fit$objective - 1e-10 * abs(fit$objective))
}

# Bit-identical, not merely close: blocks are added in index order whatever thread made them.
expect_threads_change_nothing <- function(refit) {
  one <- refit(control = em_control(n_threads = 1L))
  two <- refit(control = em_control(n_threads = 2L))
  testthat::expect_identical(one$parameters, two$parameters)
  testthat::expect_identical(one$log_lik, two$log_lik)
  testthat::expect_identical(one$gap, two$gap)
  testthat::expect_identical(one$trace$objective, two$trace$objective)
}

expect_survives_disk <- function(fit) {
  file <- tempfile(fileext = ".rds")
  on.exit(unlink(file))
  saveRDS(fit, file)
  back <- readRDS(file)
  testthat::expect_identical(coef(back), coef(fit))
  testthat::expect_equal(suppressWarnings(vcov(back)), suppressWarnings(vcov(fit)))
  testthat::expect_identical(glance(back), glance(fit))
  testthat::expect_output(print(back))
}
