d <- data.frame(bili = 1, chol = 2, age = 3, `a b` = 4, check.names = FALSE)

test_that("columns, transforms, backticks and the dot", {
  expect_identical(
    em_formula_terms(~ log(bili) + chol + age, d),
    list(variables = c("bili", "chol", "age"), transform = c(bili = "log"))
  )
  expect_identical(em_formula_terms(~ `a b` + sqrt(`bili`), d), list(
    variables = c("a b", "bili"), transform = c(bili = "sqrt")
  ))
  expect_identical(em_formula_terms(~., d)$variables, names(d))
  expect_identical(em_formula_terms(~., d)$transform, stats::setNames(character(), character()))
  expect_identical(em_formula_terms(~ chol + (age + log1p(bili)), d)$variables,
    c("chol", "age", "bili"))
})

test_that("the dot stands for what is not named elsewhere", {
  terms <- em_formula_terms(~ . + log(chol), d)
  expect_identical(terms$variables, c("bili", "age", "a b", "chol"))
  expect_identical(terms$transform, c(chol = "log"))
  expect_identical(em_formula_terms(~ age + ., d)$variables, c("age", "bili", "chol", "a b"))
})

test_that("the columns of a matrix serve as well", {
  expect_identical(em_formula_terms(~., matrix(0, 2, 2))$variables, c("V1", "V2"))
})

test_that("a column that looks like a transform is taken by its backticks", {
  terms <- em_formula_terms(~ `log(bili)` + log(`log(bili)x`), d)
  expect_identical(terms$variables, c("log(bili)", "log(bili)x"))
  expect_identical(terms$transform, c("log(bili)x" = "log"))
})

test_that("every other term is refused, and named", {
  for (formula in list(
    ~ chol:age, ~ chol * age, ~ chol - age, ~1, ~ chol + 0, ~ I(chol), ~ exp(chol),
    ~ log(chol + 1), ~ log(chol, 2), ~ log(), ~ base::log(chol), ~"chol", ~ log("chol"), ~ log(.),
    ~ log(sqrt(chol)), ~ poly(age, 2), ~ age^2, ~ -age, ~ d$age
  )) {
    expect_error(em_formula_terms(formula, d), "neither", class = "missmix_error_argument")
  }
  expect_error(em_formula_terms(~ log2(chol), d), "log2(chol)", fixed = TRUE)
})

test_that("two-sided formulas, repeated variables and other objects are refused", {
  expect_error(em_formula_terms(bili ~ chol, d), "one side", class = "missmix_error_argument")
  expect_error(em_formula_terms("~ chol", d), class = "missmix_error_argument")
  expect_error(em_formula_terms(~., NULL), class = "missmix_error_data")
  expect_error(em_formula_terms(~ . + ., d), class = "missmix_error_argument")
  expect_error(em_formula_terms(~ chol + log(chol), d), "chol", class = "missmix_error_argument")
})
