# Cells of types that have two hidden states, differ in size, and come from donors that differ; and
# bulk made of the true mean profiles, not of other few cells.

state_world <- function(genes = 150, types = 3, seed = 1) {
  with_own_seed(seed, {
    base <- matrix(stats::rgamma(genes * types, 0.5, 0.5 * genes / 1000), genes, types,
      dimnames = list(paste0("g", seq_len(genes)), letters[seq_len(types)]))
    base <- sweep(base, 2, exp(stats::rnorm(types, 0, 0.5)), "*")
    # The second state expresses other genes, and more or less of everything.
    second <- base * exp(stats::rnorm(genes * types, 0, 0.5)) *
      rep(exp(stats::rnorm(types, 0, 0.4)), each = genes)
    share <- stats::runif(types, 0.2, 0.8)
    list(first = base, second = second, share = share,
      mean = sweep(base, 2, 1 - share, "*") + sweep(second, 2, share, "*"))
  })
}

# list(counts, type, subject): `cells` of each type, sizes with a coefficient of variation of 60%;
# means of donors differ by `between` (sd of logarithms), in size and in each gene.
state_cells <- function(world, cells, donors = 1, between = 0.3, seed = 1) {
  with_own_seed(seed, {
    genes <- nrow(world$mean)
    parts <- lapply(seq_len(ncol(world$mean)), function(k) {
      donor <- rep_len(seq_len(donors), cells)
      factor <- matrix(1, genes, donors)
      if (donors > 1) {
        log_mean <- stats::rnorm(genes * donors, -between^2 / 2, between)
        size <- stats::rnorm(donors, -between^2 / 2, between)
        factor <- exp(matrix(log_mean, genes) + rep(size, each = genes))
      }
      state <- cbind(world$first[, k], world$second[, k])
      state <- state[, 1 + (stats::runif(cells) < world$share[k])]
      size <- stats::rgamma(cells, 1 / 0.6^2, 1 / 0.6^2)
      matrix(stats::rpois(genes * cells, state * factor[, donor] * rep(size, each = genes)), genes)
    })
    counts <- do.call(cbind, parts)
    rownames(counts) <- rownames(world$mean)
    list(counts = counts, type = rep(colnames(world$mean), each = cells),
      subject = if (donors > 1) rep(rep_len(paste0("d", seq_len(donors)), cells), length(parts)))
  })
}

state_bulk <- function(world, samples, seed = 1, depth = 1e5) {
  with_own_seed(seed, {
    types <- ncol(world$mean)
    truth <- matrix(stats::rgamma(types * samples, 1.5), samples)
    truth <- truth / rowSums(truth)
    mean <- tcrossprod(world$mean, truth)
    mean <- sweep(mean, 2, depth / colSums(mean), "*")
    bulk <- matrix(stats::rnbinom(length(mean), size = 20, mu = mean), nrow(mean),
      dimnames = list(rownames(mean), paste0("s", seq_len(samples))))
    list(bulk = bulk, truth = truth)
  })
}

state_fit <- function(cells = 40, samples = 4, donors = 1, seed = 1, ..., replicates = 20L) {
  world <- state_world(seed = seed)
  drawn <- state_cells(world, cells, donors, seed = seed)
  reference <- em_reference(drawn$counts, drawn$type, drawn$subject, replicates = replicates)
  bulk <- state_bulk(world, samples, seed)
  fit <- suppressMessages(em_deconvolve(bulk$bulk, reference, ...))
  list(fit = fit, truth = bulk$truth)
}
