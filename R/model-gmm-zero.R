# Components of a Gaussian mixture without weight: EM multiplies a weight by a factor, so that it
# cannot move one from zero. They leave the mixture before a climb, and after it each is tested:
# `fit$dropped` has the words of zero_weights.R, `fit$zeros` what is needed to bring them back,
# list(means, covariances, noise).

# Weights below it, and below a hundredth of a row, say nothing about their component.
vanished_below <- function(nobs) min(1e-6, 0.01 / nobs)

# What gmm_starts() made of a single start, without the components that have no weight there.
without_zeros <- function(begin, call) {
  start <- begin$starts[[1]]
  if (!is.list(start) || all(start$proportions > 0)) {
    return(begin)
  }
  parts <- parted(start, start$proportions > 0, begin$setup)
  if (parts$setup$k == 0) {
    abort_argument("The proportions in {.arg starts} are zero but for the noise.", call = call)
  }
  begin$starts[[1]] <- parts$kept
  begin[c("setup", "zeros")] <- parts[c("setup", "zeros")]
  begin
}

# Among many starts all must have the same components.
check_no_zeros <- function(starts, call) {
  starts <- Filter(is.list, starts)
  if (any(unlist(lapply(starts, `[[`, "proportions")) == 0)) {
    abort_argument(c(
      "Proportions in {.field include} of {.fn em_starts} must be above zero.",
      i = "Only a single start may hold components without weight."
    ), call = call)
  }
}

# Parameters in two: the components to be kept, and those without weight. `stays`: one flag for
# each proportion, the noise last.
parted <- function(parameters, stays, setup) {
  p <- ncol(parameters$means)
  components <- stays[seq_len(setup$k)]
  proportions <- unname(parameters$proportions)[stays]
  pick <- function(which) {
    list(
      means = unname(parameters$means)[which, , drop = FALSE],
      covariances = array(unname(parameters$covariances)[, , which], c(p, p, sum(which)))
    )
  }
  zeros <- c(pick(!components), noise = setup$noise && !stays[setup$k + 1])
  setup$k <- sum(components)
  setup$noise <- setup$noise && !zeros$noise
  list(
    kept = c(list(proportions = proportions / sum(proportions)), pick(components)),
    zeros = zeros, setup = setup
  )
}

# Components without weight from two places as one.
joined_zeros <- function(zeros, more) {
  if (is.null(zeros) || is.null(more)) {
    return(c(zeros, more))
  }
  p <- ncol(zeros$means)
  covariances <- c(zeros$covariances, more$covariances)
  list(
    means = rbind(zeros$means, more$means),
    covariances = array(covariances, c(p, p, length(covariances) / p^2)),
    noise = zeros$noise || more$noise
  )
}

# Parameters with the components of `zeros` behind the others, at `weights` (one for each and one
# for their noise); the others make room.
with_zeros <- function(parameters, zeros, weights = 0) {
  p <- ncol(parameters$means)
  k <- nrow(parameters$means)
  gone <- nrow(zeros$means)
  weights <- rep_len(weights, gone + zeros$noise)
  own <- unname(parameters$proportions) * (1 - sum(weights))
  list(
    proportions = c(own[seq_len(k)], weights[seq_len(gone)], own[-seq_len(k)],
      utils::tail(weights, as.integer(zeros$noise))),
    means = rbind(unname(parameters$means), zeros$means),
    covariances = array(c(parameters$covariances, zeros$covariances), c(p, p, k + gone))
  )
}

# Of a fit, with all components that were asked for.
whole_parameters <- function(fit) {
  if (is.null(fit$zeros)) fit$parameters else with_zeros(fit$parameters, fit$zeros)
}

# What the core needs to know with or without some components.
gmm_setup_of <- function(fit, k = fit$setup$k, noise = fit$setup$noise) {
  setup <- fit$setup[c("k", "family", "noise", "prior")]
  setup[c("k", "noise")] <- list(as.integer(k), noise)
  setup
}

# Climbs from one place with the setup given: a fit.
gmm_refit <- function(fit, parameters, setup) {
  begin <- begin_with(setup, list(parameters), "given")
  found <- gmm_run(fit$data, begin, fit$control)
  new_gmm_fit(found, begin, fit$data, fit$prior, fit$control, fit$call)
}

# The fit with `dropped`: `zeros` that its start had, and components that lost their weight on
# the way, the others climbed on without them.
test_gmm_zeros <- function(fit, zeros) {
  runs <- fit$runs
  while (any(gone <- are_vanished(fit))) {
    parts <- parted(fit$parameters, !gone, fit$setup)
    rest <- gmm_refit(fit, parts$kept, gmm_setup_of(fit, parts$setup$k, parts$setup$noise))
    fit <- journey(fit, rest)
    zeros <- joined_zeros(zeros, parts$zeros)
  }
  if (is.null(zeros)) {
    return(fit)
  }
  fit$zeros <- zeros
  fit$dropped <- data.frame(
    block = "proportions",
    element = c(as.character(fit$k + seq_len(nrow(zeros$means))), if (zeros$noise) "noise"),
    derivative = zero_derivatives(fit)
  )
  fit$passes_check <- fit$passes_check + 1L
  recorded(fit, runs)
}

