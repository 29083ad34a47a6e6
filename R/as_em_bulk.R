# The one place where tables with genes in rows are converted: bulk samples, and signatures.
# Nothing is copied that can be used as it lies in memory: dense numeric matrices (unless shares
# below zero have to go) and dgCMatrix.

# Bulk samples, a list of class "em_bulk":
# * `values`: genes x samples, a numeric matrix (double or integer) or a dgCMatrix; its
#   dimnames are those of the user, or none: use `genes` and `samples`;
# * `genes`, `samples`: names; genes may be there more than once (see match_genes());
# * `totals`: sum of each sample; `empty`: is it zero?
# * `counts`: are the entries counts? `shares`: shares, as methylation? `log_scale`: logarithms?
as_em_bulk <- function(bulk, assay = NULL, call = rlang::caller_env()) {
  if (inherits(bulk, "em_bulk")) {
    return(bulk)
  }
  table <- gene_table(bulk, "bulk", assay, call)
  samples <- sample_names(table$columns, ncol(table$values), call)
  values <- clip_shares(table$values, table$genes, samples)
  check_expression(values, table$genes, samples, "sample", call)
  totals <- column_sums(values)
  some <- some_values(values)
  counts <- are_counts(some)
  bulk <- list(
    values = values, genes = table$genes, samples = samples,
    totals = stats::setNames(totals, samples), empty = unname(totals == 0),
    counts = counts, shares = length(some) > 0 && are_shares(some, totals[totals > 0]),
    log_scale = look_logged(some, counts)
  )
  if (bulk$log_scale) inform_log_scale("bulk", max(some))
  structure(bulk, class = "em_bulk")
}

sample_names <- function(names, n, call) {
  if (is.null(names)) {
    return(sprintf("sample%d", seq_len(n)))
  }
  names[is.na(names) | names == ""] <- sprintf("sample%d", which(is.na(names) | names == ""))
  twice <- unique(names[duplicated(names)])
  if (length(twice) > 0) {
    abort_data(c(
      "Samples of the bulk must have different names.",
      x = "More than once: {some_names(twice)}."
    ), column = twice, call = call)
  }
  names
}

# list(values, genes, columns) of any table with genes in rows; `what`: "bulk", "reference".
gene_table <- function(x, what, assay, call) {
  if (!is.null(assay) && !inherits(x, "SummarizedExperiment")) {
    abort_argument(
      "{.arg assay} is for a SummarizedExperiment; the {what} is {.obj_type_friendly {x}}.",
      call = call
    )
  }
  table <- if (inherits(x, "SummarizedExperiment")) {
    read_experiment(x, what, assay, call)
  } else if (is.data.frame(x)) {
    read_gene_frame(x, what, call)
  } else if (is.numeric(x) && is.null(dim(x)) && has_class_among(x, plain_classes)) {
    list(values = matrix(x, ncol = 1), genes = names(x), columns = NULL)
  } else {
    values <- gene_matrix(x, what, call)
    list(values = values, genes = rownames(values), columns = colnames(values))
  }
  check_not_empty(nrow(table$values), ncol(table$values), call)
  check_gene_names(table$genes, what, call)
  table
}

# A numeric matrix or a dgCMatrix, as given where it is one of these.
gene_matrix <- function(x, what, call) {
  if (is.matrix(x) && is.numeric(x) && has_class_among(x, matrix_classes)) {
    return(x)
  }
  if (is_sparse(x)) {
    need_package("Matrix", "sparse matrices", call)
    return(x)
  }
  if (inherits(x, "Matrix")) {
    return(general_matrix(x, call))
  }
  if (inherits(x, "DelayedArray") && length(dim(x)) == 2) {
    need_package("DelayedArray", "matrices on disk", call)
    need_package("Matrix", "sparse matrices", call)
    return(methods::as(x, "dgCMatrix"))
  }
  abort_data(c(
    "The {what} must be a numeric matrix with genes in rows, a data frame, a sparse matrix or a
     SummarizedExperiment, not {.obj_type_friendly {x}}.",
    i = table_remedy(x)
  ), call = call)
}

table_remedy <- function(x) {
  if (inherits(x, "DGEList")) {
    "The matrix is its element {.field counts}."
  } else if (inherits(x, "ExpressionSet")) {
    "{.code Biobase::exprs(x)} is the matrix."
  } else if (inherits(x, "Seurat")) {
    "{.code Seurat::as.SingleCellExperiment(x)} converts it."
  } else if (is.character(x) && is.matrix(x)) {
    "A matrix of text holds a column that is not numeric: names of genes belong in its row names."
  }
}

# Any class of package Matrix as one of the two that are used.
general_matrix <- function(x, call) {
  need_package("Matrix", "sparse matrices", call)
  if (inherits(x, "sparseMatrix")) {
    x <- methods::as(methods::as(x, "dMatrix"), "generalMatrix")
    return(methods::as(x, "CsparseMatrix"))
  }
  as.matrix(x)
}

need_package <- function(package, what, call) {
  if (!requireNamespace(package, quietly = TRUE)) {
    abort_argument(
      "Package {.pkg {package}} is needed for {what}, and is not installed.",
      package = package, call = call
    )
  }
}

# The assay asked for; by default "counts", else the first.
read_experiment <- function(x, what, assay, call) {
  need_package("SummarizedExperiment", "a SummarizedExperiment", call)
  available <- SummarizedExperiment::assayNames(x)
  n <- length(SummarizedExperiment::assays(x, withDimnames = FALSE))
  if (n == 0) {
    abort_data("The {what} is a SummarizedExperiment without any assay.", call = call)
  }
  if (is.null(assay)) assay <- if ("counts" %in% available) "counts" else 1L
  known <- if (is.character(assay)) assay %in% available else assay %in% seq_len(n)
  if (length(assay) != 1 || !known) {
    abort_argument(c(
      "{.arg assay} must be one of the assays.",
      x = "It is {.val {assay}}; there {cli::qty(available)}{?is/are} {.val {available}}."
    ), call = call)
  }
  values <- SummarizedExperiment::assay(x, assay, withDimnames = FALSE)
  list(values = gene_matrix(values, what, call), genes = rownames(x), columns = colnames(x))
}

# A data frame with names of genes in its first column of text, or in its row names.
read_gene_frame <- function(x, what, call) {
  columns <- .subset(x, seq_along(x))
  text <- vapply(columns, function(column) is.character(column) || is.factor(column), NA)
  at <- which(text)[1]
  genes <- if (!is.na(at)) {
    as.character(columns[[at]])
  } else if (.row_names_info(x) > 0) {
    attr(x, "row.names")
  }
  if (!is.na(at)) columns <- columns[-at]
  check_columns(columns, names(columns), .row_names_info(x, 2L), call)
  values <- vapply(columns, as.numeric, numeric(.row_names_info(x, 2L)))
  dim(values) <- c(.row_names_info(x, 2L), length(columns))
  list(values = values, genes = genes, columns = names(columns))
}
