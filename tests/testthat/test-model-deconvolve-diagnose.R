checks_deconvolve <- c(
  "certificate", "identification", "log scale", "gene names", "mismatch", "missing type",
  "agreement", "dominating genes", "samples", "column totals", "boundary", "scale"
)

diagnose_tissue <- function(x, ...) em_diagnose(suppressWarnings(fit_tissue(x, ...)))

text_of <- function(diagnosis, check) diagnosis$text[diagnosis$check == check]

# Names, not only the verdict: what the text says.
expect_named_fault <- function(diagnosis, check, verdicts, words) {
  found <- diagnosis$verdict[diagnosis$check == check]
  testthat::expect(
    found %in% verdicts,
    sprintf("Check \"%s\" says %s: %s", check, found, text_of(diagnosis, check))
  )
  testthat::expect_match(text_of(diagnosis, check), words)
  testthat::expect_identical(
    attr(diagnosis, "verdict") != "pass", TRUE
  )
  invisible(diagnosis)
}

expect_no_doubt <- function(diagnosis) {
  raised <- diagnosis[!diagnosis$verdict %in% "pass", ]
  testthat::expect(
    nrow(raised) == 0,
    paste0(raised$check, " ", raised$verdict, ": ", raised$text, collapse = "\n")
  )
  invisible(diagnosis)
}

test_that("a diagnosis has a row for each check", {
  diagnosis <- diagnose_tissue(simulate_tissue(1))
  expect_s3_class(diagnosis, c("em_diagnosis", "data.frame"), exact = TRUE)
  expect_named(diagnosis, c("check", "verdict", "value", "text"))
  expect_identical(diagnosis$check, checks_deconvolve)
  expect_identical(attr(diagnosis, "verdict"), "pass")
  expect_named(attr(diagnosis, "details"), c("samples", "choices"))
  expect_match(text_of(diagnosis, "scale"), "shares of cells: ")
  expect_match(text_of(diagnosis, "certificate"), "that is certain")
})

test_that("clean sets raise nothing", {
  for (seed in 1:10) {
    for (kind in c("poisson", "overdispersed", "tpm")) {
      samples <- c(12L, 16L, 20L)[seed %% 3 + 1]
      noise <- if (seed %% 2 == 0) 0.1 else 0
      expect_no_doubt(diagnose_tissue(simulate_tissue(seed, kind, samples, noise = noise)))
    }
  }
})

test_that("every family passes a clean set and names the faults", {
  for (family in c("auto", deconvolve_families)) {
    x <- simulate_tissue(2, "overdispersed", noise = 0.1)
    expect_no_doubt(diagnose_tissue(x, family))
    expect_named_fault(diagnose_tissue(without_type(x), family), "missing type",
      c("caution", "fail"), "lack a type")
    expect_named_fault(diagnose_tissue(with_twin(x), family), "identification", "fail",
      "CD4.*CD4 memory: only their sum is determined|CD4 memory and CD4: only their sum")
    expect_named_fault(diagnose_tissue(with_logarithms(x), family), "log scale", "fail",
      "bulk looks like logarithms")
    expect_named_fault(diagnose_tissue(with_swapped_names(x), family), "gene names", "fail",
      "shuffled names")
    expect_named_fault(diagnose_tissue(with_platform(x), family), "mismatch", "fail",
      "not measured alike")
  }
})

test_that("a type that the reference lacks is told by its own genes", {
  for (seed in 1:6) {
    type <- tissue_types[seed]
    x <- simulate_tissue(seed, c("poisson", "overdispersed", "tpm")[seed %% 3 + 1], noise = 0.1)
    diagnosis <- expect_named_fault(diagnose_tissue(without_type(x, type)), "missing type",
      c("caution", "fail"), "lack a type")
    told <- strsplit(sub(".*Foremost (.*)\\. What.*", "\\1", text_of(diagnosis, "missing type")),
      ", | and ")[[1]]
    expect_length(told, 8)
    # One gene of eight may be chance.
    expect_gte(sum(told %in% x$markers[, type]), 7)
    expect_match(text_of(diagnosis, "missing type"), "[0-9]+% of the bulk is unexplained")
  }
})

