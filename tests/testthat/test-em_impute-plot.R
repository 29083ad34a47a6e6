pictures <- c("density", "overimpute", "missmap", "chains", "stripes")

labs_imputed <- function(...) {
  fit <- em_mvn(
    airquality[c("Ozone", "Solar.R", "Wind", "Temp")], transform = c(Ozone = "log")
  )
  em_impute(fit, ..., seed = 1)
}

drawn_twice <- function(imp, what, ...) {
  grDevices::pdf(NULL, 7, 6)
  on.exit(grDevices::dev.off())
  before <- graphics::par(c("mar", "oma", "mfrow", "cex", "tcl"))
  expect_no_error(plot(imp, what, ...))
  expect_equal(graphics::par(c("mar", "oma", "mfrow", "cex", "tcl")), before)
  if (requireNamespace("ggplot2", quietly = TRUE)) {
    plot <- ggplot2::autoplot(imp, what, ...)
    expect_s3_class(plot, "ggplot")
    expect_no_warning(print(plot))
  }
}

test_that("every picture of few and of many variables and imputations can be drawn", {
  many <- em_impute(em_mvn(simulate_missing(120, 12)), m = 25, seed = 2)
  few <- data.frame(a = c(1:19, NA), b = c(NA, 2, 1, 4:20))
  imputations <- list(
    labs_imputed(m = 5), many, em_impute(em_mvn(few), m = 1, seed = 1),
    em_impute(em_mvn(as.matrix(few)), m = 3, seed = 1)
  )
  for (imp in imputations) for (what in pictures) drawn_twice(imp, what)
  drawn_twice(many, "density", variables = c("x3", "x12"))
  alone <- em_impute(em_mvn(data.frame(a = c(1:9, NA))), m = 2, seed = 1)
  for (what in pictures) drawn_twice(alone, what)
})

test_that("new rows can be drawn, also where a variable is wholly missing", {
  fit <- em_mvn(airquality[c("Ozone", "Solar.R", "Temp")])
  new <- data.frame(Ozone = NA, Solar.R = c(100, NA, 150), Temp = c(70, 80, NA))
  imp <- em_impute(fit, m = 3, newdata = new, seed = 1)
  for (what in pictures) drawn_twice(imp, what)
  curves <- density_curves(imp, NULL, NULL)
  expect_identical(nrow(curves$curves), 0L)
  expect_identical(sum(curves$ticks$kind == "observed"), 4L)
  expect_identical(sum(stripe_points(imp, "Ozone", NULL)$points$kind == "outside"), 0L)
})

test_that("what cannot be drawn is an error that says why", {
  imp <- labs_imputed(m = 2, method = "conditional")
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_error(plot(imp, "chains"), "no chain", class = "missmix_error_model")
  expect_error(plot(imp, "trace"), class = "missmix_error_argument")
  expect_error(plot(imp, variables = "ozone"), class = "missmix_error_argument")
  expect_error(plot(imp, variables = "Wind"), "no cell was imputed", class = "missmix_error_model")
  expect_error(plot(imp, colour = 2), class = "missmix_error_argument")
  expect_identical(plot(imp, "missmap"), imp)
})

test_that("densities are of the observed and of each imputation, and integrate to one", {
  imp <- labs_imputed(m = 25)
  drawn <- density_curves(imp, NULL, NULL)
  expect_identical(levels(drawn$curves$panel), c("Ozone", "Solar.R"))
  expect_length(unique(drawn$curves$imputation), 21)
  expect_match(drawn$title[2], "20 of 25 imputations")
  for (panel in drawn$panels) {
    own <- drawn$curves[drawn$curves$panel == panel & drawn$curves$imputation == 0, ]
    area <- sum(diff(own$x) * (own$y[-1] + own$y[-nrow(own)]) / 2)
    # Up to the tails that are cut off where nothing can be seen.
    expect_within(area, 1, 0.03)
  }
  # Nothing is smeared below zero under a log.
  expect_gt(min(drawn$curves$x[drawn$curves$panel == "Ozone"]), 0)
  # Out of the domain of the log by a delta: on the scale of the data.
  moved <- labs_imputed(m = 3, delta = c(Ozone = -100), round = FALSE)
  expect_lt(min(density_curves(moved, "Ozone", NULL)$curves$x), 0)
})

