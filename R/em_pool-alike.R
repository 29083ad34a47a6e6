# Are analyses to be pooled of one kind? Coefficients of the same names do not show it.

check_alike <- function(fits, call) {
  differ <- function(words, what) {
    other <- match(TRUE, words != words[1])
    if (!is.na(other)) {
      abort_model(c(
        "Analyses 1 and {other} have different {what}: they cannot be pooled.",
        x = "{words[1]}; {words[other]}."
      ), analysis = other, call = call)
    }
  }
  differ(vapply(fits, function(fit) class(fit)[1], character(1)), "classes")
  differ(vapply(fits, response_words, character(1)), "responses")
  differ(vapply(fits, function(fit) {
    c(family_and_link(fit), "no family")[1]
  }, character(1)), "families")
}

# The left side of a fit's formula; "" where it has none.
response_words <- function(fit) {
  formula <- formula_of(fit)
  if (length(formula) == 3) expression_text(formula[[2]]) else ""
}

formula_of <- function(fit) tryCatch(stats::formula(fit), error = function(cnd) NULL)

# Analyses that name imputed variables and yet are all the same were made of the incomplete data.
warn_all_the_same <- function(analyses, imputed, call) {
  coefficients <- lapply(analyses, function(fit) {
    tryCatch(stats::coef(fit), error = function(cnd) NULL)
  })
  if (length(analyses) < 2 || !is.numeric(coefficients[[1]]) || !length(coefficients[[1]])) {
    return(invisible())
  }
  named <- intersect(all.vars(formula_of(analyses[[1]])), imputed)
  if (length(named) > 0 && all(duplicated(coefficients)[-1])) {
    warn_boundary(c(
      "All analyses are the same, although they name {.field {named}}, of which cells were
       imputed.",
      x = "They look like analyses of the incomplete data.",
      i = "Write the formula in the call, without {.arg data}: {.code with(imp, lm(y ~ x))}. One
           made before finds its variables where it was made."
    ), column = named, call = call)
  }
}
