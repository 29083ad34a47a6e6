# The checks of em_diagnose() on a deconvolution.

# One place for every threshold; em_diagnose()'s help states them, design/ says where they are from.
deconvolve_limits <- list(
  certificate = 1e-3, # log-likelihood a sample may still gain
  inflation = c(20, 1e6), # of the variance of a share by types alike: unsure, nothing known
  share_error = c(0.05, 0.25), # standard error of such a share: caution, fail
  group = list(
    genes = 6L, # so many make a type
    share = 0.002, # and such a share of those that mark no type
    factor = 1.5, # so far above what is expected, at least
    far = c(3.5, 5), # and above the usual spread of genes expressed as much
    excess = c(2.4, 3), # those too high less those too low, in standard deviations: perhaps, surely
    shared = 0.3, # of the genes too high rise and fall together: a type, surely
    together = 1.15 # largest singular value, by that of chance
  ),
  leverage = 0.9, # of one gene
  top_share = 0.8, # of the information, in 20 genes
  shift = 0.05, # of proportions without these genes
  mismatch = c(0.4, 0.9), # tau, natural logarithm
  names = c(0.35, 0.6), # agreement of levels: all names wrong, some
  far_genes = 0.02, # of genes far too high, and as many far too low
  badly = 4, # times the dispersion of other samples of the same depth
  spread = c(0.06, 0.12), # typical difference of proportions between families
  compressed = c(0.33, 0.5), # spread of observed logarithms, by that of expected ones
  totals = 5, # largest by smallest column total of a signature
  cells = c(10L, 3L), # fewest of a type in the reference
  alone = 0.1 # of the samples have one type only
)

diagnose_checks.em_deconvolve <- function(fit, details) {
  look <- look_at_fit(fit)
  rbind(
    judge_certificate(fit),
    judge_types(fit, look),
    judge_log_scale(fit, look),
    judge_names(fit, look),
    judge_mismatch(fit, look),
    judge_missing_type(fit, look),
    judge_agreement(fit, look),
    judge_genes(fit, look),
    judge_samples(fit),
    judge_totals(fit),
    judge_cells(fit),
    judge_zeros(fit),
    judge_scale(fit)
  )
}

diagnosis_details.em_deconvolve <- function(fit) {
  list(samples = fit$samples, choices = fit$choices)
}

not_looked_at <- function(check, fit) {
  finding(check, NA, NA, "Not judged: ", if (is.null(fit$data)) {
    "the fit does not hold its bulk (keep_data = FALSE)."
  } else {
    "there are no residuals to look at."
  })
}

# Families whose maximum is certified: the log-likelihood is concave, and the gap a bound.
certified_families <- c("poisson", "quasipoisson")

# More than one where the fit is a mean.
families_of <- function(fit) {
  members <- if (is.null(fit$members)) list(fit["family"]) else fit$members
  vapply(members, function(member) member$family$name, "")
}

judge_certificate <- function(fit) {
  samples <- fit$samples
  done <- samples$status == "converged"
  empty <- samples$status == "degenerate"
  short <- !done & !empty
  gap <- max(c(0, samples$certificate[done]))
  close <- samples$certificate <=
    pmax(deconvolve_limits$certificate, arithmetic_limit(samples$log_lik), na.rm = TRUE)
  verdict <- if (!any(done)) "fail" else if (all(done) && all(close)) "pass" else "caution"
  # What rounding leaves may be below zero.
  left <- if (gap < 1e-12) "nothing" else number_text(gap)
  words <- c(
    if (any(done) && all(families_of(fit) %in% certified_families)) {
      paste0("No sample can gain more than ", left, " in log-likelihood: that is certain.")
    } else if (any(done)) {
      paste0("No sample could gain more than about ", left, " in log-likelihood.")
    },
    if (any(short)) paste0("Not converged: ", some_names(samples$sample[short]), "."),
    if (any(empty)) {
      paste0("Without expression of the genes used: ", some_names(samples$sample[empty]), ".")
    }
  )
  finding("certificate", verdict, gap, paste(words, collapse = " "))
}

# Logarithms, by how they look, or by what becomes of them: expected values spread far wider.
judge_log_scale <- function(fit, look) {
  undo <- paste0(" Undo them, with 2^x or expm1(x) as they were taken: mixtures add up on the",
    " linear scale.")
  logged <- c(
    if (isTRUE(fit$flags$log_scale)) "bulk", if (isTRUE(fit$reference$log_scale)) "reference"
  )
  ratio <- if (is.null(look)) NA_real_ else compression(look)
  if (length(logged) > 0) {
    return(finding("log scale", "fail", ratio, "The ", and_list(logged),
      plural(length(logged), " looks", " look"), " like logarithms.", undo))
  }
  if (is.null(look)) {
    return(not_looked_at("log scale", fit))
  }
  verdict <- c("pass", "caution", "fail")[1 + sum(isTRUE(ratio < deconvolve_limits$compressed[2]),
    isTRUE(ratio < deconvolve_limits$compressed[1]))]
  finding("log scale", verdict, ratio, if (verdict == "pass") {
    "The bulk is on the linear scale, as far as can be seen."
  } else {
    paste0("The bulk spreads over genes ", number_text(ratio), " times as wide as expected",
      " (in logarithms): is it logged, or saturated?", undo)
  })
}

