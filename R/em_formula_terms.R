# Variables and transforms of a formula such as `~ log(bili) + chol + age`.
#
# Each term is a column, or one of the transforms around a column; `.` stands for
# every column that is not named elsewhere in the formula. Returns a list:
# `variables`, the names of columns in the order of the formula, and `transform`,
# named as in as_em_data().
em_formula_terms <- function(formula, data, call = rlang::caller_env()) {
  if (!rlang::is_formula(formula, lhs = FALSE)) {
    abort_argument(c(
      "The formula must have one side: {.code ~ log(bili) + chol}.",
      i = "All variables are modelled together: none is the response."
    ), call = call)
  }
  terms <- lapply(split_sum(formula[[2]]), read_term, call = call)
  variables <- vapply(terms, `[[`, character(1), "variable")
  transform <- vapply(terms, `[[`, character(1), "transform")
  if (anyDuplicated(variables)) {
    twice <- unique(variables[duplicated(variables)])
    abort_argument("The formula names {.field {twice}} more than once.", call = call)
  }
  chosen <- transform != ""
  list(
    variables = expand_dot(variables, data, call),
    transform = stats::setNames(transform[chosen], variables[chosen])
  )
}

# a + b + (c) as list(a, b, c).
split_sum <- function(expression) {
  if (rlang::is_call(expression, "+") || rlang::is_call(expression, "(", n = 1)) {
    return(unlist(lapply(as.list(expression)[-1], split_sum)))
  }
  list(expression)
}

read_term <- function(term, call) {
  if (is.symbol(term)) {
    return(list(variable = as.character(term), transform = ""))
  }
  around_column <- rlang::is_call(term, names(data_transforms), n = 1, ns = "") &&
    is.symbol(term[[2]]) && !identical(term[[2]], quote(.))
  if (!around_column) {
    abort_argument(c(
      "Every term must be a column, or a transform around a column.",
      x = "{.code {rlang::as_label(term)}} is neither.",
      i = "The transforms are {.val {names(data_transforms)}}."
    ), call = call)
  }
  list(variable = as.character(term[[2]]), transform = as.character(term[[1]]))
}

expand_dot <- function(variables, data, call) {
  at <- match(".", variables)
  if (is.na(at)) {
    return(variables)
  }
  data_kind(data, call)
  others <- setdiff(column_names(data), variables)
  append(variables[-at], others, after = at - 1)
}
