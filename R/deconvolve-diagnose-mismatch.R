# The checks of em_diagnose() on whether reference and bulk speak of the same: genes that the
# reference does not explain, genes that are off by a factor, names that are not theirs.

# A type that the reference lacks shows by genes that no type of it marks, all of them higher than
# expected, and rising and falling together with the type from sample to sample. Saturated arrays
# raise markers of scarce types instead, and factors of genes have both signs.
judge_missing_type <- function(fit, look) {
  if (is.null(look)) {
    return(not_looked_at("missing type"))
  }
  limits <- deconvolve_limits
  unmarked <- log2_above_second(look) < 1
  far <- max(log(1.5), 3.5 * look$spread)
  up <- which(unmarked & look$gene > far)
  down <- sum(unmarked & look$gene < -far)
  excess <- (length(up) - down) / max(sqrt(length(up) + down), 1)
  one_sided <- length(up) >= limits$missing_genes && length(up) >= 3 * down &&
    length(up) - down >= limits$missing_share * sum(unmarked)
  together <- if (one_sided) moves_together(look$residual[up, , drop = FALSE])
  sure <- excess >= limits$excess[2]
  verdict <- if (!one_sided || excess < limits$excess[1] || (!sure && isFALSE(together))) {
    "pass"
  } else if (sure && isTRUE(together)) {
    "fail"
  } else {
    "caution"
  }
  if (verdict == "pass") {
    return(finding("missing type", "pass", excess,
      "No group of genes is left over that would speak of a type outside of the reference."))
  }
  over <- rowMeans(look$values[up, look$kept, drop = FALSE]) -
    rowMeans(look$expected[up, , drop = FALSE])
  finding("missing type", verdict, excess,
    "The reference seems to lack a type: ", length(up), " genes that no type of it marks are",
    " higher than it explains (", down, " lower)",
    if (isTRUE(together)) ", and rise and fall together over the samples",
    if (isFALSE(together)) ", though not together over the samples",
    ". They hold ", percent_text(sum(over) / sum(rowMeans(look$values))),
    " of the bulk unexplained; its share goes to the other types. Foremost ",
    and_list(utils::head(fit$genes[up[order(-over)]], 8L)), ".", looked_words(fit, look))
}

# How far a gene stands out in its highest type (log2), from profiles of equal totals; a fiftieth
# of the mean gene is as good as nothing.
log2_above_second <- function(look) {
  shares <- look$profiles * rep(1 / look$reference$totals, each = nrow(look$profiles))
  if (ncol(shares) == 1) {
    return(rep(0, nrow(shares)))
  }
  rows <- seq_len(nrow(shares))
  highest <- max.col(shares, ties.method = "first")
  first <- shares[cbind(rows, highest)]
  shares[cbind(rows, highest)] <- 0
  second <- shares[cbind(rows, max.col(shares, ties.method = "first"))]
  floor <- 0.02 / nrow(shares)
  log2((first + floor) / (second + floor))
}

# Is there one pattern over the samples in these genes, larger than chance makes, and in nearly all
# of the same sign? NA with too few samples.
moves_together <- function(residual) {
  if (ncol(residual) < 6) {
    return(NA)
  }
  residual <- residual - rowMeans(residual)
  parts <- svd(residual, nu = 1, nv = 0)
  # Each gene turned by its own number of samples keeps its size and loses the company.
  turned <- t(vapply(seq_len(nrow(residual)), function(g) {
    residual[g, (seq_len(ncol(residual)) + g) %% ncol(residual) + 1]
  }, numeric(ncol(residual))))
  chance <- svd(turned, nu = 0, nv = 0)$d[1]
  sides <- mean(parts$u > 0)
  parts$d[1] > 1.2 * chance && max(sides, 1 - sides) >= 0.9
}