compression <- function(look) {
  observed <- log(rowMeans(look$values[, look$kept, drop = FALSE]) + look$offset)
  robust_sd(observed) / robust_sd(log(rowMeans(look$expected) + look$offset))
}

# Overdispersion shows more in deep samples: compared are samples of the same depth.
judge_samples <- function(fit) {
  known <- which(is.finite(fit$samples$dispersion) & fit$samples$dispersion > 0)
  if (length(known) < 5) {
    return(NULL)
  }
  size <- log(fit$samples$total[known])
  dispersion <- log(fit$samples$dispersion[known])
  off <- dispersion - robust_slope(size, dispersion) * size
  off <- off - stats::median(off)
  limit <- max(log(deconvolve_limits$badly), 6 * stats::mad(off))
  bad <- order(-off)[seq_len(sum(off > limit))]
  names <- fit$samples$sample[known[bad]]
  finding("samples", if (length(bad) > 0) "caution" else "pass", exp(max(off)),
    if (length(bad) == 0) {
      "No sample fits far worse than the others."
    } else {
      paste0(length(bad), " ", plural(length(bad), "sample fits", "samples fit"), " badly: ",
        some_names(names), ", with up to ", number_text(exp(max(off))),
        " times the dispersion of others of the same depth.")
    })
}

# The median slope between pairs of points (Theil and Sen); zero where there is no range.
robust_slope <- function(x, y, most = 200L) {
  use <- unique(round(seq(1, length(x), length.out = min(most, length(x)))))
  run <- outer(x[use], x[use], "-")
  rise <- outer(y[use], y[use], "-")
  apart <- run > 0.1
  if (sum(apart) < 10) 0 else stats::median(rise[apart] / run[apart])
}

# Where totals are read as mRNA content, nature has no such differences.
judge_totals <- function(fit) {
  reference <- fit$reference
  if (reference$source != "signature" || reference$scale != "cells") {
    return(NULL)
  }
  size <- reference$cell_size
  ratio <- max(size) / min(size)
  wide <- ratio > deconvolve_limits$totals
  finding("column totals", if (wide) "caution" else "pass", ratio,
    "Column totals of the reference differ ", number_text(ratio), "-fold, ",
    names(which.max(size)), " against ", names(which.min(size)), if (wide) {
      paste0(": read as mRNA content that makes the share of ", names(which.min(size)),
        " large. If they are not, use em_reference(scale = \"rna\").")
    } else {
      "."
    })
}

judge_zeros <- function(fit) {
  types <- ncol(fit$abundance)
  fitted <- which(rowSums(!is.finite(fit$abundance)) == 0)
  if (types == 1 || length(fitted) == 0) {
    return(NULL)
  }
  zero <- fit$abundance[fitted, , drop = FALSE] == 0
  alone <- fitted[rowSums(!zero) == 1]
  many <- length(alone) > deconvolve_limits$alone * length(fitted)
  finding("boundary", if (many) "caution" else "pass", mean(zero),
    sprintf("%s of the shares are zero", percent_text(mean(zero))),
    if (any(zero)) paste0(", most often of ", colnames(zero)[which.max(colSums(zero))]),
    ".", if (length(alone) > 0) {
      paste0(" One type only has ", plural(length(alone), "sample ", "samples "),
        some_names(fit$samples$sample[alone]), ".")
    })
}

# Of a reference of cells.
judge_cells <- function(fit) {
  cells <- fit$reference$cells
  if (is.null(cells)) {
    return(NULL)
  }
  fewest <- min(cells)
  verdict <- c("pass", "caution", "fail")[1 + sum(fewest < deconvolve_limits$cells)]
  few <- names(cells)[cells < deconvolve_limits$cells[1]]
  finding("cells", verdict, fewest, if (length(few) == 0) {
    sprintf("Every profile is the mean of %d cells or more.", fewest)
  } else {
    paste0("A profile of ", fewest, " ", plural(fewest, "cell"), " says little: ", some_names(few),
      " ", plural(length(few), "rests", "rest"), " on fewer than ", deconvolve_limits$cells[1], ".")
  })
}

judge_scale <- function(fit) {
  finding("scale", "pass", NA, "Proportions are shares of ",
    switch(fit$reference$scale, cells = "cells", "RNA"), ": ", fit$reference$scale_reason, ".")
}
