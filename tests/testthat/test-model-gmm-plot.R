few <- em_starts(3, seed = 1)
eruptions_fit <- function(...) em_gmm(faithful, k = 2, starts = few, ...)
one_fit <- function(...) em_gmm(faithful["waiting"], k = 2, starts = few, ...)
# Six variables, of which the second and the fifth tell three groups apart.
six_data <- function() {
  y <- vapply(1:6, function(j) stats::qnorm(((1:120) * (2 * j + 1) / 8) %% 1 * 0.98 + 0.01),
    numeric(120))
  y[, 2] <- y[, 2] + rep(c(0, 8, 16), 40)
  y[, 5] <- y[, 5] + rep(c(8, 0, 16), 40)
  as.data.frame(y)
}
pictures <- c("classification", "uncertainty", "density")

expect_drawn <- function(fit) {
  withr::local_pdf(NULL)
  before <- graphics::par("mar", "mgp", "mfrow", "oma")
  for (what in pictures) {
    expect_identical(withVisible(plot(fit, what)), list(value = fit, visible = FALSE))
  }
  expect_identical(graphics::par("mar", "mgp", "mfrow", "oma"), before)
  skip_if_not_installed("ggplot2")
  for (what in pictures) {
    picture <- ggplot_picture(fit, what)
    expect_s3_class(picture, "ggplot")
    expect_no_warning(print(picture))
  }
}

test_that("mixtures of one, two and many variables are drawn", {
  expect_drawn(one_fit())
  expect_drawn(eruptions_fit())
  expect_drawn(em_gmm(iris[1:4], k = 3, covariance = "EEE", starts = few))
  expect_drawn(em_gmm(six_data(), k = 3, covariance = "EII", starts = few))
})

test_that("noise, missing cells, weights and single components are drawn", {
  noisy <- rbind(faithful, data.frame(eruptions = 1:6, waiting = c(20, 120, 30, 110, 20, 120)))
  expect_drawn(em_gmm(noisy, k = 2, noise = TRUE, starts = few))
  expect_drawn(em_gmm(noisy["waiting"], k = 2, covariance = "E", noise = TRUE, starts = few))
  expect_drawn(em_gmm(~ log(Ozone) + Solar.R, airquality, k = 2, starts = few))
  expect_drawn(em_gmm(airquality[1:4], k = 2, covariance = "EEE", starts = few))
  expect_drawn(eruptions_fit(weights = rep(c(0, 1, 5, 2), 68)))
  expect_drawn(em_gmm(faithful, k = 1))
  expect_drawn(em_gmm(faithful["waiting"], k = 1))
})

test_that("the classification is the default, and the trace that of other models", {
  expect_identical(chosen_picture(eruptions_fit(), NULL), "classification")
  expect_identical(chosen_picture(air_fit(), NULL), "trace")
  expect_error(plot(eruptions_fit(), "map"), "classification", class = "missmix_error_argument")
  expect_error(plot(air_fit(), "density"), class = "missmix_error_argument")
})

test_that("a mixture has the pictures of every fit, too", {
  withr::local_pdf(NULL)
  fit <- em_gmm(airquality[1:4], k = 2, covariance = "EEE", starts = few)
  for (what in c("trace", "patterns", "basins")) expect_no_error(plot(fit, what))
})

test_that("without its data a fit says what to do", {
  withr::local_pdf(NULL)
  fit <- eruptions_fit(keep_data = FALSE)
  for (what in pictures) {
    expect_error(plot(fit, what), "keep_data = TRUE", class = "missmix_error_data")
  }
  expect_no_error(plot(fit, "trace"))
})

test_that("ellipses lie at the Mahalanobis distance of their share", {
  sigma <- matrix(c(4, -1.5, -1.5, 1), 2)
  ellipse <- ellipse_points(c(3, -2), sigma, 0.95)
  distance <- stats::mahalanobis(ellipse, c(3, -2), sigma)
  expect_within(distance, rep(stats::qchisq(0.95, 2), nrow(ellipse)), 1e-10)
  expect_equal(ellipse[1, ], ellipse[nrow(ellipse), ], ignore_attr = TRUE)
  # A singular one is a line.
  flat <- ellipse_points(c(0, 0), matrix(1, 2, 2), 0.5)
  expect_within(flat$x, flat$y, 1e-7)
})

test_that("the density of a pair is that of predict() and integrates to one", {
  fit <- eruptions_fit()
  pair <- variable_pairs(1:2)
  expect_relative(
    pair_density(fit, pair, faithful$eruptions, faithful$waiting), predict(fit, type = "density"),
    1e-10
  )
  grid <- density_grid(fit, pair, c(0, 8), c(10, 130))
  cell <- diff(grid$x[1:2]) * diff(grid$y[1:2])
  expect_equal(sum(grid$density) * cell, 1, tolerance = 1e-3) # what lies beyond five sd is less
  # Bands hold what they say, up to the coarseness of the grid.
  for (mass in band_masses) {
    expect_equal(sum(grid$density[grid$outside <= mass]) * cell, mass, tolerance = 0.05)
  }
})

