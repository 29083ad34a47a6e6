# What em_deconvolve() decides where it is left to: each choice with its value and the reason.

# list(problem, families, found, choices): the genes used, one family or several, what the core
# found by each, and a table of the choices.
choose_model <- function(problem, asked, prior, control, call) {
  problem <- pick_genes(problem, asked$genes, call)
  errors <- choose_reference_error(problem, asked, control, call)
  problem$reference <- errors$reference
  genes <- choose_weights(problem, asked, errors)
  response <- choose_response(problem, asked, errors, genes$weight, control, call)
  family <- choose_family(problem, asked, errors, prior, call)
  families <- lapply(family$names, function(name) {
    learnt_family(problem, name, genes$weight, response$power, control)
  })
  # What was stopped while learning stops after the first samples.
  if (any(vapply(families, function(each) isTRUE(attr(each, "stopped")), NA))) {
    control$time_limit <- 0
  }
  found <- lapply(families, function(each) solve_samples(problem, each, control, prior))
  choices <- data.frame(
    choice = c("scale", "genes", "family", "response", "reference_error"),
    value = c(problem$reference$scale, genes$value, family$value, response$value, errors$value),
    reason = c(problem$reference$scale_reason, genes$reason, family$reason, response$reason,
      errors$reason)
  )
  list(problem = problem, families = families, found = found, choices = choices)
}

# Genes ------------------------------------------------------------------------------------------

pick_genes <- function(problem, genes, call) {
  problem$offered <- length(problem$rows)
  if (identical(genes, "auto")) {
    return(problem)
  }
  index <- gene_index(problem, genes, call)
  if (length(index) < length(problem$rows)) problem_genes(problem, index) else problem
}

# How much each gene counts: list(weight, value, reason).
choose_weights <- function(problem, asked, errors) {
  n <- length(problem$rows)
  all_alike <- function(value, reason) list(weight = rep(1, n), value = value, reason = reason)
  if (!identical(asked$genes, "auto")) {
    value <- if (length(asked$genes) == 1) asked$genes else "given"
    return(all_alike(value, sprintf("%d of %d genes", n, problem$offered)))
  }
  if (errors$latent) {
    return(all_alike("all", "the errors of the profiles are accounted for gene by gene"))
  }
  weight <- specificity_weights(problem$reference)
  worth <- round(sum(weight))
  if (worth == n) {
    return(all_alike("all", sprintf("there are only %d for %s", n,
      count_text_of(ncol(problem$reference$profiles), "type"))))
  }
  list(
    weight = weight, value = "by specificity",
    reason = sprintf("%d genes, weighted by how specific they are: worth %d whole ones", n, worth)
  )
}

count_text_of <- function(n, what) paste(n, plural(n, what))

gene_index <- function(problem, genes, call) {
  known <- rownames(problem$reference$profiles)
  if (identical(genes, "all")) {
    return(seq_along(known))
  }
  if (identical(genes, "markers")) {
    return(marker_genes(problem$reference, markers_per_type))
  }
  if (!is.character(genes) || length(genes) == 0 || anyNA(genes)) {
    abort_argument(
      "{.arg genes} must be \"auto\", \"all\", \"markers\" or names of genes.", call = call
    )
  }
  index <- sort(unique(stats::na.omit(match(genes, known))))
  without <- setdiff(genes, known)
  if (length(index) > 0 && length(without) > 0) {
    cli::cli_inform(c(i = "Not in both bulk and reference, and left out: {some_names(without)}."),
      class = c("missmix_message_genes", "missmix_message"))
  }
  if (length(index) == 0) {
    abort_argument(c(
      "None of {.arg genes} is in both bulk and reference.",
      x = "Given: {.val {utils::head(genes, 3L)}}; there are {.val {utils::head(known, 3L)}}."
    ), call = call)
  }
  index
}

markers_per_type <- 100L

