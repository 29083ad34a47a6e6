# What `auto` chooses, and why.

choose_model <- function(problem, asked, prior, control, call) {
  problem <- choose_genes(problem, asked$genes, call)
  name <- if (asked$family == "auto") "poisson" else asked$family
  family <- learnt_family(problem, name, rep(1, length(problem$rows)), control)
  list(problem = problem, found = solve_samples(problem, family, control, prior), choices = NULL)
}

choose_genes <- function(problem, genes, call) problem

expression_floor <- function(problem) 0.3 * mean(problem$bulk$totals) / length(problem$rows)
