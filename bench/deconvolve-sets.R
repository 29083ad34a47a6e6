# Real mixtures with measured truth, and how estimates are scored: the root mean square error over
# all cells of samples x classes, estimate and truth renormalised over the classes evaluated.
# MISSMIX_DATA is the folder that holds them.

set_names <- c(
  "shenorr", "ratliverbrain", "seqc", "monaco", "newman_fl", "petitprez", "finotello"
)

read_set <- function(name) {
  folder <- Sys.getenv("MISSMIX_DATA")
  file <- file.path(folder, paste0(name, ".rds"))
  if (!nzchar(folder) || !file.exists(file)) {
    stop("Set MISSMIX_DATA to the folder that holds ", name, ".rds.", call. = FALSE)
  }
  readRDS(file)
}

# Columns of the same class summed; `coarse`: class of each reference type.
in_classes <- function(shares, coarse) {
  if (is.null(coarse) || !all(colnames(shares) %in% names(coarse))) {
    return(shares)
  }
  t(rowsum(t(shares), coarse[colnames(shares)]))
}

score <- function(set, estimate) {
  truth <- in_classes(as.matrix(set$truth), set$coarse)
  estimate <- in_classes(estimate, set$coarse)[rownames(truth), colnames(truth), drop = FALSE]
  sqrt(mean((estimate / rowSums(estimate) - truth / rowSums(truth))^2))
}

missmix_shares <- function(set, ...) {
  fit <- suppressMessages(em_deconvolve(as.matrix(set$mix), as.matrix(set$ref), ...))
  em_parameters(fit)$proportions
}

# Genes of both, in one order.
shared_genes <- function(set) {
  genes <- intersect(rownames(set$ref), rownames(set$mix))
  ref <- as.matrix(set$ref)[genes, ]
  genes <- genes[rowSums(ref) > 0]
  list(mix = as.matrix(set$mix)[genes, , drop = FALSE], ref = ref[genes, ])
}
