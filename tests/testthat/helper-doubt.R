# Simulated tissues of known composition, and the faults that em_diagnose() is to name.

tissue_types <- c("B", "CD4", "CD8", "NK", "monocyte", "platelet")

# Genes on a log-normal scale over four orders of magnitude; a type has 20 markers, five to thirty
# times as high in it as elsewhere, and some difference in every other gene.
tissue_profiles <- function(genes = 600L, types = tissue_types, markers = 20L) {
  k <- length(types)
  level <- exp(stats::rnorm(genes, 0, 1.5))
  profiles <- level * exp(matrix(stats::rnorm(genes * k, 0, 0.3), genes))
  marked <- sample(genes, markers * k)
  at <- cbind(marked, rep(seq_len(k), each = markers))
  profiles[at] <- profiles[at] * exp(stats::runif(nrow(at), log(5), log(30)))
  profiles <- profiles * rep(stats::runif(k, 0.7, 1.4) * 1e4 / colSums(profiles), each = genes)
  dimnames(profiles) <- list(sprintf("gene%03d", seq_len(genes)), types)
  list(profiles = profiles, markers = matrix(rownames(profiles)[marked], ncol = k,
    dimnames = list(NULL, types)))
}

# Shares of cells, every type there: gamma variates of shape 2.
tissue_shares <- function(samples, types = tissue_types) {
  k <- length(types)
  shares <- matrix(stats::rgamma(samples * k, 2), samples)
  shares <- shares / rowSums(shares)
  dimnames(shares) <- list(sprintf("sample%02d", seq_len(samples)), types)
  shares
}

# `kind`: Poisson counts; "overdispersed", of a coefficient of variation of 0.25 beside the
# counting; "tpm", the same with every sample scaled to a million.
tissue_bulk <- function(profiles, shares, kind = c("poisson", "overdispersed", "tpm")) {
  kind <- match.arg(kind)
  expected <- profiles %*% t(shares)
  depth <- exp(stats::runif(nrow(shares), log(2e5), log(8e5)))
  expected <- expected * rep(depth / colSums(expected), each = nrow(expected))
  if (kind != "poisson") {
    expected <- expected * stats::rgamma(length(expected), 16, 16)
  }
  bulk <- expected
  bulk[] <- stats::rpois(length(bulk), expected)
  if (kind == "tpm") {
    bulk <- bulk * rep(1e6 / colSums(bulk), each = nrow(bulk))
  }
  bulk
}

# list(bulk, reference, shares, markers); `noise`: coefficient of variation of the reference.
simulate_tissue <- function(seed = 1, kind = "poisson", samples = 16L, genes = 600L, noise = 0) {
  set.seed(seed)
  made <- tissue_profiles(genes)
  shares <- tissue_shares(samples)
  bulk <- tissue_bulk(made$profiles, shares, kind)
  reference <- made$profiles
  if (noise > 0) {
    reference[] <- reference * stats::rgamma(length(reference), 1 / noise^2, 1 / noise^2)
  }
  list(bulk = bulk, reference = reference, shares = shares, markers = made$markers)
}

# The faults, planted.

without_type <- function(x, type = "monocyte") {
  x$reference <- x$reference[, colnames(x$reference) != type]
  x
}

with_twin <- function(x, type = "CD4", twin = "CD4 memory", size = 1) {
  x$reference <- cbind(x$reference, size * x$reference[, type])
  colnames(x$reference)[ncol(x$reference)] <- twin
  x
}

with_logarithms <- function(x) {
  x$bulk <- log2(1 + x$bulk)
  x
}

# The names of a share of the genes passed around among them.
with_swapped_names <- function(x, share = 1) {
  names <- rownames(x$bulk)
  some <- sample(length(names), round(share * length(names)))
  names[some] <- sample(names[some])
  rownames(x$bulk) <- names
  x$swapped <- some
  x
}

with_platform <- function(x, sd = 1.2) {
  x$bulk <- x$bulk * exp(stats::rnorm(nrow(x$bulk), 0, sd))
  if (all(x$bulk == 0 | x$bulk > 30)) x$bulk <- round(x$bulk)
  x
}

fit_tissue <- function(x, family = "poisson", ...) {
  suppressMessages(em_deconvolve(x$bulk, x$reference, family = family, ...))
}
