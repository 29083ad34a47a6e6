#' Test nested models on multiply imputed data
#'
#' Tests several coefficients at once from analyses of multiply imputed data: by their pooled
#' estimates and covariances (`"D1"`, a Wald test) or by likelihoods (`"D3"`).
#'
#' @details
#' `"D1"` (Li, Raghunathan and Rubin 1991): the k coefficients that only `larger` has. With W and B
#' their covariance within and between analyses, r = (1 + 1/m) tr(B W^-1) / k and
#' F = q' W^-1 q / (k (1 + r)). The second degrees of freedom, with t = k (m - 1), are
#' 4 + (t - 4) (1 + (1 - 2/t) / r)^2 where t > 4, and t (1 + 1/k) (1 + 1/r)^2 / 2 otherwise, if
#' `dfcom` is infinite. With finite `dfcom` they are those of Reiter (2007). His formula has
#' no use where t or `dfcom` is about 4 or less: there they are 1 / (1/v + 1/obs) as in
#' [em_pool()], with v as above and lambda = r / (1 + r).
#'
#' `"D3"` (Meng and Rubin 1992): the likelihood ratio of each data set, averaged, once at its own
#' estimates (d) and once at the pooled parameters of each model (dL, all of them pooled, a residual
#' variance included). r = (m + 1) / (k (m - 1)) (d - dL) and F = dL / (k (1 + r)), with the degrees
#' of freedom above for infinite `dfcom`. It is there for `lm`, and for `glm` of the families
#' gaussian, binomial and poisson. Function `D3()` of mice differs a little: there the intercept and
#' the residual variance are fitted anew in each data set. Where r is below zero, as may happen, it
#' counts as zero.
#'
#' @param larger Analyses of the larger model, in any form that [em_pool()] takes fits.
#' @param smaller Analyses of the smaller model on the same imputations, or `NULL`: all
#'   coefficients of the larger are zero but intercepts, and but scales and cutpoints that
#'   `coef()` leaves out (`"D1"` only).
#' @param method `"D1"` or `"D3"`.
#' @param dfcom For `"D1"`, degrees of freedom of the larger analysis of complete data, above 0,
#'   `Inf` allowed; `NULL` to take them from the analyses as [em_pool()] does.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `c("em_test", "htest")`:
#' * `statistic`: F; `parameter`: `df1` and `df2`; `p.value`;
#' * `method`: words; `data.name`: the coefficients tested, in words;
#' * `terms`: the coefficients tested; `riv`: r above, the relative increase in variance;
#' * `test`: `"D1"` or `"D3"`; `m`; `dfcom` (`NA` for `"D3"`).
#'
#' `tidy()` gives a data frame with one row: `statistic`, `df1`, `df2`, `dfcom`, `p.value`, `riv`,
#' `method`.
#'
#' @section Errors:
#' As of [em_pool()], and `missmix_error_argument`: numbers of analyses differ; `dfcom`, or no
#' `smaller`, with `"D3"`. `missmix_error_model`: the smaller model has a coefficient that the
#' larger has not, or as many; numbers of observations, responses, weights, families or links
#' differ, as far as the analyses hold them; the coefficients tested have a singular covariance;
#' `"D3"` does not know the likelihood of such a fit.
#'
#' @references
#' Li KH, Raghunathan TE, Rubin DB (1991). Large-sample significance levels from multiply imputed
#' data using moment-based statistics and an F reference distribution. *Journal of the American
#' Statistical Association* 86, 1065-1073. \doi{10.1080/01621459.1991.10475152}.
#'
#' Meng XL, Rubin DB (1992). Performing likelihood ratio tests with multiply-imputed data sets.
#' *Biometrika* 79, 103-111. \doi{10.1093/biomet/79.1.103}.
#'
#' Reiter JP (2007). Small-sample degrees of freedom for multi-component significance tests with
#' multiple imputation for missing data. *Biometrika* 94, 502-508. \doi{10.1093/biomet/asm028}.
#' @export
#' @seealso [em_pool()].
#' @examples
#' fit <- em_mvn(airquality[c("Ozone", "Solar.R", "Wind", "Temp")])
#' imp <- em_impute(fit, m = 5, seed = 1)
#' larger <- with(imp, lm(Ozone ~ Wind + Temp + Solar.R))
#' em_test(larger, with(imp, lm(Ozone ~ Wind)))
em_test <- function(larger, smaller = NULL, method = c("D1", "D3"), dfcom = NULL, ...) {
  check_no_dots()
  check_given("larger")
  if (missing(method)) method <- "D1"
  check_choice(method, c("D1", "D3"))
  larger <- fits_of(larger)
  pooled <- pool_fits(larger, dfcom, NULL, NULL, NULL)
  if (!is.null(smaller)) {
    smaller <- fits_of(smaller)
    check_same_data(larger, smaller, rlang::current_env())
  }
  kept <- if (is.null(smaller)) untested_terms(larger[[1]], pooled) else smaller_names(smaller)
  terms <- tested_terms(pooled, kept)
  if (method == "D1") {
    return(new_test("D1", wald_test(pooled, terms), terms, pooled$m, pooled$dfcom))
  }
  if (is.null(smaller) || !is.null(dfcom)) {
    abort_argument("{.val D3} needs {.arg smaller}, and takes no {.arg dfcom}.")
  }
  new_test("D3", ratio_test(larger, smaller, length(terms)), terms, pooled$m, NA_real_)
}

