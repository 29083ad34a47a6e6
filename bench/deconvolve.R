# Deconvolution: exactness, accuracy on real mixtures with measured truth, speed, coverage.
# See README.md.
#   Rscript bench/deconvolve.R [task ...]    (all by default)
# Tasks: exact accuracy ablation pseudobulk speed coverage coverage-cells.
# MISSMIX_DATA: the folder of the sets (the first four).

suppressPackageStartupMessages(library(missmix))
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
options(width = 160)
has <- function(package) requireNamespace(package, quietly = TRUE)
for (part in c("sets", "ablation", "cells")) {
  source(file.path(here, sprintf("deconvolve-%s.R", part)))
}

# Exactness --------------------------------------------------------------------------------------

# The certificates of Poisson fits on all genes, and how far the log-likelihood lies from mixsqp's.
bench_exact <- function() {
  table <- lapply(c(set_names, "racle", "emeth_sim"), function(name) {
    set <- shared_genes(read_set(name))
    set$mix <- pmax(set$mix, 0)
    fit <- suppressMessages(em_deconvolve(set$mix, set$ref, family = "poisson", genes = "all",
      response = "linear"))
    totals <- colSums(set$mix)
    limit <- pmax(1e-6, 16 * .Machine$double.eps * totals)
    data.frame(
      set = name, samples = ncol(set$mix), worst = max(fit$samples$certificate),
      certified = sum(fit$samples$certificate <= limit), steps = max(fit$samples$steps),
      behind_mixsqp = if (has("mixsqp")) max(behind_mixsqp(set, fit)) else NA
    )
  })
  print(do.call(rbind, table), row.names = FALSE, digits = 3)
}

# By how much mixsqp's log-likelihood is higher, beyond 1e-6 + 1e-12 |l|: at most zero if we agree.
behind_mixsqp <- function(set, fit) {
  panel <- sweep(set$ref, 2, colSums(set$ref), "/")
  vapply(seq_len(ncol(set$mix)), function(s) {
    y <- set$mix[, s]
    ours <- drop(panel %*% (fit$abundance[s, ] * colSums(set$ref)))
    value <- function(m) sum(y[y > 0] * log(m[y > 0])) - sum(m)
    found <- mixsqp::mixsqp(panel[y > 0, ], y[y > 0],
      control = list(verbose = FALSE, tol.svd = 0, convtol.sqp = 1e-10))
    theirs <- value(drop(panel %*% found$x) * sum(y))
    theirs - value(ours) - 1e-6 - 1e-12 * abs(theirs)
  }, numeric(1))
}

# Accuracy ---------------------------------------------------------------------------------------

# What InstaPrism's fixed point is: 100 EM steps of the multinomial on markers, column totals kept.
markers_by_em <- function(set, steps = 100) {
  genes <- em_markers(suppressMessages(em_reference(set$ref)), 100)$gene
  panel <- set$ref[genes, ]
  y <- set$mix[genes, , drop = FALSE]
  b <- matrix(1, ncol(panel), ncol(y))
  for (step in seq_len(steps)) {
    b <- b * crossprod(panel, y / pmax(panel %*% b, 1e-300)) / colSums(panel)
  }
  dimnames(b) <- list(colnames(panel), colnames(y))
  t(b)
}

by_sample <- function(set, solve) {
  genes <- em_markers(suppressMessages(em_reference(set$ref)), 100)$gene
  shares <- t(apply(set$mix[genes, , drop = FALSE], 2, solve, set$ref[genes, ]))
  colnames(shares) <- colnames(set$ref)
  pmax(shares, 0)
}

methods <- list(
  `missmix default` = function(set) missmix_shares(set),
  `missmix poisson, all genes` = function(set) {
    missmix_shares(set, family = "poisson", genes = "all", response = "linear")
  },
  `EM, 100 steps, markers` = function(set) markers_by_em(shared_genes(set)),
  nnls = if (has("nnls")) function(set) {
    by_sample(shared_genes(set), function(y, r) nnls::nnls(r, y)$x)
  },
  `robust regression` = if (has("MASS")) function(set) {
    by_sample(shared_genes(set), function(y, r) {
      suppressWarnings(stats::coef(MASS::rlm(r, y, maxit = 100)))
    })
  },
  `nu-SVR` = if (has("e1071")) function(set) {
    by_sample(shared_genes(set), function(y, r) {
      fits <- lapply(c(0.25, 0.5, 0.75), function(nu) {
        e1071::svm(scale(r), scale(y), type = "nu-regression", kernel = "linear", nu = nu)
      })
      off <- vapply(fits, function(fit) mean(fit$residuals^2), numeric(1))
      best <- fits[[which.min(off)]]
      drop(t(best$coefs) %*% best$SV)
    })
  },
  FARDEEP = if (has("FARDEEP")) function(set) {
    set <- shared_genes(set)
    as.matrix(FARDEEP::fardeep(set$ref, set$mix)$relative.beta)
  },
  dtangle = if (has("dtangle")) function(set) {
    set <- shared_genes(set)
    dtangle::dtangle(log2(t(set$mix) + 1), references = log2(t(set$ref) + 1))$estimates
  }
)

bench_accuracy <- function() {
  sets <- lapply(stats::setNames(set_names, set_names), read_set)
  table <- vapply(Filter(Negate(is.null), methods), function(method) {
    vapply(sets, function(set) score(set, method(set)), numeric(1))
  }, numeric(length(sets)))
  print(round(t(rbind(table, mean = colMeans(table))), 3))
}

# Speed ------------------------------------------------------------------------------------------

