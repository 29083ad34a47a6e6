# How sure proportions are: standard errors, and intervals that end at zero.

# list(std.error, pull, singular), samples x types; computed when first asked for.
proportion_errors <- function(fit, call = rlang::caller_env()) {
  found <- fit$cache$errors
  if (is.null(found)) {
    found <- compute_errors(fit, call = call)
    if (found$complete) fit$cache$errors <- found
  }
  found
}

# With what the cells of the reference add.
compute_errors <- function(fit, samples = seq_len(fit$n), covariance = FALSE,
                           call = rlang::caller_env()) {
  found <- sandwich_errors(fit, samples, covariance, call)
  add_redrawn(found, fit, samples, covariance, call)
}

# Of several families the errors of their mean hold what the families differ by, as those of
# averaged models do (Buckland, Burnham and Augustin 1997, eq. 9): the mean over families of
# sqrt(variance + squared distance to the mean).
sandwich_errors <- function(fit, samples = seq_len(fit$n), covariance = FALSE,
                            call = rlang::caller_env()) {
  check_bulk_held(fit, call)
  values <- held_values(fit, samples)
  of_members <- lapply(fit$members, member_errors, fit = fit, values = values, samples = samples,
    covariance = covariance)
  if (length(of_members) == 1) {
    return(of_members[[1]])
  }
  p <- fit$parameters$proportions[samples, , drop = FALSE]
  mean_of <- function(field) {
    Reduce(`+`, lapply(of_members, `[[`, field)) / length(of_members)
  }
  off <- lapply(of_members, function(found) sqrt(found$std.error^2 + (found$shares - p)^2))
  found <- list(
    std.error = Reduce(`+`, off) / length(off), pull = pmin(mean_of("pull"), 0),
    singular = Reduce(`|`, lapply(of_members, `[[`, "singular")),
    covariance = if (covariance) mean_of("covariance")
  )
  # What any family lets in is there.
  found$pull[p > 0] <- 0
  found
}

member_errors <- function(member, fit, values, samples, covariance) {
  power <- member$family$power
  abundance <- member$abundance[samples, , drop = FALSE]
  found <- deconvolve_errors_(
    core_bulk(values), fit$data$rows, fit$reference$profiles^power, member$family, abundance,
    share_weights(fit$reference)^power, member$scale[samples], fit$control$n_threads, covariance
  )
  dimnames(found$std.error) <- dimnames(found$pull) <- dimnames(abundance)
  found$singular <- as.logical(found$singular)
  found$shares <- proportions_of(abundance, fit$reference, power)
  found
}

# The bulk of some samples; all of it as it is.
held_values <- function(fit, samples) {
  values <- fit$data$values
  if (is_sparse(values)) need_package("Matrix", "sparse matrices", rlang::caller_env())
  if (length(samples) < fit$n) values[, samples, drop = FALSE] else values
}

check_bulk_held <- function(fit, call = rlang::caller_env()) {
  if (is.null(fit$data)) {
    abort_data(c(
      "The fit does not hold its bulk ({.code keep_data = FALSE}).",
      i = "Fit again with {.code keep_data = TRUE}: {.code update(fit, bulk = , keep_data = TRUE)}."
    ), call = call)
  }
}

# list(low, high), samples x types. A type at zero has a one-sided interval: up to where it would
# no longer be taken for absent.
proportion_limits <- function(fit, level, call = rlang::caller_env()) {
  limits_at(fit$parameters$proportions, proportion_errors(fit, call), level)
}

limits_at <- function(p, errors, level) {
  # Without replicates of the reference there are as many degrees of freedom as genes.
  quantile <- if (is.null(errors$degrees)) {
    stats::qnorm((1 + level) / 2)
  } else {
    stats::qt((1 + level) / 2, errors$degrees)
  }
  reach <- quantile * errors$std.error
  centre <- p + errors$pull
  list(low = pmax(centre - reach, 0), high = pmin(pmax(centre + reach, 0), 1))
}

# Beyond, a matrix of all proportions is of no use to anybody.
most_covariances <- 500L

