test_that("the parts of all types make up the bulk", {
  fit <- tissue_fit()
  parts <- lapply(fit$terms, function(type) em_expression(fit, type))
  total <- Reduce(`+`, lapply(parts, function(x) replace(x, is.na(x), 0)))
  bulk <- simulated_tissue()$bulk
  # A product and a quotient each: a few rounding errors of the count.
  expect_within(total / pmax(bulk, 1), (bulk + 0) / pmax(bulk, 1), 1e-12)
  expect_identical(dimnames(parts[[1]]), dimnames(bulk))
})

test_that("of a slow twin: y r b / m", {
  fit <- tissue_fit()
  bulk <- simulated_tissue()$bulk
  r <- fit$reference$profiles
  for (s in 2:3) {
    m <- sapply(fit$genes, function(g) sum(r[g, ] * fit$abundance[s, ]))
    expect_equal(em_expression(fit, "type2")[, s], bulk[, s] * r[, 2] * fit$abundance[s, 2] / m)
    expect_equal(em_expression(fit, "type2", per = "profile")[, s], bulk[, s] * r[, 2] / m)
  }
})

test_that("on the scale of profiles it lies about the profile", {
  fit <- tissue_fit()
  x <- em_expression(fit, "type1", "profile")
  ratio <- x / fit$reference$profiles[, "type1"]
  expect_within(stats::median(ratio, na.rm = TRUE), 1, 0.02)
})

test_that("nothing is known of a type that is not there", {
  fit <- tissue_fit()
  fit$abundance["sample02", "type3"] <- 0
  x <- em_expression(fit, "type3")
  expect_true(all(is.na(x[, "sample02"])))
  expect_false(anyNA(x[, "sample03"]))
  data <- simulated_tissue()
  data$bulk[, 2] <- 0L
  empty <- suppressWarnings(em_deconvolve(data$bulk, data$reference, family = "poisson"))
  expect_true(all(is.na(em_expression(empty, "type1")[, 2])))
})

test_that("genes that a type does not express are zero, and no 0 / 0", {
  data <- simulated_tissue()
  data$profiles[1:5, 1] <- 0
  data$profiles[1:3, 2:3] <- 0
  fit <- em_deconvolve(data$bulk, em_reference(data$profiles, scale = "rna"), family = "nbinom")
  fit$abundance["sample02", "type4"] <- 0
  expect_identical(unname(em_expression(fit, "type1")[1:5, 2]), numeric(5))
  expect_identical(unname(em_expression(fit, "type2", "profile")[1:3, 2]), numeric(3))
})

test_that("it is told what is wrong", {
  fit <- tissue_fit()
  expect_error(em_expression(fit, "Tcell"), "one of the types", class = "missmix_error_argument")
  expect_error(em_expression(fit, c("type1", "type2")), class = "missmix_error_argument")
  expect_error(em_expression(fit, "type1", per = "cell"), class = "missmix_error_argument")
  expect_error(em_expression(air_fit(), "type1"), class = "missmix_error_argument")
  expect_error(em_expression(fit, "type1", foo = 1), class = "missmix_error_argument")
  expect_error(
    em_expression(deconvolved(keep_data = FALSE), "type1"), class = "missmix_error_data"
  )
})