# How much each gene counts: next to nothing where types hardly differ. What bulk and reference
# disagree about, between platforms and laboratories, is alike in many genes, and thousands of
# hardly specific ones then agree on a wrong answer (design/09). The specificity s of a gene is the
# coefficient of variation of its profile, with a floor; its weight s^8 / (s^8 + a^8), with `a` such
# that all genes together are worth 100 for each type.
specificity_weights <- function(reference) {
  profiles <- mean_one(reference)
  n <- nrow(profiles)
  worth <- markers_per_type * ncol(profiles)
  if (ncol(profiles) < 2 || worth >= 0.95 * n) {
    return(rep(1, n))
  }
  spread <- sqrt(pmax(rowMeans(profiles^2) - rowMeans(profiles)^2, 0) *
    ncol(profiles) / (ncol(profiles) - 1))
  height <- 8 * log(pmax(spread / (rowMeans(profiles) + 0.1), 1e-12))
  weights <- function(at) stats::plogis(height - at)
  at <- stats::uniroot(function(at) sum(weights(at)) - worth, range(height) + c(-50, 50),
    tol = 1e-8)$root
  # A weight of zero would be no weight.
  pmax(weights(at), 1e-6)
}

# Profiles on a scale where one is the mean gene; where totals carry nothing they are made equal.
mean_one <- function(reference) {
  profiles <- reference$profiles
  if (reference$scale == "rna") profiles <- sweep(profiles, 2, colSums(profiles), "/")
  profiles / mean(profiles)
}

# Family -----------------------------------------------------------------------------------------

choose_family <- function(problem, asked, errors, prior, call) {
  sparse <- prior_sparsity(prior) > 0
  if (sparse && !asked$family %in% c("auto", count_families)) {
    abort_argument(c(
      "A Dirichlet prior weighs against counts, and {.val {asked$family}} has none.",
      i = "Families of counts: {.val {count_families}}."
    ), call = call)
  }
  if (asked$family != "auto") {
    return(list(names = asked$family, value = asked$family, reason = "as asked"))
  }
  if (errors$latent) {
    return(list(names = "nbinom", value = "nbinom",
      reason = "what is left of the errors of the profiles makes genes scatter more than counts"))
  }
  if (sparse) {
    return(list(names = "poisson", value = "poisson",
      reason = "a Dirichlet prior weighs against counts"))
  }
  if (problem$bulk$shares) {
    return(list(names = "gaussian", value = "gaussian",
      reason = "the bulk holds shares between zero and one, as of methylation"))
  }
  list(
    names = consensus_families, value = paste(consensus_families, collapse = " and "),
    reason = paste("the mean of two families that err in opposite ways: counts weigh genes by",
      "their expression, logarithms all alike; standard errors hold their difference")
  )
}

count_families <- c("poisson", "quasipoisson", "nbinom")

consensus_families <- c("poisson", "lognormal")

# Response ---------------------------------------------------------------------------------------

# Arrays saturate: their signal is additive in some power above one of itself. list(power, value,
# reason).
choose_response <- function(problem, asked, errors, weight, control, call) {
  response <- asked$response
  linear <- function(reason) list(power = 1, value = "linear", reason = reason)
  if (is.numeric(response)) {
    check_number(response, lower = 0.2, upper = 5, arg = "response", call = call)
    return(list(power = response, value = format(response), reason = "as asked"))
  }
  check_choice(response, c("auto", "linear"), arg = "response", call = call)
  if (response == "linear") {
    return(linear("as asked"))
  }
  if (errors$latent || problem$bulk$counts || problem$bulk$shares || has_zeros(problem)) {
    return(linear("sequencing counts, rates and shares do not saturate"))
  }
  # The profile overshoots: part of what looks like saturation is scatter.
  power <- sqrt(best_power(problem, weight, control))
  if (power == 1) {
    return(linear("no power above one fits better"))
  }
  list(
    power = power, value = sprintf("power %.2f", power),
    reason = "values without a zero, as of arrays, whose signal saturates"
  )
}

has_zeros <- function(problem) {
  if (is_sparse(problem$values)) {
    return(length(problem$values@x) < length(problem$values))
  }
  any(problem$values == 0)
}

