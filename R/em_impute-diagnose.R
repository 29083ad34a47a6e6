# What em_diagnose() says of imputations: each check looks at them and returns one row, as in
# em_diagnose-checks.R.

#' @section Imputations:
#' What [em_impute()] returns is asked other questions, a row each.
#' * `method`: were parameters drawn? Fail: `"conditional"`. Caution: the fit had not converged.
#' * `draws`: the larger of the expected and the measured autocorrelation between the start and the
#'   end of a chain, see [em_impute()]. Caution: above `r imputation_limits$memory[1]`, or R-hat
#'   above `r imputation_limits$rhat[1]`. Fail: above `r imputation_limits$memory[2]` or
#'   `r imputation_limits$rhat[2]`. Measured only on `r imputation_limits$draws` draws and more.
#' * `values`: the largest share of implausible values of a variable: further outside the observed
#'   range than that range is wide. Caution: above `r imputation_limits$implausible`.
#' * `shape`: on the modelled scale, each imputed variable is regressed on all others in completed
#'   data (Gelman and others 2005), in rows where it is observed: the largest correlation of its
#'   residual with the square of the prediction (the mean is no straight line; Ramsey 1969), or of
#'   the squared residual with the prediction (the spread changes; Koenker 1981). Caution: above
#'   `r imputation_limits$shape`, and more than chance makes in one of
#'   `r 1 / imputation_limits$chance` data sets. Not judged of variables with bounds.
#' * `complete`: the number of missing cells that could not be imputed. Fail: any.
#' * `number`: how many imputations give a standard error to
#'   `r 100 * enough_variation`% at the largest fraction of missing information of a
#'   coefficient (von Hippel 2020). Caution: there are fewer. Not judged of groups.
#' * `information`: the EM rate. Caution: above `r diagnose_limits$fraction`, with a ridge prior to
#'   try.
#'
#' The attribute `details` holds `chain`, `implausible` (shares by variable), `shape` (data frame of
#' `variable`, `bend`, `spread` and `rows`) and `fmi`.
#' @references
#' Gelman, A., Van Mechelen, I., Verbeke, G., Heitjan, D. F. and Meulders, M. (2005). Multiple
#' imputation for model checking: completed-data plots with missing and latent data.
#' *Biometrics* 61, 74-85. \doi{10.1111/j.0006-341X.2005.031010.x}.
#'
#' Koenker, R. (1981). A note on studentizing a test for heteroscedasticity. *Journal of
#' Econometrics* 17, 107-112. \doi{10.1016/0304-4076(81)90062-2}.
#'
#' Ramsey, J. B. (1969). Tests for specification errors in classical linear least-squares
#' regression analysis. *JRSS B* 31, 350-371.
#'
#' von Hippel, P. T. (2020). How many imputations do you need? A two-stage calculation using a
#' quadratic rule. *Sociological Methods & Research* 49, 699-718.
#' \doi{10.1177/0049124117747303}.
#' @name em_diagnose
NULL

# One place for the thresholds; em_diagnose()'s help states them.
imputation_limits <- list(
  memory = c(0.05, 0.2), # that draws have of their start: caution, fail
  rhat = c(1.1, 1.5), # caution, fail
  draws = 100, # in the second halves of all chains, from which on these two are measured
  implausible = 0.01, # share of a variable's values
  shape = 0.1, # correlation with what a normal model leaves no trace of
  chance = 0.001 # that such a one is by chance
)

diagnose_checks.em_imputations <- function(fit, details) {
  rbind(
    judge_method(fit),
    judge_draws(fit),
    judge_values(details$implausible),
    judge_shape(details$shape, fit$by),
    judge_left(fit),
    judge_number(fit, details$fmi),
    judge_thinness(fit)
  )
}

# Of groups that were fitted one by one the fit of all rows says nothing.
diagnosis_details.em_imputations <- function(fit) {
  list(
    chain = fit$chain,
    implausible = implausible_values(fit),
    shape = shape_of(fit),
    fmi = if (!is.null(fit$fit) && is.null(fit$by)) of_all_rows(coefficient_fmi(fit$fit), fit$fit)
  )
}

# A fraction of missing information where rows without any observed cell are imputed, too.
of_all_rows <- function(fraction, fit) 1 - (1 - fraction) * fit$nobs / fit$n

judge_method <- function(imp) {
  if (imp$method == "conditional") {
    return(finding("method", "fail", NA, "Improper: the parameters were taken as known, intervals",
      " come out too narrow. method = \"posterior\" draws them."))
  }
  if (!is.null(imp$fit) && imp$fit$status != "converged") {
    return(finding("method", "caution", NA, "The fit had not converged: draws begin elsewhere than",
      " at the maximum."))
  }
  how <- switch(imp$method,
    posterior = "from their posterior distribution",
    bootstrap = "by fits to rows drawn again",
    normal = "from the normal approximation to their distribution"
  )
  finding("method", "pass", NA, "Proper: parameters were drawn ", how, ".", shift_words(imp))
}

