#' A reference: the profile of each cell type
#'
#' What `em_deconvolve()` takes a mixture apart by: the mean expression of each gene in each cell
#' type, how far these means can be trusted, and whether their totals carry mRNA content. Made from
#' a ready signature, or from labelled cells.
#'
#' @details
#' **From cells.** Without `subject` a profile is the mean of the cells of a type. With it,
#' subjects count alike whatever their number of cells and their depth of sequencing: the profile
#' is the mean over subjects of their relative profiles, times the mean of their mean totals (MuSiC,
#' Wang et al. 2019). A sparse matrix is never made dense; a matrix on disk (DelayedArray) is read
#' into a sparse one.
#'
#' **Variance.** How far the profile of a type is from that in another sample: the variance between
#' cells, divided by their number, plus, with at least two subjects of the type, that between
#' subjects (1 + 1/subjects times: this mean and a new one). The variance between cells is that
#' around what a cell of its total should have of a gene: size and depth of a cell move all genes
#' at once, and are no error of the profile's shape. Between subjects it is what their relative
#' profiles vary by beyond what their cells explain, at least zero. Types with one cell, or one
#' subject, take what genes of the same expression have in the other types.
#'
#' **Replicates.** Other profiles that the same population might have given: cells of each type
#' drawn with replacement, one less than there are (Rao and Wu 1988: then replicates vary as means
#' of other cells do). Of a type with at least three subjects these are drawn in place of cells, the
#' same ones for all types that have them all. A type of one cell varies as the others do. Only
#' replicates show what all genes of a type have in common, the mRNA of its cells and which of its
#' states were drawn: [em_deconvolve()] takes its standard errors from them. The same cells in the
#' same order give the same replicates; R's random numbers are left alone.
#'
#' **Scale.** Proportions are shares of cells only if the total of a profile says how much mRNA
#' such a cell holds; else they are shares of RNA. `scale = "auto"` decides by the first of these
#' that holds, and [print()] tells what and why:
#'
#' | reference | scale |
#' | --- | --- |
#' | `cell_size` is given | `"cells"` |
#' | from cells whose totals are equal (coefficient of variation below 2%) | `"rna"` |
#' | from 5,000 genes or more with fewer than 20% zeros: sorted bulk samples | `"rna"` |
#' | from other cells | `"cells"` |
#' | signature between 0 and 1 whose columns do not sum to one: methylation | `"cells"` |
#' | signature of 5,000 genes or more: not selected, so normalised to a total | `"rna"` |
#' | signature of counts: more than 99% of the entries are multiples of 1/2 | `"rna"` |
#' | signature whose totals are equal within 1% | `"rna"` |
#' | any other signature: scaled by mRNA content, as that of ABIS | `"cells"` |
#'
#' A signature does not tell how it was scaled, so the last line is a guess: totals of selected
#' genes also differ where nobody scaled them. `scale` overrules it. `cell_size`, where it is known,
#' turns shares of RNA into shares of cells.
#'
#' Duplicated genes are summed, lines repeated to the digit kept once; a message
#' names them. What looks like logarithms is said in a message (class `missmix_message_log_scale`),
#' and used as it is.
#'
#' @param x One of
#'   * a ready signature, genes x types: a matrix, dense or sparse (any class of package Matrix),
#'     or a data frame with the genes in its first column of text or in its row names;
#'   * with `cell_type`: genes x cells (or sorted samples), any of these;
#'   * a SummarizedExperiment or SingleCellExperiment;
#'   * a reference, whose scale is then decided anew.
#'
#'   Linear scale: counts, TPM, CPM, intensities or methylation; no logarithms.
#' @param cell_type The type of each cell: a factor or vector, or the name of a column of
#'   `colData(x)`. Cells without (`NA`, `""`) are left out, with a message. `NULL`: the columns of
#'   `x` are types.
#' @param subject The subject (donor, sample) each cell is from, given likewise. `NULL`: not
#'   known, or one.
#' @param scale `"auto"`, or what the totals of the profiles carry: `"cells"`, the mRNA content
#'   of a cell; `"rna"`, nothing.
#' @param cell_size Positive numbers named by the types: mRNA of a cell. Only ratios matter. `NULL`:
#'   the totals of the profiles.
#' @param variance Of a ready signature: genes x types, matched by name, the variances of its
#'   entries (squared standard errors, as predictions for another sample). `NULL`: not known.
#' @param replicates Of a reference made of cells: how many replicates of its profiles to keep, 0
#'   for none. Each takes 4 bytes a gene and type: 20 of 20,000 genes and 20 types 32 MB, of which
#'   a fit keeps its genes once more. Fewer than 5 give no standard errors, fewer than 20 unsteady
#'   ones.
#' @param assay Name or number of the assay. `NULL`: `"counts"` if there is one, else the first.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `em_reference`:
#' * `profiles`: genes x types, double, linear scale, not normalised;
#' * `variance`: of the same shape, in squared units of the profiles, or `NULL`; zero for genes
#'   never seen in a type;
#' * `cells`, `subjects`: how many, named integers by type; `NULL` of a signature, or without
#'   `subject`;
#' * `totals`: named by type, sums of the profiles over all genes. Cut to some genes by a fit, a
#'   reference keeps the totals of all;
#' * `cell_size`: named by type, mRNA of a cell: `cell_size`, else the totals;
#' * `scale`: `"cells"` or `"rna"`; `scale_reason`: why, in words;
#' * `source`: `"signature"` or `"cells"`; `counts`: were the entries counts? `log_scale`: did they
#'   look like logarithms? `column_look`: what the rule asks of the cells, `spread` (coefficient of
#'   variation of their totals) and `zeros` (share of the entries), or `NULL`;
#' * `replicates`: `NULL`, or a list of `values` (integer, genes x types x replicates), `unit` (a
#'   number for each type; values times unit are profiles) and `totals` (types x replicates).
#'
#' Expected expression of a gene is the sum of its profiles times abundances; abundances times
#' `totals` (and, for cells, divided by `cell_size`) are proportions up to a factor.
#'
#' @section Errors:
#' `missmix_error_data`: negative, missing or infinite expression, genes or types without a name,
#' types of the same name, a type that expresses nothing, no cell with a type, a cell without a
#' subject; the message names gene, type or cell. `missmix_error_argument`: labels that are not one
#' for each cell, no such assay or column, `cell_size` that lacks a type, a package that is needed
#' and not installed.
#'
#' @references
#' Wang X, Park J, Susztak K, Zhang NR, Li M (2019). Bulk tissue cell type deconvolution with
#' multi-subject single-cell expression reference. *Nature Communications* 10, 380.
#' \doi{10.1038/s41467-018-08023-x}.
#'
#' Monaco G, Lee B, Xu W, et al. (2019). RNA-Seq signatures normalized by mRNA abundance allow
#' absolute deconvolution of human immune cell types. *Cell Reports* 26, 1627-1640.
#' \doi{10.1016/j.celrep.2019.01.041}.
#'
#' Rao JNK, Wu CFJ (1988). Resampling inference with complex survey data. *Journal of the American
#' Statistical Association* 83, 231-241. \doi{10.1080/01621459.1988.10478591}.
#'
#' @seealso [em_markers()], which genes tell the types apart.
#' @export
#' @order 1
#' @examples
#' # 400 genes in 200 cells of five types, from four donors
#' ref <- with(blood_sim, em_reference(cells, cell_type = cell_type, subject = donor))
#' ref
#'
#' # The same profiles as a ready signature, with what is known of the size of cells
#' em_reference(ref$profiles, cell_size = blood_sim$cell_size)
#'
#' # Shares of RNA in place of cells
#' em_reference(ref, scale = "rna")
em_reference <- function(x, ...) {
  UseMethod("em_reference")
}

