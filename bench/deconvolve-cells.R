# Coverage of intervals where the reference is made of few cells: types of two hidden states, cells
# that differ in size, donors that differ in genes, size, state and depth. The bulk is made of the
# true mean profiles.

cell_world <- function(genes = 300, types = 5) {
  base <- matrix(rgamma(genes * types, 0.5) * exp(rnorm(genes)), genes, types,
    dimnames = list(paste0("g", seq_len(genes)), letters[seq_len(types)]))
  first <- sweep(base, 2, 1000 * exp(rnorm(types, 0, 0.5)) / colSums(base), "*")
  second <- first * exp(rnorm(genes * types, 0, 0.5)) * rep(exp(rnorm(types, 0, 0.4)), each = genes)
  share <- runif(types, 0.2, 0.8)
  list(first = first, second = second, share = share,
    mean = sweep(first, 2, 1 - share, "*") + sweep(second, 2, share, "*"))
}

cells_of_world <- function(world, cells, donors) {
  genes <- nrow(world$mean)
  donor <- if (donors > 0) rep_len(seq_len(donors), cells) else rep(1, cells)
  several <- donors > 0
  n <- max(donors, 1)
  depth <- exp(several * rnorm(n, 0, 0.2))
  parts <- lapply(seq_len(ncol(world$mean)), function(k) {
    # All means are one, so that the bulk's profiles are those of the donors' population.
    factor <- exp(several * (matrix(rnorm(genes * n, -0.045, 0.3), genes) +
      rep(rnorm(n, -0.045, 0.3), each = genes)))
    share <- pmin(pmax(world$share[k] + several * rnorm(n, 0, 0.1), 0), 1)
    state <- 1 + (runif(cells) < share[donor])
    size <- depth[donor] * exp(rnorm(cells, -0.18, 0.6))
    mean <- cbind(world$first[, k], world$second[, k])[, state] * factor[, donor] *
      rep(size, each = genes)
    matrix(rpois(length(mean), mean), genes)
  })
  counts <- do.call(cbind, parts)
  rownames(counts) <- rownames(world$mean)
  list(counts = counts, type = rep(colnames(world$mean), each = cells),
    subject = if (several) rep(paste0("d", donor), ncol(world$mean)))
}

bulk_of_world <- function(world, samples) {
  types <- ncol(world$mean)
  truth <- matrix(rgamma(types * samples, 1), types)
  truth <- sweep(truth, 2, colSums(truth), "/")
  mean <- world$mean %*% truth
  mean <- sweep(mean, 2, 2e5 / colSums(mean), "*")
  bulk <- matrix(rnbinom(length(mean), size = 20, mu = mean), nrow(mean),
    dimnames = list(rownames(mean), paste0("s", seq_len(samples))))
  list(bulk = bulk, truth = t(truth))
}

# One reference: share of the intervals that hold the truth without (`alone`) and with replicates
# of the reference, root mean squares of errors and of standard errors, seconds.
cover_once <- function(cells, donors, samples) {
  world <- cell_world()
  drawn <- cells_of_world(world, cells, donors)
  bulk <- bulk_of_world(world, samples)
  truth <- as.vector(bulk$truth)
  table_of <- function(replicates) {
    reference <- em_reference(drawn$counts, drawn$type, drawn$subject, replicates = replicates)
    tidy(suppressMessages(em_deconvolve(bulk$bulk, reference)), conf.int = TRUE)
  }
  held <- function(table) mean(table$conf.low <= truth & truth <= table$conf.high)
  alone <- table_of(0)
  time <- system.time(whole <- table_of(20))[["elapsed"]]
  square <- function(x) mean(x^2)
  c(
    alone = held(alone), whole = held(whole), error = square(whole$estimate - truth),
    alone_error = square(alone$std.error), std.error = square(whole$std.error), seconds = time
  )
}

bench_coverage_cells <- function(references = 20) {
  settings <- expand.grid(samples = c(3, 30), cells = c(20, 80, 300), donors = c(0, 3, 6))
  table <- vapply(seq_len(nrow(settings)), function(i) {
    set.seed(i)
    found <- replicate(references, with(settings[i, ], cover_once(cells, donors, samples)))
    out <- rowMeans(found)
    roots <- c("error", "alone_error", "std.error")
    out[roots] <- sqrt(out[roots])
    out
  }, numeric(6))
  print(cbind(settings, round(t(table), 3)), row.names = FALSE)
}
