# From what the climbs found to a fit: the best sound mode, and what became of all starts.

new_gmm_fit <- function(found, begin, data, prior, control, user_call) {
  runs <- lapply(found$starts, gmm_run_record, data = data, of_part = !is.null(begin$part))
  thin <- vapply(runs, function(run) isTRUE(run$run$thin), logical(1))
  chosen <- chosen_start(runs, thin)
  best <- chosen_run(runs, chosen)
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
    weight_sum = if (!is.null(data$weights)) total,
    control = control,
    prior = prior,
    setup = setup,
    k = setup$k,
    covariance = setup$family,
    thin = thin[chosen],
    thinness = best$thinness,
    terms = data$terms,
    variables = data$variables,
    transform = data$transform,
    weights = data$weights,
    missing = stats::setNames(pmax(1 - found$observed / total, 0), data$terms),
    data = data,
    template = data$template,
    runs = if (length(runs) > 1) new_runs(runs, begin$method, chosen, begin$spec),
    class = "em_gmm"
  )
}

gmm_title <- function(setup) {
  sprintf("Gaussian mixture %s, %d %s%s", setup$family, setup$k,
    plural(setup$k, "component"), if (setup$noise) " and noise" else "")
}

# What the core found from one start as start_record.R has it: on the scale of the data, with
# names.
gmm_run_record <- function(start, data, of_part) {
  # Of a start that was no legal point, or looked at on a part of the rows only, nobody knows how
  # high it stands on all of them.
  if (start$passes == 0 || (of_part && !start$finished)) {
    start[c("log_lik", "objective")] <- NA_real_
  }
  start <- on_user_scale(start, data$log_jacobian)
  if (!is.null(start$parameters)) {
    start$parameters <- name_components(start$parameters, data$terms)
  }
  list(
    run = start,
    screened = start$screened + data$log_jacobian,
    finished = start$finished && start$status != "stopped"
  )
}

name_components <- function(parameters, terms) {
  components <- as.character(seq_len(nrow(parameters$means)))
  noise <- length(parameters$proportions) > length(components)
  names(parameters$proportions) <- c(components, if (noise) "noise")
  dimnames(parameters$means) <- list(components, terms)
  dimnames(parameters$covariances) <- list(terms, terms, components)
  parameters
}

warn_of_gmm <- function(fit, call) {
  if (fit$status == "degenerate" || isTRUE(fit$thin)) {
    others <- if (!is.null(fit$runs)) "No start found a sound mode. "
    warn_degenerate(c(
      "{others}{fit$message}",
      x = if (isTRUE(fit$thin)) "A component is thin: in some direction its variance is
           {number_text(fit$thinness)} of the pooled variance.",
      i = if (fit$prior$kind == "flat") {
        "Use fewer components, a family with fewer parameters, or
         {.code prior = em_prior_conjugate()}."
      } else {
        "Use fewer components or a family with fewer parameters."
      }
    ), call = call)
  } else {
    warn_of_status(fit, call)
  }
  if (!is.null(fit$dropped)) warn_boundary("{zero_words(fit)}", call = call)
  warn_unfinished(fit, call)
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
  by_default <- is.null(prior$scale)
  scale <- if (by_default) stats::cov(z) / k^(2 / p) else as.matrix(prior$scale)
  if (by_default && !is_covariance(scale)) {
    abort_argument(c(
      "The default {.field scale} of {.arg prior} is made of the covariance of the data, which is
       singular.",
      i = "Give one, such as {.code em_prior_conjugate(scale = diag(variances))}."
    ), call = call)
  }
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
