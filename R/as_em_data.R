# The one place where input is converted.
#
# A fit of a small data frame takes about a millisecond, and a large one may fill
# the memory: so nothing here looks at the cells of an untransformed column, and
# none is copied. Infinite and NaN cells, constant and wholly missing columns are
# found by the C++ core in its own pass; data_errors.R words what it finds.

# Data for the C++ core, a list of class "em_data":
# * `columns`: list of p numeric vectors, double or integer, named by term; or, for
#   a numeric matrix without transforms, that matrix;
# * `terms`: their names on the modelled scale, such as "log(bili)";
# * `variables`: their names in the data, such as "bili";
# * `transform`: named character vector, variable -> name in `data_transforms`, for
#   those transformed only;
# * `n`, `p`; `weights`: NULL or n doubles;
# * `row_names`: character or integer as in the data, NULL if automatic;
# * `kind`: "data.frame" or "matrix";
# * `source`: the object of the user; `template`: its variables without any row;
# * `log_jacobian`: (weighted) sum of log|dT(y)/dy| over observed cells.
as_em_data <- function(x, columns = NULL, transform = NULL, weights = NULL,
                       call = rlang::caller_env()) {
  kind <- data_kind(x, call)
  n <- if (kind == "matrix") nrow(x) else .row_names_info(x, 2L)
  available <- column_names(x)
  index <- select_columns(available, columns, call)
  check_not_empty(n, length(index), call)
  variables <- available[index]
  transform <- check_transform(transform, variables, call)
  data <- list(
    columns = read_columns(x, index, variables, kind, length(transform) > 0, n, call),
    terms = variables,
    variables = variables,
    transform = transform,
    n = n,
    p = length(variables),
    weights = check_weights(weights, n, call),
    row_names = given_row_names(x, kind),
    kind = kind,
    source = x,
    template = no_rows(x, index, kind),
    log_jacobian = 0
  )
  class(data) <- "em_data"
  if (length(transform) > 0) transform_columns(data, call) else data
}

data_kind <- function(x, call) {
  if (is.data.frame(x)) {
    return("data.frame")
  }
  if (is.matrix(x) && is_numeric_or_empty(x) && has_class_among(x, matrix_classes)) {
    return("matrix")
  }
  abort_data(c(
    "The data must be a data frame or a numeric matrix, not {.obj_type_friendly {x}}.",
    i = if (is.list(x)) "{.fn as.data.frame} may turn it into a data frame.",
    i = if (isS4(x)) "{.fn as.matrix} may turn it into a matrix."
  ), call = call)
}

# Names of all columns; those of a matrix without any are V1, V2, ...
column_names <- function(x) {
  if (is.data.frame(x)) {
    return(names(x))
  }
  given <- colnames(x)
  if (is.null(given)) sprintf("V%d", seq_len(ncol(x))) else given
}

# A column of the user's table by its name.
source_column <- function(source, name) {
  if (is.matrix(source)) source[, match(name, column_names(source))] else source[[name]]
}

# Rows x variables on the modelled scale.
modelled_matrix <- function(data) {
  columns <- data$columns
  y <- if (is.matrix(columns)) columns else do.call(cbind, columns)
  storage.mode(y) <- "double"
  unname(y)
}

# Cells (`row`, `variable`) as numbers, to match them by.
cell_number <- function(cells, p) (cells$row - 1) * p + cells$variable

# Where the columns asked for are; all columns for NULL.
select_columns <- function(available, columns, call) {
  if (is.null(columns)) {
    check_names(available, call)
    return(seq_along(available))
  }
  if (!is.character(columns) || anyNA(columns) || anyDuplicated(columns)) {
    abort_argument("{.arg columns} must be names of columns, each of them once.", call = call)
  }
  unknown <- setdiff(columns, available)
  if (length(unknown) > 0) {
    abort_data(
      "The data have no {cli::qty(unknown)}column{?s} {.field {unknown}}.",
      column = unknown, call = call
    )
  }
  check_names(available[available %in% columns], call)
  match(columns, available)
}

check_names <- function(names, call) {
  nameless <- which(is.na(names) | names == "")
  if (length(nameless) > 0) {
    abort_data(c(
      "Every column must have a name.",
      x = "Without one: {cli::qty(length(nameless))}column{?s} {nameless}."
    ), call = call)
  }
  if (anyDuplicated(names)) {
    twice <- unique(names[duplicated(names)])
    abort_data(c(
      "Column names must differ.",
      x = "More than once: {.field {twice}}."
    ), column = twice, call = call)
  }
}

check_not_empty <- function(n, p, call) {
  if (n == 0 || p == 0) {
    abort_data("The data have no {if (p == 0) 'columns' else 'rows'}.", call = call)
  }
}