# The power at which logarithms of bulk and mixture differ least, on at most six samples.
best_power <- function(problem, weight, control) {
  n <- length(problem$samples)
  few <- unique(round(seq(1, n, length.out = min(n, 6L))))
  problem$values <- as.matrix(problem$values[problem$rows, few, drop = FALSE])
  problem$rows <- seq_along(problem$rows)
  problem$samples <- problem$samples[few]
  problem$bulk$totals <- problem$bulk$totals[few]
  floor <- rep(expression_floor * colMeans(problem$values), each = nrow(problem$values))
  misfit <- function(power) {
    family <- learnt_family(problem, "lognormal", weight, power, control)
    found <- solve_samples(problem, family, quiet_control(control))
    m <- tcrossprod(problem$reference$profiles^power, found$abundance)^(1 / power)
    sum(weight * log((problem$values + floor) / (m + floor))^2)
  }
  best <- stats::optimize(misfit, c(1, 2), tol = 0.01)
  # Hardly better than none is none.
  if (best$objective < 0.99 * misfit(1)) best$minimum else 1
}

quiet_control <- function(control) {
  control["callback"] <- list(NULL)
  control$verbose <- 0L
  control
}

# What is added before logarithms are taken, as a share of the mean gene: below it they would be
# of noise.
expression_floor <- 0.3

# Errors of the reference --------------------------------------------------------------------

# list(reference, latent, value, reason): the profiles to go on with, and whether their errors are
# accounted for.
choose_reference_error <- function(problem, asked, control, call) {
  wanted <- asked$reference_error
  check_choice(wanted, c("auto", "none", "steadied", "refined"), arg = "reference_error",
    call = call)
  given <- function(reason) {
    list(reference = problem$reference, latent = FALSE, value = "none", reason = reason)
  }
  if (wanted == "none") {
    return(given("as asked"))
  }
  if (problem$reference$source != "cells" || is.null(problem$reference$variance)) {
    return(given("the profiles come without cells that would tell their errors"))
  }
  steadied <- steadied_profiles(problem, control)
  steady <- function(reason) {
    list(reference = steadied$reference, latent = TRUE, value = "steadied",
      reason = paste0(steadied$reason, reason))
  }
  if (wanted == "steadied") {
    return(steady(", as asked"))
  }
  if (wanted == "auto" && length(problem$samples) < latent_samples) {
    return(steady(sprintf("; fewer than %d samples do not refine them", latent_samples)))
  }
  refined <- refined_profiles(problem, steadied, control)
  if (is.null(refined) || refined$status == "stopped") {
    return(steady("; there was nothing to refine them by"))
  }
  if (wanted == "auto") {
    moved <- shares_moved(problem, steadied$reference, refined$reference, control)
    if (moved > most_moved(refined$tau)) {
      return(steady(sprintf("; refining them by the bulk would move proportions by %.2f, more than
        their errors: is a type missing?", moved)))
    }
  }
  list(reference = refined$reference, latent = TRUE, value = "refined", reason = refined$reason)
}

# Root mean square, between two versions of the profiles.
shares_moved <- function(problem, one, other, control) {
  few <- latent_choose_samples(problem)
  problem$values <- problem$values[, few, drop = FALSE]
  problem$samples <- problem$samples[few]
  problem$bulk$totals <- problem$bulk$totals[few]
  shares <- lapply(list(one, other), function(reference) {
    problem$reference <- reference
    family <- learnt_family(problem, "nbinom", rep(1, length(problem$rows)), 1, control)
    proportions_of(solve_samples(problem, family, quiet_control(control))$abundance, reference)
  })
  sqrt(mean((shares[[1]] - shares[[2]])^2, na.rm = TRUE))
}

# Where a type is missing, the profiles of others are refined into its own. Beyond this the refined
# profiles were the worse ones in all cases looked at, within it nearly always the better
# (design/08); noise of the platform moves proportions, too.
most_moved <- function(tau) 0.06 + 0.07 * tau
