# A reference that is a ready signature: a table of genes x types.

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