speed_set <- function(samples, depth = 5, genes = 2000, types = 20) {
  set.seed(1)
  profiles <- matrix(rgamma(genes * types, 0.5) * exp(rnorm(genes)), genes, types,
    dimnames = list(paste0("g", seq_len(genes)), paste0("t", seq_len(types))))
  shares <- matrix(rgamma(types * samples, 0.3), types)
  mean <- depth * profiles %*% sweep(shares, 2, colSums(shares), "/")
  bulk <- matrix(rpois(length(mean), mean), genes,
    dimnames = list(rownames(profiles), paste0("s", seq_len(samples))))
  list(mix = bulk, ref = profiles)
}

# Milliseconds of processor time a sample, and megabytes beyond what there was before.
cost <- function(expression) {
  gc(reset = TRUE)
  before <- sum(gc()[, 2])
  time <- system.time(expression)
  c(ms = 1000 * sum(time[c("user.self", "sys.self")]), mb = sum(gc()[, 6]) - before)
}

bench_speed <- function() {
  for (samples in c(1000, 10000)) {
    set <- speed_set(samples)
    reference <- em_reference(set$ref, scale = "cells")
    tried <- list(
      `missmix poisson, certified` = function() {
        em_deconvolve(set$mix, reference, family = "poisson", genes = "all")
      },
      `missmix default` = function() em_deconvolve(set$mix, reference)
    )
    table <- vapply(tried, function(run) cost(run()) / c(samples, 1), numeric(2))
    few <- seq_len(min(samples, 100))
    panel <- sweep(set$ref, 2, colSums(set$ref), "/")
    peers <- list(
      `EM, 100 steps, no certificate` = function() {
        b <- matrix(1, ncol(panel), length(few))
        for (step in 1:100) b <- b * crossprod(panel, set$mix[, few] / (panel %*% b))
      },
      nnls = if (has("nnls")) function() {
        for (s in few) nnls::nnls(panel, set$mix[, s])
      },
      mixsqp = if (has("mixsqp")) function() {
        for (s in few) {
          in_it <- set$mix[, s] > 0
          mixsqp::mixsqp(panel[in_it, ], set$mix[in_it, s], control = list(verbose = FALSE))
        }
      }
    )
    peers <- vapply(Filter(Negate(is.null), peers), function(run) {
      cost(run()) / c(length(few), 1)
    }, numeric(2))
    cat(sprintf("\n2,000 genes x 20 types, %d samples: ms a sample, MB beyond input\n", samples))
    print(round(t(cbind(table, peers)), 2))
  }
  sparse_speed()
}

sparse_speed <- function() {
  if (!has("Matrix")) return(invisible())
  cat("\nSparse, 2,000 genes x 20 types, about 40 counts a spot: ms a sample\n")
  for (samples in c(1e4, 1e5)) {
    parts <- lapply(seq_len(samples / 2000), function(i) {
      methods::as(methods::as(speed_set(2000, 0.02)$mix, "CsparseMatrix"), "dMatrix")
    })
    bulk <- do.call(cbind, parts)
    colnames(bulk) <- paste0("s", seq_len(samples))
    reference <- em_reference(speed_set(1)$ref, scale = "cells")
    time <- cost(suppressWarnings(
      em_deconvolve(bulk, reference, family = "poisson", genes = "all")
    )) / c(samples, 1)
    cat(sprintf("%6d samples: %.3f ms, %.0f MB\n", samples, time[["ms"]], time[["mb"]]))
  }
}

# Coverage ---------------------------------------------------------------------------------------

# 1,000 mixtures each; of types that are there, and of those that are not.
bench_coverage <- function() {
  table <- lapply(c("poisson", "overdispersed", "uncertain reference"), function(world) {
    set.seed(2)
    genes <- 500
    types <- 6
    profiles <- matrix(rgamma(genes * types, 0.5) * exp(rnorm(genes)), genes, types,
      dimnames = list(paste0("g", seq_len(genes)), letters[seq_len(types)]))
    shares <- matrix(rgamma(types * 1000, 0.7), types)
    shares[sample(length(shares), 0.2 * length(shares))] <- 0
    shares <- sweep(shares, 2, colSums(shares), "/")
    true <- if (world == "uncertain reference") {
      # Another error of the profiles in every mixture.
      vapply(seq_len(1000), function(s) {
        (profiles * rgamma(length(profiles), 20, 20)) %*% shares[, s]
      }, numeric(genes))
    } else {
      profiles %*% shares
    }
    bulk <- if (world == "overdispersed") {
      rnbinom(length(true), size = 5, mu = 20 * true)
    } else {
      rpois(length(true), 20 * true)
    }
    bulk <- matrix(bulk, genes, dimnames = list(rownames(profiles), paste0("s", 1:1000)))
    reference <- em_reference(profiles, scale = "cells")
    rows <- lapply(list("poisson", "nbinom", "auto"), function(family) {
      genes <- if (family == "auto") "auto" else "all"
      fit <- em_deconvolve(bulk, reference, family = family, genes = genes)
      limits <- tidy(fit, conf.int = TRUE)
      truth <- as.vector(t(shares))
      covers <- limits$conf.low <= truth & truth <= limits$conf.high
      data.frame(
        world = world, family = family, there = mean(covers[truth > 0]),
        small = mean(covers[truth > 0 & truth < 0.05]), absent = mean(covers[truth == 0])
      )
    })
    do.call(rbind, rows)
  })
  print(do.call(rbind, table), row.names = FALSE, digits = 3)
}

tasks <- list(
  exact = bench_exact, accuracy = bench_accuracy, ablation = bench_ablation,
  pseudobulk = bench_pseudobulk, speed = bench_speed, coverage = bench_coverage,
  `coverage-cells` = bench_coverage_cells
)
asked <- commandArgs(TRUE)
for (task in if (length(asked) > 0) asked else names(tasks)) {
  cat(sprintf("\n== %s ==\n", task))
  tasks[[task]]()
}
