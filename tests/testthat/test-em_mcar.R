# Little's test. Distances by `solve()` in a twin, with its own plain EM.

source(test_path("reference-mvn.R"))

# d2 and degrees of freedom, row by row and pattern by pattern.
ref_little <- function(y, par) {
  y <- unname(as.matrix(y))
  y <- y[rowSums(!is.na(y)) > 0, , drop = FALSE]
  key <- apply(is.na(y), 1, paste, collapse = " ")
  d2 <- df <- 0
  for (k in unique(key)) {
    rows <- y[key == k, , drop = FALSE]
    o <- which(!is.na(rows[1, ]))
    r <- colMeans(rows[, o, drop = FALSE]) - par$mu[o]
    d2 <- d2 + nrow(rows) * sum(r * solve(par$sigma[o, o, drop = FALSE], r))
    df <- df + length(o)
  }
  c(d2 = d2, df = df - ncol(y))
}

test_that("Little's d2 reproduces on the reference data", {
  for (name in c(
    "apple", "missvals_hald", "cholesterol", "airquality", "airquality_all6", "nhanes2_num"
  )) {
    data <- reference_data(name)
    if (is.null(data)) next
    test <- suppressWarnings(em_mcar(data))
    expected <- reference_values(name, "mvn_missing")
    # Ten digits are printed. Hald's correlation matrix has the eigenvalue 5e-5.
    near <- if (name == "missvals_hald") 1e-7 else 1e-9
    expect_relative(test$statistic[["d2"]], expected[["little_d2_mleSigma"]], near)
    expect_identical(test$parameter[["df"]], as.integer(expected[["little_df"]]))
    expect_relative(test$p.value, expected[["little_p_mle"]], 10 * near)
  }
})

test_that("airquality and apple: the published numbers", {
  air <- em_mcar(airquality)
  # As the issue states them, to the digits printed.
  expect_within(air$statistic[["d2"]], 35.1061749, 5e-8)
  expect_within(air$p.value, 0.00141776, 5e-9)
  apple <- em_mcar(reference_data("apple"))
  expect_within(apple$statistic[["d2"]], 7.3578545, 5e-8)
  expect_identical(c(air$parameter[["df"]], apple$parameter[["df"]]), c(14L, 1L))
})

test_that("40 variables in 500 rows agree with plain EM in R", {
  y <- simulate_missing(500, 40, missing = 0.01)
  y[1:80, 1] <- y[61:150, 2] <- y[300:400, 5:9] <- NA
  twin <- ref_mvn_em(y, iterations = 40L)
  expected <- ref_little(y, twin)
  test <- em_mcar(y)
  # Both have arrived: what is left is rounding in 500 solves.
  expect_relative(test$statistic[["d2"]], expected[["d2"]], 1e-10)
  expect_equal(test$parameter[["df"]], expected[["df"]])
})

test_that("data, formula and fit are the same test, units and transforms included", {
  data <- airquality
  data$Ozone <- data$Ozone * 1e6
  by_data <- em_mcar(airquality, c("Ozone", "Solar.R", "Temp"), c(Ozone = "log"))
  by_formula <- em_mcar(~ log(Ozone) + Solar.R + Temp, data)
  fit <- em_mvn(~ log(Ozone) + Solar.R + Temp, data, control = em_control(tol = 0))
  expect_relative(by_formula$statistic, by_data$statistic, 1e-9)
  expect_relative(em_mcar(fit)$statistic, by_formula$statistic, 1e-9)
  expect_identical(em_mcar(as.matrix(airquality))$patterns, em_mcar(airquality)$patterns)
})

test_that("a weight counts as so many rows", {
  y <- reference_data("apple")
  weights <- rep(1:3, 6)
  weighted <- em_mcar(y, weights = weights)
  repeated <- em_mcar(y[rep(1:18, weights), ])
  expect_relative(weighted$statistic, repeated$statistic, 1e-9)
  expect_equal(weighted$patterns, repeated$patterns)
  expect_equal(weighted$pairs, repeated$pairs)
  expect_match(weighted$normality$reason, "weights")
})

test_that("patterns and means are those of the rows", {
  test <- em_mcar(airquality)
  patterns <- em_patterns(airquality)
  expect_equal(test$patterns$rows, patterns$rows)
  expect_identical(test$patterns$missing, c("nothing", "Ozone", "Solar.R", "Ozone and Solar.R"))
  expect_equal(sum(test$patterns$d2), test$statistic[["d2"]])
  own <- airquality[is.na(airquality$Ozone) & !is.na(airquality$Solar.R), ]
  table <- test$means[test$means$missing == "Ozone", ]
  expect_identical(table$variable, c("Solar.R", "Wind", "Temp", "Month", "Day"))
  expect_equal(table$mean, unname(colMeans(own[-1])))
  table <- test$pairs[test$pairs$missing == "Ozone" & test$pairs$variable == "Wind", ]
  expect_equal(table$mean, mean(airquality$Wind[is.na(airquality$Ozone)]))
  expect_equal(table$rows, 37)
  # A complete column: what is expected is its mean.
  expect_equal(table$expected, mean(airquality$Wind))
})

