test_that("modes are drawn, and par() put back", {
  withr::local_pdf(NULL)
  before <- graphics::par("mar", "mgp")
  fit <- three_modes()
  expect_identical(withVisible(plot(fit, "basins")), list(value = fit, visible = FALSE))
  expect_no_error(plot(em_basins(fit), modes = 1))
  expect_identical(graphics::par("mar", "mgp"), before)
  expect_error(plot(air_fit(), "basins"), "em_starts", class = "missmix_error_model")
  expect_error(plot(em_basins(fit), modes = 0), class = "missmix_error_argument")
})

test_that("the chosen mode is drawn whatever its place, and marked", {
  basins <- em_basins(three_modes())
  expect_identical(as.character(basin_points(basins, 1L)$kind), "chosen")
  points <- basin_points(basins)
  expect_identical(as.character(points$kind), c("thin", "chosen", "sound"))
  expect_identical(points$found[2], "6 (75%)")
})

test_that("a collapsed climb is drawn at the edge, not at the height where it stopped", {
  fit <- three_modes()
  fit$runs$table$status[8] <- "degenerate"
  fit$runs$table$objective[8] <- fit$runs$table$log_lik[8] <- 1e6
  points <- basin_points(em_basins(fit))
  expect_lt(points$height[[1]], 0)
  expect_match(points$value[[1]], "^>")
  fit$runs$table$status <- "degenerate"
  expect_true(all(is.finite(basin_points(em_basins(fit))$height)))
})

test_that("there is a ggplot of them", {
  skip_if_not_installed("ggplot2")
  withr::local_pdf(NULL)
  for (picture in list(
    ggplot2::autoplot(three_modes(), "basins"), ggplot2::autoplot(em_basins(three_modes()))
  )) {
    expect_s3_class(picture, "ggplot")
    expect_no_error(print(picture))
  }
})