test_that("marginal densities of more variables and of the noise integrate to one", {
  noisy <- rbind(as.matrix(iris[1:3]), matrix(c(9, 1, 8, 3, 5, 0, 9, 6, 1), 3, byrow = TRUE))
  fit <- em_gmm(noisy, k = 2, noise = TRUE, covariance = "EEE", starts = few)
  pair <- variable_pairs(1:3)[2, ]
  grid <- density_grid(fit, pair, c(-2, 16), c(-5, 15), n = 301L)
  expect_equal(sum(grid$density) * diff(grid$x[1:2]) * diff(grid$y[1:2]), 1, tolerance = 0.01)
  x <- seq(-5, 20, length.out = 5001)
  expect_equal(sum(component_curves(fit, 1L, x)) * diff(x[1:2]), 1, tolerance = 1e-3)
})

test_that("curves add up to the density, and bars to one", {
  fit <- one_fit()
  x <- faithful$waiting
  expect_relative(rowSums(component_curves(fit, 1L, x)), predict(fit, type = "density"), 1e-10)
  expect_within(uncertainty_along(fit, x), augment(fit)$.uncertainty, 1e-10)
  bars <- histogram_bars(x, rep(c(1, 0, 3, 2), 68))
  expect_equal(sum(bars$height * (bars$right - bars$left)), 1)
  # A narrow component is met by the places at which curves are drawn.
  fit$parameters$covariances[1] <- 1e-8
  places <- curve_places(fit, 1L, c(40, 100))
  expect_gte(sum(abs(places - fit$parameters$means[1]) < 4e-4), 20)
})

test_that("rows that say nothing or weigh nothing are left out, and the title counts", {
  air <- airquality[1:2]
  rows <- drawn_rows(em_gmm(air, k = 2, covariance = "EEE", starts = few))
  expect_identical(nrow(rows$y), sum(rowSums(!is.na(air)) > 0))
  points <- pair_points(rows, variable_pairs(1:2))
  expect_identical(nrow(points), sum(stats::complete.cases(air)))
  expect_match(left_out_words(rows, variable_pairs(1:2)), "^40 rows are not shown")
  weighted <- drawn_rows(eruptions_fit(weights = rep(0:1, 136)))
  expect_identical(nrow(weighted$y), 136L)
  expect_null(left_out_words(weighted, variable_pairs(1:2)))
})

test_that("of many variables those are drawn that tell components apart", {
  fit <- em_gmm(six_data(), k = 3, covariance = "EII", starts = few)
  expect_length(drawn_variables(fit), 5)
  expect_true(all(c(2, 5) %in% drawn_variables(fit)))
  expect_match(classification_title(fit, drawn_rows(fit))[2], "^5 of 6 variables")
  expect_identical(nrow(variable_pairs(drawn_variables(fit))), 10L)
})

test_that("no two components look alike, and the legend names the largest", {
  fit <- list(parameters = list(proportions = stats::setNames(rep(1 / 50, 50), c(1:49, "noise"))))
  look <- component_look(fit)
  expect_identical(anyDuplicated(look[c("colour", "symbol")]), 0L)
  expect_identical(nrow(named_components(look)), most_named_components + 1L)
  expect_identical(legend_rest(look), "and 35 more")
  expect_identical(share_text(c(0.001, 0.33)), c("<1%", "33%"))
})

test_that("the share of unsure rows is said, weights counted", {
  rows <- list(uncertainty = c(0, 0.2, 0.4, 0), weight = c(1, 1, 0, 2))
  expect_match(unsure_share_words(rows), "^25% of the rows are above 0.1")
  expect_match(unsure_share_words(list(uncertainty = 0, weight = 1)), "^None")
  steps <- unsure_step(c(0, 0.01, 0.05, 0.1, 0.2, 0.9))
  expect_identical(as.integer(steps), c(1L, 1L, 2L, 2L, 3L, 4L))
})

test_that("very many rows are thinned evenly", {
  expect_identical(evenly(1:5, 10), 1:5)
  expect_length(evenly(seq_len(1e5), 100), 100)
  expect_identical(range(evenly(seq_len(1e5), 100)), c(1L, 100000L))
})

test_that("titles of ggplots fit into 5 inches", {
  skip_if_not_installed("ggplot2")
  withr::local_pdf(NULL, width = 5, height = 4)
  inches <- function(text, size) {
    if (is.null(text)) return(0)
    lines <- strsplit(text, "\n", fixed = TRUE)[[1]]
    width <- grid::stringWidth(lines)
    # At the 12 points of the device: titles have 13.2, subtitles 11.
    max(grid::convertWidth(width, "inches", valueOnly = TRUE)) * size / 12
  }
  scattered <- six_data()
  scattered[1:12, ] <- 60 * sin(1:72)
  noisy <- em_gmm(scattered, k = 3, covariance = "EII", noise = TRUE, starts = few)
  missing <- em_gmm(airquality[1:4], k = 2, covariance = "EEE", starts = few)
  for (fit in list(noisy, missing, eruptions_fit(), one_fit())) {
    for (what in c(pictures, "trace", "basins")) {
      picture <- ggplot2::autoplot(fit, what)
      expect_lt(inches(picture$labels$title, 13.2), 4.8)
      expect_lt(inches(picture$labels$subtitle, 11), 4.8)
      # From the left edge of the picture, not of the panel.
      expect_identical(picture$theme$plot.title.position, "plot")
    }
  }
})