test_that("panels are those with most imputed cells, in the order of the data", {
  imp <- em_impute(em_mvn(simulate_missing(100, 9)), m = 2, seed = 1)
  shown <- panel_variables(imp, NULL)
  counts <- tabulate(imp$cells$variable, 9)
  expect_length(shown, 6)
  expect_false(is.unsorted(shown))
  expect_gte(min(counts[shown]), max(counts[-shown]))
  expect_match(density_curves(imp, NULL, NULL)$title[2], "6 of the 9 variables imputed")
})

test_that("overimputation is the conditional normal of each cell, over the draws", {
  imp <- labs_imputed(m = 3)
  drawn <- overimputed_cells(imp, "Temp", NULL, level = 0.8)
  y <- modelled_matrix(imp$data)
  expect_identical(nrow(drawn$points), 100L)
  expect_false(is.unsorted(drawn$points$observed))
  at <- which(drawn$points$observed == max(y[, 4]))
  row <- which(y[, 4] == max(y[, 4]))
  o <- which(!is.na(y[row, 1:3]))
  moments <- vapply(1:3, function(k) {
    s <- imp$parameters$sigma[, , k]
    slope <- s[4, o] %*% solve(s[o, o])
    c(
      imp$parameters$mu[4, k] + slope %*% (y[row, o] - imp$parameters$mu[o, k]),
      sqrt(s[4, 4] - slope %*% s[o, 4])
    )
  }, numeric(2))
  # Each limit leaves its share of the mixture on either side.
  share <- function(x) mean(stats::pnorm(x, moments[1, ], moments[2, ]))
  expect_within(share(drawn$points$low[at]), 0.1, 1e-8)
  expect_within(share(drawn$points$median[at]), 0.5, 1e-8)
  expect_within(share(drawn$points$high[at]), 0.9, 1e-8)
})

test_that("intervals of overimputation hold their share of normal data", {
  imp <- em_impute(em_mvn(simulate_missing(600, 6, 0.1)), m = 20, seed = 1)
  covered <- overimputed_cells(imp, NULL, NULL)$points$covered
  expect_length(covered, 600)
  # Three standard errors of a share of 600.
  expect_within(mean(covered), 0.9, 0.037)
})

test_that("quantiles of a mixture of equal normals are those of the normal", {
  mean <- matrix(c(0, 5, 0, 5), 2)
  sd <- matrix(c(1, 2, 1, 2), 2)
  expect_equal(mixture_quantile(0.95, mean, sd), stats::qnorm(0.95, c(0, 5), c(1, 2)))
  expect_equal(mixture_quantile(0.5, matrix(c(-1, 1), 1), matrix(1, 1, 2)), 0)
})

test_that("stripes mark and count what lies outside the observed range", {
  imp <- labs_imputed(m = 12)
  imp$values[imp$cells$variable == 1, ][1:3, 2] <- c(-5, 500, 60)
  drawn <- stripe_points(imp, "Ozone", NULL)
  ozone <- imputed_values(imp, 1)
  ends <- range(airquality$Ozone, na.rm = TRUE)
  out <- ozone < ends[1] | ozone > ends[2]
  expect_match(drawn$title[2], sprintf("%d of all %d imputed values", sum(out), length(out)))
  expect_match(drawn$title[2], "first 10 of 12")
  expect_identical(sum(drawn$points$kind == "outside"), sum(out[, 1:10]))
  expect_true(all(c(-5, 500) %in% drawn$points$value[drawn$points$kind == "outside"]))
  expect_equal(drawn$limits$value, as.double(ends))
  expect_identical(drawn, stripe_points(imp, "Ozone", NULL))
  # Points stay in their strip.
  expect_identical(round(drawn$points$at), as.double(drawn$points$imputation))
})

test_that("chains end in the draws", {
  imp <- labs_imputed(m = 30, burnin = 900)
  drawn <- chain_lines(imp, NULL)
  expect_length(unique(drawn$points$chain), 20)
  expect_identical(nrow(drawn$ends), 20L)
  expect_equal(drawn$ends$value[1], imp$chain$worst[900, 1])
  expect_equal(range(drawn$points$step), c(1, 900))
  expect_match(drawn$title[2], "R-hat")
})

test_that("the map is that of the rows imputed", {
  imp <- labs_imputed(m = 2)
  expect_equal(imputed_patterns(imp)$rows, em_patterns(imp$fit)$rows)
})
