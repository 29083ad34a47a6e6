# Where the climb of em_mvn() starts: the user's parameters, checked and put in order.

# NULL, or list(mu, sigma) in the order of the terms.
mvn_start <- function(starts, terms, call) {
  if (is.null(starts)) {
    return(NULL)
  }
  if (inherits(starts, "em_fit")) starts <- starts$parameters
  if (is.numeric(starts)) starts <- mvn_from_coef(starts, terms, call)
  check_start_shape(starts, length(terms), call)
  mu <- as.double(in_order(starts$mu, terms, call))
  sigma <- in_order(as.matrix(starts$sigma), terms, call)
  storage.mode(sigma) <- "double"
  if (!all(is.finite(mu), is.finite(sigma)) || !is_covariance(sigma)) {
    abort_argument(
      "{.field sigma} of {.arg starts} must be finite, symmetric and positive definite.",
      call = call
    )
  }
  list(mu = mu, sigma = unname(sigma))
}

check_start_shape <- function(starts, p, call) {
  named <- is.list(starts) && all(c("mu", "sigma") %in% names(starts))
  if (named && all(vapply(starts[c("mu", "sigma")], is.numeric, logical(1))) &&
    length(starts$mu) == p && identical(dim(as.matrix(starts$sigma)), c(p, p))) {
    return(invisible())
  }
  abort_argument(c(
    "{.arg starts} must be a fit of these variables, or a list of {.field mu}
      and {.field sigma}.",
    x = if (is.null(names(starts))) "Its elements need these names.",
    i = "{.field mu}: {p} number{?s}; {.field sigma}: a {p} x {p} covariance matrix."
  ), call = call)
}

mvn_from_coef <- function(x, terms, call) {
  p <- length(terms)
  if (length(x) != p + p * (p + 1) / 2) {
    abort_argument(
      "{.arg starts} must hold {p + p * (p + 1) / 2} numbers, as {.code coef(fit)} does.",
      call = call
    )
  }
  sigma <- matrix(0, p, p)
  sigma[lower.tri(sigma, diag = TRUE)] <- x[-seq_len(p)]
  sigma[upper.tri(sigma)] <- t(sigma)[upper.tri(sigma)]
  list(mu = unname(x[seq_len(p)]), sigma = sigma)
}

# Parameters that carry names are matched by them.
in_order <- function(x, terms, call) {
  names <- if (is.matrix(x)) rownames(x) else names(x)
  if (is.null(names)) {
    return(x)
  }
  if (!setequal(names, terms)) {
    abort_argument(c(
      "Names in {.arg starts} must be those of the variables.",
      x = "Unknown: {.val {setdiff(names, terms)}}."
    ), call = call)
  }
  if (is.matrix(x)) x[match(terms, names), match(terms, names), drop = FALSE] else x[terms]
}

is_covariance <- function(sigma) {
  scale <- sqrt(abs(diag(sigma)))
  if (!all(scale > 0)) {
    return(FALSE)
  }
  correlation <- sigma / outer(scale, scale)
  # isSymmetric() compares with the size of the entries that differ, which may be nearly zero.
  all(abs(correlation - t(correlation)) < 1e-8) &&
    !inherits(try(chol(correlation), silent = TRUE), "try-error")
}

# Many starts: the user's or the one made from the data, then random moves of the first of them.
# The threads run over the starts.
climb_mvn_starts <- function(data, prior, starts, control, call) {
  check_simple_starts(starts, call)
  if (!is.null(data$censored)) {
    abort_argument(c(
      "Many {.arg starts} are not made for a fit with {.arg bounds}.",
      i = "Give one start, or none: {.code starts = NULL} makes one from the data."
    ), argument = "starts", call = call)
  }
  given <- lapply(starts$include, mvn_start, data$terms, call)
  if (length(given) == 0) given <- list(NULL)
  moves <- mvn_start_count(starts) - length(given)
  seeds <- utils::head(start_seeds(starts), moves)
  begin <- c(given, lapply(seeds, mvn_noise, data$p))
  total <- length(begin)
  climb <- mvn_climb(data$columns, data$weights, begin, prior$strength)
  run_core_starts(climb, total, starts$screen, kept_starts(starts, total), control)
}

# The .Call as run_core_starts() takes it. Made here: workers are sent no more of the data than it
# needs.
mvn_climb <- function(columns, weights, begin, ridge) {
  force(columns)
  force(weights)
  force(ridge)
  total <- length(begin)
  function(numbers, screen, keep, control, number = NULL) {
    mvn_starts_(
      columns, weights, begin[[1]], begin[numbers], ridge, climbing_control(control), screen,
      keep, watch_climb(control, total, number)
    )
  }
}

# The default start is one of n, given ones come on top.
mvn_start_count <- function(starts) starts$n + length(starts$include)

# In units of the start's standard deviations; the covariance is one on average.
mvn_noise <- function(seed, p) {
  with_seed(seed, list(
    shift = stats::rnorm(p),
    spread = matrix(stats::rWishart(1, p + 2, diag(p)), p) / (p + 2)
  ))
}

# `found`: what the core says of the data, and its runs. With the fields of the best run, and the
# record of all.
best_mvn_start <- function(found, data, starts) {
  runs <- lapply(found$starts, function(run) {
    place <- if (run$followed) on_user_scale(run, data$log_jacobian)
    if (run$followed) place$parameters <- with_terms(place$parameters, data$terms)
    list(
      run = place,
      screened = run$screened + data$log_jacobian,
      finished = run$finished && run$status != "stopped"
    )
  })
  chosen <- chosen_start(runs)
  best <- found$starts[[chosen]]
  best$status <- chosen_run(runs, chosen)$status
  found[names(best)] <- best
  if (length(runs) > 1) {
    given <- length(starts$include)
    first <- if (given == 0) "default" else rep("given", given)
    method <- c(first, rep("perturb", length(runs) - length(first)))
    found$record <- new_runs(runs, method, chosen, starts)
  }
  found
}
