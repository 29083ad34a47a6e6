# Genes of bulk and reference brought together by name.

# list of
# * `rows`: integer, row of `values` for each gene used; `index`: its row of the reference;
#   `genes`: its name there;
# * `values`: the bulk as it is, or, where genes of the reference are in it more than once, a copy
#   of the genes used with these summed;
# * `shares`: `reference`, share of its genes that are in the bulk; `bulk`, share of the bulk's
#   expression that the genes used hold;
# * `left_out`: names of the shared genes that no type expresses.
match_genes <- function(bulk, reference, call = rlang::caller_env()) {
  wanted <- rownames(reference$profiles)
  names <- common_names(bulk$genes, wanted, call)
  matched <- names$wanted %in% names$bulk
  check_overlap(names, matched, bulk$genes, wanted, ncol(reference$profiles), call)
  expressed <- unname(rowSums(reference$profiles) > 0)
  index <- which(matched & expressed)
  silent <- which(matched & !expressed)
  if (length(index) == 0) {
    abort_data("No gene that bulk and reference share is expressed by any type.", call = call)
  }
  held <- row_sums(bulk$values)
  share <- function(which) {
    sum(held[names$bulk %in% names$wanted[which]]) / max(sum(held), .Machine$double.xmin)
  }
  if (mean(matched) < 0.5) inform_few(sum(matched), length(wanted))
  if (length(silent) > 0) inform_silent(wanted[silent], share(silent))
  found <- rows_of(bulk, names$bulk, names$wanted[index], call)
  list(
    rows = found$rows, index = index, genes = wanted[index], values = found$values,
    shares = list(reference = mean(matched), bulk = share(index)), left_out = wanted[silent]
  )
}

# Both sides as they are, or without the versions of Ensembl where more match so.
common_names <- function(bulk, wanted, call) {
  stripped <- list(bulk = strip_versions(bulk), wanted = strip_versions(wanted))
  more <- sum(stripped$wanted %in% stripped$bulk) - sum(wanted %in% bulk)
  if (more <= 0) {
    return(list(bulk = bulk, wanted = wanted))
  }
  twice <- unique(stripped$wanted[duplicated(stripped$wanted)])
  if (length(twice) > 0) {
    abort_data(c(
      "Genes of the reference must have different names without their Ensembl versions, which
       the bulk does not share.",
      x = "More than once: {some_names(twice)}."
    ), gene = twice, call = call)
  }
  versioned <- setdiff(c(wanted, bulk), c(stripped$wanted, stripped$bulk))[1]
  cli::cli_inform(c(
    i = "{count_text(more)} more {plural(more, 'gene matches', 'genes match')} without the Ensembl
         version, as in {.val {versioned}}."
  ), class = c("missmix_message_versions", "missmix_message"))
  stripped
}

# Tables that share hardly a gene were named in different ways, and the few are accidents. Of the
# shorter of the two: a panel of genes may be taken apart by a genome-wide reference.
least_share <- 0.2

# One gene more than types, unless the tables are smaller than that.
check_overlap <- function(names, matched, bulk, wanted, n_types, call) {
  shorter <- min(length(wanted), length(unique(bulk)))
  least <- max(min(n_types + 1L, shorter), ceiling(least_share * shorter))
  if (sum(matched) >= least) {
    return(invisible())
  }
  in_upper <- sum(toupper(names$wanted) %in% toupper(names$bulk))
  abort_data(c(
    "Bulk and reference share too few genes: {count_text(sum(matched))} of the
     {count_text(length(wanted))} of the reference; at least {count_text(least)} are needed.",
    x = "The bulk has {.val {utils::head(bulk, 3L)}}, the reference {.val {utils::head(wanted,
         3L)}}.",
    i = if (in_upper > sum(matched)) {
      "In upper case {count_text(in_upper)} would match: {.fn toupper} on both, if this is one
       species."
    }
  ), shared = sum(matched), call = call)
}

# Rows of the bulk for the genes used. Only names of the reference that are in the bulk more than
# once cost a copy.
rows_of <- function(bulk, names, used, call) {
  keep <- names %in% used
  if (!anyDuplicated(names[keep])) {
    return(list(rows = match(used, names), values = bulk$values))
  }
  if (bulk$log_scale || bulk$shares) {
    twice <- unique(names[keep][duplicated(names[keep])])
    abort_data(c(
      "Genes of the bulk must be there once: {if (bulk$shares) 'shares' else 'logarithms'} cannot
       be summed.",
      x = "More than once: {some_names(twice)}."
    ), gene = twice, call = call)
  }
  found <- sum_duplicates(bulk$values[keep, , drop = FALSE], names[keep])
  inform_duplicates(found, "bulk")
  list(rows = match(used, found$genes), values = found$values)
}

inform_silent <- function(genes, share) {
  n <- length(genes)
  cli::cli_inform(c(
    i = "{count_text(n)} {plural(n, 'gene')} that no type of the reference expresses {plural(n,
         'was', 'were')} left out, with {percent_text(share)} of the bulk: {some_names(genes)}."
  ), class = c("missmix_message_silent", "missmix_message"))
}

inform_few <- function(found, of) {
  cli::cli_inform(c(
    "!" = "Only {found} of {of} gene{?s} of the reference {?is/are} in the bulk."
  ), class = c("missmix_message_overlap", "missmix_message"))
}
