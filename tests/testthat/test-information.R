# Whether a direction is flat is judged at the maximum, not by how near the climb came to it.

test_that("a weakly but truly identified direction keeps its standard errors", {
  set.seed(5)
  data <- data.frame(a = rnorm(60), b = rnorm(60), c = rnorm(60))
  data$a[1:10] <- NA
  data$b[8:20] <- NA
  data[60, 2:3] <- NA
  data$a[60] <- -777.777
  fit <- em_mvn(data)
  # Curvature 1.2e-4: below what the gap at the default tolerance can decide, above what
  # arithmetic can.
  expect_false(anyNA(vcov(fit)))
  expect_equal(vcov(update(fit, control = em_control(tol = 0))), vcov(fit), tolerance = 1e-2)
})

test_that("the information is remembered, and polishing leaves the fit alone", {
  fit <- em_mvn(airquality[c("Ozone", "Wind", "Temp")])
  before <- fit$parameters
  first <- information(fit)
  expect_identical(information(fit), first)
  expect_identical(fit$parameters, before)
})

test_that("complete data have no missing information, and the textbook's standard errors", {
  fit <- em_mvn(iris[1:4])
  info <- information(fit)
  expect_lt(info$rate, 1e-12)
  sigma <- fit$parameters$sigma
  variance <- function(a, b) (sigma[a, a] * sigma[b, b] + sigma[a, b]^2) / 150
  # Exact up to rounding.
  expect_equal(vcov(fit)["sigma[Sepal.Width,Sepal.Length]", "sigma[Sepal.Width,Sepal.Length]"],
    variance(2, 1), tolerance = 1e-10)
  expect_equal(unname(diag(vcov(fit))[1:4]), unname(diag(sigma)) / 150, tolerance = 1e-10)
})
