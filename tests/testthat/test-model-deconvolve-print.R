test_that("print says first what shares they are, then how near to the maximum", {
  # So wide that no line breaks where numbers are longer.
  withr::local_options(cli.width = 500)
  lines <- utils::capture.output(print(tissue_fit()))
  expect_match(lines[1], "6 samples, poisson family: 4 types, 200 genes")
  expect_match(lines[3], "shares of RNA, not of cells")
  expect_match(lines, "certified to within", all = FALSE)
  expect_match(lines, "em_expression", all = FALSE)
  fit <- tissue_fit()
  # What was chosen and why has words of its own.
  fit["choices"] <- list(NULL)
  fit$reference$scale_reason <- "a reason"
  expect_snapshot(print(fit), transform = only_words)
  expect_snapshot(print(summary(fit)), transform = only_words)
})

test_that("choices are a line each with their reasons, within the console", {
  withr::local_options(cli.width = 60)
  fit <- tissue_fit()
  fit$choices <- data.frame(
    choice = c("scale", "genes", "family", "reference_error"),
    value = c("rna", "all", "poisson", "none"),
    reason = c("asked for", paste(rep("many words", 12), collapse = " "), "asked for.", NA)
  )
  lines <- utils::capture.output(print(fit))
  expect_lte(max(nchar(lines)), 60)
  expect_match(lines, "^  genes: +all: many words", all = FALSE)
  expect_match(lines, "^  family: +poisson: asked for$", all = FALSE)
  expect_match(lines, "^  reference error: none$", all = FALSE)
  expect_no_match(lines, "scale:")
})

test_that("a wide table is turned or cut, and what is left out is told", {
  withr::local_options(cli.width = 60)
  long <- paste("a type with a long name,", letters[1:15])
  one <- deconvolved(1, 15, names = long)
  answer <- answer(one)
  expect_identical(answer$what, "type")
  expect_identical(dim(answer$table), c(10L, 1L))
  # The most abundant ones.
  p <- one$parameters$proportions[1, ]
  expect_identical(rownames(answer$table), names(sort(-p))[1:10])
  many <- deconvolved(30, 15, genes = 300)
  lines <- utils::capture.output(print(many))
  expect_lte(max(nchar(lines)), 60)
  expect_match(lines, "... and 20 more samples: em_parameters", fixed = TRUE, all = FALSE)
  expect_match(lines, "more types: em_parameters", all = FALSE)
  few <- utils::capture.output(print(many, rows = 2))
  expect_match(few, "... and 28 more samples", fixed = TRUE, all = FALSE)
  expect_error(print(many, rows = 0), class = "missmix_error_argument")
  expect_error(print(many, row = 1), class = "missmix_error_argument")
})

test_that("zeros and what is nearly nothing can be told apart", {
  expect_identical(
    proportion_text(c(0, 1e-9, 4e-4, 6e-4, 0.1234, 1, NA)),
    c("0", "<.001", "<.001", "0.001", "0.123", "1.000", "NA")
  )
})

test_that("every status of samples has its words", {
  fit <- tissue_fit()
  fit$samples$status <- c(
    "converged", "converged", "max_iter", "stopped", "non_finite", "degenerate"
  )
  expect_snapshot(cat(status_words(fit)), transform = only_words)
  fit$samples$status[] <- "stopped"
  expect_match(status_words(fit), "^All 6 samples")
  one <- deconvolved(1)
  expect_match(status_words(one), "^The sample is certified")
  one$samples$certificate <- 0
  expect_match(status_words(one), "rounding")
  one$members[[1]]$family$name <- "nbinom"
  expect_match(status_words(one), "^The sample is within about")
})

test_that("the worst thing about a fit is told", {
  expect_match(worst_words(tissue_fit()), "Worst fit: [0-9]+% of the expression of sample")
  expect_identical(worst_words(deconvolved(keep_data = FALSE)), "")
  data <- simulated_tissue()
  twin <- data$profiles
  twin[, 2] <- twin[, 1] + 0.01 * twin[, 2]
  near <- em_deconvolve(data$bulk, em_reference(twin, scale = "rna"), family = "poisson")
  expect_match(worst_words(near), "type1 and type2 are hard to tell apart")
  data$bulk[] <- 0L
  nothing <- suppressWarnings(em_deconvolve(data$bulk, data$reference, family = "poisson"))
  expect_identical(worst_words(nothing), "")
  expect_output(print(nothing), "could not be fitted")
  expect_output(print(summary(nothing)), "could not be fitted")
})

test_that("the summary is about types over samples", {
  sum <- summary(tissue_fit())
  p <- tissue_fit()$parameters$proportions
  expect_identical(sum$types$type, colnames(p))
  expect_equal(sum$types$mean, unname(colMeans(p)))
  expect_equal(sum$types$highest, unname(apply(p, 2, max)))
  expect_identical(sum$types$present, as.integer(colSums(p > 0)))
  expect_true(all(sum$types$std.error > 0))
  expect_identical(nrow(sum$samples), 6L)
  bare <- summary(deconvolved(keep_data = FALSE))
  expect_true(all(is.na(bare$types$std.error)))
  expect_output(print(bare), "certified")
})
