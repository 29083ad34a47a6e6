#' Patterns of missing cells
#'
#' Which variables are missing together, how often, and which are never seen
#' together: the data say nothing directly about the association of those.
#'
#' @param x A data frame or matrix with columns of any type, of which only
#'   [is.na()] is asked (so `NaN` counts as missing; a column that is a matrix or
#'   data frame is missing where any of its parts is); or a fit by [em_mvn()].
#' @param ... Not used; anything here is an error.
#'
#' @return A data frame of class `em_patterns`, one row for each pattern, most
#' frequent first (then with fewest cells missing, then by first appearance):
#' * `rows`: number of rows (integer; for a fit with weights, the sum of these);
#' * `n_missing`: number of variables missing (integer);
#' * `percent`: share of the rows, in per cent;
#' * then one logical column for each variable, in the order of the data and with
#'   its name: `TRUE` where it is observed.
#'
#' The attribute `never_together` is a data frame of character columns `first` and
#' `second`, one row for each pair of variables that no row holds both of; a
#' variable without any observed cell is in the attribute `never_observed` instead.
#'
#' `print()` and `plot()` return `x`, invisibly; `autoplot()` a ggplot.
#'
#' @section Errors:
#' `missmix_error_data`: no rows, no columns, or a fit that holds neither its
#' patterns nor its data. `missmix_error_argument`: `x` is nothing of the above.
#'
#' @seealso [em_diagnose()], which judges from a fit what the data identify;
#' counts of pairs cannot.
#' @export
#' @examples
#' patterns <- em_patterns(airquality)
#' patterns
#' plot(patterns)
#' attr(patterns, "never_together")
em_patterns <- function(x, ...) {
  UseMethod("em_patterns")
}

#' @rdname em_patterns
#' @export
em_patterns.data.frame <- function(x, ...) {
  check_no_dots()
  patterns_of(missing_columns(x), names(x))
}

#' @rdname em_patterns
#' @export
em_patterns.matrix <- function(x, ...) {
  check_no_dots()
  patterns_of(missing_columns(x), column_names(x))
}

#' @rdname em_patterns
#' @export
em_patterns.em_fit <- function(x, ...) {
  check_no_dots()
  if (length(x$patterns) > 0) {
    return(new_patterns(x$patterns$observed, x$patterns$count, x$variables))
  }
  if (is.null(x$data$columns)) {
    abort_data("The fit holds neither patterns of missing cells nor its data.")
  }
  patterns_of(missing_columns(x$data$columns), x$variables, x$data$weights)
}

#' @export
em_patterns.default <- function(x, ...) {
  if (is.matrix(x)) {
    return(em_patterns.matrix(x, ...))
  }
  abort_argument(
    "{.arg x} must be a data frame, a matrix or a fit, not {.obj_type_friendly {x}}."
  )
}

# For each column a logical vector, TRUE where missing.
missing_columns <- function(x) {
  if (is.matrix(x)) {
    return(lapply(seq_len(ncol(x)), function(j) is.na(x[, j])))
  }
  lapply(.subset(x, seq_along(x)), function(column) {
    missing <- is.na(column)
    if (length(dim(missing)) == 2) rowSums(missing) > 0 else as.vector(missing)
  })
}

# Rows are brought together by sorting: it takes any number of columns, where a
# number made of their bits would run out of digits.
patterns_of <- function(missing, variables, weights = NULL, call = rlang::caller_env()) {
  n <- if (length(missing) > 0) length(missing[[1]]) else 0L
  check_not_empty(n, length(missing), call)
  incomplete <- missing[vapply(missing, any, logical(1))]
  order <- if (length(incomplete) > 0) {
    do.call(base::order, c(unname(incomplete), method = "radix"))
  } else {
    seq_len(n)
  }
  starts <- rep(FALSE, n)
  starts[1] <- TRUE
  for (column in incomplete) {
    sorted <- column[order]
    starts[-1] <- starts[-1] | sorted[-1] != sorted[-n]
  }
  first <- order[starts]
  count <- if (is.null(weights)) {
    tabulate(cumsum(starts))
  } else {
    as.vector(rowsum(weights[order], cumsum(starts), reorder = FALSE))
  }
  appearance <- order(first)
  observed <- !vapply(missing, `[`, logical(length(first)), first)
  observed <- matrix(observed, nrow = length(first))
  new_patterns(observed[appearance, , drop = FALSE], count[appearance], variables)
}

