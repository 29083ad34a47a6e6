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
  limits <- deconvolve_limits$group
  spread <- in_steps(look$gene, rowMeans(look$expected), robust_sd)
  # Where chance has long tails, as in few samples, only what lies further out is one-sided.
  level <- lapply(limits$far, function(far) {
    one_sided(look$gene, pmax(log(limits$factor), far * spread), unmarked)
  })
  level <- level[[which.max(vapply(level, `[[`, 0, "excess"))]]
  wave <- common_wave(look, unmarked)
  # Genes at a wrong level that do not move together are no type, unless there are many.
  high <- level$excess >= limits$excess[2] ||
    (level$excess >= limits$excess[1] && !isFALSE(moves_together(look$residual[level$up, ])))
  moving <- wave$excess >= limits$excess[1]
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
  # Two signs of the same genes leave little doubt.
  both <- high && moving && mean(level$up %in% wave$up) >= limits$shared
  finding("missing type", if (both) "fail" else "caution", value, if (high) {
    "The reference seems to lack a type: "
  } else {
    paste0("Something in the bulk, a type, a state of cells or the quality of RNA, is not in",
      " the reference: ")
  },
  length(genes), " genes that mark no type of it ",
  paste(c(if (high) "are higher than it explains", if (moving) "rise and fall together"),
    collapse = if (both) " and " else " or "),
  if (unexplained > 0.005) {
    paste0("; ", percent_text(unexplained), " of the bulk is unexplained in them")
  },
  ". Foremost ", and_list(utils::head(fit$genes[genes[order]], 8L)),
  ". What the reference lacks is shared out among the other types.", looked_words(fit, look))
}

# Far more values above `far` than below -`far`, beyond the two standard deviations that as many
# coins would have: list(up, excess); excess is zero where it is no group.
one_sided <- function(size, far, among, of = sum(among)) {
  limits <- deconvolve_limits$group
  up <- which(among & size > far)
  down <- sum(among & size < -far)
  enough <- length(up) - down >= max(limits$genes, limits$share * of) &&
    length(up) >= 3 * down
  list(up = up, excess = if (enough) (length(up) - down) / sqrt(length(up) + down) else 0)
}

# Is there one pattern over the samples in these genes, larger than chance makes, and in nearly all
# of the same sign? NA with too few samples.
moves_together <- function(residual) {
  if (ncol(residual) < 6) {
    return(NA)
  }
  wave <- leading_wave(residual)
  up <- mean(wave$follows > 0)
  isTRUE(wave$ratio > deconvolve_limits$group$together) && max(up, 1 - up) >= 0.9
}

# list(ratio, pattern, follows) of residuals, genes x samples, the genes' own levels taken out: the
# largest singular value by that of chance, its pattern, and how far each gene follows it.
leading_wave <- function(residual) {
  residual <- residual - rowMeans(residual)
  genes <- nrow(residual)
  n <- ncol(residual)
  parts <- svd(residual, nu = 1, nv = 1)
  # Each gene turned by another number of samples keeps its size and loses the company.
  at <- outer(seq_len(genes), seq_len(n), function(g, s) g + genes * ((g + s) %% n))
  chance <- svd(matrix(residual[at], genes), nu = 0, nv = 0)
  list(
    ratio = parts$d[1] / chance$d[1], pattern = parts$v[, 1],
    follows = parts$u[, 1] * parts$d[1] / sqrt(n)
  )
}

# The leading pattern over samples among genes that mark no type: list(up, excess, size); `size`:
# how far each gene follows it. Too few samples have none.
common_wave <- function(look, unmarked) {
  none <- list(up = integer(), excess = 0, size = numeric(length(look$gene)))
  # Of the lowest genes the offset is all there is.
  observed <- rowMeans(look$values)
  among <- which(unmarked & observed > stats::quantile(observed, 0.25))
  if (ncol(look$residual) < 4 || length(among) < 20) {
    return(none)
  }
  residual <- look$residual[among, ]
  deviation <- sqrt(rowMeans((residual - rowMeans(residual))^2))
  usual <- in_steps(deviation, observed[among], stats::median)
  residual <- residual / usual
  # A few genes that move would drown among thousands that do not: the pattern is sought where
  # most moves, and then in all.
  moves <- rowSums((residual - rowMeans(residual))^2)
  top <- order(-moves)[seq_len(max(min(100L, length(among)), length(among) %/% 5L))]
  wave <- leading_wave(residual[top, ])
  # Of an exact mixture nothing is left, and no ratio of it.
  if (!isTRUE(wave$ratio >= deconvolve_limits$group$together)) {
    return(none)
  }
  follows <- drop(residual %*% wave$pattern) / sqrt(ncol(residual))
  follows <- follows - stats::median(follows)
  if (sum(follows^3) < 0) follows <- -follows
  none$size[among] <- follows * usual
  clear <- among[abs(follows) > 4 * robust_sd(follows)]
  found <- one_sided(none$size, 0.3, seq_along(unmarked) %in% clear, length(among))
  c(found, list(size = none$size))
}

# What a number usually is among genes expressed as much, in ten steps of expression.
in_steps <- function(x, level, usual) {
  pmax(stats::ave(x, ceiling(10 * rank(level) / length(level)), FUN = usual), 1e-8)
}

# How far a gene stands out in its highest type (log2), from profiles of equal totals; a fiftieth
# of the mean gene is as good as nothing.
log2_above_second <- function(look) {
  shares <- look$profiles * rep(1 / colSums(look$profiles), each = nrow(look$profiles))
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
