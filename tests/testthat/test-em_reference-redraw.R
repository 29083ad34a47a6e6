world <- state_world()
cells <- state_cells(world, 40)

test_that("the same cells give the same replicates, and R's generator is left alone", {
  set.seed(1)
  before <- .Random.seed
  one <- em_reference(cells$counts, cells$type)
  expect_identical(.Random.seed, before)
  set.seed(2)
  expect_identical(em_reference(cells$counts, cells$type), one)
  expect_identical(dim(one$replicates$values), c(dim(one$profiles), 20L))
  expect_identical(dim(em_reference(cells$counts, cells$type, replicates = 7)$replicates$values)[3],
    7L)
  expect_null(em_reference(cells$counts, cells$type, replicates = 0)$replicates)
  expect_null(em_reference(one$profiles)$replicates)
  expect_error(em_reference(cells$counts, cells$type, replicates = -1), "replicates",
    class = "missmix_error_argument")
  # With none, all else is the same.
  none <- em_reference(cells$counts, cells$type, replicates = 0)
  expect_identical(none[names(none) != "replicates"], one[names(one) != "replicates"])
})

test_that("replicates are means of cells drawn again, and vary as means of cells do", {
  reference <- em_reference(cells$counts, cells$type, replicates = 2000L)
  drawn <- reference$replicates
  for (k in seq_along(drawn$unit)) {
    x <- cells$counts[, cells$type == colnames(reference$profiles)[k]]
    profiles <- drawn$values[, k, ] * drawn$unit[k]
    expect_equal(colSums(profiles), drawn$totals[k, ], tolerance = 1e-6)
    # 2,000 replicates: a variance has a relative standard error of 3%, a mean one of .1 sd.
    expect_equal(var(drawn$totals[k, ]), var(colSums(x)) / ncol(x), tolerance = 0.15)
    expect_equal(sum(apply(profiles, 1, var)), sum(apply(x, 1, var)) / ncol(x), tolerance = 0.15)
    expect_equal(mean(drawn$totals[k, ]), reference$totals[[k]], tolerance = 0.02)
  }
})

test_that("subjects are drawn, of a type with three at least", {
  cells <- state_cells(world, 60, 6)
  reference <- em_reference(cells$counts, cells$type, cells$subject, replicates = 2000L)
  totals <- reference$replicates$totals
  for (type in rownames(totals)) {
    x <- colSums(cells$counts)[cells$type == type]
    means <- tapply(x, cells$subject[cells$type == type], mean)
    expect_equal(var(totals[type, ]), var(means)[[1]] / 6, tolerance = 0.15)
  }
  # Depth of subjects is drawn for all types at once.
  deep <- cells$counts
  high <- cells$subject == "d1"
  deep[, high] <- deep[, high] * 20L
  drawn <- em_reference(deep, cells$type, cells$subject)$replicates$totals
  expect_gt(min(cor(t(drawn))), 0.9)
  two <- cells$subject %in% c("d1", "d2")
  few <- em_reference(cells$counts[, two], cells$type[two], cells$subject[two])
  expect_gt(min(apply(few$replicates$totals, 1, sd) / few$totals), 0.02)
})

test_that("sparse, blocks and many cells", {
  many <- state_cells(world, 900)
  reference <- em_reference(many$counts, many$type, replicates = 500L)
  size <- colSums(many$counts)[many$type == "a"]
  # 500 replicates of 200 batches: 6% and 10%.
  expect_equal(var(reference$replicates$totals["a", ]), var(size) / 900, tolerance = 0.3)
  skip_if_not_installed("Matrix")
  sparse <- em_reference(as_sparse(many$counts), many$type, replicates = 500L)
  expect_equal(sparse$replicates, reference$replicates)
})

test_that("a type of one cell varies as the others do", {
  kept <- c(1, which(cells$type != "a"))
  reference <- em_reference(cells$counts[, kept], cells$type[kept], replicates = 200L)
  drawn <- apply(reference$replicates$totals, 1, sd) / reference$totals
  expect_gt(drawn[["a"]], 3 * drawn[["b"]])
  expect_null(em_reference(cells$counts[, c(1, 41, 81)], c("a", "b", "c"))$replicates)
})

test_that("genes are cut, and sizes that are known have no errors", {
  reference <- em_reference(cells$counts, cells$type)
  cut <- reference_genes(reference, c(5, 2))
  expect_identical(cut$replicates$values, reference$replicates$values[c(5, 2), , ])
  expect_identical(cut$replicates$totals, reference$replicates$totals)
  again <- reference_replicate(reference, 3)
  expect_equal(colSums(again$profiles), again$totals, tolerance = 1e-6)
  expect_identical(again$cell_size, again$totals)
  expect_null(again$replicates)
  sized <- em_reference(reference, cell_size = c(a = 1, b = 2, c = 3))
  expect_identical(reference_replicate(sized, 3)$cell_size, c(a = 1, b = 2, c = 3))
  expect_identical(reference_replicate(sized, 3)$totals, again$totals)
})
