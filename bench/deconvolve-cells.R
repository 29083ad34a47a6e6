# How near proportions come when the reference is a few cells of each type: pseudo-bulk from one
# half of the cells of each type, the reference from the other.
#   MISSMIX_DATA=/path/to/data Rscript bench/deconvolve-cells.R
# The folder holds sc_pbmc_zheng.rds and sc_lymph.rds: lists of counts (genes x cells) and type.

here <- Sys.getenv("MISSMIX_DATA")
files <- file.path(here, c(zheng = "sc_pbmc_zheng.rds", lymph = "sc_lymph.rds"))
names(files) <- c("zheng", "lymph")
if (here == "" || !all(file.exists(files))) {
  stop("MISSMIX_DATA must be a folder with sc_pbmc_zheng.rds and sc_lymph.rds.", call. = FALSE)
}
extra <- strsplit(Sys.getenv("BENCH_LIB"), ":", fixed = TRUE)[[1L]]
.libPaths(c(extra, .libPaths()))
suppressMessages(library(Matrix))
library(missmix)
inner <- asNamespace("missmix")
control <- em_control()

# 50 mixtures of the mean profiles of one half, uniform over the simplex, a million counts each;
# `noise`: sd of what the platform does to the log of each gene in all samples.
simulate_split <- function(set, split, noise, samples = 50, depth = 1e6) {
  set.seed(1000 + split)
  cells <- unlist(lapply(split(seq_along(set$type), set$type), function(j) {
    sample(j, length(j) %/% 2)
  }))
  type <- factor(set$type[cells])
  shares <- matrix(rgamma(nlevels(type) * samples, 1), samples,
    dimnames = list(paste0("s", seq_len(samples)), levels(type)))
  shares <- shares / rowSums(shares)
  member <- sparse.model.matrix(~ 0 + type)
  profiles <- as.matrix(set$counts[, cells] %*% member) %*% diag(1 / tabulate(type))
  mean <- profiles %*% t(shares)
  if (noise > 0) mean <- mean * exp(rnorm(nrow(mean), 0, noise))
  mean <- depth * mean %*% diag(1 / colSums(mean))
  bulk <- matrix(rpois(length(mean), mean), nrow(mean),
    dimnames = list(rownames(set$counts), rownames(shares)))
  reference <- suppressMessages(em_reference(set$counts[, -cells], cell_type = set$type[-cells]))
  list(bulk = bulk, shares = shares, reference = reference)
}

problem_of <- function(bulk, reference) {
  call <- globalenv()
  suppressMessages(inner$new_problem(inner$as_em_bulk(bulk, NULL, call), reference, call))
}

poisson <- function(problem, reference = problem$reference) {
  problem$reference <- reference
  family <- inner$plain_family("poisson", rep(1, length(problem$rows)))
  inner$proportions_of(inner$solve_samples(problem, family, control)$abundance, reference)
}

# The variants, groups of `size` samples at a time, at most four groups.
compare <- function(data, size) {
  groups <- utils::head(split(seq_len(50), ceiling(seq_len(50) / size)), 4)
  errors <- lapply(groups, function(i) {
    problem <- problem_of(data$bulk[, i, drop = FALSE], data$reference)
    cells <- inner$cells_of_reference(problem$reference)
    known <- inner$known_profiles(cells, control)
    steadied <- problem$reference
    steadied$profiles <- inner$profiles_from(known$mean, cells, steadied)
    refine <- function() {
      inner$refine_profiles(problem, cells, known, inner$latent_choose_samples(problem), control)
    }
    seconds <- system.time(fit <- refine())[["user.self"]]
    truth <- data$shares[i, , drop = FALSE]
    square <- function(shares) mean((shares - truth)^2)
    c(raw = square(poisson(problem)), posterior = square(poisson(problem, steadied)),
      latent = square(inner$proportions_of(fit$abundance, steadied)), omega = fit$omega,
      kappa = fit$kappa, tau = fit$tau, passes = fit$passes, seconds = seconds)
  })
  out <- rowMeans(do.call(cbind, errors))
  out[1:3] <- sqrt(out[1:3])
  out
}

show <- function(label, row) {
  cat(sprintf("| %s | %.4f | %.4f | %.4f | %.2f | %.2f | %.2f | %.0f | %.1f |\n", label, row[[1]],
    row[[2]], row[[3]], row[[4]], row[[5]], row[[6]], row[[7]], row[[8]]))
}

cat("| set, noise, samples, split | ML | ML, posterior means | latent | omega | kappa | tau |",
  "passes | s |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
sets <- lapply(files, readRDS)
for (name in names(sets)) {
  rows <- lapply(1:5, function(split) {
    row <- compare(simulate_split(sets[[name]], split, 0), 50)
    show(sprintf("%s, 0, 50, split %d", name, split), row)
    row
  })
  show(sprintf("**%s, 0, 50, mean of 5**", name), rowMeans(do.call(cbind, rows)))
}
for (name in names(sets)) {
  for (noise in c(0, 0.3, 0.6, 1.2)) {
    for (size in c(1, 3, 10, 50)) {
      rows <- lapply(2:3, function(split) compare(simulate_split(sets[[name]], split, noise), size))
      show(sprintf("%s, %.1f, %d, splits 2-3", name, noise, size), rowMeans(do.call(cbind, rows)))
    }
  }
}
