# Labels of cells: which type, and which subject they are from.

# Columns of a SummarizedExperiment may be named; anything else is taken as the labels.
column_of <- function(x, name, arg, call = rlang::caller_env()) {
  if (!is.character(name) || length(name) != 1 || ncol(x) == 1) {
    return(name)
  }
  columns <- SummarizedExperiment::colData(x)
  if (!name %in% names(columns)) {
    abort_argument(c(
      "{.arg {arg}} must name a column of {.code colData(x)}.",
      x = "It is {.val {name}}; there {cli::qty(names(columns))}{?is/are} {.val {names(columns)}}."
    ), argument = arg, call = call)
  }
  columns[[name]]
}

# list(type, subject, kept): factors of the cells kept, and which these are.
cell_labels <- function(cell_type, subject, n, call) {
  type <- read_labels(cell_type, n, "cell_type", call)
  subject <- if (!is.null(subject)) read_labels(subject, n, "subject", call)
  missing <- is.na(type)
  if (all(missing)) {
    abort_data("No cell has a type: {.arg cell_type} is missing throughout.", call = call)
  }
  if (any(missing)) {
    cli::cli_inform(c(
      i = "{count_text(sum(missing))} of {count_text(n)} cells without a type {plural(sum(missing),
           'was', 'were')} left out."
    ), class = c("missmix_message_cells", "missmix_message"))
  }
  lost <- !missing & is.na(subject[seq_len(n)])
  if (!is.null(subject) && any(lost)) {
    abort_data(c(
      "Every cell with a type must have a subject.",
      x = "Without: {plural(sum(lost), 'cell')} {some_names(which(lost))}."
    ), column = which(lost), call = call)
  }
  kept <- which(!missing)
  list(
    type = droplevels(type[kept]), kept = kept,
    subject = if (!is.null(subject)) droplevels(subject[kept])
  )
}

# A factor; levels keep their order, other labels are sorted alike in every locale.
read_labels <- function(labels, n, arg, call) {
  known <- is.factor(labels) || is.character(labels) || is.numeric(labels) || is.logical(labels)
  if (!known) {
    abort_argument(
      "{.arg {arg}} must be labels, one for each cell, not {.obj_type_friendly {labels}}.",
      argument = arg, call = call
    )
  }
  if (length(labels) != n) {
    abort_argument(
      "{.arg {arg}} must be one label for each of {n} cell{?s}: there are {length(labels)}.",
      argument = arg, call = call
    )
  }
  if (is.character(labels)) labels[labels %in% ""] <- NA
  if (is.factor(labels)) {
    return(labels)
  }
  factor(labels, levels = sort(unique(labels), method = "radix"))
}
