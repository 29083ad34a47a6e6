# The parameters that each imputation is drawn under, by the methods of em_impute(). Each gives
# list(mu = p x m, sigma = p x p x m, index = numbers of the imputations, chain).

# `how`: list(m, method, burnin, seed, control).
draw_parameters <- function(fit, how, call) {
  switch(how$method,
    posterior = draw_from_posterior(fit, how$m, how$burnin, how$seed, how$control, call),
    bootstrap = draw_by_bootstrap(fit, how$m, how$seed, how$control, call),
    normal = draw_from_normal(fit, how$m, how$seed, call),
    conditional = repeat_parameters(fit, how$m)
  )
}

repeat_parameters <- function(fit, m) {
  p <- length(fit$terms)
  list(
    mu = matrix(fit$parameters$mu, p, m),
    sigma = array(fit$parameters$sigma, c(p, p, m)),
    index = seq_len(m)
  )
}

# What a draw may still know of its start, and the bounds of the steps to get there.
forgotten <- 0.01
burnin_range <- c(10, 2000)

steps_to_forget <- function(rate) {
  if (rate >= 1) Inf else if (rate <= 0) 1 else ceiling(log(forgotten) / log(rate))
}

draw_from_posterior <- function(fit, m, burnin, seed, control, call) {
  check_posterior_exists(fit, call)
  # Never from the information that the fit may or may not remember: draws would differ.
  mode <- leading_mode(fit, 20L, control$n_threads)
  if (!is.finite(mode$rate)) abort_singular_draw(fit, call)
  if (is.null(burnin)) {
    burnin <- min(max(steps_to_forget(mode$rate), burnin_range[1]), burnin_range[2])
  }
  until <- deadline(control)
  parts <- on_workers(m, control, function(index) {
    run_chains(fit, mode, as.integer(burnin), seed, index, until_then(control, until))
  })
  check_chains(parts, fit, call)
  p <- length(fit$terms)
  found <- function(field) unlist(lapply(parts, `[[`, field), use.names = FALSE)
  index <- unlist(lapply(parts, function(part) utils::head(part$index, length(part$legal))))
  if (length(index) == 0) {
    abort_model(c(
      "Stopped before the first imputation was drawn.",
      i = "It takes {burnin} step{?s} of data augmentation."
    ), call = call)
  }
  list(
    mu = matrix(found("mu"), p),
    sigma = array(found("sigma"), c(p, p, length(index))),
    index = index,
    chain = list(burnin = as.integer(burnin), rate = mode$rate, worst = matrix(found("worst"),
      burnin))
  )
}

# Given complete data the covariance has n - 1 + strength degrees of freedom, and needs more than
# p - 1.
check_posterior_exists <- function(fit, call) {
  p <- length(fit$terms)
  if (fit$nobs + fit$prior$strength > p) {
    return(invisible())
  }
  enough <- max(ridge_suggestion(fit$nobs), p - floor(fit$nobs) + 2)
  abort_model(c(
    "{.val posterior} does not exist: {format(fit$nobs)} row{?s} and a prior worth
     {format(fit$prior$strength)} are too few for {p} variables.",
    i = "Together they must be more than {p}: {.code prior = em_prior_ridge({enough})}."
  ), call = call)
}

run_chains <- function(fit, mode, burnin, seed, index, control) {
  data <- fit$data
  parameters <- fit$parameters
  if (is.null(data$censored)) {
    return(mvn_posterior_(
      data$columns, parameters$mu, parameters$sigma, fit$prior$strength, mode, burnin, seed, index,
      control
    ))
  }
  censored_posterior_(
    data$columns, crude_columns(data), data$censored, parameters$mu, parameters$sigma,
    fit$prior$strength, mode, burnin, seed, index, control
  )
}

check_chains <- function(parts, fit, call) {
  singular <- vapply(parts, function(part) is.null(part$mu) || !all(part$legal), logical(1))
  if (any(singular)) abort_singular_draw(fit, call)
}

