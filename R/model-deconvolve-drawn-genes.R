# What the pictures of a deconvolution show of genes: fit, confusion of types, markers.

# Share of each sample's expression that is not where the fit expects it: data frame with `sample`,
# `number`, `misfit`, of the `most` samples of the highest dispersion for their kind.
sample_misfit <- function(fit, most = 200L) {
  known <- fitted_samples(fit)
  if (length(known) > most) {
    known <- known[order(-beyond_total(fit$samples[known, ]))[seq_len(most)]]
  }
  y <- observed_bulk(fit, known)
  apart <- colSums(abs(y - expected_bulk(fit, known)))
  data.frame(
    sample = fit$samples$sample[known], number = known,
    misfit = unname(apart / pmax(colSums(y) + colSums(expected_bulk(fit, known)),
      .Machine$double.xmin))
  )
}

# Dispersion grows with the total by itself, differently for each family: what is beyond that.
beyond_total <- function(samples) {
  dispersion <- log(pmax(samples$dispersion, .Machine$double.xmin))
  if (anyNA(dispersion)) {
    return(numeric(nrow(samples)))
  }
  stats::lm.fit(cbind(1, log(samples$total)), dispersion)$residuals
}

# What each gene moves proportions by: that of the type it moves most, with its sign. Data frame
# with `move` and `type`, a row a gene.
proportion_moves <- function(fit, sample) {
  present <- which(fit$abundance[sample, ] > 0)
  power <- fit$family$power
  m <- additive_bulk(fit, sample)
  information <- additive_information(fit, m, sample)
  spread <- sqrt(additive_variance(fit, m, sample))
  score <- bulk_residuals(fit, sample) * spread * information
  profiles <- fit$reference$profiles[, present, drop = FALSE]^power
  mass <- share_weights(fit$reference)[present]^power
  pull <- tcrossprod(inverse_of(crossprod(profiles, profiles * as.vector(information))), profiles)
  moves <- t(pull * rep(as.vector(score), each = length(present))) * rep(mass, each = nrow(m))
  # Of amounts to proportions: what all gain together is no change of them.
  p <- fit$parameters$proportions[sample, present]
  total <- sum(fit$abundance[sample, present] * mass)
  moves <- (moves - outer(rowSums(moves), p)) / total
  most <- max.col(abs(moves), "first")
  data.frame(
    move = moves[cbind(seq_len(nrow(m)), most)], type = fit$terms[present[most]]
  )
}

# Of a matrix that may be singular: directions without information are left at next to none.
inverse_of <- function(h) {
  unit <- 1 / sqrt(pmax(diag(h), .Machine$double.xmin))
  parts <- eigen(h * outer(unit, unit), symmetric = TRUE)
  root <- parts$vectors * rep(1 / sqrt(pmax(parts$values, 1e-10)), each = nrow(h))
  tcrossprod(root) * outer(unit, unit)
}

most_fit_panels <- 4L
most_labelled_genes <- 6L

# list of `points`: data frame with `panel`, `gene`, `expected`, `observed`, `move`, `label` (or
# NA); `window`; `title`. Zeros lie on the lower edge.
fit_points <- function(fit, call) {
  check_bulk_held(fit, call)
  check_any_fitted(fit, call)
  off <- sample_misfit(fit)
  worst <- utils::head(off[order(-off$misfit), ], most_fit_panels)
  panels <- lapply(seq_len(nrow(worst)), function(i) {
    s <- worst$number[i]
    moves <- proportion_moves(fit, s)
    label <- rep(NA_character_, length(fit$genes))
    top <- order(-abs(moves$move))[seq_len(min(most_labelled_genes, length(label)))]
    label[top] <- fit$genes[top]
    data.frame(
      panel = sprintf("%s: %s misplaced", worst$sample[i], percent_text(worst$misfit[i])),
      gene = fit$genes,
      expected = expected_bulk(fit, s)[, 1], observed = observed_bulk(fit, s)[, 1],
      move = moves$move, type = moves$type, label = label, row.names = NULL
    )
  })
  points <- do.call(rbind, panels)
  points$panel <- factor(points$panel, unique(points$panel))
  points <- points[points$expected > 0 | points$observed > 0, ]
  positive <- c(points$expected, points$observed)
  positive <- positive[positive > 0]
  # The far tail of what is next to nothing would squeeze everything else.
  edge <- max(min(positive), stats::quantile(positive, 0.01, names = FALSE) / 3)
  low <- points$expected < edge | points$observed < edge
  for (axis in c("expected", "observed")) points[[axis]] <- pmax(points[[axis]], edge)
  top <- points[which.max(abs(points$move)), ]
  list(
    points = points, window = c(edge, max(positive)),
    title = c(
      "Observed and expected expression",
      paste0(
        if (length(fitted_samples(fit)) > nrow(worst)) {
          sprintf("The %d samples that fit worst. ", nrow(worst))
        },
        sprintf("Named: genes that move proportions most (%s moves %s by %s%s).",
          top$gene, top$type, if (top$move > 0) "+" else "-", number_text(abs(top$move), 1L)),
        if (any(low)) " On the edge: zeros, or next to nothing."
      )
    )
  )
}

