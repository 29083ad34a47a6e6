#' Analyse each completed data set
#'
#' Evaluates an expression, usually a call that fits a model, in every completed data set of
#' [em_impute()]. [em_pool()] makes one answer of the results.
#'
#' @details Names in `expr` are looked for in the columns of the completed data set first, all
#'   columns of the user's data among them, and then where `with()` was called from. A `data`
#'   argument is therefore not needed: `with(imp, lm(albumin ~ age))`. With one, or with a formula
#'   made before, the analysis is of other data, as a rule the incomplete ones: a formula looks
#'   where it was made. A warning says so where all results are the same. Results may be anything;
#'   they can be pooled if [em_coefficients()] knows them, as it does whatever has `coef()` and
#'   `vcov()`.
#'
#' @param data Imputations, as returned by [em_impute()].
#' @param expr The expression.
#' @param x Analyses, as returned by `with()`.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `em_analyses`:
#' * `analyses`: list of the `m` results, in the order of the imputations;
#' * `m`: number of imputations;
#' * `expr`: the expression; `call`: the call of `with()`;
#' * `nmis`: named integer vector, how many cells of each variable were imputed.
#'
#' @section Errors and warnings: `missmix_warning_boundary`: all analyses are the same, although
#'   their formula names imputed variables. `missmix_error_argument`: there is no expression.
#'   `missmix_error_model`: the expression failed in a data set. The message names the imputation,
#'   the condition's field `imputation` has its number, and `parent` is the error itself.
#'
#' @name em_analyses
#' @seealso [em_pool()], [em_test()].
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol", "albumin", "age")], transform = c(bili = "log"))
#' imp <- em_impute(fit, m = 5, seed = 1)
#' fits <- with(imp, lm(albumin ~ log(bili) + age))
#' em_pool(fits)
NULL

#' @rdname em_analyses
#' @export
with.em_imputations <- function(data, expr, ...) {
  check_no_dots()
  check_given("expr")
  expr <- substitute(expr)
  analyses <- analyse_each(data, expr, parent.frame(), rlang::current_env())
  warn_all_the_same(analyses, data$variables[imputed_variables(data)], rlang::current_env())
  structure(
    list(
      analyses = analyses,
      m = data$m,
      expr = expr,
      call = match.call(),
      nmis = stats::setNames(
        tabulate(data$cells$variable, length(data$variables)), data$variables
      )
    ),
    class = "em_analyses"
  )
}

# The results of an expression in each completed data set, `around` it what else it may name.
analyse_each <- function(imp, expr, around, call) {
  drawn <- drawn_columns(imp)
  lapply(seq_len(imp$m), function(i) {
    completed <- as.data.frame(complete_once(imp, i, drawn))
    rlang::try_fetch(
      eval(expr, completed, around),
      error = function(cnd) {
        abort_model("The analysis of imputation {i} failed.", imputation = i, parent = cnd,
          call = call)
      }
    )
  })
}

#' @rdname em_analyses
#' @export
print.em_analyses <- function(x, ...) {
  check_no_dots()
  cli::cat_line(
    cli::style_bold("Analyses"), " of ", x$m, " completed data ", plural(x$m, "set"), ": ",
    expression_text(x$expr)
  )
  cli::cat_line()
  say("Each result is of class ", and_list(class(x$analyses[[1]])), ".")
  say("More: em_pool(fits), x$analyses[[1]].")
  invisible(x)
}

# An expression on one line, cut where it is long.
expression_text <- function(expr) {
  if (is.null(expr)) {
    return("")
  }
  text <- paste(trimws(deparse(expr, width.cutoff = 500L)), collapse = " ")
  if (nchar(text) > 70) paste0(substr(text, 1, 67), "...") else text
}
