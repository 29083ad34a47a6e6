# The programs compared by bench/mvn.R. Each entry: the package it needs, its
# default tolerance, and fit(x, tolerance, max_iter): the whole R call from a
# numeric matrix to list(mu, sigma) on the scale of the data. With
# max_iter = NULL the program's own limit holds. Every call is made as its
# author would want it for a pure maximum-likelihood fit: no printing, no
# imputation, no extra diagnostics.

or_default <- function(max_iter, default) if (is.null(max_iter)) default else max_iter

# missmix, on what the user has: a data frame stays one.
fit_missmix <- function(x, tolerance, max_iter) {
  control <- missmix::em_control(tol = tolerance, max_iter = or_default(max_iter, 10000L))
  missmix::em_parameters(missmix::em_mvn(x, control = control))
}

fit_norm <- function(x, tolerance, max_iter) {
  s <- norm::prelim.norm(x)
  theta <- norm::em.norm(s,
    showits = FALSE, criterion = tolerance, maxits = or_default(max_iter, 1000)
  )
  norm::getparam.norm(s, theta)[c("mu", "sigma")]
}

# estimate.worst = FALSE spares norm2 its power iterations after the fit.
fit_norm2 <- function(x, tolerance, max_iter) {
  fit <- norm2::emNorm(x,
    criterion = tolerance, iter.max = or_default(max_iter, 1000L), estimate.worst = FALSE
  )
  list(mu = drop(fit$param$beta), sigma = fit$param$sigma)
}

# What amelia() does up to its EM: standardise, sort by pattern, emarch(). The
# bootstrap and the imputation that follow are left out.
fit_amelia <- function(x, tolerance, max_iter) {
  scaled <- Amelia:::scalecenter(x)
  stacked <- Amelia:::amstack(scaled$x, colorder = TRUE)
  limit <- c(0, or_default(max_iter, 0))
  theta <- Amelia:::emarch(stacked$x, p2s = FALSE, tolerance = tolerance, emburn = limit)$thetanew
  back <- order(stacked$p.order)
  list(
    mu = theta[-1L, 1L][back] * scaled$sd + scaled$mu,
    sigma = theta[-1L, -1L][back, back] * tcrossprod(scaled$sd)
  )
}

fit_em_cov <- function(x, tolerance, max_iter) {
  fit <- EMgaussian::em.cov(x, tol = tolerance, max.iter = or_default(max_iter, 500))
  list(mu = drop(fit$mu), sigma = fit$S)
}

fit_em_prec <- function(x, tolerance, max_iter) {
  fit <- EMgaussian::em.prec(x, tol = tolerance, max.iter = or_default(max_iter, 500))
  list(mu = drop(fit$mu), sigma = fit$S)
}

fit_lavaan <- function(x, tolerance, max_iter) {
  fit <- lavaan:::lav_mvnorm_missing_h1_estimate_moments(
    Y = x, tol = tolerance, max.iter = or_default(max_iter, 500L)
  )
  list(mu = fit$Mu, sigma = fit$Sigma)
}

fit_mvnmle <- function(x, tolerance, max_iter) {
  fit <- suppressWarnings(
    mvnmle::mlest(x, gradtol = tolerance, iterlim = or_default(max_iter, 100))
  )
  list(mu = fit$muhat, sigma = fit$sigmahat)
}

methods <- list(
  missmix = list(package = "missmix", tolerance = 1e-6, fit = fit_missmix),
  norm = list(package = "norm", tolerance = 1e-4, fit = fit_norm),
  norm2 = list(package = "norm2", tolerance = 1e-5, fit = fit_norm2),
  Amelia = list(package = "Amelia", tolerance = 1e-4, fit = fit_amelia),
  EMgaussian = list(package = "EMgaussian", tolerance = 1e-5, fit = fit_em_cov),
  "EMgaussian-prec" = list(package = "EMgaussian", tolerance = 1e-5, fit = fit_em_prec),
  lavaan = list(package = "lavaan", tolerance = 1e-5, fit = fit_lavaan),
  # nlm with numerical gradients: hours beyond small data, so only there.
  mvnmle = list(
    package = "mvnmle", tolerance = 1e-6, fit = fit_mvnmle,
    only = c("boys", "pbc")
  )
)

installed <- function(package) requireNamespace(package, quietly = TRUE)

# Methods to run on a workload, in the order of the table.
methods_for <- function(workload) {
  wanted <- vapply(methods, function(m) {
    installed(m$package) && (is.null(m$only) || workload %in% m$only)
  }, NA)
  names(methods)[wanted]
}
