# Small simulated references. Names of genes are in no order.

simulate_profiles <- function(genes = 200, types = c("B", "T", "NK"), seed = 1) {
  with_own_seed(seed, {
    matrix(stats::rgamma(genes * length(types), 0.4), genes, length(types),
      dimnames = list(paste0("g", sample(genes)), types))
  })
}

# Counts of cells: size varies from cell to cell; list(counts, type, subject).
simulate_cells <- function(profiles, per_type = 30, subjects = 3, seed = 2) {
  with_own_seed(seed, {
    type <- sample(rep(colnames(profiles), per_type))
    size <- stats::rgamma(length(type), 4, 4)
    counts <- matrix(
      stats::rpois(nrow(profiles) * length(type), sweep(profiles[, type], 2, size, "*")),
      nrow(profiles), dimnames = list(rownames(profiles), paste0("cell", seq_along(type)))
    )
    list(counts = counts, type = type, subject = sample(subjects, length(type), TRUE))
  })
}

as_sparse <- function(x) methods::as(methods::as(x, "CsparseMatrix"), "dgCMatrix")
