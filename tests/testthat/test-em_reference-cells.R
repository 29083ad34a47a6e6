profiles <- simulate_profiles()

test_that("profiles of cells are means, and their variance is that of the shape", {
  cells <- simulate_cells(profiles)
  expect_silent(reference <- em_reference(cells$counts, cells$type))
  expect_identical(colnames(reference$profiles), c("B", "NK", "T"))
  expect_identical(reference$cells, c(B = 30L, NK = 30L, T = 30L))
  expect_null(reference$subjects)
  expect_identical(reference[c("scale", "source", "counts")],
    list(scale = "cells", source = "cells", counts = TRUE))
  for (type in colnames(reference$profiles)) {
    x <- cells$counts[, cells$type == type]
    expect_equal(reference$profiles[, type], rowMeans(x))
    share <- rowSums(x) / sum(x)
    off <- x - outer(share, colSums(x))
    # Sums of squares lose a few digits against squares of differences.
    expect_equal(reference$variance[, type], rowSums(off^2) / 29 / 30, tolerance = 1e-10)
  }
})

test_that("the variance is what profiles of other cells show", {
  variances <- vapply(1:40, function(seed) {
    cells <- simulate_cells(profiles[, "B", drop = FALSE], per_type = 40, seed = seed)
    reference <- em_reference(cells$counts, cells$type)
    c(reference$profiles / reference$totals, reference$variance / reference$totals^2)
  }, numeric(400))
  seen <- mean(apply(variances[1:200, ], 1, var))
  # The mean over 200 genes of variances from 40 sets has a standard error of about 2%.
  expect_equal(mean(variances[201:400, ]), seen, tolerance = 0.1)
})

test_that("subjects count alike, whatever their depth and number of cells", {
  cells <- simulate_cells(profiles)
  subject <- cells$subject
  deep <- cells$counts
  deep[, subject == 2] <- deep[, subject == 2] * 10
  reference <- em_reference(deep, cells$type, paste("donor", subject))
  expect_identical(reference$subjects, c(B = 3L, NK = 3L, T = 3L))
  for (type in c("B", "NK", "T")) {
    x <- lapply(1:3, function(j) deep[, cells$type == type & subject == j])
    n <- vapply(x, ncol, 0L)
    sizes <- vapply(x, sum, 0) / n
    shares <- vapply(x, function(part) rowSums(part) / sum(part), numeric(200))
    scaled <- shares * mean(sizes)
    expect_equal(reference$profiles[, type], rowMeans(scaled))
    squares <- vapply(1:3, function(j) {
      off <- x[[j]] - outer(shares[, j], colSums(x[[j]]))
      rowSums(off^2) * (mean(sizes) / sizes[j])^2
    }, numeric(200))
    within <- rowSums(squares) / sum(n - 1)
    between <- pmax(apply(scaled, 1, var) - within * mean(1 / n), 0)
    expect_equal(reference$variance[, type], within * sum(1 / n) / 9 + between * (1 + 1 / 3),
      tolerance = 1e-10)
  }
})

test_that("subjects that differ widen the variance, others do not", {
  cells <- simulate_cells(profiles, per_type = 300)
  alone <- em_reference(cells$counts, cells$type)
  same <- em_reference(cells$counts, cells$type, cells$subject)
  differing <- cells$counts
  high <- cells$subject == 1
  differing[1:100, high] <- differing[1:100, high] * 3L
  differ <- em_reference(differing, cells$type, cells$subject)
  ratio <- function(a, b) stats::median((a$variance / b$variance)[1:50, ], na.rm = TRUE)
  expect_lt(ratio(same, alone), 3)
  expect_gt(ratio(differ, alone), 10)
})

test_that("sparse, blocked and labelled otherwise: the same reference", {
  cells <- simulate_cells(profiles)
  expected <- em_reference(cells$counts, cells$type, cells$subject)
  frame <- data.frame(gene = rownames(profiles), cells$counts)
  expect_equal(em_reference(frame, cells$type, factor(cells$subject)), expected)
  expect_equal(em_reference(cells$counts + 0, factor(cells$type, c("B", "NK", "T", "none")),
    cells$subject), expected)
  shuffle <- with_own_seed(1, sample(ncol(cells$counts)))
  # The share of zeros is that of some columns, of a sparse matrix that of all; which cells are
  # drawn again goes by their order.
  exact <- setdiff(names(expected), c("column_look", "replicates"))
  expect_equal(em_reference(cells$counts[, shuffle], cells$type[shuffle],
    cells$subject[shuffle])[exact], expected[exact])
  group <- factor(cells$type)
  expect_equal(group_sums(cells$counts, group, width = 7), group_sums(cells$counts, group))
  skip_if_not_installed("Matrix")
  sparse <- as_sparse(cells$counts)
  expect_equal(em_reference(sparse, cells$type, cells$subject)[exact], expected[exact])
  expect_equal(group_sums(sparse, group, width = 7), group_sums(cells$counts, group))
})