# Intercepts, also of several equations, and what em_coefficients() has beyond coef().
untested_terms <- function(fit, pooled) {
  terms <- names(pooled$estimate)
  own <- stats::coef(fit)
  beyond <- if (is.numeric(own) && is.null(dim(own))) setdiff(terms, names(own))
  c(grep("(^|:)\\(Intercept\\)($|:)", terms, value = TRUE), beyond)
}

# Coefficients that the larger model has more.
tested_terms <- function(pooled, smaller_terms, call = rlang::caller_env()) {
  larger_terms <- names(pooled$estimate)
  strange <- setdiff(smaller_terms, larger_terms)
  if (length(strange) > 0) {
    abort_model(
      "The models are not nested: only the smaller has {cli::qty(strange)}coefficient{?s}
      {.val {strange}}.",
      term = strange, call = call
    )
  }
  terms <- setdiff(larger_terms, smaller_terms)
  if (length(terms) == 0) {
    abort_model("The larger model has no more coefficients than the smaller.", call = call)
  }
  terms
}

# A model without any coefficient can be the smaller one, but cannot be pooled.
smaller_names <- function(smaller, call = rlang::caller_env()) {
  # Whatever has no coefficients is a model only if it has observations.
  empty <- function(fit) {
    !is.na(smallest(list(fit), stats::nobs)) && length(stats::coef(fit)) == 0
  }
  if (all(vapply(smaller, empty, logical(1)))) {
    return(character())
  }
  names(pool_fits(smaller, NULL, NULL, NULL, NULL, call)$estimate)
}

wald_test <- function(pooled, terms, call = rlang::caller_env()) {
  k <- length(terms)
  q <- pooled$estimate[terms]
  within <- pooled$within[terms, terms, drop = FALSE]
  root <- tryCatch(chol(within), error = function(cnd) NULL)
  if (is.null(root)) {
    abort_model("The covariance of {.val {terms}} is singular.", term = terms, call = call)
  }
  precision <- chol2inv(root)
  riv <- (1 + 1 / pooled$m) * sum(precision * pooled$between[terms, terms]) / k
  list(
    statistic = sum(q * (precision %*% q)) / (k * (1 + riv)),
    df1 = k,
    df2 = wald_df(riv, k, pooled$m, pooled$dfcom),
    riv = riv
  )
}

# Second degrees of freedom for data sets of any size: Li, Raghunathan and Rubin (1991).
large_sample_df <- function(riv, k, m) {
  t <- k * (m - 1)
  if (t > 4) 4 + (t - 4) * (1 + (1 - 2 / t) / riv)^2 else t * (1 + 1 / k) * (1 + 1 / riv)^2 / 2
}

wald_df <- function(riv, k, m, dfcom) {
  large <- large_sample_df(riv, k, m)
  if (is.infinite(dfcom)) {
    return(large)
  }
  # Reiter (2007), in his letters.
  t <- k * (m - 1)
  full <- (dfcom + 1) / (dfcom + 3) * dfcom
  a <- riv * t / (t - 2)
  c0 <- 1 / (t - 4)
  c1 <- full - 2 * (1 + a)
  c2 <- full - 4 * (1 + a)
  if (t <= 4 || c2 <= 0) {
    return(1 / (1 / large + (1 + riv) / full))
  }
  z <- 1 / c2 + c0 * (
    a^2 * c1 / ((1 + a)^2 * c2) + 8 * a^2 * c1 / ((1 + a) * c2^2) + 4 * a^2 / ((1 + a) * c2) +
      4 * a^2 / (c2 * c1) + 16 * a^2 * c1 / c2^3 + 8 * a^2 / c2^2
  )
  4 + 1 / z
}

new_test <- function(test, found, terms, m, dfcom) {
  structure(
    list(
      statistic = c(F = found$statistic),
      parameter = c(df1 = found$df1, df2 = found$df2),
      p.value = stats::pf(found$statistic, found$df1, found$df2, lower.tail = FALSE),
      method = switch(test,
        D1 = "Wald test of pooled coefficients (D1)",
        D3 = "Pooled likelihood-ratio test (D3)"
      ),
      data.name = paste(and_list(terms), "over", m, "imputations"),
      terms = terms,
      riv = found$riv,
      test = test,
      m = m,
      dfcom = dfcom
    ),
    class = c("em_test", "htest")
  )
}

#' @rdname em_test
#' @param x A test, as returned by `em_test()`.
#' @export
print.em_test <- function(x, ...) {
  check_no_dots()
  cli::cat_line(cli::style_bold(x$method), ", ", x$m, " imputations")
  cli::cat_line()
  say(
    "F = ", number_text(x$statistic, 4L), " on ", x$parameter[["df1"]], " and ",
    number_text(x$parameter[["df2"]], 4L), " degrees of freedom, p ",
    if (x$p.value < 1e-4) "< 0.0001" else paste("=", number_text(x$p.value)), "."
  )
  say(
    plural(length(x$terms), "Coefficient", "Coefficients"), " tested: ", and_list(x$terms),
    ". Missing cells raise ", plural(length(x$terms), "its variance", "their variances"), " by ",
    percent_text(x$riv), if (length(x$terms) > 1) " on average", "."
  )
  invisible(x)
}

#' @rdname em_test
#' @export
tidy.em_test <- function(x, ...) {
  check_no_dots()
  data.frame(
    statistic = unname(x$statistic), df1 = x$parameter[["df1"]], df2 = x$parameter[["df2"]],
    dfcom = x$dfcom, p.value = x$p.value, riv = x$riv, method = x$test
  )
}
