#' missmix: EM for what is missing and what is mixed
#'
#' One engine for the expectation-maximisation algorithm (Dempster, Laird and
#' Rubin, 1977), accelerated, guarded and honest about how far its answer can be
#' trusted.
#'
#' * [em_mvn()] fits the multivariate normal to incomplete numeric data: maximum
#'   likelihood means and covariances, missing values filled in
#'   ([predict()][predict.em_mvn]), standard errors from the observed information.
#' * [em_gmm()] fits Gaussian mixtures, also with missing cells; [em_select()] compares
#'   numbers of components and families.
#' * [em_starts()] climbs from many places, and [em_basins()] shows which hills there are.
#' * [em_reference()] makes the reference that a mixture of cells is taken apart by;
#'   [em_markers()] shows which genes tell its types apart.
#' * [em_diagnose()] says in words how far to trust a fit; [em_trace()] what
#'   happened on the way; [em_patterns()] what is missing, and together with what.
#' * [em_impute()] draws multiple imputations, [em_complete()] puts them into the data.
#' * [em_model()] and [em_fit()] run a model written in R through the same engine.
#' * [em_control()] and [em_prior] hold the options.
#'
#' Errors have the class `missmix_error` and one of `missmix_error_argument`,
#' `missmix_error_data`, `missmix_error_model`. Warnings have the class
#' `missmix_warning` and one of `missmix_warning_convergence`,
#' `missmix_warning_boundary`, `missmix_warning_degenerate`. A fit that did not
#' converge is a warning, never an error: its `status` says what happened. What was done to the
#' data on the way, such as genes summed, is a message of class `missmix_message`.
#'
#' @references
#' Dempster AP, Laird NM, Rubin DB (1977). Maximum likelihood from incomplete data
#' via the EM algorithm. *Journal of the Royal Statistical Society B* 39, 1-38.
#' \doi{10.1111/j.2517-6161.1977.tb01600.x}.
#'
#' Little RJA, Rubin DB (2019). *Statistical Analysis with Missing Data*, third
#' edition. Wiley. \doi{10.1002/9781119482260}.
#'
#' @useDynLib missmix, .registration = TRUE
#' @importFrom Rcpp evalCpp
#' @importFrom graphics plot
#' @importFrom stats coef confint deviance fitted formula logLik model.frame nobs predict
#'   residuals sigma simulate update vcov
#' @keywords internal
"_PACKAGE"
