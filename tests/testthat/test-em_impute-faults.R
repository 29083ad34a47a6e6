# What a hostile reader found.

test_that("a matrix without names keeps its observed cells, and its holes are filled", {
  x <- with_own_seed(1, matrix(stats::rnorm(60), 20) + rep(c(0, 100, 1000), each = 20))
  x[4, 3] <- NA
  fit <- em_mvn(x, columns = c("V1", "V3"))
  seen <- !is.na(x)
  for (filled in list(em_complete(em_impute(fit, m = 2, seed = 1), 1), predict(fit))) {
    expect_identical(filled[seen], x[seen])
    expect_lt(abs(filled[4, 3] - 1000), 10)
  }
})

test_that("a posterior that does not exist is refused, with a prior under which it does", {
  x <- with_own_seed(4, matrix(stats::rnorm(96), 8))
  x[1, 1] <- NA
  fit <- em_mvn(x, prior = em_prior_ridge(3.5))
  problem <- expect_error(em_impute(fit, m = 2, seed = 1), class = "missmix_error_model")
  enough <- as.numeric(sub(".*em_prior_ridge\\(([0-9.]+)\\).*", "\\1", conditionMessage(problem)))
  imp <- em_impute(em_mvn(x, prior = em_prior_ridge(enough)), m = 20, seed = 1)
  expect_true(all(is.finite(imp$values)))
})

test_that("whole numbers at a limit are drawn, and where there is none values stay as drawn", {
  data <- with_own_seed(3, {
    k <- stats::rpois(300, 6) + 1L
    data.frame(k, y = stats::rnorm(300) + k / 3)
  })
  low <- data$k <= 5
  data$k[low] <- NA
  whole <- function(bounds) {
    fit <- em_mvn(data, transform = c(k = "log"), bounds = list(k = bounds))
    em_impute(fit, m = 20, seed = 1)$values
  }
  drawn <- whole(c(0, 5))
  # On the modelled scale rounded to the nearest, as many as without the cut at the limit.
  fit <- em_mvn(data, transform = c(k = "log"), bounds = list(k = c(0, 5)))
  plain <- em_impute(fit, m = 20, seed = 1, round = FALSE)$values
  expect_identical(c(drawn), c(pmax(round(plain), 1)))
  expect_true(any(drawn == 5))
  none <- whole(c(2.2, 2.8))
  expect_true(all(none >= 2.2 & none <= 2.8))
  expect_gt(length(unique(c(none))), 100)
})

test_that("a shift is applied in full to a rounded column with a transform", {
  q <- airquality[1:4]
  imp <- function(delta = NULL, round = TRUE) {
    em_impute(em_mvn(q, transform = c(Ozone = "log")), m = 3, seed = 1, delta = delta, round = round)
  }
  ozone <- imp()$cells$variable == 1
  shifted <- imp(c(Ozone = -20))$values[ozone, ]
  expect_identical(shifted, round(imp(round = FALSE)$values[ozone, ] - 20))
})

test_that("cells that are nearly the same are drawn from their joint distribution", {
  r <- 0.9999
  z <- with_own_seed(5, stats::rnorm(200))
  data <- with_own_seed(6, data.frame(a = z, b = r * z + sqrt(1 - r^2) * stats::rnorm(200)))
  data[data$a < -0.5 & data$b < -0.5, ] <- NA
  fit <- em_mvn(data, bounds = list(a = c(-Inf, -0.5), b = c(-Inf, -0.5)))
  imp <- suppressMessages(em_impute(fit, m = 100, seed = 1, method = "conditional"))
  drawn <- imp$values[imp$cells$variable == 1, ]
  mu <- fit$parameters$mu[["a"]]
  sd <- sqrt(fit$parameters$sigma["a", "a"])
  # With the two all but equal, a truncated normal.
  edge <- (-0.5 - mu) / sd
  mills <- stats::dnorm(edge) / stats::pnorm(edge)
  expected <- c(mean = mu - sd * mills, sd = sd * sqrt(1 - edge * mills - mills^2))
  expect_within(c(mean(drawn), sd(drawn)), expected, 0.03)
})

test_that("overimputation of groups takes the parameters of each", {
  skip_if_not_installed("ggplot2")
  imp <- em_impute(em_mvn(airquality[1:4]), m = 3, seed = 1, by = rep(1:3, 51))
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_no_error(plot(imp, "overimpute"))
  y <- as.matrix(airquality[1:4])
  cells <- data.frame(row = c(5, 1, 2), variable = c(4, 3, 4))
  found <- predicted_without(imp, y, cells)
  one <- predicted_under(imp$parameters[["2"]], 3, y, cells[c(1, 3), ])
  expect_identical(found$mean[c(1, 3), ], one$mean)
})

test_that("variances given by hand are matched by name", {
  v <- matrix(c(4, 1, 1, 9), 2, dimnames = list(c("b", "a"), c("b", "a")))
  estimates <- list(c(a = 1, b = 2), c(a = 1.1, b = 2.1))
  expect_identical(em_pool(estimates, variances = list(v, v))$within["a", "a"], 9)
  named <- c(b = 4, a = 9)
  expect_identical(em_pool(estimates, variances = list(named, named))$within["a", "a"], 9)
  wrong <- c(b = 4, c = 9)
  expect_error(em_pool(estimates, variances = list(wrong, wrong)), "c",
    class = "missmix_error_argument")
})

test_that("Little's test refuses fits that are not of maximum likelihood of what is missing", {
  q <- airquality[1:4]
  expect_error(em_mcar(em_mvn(q, bounds = list(Ozone = c(0, 20)))), "detection",
    class = "missmix_error_model")
  expect_error(em_mcar(em_mvn(q, prior = em_prior_ridge(2))), class = "missmix_error_model")
})

test_that("resamples are refused where the data say nothing in some direction", {
  x <- with_seed(1, data.frame(a = rnorm(60), b = rnorm(60), g = rep(c("x", "y"), 30)))
  x$a[x$g == "y"] <- NA
  fit <- em_mvn(x, columns = c("a", "b"))
  expect_error(
    em_impute(fit, m = 2, by = "g", covariance = "common", method = "bootstrap", seed = 1),
    "say nothing", class = "missmix_error_model"
  )
})

test_that("cells within bounds are not drawn as implausible", {
  x <- with_seed(2, data.frame(crp = rlnorm(100), z = rnorm(100)))
  x$crp[x$crp < 0.7] <- NA
  imp <- em_impute(em_mvn(x, transform = c(crp = "log"), bounds = list(crp = c(0, 0.7))), m = 3,
    seed = 1)
  expect_false("outside" %in% stripe_points(imp, NULL, NULL)$points$kind)
})
