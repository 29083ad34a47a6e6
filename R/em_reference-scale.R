# Do the column totals of a reference carry the mRNA content of the cells? Only then is the
# result a share of cells. list(scale, reason): the reason follows on "because"; "its" is of the
# reference.

# Signatures hold some hundred to two thousand genes; whatever has this many was not selected.
genome_wide <- 5000L

decide_scale <- function(scale, reference, cell_size, call) {
  if (!is.null(cell_size)) {
    if (scale == "rna") {
      abort_argument(c(
        "{.arg cell_size} converts to a share of cells.",
        i = "Leave it out for a share of RNA, or {.code scale = \"rna\"}."
      ), call = call)
    }
    list(scale = "cells", reason = "cell sizes were given")
  } else if (scale != "auto") {
    list(scale = scale, reason = "that was asked for")
  } else if (reference$source == "cells") {
    scale_of_cells(reference$profiles, reference$column_look)
  } else {
    scale_of_signature(reference$profiles, reference$counts)
  }
}

# `column_look`: list(spread, zeros) of the columns that the profiles were made from.
scale_of_cells <- function(profiles, column_look) {
  if (column_look$spread < 0.02) {
    list(scale = "rna", reason = "all cells have the same total: they were normalised")
  } else if (nrow(profiles) >= genome_wide && column_look$zeros < 0.2) {
    list(scale = "rna", reason = paste(
      "its columns have few zeros, as bulk samples: their totals are depth of sequencing"
    ))
  } else {
    list(scale = "cells", reason = paste(
      "the reference was made from cells, and their totals carry mRNA content"
    ))
  }
}

scale_of_signature <- function(profiles, counts) {
  totals <- colSums(profiles)
  if (are_shares(as.vector(profiles), totals)) {
    list(scale = "cells", reason = paste(
      "its entries lie between 0 and 1, as methylation, and cells hold equally much DNA"
    ))
  } else if (nrow(profiles) >= genome_wide) {
    list(scale = "rna", reason = sprintf(
      "its %s genes were not selected, and profiles of all genes are normalised to a total",
      count_text(nrow(profiles))
    ))
  } else if (counts) {
    list(scale = "rna", reason = "its entries are counts: totals are depth of sequencing")
  } else if (max(totals) < 1.01 * min(totals)) {
    list(scale = "rna", reason = "its totals are equal: they carry no mRNA content")
  } else {
    list(scale = "cells", reason = paste(
      "totals of these selected genes differ: read as a signature scaled by mRNA content"
    ))
  }
}

count_text <- function(n) format(n, big.mark = ",", trim = TRUE)

# Named sizes, one a type, in the order of the types.
check_cell_size <- function(cell_size, types, call) {
  if (is.null(cell_size)) {
    return(NULL)
  }
  ok <- is.numeric(cell_size) && all(is.finite(cell_size)) && all(cell_size > 0)
  if (!ok || is.null(names(cell_size)) || anyDuplicated(names(cell_size))) {
    abort_argument(c(
      "{.arg cell_size} must be positive numbers, named by the types.",
      i = "Such as {.code cell_size = c({types[1]} = 1)}: only their ratios matter."
    ), call = call)
  }
  without <- setdiff(types, names(cell_size))
  if (length(without) > 0) {
    abort_argument("{.arg cell_size} lacks {cli::qty(without)}the type{?s} {.val {without}}.",
      type = without, call = call)
  }
  stats::setNames(as.double(cell_size[types]), types)
}

# What to multiply abundances by, so that they become proportions once divided by their sum:
# the RNA of each type, and with it the number of cells.
share_weights <- function(reference) {
  switch(reference$scale,
    rna = reference$totals,
    cells = reference$totals / reference$cell_size
  )
}