test_that("the order of levels and numbers is kept", {
  cells <- simulate_cells(profiles)
  levels <- c("T", "B", "NK")
  expect_identical(colnames(em_reference(cells$counts, factor(cells$type, levels))$profiles),
    levels)
  numbers <- match(cells$type, levels) * 5
  expect_identical(names(em_reference(cells$counts, numbers)$cells), c("5", "10", "15"))
})

test_that("columns of a SingleCellExperiment can be named", {
  skip_if_not_installed("SingleCellExperiment")
  cells <- simulate_cells(profiles)
  sce <- SingleCellExperiment::SingleCellExperiment(
    list(logcounts = log1p(cells$counts), counts = as_sparse(cells$counts)),
    colData = data.frame(label = factor(cells$type), donor = cells$subject)
  )
  expected <- em_reference(as_sparse(cells$counts), cells$type, cells$subject)
  expect_identical(em_reference(sce, "label", "donor"), expected)
  expect_identical(em_reference(sce, cells$type, cells$subject), expected)
  expect_message(em_reference(sce, "label", assay = "logcounts"),
    class = "missmix_message_log_scale")
  expect_error(em_reference(sce), "label.*donor", class = "missmix_error_argument")
  expect_error(em_reference(sce, "cluster"), "label.*donor", class = "missmix_error_argument")
  expect_error(em_reference(sce, "label", "patient"), "subject", class = "missmix_error_argument")
  se <- SummarizedExperiment::SummarizedExperiment(list(counts = as_sparse(cells$counts)),
    colData = data.frame(label = factor(cells$type), donor = cells$subject))
  expect_identical(em_reference(se, "label", "donor"), expected)
})

test_that("a matrix on disk is read", {
  skip_if_not_installed("DelayedArray")
  cells <- simulate_cells(profiles)
  there <- DelayedArray::DelayedArray(as_sparse(cells$counts))
  expect_identical(em_reference(there, cells$type), em_reference(as_sparse(cells$counts),
    cells$type))
})

test_that("cells without a type are left out, with a message", {
  cells <- simulate_cells(profiles)
  type <- replace(cells$type, 1:3, c(NA, NA, ""))
  expect_message(reference <- em_reference(cells$counts, type, cells$subject), "3 of 90 cells",
    class = "missmix_message_cells")
  expect_equal(reference,
    em_reference(cells$counts[, -(1:3)], cells$type[-(1:3)], cells$subject[-(1:3)]))
})

test_that("types with one cell, or one subject, take the variance of the others", {
  cells <- simulate_cells(profiles, per_type = 200)
  kept <- c(which(cells$type == "B")[1], which(cells$type != "B"))
  reference <- em_reference(cells$counts[, kept], cells$type[kept])
  expect_identical(reference$cells[["B"]], 1L)
  expressed <- reference$profiles[, "B"] > 0
  expect_true(all(reference$variance[!expressed, "B"] == 0))
  # Counts of one cell vary by about their mean, more where cells differ.
  ratio <- (reference$variance / reference$profiles)[expressed, "B"]
  expect_true(all(ratio > 0.5 & ratio < 3))

  subject <- ifelse(cells$type == "T", 1, cells$subject)
  one_subject <- em_reference(cells$counts, cells$type, subject)
  expect_identical(one_subject$subjects, c(B = 3L, NK = 3L, T = 1L))
  expect_false(anyNA(one_subject$variance))

  single <- em_reference(cells$counts[, match(c("B", "T"), cells$type)], c("B", "T"))
  expect_null(single$variance)
  # Sorted samples: one column of each type and subject.
  sorted <- em_reference(cells$counts[, 1:6], rep(c("B", "T"), 3), rep(1:3, each = 2))
  expect_false(anyNA(sorted$variance))
  expect_gt(min(sorted$variance[sorted$profiles > 0]), 0)
})
