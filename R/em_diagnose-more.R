# The check of em_diagnose() on one more component; NULL for other models, and where it costs time.

# Rows times components times variables, about 0.2 s.
one_more_is_cheap <- function(fit) {
  inherits(fit, "em_gmm") && !is.null(fit$data) && !fit$status %in% c(failures, "stopped") &&
    fit$n <= 1000 && as.double(fit$n) * fit$k * length(fit$terms) <= 5000
}

# What could be gained with everything else held says little where components are too wide: so one
# more component is tried, and only what it really gained is held against the fit.
judge_one_more <- function(fit) {
  if (!one_more_is_cheap(fit)) {
    return(NULL)
  }
  more <- em_one_more(fit)
  narrow <- one_more(fit, "floor", held_covariance(fit, "floor"), rounds = 1L)
  larger <- climb_with_one_more(fit, list(more$start, narrow$start))
  sound <- is.null(unusable(larger, fit, fit$k + 1L))
  gain <- if (sound) larger$log_lik - fit$log_lik else NA_real_
  charge <- number_text(more$cost)
  if (isTRUE(gain > more$cost)) {
    return(finding("one more component", "caution", gain, "One more component raises the",
      " log-likelihood by ", number_text(gain), ", more than the ", charge, " that BIC charges for",
      " it: em_select() compares, em_lrt(fit) tests."))
  }
  finding("one more component", "pass", gain, if (sound) {
    sprintf("One more component was tried and gained %s; BIC charges %s.",
      number_text(max(gain, 0)), charge)
  } else {
    "One more component was tried and led to no sound mode."
  }, " ", one_more_words(more, charged = FALSE))
}

# Also from the components of the fit split in two.
climb_with_one_more <- function(fit, starts) {
  starts <- c(starts, neighbour_starts(fit, fit$k + 1L))
  begin <- begin_with(gmm_setup_of(fit, fit$k + 1L), starts, rep("given", length(starts)))
  begin$options$keep <- length(starts)
  begin$spec <- em_starts(length(starts))
  fit$control$verbose <- 0L
  fit$control["callback"] <- list(NULL)
  found <- gmm_run(fit$data, begin, fit$control)
  new_gmm_fit(found, begin, fit$data, fit$prior, fit$control, fit$call)
}
