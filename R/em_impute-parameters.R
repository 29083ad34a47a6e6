# The parameters that each imputation is drawn under, by the methods of em_impute(). Each gives
# list(mu = p x m, sigma = p x p x m, index = numbers of the imputations, chain).

# `how`: list(m, method, burnin, seed, control, group): the last is the name of the group of rows.
draw_parameters <- function(fit, how, call) {
  drawn <- switch(how$method,
    posterior = draw_from_posterior(fit, how, call),
    bootstrap = draw_by_bootstrap(fit, how, call),
    normal = draw_from_normal(fit, how, call),
    conditional = repeat_parameters(fit, how$m)
  )
  if (length(drawn$index) == 0) abort_nothing_drawn(call)
  drawn
}

# Of a progress bar.
bar_title <- function(what, how) paste(c(what, how$group), collapse = ", ")

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

# Never from the information that the fit may or may not remember: draws would differ.
slowest_mode <- function(fit, how, call) {
  mode <- leading_mode(fit, 20L, how$control)
  if (isTRUE(mode$stopped)) abort_nothing_drawn(call)
  if (!is.finite(mode$rate)) abort_singular_draw(fit, call)
  mode
}

draw_from_posterior <- function(fit, how, call) {
  check_posterior_exists(fit, call)
  until <- deadline(how$control)
  mode <- slowest_mode(fit, how, call)
  burnin <- how$burnin
  if (is.null(burnin)) {
    burnin <- min(max(steps_to_forget(mode$rate), burnin_range[1]), burnin_range[2])
  }
  burnin <- as.integer(burnin)
  parts <- on_workers(how, chains_from(fit, mode, burnin, how$seed, until), burnin)
  check_chains(parts, fit, call)
  p <- length(fit$terms)
  found <- function(field) as.double(unlist(lapply(parts, `[[`, field), use.names = FALSE))
  drawn <- length(found("legal"))
  list(
    mu = matrix(found("mu"), p),
    sigma = array(found("sigma"), c(p, p, drawn)),
    index = seq_len(drawn),
    chain = list(burnin = burnin, rate = mode$rate, worst = matrix(found("worst"), burnin))
  )
}

# Given complete data the covariance has n - 1 + strength degrees of freedom, and needs more than
# p - 1.
check_posterior_exists <- function(fit, call) {
  p <- length(fit$terms)
  if (fit$nobs + fit$prior$strength > p) {
    return(invisible())
  }
  abort_model(c(
    "{.val posterior} does not exist: {format(fit$nobs)} {cli::qty(fit$nobs)}row{?s} and a prior
     worth {format(fit$prior$strength)} are too few for {p} variables.",
    i = "Together they must be more than {p}: {.code prior = em_prior_ridge({stronger_ridge(fit)})}."
  ), call = call)
}

# run(index, control, watch) of on_workers(). What it holds travels to the workers.
chains_from <- function(fit, mode, burnin, seed, until) {
  fit <- fit[c("data", "parameters", "prior")]
  fit$data["source"] <- list(NULL)
  # Promises would take more along.
  force(mode)
  force(burnin)
  force(seed)
  force(until)
  function(index, control, watch) {
    run_chains(fit, mode, burnin, seed, index, until_then(control, until), watch)
  }
}

run_chains <- function(fit, mode, burnin, seed, index, control, watch) {
  data <- fit$data
  parameters <- fit$parameters
  if (is.null(data$censored)) {
    return(mvn_posterior_(
      data$columns, parameters$mu, parameters$sigma, fit$prior$strength, mode, burnin, seed, index,
      control, watch
    ))
  }
  censored_posterior_(
    data$columns, crude_columns(data), data$censored, parameters$mu, parameters$sigma,
    fit$prior$strength, mode, burnin, seed, index, control, watch
  )
}

check_chains <- function(parts, fit, call) {
  singular <- vapply(parts, function(part) is.null(part$mu) || !all(part$legal), logical(1))
  if (any(singular)) abort_singular_draw(fit, call)
}

