#' @rdname em_reference
#' @param rows Most types to print, at least 1.
#' @order 3
#' @export
print.em_reference <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  say(reference_title(x), ".")
  say(scale_words(x), ".")
  cli::cat_line()
  table <- type_table(x)
  shown <- utils::head(table, rows)
  print(shown, right = TRUE)
  say_more(nrow(table) - nrow(shown), "type", "colnames(ref$profiles)")
  cli::cat_line()
  say(spread_words(x))
  say(variance_words(x))
  if (x$log_scale) say("The values look like logarithms: mixtures add up on the linear scale only.")
  say("More: em_markers(ref), em_reference(ref, scale = ...).")
  invisible(x)
}

reference_title <- function(x) {
  title <- paste(
    "Reference:", count_text(nrow(x$profiles)), plural(nrow(x$profiles), "gene"), "x",
    ncol(x$profiles), plural(ncol(x$profiles), "cell type")
  )
  from <- if (x$source == "signature") {
    "a ready signature"
  } else {
    paste("from", count_text(sum(x$cells)), plural(sum(x$cells), "cell"))
  }
  paste0(title, ", ", from)
}

scale_words <- function(x) {
  paste0("Proportions will be shares of ", if (x$scale == "rna") "RNA" else "cells",
    ", because ", x$scale_reason)
}

# One row a type; sizes relative to their mean, as only ratios matter.
type_table <- function(x) {
  size <- x$cell_size / mean(x$cell_size)
  columns <- list(
    cells = x$cells, subjects = x$subjects, total = total_texts(x$totals),
    "relative size" = if (x$scale == "cells") fixed_text(size)
  )
  columns <- columns[!vapply(columns, is.null, NA)]
  as.data.frame(columns, row.names = colnames(x$profiles), optional = TRUE)
}

# All in one way: beside 553,247 no 2.97e6.
total_texts <- function(totals) {
  if (min(totals) < 100) {
    return(vapply(totals, number_text, "", digits = 3L))
  }
  format(round(totals), big.mark = ",", scientific = FALSE)
}

# Totals that differ this much carry mRNA content, or were scaled by accident.
wide_spread <- 5

spread_words <- function(x) {
  least <- which.min(x$totals)
  most <- which.max(x$totals)
  ratio <- x$totals[[most]] / x$totals[[least]]
  if (ratio <= wide_spread) {
    return("")
  }
  sprintf("Totals differ %s-fold, from %s (%s) to %s (%s)%s", number_text(ratio),
    number_text(x$totals[[least]], 3L), names(x$totals)[least],
    number_text(x$totals[[most]], 3L), names(x$totals)[most],
    if (x$scale == "rna" || !identical(x$cell_size, x$totals)) {
      ": they are divided out."
    } else {
      ": is that how much mRNA their cells hold?"
    })
}

variance_words <- function(x) {
  if (is.null(x$variance)) {
    return("How uncertain the profiles are is not known.")
  }
  single <- names(x$cells)[x$cells == 1]
  if (length(single) > 0) {
    sprintf("The variance of %s, from one cell, is that of the other types.", and_list(single))
  } else if (x$source == "cells" && !isTRUE(any(x$subjects > 1))) {
    "Variance between subjects is not known: the profiles are less certain than their cells say."
  } else {
    ""
  }
}