# Errors of two types against one another, types x types: 1 where what is taken from one type can be
# given to the other, so that only their sum is known; 0 where they have nothing to do with each
# other. The correlation, with its sign turned, of errors of all types when all are let in, from
# the information of the genes at the expectations of (at most 50) samples.
confusion_matrix <- function(fit) {
  known <- evenly(fitted_samples(fit), 50L)
  power <- fit$family$power
  weights <- share_weights(fit$reference)^power
  information <- additive_information(fit, additive_bulk(fit, known), known)
  # About proportions, whatever the total of the sample.
  mass <- as.vector(fit$abundance[known, , drop = FALSE] %*% weights)
  information <- rowMeans(information * rep(mass^2, each = nrow(information)))
  profiles <- sweep(fit$reference$profiles^power, 2, weights, "/")
  exchange <- -stats::cov2cor(inverse_of(crossprod(profiles, profiles * information)))
  diag(exchange) <- NA
  exchange
}

# The two types that are confused most: list(one, other, exchange), NULL of a single type.
worst_pair <- function(exchange) {
  if (nrow(exchange) < 2) {
    return(NULL)
  }
  at <- arrayInd(which.max(exchange), dim(exchange))
  names <- rownames(exchange)[sort(at)]
  list(one = names[1], other = names[2], exchange = max(exchange, na.rm = TRUE))
}

# list of `cells`: data frame with `row`, `column` (numbers), `value`, `text`; `rows`, `columns`:
# their names; `title`.
confusion_cells <- function(fit, call) {
  check_any_fitted(fit, call)
  if (length(fit$terms) < 2) {
    abort_model("A single type cannot be taken for another.", call = call)
  }
  exchange <- confusion_matrix(fit)
  pair <- worst_pair(exchange)
  # Types that are confused lie beside one another.
  if (nrow(exchange) > 2) {
    far <- 1 - exchange
    diag(far) <- 0
    order <- stats::hclust(stats::as.dist(far), "average")$order
    exchange <- exchange[order, order]
  }
  cells <- heat_cells(exchange)
  cells$text <- ifelse(!is.na(cells$value) & cells$value >= 0.3 & nrow(exchange) <= 25,
    fixed_text(cells$value, 1L), "")
  list(
    cells = cells, rows = rownames(exchange), columns = colnames(exchange), key = "confusion",
    title = c("Which types are taken for one another?", if (pair$exchange > 0.5) {
      confusion_words(pair)
    } else {
      sprintf("None is hard to tell from another: at most %s, between %s and %s.",
        fixed_text(pair$exchange), pair$one, pair$other)
    })
  )
}

heat_cells <- function(values) {
  data.frame(
    row = as.vector(row(values)), column = as.vector(col(values)), value = as.vector(values)
  )
}

# Rows of genes with names that can still be read.
most_marker_rows <- 40L

marker_cells <- function(fit, call) {
  reference <- fit$reference
  each <- min(10L, max(1L, most_marker_rows %/% length(fit$terms)))
  markers <- em_markers(reference, n = each)
  markers <- markers[markers$expression > 0, ]
  if (nrow(markers) > most_marker_rows) markers <- markers[evenly(seq_len(nrow(markers)),
    most_marker_rows), ]
  shares <- sweep(reference$profiles[markers$gene, , drop = FALSE], 2, reference$totals, "/")
  shares <- shares / rowSums(shares)
  cells <- heat_cells(shares)
  cells$text <- ""
  # Of the genes used, which may not be all markers that there are.
  list(
    cells = cells, rows = markers$gene, columns = fit$terms, key = "share of gene",
    title = c("Markers among the genes used", paste0(
      if (each == 1) "The best marker" else sprintf("The best %d markers", each),
      " of each type: how its expression is shared between the types, had all the same",
      " amount of RNA."
    ))
  )
}
