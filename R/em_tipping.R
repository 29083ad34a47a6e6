#' How far from missing at random does the conclusion hold?
#'
#' A tipping-point analysis: imputed values are shifted by more and more, each time the completed
#' data are analysed and pooled again, and the result says at which shift the conclusion would be
#' another.
#'
#' @details
#' No data can tell whether cells are missing at random. What can be told is how wrong
#' that would have to be to matter. `delta` is added to the imputed cells of `variables`, in the
#' rows of `rows` only, on the scale of the data; observed cells stay. `rows = arm == "active"`,
#' say, lets those who left the active arm do worse than those who stayed, and nobody else. Then
#' somebody who knows the field judges whether a shift as large as the tipping point is
#' plausible.
#'
#' The imputations are those of `imp`, shifted: nothing is drawn again, so that two shifts differ
#' by the shift alone. The shift is marginal: cells imputed by a shifted one do not move with it. So
#' with several visits, name all that are to move.
#'
#' A tipping point is where an end of the interval meets `null`, by linear interpolation
#' between the two shifts on either side of it; for linear models without transforms that is nearly
#' exact. There may be one in each direction, and two where the interval passes from one side of
#' `null` to the other.
#'
#' @param imp Imputations, as returned by [em_impute()] without a `delta`.
#' @param expr The analysis, an expression evaluated in each completed data set as by
#'   [with()][em_analyses].
#' @param variables Names of imputed variables to shift.
#' @param delta Numeric vector of shifts, on the scale of the data. Zero, where it does not have
#'   it, is added: it is the analysis under missing at random.
#' @param term Name of the coefficient that the conclusion is about, as in `tidy(em_pool())`.
#' @param rows Rows of which imputed cells are shifted: an expression that is evaluated in the data,
#'   as in `subset()`, and gives a logical vector. `NULL`: all rows.
#' @param null The value that speaks of no effect.
#' @param level Level of the intervals.
#' @param dfcom As in [em_pool()].
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `em_tipping`:
#' * `table`: data frame, a row for each shift, in increasing order: `delta`, `estimate`,
#'   `std.error`, `df`, `p.value`, `conf.low`, `conf.high`;
#' * `tip`: the shifts at which the conclusion changes, the nearest to zero first; none where it
#'   does not between the smallest and the largest of `delta`;
#' * `cells`: number of cells that are shifted; `variables`, `term`, `null`, `level`, `m`, `expr`,
#'   `rows` (the expression), `call`.
#'
#' `tidy()` returns the table. `plot()` draws estimate and interval against the shift, and returns
#' `x`, invisibly; `autoplot()` returns a ggplot.
#'
#' @section Errors:
#' `missmix_error_argument`: an argument without a default was left out; `imp` was drawn with a
#' `delta`; a variable was not imputed,
#' or has no imputed cell in `rows`; `delta` is not finite; `rows` is not one logical value for each
#' row; there is no such `term`. `missmix_error_model`: the analysis fails or cannot be pooled at
#' some shift, named in the message and the condition's field `delta`; `parent` is the error of
#' [with()][em_analyses] or [em_pool()]. `missmix_warning_boundary`: shifts change how many rows are
#' analysed.
#'
#' @references
#' Carpenter JR, Kenward MG (2013). *Multiple Imputation and its Application*, chapter 10. Wiley.
#' \doi{10.1002/9781119942283}.
#'
#' Yan X, Lee S, Li N (2009). Missing data handling methods in medical device clinical trials.
#' *Journal of Biopharmaceutical Statistics* 19, 1085-1098. \doi{10.1080/10543400903243009}.
#' @seealso [em_impute()], whose `delta` shifts by one amount.
#' @export
#' @examples
#' fit <- em_mvn(airquality[c("Ozone", "Solar.R", "Wind", "Temp")])
#' imp <- em_impute(fit, m = 10, seed = 1)
#' # Had the ozone been higher whenever it was not measured on a windy day:
#' tipping <- em_tipping(imp, lm(Ozone ~ Wind + Temp),
#'   variables = "Ozone", delta = seq(0, 100, by = 20), term = "Wind", rows = Wind > 10
#' )
#' tipping
#' plot(tipping)
em_tipping <- function(imp, expr, variables, delta, term, rows = NULL, null = 0, level = 0.95,
                       dfcom = NULL, ...) {
  check_no_dots()
  check_given(c("imp", "expr", "variables", "delta", "term"))
  check_made_by(imp, "em_imputations", "em_impute()")
  if (!is.null(imp$delta)) {
    abort_argument(c(
      "{.arg imp} was drawn with a {.arg delta}: what a further shift is measured from is not
       missing at random.",
      i = "Impute without it."
    ), argument = "imp")
  }
  must_be(checkmate::test_string(term), term, "the name of one coefficient", "term",
    rlang::current_env())
  check_number(null)
  check_level(level)
  expr <- substitute(expr)
  rows <- substitute(rows)
  around <- parent.frame()
  call <- rlang::current_env()
  delta <- check_shifts(delta, call)
  shifted <- shifted_cells(imp, variables, shifted_rows(imp, rows, around, call), call)
  table <- do.call(rbind, lapply(delta, function(by) {
    moved <- imp
    moved$values[shifted, ] <- moved$values[shifted, ] + by
    pooled <- rlang::try_fetch(
      em_pool(analyse_each(moved, expr, around, call), dfcom = dfcom),
      missmix_error_model = function(cnd) {
        abort_model("The analysis cannot be made at a shift of {by}.", delta = by, parent = cnd,
          call = call)
      }
    )
    cbind(delta = by, tipping_row(pooled, term, null, level, call), nobs = pooled$nobs)
  }))
  table <- told_of_lost_rows(table, call)
  structure(
    list(
      table = table, tip = tipping_points(table, null), cells = sum(shifted),
      variables = variables, term = term, null = null, level = level, m = imp$m, expr = expr,
      rows = rows, call = match.call()
    ),
    class = "em_tipping"
  )
}