#' @rdname em_deconvolve-methods
#' @export
vcov.em_deconvolve <- function(object, sample = NULL, ...) {
  check_no_dots()
  types <- object$terms
  if (!is.null(sample)) {
    at <- pick_sample(object, sample)
    found <- covariance_of(object, at, rlang::current_env())
    dimnames(found) <- list(types, types)
    if (anyNA(found)) attr(found, "reason") <- no_errors_reason(object, at)
    warn_if_refused(found)
    return(found)
  }
  n <- length(object$parameters$proportions)
  if (n > most_covariances) {
    abort_model(c(
      "The covariance of all {n} proportions is not made: at most {most_covariances}.",
      i = "{.code vcov(fit, sample = {.str {object$samples$sample[1]}})} is that of one sample;
           samples have in common only the errors of a reference of cells."
    ))
  }
  terms <- names(coef(object))
  whole <- covariance_of(object, seq_len(object$n), rlang::current_env())
  dimnames(whole) <- list(terms, terms)
  unknown <- which(is.na(diag(whole)[seq_len(object$n)]))
  if (length(unknown) > 0) attr(whole, "reason") <- no_errors_reason(object, unknown[1])
  warn_if_refused(whole)
  whole
}

# Of all proportions of some samples, in the order of coef(). A type at zero has its error alone
# and no covariances.
covariance_of <- function(fit, samples, call) {
  found <- compute_errors(fit, samples, covariance = TRUE, call = call)
  n <- length(samples)
  types <- length(fit$terms)
  whole <- matrix(0, n * types, n * types)
  for (s in seq_len(n)) {
    own <- s + n * (seq_len(types) - 1L)
    whole[own, own] <- found$covariance[, s]
  }
  if (!is.null(found$shared)) whole <- whole + found$shared
  diag(whole) <- as.vector(found$std.error)^2
  whole
}

no_errors_reason <- function(fit, sample) {
  name <- fit$samples$sample[sample]
  if (anyNA(fit$abundance[sample, ])) {
    sprintf("sample %s could not be fitted", name)
  } else if (!sandwich_errors(fit, sample)$singular) {
    "too few replicates of the reference were fitted before an interrupt"
  } else {
    sprintf("the genes used do not tell apart all types in sample %s", name)
  }
}

warn_of_singular <- function(fit, call) {
  singular <- fit$samples$sample[proportion_errors(fit, call)$singular]
  if (length(singular) > 0) {
    warn_boundary(c(
      "No standard errors in {length(singular)} of {fit$n} sample{?s}: the genes used do not tell
       apart all types that are there.",
      x = "{some_names(singular)}",
      i = "{.code plot(fit, \"confusion\")} shows which types."
    ), call = call)
  }
}

# Number of a sample given by name or number.
pick_sample <- function(fit, sample, call = rlang::caller_env()) {
  at <- pick_samples(fit, sample, call)
  if (length(at) != 1) {
    abort_argument("{.arg sample} must be one sample, not {length(at)}.", call = call)
  }
  at
}

pick_samples <- function(fit, samples, call = rlang::caller_env()) {
  names <- fit$samples$sample
  at <- if (is.character(samples)) match(samples, names) else match(samples, seq_along(names))
  if (length(at) == 0 || anyNA(at)) {
    abort_argument(c(
      "Samples must be given by their names or numbers.",
      x = "Not among the {length(names)}: {.val {samples[is.na(at)]}}."
    ), call = call)
  }
  at
}

#' @rdname em_deconvolve-methods
#' @export
confint.em_deconvolve <- function(object, parm, level = 0.95, ...) {
  check_no_dots()
  check_level(level)
  warn_of_singular(object, rlang::current_env())
  limits <- proportion_limits(object, level, rlang::current_env())
  table <- cbind(as.vector(limits$low), as.vector(limits$high))
  tails <- c((1 - level) / 2, (1 + level) / 2)
  dimnames(table) <- list(
    names(coef(object)), paste(format(100 * tails, trim = TRUE, digits = 3), "%")
  )
  if (missing(parm)) table else pick_coefficients(table, parm)
}

#' @rdname em_deconvolve-methods
#' @export
tidy.em_deconvolve <- function(x, conf.int = FALSE, # nolint: object_name_linter.
                               conf.level = 0.95, # nolint: object_name_linter.
                               ...) {
  check_no_dots()
  check_flag(conf.int)
  check_level(conf.level)
  warn_of_singular(x, rlang::current_env())
  p <- x$parameters$proportions
  table <- data.frame(
    term = names(coef(x)),
    sample = rep(rownames(p), ncol(p)), type = rep(colnames(p), each = nrow(p)),
    estimate = as.vector(p), std.error = as.vector(proportion_errors(x)$std.error)
  )
  if (conf.int) {
    limits <- proportion_limits(x, conf.level)
    table$conf.low <- as.vector(limits$low)
    table$conf.high <- as.vector(limits$high)
  }
  table
}