# One flag for each proportion. A climb also ends as degenerate where a component has no row left
# that belongs to it, whatever its weight was before.
are_vanished <- function(fit) {
  rows <- fit$parameters$proportions * fit$nobs
  limit <- vanished_below(fit$nobs) * fit$nobs
  if (fit$status == "degenerate") {
    rows <- expected_rows(fit)
    limit <- 1e-8
  }
  if (fit$status %in% c("decreased", "stopped") || !all(is.finite(rows))) {
    return(FALSE)
  }
  gone <- unname(rows) < limit
  gone & !all(gone[seq_len(fit$k)])
}

expected_rows <- function(fit) {
  tryCatch(
    gmm_point_(fit$data$columns, fit$weights, fit$setup, lapply(fit$parameters, unname))$n,
    error = function(cnd) NA_real_
  )
}

# A fit that went on from one of many starts, with the record of these.
recorded <- function(fit, runs) {
  fit$message <- status_words(fit)
  if (is.null(runs)) {
    return(fit)
  }
  chosen <- runs$chosen
  fit$trace$start[] <- chosen
  fields <- c("objective", "log_lik", "status", "gap", "passes")
  runs$table[chosen, fields] <- fit[fields]
  whole <- name_components(whole_parameters(fit), fit$terms)
  runs$table$smallest_weight[chosen] <- min(component_weights(whole))
  runs$table$thin[chosen] <- isTRUE(fit$thin)
  runs$parameters[[chosen]] <- whole
  runs$trace[[chosen]] <- as.data.frame(fit$trace)
  fit$runs <- runs
  fit
}

# By what factor one EM step multiplies the weight of each component from next to nothing: the
# mean of its density over that of the mixture (rows without any observed cell say nothing).
zero_derivatives <- function(fit) {
  zeros <- fit$zeros
  gone <- nrow(zeros$means) + zeros$noise
  tiny <- with_zeros(fit$parameters, zeros, zero_limits$test)
  setup <- fit$setup
  setup$k <- as.integer(fit$k + nrow(zeros$means))
  setup$noise <- setup$noise || zeros$noise
  shares <- gmm_responsibilities_(fit$data$columns, setup, tiny)$shares
  tested <- c(fit$k + seq_len(nrow(zeros$means)), if (zeros$noise) setup$k + 1L)
  weights <- if (is.null(fit$weights)) rep(1, fit$n) else fit$weights
  weights <- weights * (rowSums(!is.na(start_matrix(fit$data, seq_len(fit$n)))) > 0)
  factor <- colSums(weights * shares[, tested, drop = FALSE]) / sum(weights) / zero_limits$test
  ifelse(is.finite(factor), factor, NA_real_)[seq_len(gone)]
}

# Restarts components that would rise, the steepest first, each from a few small weights; the
# highest sound end is kept if it lies above.
revived <- function(fit) {
  for (round in seq_len(NROW(fit$dropped))) {
    rising <- rising_component(fit)
    if (length(rising) == 0) break
    climbs <- lapply(unique(c(0.01, 0.1, 1 / (fit$k + 1))), revived_from, fit = fit, at = rising)
    passes <- vapply(climbs, function(climb) climb$passes + climb$passes_check, numeric(1))
    spent <- fit$passes + fit$passes_check + sum(passes)
    objective <- vapply(climbs, function(climb) {
      if (climb$status %in% failures || isTRUE(climb$thin)) -Inf else climb$objective
    }, numeric(1))
    best <- which.max(objective)
    if (!isTRUE(objective[best] > fit$objective + fit$gap_limit)) {
      fit$passes_check <- as.integer(spent - fit$passes)
      break
    }
    before <- fit
    fit <- recorded(climbs[[best]], before$runs)
    fit$passes_check <- as.integer(spent - fit$passes)
    fit$revived <- rbind(before$revived, data.frame(
      before$dropped[rising, ],
      weight = fit$from_weight, gain = fit$objective - before$objective, row.names = NULL
    ))
  }
  fit$from_weight <- NULL
  fit
}

# Number of the row of `dropped` that rises most steeply, if any does.
rising_component <- function(fit) {
  rises <- fit$dropped$derivative > 1 + derivative_slack(fit$gap, fit$nobs)
  rising <- which(rises %in% TRUE)
  rising[which.max(fit$dropped$derivative[rising])]
}

revived_from <- function(fit, at, weight) {
  zeros <- fit$zeros
  noise <- at > nrow(zeros$means)
  one <- list(
    means = zeros$means[if (noise) 0 else at, , drop = FALSE],
    covariances = zeros$covariances[, , if (noise) 0 else at, drop = FALSE], noise = noise
  )
  setup <- gmm_setup_of(fit, fit$k + !noise, fit$setup$noise || noise)
  climb <- gmm_refit(fit, with_zeros(fit$parameters, one, weight), setup)
  if (noise) {
    zeros$noise <- FALSE
  } else {
    zeros$means <- zeros$means[-at, , drop = FALSE]
    zeros$covariances <- zeros$covariances[, , -at, drop = FALSE]
  }
  climb$from_weight <- weight
  test_gmm_zeros(climb, if (nrow(zeros$means) + zeros$noise > 0) zeros)
}
