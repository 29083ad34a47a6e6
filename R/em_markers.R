#' Which genes tell the types apart
#'
#' For each gene of a reference the type in which it is highest, how far it stands out there, and
#' how far that can be trusted.
#'
#' @details
#' Profiles are compared as shares of their totals, so that a type with much RNA is no mark of
#' every gene. *Specificity* is the share that the highest type has in the sum over types, the
#' measure known as TSI (tissue specificity index; Kryuchkova-Mostacci and Robinson-Rechavi 2017):
#' one for a gene of one type alone, one over the number of types for a gene that is the same in
#' all. To each share that of the mean gene is added first, 1 / (number of genes): a rare gene
#' seen in one type only is no marker. `log2_ratio` compares the highest with the second in the same
#' way.
#'
#' `em_deconvolve(genes = "markers")` takes the genes of the highest specificity of each type.
#'
#' @param reference A reference, as made by [em_reference()].
#' @param n How many genes of each type, the most specific first. `NULL`: all.
#' @param x Markers, as returned by `em_markers()`.
#' @param rows Most types to print, at least 1.
#' @param ... Not used; anything here is an error.
#'
#' @return A data frame of class `em_markers`, one row for each gene, by type (in the order of the
#' reference) and rank:
#' * `gene`, `type`: names, the type where it is highest;
#' * `rank`: among the genes of this type, 1 is the most specific (integer);
#' * `specificity`: between 0 and 1;
#' * `log2_ratio`: highest over second type, binary logarithm, at least 0; `NA` with one type;
#' * `expression`: in this type, on the scale of the reference;
#' * `noise`: coefficient of variation of this, from the reference's variance; `NA` without, or
#'   where the expression is zero.
#'
#' @section Errors:
#' `missmix_error_argument`: `reference` is no reference, or `n` no whole number of at least one.
#'
#' @references
#' Kryuchkova-Mostacci N, Robinson-Rechavi M (2017). A benchmark of gene expression
#' tissue-specificity metrics. *Briefings in Bioinformatics* 18, 205-214.
#' \doi{10.1093/bib/bbw008}.
#'
#' @seealso [em_reference()].
#' @export
#' @examples
#' ref <- with(blood_sim, em_reference(cells, cell_type = cell_type, subject = donor))
#' em_markers(ref)
#' as.data.frame(em_markers(ref, n = 2))
em_markers <- function(reference, n = NULL) {
  check_made_by(reference, "em_reference", "em_reference()")
  if (!is.null(n)) check_count(n)
  scores <- marker_scores(reference)
  types <- colnames(reference$profiles)
  order <- order(scores$type, -scores$specificity)
  table <- data.frame(
    gene = rownames(reference$profiles), type = types[scores$type], rank = NA_integer_,
    specificity = scores$specificity, log2_ratio = scores$log2_ratio,
    expression = scores$expression, noise = marker_noise(reference, scores$type)
  )[order, ]
  table$rank <- sequence(tabulate(scores$type, length(types)))
  if (!is.null(n)) table <- table[table$rank <= n, ]
  rownames(table) <- NULL
  structure(table, class = c("em_markers", "data.frame"))
}

#' @rdname em_markers
#' @export
print.em_markers <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  # Cut by `[` to other columns, it is a data frame like any other.
  if (!all(c("gene", "type", "specificity") %in% names(x))) {
    print(as.data.frame(x))
    return(invisible(x))
  }
  say(count_text(nrow(x)), " ", plural(nrow(x), "gene"), " by the type where ",
    plural(nrow(x), "it is", "they are"), " highest; the best of each, and the specificity of the",
    " first.")
  cli::cat_line()
  table <- best_markers(x)
  shown <- utils::head(table, rows)
  print(shown, right = FALSE)
  say_more(nrow(table) - nrow(shown), "type", "as.data.frame(markers)")
  invisible(x)
}

#' @export
as.data.frame.em_markers <- function(x, row.names = NULL, # nolint: object_name_linter.
                                     optional = FALSE, ...) {
  class(x) <- "data.frame"
  as.data.frame(x, row.names = row.names, optional = optional, ...)
}

best_markers <- function(x) {
  first <- function(genes) paste(utils::head(genes, 3L), collapse = ", ")
  types <- unique(x$type)
  of <- factor(x$type, types)
  data.frame(
    genes = tabulate(of, length(types)),
    best = vapply(split(x$gene, of), first, ""),
    specificity = fixed_text(vapply(split(x$specificity, of), max, 0)),
    row.names = types
  )
}

# One value a gene: the type (number) where it is highest, and how far it stands out there.
marker_scores <- function(reference) {
  shares <- sweep(reference$profiles, 2, reference$totals, "/")
  n_types <- ncol(shares)
  gene <- seq_len(nrow(shares))
  type <- max.col(shares, ties.method = "first")
  highest <- shares[cbind(gene, type)]
  sums <- rowSums(shares)
  shares[cbind(gene, type)] <- -1
  second <- shares[cbind(gene, max.col(shares, ties.method = "first"))]
  # The mean gene's share: below it a ratio rests on next to nothing.
  floor <- 1 / nrow(shares)
  list(
    type = type,
    specificity = (highest + floor) / (sums + n_types * floor),
    log2_ratio = if (n_types > 1) log2((highest + floor) / (second + floor)) else NA_real_,
    expression = unname(reference$profiles[cbind(gene, type)]),
    expressed = highest > 0
  )
}

# Coefficient of variation of the profile where the gene is highest.
marker_noise <- function(reference, type) {
  at <- cbind(seq_along(type), type)
  profile <- unname(reference$profiles[at])
  if (is.null(reference$variance)) {
    return(rep(NA_real_, length(type)))
  }
  ifelse(profile > 0, sqrt(unname(reference$variance[at])) / profile, NA_real_)
}

# Rows of the reference: the `per_type` most specific genes of each type, sorted. Genes that
# are the same in every type are marks of none.
marker_genes <- function(reference, per_type = 100L) {
  scores <- marker_scores(reference)
  marks <- which(scores$expressed & !scores$log2_ratio %in% 0)
  best <- lapply(split(marks, scores$type[marks]), function(rows) {
    utils::head(rows[order(-scores$specificity[rows])], per_type)
  })
  sort(unlist(best, use.names = FALSE))
}
