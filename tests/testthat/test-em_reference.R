profiles <- simulate_profiles()
elements <- c(
  "profiles", "variance", "cells", "subjects", "totals", "cell_size", "scale", "scale_reason",
  "counts", "source", "column_look", "log_scale", "replicates"
)

test_that("a signature is kept as given", {
  reference <- em_reference(profiles)
  expect_s3_class(reference, "em_reference", exact = TRUE)
  expect_setequal(names(unclass(reference)), elements)
  expect_identical(reference$profiles, profiles)
  expect_identical(reference$totals, colSums(profiles))
  expect_identical(reference$cell_size, reference$totals)
  expect_identical(reference[c("scale", "source", "counts")],
    list(scale = "cells", source = "signature", counts = FALSE))
  expect_null(reference$variance)
  expect_null(reference$cells)
  expect_identical(as_em_reference(reference), reference)
  expect_identical(as_em_reference(profiles), reference)
  whole <- matrix(1:6, 3, dimnames = list(letters[1:3], c("B", "T")))
  expect_type(em_reference(whole)$profiles, "double")
})

test_that("signatures come as data frames, tibbles, sparse matrices and one type", {
  expected <- em_reference(profiles)
  expect_identical(em_reference(as.data.frame(profiles)), expected)
  frame <- data.frame(gene = rownames(profiles), profiles)
  expect_identical(em_reference(frame), expected)
  frame$gene <- factor(frame$gene)
  expect_identical(em_reference(frame), expected)
  one <- em_reference(profiles[, "B", drop = FALSE])
  expect_identical(colnames(one$profiles), "B")
  skip_if_not_installed("Matrix")
  expect_identical(em_reference(as_sparse(profiles)), expected)
  skip_if_not_installed("tibble")
  expect_identical(em_reference(tibble::as_tibble(frame)), expected)
})

test_that("variances of a signature are matched by name", {
  variance <- profiles / 10
  reference <- em_reference(profiles, variance = variance[200:1, c("NK", "B", "T")])
  expect_identical(reference$variance, variance)
  expect_identical(em_reference(profiles, variance = as.data.frame(variance))$variance, variance)
  expect_error(em_reference(profiles, variance = variance[-1, ]), rownames(profiles)[1],
    class = "missmix_error_data")
  expect_error(em_reference(profiles, variance = -variance), "negative",
    class = "missmix_error_data")
})

test_that("the scale of a reference is decided by its kind", {
  wide <- simulate_profiles(genome_wide)
  scale_of <- function(x, ...) em_reference(x, ...)$scale
  expect_identical(scale_of(profiles), "cells")
  expect_identical(scale_of(wide), "rna")
  expect_identical(scale_of(wide[-1, ]), "cells")
  expect_identical(scale_of(round(50 * profiles)), "rna")
  expect_identical(scale_of(round(50 * profiles) / 2), "rna")
  expect_identical(scale_of(sweep(profiles, 2, colSums(profiles), "/")), "rna")
  betas <- with_own_seed(1, matrix(stats::rbeta(3 * genome_wide, 0.5, 0.5), ncol = 3,
    dimnames = dimnames(wide)))
  expect_identical(scale_of(betas), "cells")
  cells <- simulate_cells(profiles)
  expect_identical(scale_of(cells$counts, cells$type), "cells")
  normalised <- sweep(cells$counts, 2, colSums(cells$counts), "/")
  expect_identical(scale_of(normalised, cells$type), "rna")
  bulk <- round(wide[, c(1, 1, 2, 2, 3, 3)] * 1e3) + 1
  expect_identical(scale_of(bulk, colnames(bulk)), "rna")
})

test_that("the scale can be asked for, and cell sizes convert", {
  wide <- simulate_profiles(genome_wide)
  asked <- em_reference(profiles, scale = "rna")
  expect_identical(asked[c("scale", "scale_reason")],
    list(scale = "rna", scale_reason = "that was asked for"))
  sizes <- c(T = 3, B = 1, NK = 2)
  sized <- em_reference(wide, cell_size = sizes)
  expect_identical(sized$scale, "cells")
  expect_identical(sized$cell_size, sizes[colnames(wide)])
  expect_identical(em_reference(em_reference(wide), cell_size = sizes), sized)
  expect_identical(em_reference(asked), em_reference(profiles))

  # One unit of RNA of each type.
  abundance <- 1 / colSums(wide)
  expect_equal(abundance * share_weights(em_reference(wide)), c(B = 1, T = 1, NK = 1))
  expect_equal(abundance * share_weights(sized), 1 / sizes[colnames(wide)])
  expect_equal(share_weights(em_reference(wide, scale = "cells")), c(B = 1, T = 1, NK = 1))

  refused <- function(...) expect_error(em_reference(profiles, ...),
    class = "missmix_error_argument")
  refused(scale = "cell")
  refused(scale = c("cells", "rna"))
  refused(scale = "rna", cell_size = sizes)
  refused(cell_size = c(1, 2, 3))
  refused(cell_size = c(sizes, T = 2))
  refused(cell_size = replace(sizes, 1, 0))
  expect_match(conditionMessage(refused(cell_size = sizes[-1])), "T")
})

test_that("a reference can be cut, and keeps its totals", {
  cells <- simulate_cells(profiles)
  reference <- em_reference(cells$counts, cells$type)
  cut <- reference_genes(reference, c(5, 2))
  expect_identical(cut$profiles, reference$profiles[c(5, 2), ])
  expect_identical(cut$variance, reference$variance[c(5, 2), ])
  expect_identical(cut$totals, reference$totals)
  expect_identical(dim(reference_genes(reference, 3)$profiles), c(1L, 3L))
})

