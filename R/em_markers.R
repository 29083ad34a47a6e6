#' Which genes tell the types apart
#'
#' @export
em_markers <- function(reference, n = NULL) {
  check_made_by(reference, "em_reference", "em_reference()")
  if (!is.null(n)) check_count(n)
  scores <- marker_scores(reference)
  rank <- stats::ave(-scores$score, scores$type, FUN = function(x) rank(x, ties.method = "first"))
  noise <- marker_noise(reference, scores$type)
  types <- colnames(reference$profiles)
  table <- data.frame(
    gene = rownames(reference$profiles), type = types[scores$type], rank = as.integer(rank),
    specificity = scores$specificity, log2_ratio = scores$log2_ratio,
    expression = scores$expression, noise = noise
  )
  table <- table[order(scores$type, rank), ]
  if (!is.null(n)) table <- table[table$rank <= n, ]
  rownames(table) <- NULL
  structure(table, class = c("em_markers", "data.frame"))
}

# One value a gene: the type (number) where it is highest, and how far it stands out there. All
# from profiles of equal totals: which type holds more RNA is no mark of a gene.
marker_scores <- function(reference) {
  shares <- sweep(reference$profiles, 2, reference$totals, "/")
  gene <- seq_len(nrow(shares))
  type <- max.col(shares, ties.method = "first")
  highest <- shares[cbind(gene, type)]
  others <- shares
  others[cbind(gene, type)] <- 0
  second <- others[cbind(gene, max.col(others, ties.method = "first"))]
  sums <- rowSums(shares)
  # Expression of about the mean gene: below it a ratio rests on next to nothing.
  floor <- 1 / nrow(shares)
  list(
    type = type,
    specificity = ifelse(sums > 0, highest / sums, 0),
    log2_ratio = ifelse(highest > 0, log2(highest / second), 0),
    score = log2((highest + floor) / (second + floor)),
    expression = reference$profiles[cbind(gene, type)]
  )
}

# Coefficient of variation of the profile where the gene is highest.
marker_noise <- function(reference, type) {
  if (is.null(reference$variance)) {
    return(rep(NA_real_, length(type)))
  }
  at <- cbind(seq_along(type), type)
  sqrt(reference$variance[at]) / reference$profiles[at]
}

# Rows of the `per_type` best genes of each type, sorted.
marker_genes <- function(reference, per_type = 100L) {
  scores <- marker_scores(reference)
  best <- lapply(split(seq_along(scores$type), scores$type), function(rows) {
    rows <- rows[order(-scores$score[rows], rows)]
    utils::head(rows[scores$score[rows] > 0], per_type)
  })
  sort(unlist(best, use.names = FALSE))
}
