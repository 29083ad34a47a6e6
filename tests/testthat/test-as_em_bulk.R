counts <- matrix(c(5L, 0L, 2L, 100L, 7L, 30L), 3,
  dimnames = list(c("A", "B", "C"), c("s1", "s2")))

test_that("a matrix is not copied and keeps its type", {
  for (x in list(counts, counts + 0.25)) {
    bulk <- as_em_bulk(x)
    expect_s3_class(bulk, "em_bulk", exact = TRUE)
    expect_named(bulk, c(
      "values", "genes", "samples", "totals", "empty", "counts", "shares", "log_scale"
    ))
    expect_identical(rlang::obj_address(bulk$values), rlang::obj_address(x))
    expect_identical(bulk$genes, c("A", "B", "C"))
    expect_identical(bulk$samples, c("s1", "s2"))
    expect_equal(bulk$totals, colSums(x))
  }
  expect_true(as_em_bulk(counts)$counts)
  expect_true(as_em_bulk(counts / 2)$counts)
  expect_false(as_em_bulk(counts / 3)$counts)
  expect_identical(as_em_bulk(bulk), bulk)
})

test_that("data frames hold the genes in a column of text or in their row names", {
  expected <- as_em_bulk(counts + 0)
  by_rows <- as.data.frame(counts)
  expect_equal(as_em_bulk(by_rows), expected, ignore_attr = "dimnames")
  expect_equal(unname(as_em_bulk(by_rows)$values), unname(counts + 0))
  for (genes in list(rownames(counts), factor(rownames(counts)))) {
    frame <- data.frame(s1 = counts[, 1], gene = genes, s2 = counts[, 2], row.names = NULL)
    bulk <- as_em_bulk(frame)
    expect_identical(unname(bulk$values), unname(counts + 0))
    expect_identical(bulk[-1], expected[-1])
  }
  one <- as_em_bulk(data.frame(gene = "A", s1 = 3))
  expect_identical(dim(one$values), c(1L, 1L))
})

test_that("tibbles and data tables are read", {
  skip_if_not_installed("tibble")
  skip_if_not_installed("data.table")
  frame <- data.frame(gene = rownames(counts), counts, row.names = NULL)
  expected <- as_em_bulk(frame)
  expect_identical(as_em_bulk(tibble::as_tibble(frame)), expected)
  expect_identical(as_em_bulk(data.table::as.data.table(frame)), expected)
})

test_that("a named vector is one sample", {
  bulk <- as_em_bulk(c(A = 1, B = 20))
  expect_identical(bulk$values[, 1], c(1, 20))
  expect_identical(bulk[c("genes", "samples")], list(genes = c("A", "B"), samples = "sample1"))
  expect_error(as_em_bulk(c(1, 20)), "must name its genes", class = "missmix_error_data")
})

test_that("sparse matrices of every class become dgCMatrix, which is not copied", {
  skip_if_not_installed("Matrix")
  sparse <- as_sparse(counts)
  bulk <- as_em_bulk(sparse)
  expect_identical(rlang::obj_address(bulk$values), rlang::obj_address(sparse))
  expect_identical(bulk[-1], as_em_bulk(counts)[-1])
  for (class in c("TsparseMatrix", "RsparseMatrix")) {
    expect_identical(as_em_bulk(methods::as(sparse, class))$values, sparse)
  }
  expect_identical(as_em_bulk(methods::as(sparse, "denseMatrix"))$values, counts + 0)
  pattern <- methods::as(sparse, "nMatrix")
  expect_identical(as.matrix(as_em_bulk(pattern)$values), (counts > 0) + 0)
  bad <- sparse
  bad@x[2:3] <- c(NA, -1)
  expect_error(as_em_bulk(bad), "C in sample s1: NA", class = "missmix_error_data")
  bad@x[2] <- 1
  expect_error(as_em_bulk(bad), "A in sample s2: -1", class = "missmix_error_data")
  expect_true(as_em_bulk(sparse * 0)$empty[1])
})

test_that("the assay of a SummarizedExperiment can be chosen", {
  skip_if_not_installed("SummarizedExperiment")
  se <- SummarizedExperiment::SummarizedExperiment(list(tpm = counts / 3, counts = counts))
  expect_equal(as_em_bulk(se), as_em_bulk(counts), ignore_attr = "dimnames")
  expect_equal(as_em_bulk(se, "tpm")$values, counts / 3)
  expect_equal(as_em_bulk(se, 1)$values, counts / 3)
  expect_error(as_em_bulk(se, "cpm"), "tpm.*counts", class = "missmix_error_argument")
  expect_error(as_em_bulk(se, 3), class = "missmix_error_argument")
  only <- SummarizedExperiment::SummarizedExperiment(list(counts / 3),
    rowData = NULL, colData = data.frame(row.names = c("s1", "s2")))
  expect_equal(as_em_bulk(only)$values, counts / 3)
  expect_error(as_em_bulk(counts, "counts"), "SummarizedExperiment",
    class = "missmix_error_argument")
  none <- SummarizedExperiment::SummarizedExperiment(colData = data.frame(row.names = "s1"))
  expect_error(as_em_bulk(none), "without any assay", class = "missmix_error_data")
})

