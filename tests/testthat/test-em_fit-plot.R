draws <- function(fit, what) {
  withr::local_pdf(NULL)
  before <- graphics::par("mar", "mgp")
  out <- withVisible(plot(fit, what))
  expect_false(out$visible)
  expect_identical(out$value, fit)
  expect_identical(graphics::par("mar", "mgp"), before)
}

test_that("every picture is drawn, and par() put back", {
  draws(air_fit(), "trace")
  draws(air_fit(), "patterns")
  draws(air_fit(), "information")
  draws(apart_fit(), "information")
})

test_that("the trace is the default", {
  withr::local_pdf(NULL)
  expect_no_error(plot(air_fit()))
  expect_error(plot(air_fit(), "map"), class = "missmix_error_argument")
})

test_that("a model without patterns or information says so", {
  withr::local_pdf(NULL)
  fit <- user_fit()
  draws(fit, "trace")
  expect_error(plot(fit, "patterns"), class = "missmix_error_model")
  fit$cache <- as.environment(list(information = list(spectrum = NULL)))
  expect_error(plot(fit, "information"), class = "missmix_error_model")
})

test_that("a trace of one point, or ending at the maximum itself, is drawn", {
  fit <- air_fit()
  fit$gap <- 0
  draws(fit, "trace")
  fit$trace <- lapply(fit$trace, `[`, 1L)
  draws(fit, "trace")
})

test_that("a fit without any finite log-likelihood has no trace to draw, and says so", {
  fit <- air_fit()
  fit$trace$objective[] <- NaN
  fit$objective <- NaN
  withr::local_pdf(NULL)
  expect_error(plot(fit), "never a finite number", class = "missmix_error_model")
  skip_if_not_installed("ggplot2")
  expect_error(ggplot2::autoplot(fit), "never a finite number", class = "missmix_error_model")
})

test_that("points of the trace lie above zero and come down to the gap", {
  fit <- air_fit()
  points <- trace_points(fit)
  expect_true(all(points$behind > 0))
  expect_equal(
    points$behind[[nrow(points)]], max(fit$gap, arithmetic_limit(fit$objective)),
    tolerance = 0.5
  )
})

test_that("only the limit that binds is drawn", {
  fit <- air_fit()
  fit$control$tol <- 0
  expect_named(trace_lines(fit), "arithmetic")
  fit$control$tol <- 1e-3
  expect_named(trace_lines(fit), c("tolerance", "arithmetic"))
})

test_that("bars are coloured by what they mean", {
  fit <- air_fit()
  fit$cache <- as.environment(list(information = list(
    spectrum = c(1.1, 1, 0.95, 0.5, -1e-17), flat = 1e-6
  )))
  bars <- spectrum_bars(fit)
  expect_identical(
    as.character(bars$verdict), c("saddle", "not identified", "slow", "fine", "fine")
  )
  expect_true(all(bars$fraction >= 0))
  expect_identical(nrow(spectrum_bars(fit, most = 2L)), 2L)
})

test_that("ticks of the trace are whole passes", {
  expect_identical(whole_ticks(c(1, 2)), c(1, 2))
  expect_true(1 %in% whole_ticks(c(1, 1)))
  expect_true(all(whole_ticks(c(1, 437)) %% 1 == 0))
})

test_that("one bar of many directions is called the largest, and no title runs off", {
  fit <- air_fit()
  info <- information(fit)
  info$spectrum <- info$rate <- 0.6
  info$vectors <- info$vectors[, 1, drop = FALSE]
  fit$cache <- as.environment(list(information = info))
  title <- information_title(fit, spectrum_bars(fit))
  expect_match(title[1], "(the largest of 14)", fixed = TRUE)
  withr::local_png(withr::local_tempfile(), width = 300, height = 300)
  expect_gt(length(strwrap(title[2], letters_across(0.85))), 1)
  draws(fit, "information")
  graphics::par(mfrow = c(2, 2))
  draws(fit, "information")
})