test_that("a missing type shows under platform noise, by its rise and fall over the samples", {
  x <- without_type(with_platform(simulate_tissue(1, samples = 40L)))
  expect_named_fault(diagnose_tissue(x), "missing type", c("caution", "fail"),
    "rise and fall together")
})

test_that("types that exchange are told with their ratio", {
  x <- simulate_tissue(3)
  diagnosis <- diagnose_tissue(with_twin(x, size = 0.5))
  # Half the RNA a cell: two cells for one.
  expect_match(text_of(diagnosis, "identification"), "1 of one exchanges for (0\\.5|2) of the other")
  x$reference <- cbind(x$reference, NKT = rowMeans(x$reference[, c("NK", "CD8")]))
  diagnosis <- diagnose_tissue(x)
  expect_named_fault(diagnosis, "identification", "fail",
    "NKT is no more than a mixture of 0.5 (CD8|NK) and 0.5 (CD8|NK)")
  expect_no_match(text_of(diagnosis, "identification"), "sum")
})

test_that("three of a kind are one group, and near twins are hardly told apart", {
  x <- with_twin(with_twin(simulate_tissue(3)), twin = "CD4 effector")
  expect_named_fault(diagnose_tissue(x), "identification", "fail", "only their sum is determined")
  words <- text_of(diagnose_tissue(x), "identification")
  for (type in c("CD4", "CD4 memory", "CD4 effector")) expect_match(words, type)
  x <- with_twin(simulate_tissue(3, "overdispersed"))
  set.seed(1)
  x$reference[, "CD4 memory"] <- x$reference[, "CD4 memory"] * rgamma(600, 800, 800)
  expect_named_fault(diagnose_tissue(x), "identification", "caution",
    "CD4.*hardly told apart.*of each.*of the sum")
})

test_that("names swapped among a fifth of the genes are told from platform noise", {
  for (seed in 1:5) {
    x <- simulate_tissue(seed, "overdispersed", noise = 0.1)
    swapped <- with_swapped_names(x, 0.2)
    diagnosis <- expect_named_fault(diagnose_tissue(swapped), "gene names", "caution",
      "names had been swapped among each other")
    told <- strsplit(sub(".*Furthest off (.*)\\.$", "\\1", text_of(diagnosis, "gene names")),
      ", | and ")[[1]]
    expect_true(all(told %in% rownames(swapped$bulk)[swapped$swapped]))
    noisy <- diagnose_tissue(with_platform(x))
    expect_identical(noisy$verdict[noisy$check == "gene names"], "pass")
    expect_identical(diagnosis$verdict[diagnosis$check == "mismatch"], "pass")
  }
})

test_that("tau is the platform's spread", {
  for (sd in c(0.5, 1.2)) {
    diagnosis <- diagnose_tissue(with_platform(simulate_tissue(4, genes = 2000L, samples = 12L), sd))
    # A robust spread of 2,000 genes is good to 2%, but the fit bends towards some of it.
    expect_equal(diagnosis$value[diagnosis$check == "mismatch"], sd, tolerance = 0.2)
  }
})

test_that("one gene that pulls the result is named", {
  x <- simulate_tissue(6, "overdispersed", noise = 0.1)
  x$bulk["gene011", ] <- round(x$bulk["gene011", ] + colSums(x$bulk) / 2)
  expect_named_fault(diagnose_tissue(x), "dominating genes", "caution", "Without gene011 proportions")
})

test_that("a sample that fits badly is named", {
  x <- simulate_tissue(6, "overdispersed", noise = 0.1)
  set.seed(1)
  x$bulk[, 7] <- round(x$bulk[, 7] * exp(rnorm(600)))
  expect_named_fault(diagnose_tissue(x), "samples", "caution", "1 sample fits badly: sample07")
})

test_that("column totals that differ much are told", {
  x <- simulate_tissue(6)
  x$reference[, "platelet"] <- x$reference[, "platelet"] / 20
  expect_named_fault(diagnose_tissue(x), "column totals", "caution",
    "-fold, .* against platelet.*em_reference\\(scale = \"rna\"\\)")
})

test_that("samples that were not fitted are named", {
  x <- simulate_tissue(6)
  x$bulk[, 3] <- 0
  expect_named_fault(diagnose_tissue(x), "certificate", "caution", "sample03")
  short <- diagnose_tissue(simulate_tissue(6, "tpm"), control = em_control(max_iter = 1))
  expect_named_fault(short, "certificate", "fail", "Not converged: sample01")
})