# Tau: what genes are off by as a factor, beyond chance, in every sample the same.
judge_mismatch <- function(fit, look) {
  if (is.null(look)) {
    return(not_looked_at("mismatch"))
  }
  tau <- sqrt(max(look$spread^2 - look$noise, 0))
  limits <- deconvolve_limits$mismatch
  verdict <- c("pass", "caution", "fail")[1 + sum(tau > limits)]
  genes <- length(fit$genes)
  each <- tau / sqrt(genes / ncol(look$profiles))
  factor <- factor_text(exp(tau))
  finding("mismatch", verdict, tau, if (verdict == "pass") {
    paste0("Bulk and reference agree gene by gene to a factor of about ", factor, ".")
  } else {
    paste0("Bulk and reference come from different worlds: a typical gene is off by a factor of ",
      factor, ", in all samples the same way (tau ", number_text(tau), ").",
      if (verdict == "fail") " Do not trust proportions to better than tens of percent.")
  }, " With ", count_text(genes), " genes that alone makes an error of about ",
  percent_text(expm1(each)), " in the scale of a type, and more if genes err alike.")
}

# The names of all genes or of some are not theirs. All: expectation and observation have no more
# to do with each other than after a shuffle. Some: most genes fit, and the others are far off, up
# and down; a platform puts all of them off alike.
judge_names <- function(fit, look) {
  if (is.null(look)) {
    return(not_looked_at("gene names"))
  }
  limits <- deconvolve_limits
  agreement <- level_agreement(look)
  if (is.na(agreement)) {
    return(finding("gene names", NA, NA, "Not judged: too few genes."))
  }
  if (agreement < limits$names[1]) {
    return(finding("gene names", "fail", agreement,
      "Observed and expected expression have hardly more to do with each other than under",
      " shuffled names (", number_text(agreement), " on a scale from 0, shuffled, to 1):",
      " do the rows of bulk and reference carry the right names? Such as ",
      and_list(utils::head(fit$genes[order(-abs(look$gene))], 4L)), "."))
  }
  far <- max(log(2), 5 * look$spread)
  up <- mean(look$gene > far)
  down <- mean(look$gene < -far)
  mixed <- min(up, down) > limits$far_genes
  low <- agreement < limits$names[2]
  if (!mixed && !low) {
    return(finding("gene names", "pass", agreement,
      "Observed and expected expression go together gene by gene (", number_text(agreement),
      " on a scale from 0, shuffled names, to 1)."))
  }
  worst <- utils::head(fit$genes[order(-abs(look$gene))], 6L)
  finding("gene names", "caution", agreement, if (mixed) {
    paste0("Most genes fit, but ", percent_text(up + down), " of them are far too high or far too",
      " low: as if their names had been swapped among each other")
  } else {
    paste0("Observed and expected expression hardly go together (", number_text(agreement),
      " on a scale from 0, shuffled names, to 1): wrong names, or another kind of data")
  }, ". Furthest off ", and_list(worst), ".")
}

# Rank correlation of observed and expected levels, between that of a shuffle (0) and one.
level_agreement <- function(look) {
  genes <- nrow(look$values)
  if (genes < 3 * ncol(look$profiles) || genes < 20) {
    return(NA_real_)
  }
  observed <- rowMeans(look$values[, look$kept, drop = FALSE])
  found <- rank_correlation(observed, rowMeans(look$expected))
  shuffled <- look
  # The golden section scatters rows, the same way every time.
  order <- order((seq_len(genes) * 0.6180339887) %% 1)
  shuffled$values[] <- look$values[order, ]
  again <- fit_again(shuffled, relative_student(shuffled))
  again <- again[rowSums(!is.finite(again)) == 0, , drop = FALSE]
  chance <- if (nrow(again) > 0) {
    rank_correlation(rowMeans(shuffled$values), rowMeans(expected_of(look, again)))
  } else {
    0
  }
  (found - chance) / (1 - chance)
}

rank_correlation <- function(x, y) {
  found <- suppressWarnings(stats::cor(x, y, method = "spearman"))
  if (is.finite(found)) found else 0
}
