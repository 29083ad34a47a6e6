# A fit of class em_mvn, from what the core found.

new_mvn_fit <- function(found, data, prior, control, user_call) {
  terms <- data$terms
  total <- found$nobs + found$empty
  new_em_fit(
    on_user_scale(found, data$log_jacobian),
    call = user_call,
    model = "Multivariate normal",
    parameters = with_terms(found$parameters, terms),
    df = as.integer(data$p + data$p * (data$p + 1) / 2),
    nobs = if (is.null(found$known)) found$nobs else found$known,
    n = data$n,
    informative = found$informative,
    weight_sum = if (!is.null(data$weights)) total,
    n_missing = found$n_missing,
    control = control,
    prior = prior,
    terms = terms,
    variables = data$variables,
    transform = data$transform,
    bounds = data$bounds,
    censored = if (!is.null(data$censored)) {
      list(cells = censored_counts(data), approximate_rows = found$approximate_rows)
    },
    weights = data$weights,
    # Sums of weights in another order differ by rounding.
    missing = stats::setNames(pmax(1 - found$observed / total, 0), terms),
    patterns = all_patterns(found$patterns, found$empty, terms),
    data = data,
    template = data$template,
    class = "em_mvn"
  )
}

with_terms <- function(parameters, terms) {
  names(parameters$mu) <- terms
  dimnames(parameters$sigma) <- list(terms, terms)
  parameters
}

# The core leaves out rows without any observed cell; NULL where it kept no patterns.
all_patterns <- function(found, empty, terms) {
  if (length(found) == 0) {
    return(NULL)
  }
  if (empty > 0) {
    found$observed <- rbind(found$observed, FALSE)
    found$count <- c(found$count, empty)
  }
  colnames(found$observed) <- terms
  found
}

# Log-likelihoods of the data as the user has them, not as they are modelled.
on_user_scale <- function(found, log_jacobian) {
  if (log_jacobian == 0) {
    return(found)
  }
  found$log_lik <- found$log_lik + log_jacobian
  found$objective <- found$objective + log_jacobian
  found$trace$objective <- found$trace$objective + log_jacobian
  found$saddles <- lapply(found$saddles, function(saddle) {
    saddle$objective <- saddle$objective + log_jacobian
    saddle
  })
  found
}

# What needs the rows is computed before they go. A callback may enclose them, and
# so may whatever was written into the call.
forget_data <- function(fit) {
  if (fit$df <= exact_information_limit) information(fit)
  fit$data <- NULL
  fit$weights <- NULL
  by_cell <- vapply(fit$bounds, is_by_cell, logical(1))
  fit$bounds[by_cell] <- lapply(fit$bounds[by_cell], function(bound) bound[0, , drop = FALSE])
  fit$control["callback"] <- list(NULL)
  arguments <- c("x", "data", "bounds", "weights", "starts", "control")
  for (argument in intersect(arguments, names(fit$call))) {
    given <- fit$call[[argument]]
    if (!is.symbol(given) && !rlang::is_call(given, "~")) {
      fit$call[[argument]] <- as.name(argument)
    }
  }
  fit
}
