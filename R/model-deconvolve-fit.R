# From what the core found to a fit, and what is said at once of samples without one.

# Shares, samples x types, of abundances that are additive in a power of the expression.
proportions_of <- function(abundance, reference, power = 1) {
  mass <- abundance * rep(share_weights(reference)^power, each = nrow(abundance))
  mass / rowSums(mass)
}

new_deconvolve_fit <- function(chosen, asked, prior, control, call, keep_data) {
  problem <- chosen$problem
  names <- list(problem$samples, colnames(problem$reference$profiles))
  members <- lapply(chosen$found, function(found) {
    dimnames(found$abundance) <- names
    found
  })
  found <- if (length(members) == 1) members[[1]] else consensus(members, problem$reference)
  samples <- data.frame(
    sample = problem$samples, total = unname(problem$bulk$totals), log_lik = found$value,
    certificate = found$gap, steps = found$steps, status = found$status,
    dispersion = found$dispersion, scale = found$scale, offset = found$offset
  )
  done <- samples$status %in% c("converged", "max_iter")
  climb <- list(
    log_lik = sum(samples$log_lik[done]), objective = sum(samples$log_lik[done]),
    status = overall_status(samples$status), gap = sum(samples$certificate[done]),
    gap_limit = control$tol * sum(done), passes = max(samples$steps, 0L), passes_check = 0L,
    iterations = max(samples$steps, 0L), saddles = list(),
    trace = data.frame()
  )
  new_em_fit(
    climb,
    call = call,
    model = deconvolve_title(problem, chosen),
    parameters = list(
      proportions = proportions_of(found$abundance, problem$reference, found$family$power)
    ),
    abundance = found$abundance,
    df = sum(found$abundance > 0, na.rm = TRUE),
    nobs = length(problem$rows) * sum(done),
    n = length(problem$samples),
    terms = names[[2]],
    control = control,
    prior = prior,
    family = found$family,
    members = lapply(members, `[`, c("family", "abundance", "scale")),
    choices = chosen$choices,
    asked = asked,
    genes = rownames(problem$reference$profiles),
    reference = problem$reference,
    shares = problem$shares,
    flags = problem$bulk[c("counts", "shares", "log_scale")],
    samples = samples,
    given_reference = problem$given$reference,
    data = if (keep_data) c(problem[c("values", "rows")], list(bulk = given_bulk(problem))),
    class = "em_deconvolve"
  )
}

# The mean of the shares that several families found, as one: with the total and the scatter of the
# first. What each found stays in the fit, for standard errors. There is no likelihood of a mean.
consensus <- function(members, reference) {
  first <- members[[1]]
  power <- first$family$power
  weight <- rep(share_weights(reference)^power, each = nrow(first$abundance))
  shares <- lapply(members, function(found) proportions_of(found$abundance, reference, power))
  of_all <- function(field) lapply(members, `[[`, field)
  total <- rowSums(first$abundance * weight)
  first$abundance <- Reduce(`+`, shares) / length(members) * total / weight
  first$value[] <- NA_real_
  first$gap <- Reduce(`+`, of_all("gap"))
  first$steps <- Reduce(`+`, of_all("steps"))
  first$status <- apply(do.call(cbind, of_all("status")), 1, overall_status)
  first
}

# The bulk as it was given, its values only where they are not those of the problem.
given_bulk <- function(problem) {
  bulk <- problem$given$bulk
  if (identical(bulk$values, problem$values)) bulk["values"] <- list(NULL)
  bulk
}

# The worst there is among samples that say something.
overall_status <- function(status) {
  order <- c("non_finite", "stopped", "max_iter", "converged")
  worst <- order[order %in% status]
  if (length(worst) == 0) "degenerate" else worst[1]
}

deconvolve_title <- function(problem, chosen) {
  families <- vapply(chosen$found, function(found) found$family$name, "")
  sprintf("Deconvolution of %d %s, %s %s", length(problem$samples),
    plural(length(problem$samples), "sample"), and_list(families),
    plural(length(families), "family", "families"))
}

# A sample that could not be fitted has no proportions, and its name is told.
warn_of_samples <- function(fit, call) {
  told <- function(status) fit$samples$sample[fit$samples$status == status]
  empty <- told("degenerate")
  if (length(empty) > 0) {
    warn_degenerate(c(
      "{cli::qty(empty)}Sample{?s} without any expression of the genes used: {?its/their}
       proportions are {.val {NA}}.",
      x = "{some_names(empty)}"
    ), call = call)
  }
  failed <- told("non_finite")
  if (length(failed) > 0) {
    warn_convergence("The likelihood of {cli::qty(failed)}sample{?s} {some_names(failed)} is not
                      finite.", call = call)
  }
  short <- told("max_iter")
  if (length(short) > 0) {
    spent <- any(fit$samples$steps[fit$samples$sample %in% short] >= fit$control$max_iter)
    warn_convergence(c(
      "{length(short)} of {fit$n} sample{?s} did not converge: {some_names(short)}.",
      i = if (spent) {
        "{.code em_control(max_iter = )} allows more than {fit$control$max_iter} steps."
      } else {
        "Rounding stands in the way; {.code fit$samples$certificate} tells how little is left."
      }
    ), call = call)
  }
  stopped <- told("stopped")
  if (length(stopped) > 0) {
    warn_convergence("Stopped when {fit$n - length(stopped)} of {fit$n} samples had been fitted;
                      the others are {.val {NA}}.", call = call)
  }
}