test_that("negative, missing and infinite entries are refused by gene and sample", {
  spoil <- function(value) replace(counts + 0, c(2, 6), value)
  for (value in c(NA, NaN, Inf, -2)) {
    error <- expect_error(as_em_bulk(spoil(value)), class = "missmix_error_data")
    expect_match(conditionMessage(error), "B in sample s1: .*C in sample s2: ")
    expect_identical(error$gene, c("B", "C"))
    expect_identical(error$column, c("s1", "s2"))
  }
  many <- matrix(-1, 3, 4, dimnames = list(rownames(counts), NULL))
  expect_error(as_em_bulk(many), "A in sample sample1: -1.* and 9 more",
    class = "missmix_error_data")
})

test_that("what is no expression is refused, with a way out", {
  text <- matrix("1", 2, 2)
  error <- function(x) expect_error(as_em_bulk(x), class = "missmix_error_data")
  expect_match(conditionMessage(error(text)), "text")
  expect_match(conditionMessage(error(structure(list(), class = "DGEList"))), "counts")
  expect_match(conditionMessage(error(structure(list(), class = "ExpressionSet"))), "exprs")
  error(list(1))
  error(NULL)
  error(mean)
  frame <- data.frame(gene = "A", description = "a gene", s1 = 1)
  expect_match(conditionMessage(error(frame)), "description \\(character\\)")
  expect_match(conditionMessage(error(data.frame(s1 = 1:2))), "must name its genes")
  expect_match(conditionMessage(error(counts[0, ])), "no rows")
  expect_match(conditionMessage(error(counts[, 0])), "no columns")
  expect_match(conditionMessage(error(data.frame(gene = "A"))), "no columns")
  nameless <- counts
  rownames(nameless)[2] <- ""
  expect_match(conditionMessage(error(nameless)), "row 2")
})

test_that("names of samples are made where missing, and must differ", {
  expect_identical(as_em_bulk(`colnames<-`(counts, NULL))$samples, c("sample1", "sample2"))
  half <- counts
  colnames(half)[2] <- ""
  expect_identical(as_em_bulk(half)$samples, c("s1", "sample2"))
  colnames(half)[2] <- "s1"
  error <- expect_error(as_em_bulk(half), "More than once: s1", class = "missmix_error_data")
  expect_identical(error$column, "s1")
})

test_that("samples of zeros are noted", {
  counts[, 2] <- 0L
  expect_identical(as_em_bulk(counts)$empty, c(FALSE, TRUE))
  expect_identical(as_em_bulk(counts * 0)$empty, c(TRUE, TRUE))
})

test_that("logarithms are said and flagged; counts, shares and linear values are not", {
  profiles <- simulate_profiles(500)
  linear <- 1e3 * profiles + 1
  expect_message(bulk <- as_em_bulk(log2(linear)), "logarithms",
    class = "missmix_message_log_scale")
  expect_true(bulk$log_scale)
  expect_message(as_em_bulk(log(linear)), class = "missmix_message_log_scale")
  expect_message(as_em_bulk(log10(linear)), class = "missmix_message_log_scale")
  small <- round(log2(linear))
  shares <- with_own_seed(1, matrix(stats::rbeta(1500, 0.5, 0.5), 500,
    dimnames = dimnames(profiles)))
  for (x in list(linear, profiles, small, shares)) {
    expect_silent(bulk <- as_em_bulk(x))
    expect_false(bulk$log_scale)
  }
  expect_true(as_em_bulk(shares)$shares)
  expect_false(as_em_bulk(sweep(linear, 2, colSums(linear), "/"))$shares)
})

test_that("methylation a little below zero is set to zero, other negative values are refused", {
  betas <- with_own_seed(1, matrix(stats::rbeta(1000, 0.5, 0.5), 500,
    dimnames = list(paste0("cg", 1:500), c("s1", "s2"))))
  noisy <- replace(betas, c(3, 700), c(-0.02, -0.1))
  expect_message(bulk <- as_em_bulk(noisy), "cg3 in sample s1: -0.02; cg200 in sample s2: -0.1",
    class = "missmix_message_clipped")
  expect_identical(bulk$values, pmax(noisy, 0))
  expect_true(bulk$shares)
  for (bad in list(replace(betas, 3, -0.6), replace(betas, 1:100, -0.1), 100 * noisy)) {
    expect_error(as_em_bulk(bad), "negative", class = "missmix_error_data")
  }
})