new_patterns <- function(observed, count, variables) {
  n_missing <- as.integer(ncol(observed) - rowSums(observed))
  order <- order(-count, n_missing)
  observed <- observed[order, , drop = FALSE]
  count <- count[order]
  columns <- lapply(seq_along(variables), function(j) as.vector(observed[, j]))
  patterns <- c(
    list(rows = count, n_missing = n_missing[order], percent = 100 * count / sum(count)),
    stats::setNames(columns, variables)
  )
  seen <- colSums(observed[count > 0, , drop = FALSE]) > 0
  structure(
    patterns,
    row.names = .set_row_names(length(count)),
    class = c("em_patterns", "data.frame"),
    never_observed = variables[!seen],
    never_together = never_together(observed[count > 0, seen, drop = FALSE], variables[seen])
  )
}

never_together <- function(observed, variables) {
  pairs <- which(crossprod(observed + 0) == 0, arr.ind = TRUE)
  pairs <- pairs[pairs[, 1] < pairs[, 2], , drop = FALSE]
  data.frame(first = variables[pairs[, 1]], second = variables[pairs[, 2]])
}

# Some of the patterns are a plain table: what was said of all no longer holds.
#' @export
`[.em_patterns` <- function(x, ...) {
  table <- as.data.frame(x)
  attr(table, "never_observed") <- attr(table, "never_together") <- NULL
  table[...]
}

# Patterns x variables, TRUE where observed. By position: a variable may be
# called "rows".
observed_matrix <- function(patterns) {
  columns <- unclass(patterns)[-(1:3)]
  matrix(unlist(columns), ncol = length(columns), dimnames = list(NULL, names(columns)))
}

#' @rdname em_patterns
#' @param rows Most patterns to print, at least 1.
#' @export
print.em_patterns <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  for (sentence in pattern_sentences(x)) say(sentence)
  observed <- observed_matrix(x)
  incomplete <- colSums(observed) < nrow(observed)
  if (any(incomplete)) {
    cli::cat_line()
    print_pattern_table(x, observed[, incomplete, drop = FALSE], rows)
  }
  invisible(x)
}

# First the answer: how much is missing, and what is never seen together.
pattern_sentences <- function(x, most = 5L) {
  observed <- observed_matrix(x)
  total <- sum(x[[1]])
  complete <- sum(x[[1]][x[[2]] == 0])
  missing <- sum(x[[1]] * x[[2]])
  cells <- total * ncol(observed)
  pairs <- attr(x, "never_together")
  c(
    sprintf("%s %s of %d %s in %s %s of missing cells.",
      number_words(total), plural(total, "row"), ncol(observed),
      plural(ncol(observed), "variable"), number_words(nrow(x)), plural(nrow(x), "pattern")),
    sprintf("Complete: %s %s (%.1f%%). Missing: %s of %s cells (%.1f%%).",
      number_words(complete), plural(complete, "row"), 100 * complete / total,
      number_words(missing), number_words(cells), 100 * missing / cells),
    some_of("Never observed: ", attr(x, "never_observed"), most),
    some_of("Never observed together: ", paste(pairs$first, pairs$second, sep = " with "), most)
  )
}

some_of <- function(title, words, most) {
  if (length(words) == 0) {
    return(NULL)
  }
  left <- length(words) - most
  listed <- if (left > 0) c(words[seq_len(most)], paste(number_words(left), "more")) else words
  paste0(title, paste(listed, collapse = ", "), ".")
}

# Counts of rows; sums of weights to three digits.
number_words <- function(x) {
  x <- ifelse(x >= 100, round(x), signif(x, 3L))
  format(x, big.mark = ",", scientific = FALSE, digits = 15L, trim = TRUE)
}

# One line for each pattern, one symbol for each variable that is missing
# anywhere, as many as the console holds.
print_pattern_table <- function(x, observed, rows) {
  shown <- seq_len(min(rows, nrow(x)))
  symbols <- pattern_symbols()
  names <- abbreviate(colnames(observed), 8L, named = FALSE)
  margin <- c("rows", "%")
  table <- cbind(number_words(x[[1]][shown]), sprintf("%.1f", x[[3]][shown]))
  width <- cumsum(1L + nchar(names, type = "width"))
  room <- cli::console_width() - 1L - sum(1L + apply(nchar(rbind(margin, table)), 2, max))
  fits <- which(width <= room)
  cells <- ifelse(observed[shown, fits, drop = FALSE], symbols[["observed"]], symbols[["missing"]])
  table <- cbind(table, cells)
  dimnames(table) <- list(rep("", length(shown)), c(margin, names[fits]))
  print(table, quote = FALSE, right = TRUE)
  say(cli::col_grey(sprintf(
    "%s observed, %s missing; variables without missing cells are left out.",
    symbols[["observed"]], symbols[["missing"]]
  )))
  say_more(length(names) - length(fits), "variable", "plot(), as.data.frame()")
  say_more(nrow(x) - length(shown), "pattern", "plot(), as.data.frame()")
}

pattern_symbols <- function() {
  if (cli::is_utf8_output()) {
    c(observed = "\u25a0", missing = "\u00b7")
  } else {
    c(observed = "x", missing = ".")
  }
}