#' @rdname em_reference
#' @order 2
#' @export
em_reference.default <- function(x, cell_type = NULL, subject = NULL, scale = "auto",
                                 cell_size = NULL, variance = NULL, replicates = 20L, ...) {
  check_no_dots()
  make_reference(x, cell_type, subject, scale, cell_size, variance, replicates)
}

#' @rdname em_reference
#' @order 2
#' @export
em_reference.SummarizedExperiment <- function(x, cell_type = NULL, subject = NULL,
                                              scale = "auto", cell_size = NULL,
                                              variance = NULL, replicates = 20L,
                                              assay = NULL, ...) {
  check_no_dots()
  if (is.null(cell_type) && inherits(x, "SingleCellExperiment")) {
    abort_argument(c(
      "{.arg cell_type} is missing: which column of {.code colData(x)} holds the types?",
      x = "There {cli::qty(ncol(SummarizedExperiment::colData(x)))}{?is/are}
           {.val {names(SummarizedExperiment::colData(x))}}."
    ), argument = "cell_type")
  }
  cell_type <- column_of(x, cell_type, "cell_type")
  subject <- column_of(x, subject, "subject")
  make_reference(x, cell_type, subject, scale, cell_size, variance, replicates, assay)
}

#' @rdname em_reference
#' @order 2
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
                           cell_size = NULL, variance = NULL, replicates = 20L, assay = NULL,
                           call = rlang::caller_env()) {
  check_count(replicates, lower = 0L, call = call)
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
    made <- reference_of_cells(table, cell_type, subject, replicates, call)
  }
  new_reference(made, scale, cell_size, call)
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
      column_look = made$column_look, log_scale = made$log_scale, replicates = made$replicates
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
  reference["replicates"] <- list(replicate_genes(reference$replicates, index))
  reference
}