# The transforms asked for, in the order of the variables.
check_transform <- function(transform, variables, call) {
  if (length(transform) == 0) {
    return(stats::setNames(character(), character()))
  }
  if (!is.character(transform) || is.null(names(transform)) || anyDuplicated(names(transform))) {
    abort_argument(c(
      "{.arg transform} must be a named character vector, each name once.",
      i = "Such as {.code transform = c(bili = \"log\")}."
    ), call = call)
  }
  strangers <- setdiff(names(transform), variables)
  if (length(strangers) > 0) {
    abort_argument("{.arg transform} names {.val {strangers}}: no modelled variable.", call = call)
  }
  unknown <- setdiff(transform, names(data_transforms))
  if (length(unknown) > 0) {
    abort_argument(c(
      "{.arg transform} must be made of {.or {.val {names(data_transforms)}}}.",
      x = "Unknown: {.val {unknown}}."
    ), call = call)
  }
  named <- intersect(variables, names(transform))
  stats::setNames(as.character(transform)[match(named, names(transform))], named)
}

# NULL, or one finite non-negative double for each row, not all of them zero.
check_weights <- function(weights, n, call) {
  if (is.null(weights)) {
    return(NULL)
  }
  if (!is.numeric(weights) || !has_class_among(weights, plain_classes)) {
    abort_data("{.arg weights} must be numbers, not {.obj_type_friendly {weights}}.", call = call)
  }
  if (length(weights) != n) {
    abort_data(
      "{.arg weights} must be one number for each of {n} row{?s}: there are {length(weights)}.",
      call = call
    )
  }
  weights <- as.double(weights)
  bad <- which(!is.finite(weights) | weights < 0)[1]
  if (!is.na(bad)) {
    abort_data(c(
      "{.arg weights} must be finite and not negative.",
      x = "The weight of row {bad} is {weights[bad]}."
    ), row = bad, call = call)
  }
  if (max(weights) == 0) {
    abort_data("{.arg weights} must not all be zero.", call = call)
  }
  if (!is.finite(sum(weights))) {
    abort_data("The sum of {.arg weights} must be finite.", call = call)
  }
  weights
}

# The columns as they lie in memory. A matrix stays whole unless single columns
# are to be transformed.
read_columns <- function(x, index, variables, kind, split, n, call) {
  if (kind == "data.frame") {
    columns <- .subset(x, index)
    return(check_columns(columns, variables, n, call))
  }
  if (is.logical(x)) storage.mode(x) <- "double"
  if (split) {
    return(stats::setNames(lapply(index, function(j) as.vector(x[, j])), variables))
  }
  if (length(index) == ncol(x) && !is.unsorted(index)) x else x[, index, drop = FALSE]
}

# Classes that leave numbers what they are. Not haven's user-defined missing
# values ("haven_labelled_spss"): they would pass for measurements.
plain_classes <- c(
  "AsIs", "labelled", "haven_labelled", "vctrs_vctr", "numeric", "double", "integer"
)
matrix_classes <- c("AsIs", "matrix", "array", "ts", "mts")

has_class_among <- function(x, classes) {
  !is.object(x) || (!isS4(x) && all(oldClass(x) %in% classes))
}

# NA alone is logical: such a column is wholly missing, whatever it was to hold.
is_numeric_or_empty <- function(x) {
  is.double(x) || is.integer(x) || (is.logical(x) && all(is.na(x)))
}

is_measured <- function(column) {
  is_numeric_or_empty(column) && length(dim(column)) < 2 && has_class_among(column, plain_classes)
}

check_columns <- function(columns, variables, n, call) {
  refused <- !vapply(columns, is_measured, logical(1))
  if (any(refused)) {
    abort_refused_columns(columns[refused], variables[refused], call)
  }
  # Only a data frame that was put together by hand can be ragged; the core would
  # read beyond the end of the column.
  ragged <- lengths(columns) != n
  if (any(ragged)) {
    wrong <- variables[ragged]
    abort_data(
      "Not of length {n}, as the rows: {cli::qty(wrong)}column{?s} {.field {wrong}}.",
      call = call
    )
  }
  empty <- vapply(columns, is.logical, logical(1))
  if (any(empty)) columns[empty] <- list(rep(NA_real_, n))
  columns
}

given_row_names <- function(x, kind) {
  if (kind == "matrix") {
    return(rownames(x))
  }
  if (.row_names_info(x) > 0) attr(x, "row.names")
}

# The variables with no row, to give later results the class and the types of the
# data. Built by hand: tibble's own `[` costs more than a small fit, and classes
# beyond these (groups, keys) do not survive the loss of rows and columns.
no_rows <- function(x, index, kind) {
  if (kind == "matrix") {
    return(x[0L, index, drop = FALSE])
  }
  template <- lapply(.subset(x, index), `[`, 0L)
  kept <- intersect(class(x), c("data.table", "tbl_df", "tbl", "data.frame"))
  structure(template, row.names = integer(), class = kept)
}

transform_columns <- function(data, call) {
  for (variable in names(data$transform)) {
    j <- match(variable, data$variables)
    transform <- data$transform[[variable]]
    y <- data$columns[[j]]
    outside <- transform_first_outside(y, transform)
    if (!is.na(outside)) {
      abort_outside(data, outside, j, call)
    }
    slopes <- transform_log_slope(y, transform)
    if (!is.null(data$weights)) slopes <- slopes * data$weights
    data$log_jacobian <- data$log_jacobian + sum(slopes, na.rm = TRUE)
    data$columns[[j]] <- transform_forward(y, transform)
    data$terms[j] <- sprintf("%s(%s)", transform, variable)
  }
  check_names(data$terms, call)
  names(data$columns) <- data$terms
  data
}
