# The directional derivative of a mixture's log-likelihood towards a normal component: its maximum
# over the mean of the component, the covariance held, and what follows from it.

one_more_limits <- list(
  candidates = 500L, # rows that are looked at as means, fewer where the data are large
  cells = 2e6, # rows times candidates
  climbs = 4L, # the best of them that are climbed from
  steps = 50L, # of each climb
  rounds = 15L, # components added until the bound is sharp
  sharp = 0.1, # log-likelihood units between what was reached and the bound
  weight_steps = 200L # of EM for the weights, each round
)

# `mean`, the place where the derivative is largest, its `log_derivative` and `log_ratio`,
# log(phi / f) of each row; `bound`; `weights` and `nobs` of the rows with an observed cell.
#
# Each round adds the component of the largest derivative to a mixture g that began as f. What was
# gained so far and n log(max D) at g bound what any such mixture gains over f.
steepest_component <- function(fit, covariance, rounds = one_more_limits$rounds) {
  view <- derivative_view(fit, covariance)
  places <- view$places()
  seen <- scaled_exp(view$log_ratios(places))
  columns <- view$own
  shares <- unname(fit$parameters$proportions)
  bound <- Inf
  for (round in seq_len(rounds)) {
    g <- drop(columns %*% shares)
    slopes <- log(crossprod(seen$exp, view$weights / g) / view$nobs) + seen$log_scale
    tops <- lapply(apart(slopes, places, covariance), function(i) {
      climb_derivative(view, places[i, ], log(g))
    })
    top <- tops[[which.max(vapply(tops, `[[`, numeric(1), "log_derivative"))]]
    if (round == 1) first <- top
    # The components that are in g are directions too, those of f whatever their share.
    held <- max(crossprod(columns, view$weights / g) / view$nobs)
    above <- view$nobs * max(top$log_derivative, log(held), 0)
    bound <- min(bound, sum(view$weights * log(g)) + above)
    if (above < one_more_limits$sharp || round == rounds) break
    columns <- cbind(columns, exp(pmin(top$log_ratio, 700)))
    shares <- best_shares(columns, c(shares * (1 - 1 / view$nobs), 1 / view$nobs), view$weights)
    used <- shares > 0 | seq_along(shares) <= ncol(view$own)
    columns <- columns[, used, drop = FALSE]
    shares <- shares[used]
  }
  c(first, list(bound = max(bound, 0)), view[c("weights", "nobs")])
}

# The steepest places, none within two standard deviations of another: most likely on other hills.
apart <- function(slopes, places, covariance) {
  white <- backsolve(chol(covariance), t(places), transpose = TRUE)
  chosen <- integer()
  for (i in seq_len(one_more_limits$climbs)) {
    if (all(slopes == -Inf)) break
    chosen[i] <- which.max(slopes)
    slopes[colSums((white - white[, chosen[i]])^2) < 4] <- -Inf
  }
  chosen
}

# Columns of exp(x), each divided by its largest.
scaled_exp <- function(x) {
  top <- apply(x, 2, max)
  list(exp = exp(x - rep(top, each = nrow(x))), log_scale = top)
}

# Proportions by EM.
best_shares <- function(columns, shares, weights) {
  for (step in seq_len(one_more_limits$weight_steps)) {
    shares <- shares * drop(crossprod(columns, weights / drop(columns %*% shares))) / sum(weights)
  }
  shares[shares < 1e-10] <- 0
  shares / sum(shares)
}

# The top of the hill of log D around a mean, by BFGS in standard deviations of the component.
# theta's own EM step leads to the mean of the rows weighted by phi / g, what is missing filled in;
# it is the gradient times the covariance. `log_g`: log(g / f).
climb_derivative <- function(view, mean, log_g = 0) {
  root <- chol(view$covariance)
  place <- function(z) mean + drop(crossprod(root, z))
  found <- stats::optim(
    numeric(length(mean)),
    function(z) -view$log_mean(view$log_ratio(place(z)) - log_g),
    function(z) {
      here <- place(z)
      -backsolve(root, view$step(here, view$log_ratio(here) - log_g) - here, transpose = TRUE)
    },
    method = "BFGS", control = list(maxit = one_more_limits$steps, reltol = 1e-10)
  )
  list(mean = place(found$par), log_ratio = view$log_ratio(place(found$par)),
    log_derivative = -found$value)
}

# The data of a fit as functions of the mean of a component with this covariance.
derivative_view <- function(fit, covariance) {
  y <- start_matrix(fit$data, seq_len(fit$n))
  weights <- if (is.null(fit$weights)) rep(1, fit$n) else fit$weights
  used <- rowSums(!is.na(y)) > 0 & weights > 0
  at_fit <- gmm_responsibilities_(fit$data$columns, fit$setup, lapply(fit$parameters, unname))
  log_f <- at_fit$log_lik[used]
  y <- y[used, , drop = FALSE]
  weights <- weights[used]
  groups <- observed_groups(y, covariance)
  log_phi <- function(means) {
    out <- matrix(0, nrow(y), nrow(means))
    for (group in groups) out[group$rows, ] <- group$log_phi(means)
    out
  }
  log_mean <- function(log_ratio) {
    top <- max(log_ratio)
    top + log(sum(weights * exp(log_ratio - top)) / sum(weights))
  }
  list(
    covariance = covariance,
    weights = weights,
    nobs = sum(weights),
    # Densities of the components of f, divided by that of f.
    own = sweep(at_fit$shares[used, , drop = FALSE], 2, fit$parameters$proportions, "/"),
    # Rows all over the data, what is missing filled in.
    places = function() {
      most <- min(one_more_limits$candidates, ceiling(one_more_limits$cells / nrow(y)), nrow(y))
      filled_in(y)[unique(round(seq(1, nrow(y), length.out = most))), , drop = FALSE]
    },
    log_ratios = function(means) log_phi(means) - log_f,
    log_ratio = function(mean) drop(log_phi(matrix(mean, 1))) - log_f,
    log_mean = log_mean,
    step = function(mean, log_ratio) {
      shares <- weights * exp(log_ratio - max(log_ratio))
      total <- 0
      for (group in groups) total <- total + group$weighted_sum(mean, shares[group$rows])
      total / sum(shares)
    }
  )
}

# Rows with the same cells observed: their log densities for means (one a row), and the sum of
# shares times rows, missing cells by their conditional means.
observed_groups <- function(y, covariance) {
  observed <- !is.na(y)
  key <- apply(observed, 1, function(row) paste(which(row), collapse = " "))
  lapply(unname(split(seq_len(nrow(y)), key)), function(rows) {
    seen <- observed[rows[1], ]
    root <- chol(covariance[seen, seen, drop = FALSE])
    slope <- backsolve(root, backsolve(root, covariance[seen, , drop = FALSE], transpose = TRUE))
    own <- y[rows, seen, drop = FALSE]
    centre <- colMeans(own)
    white <- backsolve(root, t(own) - centre, transpose = TRUE)
    constant <- -sum(log(diag(root))) - sum(seen) / 2 * log(2 * pi)
    list(
      rows = rows,
      log_phi = function(means) {
        at <- backsolve(root, t(means[, seen, drop = FALSE]) - centre, transpose = TRUE)
        distance <- outer(colSums(white^2), colSums(at^2), `+`) - 2 * crossprod(white, at)
        constant - pmax(distance, 0) / 2
      },
      # covariance[seen, ] has the observed cells too: these are filled by themselves.
      weighted_sum = function(mean, shares) {
        ahead <- colSums(shares * sweep(own, 2, mean[seen]))
        sum(shares) * mean + drop(ahead %*% slope)
      }
    )
  })
}