check_shifts <- function(delta, call) {
  ok <- is.numeric(delta) && length(delta) > 0 && all(is.finite(delta))
  must_be(ok, delta, "finite numbers", "delta", call)
  sort(unique(c(0, as.double(delta))))
}

# TRUE for the rows whose imputed cells are shifted.
shifted_rows <- function(imp, rows, around, call) {
  if (is.null(rows)) {
    return(rep(TRUE, imp$data$n))
  }
  found <- rlang::try_fetch(
    eval(rows, as.data.frame(imp$data$source), around),
    error = function(cnd) {
      abort_argument("{.arg rows} cannot be evaluated in the data.", parent = cnd, call = call)
    }
  )
  if (!is.logical(found) || length(found) != imp$data$n) {
    abort_argument(c(
      "{.arg rows} must be {.val {TRUE}} or {.val {FALSE}} for each of the {imp$data$n} rows.",
      x = "It is {.obj_type_friendly {found}} of length {length(found)}."
    ), call = call)
  }
  if (anyNA(found)) {
    bad <- which(is.na(found))[1]
    abort_argument(
      "{.arg rows} is {.val {NA}} in row {bad}: use columns that are complete.", row = bad,
      call = call
    )
  }
  found
}

# TRUE for the imputed cells that are shifted.
shifted_cells <- function(imp, variables, in_rows, call) {
  ok <- is.character(variables) && length(variables) > 0 && !anyNA(variables) &&
    !anyDuplicated(variables)
  must_be(ok, variables, "names of imputed variables, each once", "variables", call)
  shifted <- imp$cells$variable %in% match(variables, imp$variables) & in_rows[imp$cells$row]
  without <- setdiff(variables, imp$variables[imp$cells$variable[shifted]])
  if (length(without) > 0) {
    imputed <- imp$variables[imputed_variables(imp)]
    abort_argument(c(
      "There is nothing to shift: {.field {without}} {cli::qty(without)}{?has/have} no imputed
       cell{if (all(in_rows)) '' else ' in these rows'}.",
      i = if (length(imputed) == 0) {
        "No cell was imputed."
      } else {
        "Imputed {cli::qty(imputed)}{?is/are} {.field {imputed}}."
      }
    ), column = without, call = call)
  }
  shifted
}

# Without the number of observations; a warning where shifts change it.
told_of_lost_rows <- function(table, call) {
  whole <- table$nobs[table$delta == 0]
  other <- which(table$nobs != whole)
  if (length(other) > 0) {
    worst <- other[which.min(table$nobs[other])]
    warn_boundary(c(
      "Shifts change which rows are analysed: {table$nobs[worst]} at {table$delta[worst]}, {whole}
       without a shift.",
      x = "Shifted values may lie where a function in the analysis, such as a logarithm, is not
           defined: that part of the table compares different patients."
    ), delta = table$delta[other], call = call)
  }
  table[names(table) != "nobs"]
}

tipping_row <- function(pooled, term, null, level, call) {
  at <- match(term, pooled$table$term)
  if (is.na(at)) {
    abort_argument(c(
      "{.arg term} names no coefficient: {.val {term}}.",
      i = "There are {.val {pooled$table$term}}."
    ), call = call)
  }
  row <- pooled$table[at, c("estimate", "std.error", "df")]
  limits <- confint(pooled, level = level)[at, ]
  data.frame(
    row,
    p.value = 2 * stats::pt(-abs(row$estimate - null) / row$std.error, row$df),
    conf.low = limits[[1]], conf.high = limits[[2]], row.names = NULL
  )
}

# Shifts at which an end of the interval meets the value of no effect, the nearest to zero first.
tipping_points <- function(table, null) {
  meets <- function(end) {
    above <- end - null
    k <- which(above[-1] * above[-length(above)] < 0)
    between <- table$delta[k] + diff(table$delta)[k] * above[k] / (above[k] - above[k + 1])
    c(table$delta[above == 0], between)
  }
  tips <- unique(c(meets(table$conf.low), meets(table$conf.high)))
  tips[order(abs(tips))]
}