test_that("duplicated genes are summed, or taken once if repeated to the digit", {
  doubled <- rbind(profiles, profiles[1, , drop = FALSE] * 2, profiles[2, , drop = FALSE])
  message <- expect_message(reference <- em_reference(doubled),
    class = "missmix_message_duplicates")
  expect_match(conditionMessage(message), paste0("summed: ", rownames(profiles)[1]))
  expect_match(conditionMessage(message), paste0("once: ", rownames(profiles)[2]))
  expected <- profiles
  expected[1, ] <- 3 * profiles[1, ]
  expect_equal(reference$profiles, expected)
  cells <- simulate_cells(profiles)
  rownames(cells$counts)[200] <- rownames(cells$counts)[1]
  expect_message(reference <- em_reference(cells$counts, cells$type),
    class = "missmix_message_duplicates")
  expect_equal(reference$profiles[1, "B"],
    mean(colSums(cells$counts[c(1, 200), cells$type == "B"])))
  skip_if_not_installed("Matrix")
  expect_message(sparse <- em_reference(as_sparse(cells$counts), cells$type),
    class = "missmix_message_duplicates")
  expect_equal(sparse$profiles, reference$profiles)
})

test_that("what is wrong is named", {
  refused <- function(x, ...) {
    conditionMessage(expect_error(em_reference(x, ...), class = "missmix_error_data"))
  }
  gene <- rownames(profiles)[2]
  for (value in c(NA, Inf, -1)) {
    expect_match(refused(replace(profiles, 202, value)), paste(gene, "in type T:"))
  }
  expect_match(refused(unname(profiles)), "name its genes")
  expect_match(refused(`colnames<-`(profiles, NULL)), "named by the types")
  expect_match(refused(`colnames<-`(profiles, c("B", "T", "B"))), "More than once: B")
  expect_match(refused(replace(profiles, 1:200, 0)), "All zero: B")
  nameless <- profiles
  rownames(nameless)[7] <- NA
  expect_match(refused(nameless), "row 7")
  cells <- simulate_cells(profiles)
  expect_match(refused(replace(cells$counts, 3, -1L), cells$type), "in cell cell1: -1")
  expect_match(refused(cells$counts, rep(NA, 90)), "No cell has a type")
  expect_match(refused(cells$counts, cells$type, replace(cells$subject, 4, NA)), "cell 4")
  expect_match(refused(cells$counts * (cells$type[col(cells$counts)] != "T"), cells$type),
    "All zero: T")
})

test_that("arguments that do not go together are refused", {
  refused <- function(...) {
    conditionMessage(expect_error(em_reference(...), class = "missmix_error_argument"))
  }
  cells <- simulate_cells(profiles)
  expect_match(refused(cells$counts, cells$type[-1]), "one label for each of 90 cells")
  expect_match(refused(cells$counts, cells$type, 1:3), "subject")
  expect_match(refused(cells$counts, list(1)), "cell_type")
  expect_match(refused(cells$counts, cells$type, variance = profiles), "variance")
  expect_match(refused(profiles, subject = 1:3), "cell_type")
  expect_match(refused(cells$counts[, rep(1:90, 6)]), "540 columns")
  expect_match(refused(profiles, scales = "rna"), "scales")
})

test_that("logarithms are said, and flagged", {
  expect_message(reference <- em_reference(log2(1e3 * profiles + 1)),
    class = "missmix_message_log_scale")
  expect_true(reference$log_scale)
  cells <- simulate_cells(profiles * 10)
  logs <- log1p(sweep(cells$counts, 2, colSums(cells$counts), "/") * 1e4)
  expect_message(reference <- em_reference(logs, cells$type), class = "missmix_message_log_scale")
  expect_true(reference$log_scale)
})

test_that("a reference prints what a result will mean", {
  local_reproducible_output(width = 1000)
  text <- function(x, ...) paste(capture.output(print(x, ...)), collapse = "\n")
  cells <- simulate_cells(profiles)
  reference <- em_reference(cells$counts, cells$type, cells$subject)
  expect_match(text(reference), "200 genes x 3 cell types, from 90 cells")
  expect_match(text(reference), "shares of cells, because the reference was made from cells")
  expect_match(text(reference), "cells +subjects +total +relative size")
  expect_match(text(reference, rows = 1), "2 more types")
  expect_match(text(em_reference(cells$counts, cells$type)), "Variance between subjects")
  expect_match(text(em_reference(profiles, scale = "rna")), "RNA, because that was asked for")
  expect_match(text(em_reference(profiles)), "not known")
  expect_no_match(text(em_reference(profiles)), "fold")
  skewed <- sweep(profiles, 2, c(1, 10, 1), "*")
  expect_match(text(em_reference(skewed)), "-fold, from .* to .* \\(T\\): is that how much mRNA")
  expect_match(text(em_reference(skewed, scale = "rna")), "divided out")
  kept <- c(which(cells$type == "B")[1], which(cells$type != "B"))
  expect_match(text(em_reference(cells$counts[, kept], cells$type[kept])),
    "variance of B, from one cell")
  expect_match(text(suppressMessages(em_reference(log2(1e3 * profiles + 1)))), "logarithms")
})
