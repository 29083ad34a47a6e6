# The data that the help pages and the vignette use.

blood_sim <- missmix::blood_sim

test_that("blood_sim is what its help page says", {
  expect_identical(dim(blood_sim$cells), c(400L, 200L))
  expect_identical(dim(blood_sim$bulk), c(400L, 12L))
  expect_type(blood_sim$cells, "integer")
  expect_type(blood_sim$bulk, "integer")
  expect_identical(rownames(blood_sim$cells), rownames(blood_sim$bulk))
  expect_false(anyDuplicated(rownames(blood_sim$bulk)) > 0)
  expect_true(all(table(blood_sim$cell_type, blood_sim$donor) == 10))
  expect_identical(rownames(blood_sim$truth), colnames(blood_sim$bulk))
  expect_identical(colnames(blood_sim$truth), names(blood_sim$cell_size))
  expect_equal(rowSums(blood_sim$truth), rep(1, 12), ignore_attr = TRUE)
  expect_true(all(blood_sim$truth[blood_sim$group == "treated", "B"] == 0))
})

test_that("the default finds what blood_sim is made of, and intervals of given profiles hold it", {
  ref <- with(blood_sim, em_reference(cells, cell_type = cell_type, subject = donor))
  expect_identical(ref$scale, "cells")
  fit <- em_deconvolve(blood_sim$bulk, ref)
  found <- tidy(fit, conf.int = TRUE)
  true <- blood_sim$truth[cbind(found$sample, found$type)]
  # 0.014 to 0.016 when the data were made; sizes of cells and profiles of people differ.
  expect_lt(sqrt(mean((found$estimate - true)^2)), 0.025)
  found <- tidy(update(fit, reference_error = "none"), conf.int = TRUE)
  expect_gt(mean(found$conf.low <= true & true <= found$conf.high), 0.85)
})

test_that("genes that only one type expresses show its state", {
  ref <- with(blood_sim, em_reference(cells, cell_type = cell_type, subject = donor))
  fit <- em_deconvolve(blood_sim$bulk, ref, family = "poisson")
  level <- em_expression(fit, "monocyte", per = "profile")
  change <- function(gene) {
    of <- tapply(level[gene, ], blood_sim$group, mean)
    of[["infected"]] / of[["healthy"]]
  }
  # Fourfold in truth, less what other people's profiles differ by.
  expect_gt(change("FCGR1A"), 2.5)
  expect_gt(change("CD163"), 2.5)
  expect_lt(abs(log(change("LYZ"))), log(1.3))
})