test_that("samples of one type only are told", {
  x <- simulate_tissue(6, samples = 8L)
  x$bulk <- x$reference[, rep("B", 8)] * 10
  colnames(x$bulk) <- sprintf("sample%02d", 1:8)
  expect_match(text_of(diagnose_tissue(x), "boundary"), "zero.*One type only has.*sample01")
})

test_that("one sample is diagnosed as well", {
  for (kind in c("poisson", "tpm")) {
    x <- simulate_tissue(3, kind, samples = 1L, noise = 0.1)
    diagnosis <- expect_no_doubt(diagnose_tissue(x))
    expect_identical(diagnosis$check, setdiff(checks_deconvolve, "samples"))
    expect_named_fault(diagnose_tissue(with_twin(x)), "identification", "fail", "only their sum")
    expect_named_fault(diagnose_tissue(with_logarithms(x)), "log scale", "fail", "logarithms")
    expect_named_fault(diagnose_tissue(with_swapped_names(x)), "gene names", "fail", "shuffled")
    expect_named_fault(diagnose_tissue(with_platform(x)), "mismatch", "fail", "not measured alike")
  }
  expect_named_fault(diagnose_tissue(without_type(simulate_tissue(5, samples = 1L), "CD4")),
    "missing type", "caution", "lack a type")
})

test_that("many samples are looked at in part, dense and sparse", {
  x <- simulate_tissue(4, "overdispersed", samples = 500L, noise = 0.1)
  dense <- expect_no_doubt(diagnose_tissue(x))
  x <- without_type(x)
  diagnosis <- expect_named_fault(diagnose_tissue(x), "missing type", "fail",
    "looked at 50 of 500 samples")
  skip_if_not_installed("Matrix")
  x$bulk <- methods::as(Matrix::Matrix(x$bulk, sparse = TRUE), "CsparseMatrix")
  expect_equal(diagnose_tissue(x), diagnosis)
})

test_that("small and odd sets are diagnosed", {
  x <- simulate_tissue(6)
  one <- x
  one$reference <- x$reference[, "B", drop = FALSE]
  one$bulk <- tissue_bulk(one$reference, matrix(1, 5, 1), "poisson")
  colnames(one$bulk) <- letters[1:5]
  expect_match(text_of(diagnose_tissue(one), "identification"), "One type only")
  few <- x
  few$reference <- x$reference[1:5, ]
  diagnosis <- diagnose_tissue(few)
  expect_identical(diagnosis$verdict[diagnosis$check == "identification"], "fail")
  expect_match(text_of(diagnosis, "gene names"), "too few genes")
  exact <- x
  exact$bulk <- x$reference %*% t(x$shares)
  expect_no_doubt(diagnose_tissue(exact))
})

test_that("without its bulk a fit is judged by what it holds", {
  diagnosis <- diagnose_tissue(simulate_tissue(6), keep_data = FALSE)
  expect_identical(attr(diagnosis, "verdict"), "caution")
  expect_match(text_of(diagnosis, "mismatch"), "keep_data = FALSE")
  expect_identical(diagnosis$verdict[diagnosis$check == "certificate"], "pass")
})

test_that("the diagnosis draws no random number", {
  fit <- fit_tissue(simulate_tissue(2))
  set.seed(1)
  before <- .Random.seed
  first <- em_diagnose(fit)
  expect_identical(.Random.seed, before)
  expect_identical(em_diagnose(fit), first)
})

test_that("a reference of a few cells is told", {
  one <- !duplicated(blood_sim$cell_type)
  reference <- with(blood_sim, em_reference(cells[, one], cell_type = cell_type[one]))
  found <- em_diagnose(suppressMessages(em_deconvolve(blood_sim$bulk, reference)))
  expect_identical(found$verdict[found$check == "cells"], "fail")
  whole <- with(blood_sim, em_reference(cells, cell_type = cell_type, subject = donor))
  found <- em_diagnose(em_deconvolve(blood_sim$bulk, whole))
  expect_identical(found$verdict[found$check == "cells"], "pass")
})
