# Names of genes: the one key by which bulk and reference are matched.

check_gene_names <- function(genes, what, call) {
  if (is.null(genes)) {
    abort_data(c(
      "The {what} must name its genes.",
      i = "By row names (a vector: by names), or in a column of text of a data frame."
    ), call = call)
  }
  nameless <- which(is.na(genes) | genes == "")
  if (length(nameless) > 0) {
    shown <- utils::head(nameless, 5L)
    abort_data(c(
      "Every gene of the {what} must have a name.",
      x = "Without one: {cli::qty(length(nameless))}row{?s} {shown}{more_text(nameless, shown)}."
    ), row = nameless, call = call)
  }
}

more_text <- function(all, shown) {
  left <- length(all) - length(shown)
  if (left > 0) sprintf(" and %d more", left) else ""
}

# A few of many names: "A, B, C and 12 more".
some_names <- function(names, most = 5L) {
  shown <- utils::head(names, most)
  paste0(paste(shown, collapse = ", "), more_text(names, shown))
}

# "ENSG00000123.4" -> "ENSG00000123". Other names stay as they are, among them those of copies on
# the Y chromosome ("ENSG00000123.4_PAR_Y"), which would double the gene on X.
strip_versions <- function(genes) {
  sub("^(ENS[A-Z]*[GTP][0-9]+)[.][0-9]+$", "\\1", genes)
}

# Rows of the same name made one. Lines repeated to the digit were measured once and are kept
# once; others are parts of one gene and are added.
# list(values, genes, repeated, summed): the latter two are names.
sum_duplicates <- function(values, genes) {
  first <- match(genes, genes)
  again <- which(first != seq_along(genes))
  if (length(again) == 0) {
    return(list(values = values, genes = genes, repeated = character(), summed = character()))
  }
  differences <- values[again, , drop = FALSE] != values[first[again], , drop = FALSE]
  same <- again[row_sums(differences) == 0]
  summed <- unique(genes[setdiff(again, same)])
  kept <- setdiff(seq_along(genes), same)
  if (length(summed) > 0) {
    values <- add_rows(values[kept, , drop = FALSE], match(genes[kept], unique(genes)))
  } else {
    values <- values[kept, , drop = FALSE]
  }
  list(
    values = values, genes = unique(genes), repeated = setdiff(genes[same], summed),
    summed = summed
  )
}

# Sums of the rows of each group; `group` is 1, 2, ... in order of first appearance.
add_rows <- function(values, group) {
  if (!is_sparse(values)) {
    # Integers are added as doubles: counts may pass 2^31.
    return(unname(rowsum(unname(values) + 0, group, reorder = FALSE)))
  }
  membership <- Matrix::sparseMatrix(i = group, j = seq_along(group), x = 1)
  membership %*% values
}

row_sums <- function(values) {
  if (is.matrix(values)) rowSums(values) else Matrix::rowSums(values)
}

column_sums <- function(values) {
  if (is.matrix(values)) colSums(values) else Matrix::colSums(values)
}

inform_duplicates <- function(found, what) {
  said <- c(
    if (length(found$summed) > 0) {
      "Genes of the {what} that are there more than once were summed: {some_names(found$summed)}."
    },
    if (length(found$repeated) > 0) {
      "Genes of the {what} that are repeated to the digit were taken once:
       {some_names(found$repeated)}."
    }
  )
  if (length(said) > 0) {
    cli::cli_inform(
      stats::setNames(said, rep("i", length(said))),
      class = c("missmix_message_duplicates", "missmix_message")
    )
  }
}
