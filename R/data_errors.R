# What is wrong with the data, in words that name the row and the column. Rows and
# columns are counted from one; columns as in `data$terms`.

# Columns that are no numbers, all of them in one message.
abort_refused_columns <- function(columns, variables, call) {
  refused <- sprintf("%s (%s)", variables, vapply(columns, column_type, character(1)))
  abort_data(c(
    "Every column must be numeric.",
    x = "{cli::qty(refused)}{?This one is/These are} not: {refused}.",
    i = "Leave {cli::qty(refused)}{?it/them} out, or turn into numbers what measures something."
  ), column = variables, call = call)
}

column_type <- function(column) {
  width <- ncol(column)
  if (is.data.frame(column)) {
    return("a data frame in itself")
  }
  if (!is.null(width)) {
    return(sprintf("a matrix of %d %s", width, plural(width, "column")))
  }
  if (is.object(column)) paste(class(column), collapse = "/") else typeof(column)
}

# A cell is NaN or infinite.
abort_bad_cells <- function(data, row, column, call = rlang::caller_env()) {
  value <- cell_value(data, row, column)
  abort_data(c(
    "Cells must be finite numbers or {.val {NA}}.",
    x = "{cell_place(data, row, column)} is {value}.",
    i = if (is.nan(value)) "{.code NaN} is no missing value: set to {.val {NA}} what is missing."
  ), row = row, column = data$variables[[column]], call = call)
}

# A row so far from a fit that its distance cannot be computed.
abort_out_of_reach <- function(data, row, column, call = rlang::caller_env()) {
  value <- cell_value(data, row, column)
  abort_data(c(
    "Cells must not be so far out that squared distances overflow.",
    x = "{cell_place(data, row, column)} is {format(value, digits = 3)}."
  ), row = row, column = data$variables[[column]], call = call)
}

# A value has no image on the modelled scale.
abort_outside <- function(data, row, column, call) {
  variable <- data$variables[[column]]
  transform <- data$transform[[variable]]
  value <- cell_value(data, row, column)
  abort_data(c(
    "{.code {transform}({variable})} needs values {data_transforms[[transform]]$domain}.",
    x = "{cell_place(data, row, column)} is {value}.",
    i = outside_remedy(value, transform)
  ), row = row, column = variable, call = call)
}

outside_remedy <- function(value, transform) {
  helps <- switch(transform,
    log = ,
    sqrt = value == 0,
    logit = value >= 0 && value <= 100,
    FALSE
  )
  if (helps) remedies[[transform]]
}

remedies <- c(
  log = "{.val log1p} keeps zeros.",
  sqrt = paste(
    "At zero the log-likelihood under {.val sqrt} is infinite on the scale of the data.",
    "{.val log1p} keeps zeros; so does a column of square roots that you add yourself."
  ),
  logit = "A percentage must be divided by 100; 0 and 1 have no logit."
)

# Columns (their numbers) without any observed cell, or with a single value.
abort_uninformative <- function(data, empty = integer(), constant = integer(),
                                call = rlang::caller_env()) {
  abort_data(c(
    "Every column must hold at least two different values.",
    x = if (length(empty) > 0) "Wholly missing: {.field {data$variables[empty]}}.",
    x = if (length(constant) > 0) "Constant where observed: {.field {data$variables[constant]}}.",
    i = if (!is.null(data$weights)) "Rows of weight zero do not count.",
    i = "Leave out what says nothing about the other columns."
  ), column = data$variables[sort(c(empty, constant))], call = call)
}

# Columns (their numbers) whose scale has no fourth power in double precision.
abort_scale <- function(data, columns, scales, call) {
  names <- data$terms[columns]
  about <- paste0(names, " (about ", format(scales, digits = 1, trim = TRUE), ")")
  abort_data(c(
    "The standard deviation of every column must lie between 1e-75 and 1e75.",
    x = "{cli::qty(names)}{?This one does/These do} not: {about}.",
    i = "Measure {cli::qty(names)}{?it/them} in another unit."
  ), column = data$variables[columns], call = call)
}

# "Row 3 ("ann") of `bili`"
cell_place <- function(data, row, column) {
  name <- data$row_names[row]
  named <- if (!is.null(name)) sprintf(" (\"%s\")", name)
  paste0("Row ", row, named, " of `", data$variables[[column]], "`")
}

# Under a transform both scales agree on what is NaN or infinite, and a value
# outside the domain is still on the user's.
cell_value <- function(data, row, column) {
  columns <- data$columns
  if (is.matrix(columns)) columns[[row, column]] else columns[[column]][[row]]
}
