pictures <- c("proportions", "intervals", "fit", "confusion", "markers")

drawn_twice <- function(fit, what) {
  grDevices::pdf(NULL, 7, 6)
  on.exit(grDevices::dev.off())
  before <- graphics::par(c("mar", "oma", "mfrow", "cex"))
  expect_no_error(plot(fit, what))
  expect_equal(graphics::par(c("mar", "oma", "mfrow", "cex")), before)
  if (requireNamespace("ggplot2", quietly = TRUE)) {
    plot <- ggplot2::autoplot(fit, what)
    expect_s3_class(plot, "ggplot")
    expect_no_warning(print(plot))
  }
}

test_that("every picture of few and of many samples and types can be drawn", {
  fits <- list(
    tissue_fit(), deconvolved(1, 2), deconvolved(4, 20, genes = 60), deconvolved(12),
    deconvolved(60, 14)
  )
  for (fit in fits) for (what in pictures) drawn_twice(fit, what)
  expect_identical(pictures_of(tissue_fit()), pictures)
  expect_error(plot(tissue_fit(), "trace"), class = "missmix_error_argument")
})

test_that("fits without bulk or samples say why there is nothing", {
  bare <- deconvolved(keep_data = FALSE)
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_error(plot(bare, "fit"), class = "missmix_error_data")
  expect_error(plot(bare, "intervals"), class = "missmix_error_data")
  for (what in c("proportions", "confusion", "markers")) expect_no_error(plot(bare, what))
  data <- simulated_tissue()
  data$bulk[] <- 0L
  nothing <- suppressWarnings(em_deconvolve(data$bulk, data$reference, family = "poisson"))
  expect_error(plot(nothing), "nothing to draw", class = "missmix_error_model")
  expect_error(plot(deconvolved(3, 1), "confusion"), class = "missmix_error_model")
})

test_that("bars hold everything, however many types", {
  fit <- deconvolved(5, 20, genes = 100)
  bars <- proportion_bars(fit, NULL)
  expect_identical(ncol(bars$shares), 12L)
  expect_within(rowSums(bars$shares), rep(1, 5), 1e-12)
  expect_identical(names(bars$colours), colnames(bars$shares))
  expect_identical(anyDuplicated(bars$colours), 0L)
  expect_match(bars$title[2], "Others: 9 types")
  kept <- setdiff(colnames(bars$shares), "others (9)")
  # No type among the others is larger than one that has a colour.
  p <- colMeans(fit$parameters$proportions)
  expect_gte(min(p[kept]), max(p[setdiff(names(p), kept)]))
  expect_identical(ncol(proportion_bars(deconvolved(5, 12), NULL)$shares), 12L)
})

test_that("many samples are ordered by their largest type and thinned", {
  fit <- deconvolved(50, 3)
  bars <- proportion_bars(fit, NULL)
  expect_false(bars$named)
  largest <- rle(max.col(bars$shares))$values
  expect_identical(anyDuplicated(largest), 0L)
  expect_match(bars$title[2], "order of their largest type")
  fit <- deconvolved(450, 3, genes = 40)
  bars <- proportion_bars(fit, NULL)
  expect_identical(nrow(bars$shares), 400L)
  expect_match(bars$title[2], "Of 450 samples 400 are drawn")
})

test_that("intervals: few samples by sample, more by type", {
  few <- interval_points(tissue_fit(), NULL)
  expect_false(few$by_type)
  expect_identical(levels(few$points$panel), tissue_fit()$samples$sample)
  expect_identical(few$labels, tissue_fit()$terms)
  table <- tidy(tissue_fit(), conf.int = TRUE)
  at <- match(paste(few$points$panel, few$points$label), paste(table$sample, table$type))
  expect_identical(few$points$low, table$conf.low[at])
  expect_identical(few$points$high, table$conf.high[at])
  more <- interval_points(deconvolved(8, 9), NULL)
  expect_true(more$by_type)
  expect_length(levels(more$points$panel), 6)
  expect_match(more$title[2], "The 6 most abundant of 9 types")
  many <- interval_points(deconvolved(150, 3, genes = 60), NULL)
  expect_null(many$labels)
  expect_match(many$title[2], "100 of 150 are drawn")
  expect_false(is.unsorted(rev(many$points$estimate[many$points$panel == "type1"])))
})

