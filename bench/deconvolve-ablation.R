# Each choice of the default call switched off, set by set (design/09), and pseudo-bulk of single
# cells with each way to treat the errors of their means (design/08).

# `scale` is asked of em_reference(), the rest of em_deconvolve().
ablations <- list(
  default = list(),
  `scale: totals kept` = list(scale = "cells"),
  `scale: totals equal` = list(scale = "rna"),
  `genes: all` = list(genes = "all"),
  `genes: markers` = list(genes = "markers"),
  `family: poisson` = list(family = "poisson"),
  `family: quasipoisson` = list(family = "quasipoisson"),
  `family: nbinom` = list(family = "nbinom"),
  `family: gaussian` = list(family = "gaussian"),
  `family: student` = list(family = "student"),
  `family: lognormal` = list(family = "lognormal"),
  `response: linear` = list(response = "linear"),
  `response: power 1.3` = list(response = 1.3),
  `all off: poisson, all genes, linear, totals kept` = list(
    scale = "cells", genes = "all", family = "poisson", response = "linear"
  )
)

ablated_shares <- function(set, asked) {
  scale <- if (is.null(asked$scale)) "auto" else asked$scale
  asked$scale <- NULL
  reference <- suppressMessages(em_reference(as.matrix(set$ref), scale = scale))
  fit <- suppressMessages(do.call(em_deconvolve, c(list(as.matrix(set$mix), reference), asked)))
  em_parameters(fit)$proportions
}

bench_ablation <- function() {
  sets <- lapply(stats::setNames(set_names, set_names), read_set)
  table <- vapply(ablations, function(asked) {
    vapply(sets, function(set) score(set, ablated_shares(set, asked)), numeric(1))
  }, numeric(length(sets)))
  print(round(t(rbind(table, mean = colMeans(table))), 3))
}

# One half of each type's cells is mixed, the other half the reference. `noise`: sd of a factor of
# each gene, as another platform has.
pseudo_bulk <- function(set, split, samples, noise = 0, depth = 1e6) {
  set.seed(split)
  type <- as.character(set$type)
  mixed <- unlist(lapply(split(seq_along(type), type), function(i) sample(i, length(i) / 2)))
  types <- sort(unique(type))
  means <- vapply(types, function(k) {
    Matrix::rowMeans(set$counts[, mixed[type[mixed] == k]])
  }, numeric(nrow(set$counts)))
  shares <- matrix(rgamma(length(types) * samples, 1), length(types))
  shares <- sweep(shares, 2, colSums(shares), "/")
  mean <- means %*% shares
  if (noise > 0) mean <- mean * exp(noise * rnorm(nrow(mean)))
  mean <- sweep(mean, 2, depth / colSums(mean), "*")
  bulk <- matrix(rpois(length(mean), mean), nrow(mean),
    dimnames = list(rownames(set$counts), paste0("s", seq_len(samples))))
  list(
    mix = bulk, truth = matrix(shares, ncol = length(types), byrow = TRUE,
      dimnames = list(colnames(bulk), types)),
    ref = suppressMessages(em_reference(set$counts[, -mixed], type[-mixed], replicates = 0))
  )
}

pseudo_methods <- list(
  `missmix default` = function(one) pseudo_shares(one),
  `reference error: none` = function(one) pseudo_shares(one, reference_error = "none"),
  `reference error: steadied` = function(one) pseudo_shares(one, reference_error = "steadied"),
  `reference error: refined` = function(one) pseudo_shares(one, reference_error = "refined"),
  `missmix poisson on the means` = function(one) {
    pseudo_shares(one, reference_error = "none", family = "poisson", genes = "all")
  },
  `EM, 100 steps, markers` = function(one) {
    pseudo_peer(one, function(set) markers_by_em(set))
  },
  `nnls, markers` = if (has("nnls")) function(one) {
    pseudo_peer(one, function(set) by_sample(set, function(y, r) nnls::nnls(r, y)$x))
  }
)

pseudo_shares <- function(one, ...) {
  em_parameters(suppressMessages(em_deconvolve(one$mix, one$ref, ...)))$proportions
}

pseudo_peer <- function(one, solve) {
  profiles <- one$ref$profiles
  solve(list(mix = one$mix[rownames(profiles), , drop = FALSE], ref = profiles))
}

bench_pseudobulk <- function(splits = 5) {
  if (!has("Matrix")) stop("The sets of cells take the Matrix package.", call. = FALSE)
  settings <- expand.grid(set = c("sc_pbmc_zheng", "sc_lymph"), samples = c(50, 12, 3),
    noise = c(0, 0.6), stringsAsFactors = FALSE)
  run <- Filter(Negate(is.null), pseudo_methods)
  table <- vapply(seq_len(nrow(settings)), function(i) {
    set <- read_set(settings$set[i])
    errors <- vapply(seq_len(splits), function(split) {
      one <- pseudo_bulk(set, split, settings$samples[i], settings$noise[i])
      vapply(run, function(method) score(list(truth = one$truth), method(one)), numeric(1))
    }, numeric(length(run)))
    rowMeans(errors)
  }, numeric(length(run)))
  colnames(table) <- with(settings, sprintf("%s %d%s", sub("^sc_(pbmc_)?", "", set), samples,
    ifelse(noise > 0, " platform", "")))
  print(round(table, 4))
}
