# From what the climbs found to a fit: the best sound mode, and what became of all starts.

# A component is thin where in some direction its variance is below this fraction of the pooled
# within-component variance. The core ranks starts by the same number.
thin_limit <- 0.01

gmm_thin_words <- function() sprintf("1/%d", round(1 / thin_limit))

new_gmm_fit <- function(found, begin, data, prior, control, user_call) {
  starts <- lapply(found$starts, gmm_on_user_scale, data = data, setup = begin$setup)
  table <- start_table(starts, begin$method)
  chosen <- best_sound(table)
  best <- starts[[chosen]]
  total <- if (is.null(data$weights)) data$n else sum(data$weights)
  setup <- c(begin$setup, found[c("centre", "scale", "lowest", "highest")])
  new_em_fit(
    best,
    call = user_call,
    model = gmm_title(setup),
    parameters = best$parameters,
    df = found$df,
    nobs = found$nobs,
    n = data$n,
    informative = found$nobs,
    weight_sum = if (!is.null(data$weights)) total,
    control = control,
    prior = prior,
    setup = setup,
    k = setup$k,
    covariance = setup$family,
    thin = table$thin[chosen],
    thinness = table$thinness[chosen],
    terms = data$terms,
    variables = data$variables,
    transform = data$transform,
    weights = data$weights,
    missing = stats::setNames(pmax(1 - found$observed / total, 0), data$terms),
    data = data,
    template = data$template,
    runs = if (nrow(table) > 1) start_runs(starts, table, chosen, begin$spec),
    class = "em_gmm"
  )
}

gmm_title <- function(setup) {
  sprintf("Gaussian mixture %s, %d %s%s", setup$family, setup$k,
    plural(setup$k, "component"), if (setup$noise) " and noise" else "")
}

# Names, and log-likelihoods of the data as the user has them.
gmm_on_user_scale <- function(start, data, setup) {
  start <- on_user_scale(start, data$log_jacobian)
  start$screened <- start$screened + data$log_jacobian
  if (!is.null(start$parameters)) {
    start$parameters <- name_components(start$parameters, data$terms)
  }
  start
}

name_components <- function(parameters, terms) {
  components <- as.character(seq_len(nrow(parameters$means)))
  noise <- length(parameters$proportions) > length(components)
  names(parameters$proportions) <- c(components, if (noise) "noise")
  dimnames(parameters$means) <- list(components, terms)
  dimnames(parameters$covariances) <- list(terms, terms, components)
  parameters
}

# One row for each start, as em_basins() reads it.
start_table <- function(starts, method) {
  each <- function(field, absent = NA_real_) {
    vapply(starts, function(start) {
      if (is.null(start[[field]])) absent else start[[field]]
    }, absent)
  }
  screened <- each("screened")
  data.frame(
    start = seq_along(starts),
    method = method,
    screened = ifelse(is.finite(screened), screened, NA_real_),
    objective = each("objective"),
    log_lik = each("log_lik"),
    status = each("status", ""),
    finished = each("finished", NA),
    gap = each("gap"),
    passes = each("passes"),
    saddles = vapply(starts, function(start) length(start$saddles), integer(1)),
    smallest_weight = each("smallest_weight"),
    thinness = each("thinness"),
    thin = each("thin", FALSE)
  )
}

# The start whose end is returned: the highest of the sound ones, else the highest.
best_sound <- function(table) {
  ended <- table$finished & is.finite(table$objective)
  failed <- table$status %in% failures
  candidates <- list(
    ended & !failed & !table$thin, ended & !failed, ended,
    is.finite(table$objective), rep(TRUE, nrow(table))
  )
  pool <- which(Find(any, candidates))
  height <- table$objective[pool]
  pool[which.max(ifelse(is.finite(height), height, -Inf))]
}

start_runs <- function(starts, table, chosen, spec) {
  if (!is.null(spec)) spec$memo <- NULL
  finished <- table$finished
  list(
    table = table,
    parameters = Map(function(start, done) if (done) start$parameters, starts, finished),
    trace = Map(function(start, done) if (done) start$trace, starts, finished),
    chosen = chosen,
    starts = spec
  )
}

warn_of_gmm <- function(fit, call) {
  if (fit$status == "degenerate" || isTRUE(fit$thin)) {
    others <- if (!is.null(fit$runs)) "No start found a sound mode. "
    warn_degenerate(c(
      "{others}{fit$message}",
      x = if (isTRUE(fit$thin)) "A component is thin: in some direction its variance is
           {number_text(fit$thinness)} of the pooled variance.",
      i = "Use fewer components, a family with fewer parameters, or
           {.code prior = em_prior_conjugate()}."
    ), call = call)
  } else {
    warn_of_status(fit, call)
  }
}

# The prior in the form the core takes, NULL where flat.
gmm_prior <- function(prior, data, k, call) {
  check_prior(prior, c("flat", "conjugate"), call = call)
  if (prior$kind == "flat") {
    return(NULL)
  }
  p <- data$p
  z <- filled_in(start_matrix(data, start_rows(data, 1L)))
  mean <- if (is.null(prior$mean)) colMeans(z) else prior$mean
  dof <- if (is.null(prior$dof)) p + 2 else prior$dof
  scale <- if (is.null(prior$scale)) stats::cov(z) / k^(2 / p) else as.matrix(prior$scale)
  if (length(mean) != p || dof <= p - 1 || !identical(dim(scale), c(p, p)) ||
    !is_covariance(scale)) {
    abort_argument(c(
      "{.arg prior} does not suit {p} variable{?s}.",
      i = "{.field mean}: {p} number{?s}; {.field dof}: above {p - 1}; {.field scale}: a
           positive definite {p} x {p} matrix."
    ), call = call)
  }
  list(shrinkage = prior$strength, mean = as.double(mean), dof = as.double(dof),
       scale = unname(scale))
}
