# A fit that did not arrive says so at once, in a classed warning.

warn_of_status <- function(fit, call = rlang::caller_env()) {
  words <- fit$message
  switch(fit$status,
    converged = if (isTRUE(fit$constant)) warn_convergence("{words}", call = call),
    degenerate = warn_of_degenerate(fit, words, call),
    decreased = warn_convergence(c(
      "{words}",
      i = "A correct EM step cannot do that: {.fn em_check_model} tests a model of your own."
    ), call = call),
    warn_convergence("{words}", call = call)
  )
  invisible(fit)
}

warn_of_degenerate <- function(fit, words, call) {
  direction <- combination_words(correlation_spectrum(fit)$direction)
  strength <- ridge_suggestion(fit$nobs)
  warn_degenerate(c(
    "{words}",
    x = "{direction} has almost no variance.",
    i = "Leave out one of these, or use {.code prior = em_prior_ridge({strength})}."
  ), call = call)
}

# One pseudo-observation for every hundred rows, as Amelia advises to start with; `least` where
# something asks for more.
ridge_suggestion <- function(nobs, least = 1) {
  format(max(least, ceiling(0.01 * nobs)), scientific = FALSE)
}

# More than the fit has, and enough for its posterior to exist.
stronger_ridge <- function(fit) {
  enough <- length(fit$terms) - floor(fit$nobs) + 2
  ridge_suggestion(fit$nobs, max(1, 2 * fit$prior$strength, enough))
}