judge_draws <- function(imp) {
  chain <- imp$chain
  if (is.null(chain)) {
    return(finding("draws", "pass", 0, "No chain: each imputation is drawn on its own."))
  }
  # What is measured on few draws is noise.
  enough <- length(chain$worst) / 2 >= imputation_limits$draws
  memory <- if (enough) max(chain$acf, na.rm = TRUE) else chain$acf[["expected"]]
  rhat <- if (enough) chain$rhat else NA
  above <- function(limit) memory > imputation_limits$memory[limit] ||
    isTRUE(rhat > imputation_limits$rhat[limit])
  verdict <- if (above(2)) "fail" else if (above(1)) "caution" else "pass"
  finding("draws", verdict, memory,
    "After ", chain$burnin, " ", plural(chain$burnin, "step"), " a draw still knows ",
    memory_text(memory), " of its start", if (enough) {
      sprintf("; R-hat of the worst function is %.3f, its draws are worth %s independent ones.",
        rhat, number_text(chain$ess))
    } else {
      ", by the EM rate; the draws are too few to measure it."
    },
    if (verdict != "pass") " Take more steps (burnin =) or a ridge prior."
  )
}

memory_text <- function(share) {
  if (share < 1e-3) "less than 0.1%" else paste0(signif(100 * share, 2), "%")
}

# Of each variable: the share of drawn values further outside the observed range than it is wide.
# NA where fewer than two observed values differ, and where nothing was drawn.
implausible_values <- function(imp) {
  share <- vapply(seq_along(imp$variables), function(j) {
    at <- imp$cells$variable == j
    seen <- user_column(imp, j)
    seen <- seen[is.finite(seen)]
    if (!any(at) || length(unique(seen)) < 2) {
      return(NA_real_)
    }
    mean(abs(imp$values[at, ] - mean(range(seen))) > 1.5 * diff(range(seen)))
  }, numeric(1))
  stats::setNames(share, imp$variables)
}

# A variable as the user has it: of the fit where that is at hand, since few new rows have no range.
user_column <- function(imp, j) {
  source <- if (is.null(imp$fit)) imp$data$source else imp$fit$data$source
  as.double(source_column(source, imp$variables[j]))
}

judge_values <- function(share) {
  share <- share[!is.na(share)]
  if (length(share) == 0) {
    return(finding("values", "pass", 0, "No cell was imputed of a variable with a range."))
  }
  worst <- which.max(share)
  if (share[worst] == 0) {
    return(finding("values", "pass", 0,
      "No drawn value is further outside the observed range than that range is wide."))
  }
  caution <- share[worst] > imputation_limits$implausible
  finding("values", if (caution) "caution" else "pass", share[worst],
    "Of the values of ", names(share)[worst], " ", memory_text(share[worst]),
    " are further outside the observed range than that range is wide.",
    if (caution) " A transform may fit it better."
  )
}

judge_left <- function(imp) {
  left <- nrow(imp$unimputed)
  if (left == 0) {
    return(finding("complete", "pass", 0, "Every missing cell of the variables of the fit is",
      " imputed."))
  }
  finding("complete", "fail", left, unimputed_words(imp))
}

judge_number <- function(imp, fmi) {
  if (all(is.na(fmi))) {
    why <- if (is.null(imp$by)) "the information of the fit is not known" else {
      "the fit of all rows says nothing of the groups"
    }
    return(finding("number", NA, NA, "Not judged: ", why, "."))
  }
  fmi <- max(fmi, na.rm = TRUE)
  needed <- imputations_needed(fmi)
  finding("number", if (imp$m >= needed) "pass" else "caution", needed,
    "With a fraction of missing information of ", fraction_text(fmi), ", the largest of a",
    " coefficient, about ", number_text(needed), " ",
    plural(needed, "imputation gives", "imputations give"), " a standard error to ",
    percent_text(enough_variation), "; there ", plural(imp$m, "is ", "are "), imp$m, "."
  )
}

judge_thinness <- function(imp) {
  rate <- if (!is.null(imp$chain)) imp$chain$rate else if (!is.null(imp$fit) && is.null(imp$by)) {
    information(imp$fit)$rate
  } else NA_real_
  if (is.na(rate)) {
    return(finding("information", NA, NA, "Not judged: the information of the fit is not known."))
  }
  if (!is.null(imp$fit) && is.null(imp$by)) rate <- of_all_rows(rate, imp$fit)
  thin <- rate > diagnose_limits$fraction
  finding("information", if (thin) "caution" else "pass", rate,
    "In the worst direction ", fraction_text(rate), " of the information is missing.",
    if (thin && !is.null(imp$fit)) {
      paste0(" There the data hardly hold the draws: ", prior_words(imp$fit), " is a gentle prior.")
    }
  )
}
