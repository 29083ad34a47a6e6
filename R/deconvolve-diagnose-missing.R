# The check of em_diagnose() on a type that the reference lacks.

# Such a type shows by genes that no type of the reference marks: they are higher than explained,
# and they rise and fall together with the type from sample to sample. The first is hidden where
# all genes are off by factors of their own, the second where its share is the same everywhere.
# Saturated arrays raise the markers of scarce types instead, and factors of genes have both signs.
judge_missing_type <- function(fit, look) {
  if (is.null(look)) {
    return(not_looked_at("missing type", fit))
  }
  unmarked <- log2_above_second(look) < 1
  level <- one_sided(look$gene * unmarked, max(log(1.5), 3.5 * look$spread), unmarked)
  wave <- common_wave(look, unmarked)
  excess <- deconvolve_limits$group$excess
  # Genes at a wrong level that do not move together are no type, unless there are many.
  high <- level$excess >= (if (isFALSE(wave$together)) excess[2] else excess[1])
  moving <- wave$excess >= excess[1]
  value <- max(level$excess, wave$excess)
  if (!high && !moving) {
    return(finding("missing type", "pass", value,
      "No group of genes is left over that would speak of a type outside of the reference."))
  }
  genes <- union(if (high) level$up, if (moving) wave$up)
  over <- rowMeans(look$values[genes, look$kept, drop = FALSE]) -
    rowMeans(look$expected[genes, , drop = FALSE])
  order <- order(-over * (genes %in% level$up) - wave$size[genes] * look$level[genes])
  unexplained <- sum(pmax(over, 0)) / sum(rowMeans(look$values))
  finding("missing type", if (high && moving) "fail" else "caution", value,
    if (high) {
      "The reference seems to lack a type: "
    } else {
      "Something in the bulk, a type, a state of cells or the quality of RNA, is not in the reference: "
    },
    length(genes), " genes that mark no type of it ",
    and_list(c(if (high) "are higher than it explains", if (moving) "rise and fall together")),
    if (unexplained > 0.005) {
      paste0(", and ", percent_text(unexplained), " of the bulk is unexplained in them")
    },
    ". Foremost ", and_list(utils::head(fit$genes[genes[order]], 8L)),
    ". What the reference lacks is shared out among the other types.", looked_words(fit, look))
}

# Far more values above `far` than below -`far`, beyond the two standard deviations that as many
# coins would have: list(up, excess); excess is zero where it is no group.
one_sided <- function(size, far, among) {
  limits <- deconvolve_limits$group
  up <- which(among & size > far)
  down <- sum(among & size < -far)
  enough <- length(up) - down >= max(limits$genes, limits$share * sum(among)) &&
    length(up) >= 3 * down
  list(up = up, excess = if (enough) (length(up) - down) / sqrt(length(up) + down) else 0)
}

# The leading pattern over samples in what is left of genes that mark no type, their own levels
# taken out; list(up, excess, together, size). `size`: how far each gene follows it. Too few
# samples have none.
common_wave <- function(look, unmarked) {
  none <- list(up = integer(), excess = 0, together = NA, size = numeric(length(look$gene)))
  # Of the lowest genes the offset is all there is.
  observed <- rowMeans(look$values)
  among <- unmarked & observed > stats::quantile(observed, 0.25)
  n <- ncol(look$residual)
  if (n < 4 || sum(among) < 20) {
    return(none)
  }
  residual <- look$residual[among, , drop = FALSE]
  residual <- residual - rowMeans(residual)
  parts <- svd(residual, nu = 1, nv = 0)
  # Each gene turned by another number of samples keeps its size and loses the company.
  at <- outer(seq_len(nrow(residual)), seq_len(n), function(g, s) {
    g + nrow(residual) * ((g + s) %% n)
  })
  chance <- svd(matrix(residual[at], nrow(residual)), nu = 1, nv = 0)
  follows <- parts$u[, 1] * parts$d[1] / sqrt(n)
  follows <- follows - stats::median(follows)
  if (sum(follows^3) < 0) follows <- -follows
  size <- none$size
  size[among] <- follows
  together <- parts$d[1] > deconvolve_limits$group$together * chance$d[1]
  found <- one_sided(size, max(0.3, 4 * robust_sd(follows)), among)
  if (!together) found <- none[c("up", "excess")]
  c(found, list(together = together, size = size))
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