# run(index, control, watch) for all imputations at once, chains of so many `steps`, or for one at a
# time on the workers of the plan of the future package. Results of the first of them, as many as
# were finished.
on_workers <- function(how, run, steps) {
  if (min(future_workers(), how$m) < 2) {
    watch <- watch_count(how$control, how$m * steps, bar_title("Steps of chains", how))
    return(list(run(seq_len(how$m), how$control, watch)))
  }
  silent <- how$control
  silent$verbose <- 0L
  first_finished(map_starts(seq_len(how$m), function(number) {
    found <- run(number, silent, NULL)
    found$status <- if (identical(ncol(found$mu), 0L)) "stopped" else "done"
    found
  }, how$control, bar_title("Chains", how), list(packages = "missmix")))
}

first_finished <- function(runs) runs[cumprod(are_finished(runs)) == 1]

# Resamples that may be tried for one imputation.
most_resamples <- 5L

# run(control, number) of map_replicates().
resampled_fits <- function(fit) {
  fit$runs <- NULL
  fit$cache <- NULL
  function(control, number) {
    for (attempt in seq_len(most_resamples)) {
      again <- refit_quietly(fit, redraw_rows(fit), fit, control)
      reason <- unusable(again, fit)
      if (is.null(reason)) {
        return(list(status = again$status, parameters = again$parameters, attempt = attempt))
      }
    }
    list(status = "failed", reason = reason)
  }
}

draw_by_bootstrap <- function(fit, how, call) {
  # Climbs from the fit would stay where it is, and draws there would look certain.
  if (slowest_mode(fit, how, call)$rate >= 1 - flat_limit(fit)) {
    abort_model(c(
      "In some direction the data say nothing, and resamples would all repeat the fit there.",
      i = "{.fn em_diagnose} names the direction; {.code {prior_words(fit)}} mends it."
    ), call = call)
  }
  title <- bar_title("Replicates", how)
  replicates <- first_finished(
    map_replicates(how$m, how$seed, how$control, title, resampled_fits(fit))
  )
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
  stack_parameters(lapply(replicates, `[[`, "parameters"), length(fit$terms))
}

stack_parameters <- function(list, p) {
  list(
    mu = matrix(as.double(unlist(lapply(list, `[[`, "mu"))), p),
    sigma = array(as.double(unlist(lapply(list, `[[`, "sigma"))), c(p, p, length(list))),
    index = seq_along(list)
  )
}

draw_from_normal <- function(fit, how, call) {
  if (fit$df > exact_information_limit) {
    abort_model(c(
      "{.code method = \"normal\"} needs the information matrix: {fit$df} parameters are too many.",
      i = "At most {exact_information_limit}; {.val posterior} has no such limit."
    ), call = call)
  }
  until <- deadline(how$control)
  info <- tryCatch(information(fit, how$control), interrupt = function(cnd) {
    abort_nothing_drawn(call)
  })
  if (!is.null(info$reason)) {
    abort_model(c(
      "{.code method = \"normal\"} needs standard errors, which are refused.",
      x = "{info$reason}.",
      i = "{.fn em_diagnose} says more."
    ), call = call)
  }
  # Independent directions, each one standard error long.
  directions <- info$vectors * rep(1 / sqrt(1 - info$spectrum), each = fit$df)
  parameters <- fit$parameters
  root <- t(chol(parameters$sigma))
  draw <- function(control, number) {
    if (control$time_limit <= 0) {
      return(list(status = "stopped"))
    }
    move_parameters(parameters, root, drop(directions %*% stats::rnorm(fit$df)))
  }
  # Sooner done than sent to workers.
  draws <- map_replicates(how$m, how$seed, until_then(how$control, until), bar_title("Draws", how),
    draw, workers = 0)
  stack_parameters(first_finished(draws), length(fit$terms))
}

# The parameters moved by a change of the coefficients: mu + d, and L expm(B) L' where L B L' is the
# change of sigma = L L', so that it stays positive definite.
move_parameters <- function(parameters, root, change) {
  p <- length(parameters$mu)
  sigma <- matrix(0, p, p)
  sigma[lower.tri(sigma, diag = TRUE)] <- change[-seq_len(p)]
  sigma[upper.tri(sigma)] <- t(sigma)[upper.tri(sigma)]
  parts <- eigen(forwardsolve(root, t(forwardsolve(root, sigma))), symmetric = TRUE)
  half <- root %*% (parts$vectors * rep(exp(parts$values / 2), each = p))
  list(mu = parameters$mu + change[seq_len(p)], sigma = tcrossprod(half))
}