# run(index) for all imputations at once, or a share of them on each worker of the plan of the
# future package. Results of those that were finished, with their `index`.
on_workers <- function(m, control, run) {
  workers <- min(future_workers(), m)
  shares <- if (workers < 2) {
    list(seq_len(m))
  } else {
    unname(split(seq_len(m), sort(rep_len(seq_len(workers), m))))
  }
  follow <- function(k) c(run(shares[[k]]), list(status = "done", index = shares[[k]]))
  if (workers < 2) {
    return(list(follow(1L)))
  }
  parts <- map_starts(seq_along(shares), follow, control, "Chains", list(packages = "missmix"))
  parts[lengths(parts) > 0]
}

# Resamples that may be tried for one imputation.
most_resamples <- 5L

draw_by_bootstrap <- function(fit, m, seed, control, call) {
  fit$runs <- NULL
  fit$cache <- NULL
  replicates <- map_replicates(m, seed, control, "Replicates", function(control, number) {
    for (attempt in seq_len(most_resamples)) {
      again <- refit_quietly(fit, redraw_rows(fit), fit, control)
      reason <- unusable(again, fit)
      if (is.null(reason)) {
        return(list(status = again$status, parameters = again$parameters, attempt = attempt))
      }
    }
    list(status = "failed", reason = reason)
  })
  replicates <- replicates[are_finished(replicates)]
  if (length(replicates) == 0) abort_model("Stopped before the first fit.", call = call)
  failed <- run_words(replicates, "status") %in% "failed"
  if (any(failed)) {
    reason <- replicates[[which(failed)[1]]]$reason
    abort_model(c(
      "{sum(failed)} imputation{?s} found no resample that can be fitted, in {most_resamples}
       attempts each.",
      x = "{reason}.",
      i = "{.val posterior} does without resamples; {.code {prior_words(fit)}} may mend them."
    ), call = call)
  }
  again <- sum(run_numbers(replicates, "attempt") > 1)
  if (again > 0) {
    warn_convergence(c(
      "{again} of {length(replicates)} resample{?s} had to be drawn again: the first could not be
       fitted.",
      i = "Where that happens often, imputations vary too little."
    ), call = call)
  }
  stack_parameters(lapply(replicates, `[[`, "parameters"))
}

stack_parameters <- function(list) {
  p <- length(list[[1]]$mu)
  list(
    mu = matrix(unlist(lapply(list, `[[`, "mu")), p),
    sigma = array(unlist(lapply(list, `[[`, "sigma")), c(p, p, length(list))),
    index = seq_along(list)
  )
}

# Whitened coordinates (R/information.R): mu + L a, and L expm(B) L' for a covariance that a change
# of L B L' leads to, to first order.
draw_from_normal <- function(fit, m, seed, call) {
  if (fit$df > exact_information_limit) {
    abort_model(c(
      "{.code method = \"normal\"} needs the information matrix: {fit$df} parameters are too many.",
      i = "At most {exact_information_limit}; {.val posterior} has no such limit."
    ), call = call)
  }
  reason <- information(fit)$reason
  if (!is.null(reason)) {
    abort_model(c(
      "{.code method = \"normal\"} needs standard errors, which are refused.",
      x = "{reason}.",
      i = "{.fn em_diagnose} says more."
    ), call = call)
  }
  found <- information_matrices(fit)
  root <- backsolve(chol(found$observed), diag(fit$df))
  seeds <- with_seed(seed, sample.int(.Machine$integer.max, m))
  stack_parameters(lapply(seeds, function(own) {
    move_parameters(fit, drop(root %*% with_seed(own, stats::rnorm(fit$df))))
  }))
}

# The parameters at whitened coordinates `x`: p for mu, then the lower triangle of A by columns, B
# being A + A'.
move_parameters <- function(fit, x) {
  p <- length(fit$terms)
  b <- matrix(0, p, p)
  b[lower.tri(b, diag = TRUE)] <- x[-seq_len(p)]
  parts <- eigen(b + t(b), symmetric = TRUE)
  root <- t(chol(fit$parameters$sigma))
  half <- root %*% (parts$vectors * rep(exp(parts$values / 2), each = p))
  list(mu = fit$parameters$mu + drop(root %*% x[seq_len(p)]), sigma = tcrossprod(half))
}