test_that("genes that move a proportion are found by leaving them out", {
  data <- simulated_tissue(1, 3, 60, depth = 1e6)
  data$bulk[7, ] <- 3L * data$bulk[7, ]
  fit <- em_deconvolve(data$bulk, data$reference, family = "nbinom")
  moves <- proportion_moves(fit, 1)
  expect_identical(which.max(abs(moves$move)), 7L)
  without <- predict(fit, data$bulk[-7, , drop = FALSE])
  there <- fit$parameters$proportions
  type <- moves$type[7]
  change <- there[, type] - without[, type]
  # To first order, and the gene is far out: its sign and its size.
  expect_identical(sign(moves$move[7]), sign(unname(change)))
  expect_within(log2(abs(moves$move[7] / change)), 0, 1)
  drawn <- fit_points(fit, NULL)
  expect_true("gene7" %in% drawn$points$label)
  expect_match(drawn$title[2], "gene7 moves")
})

test_that("the sample that fits worst is found", {
  data <- simulated_tissue(20)
  data$bulk[, 5] <- data$bulk[nrow(data$bulk):1, 5]
  fit <- em_deconvolve(data$bulk, data$reference, family = "poisson")
  off <- sample_misfit(fit)
  expect_identical(off$sample[which.max(off$misfit)], "sample05")
  expect_true("sample05" %in% sample_misfit(fit, most = 3)$sample)
  expect_match(levels(fit_points(fit, NULL)$points$panel)[1], "^sample05")
})

test_that("twins are confused, and lie beside each other", {
  data <- simulated_tissue(5, 8, 300)
  data$profiles[, 6] <- data$profiles[, 2] + 0.02 * data$profiles[, 6]
  fit <- em_deconvolve(data$bulk, em_reference(data$profiles, scale = "rna"), family = "poisson")
  pair <- worst_pair(confusion_matrix(fit))
  expect_identical(c(pair$one, pair$other), c("type2", "type6"))
  expect_gt(pair$exchange, 0.95)
  drawn <- confusion_cells(fit, NULL)
  expect_identical(abs(diff(match(c("type2", "type6"), drawn$rows))), 1L)
  expect_match(drawn$title[2], "type2 and type6 are hard to tell apart")
  data$profiles[, 6] <- data$profiles[, 2]
  same <- em_deconvolve(data$bulk, em_reference(data$profiles, scale = "rna"), family = "poisson")
  expect_gt(worst_pair(confusion_matrix(same))$exchange, 0.99)
})

test_that("the confusion is minus the correlation of errors where all types are there", {
  fit <- deconvolved(samples = 1, depth = 1e7, seed = 4)
  fit$abundance[1, 4] <- 0.1 * fit$abundance[1, 1]
  m <- expected_bulk(fit, 1)[, 1]
  h <- crossprod(fit$reference$profiles / sqrt(m))
  expect_equal(
    confusion_matrix(fit)[lower.tri(h)], -stats::cov2cor(solve(h))[lower.tri(h)], tolerance = 1e-6
  )
})

test_that("markers are those of the genes used", {
  cells <- marker_cells(tissue_fit(), NULL)
  expect_length(cells$rows, 40)
  expect_identical(cells$rows[1:10], em_markers(tissue_fit()$reference, 10)$gene[1:10])
  expect_within(rowsum(cells$cells$value, cells$cells$row), rep(1, 40), 1e-12)
  expect_lte(length(marker_cells(deconvolved(2, 60, genes = 300), NULL)$rows), 40)
})

test_that("labels move apart, in their order and below the top", {
  y <- moved_apart(c(3, 1, 1.1, 1.2), 1)
  expect_true(all(diff(sort(y)) >= 1 - 1e-12))
  expect_identical(order(y), order(c(3, 1, 1.1, 1.2)))
  expect_identical(moved_apart(c(1, 5), 1), c(1, 5))
  expect_equal(moved_apart(c(4.9, 5), 1, top = 5), c(4, 5))
})
