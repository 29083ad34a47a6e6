# What em_diagnose() looks at in a deconvolution: some samples side by side, and what a fit that no
# gene can pull far expects of them.

# So many samples tell what is wrong with a reference as well as all of them; fewer where genes are
# many, for the time it takes.
samples_to_look_at <- function(fit) {
  fitted <- which(rowSums(!is.finite(fit$abundance)) == 0)
  most <- min(50, max(12, 2.5e5 / length(fit$genes)), length(fitted))
  fitted[unique(round(seq(1, length(fitted), length.out = most)))]
}

# A list, or NULL where the bulk is not held or nothing could be fitted:
# * `index`: the samples looked at; `values`: genes x samples, scaled to the same total each;
# * `power`: in which values and `profiles` are; `specific`: what each gene counts in the fit;
# * `own_abundance`, `own`: of the fit, and what it expects of `raw`, the bulk as it is;
# * `abundance`, `expected`: of the robust fit, for those samples (`kept`) that it could fit;
# * `offset`: added before logarithms are taken, small beside an ordinary gene;
# * `residual`: log ratio of observed and expected, genes x samples, median zero in each sample;
# * `gene`: the same of the means of each gene over the samples, median zero;
# * `spread`: robust standard deviation of `gene`; `noise`: what chance alone would make of it.
look_at_fit <- function(fit) {
  index <- samples_to_look_at(fit)
  if (is.null(fit$data) || length(index) == 0) {
    return(NULL)
  }
  raw <- as.matrix(fit$data$values[fit$data$rows, index, drop = FALSE])
  # All is looked at where it is additive: of arrays, in a power.
  power <- if (is.null(fit$family$power)) 1 else fit$family$power
  raw <- matrix(as.double(raw)^power, nrow(raw),
    dimnames = list(fit$genes, fit$samples$sample[index]))
  totals <- colSums(raw)
  reference <- reference_as_given(fit)
  look <- list(
    index = index, raw = raw, values = raw * rep(mean(totals) / totals, each = nrow(raw)),
    profiles = reference$profiles^power, reference = reference, power = power,
    counts = isTRUE(fit$flags$counts), specific = specificity_of(fit)
  )
  look$own_abundance <- fit$abundance[index, , drop = FALSE]
  look$own <- expected_of(look, look$own_abundance)
  look$level <- level_of_genes(look)
  look$offset <- offset_share(fit) * stats::median(pmax(look$level, rowMeans(look$values)))
  robust <- fit_again(look, relative_student(look))
  look$kept <- which(rowSums(!is.finite(robust)) == 0)
  if (length(look$kept) == 0) {
    return(NULL)
  }
  look$abundance <- robust[look$kept, , drop = FALSE]
  look$expected <- expected_of(look, look$abundance)
  look <- add_residuals(look)
  if (all(is.finite(look$gene))) look
}

# Refined profiles have learnt from the bulk what is wrong with it, a platform, a type that lacks:
# whether bulk and reference go together is asked of those that were given.
reference_as_given <- function(fit) {
  at <- match(fit$genes, rownames(fit$given_reference$profiles))
  if (anyNA(at)) fit$reference else reference_genes(fit$given_reference, at)
}

specificity_of <- function(fit) {
  if (identical(fit$asked$genes, "auto")) {
    return(specificity_weights(fit$reference))
  }
  rep(1, length(fit$genes))
}

# Logarithms of shares, such as methylation, would make much of the smallest.
offset_share <- function(fit) {
  if (isTRUE(fit$flags$shares)) 1 else 0.02
}

expected_of <- function(look, abundance) tcrossprod(look$profiles, abundance)

# What equal parts of the types would express, in units of the bulk.
level_of_genes <- function(look) {
  shares <- rowMeans(look$profiles * rep(1 / colSums(look$profiles), each = nrow(look$profiles)))
  shares / sum(shares) * sum(rowMeans(look$values))
}

# Errors are relative to what is expected of a gene, and a few genes far off do not count: neither
# the highest genes nor a group that the reference does not know decide.
relative_student <- function(look) {
  list(name = "student", weight = 1 / (look$level + look$offset)^2)
}

# Proportions, samples x types, of abundances found here.
looked_shares <- function(abundance, look) proportions_of(abundance, look$reference, look$power)

# Abundances of the samples looked at by another family, samples x types; also of other values, or
# of some of the genes.
fit_again <- function(look, family, values = look$values, genes = seq_len(nrow(values))) {
  usual <- list(
    weight = rep(1, nrow(values)), dispersion = rep(0, nrow(values)), degrees = 4,
    offset = expression_floor, power = 1
  )
  # The values and profiles looked at are in the power already.
  family$power <- 1
  family <- c(family, usual[setdiff(names(usual), names(family))])
  by_gene <- lengths(family) == nrow(values)
  family[by_gene] <- lapply(family[by_gene], `[`, genes)
  reference <- reference_genes(look$reference, genes)
  reference$profiles <- look$profiles[genes, , drop = FALSE]
  problem <- list(
    values = values, rows = genes, samples = colnames(values), reference = reference
  )
  found <- solve_samples(problem, family, em_control(tol = 1e-4, max_iter = 200L, verbose = 0L))
  dimnames(found$abundance) <- list(problem$samples, colnames(reference$profiles))
  found$abundance
}

add_residuals <- function(look) {
  values <- look$values[, look$kept, drop = FALSE]
  expected <- look$expected
  residual <- log((values + look$offset) / (expected + look$offset))
  look$residual <- residual - rep(apply(residual, 2, stats::median), each = nrow(residual))
  gene <- log((rowMeans(values) + look$offset) / (rowMeans(expected) + look$offset))
  # Genes of which next to nothing is expected say nothing about the others.
  told <- rowMeans(expected) > stats::quantile(rowMeans(expected), 0.1)
  look$gene <- gene - stats::median(gene[told])
  look$spread <- robust_sd(look$gene[told])
  look$noise <- noise_of_means(look, told)
  look
}

robust_sd <- function(x) stats::IQR(x) / 1.349

# Variance of a gene's mean over samples by chance: from its residuals in single samples; of one
# sample of counts that of counting.
noise_of_means <- function(look, told) {
  n <- ncol(look$residual)
  if (n > 1) {
    deviation <- look$residual[told, , drop = FALSE]
    deviation <- rowSums((deviation - rowMeans(deviation))^2)
    return(stats::median(deviation) / stats::qchisq(0.5, n - 1) / n)
  }
  if (!look$counts) {
    return(0)
  }
  counted <- sum(look$raw[, look$kept]) / sum(look$expected) * look$expected[told, ]
  stats::median(1 / (1 + counted))
}

# "12 of 2,000 samples" where not all were looked at.
looked_words <- function(fit, look) {
  n <- length(look$index)
  if (n < fit$n) sprintf(" (looked at %d of %s samples)", n, count_text(fit$n))
}
