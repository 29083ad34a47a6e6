# What the cells of a reference add to the errors of proportions: the deconvolution again with the
# profiles of other cells. See design/11-errors-of-cells.md.

# Of fewer replicates, after an interrupt, no variance is told.
least_redraws <- 5L

# Profiles are refined to within about a log-likelihood unit: that moves proportions by a fiftieth
# of what replicates differ by, and saves a sixth of the time.
redraw_tol <- 1

has_redraws <- function(fit) !is.null(fit$reference$replicates)

redraws_of <- function(fit) dim(fit$reference$replicates$values)[3]

# What was done about errors of the reference: "none", "steadied" or "refined".
reference_mode <- function(fit) fit$choices$value[fit$choices$choice == "reference_error"]

# Errors as the sandwich has them, with what the reference adds; `shared`: its covariances of all
# these proportions; `complete`: are there as many replicates as there should be?
add_redrawn <- function(found, fit, samples, covariance, call) {
  found$complete <- TRUE
  if (!has_redraws(fit)) {
    return(found)
  }
  drawn <- redrawn_variance(fit, samples, covariance)
  found$complete <- drawn$done == redraws_of(fit)
  total <- found$std.error^2 + drawn$variance
  found$degrees <- (total / drawn$variance)^2 *
    redrawn_degrees(fit$reference, fit$parameters$proportions[samples, , drop = FALSE], drawn$done)
  # Replicates that do not differ, as of one type, leave the sandwich's.
  found$degrees[is.nan(found$degrees)] <- Inf
  found$std.error <- sqrt(total)
  found$shared <- drawn$covariance
  if (!found$complete) warn_of_redraws(drawn$done, redraws_of(fit), call)
  found
}

# Degrees of freedom of the variances over replicates, samples x types, as Satterthwaite (1946) has
# them: three subjects know little of how subjects differ, and of that the mRNA of a type moves
# its own proportion p_k by about p_k (1 - p_k) and by p_k p_l where it is that of type l. So many
# replicates do not tell a variance exactly either.
redrawn_degrees <- function(reference, p, replicates) {
  drawn <- as.double(reference$cells)
  subjects <- as.double(reference$subjects)
  if (length(subjects) > 0) {
    enough <- subjects >= redraw_subjects
    drawn[enough] <- subjects[enough]
  }
  own <- drawn - 1
  own[drawn == 1] <- sum(own)
  others <- p^2
  weight <- (1 - p)^2
  first <- weight + rowSums(others) - others
  inverse <- rep(1 / own, each = nrow(p))
  second <- weight^2 * inverse + rowSums(others^2 * inverse) - others^2 * inverse
  1 / (second / first^2 + 1 / max(replicates, 1))
}

warn_of_redraws <- function(done, of, call) {
  enough <- done >= least_redraws
  warn_convergence(c(
    "Stopped when {done} of {of} replicates of the reference had been fitted.",
    i = if (enough) "Standard errors rest on these." else {
      "Standard errors are {.val {NA}}: they take at least {least_redraws}."
    }
  ), call = call)
}

# list(variance, covariance, done): mean squares over the replicates, samples x types; mean products
# of all these proportions, also of different samples: they share the reference. About the fit, not
# about the mean of the replicates: where types are alike, errors of the profiles move proportions
# in a direction, and replicates then lie off the fit as the fit lies off the truth.
redrawn_variance <- function(fit, samples, covariance) {
  p <- fit$parameters$proportions[samples, , drop = FALSE]
  count <- square <- array(0, dim(p), dimnames(p))
  kept <- list()
  done <- 0L
  control <- quiet_control(fit$control)
  until <- deadline(control)
  n <- redraws_of(fit)
  told <- starts_bar(fit$control, "Replicates of the reference", n)
  tryCatch(for (b in seq_len(n)) {
    shares <- redrawn_shares(fit, b, samples, until_then(control, until))
    if (is.null(shares)) break
    off <- shares - p
    known <- is.finite(off)
    off[!known] <- 0
    count <- count + known
    square <- square + off^2
    # Types at zero have no covariances.
    if (covariance) kept[[b]] <- as.vector(off * (p > 0 & known))
    done <- b
    told(done)
  }, interrupt = function(cnd) NULL)
  count[count < least_redraws] <- NA
  list(
    variance = square / count, done = done,
    covariance = if (covariance) products_over(kept, length(p))
  )
}

products_over <- function(kept, n) {
  if (length(kept) < least_redraws) {
    return(matrix(NA_real_, n, n))
  }
  off <- do.call(rbind, kept)
  off[is.na(off)] <- 0
  crossprod(off) / nrow(off)
}

# Proportions of some samples with the profiles of replicate `b`, the genes of each family as the
# fit learnt them; NULL if that was interrupted.
redrawn_shares <- function(fit, b, samples, control) {
  reference <- redrawn_profiles(fit, b, control)
  if (is.null(reference)) {
    return(NULL)
  }
  problem <- held_problem(fit, held_values(fit, samples), fit$data$rows)
  problem$samples <- problem$samples[samples]
  problem$reference <- reference
  shares <- 0
  for (member in fit$members) {
    found <- solve_samples(problem, member$family, control, fit$prior)
    if (any(found$status == "stopped")) {
      return(NULL)
    }
    shares <- shares + proportions_of(found$abundance, reference, member$family$power)
  }
  shares / length(fit$members)
}

# The reference of replicate `b`, steadied or refined where that of the fit was: from all samples,
# and kept, as other samples may be asked for.
redrawn_profiles <- function(fit, b, control) {
  reference <- reference_replicate(fit$reference, b)
  mode <- reference_mode(fit)
  if (mode == "none") {
    return(reference)
  }
  kept <- fit$cache$redrawn[[as.character(b)]]
  if (is.null(kept)) {
    problem <- held_problem(fit, fit$data$values, fit$data$rows)
    problem$reference <- reference
    control$tol <- max(control$tol, redraw_tol)
    made <- steadied_profiles(problem, control)
    if (mode == "refined") {
      made <- refined_profiles(problem, made, control)
      if (is.null(made) || made$status == "stopped") {
        return(NULL)
      }
    }
    kept <- made$reference$profiles
    fit$cache$redrawn[[as.character(b)]] <- kept
  }
  reference$profiles <- kept
  reference
}
