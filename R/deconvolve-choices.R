# What `auto` chooses, and why.

deconvolve_families <- c(
  "poisson", "quasipoisson", "nbinom", "gaussian", "student", "lognormal"
)

choose_model <- function(problem, asked, prior, control, call) {
  problem <- choose_genes(problem, asked$genes, call)
  name <- if (asked$family == "auto") "poisson" else asked$family
  family <- list(name = name, weight = rep(1, length(problem$rows)), degrees = 4, offset = 1,
    dispersion = rep(0.1, length(problem$rows)))
  list(problem = problem, found = solve_samples(problem, family, control), choices = NULL)
}

choose_genes <- function(problem, genes, call) problem
