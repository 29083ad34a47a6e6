# The checks of em_diagnose() on whether reference and bulk speak of the same: genes that are off
# by a factor, names that are not theirs, families that disagree.

# Tau: what genes are off by as a factor, beyond chance, in every sample the same.
judge_mismatch <- function(fit, look) {
  if (is.null(look)) {
    return(not_looked_at("mismatch", fit))
  }
  tau <- sqrt(max(look$spread^2 - look$noise, 0)) / look$power
  if (!is.finite(tau)) {
    return(finding("mismatch", NA, NA, "Not judged: the profiles do not differ."))
  }
  limits <- deconvolve_limits$mismatch
  verdict <- c("pass", "caution", "fail")[1 + sum(tau > limits)]
  genes <- length(fit$genes)
  each <- tau / sqrt(genes / ncol(look$profiles))
  factor <- factor_text(exp(tau))
  finding("mismatch", verdict, tau, if (verdict == "pass") {
    paste0("Bulk and reference agree gene by gene to a factor of about ", factor, ".")
  } else {
    paste0("Bulk and reference were not measured alike: a typical gene is off by a factor of ",
      factor, if (length(look$kept) > 1) ", in all samples the same way", " (tau ",
      number_text(tau), ").", if (verdict == "fail") " Read shares as an order of size at most.")
  }, " With ", count_text(genes), " genes that alone makes an error of about ",
  percent_text(expm1(each)), " in the scale of a type, and more where genes err alike.")
}

# The names of all genes or of some are not theirs. All: expectation and observation have no more
# to do with each other than after a shuffle. Some: most genes fit, and the others are far off, up
# and down; a platform puts all of them off alike.
judge_names <- function(fit, look) {
  if (is.null(look)) {
    return(not_looked_at("gene names", fit))
  }
  # One profile tells what the levels of genes are in that type, not in a tissue.
  if (ncol(look$profiles) == 1) {
    return(NULL)
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

# The same samples under families that weigh genes differently: counts trust the highest genes,
# errors in proportion all alike, Student's those that agree.
judge_agreement <- function(fit, look) {
  if (is.null(look)) {
    return(not_looked_at("agreement", fit))
  }
  if (ncol(look$profiles) == 1) {
    return(NULL)
  }
  by <- function(name, ...) fit_again(look, list(name = name, weight = look$specific, ...))
  found <- c(list(fit = look$own_abundance), if (isTRUE(fit$flags$shares)) {
    list(gaussian = by("gaussian"), student = by("student"))
  } else {
    list(
      poisson = by("poisson"), lognormal = by("lognormal"),
      nbinom = by("nbinom", dispersion = rep(0.5, nrow(look$values)))
    )
  })
  shares <- lapply(found, looked_shares, look)
  pairs <- utils::combn(names(shares), 2, simplify = FALSE)
  apart <- vapply(pairs, function(pair) {
    mean(abs(shares[[pair[1]]] - shares[[pair[2]]]), na.rm = TRUE)
  }, numeric(1))
  worst <- max(apart)
  pair <- pairs[[which.max(apart)]]
  by_type <- colMeans(abs(shares[[pair[1]]] - shares[[pair[2]]]), na.rm = TRUE)
  type <- colnames(look$profiles)[which.max(by_type)]
  verdict <- c("pass", "caution", "fail")[1 + sum(worst > deconvolve_limits$spread)]
  finding("agreement", verdict, worst, switch(verdict,
    pass = "Families that weigh genes differently agree",
    caution = "Families that weigh genes differently do not quite agree",
    fail = "Do not trust this: families that weigh genes differently disagree"
  ), ": proportions differ by ", number_text(worst), " on average between ",
  family_words(fit, pair[1]), " and ", family_words(fit, pair[2]), ", most for ", type, " (",
  number_text(max(by_type)), ").", looked_words(fit, look))
}

family_words <- function(fit, name) {
  mode <- reference_mode(fit)
  if (name != "fit") {
    return(paste0(name, if (mode != "none") " with the profiles as given"))
  }
  paste0("this fit (", and_list(families_of(fit)), if (mode != "none") paste0(", profiles ", mode),
    ")")
}
