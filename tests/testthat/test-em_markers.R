signature <- cbind(B = c(90, 4, 10, 0), T = c(2, 80, 11, 0), NK = c(1, 40, 9, 1))
rownames(signature) <- c("CD19", "CD2", "ACTB", "GNLY")

test_that("specificity is the share of the highest type, shrunk by the mean gene", {
  reference <- em_reference(signature)
  markers <- em_markers(reference)
  expect_s3_class(markers, c("em_markers", "data.frame"), exact = TRUE)
  expect_named(markers, c(
    "gene", "type", "rank", "specificity", "log2_ratio", "expression", "noise"
  ))
  shares <- sweep(signature, 2, colSums(signature), "/") + 1 / 4
  by_hand <- apply(shares, 1, max) / rowSums(shares)
  expect_equal(markers$specificity, unname(by_hand[markers$gene]))
  ratio <- apply(shares, 1, function(x) log2(sort(x)[3] / sort(x)[2]))
  expect_equal(markers$log2_ratio, unname(ratio[markers$gene]))
  expect_identical(markers$type, c("B", "T", "NK", "NK"))
  expect_identical(markers$gene, c("CD19", "CD2", "ACTB", "GNLY"))
  expect_identical(markers$rank, c(1L, 1L, 1L, 2L))
  expect_identical(markers$expression, c(90, 80, 9, 1))
  expect_true(all(is.na(markers$noise)))
})

test_that("totals of the types do not matter", {
  other <- sweep(signature, 2, c(1, 10, 100), "*")
  same <- c("gene", "type", "rank", "specificity", "log2_ratio")
  expect_equal(em_markers(em_reference(other))[same], em_markers(em_reference(signature))[same])
})

test_that("noise is the coefficient of variation in the highest type", {
  reference <- em_reference(signature, variance = signature)
  markers <- em_markers(reference)
  expect_equal(markers$noise, 1 / sqrt(markers$expression))
  zero <- rbind(signature, NONE = 0)
  markers <- em_markers(em_reference(zero, variance = zero))
  expect_identical(markers$noise[markers$gene == "NONE"], NA_real_)
})

test_that("the first n of each type can be had", {
  reference <- em_reference(simulate_profiles())
  markers <- em_markers(reference, 5)
  expect_identical(markers$type, rep(c("B", "T", "NK"), each = 5))
  expect_identical(markers$rank, rep(1:5, 3))
  expect_identical(as.data.frame(markers),
    as.data.frame(em_markers(reference))[em_markers(reference)$rank <= 5, ],
    ignore_attr = "row.names")
  for (bad in list(0, 1.5, "a")) {
    expect_error(em_markers(reference, bad), class = "missmix_error_argument")
  }
  expect_error(em_markers(signature), "em_reference\\(\\)", class = "missmix_error_argument")
})

test_that("marker_genes() are the first of em_markers(), as rows of the reference", {
  reference <- em_reference(simulate_profiles())
  rows <- marker_genes(reference, 5)
  expect_false(is.unsorted(rows))
  expect_setequal(rownames(reference$profiles)[rows], em_markers(reference, 5)$gene)
  expect_length(marker_genes(reference), 200)
})

test_that("genes that mark no type are no markers", {
  flat <- rbind(signature, NONE = 0)
  expect_identical(marker_genes(em_reference(flat)), 1:4)
  twins <- cbind(a = c(x = 1, y = 1), b = c(1, 1))
  expect_length(marker_genes(em_reference(twins)), 0)
})

test_that("one type has markers too", {
  one <- em_reference(signature[, "B", drop = FALSE])
  markers <- em_markers(one)
  expect_identical(markers$specificity, rep(1, 4))
  expect_true(all(is.na(markers$log2_ratio)))
  expect_identical(marker_genes(one), 1:3)
})

test_that("a cut reference is measured against all its genes' totals", {
  reference <- em_reference(simulate_profiles())
  cut <- reference_genes(reference, 1:150)
  shares <- sweep(cut$profiles, 2, reference$totals, "/")
  expect_identical(em_markers(cut)$type[match(rownames(shares), em_markers(cut)$gene)],
    colnames(shares)[max.col(shares)])
})

test_that("markers print by type", {
  local_reproducible_output(width = 80)
  printed <- capture.output(print(em_markers(em_reference(simulate_profiles()), 4), rows = 2))
  expect_match(printed[1], "12 genes by the type where they are highest")
  expect_match(printed, "^B +4 +g[0-9]+, g[0-9]+, g[0-9]+ +0\\.[0-9]{2}", all = FALSE)
  expect_match(printed, "1 more type", all = FALSE)
  genes <- em_markers(em_reference(simulate_profiles()))[, "gene", drop = FALSE]
  expect_output(print(genes), "gene")
})
