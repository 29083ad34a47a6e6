# What the modes that were found say about those that were not, and how well the starts on the
# chosen one agree.

# Each start of these methods is drawn from one distribution, independently of the others.
drawn_alike <- c("random", "partition", "kmeans++", "perturb")

unseen_modes <- function(fit, modes, table) {
  runs <- fit$runs$table
  unknown <- function(reason, method = NA_character_) {
    list(method = method, starts = NA_integer_, modes = NA_integer_, once = NA_integer_,
      expected = NA_real_, chance = NA_real_, reason = reason)
  }
  random <- runs$method %in% drawn_alike
  if (!any(random)) {
    return(unknown("no start was drawn at random"))
  }
  # Those climbed to the end after short runs are the most promising, not a sample.
  whole <- tapply(runs$finished, runs$method, all)
  counts <- sort(table(runs$method[random & runs$method %in% names(which(whole))]),
    decreasing = TRUE)
  if (length(counts) == 0) {
    return(unknown("the starts that were climbed to the end are not a random sample of all"))
  }
  method <- names(counts)[1]
  # A climb that collapsed or failed has found no mode.
  real <- !table$degenerate & !table$status %in% failures
  found <- modes[runs$method == method & !is.na(modes)]
  hits <- tabulate(found[real[found]], nrow(table))
  n <- sum(hits)
  w <- sum(hits > 0)
  heights <- sort(table$objective[hits > 0])
  if (any(diff(heights) < mode_limits$equal)) {
    return(unknown("some modes are equally high, and may be one", method))
  }
  if (n <= w + 2) {
    return(unknown(sprintf("%d %s on %d %s %s too few", n, plural(n, "start"), w,
      plural(w, "mode"), plural(n, "is", "are")), method))
  }
  list(
    method = method, starts = n, modes = w, once = sum(hits == 1),
    expected = expected_unseen(n, w), chance = sum(hits == 1) / n, reason = NULL
  )
}

# Posterior expectation of the number of modes not yet seen (Boender and Rinnooy Kan 1987): all
# numbers of modes, and all divisions of the starting points among them, are equally likely
# beforehand.
expected_unseen <- function(n, w) w * (n - 1) / (n - w - 2) - w

# The largest difference of any coefficient between starts on the chosen mode.
agreement <- function(fit, modes, wanted = NULL) {
  starts <- which(modes == modes[fit$runs$chosen])
  unknown <- function(reason) {
    list(distance = NA_real_, coefficient = NA_character_, starts = length(starts),
      reason = reason)
  }
  if (length(starts) < 2) {
    return(unknown("the chosen mode was found once"))
  }
  if (is.null(wanted)) wanted <- information_is_cheap(fit)
  if (!wanted) {
    return(unknown("standard errors were not asked for"))
  }
  errors <- standard_errors(coefficient_covariance(fit))
  known <- is.finite(errors) & errors > 0
  if (!any(known)) {
    return(unknown(information(fit)$reason))
  }
  coefficients <- vapply(fit$runs$parameters[starts], function(parameters) {
    coefficients_at(fit, relabel_parameters(fit, parameters, fit$parameters))
  }, errors)
  coefficients <- matrix(coefficients, length(errors))
  ranges <- apply(coefficients, 1, function(x) diff(range(x)))[known] / errors[known]
  largest <- which.max(ranges)
  list(
    distance = ranges[[largest]], coefficient = names(errors)[known][largest],
    starts = length(starts), reason = NULL
  )
}
