#' A reference: the profile of each cell type
#'
#' @export
em_reference <- function(x, ...) {
  UseMethod("em_reference")
}

#' @rdname em_reference
#' @export
em_reference.default <- function(x, cell_type = NULL, subject = NULL, scale = "auto",
                                 cell_size = NULL, variance = NULL, ...) {
  check_no_dots()
  make_reference(x, cell_type, subject, scale, cell_size, variance)
}

#' @rdname em_reference
#' @export
em_reference.SummarizedExperiment <- function(x, cell_type = NULL, subject = NULL,
                                              scale = "auto", cell_size = NULL,
                                              variance = NULL, assay = NULL, ...) {
  check_no_dots()
  cell_type <- column_of(x, cell_type, "cell_type")
  subject <- column_of(x, subject, "subject")
  make_reference(x, cell_type, subject, scale, cell_size, variance, assay)
}

#' @rdname em_reference
#' @export
em_reference.em_reference <- function(x, scale = "auto", cell_size = NULL, ...) {
  check_no_dots()
  rescale_reference(x, scale, cell_size, rlang::current_env())
}

# The reference of em_deconvolve(): made already, or anything that em_reference() takes as such.
as_em_reference <- function(reference, call = rlang::caller_env()) {
  if (inherits(reference, "em_reference")) {
    return(reference)
  }
  make_reference(reference, call = call)
}

make_reference <- function(x, cell_type = NULL, subject = NULL, scale = "auto",
                           cell_size = NULL, variance = NULL, assay = NULL,
                           call = rlang::caller_env()) {
  check_choice(scale, c("auto", "cells", "rna"), call = call)
  table <- gene_table(x, "reference", assay, call)
  if (is.null(cell_type)) {
    made <- reference_of_signature(table, subject, variance, call)
  } else {
    if (!is.null(variance)) {
      abort_argument(
        "{.arg variance} is for a ready signature: of cells it is computed.", call = call
      )
    }
    made <- reference_of_cells(table, cell_type, subject, call)
  }
  new_reference(made, scale, cell_size, call)
}

reference_of_signature <- function(table, subject, variance, call) {
  if (!is.null(subject)) {
    abort_argument("{.arg subject} goes with {.arg cell_type}.", call = call)
  }
  check_types(table$columns, ncol(table$values), call)
  check_expression(table$values, table$genes, table$columns, "type", call)
  found <- sum_duplicates(table$values, table$genes)
  inform_duplicates(found, "reference")
  profiles <- as.matrix(found$values)
  storage.mode(profiles) <- "double"
  attributes(profiles) <- list(
    dim = dim(profiles), dimnames = list(found$genes, table$columns)
  )
  list(
    profiles = profiles, variance = check_variance(variance, profiles, call),
    cells = NULL, subjects = NULL, source = "signature", counts = are_counts(some_values(profiles))
  )
}

# Types of a signature are its columns, at most this many: more are cells without labels.
most_types <- 500L

check_types <- function(types, n, call) {
  if (n > most_types) {
    abort_argument(c(
      "{.arg cell_type} is missing: {.arg x} has {n} columns, more than a signature has types.",
      i = "Give a label for each cell, or the column that holds them."
    ), call = call)
  }
  if (is.null(types) || anyNA(types) || any(types == "")) {
    abort_data("The columns of the reference must be named by the types.", call = call)
  }
  twice <- unique(types[duplicated(types)])
  if (length(twice) > 0) {
    abort_data(c(
      "Types of the reference must have different names.",
      x = "More than once: {some_names(twice)}.",
      i = "If columns are cells or samples, {.code cell_type = colnames(x)} averages them."
    ), type = twice, call = call)
  }
}

# Variances of a ready signature, matched by names.
check_variance <- function(variance, profiles, call) {
  if (is.null(variance)) {
    return(NULL)
  }
  table <- gene_table(variance, "variance", NULL, call)
  row <- match(rownames(profiles), table$genes)
  column <- match(colnames(profiles), table$columns)
  if (anyNA(row) || anyNA(column)) {
    lost <- c(colnames(profiles)[is.na(column)], rownames(profiles)[is.na(row)])
    abort_data(c(
      "{.arg variance} must have the genes and types of {.arg x}.",
      x = "It lacks {some_names(lost)}."
    ), call = call)
  }
  values <- as.matrix(table$values)[row, column, drop = FALSE]
  dimnames(values) <- dimnames(profiles)
  check_expression(values, rownames(values), colnames(values), "type", call)
  values + 0
}

reference_of_cells <- function(table, cell_type, subject, call) {
  labels <- cell_labels(cell_type, subject, ncol(table$values), call)
  x <- table$values
  if (length(labels$kept) < ncol(x)) x <- x[, labels$kept, drop = FALSE]
  cells <- table$columns[labels$kept]
  if (is.null(cells)) cells <- labels$kept
  check_expression(x, table$genes, cells, "cell", call)
  found <- sum_duplicates(x, table$genes)
  inform_duplicates(found, "reference")
  some <- some_values(found$values)
  made <- profiles_of_cells(found$values, found$genes, labels$type, labels$subject)
  made$source <- "cells"
  made$counts <- are_counts(some)
  made$cell_totals <- look_at_cells(found$values)
  made$log_scale <- look_logged(some, made$counts)
  made$highest <- max(0, some)
  made
}

look_at_cells <- function(x) {
  totals <- column_sums(x)
  list(
    spread = if (length(totals) > 1) stats::sd(totals) / mean(totals) else Inf,
    zeros = if (is_sparse(x)) 1 - length(x@x) / length(x) else mean(some_values(x) == 0)
  )
}

new_reference <- function(made, scale, cell_size, call) {
  profiles <- made$profiles
  types <- colnames(profiles)
  totals <- colSums(profiles)
  check_profiles(totals, call)
  some <- some_values(profiles)
  if (is.null(made$log_scale)) {
    made$log_scale <- look_logged(some, made$counts)
    made$highest <- max(some)
  }
  if (made$log_scale) inform_log_scale("reference", made$highest)
  reference <- structure(
    list(
      profiles = profiles, variance = made$variance, cells = made$cells,
      subjects = made$subjects, totals = totals, cell_size = totals, scale = NULL,
      scale_reason = NULL, counts = made$counts, source = made$source,
      cell_totals = made$cell_totals, log_scale = made$log_scale
    ),
    class = "em_reference"
  )
  rescale_reference(reference, scale, cell_size, call)
}

rescale_reference <- function(reference, scale, cell_size, call) {
  check_choice(scale, c("auto", "cells", "rna"), call = call)
  size <- check_cell_size(cell_size, colnames(reference$profiles), call)
  decided <- decide_scale(scale, reference, size, call)
  reference$cell_size <- if (is.null(size)) reference$totals else size
  reference[c("scale", "scale_reason")] <- decided
  reference
}

check_profiles <- function(totals, call) {
  empty <- names(totals)[totals == 0]
  if (length(empty) > 0) {
    abort_data(c(
      "Every type must express something.",
      x = "All zero: {.field {empty}}."
    ), type = empty, call = call)
  }
}

# The reference cut to some genes, in the order of `index`. Totals stay those of all genes: they
# are what a cell expresses, whatever part of it is looked at.
reference_genes <- function(reference, index) {
  reference$profiles <- reference$profiles[index, , drop = FALSE]
  if (!is.null(reference$variance)) {
    reference$variance <- reference$variance[index, , drop = FALSE]
  }
  reference
}