test_that("differences over their standard errors are standard normal under MCAR", {
  z <- vapply(1:200, function(seed) {
    test <- em_mcar(patterned(120, seed = seed))
    c(test$means$statistic[1:6], test$pairs$statistic[1:6])
  }, numeric(12))
  # Standard errors of a mean and a standard deviation of 200: 0.07 and 0.05; of 12, 4 of them.
  expect_within(rowMeans(z), rep(0, 12), 0.28)
  expect_within(apply(z, 1, stats::sd), rep(1, 12), 0.2)
})

test_that("it keeps its level under MCAR and sees shifted means", {
  p <- vapply(1:200, function(seed) em_mcar(patterned(seed = seed))$p.value, numeric(1))
  # Of 200 at 5 per cent: 10, and 4 standard errors are 12.
  expect_lt(sum(p < 0.05), 22)
  expect_gt(stats::ks.test(p, "punif")$p.value, 1e-4)
  y <- patterned()
  y[is.na(y[, 1]), 4] <- y[is.na(y[, 1]), 4] + 1
  shifted <- em_mcar(y)
  expect_lt(shifted$p.value, 1e-4)
  expect_output(print(shifted), "Where V1 is missing .* the mean of V4 is .* higher")
})

test_that("empty rows are left out and counted", {
  y <- rbind(as.matrix(airquality), NA, NA)
  test <- em_mcar(y)
  expect_identical(test$empty, 2L)
  expect_equal(test$statistic, em_mcar(airquality)$statistic, tolerance = 1e-9)
  expect_identical(nrow(test$patterns), 4L)
  expect_output(print(test), "2 rows without any observed cell left out")
})

test_that("where every row has a pattern of its own d2 is pinned, and there is a warning", {
  y <- simulate_missing(500, 10, 0.35)
  y <- y[!duplicated(is.na(y)) & rowSums(!is.na(y)) > 0, ]
  expect_warning(test <- em_mcar(y), "poor", class = "missmix_warning_boundary")
  expect_identical(nrow(test$patterns), nrow(y))
  # At the maximum the squared distances of all rows sum to the number of observed cells.
  expect_relative(test$statistic[["d2"]], sum(!is.na(y)), 1e-8)
  expect_equal(test$thin, 1)
  expect_output(print(test), "Chi-squared is poor")
})

test_that("one pattern, other models and lost data are errors", {
  expect_error(em_mcar(faithful), "nothing to test", class = "missmix_error_data")
  y <- data.frame(a = c(1:9, NA), b = c(2:7, 1, 1, 3, NA))
  expect_error(em_mcar(y), "wholly empty rows", class = "missmix_error_data")
  bare <- em_mvn(airquality, keep_data = FALSE)
  expect_error(em_mcar(bare), "does not hold", class = "missmix_error_data")
  expect_error(em_mcar(em_gmm(faithful, k = 1)), class = "missmix_error_argument")
  expect_error(em_mcar(airquality, seed = "a"), class = "missmix_error_argument")
  expect_error(em_mcar(~Ozone), "data", class = "missmix_error_argument")
  expect_error(em_mcar(data.frame(a = c(1, 1, NA), b = 1:3)), class = "missmix_error_data")
  expect_error(em_mcar(airquality[1:5, ]), class = "missmix_error_data")
})

test_that("tidy and glance", {
  test <- em_mcar(airquality)
  table <- tidy(test)
  expect_named(table, c("test", "statistic", "parameter", "p.value"))
  expect_identical(table$p.value[1], test$p.value)
  expect_identical(nrow(glance(test)), 1L)
  apple <- tidy(em_mcar(reference_data("apple")))
  expect_identical(is.na(apple$statistic), c(FALSE, TRUE, TRUE))
  expect_s3_class(test, c("em_mcar", "htest"), exact = TRUE)
})

test_that("print says the verdict first, and never that MCAR holds", {
  local_reproducible_output(width = 80)
  printed <- capture.output(print(em_mcar(airquality)))
  expect_true(all(nchar(printed) <= 80))
  expect_match(printed, "^MCAR is not plausible: d2 = 35.11 on 14", all = FALSE)
  expect_match(printed, "cannot be tested", all = FALSE)
  printed <- capture.output(print(em_mcar(patterned())))
  expect_match(printed, "Not to reject is no proof", all = FALSE)
  expect_false(any(grepl("not plausible", printed)))
  expect_length(capture.output(print(em_mcar(patterned()), rows = 2)), length(printed) - 3)
})

test_that("pictures can be drawn of few and of many patterns", {
  tests <- list(
    em_mcar(reference_data("apple")), em_mcar(airquality),
    suppressWarnings(em_mcar(simulate_missing(200, 30, 0.03)))
  )
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  before <- graphics::par(c("mar", "oma", "mfrow", "cex"))
  for (test in tests) {
    expect_identical(plot(test), test)
    if (requireNamespace("ggplot2", quietly = TRUE)) {
      expect_no_warning(print(ggplot2::autoplot(test)))
    }
  }
  expect_equal(graphics::par(c("mar", "oma", "mfrow", "cex")), before)
  drawn <- mcar_points(tests[[3]], 4, 10)
  expect_length(drawn$labels, 10)
  expect_length(drawn$panels, 4)
  expect_setequal(unique(as.character(drawn$points$panel)), names(drawn$panels))
  expect_match(drawn$title[2], "The 4 most unexpected of")
  air <- mcar_points(tests[[2]], 6, 20)
  expect_identical(unname(air$panels[1]), "2 without Ozone and Solar.R")
  expect_identical(air$points$beyond, abs(air$points$statistic) > stats::qnorm(0.975))
})
