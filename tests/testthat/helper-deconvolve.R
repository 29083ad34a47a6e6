# Small deconvolutions with known truth: profiles with markers of each type, Poisson counts.

simulated_tissue <- function(samples = 6, types = 4, genes = 200, depth = 1e5, seed = 1,
                             names = paste0("type", seq_len(types))) {
  with_own_seed(seed, {
    profiles <- matrix(stats::rgamma(genes * types, 0.5, 0.01), genes, types,
      dimnames = list(paste0("gene", seq_len(genes)), names))
    own <- rep_len(seq_len(types), genes)
    profiles[cbind(seq_len(genes), own)] <- 3 * profiles[cbind(seq_len(genes), own)] + 50
    truth <- matrix(stats::rgamma(samples * types, 1), samples, types)
    if (types > 1) truth[1, types] <- 0
    truth <- truth / rowSums(truth)
    mean <- profiles %*% (t(truth) / colSums(profiles)) * depth
    bulk <- matrix(stats::rpois(length(mean), mean), genes,
      dimnames = list(rownames(profiles), sprintf("sample%02d", seq_len(samples))))
    dimnames(truth) <- list(colnames(bulk), names)
    list(bulk = bulk, profiles = profiles, truth = truth,
      reference = em_reference(profiles, scale = "rna"))
  })
}

deconvolved <- function(..., family = "poisson", keep_data = TRUE) {
  data <- simulated_tissue(...)
  suppressMessages(
    em_deconvolve(data$bulk, data$reference, family = family, keep_data = keep_data)
  )
}

# Made once.
tissue_fit <- local({
  fit <- NULL
  function() {
    if (is.null(fit)) fit <<- deconvolved()
    fit
  }
})
