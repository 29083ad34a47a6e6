# Genes of bulk and reference brought together by name.

# list of
# * `rows`: integer, row of `values` for each gene used; `index`: its row of the reference;
#   `genes`: its name there;
# * `values`: the bulk as it is; a reduced copy only where genes of the reference are in it twice;
# * `shares`: share of the reference's genes that are in the bulk, and of the bulk's expression
#   that the genes used hold;
# * `left_out`: names of the genes that no type expresses.
match_genes <- function(bulk, reference, call = rlang::caller_env()) {
  wanted <- rownames(reference$profiles)
  names <- common_names(bulk$genes, wanted, call)
  check_overlap(names, bulk$genes, wanted, ncol(reference$profiles), call)
  expressed <- rowSums(reference$profiles) > 0
  matched <- names$wanted %in% names$bulk
  index <- which(matched & expressed)
  if (length(index) == 0) {
    abort_data("No gene that bulk and reference share is expressed by any type.", call = call)
  }
  left_out <- wanted[matched & !expressed]
  found <- rows_of(bulk, names$bulk, names$wanted[index], call)
  totals <- sum(bulk$totals)
  silent <- held_by(bulk, names$bulk %in% names$wanted[matched & !expressed], totals)
  inform_silent(left_out, silent)
  list(
    rows = found$rows, index = index, genes = wanted[index], values = found$values,
    shares = list(
      reference = mean(matched),
      bulk = held_by(bulk, names$bulk %in% names$wanted[index], totals)
    ),
    left_out = left_out
  )
}

# Both sides as they are, or without the versions of Ensembl where more match so.
common_names <- function(bulk, wanted, call) {
  stripped <- list(bulk = strip_versions(bulk), wanted = strip_versions(wanted))
  as_given <- sum(wanted %in% bulk)
  without <- sum(stripped$wanted %in% stripped$bulk)
  if (without <= as_given) {
    return(list(bulk = bulk, wanted = wanted))
  }
  twice <- unique(stripped$wanted[duplicated(stripped$wanted)])
  if (length(twice) > 0) {
    abort_data(c(
      "Without versions of Ensembl genes of the reference have the same name.",
      x = "More than once: {some_names(twice)}."
    ), gene = twice, call = call)
  }
  cli::cli_inform(c(
    i = "{without - as_given} more gene{?s} match{?es/} without the version{?s} of Ensembl, such as
         {.val {first_version(bulk, wanted)}}."
  ), class = c("missmix_message_versions", "missmix_message"))
  stripped
}

first_version <- function(bulk, wanted) {
  all <- c(wanted, bulk)
  all[strip_versions(all) != all][1]
}

# A fit needs more genes than types, or all there are of a small reference; and of a table that
# shares hardly a gene the few are accidents.
least_share <- 0.2

check_overlap <- function(names, bulk, wanted, n_types, call) {
  shared <- sum(names$wanted %in% names$bulk)
  least <- max(min(n_types + 1L, length(wanted)), ceiling(least_share * length(wanted)))
  if (shared >= least) {
    return(invisible())
  }
  case <- sum(tolower(names$wanted) %in% tolower(names$bulk)) > shared
  abort_data(c(
    "Bulk and reference must share genes: {shared} of {length(wanted)} of the reference
     {?is/are} in the bulk, and {least} are needed.",
    x = "The bulk has {.val {utils::head(bulk, 3L)}}, the reference
         {.val {utils::head(wanted, 3L)}}.",
    i = if (case) "Upper and lower case differ: {.fn toupper} on both sides would match more."
  ), shared = shared, call = call)
}

# Rows of the bulk; genes that are there twice are summed, in a copy of what is used.
rows_of <- function(bulk, names, used, call) {
  again <- unique(names[duplicated(names)])
  twice <- again[again %in% used]
  if (length(twice) == 0) {
    return(list(rows = match(used, names), values = bulk$values))
  }
  if (bulk$log_scale || bulk$shares) {
    abort_data(c(
      "Genes of the bulk are there more than once, and {if (bulk$shares) 'shares' else
       'logarithms'} cannot be summed.",
      x = "More than once: {some_names(twice)}."
    ), gene = twice, call = call)
  }
  keep <- names %in% used
  found <- sum_duplicates(bulk$values[keep, , drop = FALSE], names[keep])
  inform_duplicates(found, "bulk")
  list(rows = match(used, found$genes), values = found$values)
}

# Share of the expression in the whole bulk that some genes hold.
held_by <- function(bulk, which, total) {
  if (!any(which) || total == 0) {
    return(0)
  }
  sum(row_sums(bulk$values)[which]) / total
}

inform_silent <- function(left_out, share) {
  n <- length(left_out)
  if (n > 0) {
    cli::cli_inform(c(
      i = "{n} gene{?s} with {percent_text(share)} of the bulk's expression {?is/are} expressed by
           no type of the reference, and left out."
    ), class = c("missmix_message_silent", "missmix_message"))
  }
}
