# Cell-type deconvolution with known profiles: checks, the climb, the fit. What `auto` means is in
# deconvolve-choices.R, what genes are given in deconvolve-families.R.

em_deconvolve <- function(bulk, reference, ...) {
  UseMethod("em_deconvolve")
}

#' @rdname em_deconvolve
#' @export
em_deconvolve.default <- function(bulk, reference, family = "auto", genes = "auto",
                                  response = "auto", reference_error = "auto",
                                  prior = em_prior_flat(), assay = NULL, control = em_control(),
                                  keep_data = TRUE, ...) {
  check_no_dots()
  call <- fit_call(match.call(), quote(em_deconvolve))
  caller <- rlang::current_env()
  check_choice(family, c("auto", deconvolve_families))
  check_prior(prior, c("flat", "dirichlet"))
  check_control(control)
  check_flag(keep_data)
  reference <- as_em_reference(reference, caller)
  problem <- new_problem(as_em_bulk(bulk, assay, caller), reference, caller)
  asked <- list(
    family = family, genes = genes, response = response, reference_error = reference_error
  )
  chosen <- choose_model(problem, asked, prior, control, caller)
  fit <- new_deconvolve_fit(chosen, asked, prior, control, call, keep_data)
  warn_of_samples(fit, caller)
  fit
}

# What there is to explain, and what by: genes of bulk and reference in one order.
new_problem <- function(bulk, reference, call) {
  matched <- match_genes(bulk, reference, call)
  list(
    values = matched$values, rows = matched$rows, samples = bulk$samples, bulk = bulk[c(
      "totals", "empty", "counts", "shares", "log_scale"
    )],
    reference = reference_genes(reference, matched$index), shares = matched$shares,
    given = list(bulk = bulk, reference = reference)
  )
}

# The problem on some of its genes.
problem_genes <- function(problem, index) {
  problem$rows <- problem$rows[index]
  problem$reference <- reference_genes(problem$reference, index)
  problem
}

# A family as the core takes it, fitted to a problem: the core's list, with samples in rows.
solve_samples <- function(problem, family, control, prior = em_prior_flat()) {
  found <- deconvolve_fit_(
    core_bulk(problem$values), problem$rows, problem$reference$profiles^family$power, family,
    prior_sparsity(prior), control, watch_samples(control, length(problem$samples))
  )
  found$family <- family
  found
}

# A sparse matrix by its slots.
core_bulk <- function(values) {
  if (!is_sparse(values)) {
    return(values)
  }
  list(i = values@i, p = values@p, x = values@x, nrow = nrow(values))
}

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
    dispersion = found$dispersion, scale = found$scale
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
    warn_convergence(c(
      "{length(short)} of {fit$n} sample{?s} did not converge: {some_names(short)}.",
      i = "{.code em_control(max_iter = )} allows more than {fit$control$max_iter} steps."
    ), call = call)
  }
  stopped <- told("stopped")
  if (length(stopped) > 0) {
    warn_convergence("Stopped when {fit$n - length(stopped)} of {fit$n} samples had been fitted;
                      the others are {.val {NA}}.", call = call)
  }
}
