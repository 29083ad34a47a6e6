# The check of em_diagnose() on genes that decide the result.

# A gene decides if much of the information rests on it (leverage, which adds up to the number of
# types over all genes), or if its residual pulls far. Either is a doubt only if the result is
# another one without these genes.
judge_genes <- function(fit, look) {
  if (is.null(look)) {
    return(not_looked_at("dominating genes", fit))
  }
  limits <- deconvolve_limits
  info <- profile_information(fit, look)
  moves <- gene_moves(info)
  leverage <- rowSums((info$design %*% moves)^2)
  order <- order(-leverage)
  few <- min(20L, length(order))
  top <- sum(leverage[order[seq_len(few)]]) / sum(leverage)
  alone <- leverage[order[1]]
  pull <- pull_of_genes(fit, look, info, moves)
  strongest <- which.max(pull)
  decisive <- c(
    if (top > limits$top_share) list(order[seq_len(few)]),
    if (alone > limits$leverage) list(order[1]),
    if (pull[strongest] > limits$shift / 2) list(strongest)
  )
  shift <- vapply(decisive, shift_without, 0, fit = fit, look = look)
  worst <- which.max(shift)
  far <- length(worst) == 1 && shift[worst] > limits$shift
  finding("dominating genes", if (far) "caution" else "pass", top,
    sprintf("%d of %s genes hold %s of the information, foremost %s.", few,
      count_text(length(leverage)), percent_text(top),
      and_list(fit$genes[utils::head(order, 5L)])),
    if (alone > limits$leverage) {
      sprintf(" %s of what is known of one type rests on %s.", percent_text(alone),
        fit$genes[order[1]])
    },
    if (far) {
      without <- decisive[[worst]]
      paste0(" Without ", if (length(without) == 1) fit$genes[without] else "them",
        " proportions move by ", number_text(shift[worst]),
        " on average: leave out what you do not trust, or try family = \"nbinom\".")
    })
}

# genes x types of the design times this: coordinates in which all directions are as well known.
gene_moves <- function(info) {
  known <- info$values > 1e-10
  info$vectors[, known, drop = FALSE] %*% diag(1 / sqrt(info$values[known]), sum(known)) /
    info$size
}

# By how much a gene moves the shares of a typical sample, on average over types and samples, to
# first order.
pull_of_genes <- function(fit, look, info, moves) {
  mass <- drop(look$own_abundance %*% share_weights(fit$reference)^look$power)
  slope <- gene_information(fit, look)
  root <- sqrt(drop(slope %*% mass^2) / length(mass))
  # A gene's score, in the units of its row of the design.
  score <- drop(abs(slope * (look$raw - look$own)) %*% mass) / length(mass) / root
  score[root == 0] <- 0
  rowMeans(abs(tcrossprod(info$design %*% moves, moves))) * score
}

# How far proportions move on average when some genes are left out.
shift_without <- function(genes, fit, look) {
  left <- setdiff(seq_along(fit$genes), genes)
  if (length(left) <= ncol(look$profiles)) {
    return(0)
  }
  family <- fit$family
  # Latent profiles are learnt from all samples: genes decide there as they do for counts.
  if (!family$name %in% deconvolve_families) {
    family <- list(name = "poisson", weight = look$specific)
  }
  found <- lapply(list(seq_along(fit$genes), left), function(some) {
    looked_shares(fit_again(look, family, look$raw, some), look)
  })
  mean(abs(found[[1]] - found[[2]]), na.rm = TRUE)
}
