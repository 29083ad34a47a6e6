# What can be wrong with a table of expression, genes in rows: said by gene and sample. The
# looks at the whole (anyNA(), min(), max()) allocate nothing; cells are searched only once
# something is known to be wrong.

# `values`: numeric matrix or dgCMatrix; `what`: "sample", "type" or "cell", the columns.
check_expression <- function(values, genes, columns, what, call) {
  stored <- stored_values(values)
  if (length(stored) == 0) {
    return(invisible())
  }
  if (anyNA(stored)) {
    abort_expression(values, is.na, genes, columns, what, c(
      "Expression must be known everywhere.",
      i = "Leave out these genes, or set to zero what was looked for and not found."
    ), call)
  }
  if (min(stored) < 0) {
    abort_expression(values, function(x) x < 0, genes, columns, what, c(
      "Expression must not be negative.",
      i = "Logarithms may be: undo them, with {.code 2^x} or {.code expm1(x)} as they were taken."
    ), call)
  }
  if (max(stored) == Inf) {
    abort_expression(values, is.infinite, genes, columns, what, "Expression must be finite.", call)
  }
  check_magnitude(max(stored), what, call)
}

# Squares and sums of all values must be numbers, and not zero.
check_magnitude <- function(highest, what, call) {
  if (highest > 1e100 || (highest > 0 && highest < 1e-100)) {
    abort_data(c(
      "Expression must be of a size that can be computed with.",
      x = "The highest value of all {what}s is {signif(highest, 3)}.",
      i = "Multiply all of it by one number: the unit does not matter."
    ), call = call)
  }
}

# The entries in memory: of a sparse matrix those that are not zero.
stored_values <- function(values) {
  if (is_sparse(values)) values@x else values
}

is_sparse <- function(x) inherits(x, "dgCMatrix")

abort_expression <- function(values, wrong, genes, columns, what, message, call) {
  where <- wrong_cells(values, wrong)
  abort_data(
    c(message[1], x = "{cell_texts(values, where, genes, columns, what)}.", message[-1]),
    gene = unique(genes[where[, 1]]), column = unique(columns[where[, 2]]), call = call
  )
}

# "A in sample s1: -2; B in sample s1: -1 and 3 more"
cell_texts <- function(values, where, genes, columns, what) {
  shown <- utils::head(where, 3L)
  numbers <- vapply(seq_len(nrow(shown)), function(k) format(values[shown[k, 1], shown[k, 2]]), "")
  cells <- sprintf("%s in %s %s: %s", genes[shown[, 1]], what, columns[shown[, 2]], numbers)
  paste0(paste(cells, collapse = "; "), more_text(seq_len(nrow(where)), cells))
}

# Methylation corrected for background falls a little below zero where there is none: that is
# noise, and nothing but zero. Values of any other kind are left for check_expression() to refuse.
clip_shares <- function(values, genes, columns) {
  if (is_sparse(values) || anyNA(values) || min(values) >= 0 || min(values) < -0.5) {
    return(values)
  }
  if (!are_shares(some_values(values), column_sums(values))) {
    return(values)
  }
  where <- wrong_cells(values, function(x) x < 0)
  if (nrow(where) > 0.05 * length(values)) {
    return(values)
  }
  cli::cli_inform(c(
    i = "Shares below zero were set to zero: {cell_texts(values, where, genes, columns, 'sample')}."
  ), class = c("missmix_message_clipped", "missmix_message"))
  values[where] <- 0
  values
}

# Rows and columns of the cells that are wrong, a row each.
wrong_cells <- function(values, wrong) {
  if (!is_sparse(values)) {
    return(unname(which(matrix(wrong(values), nrow(values)), arr.ind = TRUE)))
  }
  stored <- which(wrong(values@x))
  cbind(values@i[stored] + 1L, findInterval(stored - 1L, values@p))
}

# Some columns stand for all: 20 of them, equally spaced, tell the kind of the data.
some_values <- function(values) {
  some <- unique(round(seq(1, ncol(values), length.out = min(20L, ncol(values)))))
  as.vector(stored_values(values[, some, drop = FALSE]))
}

# Counts, also those shared between two genes or averaged over two lanes: more than 99% of the
# entries are multiples of one half.
are_counts <- function(some) {
  some <- some[some != 0]
  # Far from one all numbers look like multiples of a half.
  within <- length(some) > 0 && stats::median(some) > 0.25 && stats::median(some) < 1e9
  within && mean(abs(2 * some - round(2 * some)) < 1e-9) > 0.99
}

# Methylation and other shares: nothing above one (a little for noise), and columns that do not
# sum to one, as relative expression does.
are_shares <- function(some, totals) {
  max(some) <= 1.5 && mean(some) > 0.05 && min(totals) > 3
}

# Logarithms are small and have no tail: the highest value is at most a few times the mean and
# 2.5 times the 99th percentile (seen: 1.0 to 2.0; on the linear scale 2.8 to 150).
look_logged <- function(some, counts) {
  some <- some[some > 0]
  if (length(some) < 50 || counts || max(some) > 30 || max(some) <= 1.5) {
    return(FALSE)
  }
  max(some) < 9 * mean(some) && max(some) < 2.5 * stats::quantile(some, 0.99)
}

inform_log_scale <- function(what, highest) {
  cli::cli_inform(c(
    "!" = "The {what} looks like logarithms: its highest value is {number_text(highest, 3L)}.",
    i = "Mixtures add up on the linear scale only: undo them, with {.code 2^x} or
         {.code expm1(x)} as they were taken."
  ), class = c("missmix_message_log_scale", "missmix_message"))
}
