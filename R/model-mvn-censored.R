# Censored cells in predictions of em_mvn(): as R/model-mvn-predict.R, but that such a
# cell follows a truncated normal.

# `found` with the latent cells of the rows that hold censored ones put right. New are,
# NA for cells that are not censored: `location` and `spread`, mean and standard
# deviation of the normal whose truncation to `lower` and `upper` the cell follows
# (where a row has several, to the accuracy of expectation propagation).
within_bounds <- function(found, fit, data, call) {
  bounded <- censored_predict_(
    data$columns, data$censored, fit$parameters$mu, fit$parameters$sigma
  )
  if (length(bounded) == 0) {
    abort_model(c(
      "The bounds of some cells are out of reach of the fitted distribution.",
      i = "Their probability is zero in double precision."
    ), call = call)
  }
  at <- match(cell_number(bounded, data$p), cell_number(found, data$p))
  found$mean[at] <- bounded$mean
  found$variance[at] <- bounded$variance
  found$location <- found$spread <- rep(NA_real_, length(found$row))
  found$location[at] <- bounded$location
  found$spread[at] <- bounded$spread
  found[c("lower", "upper")] <- bounds_of_cells(found, data)
  found$log_lik[bounded$rows] <- bounded$log_lik
  found
}

# Which of these cells are censored.
censored_among <- function(cells, at) {
  if (is.null(cells$lower)) integer() else which(!is.na(cells$lower[at]))
}

cell_quantile <- function(cells, at, u) {
  truncated_quantile(u, cells$location[at], cells$spread[at], cells$lower[at], cells$upper[at])
}

# On the modelled scale.
cell_medians <- function(cells, at) {
  median <- cells$mean[at]
  inside <- censored_among(cells, at)
  median[inside] <- cell_quantile(cells, at[inside], 0.5)
  median
}

# Mean or standard deviation on the user's scale.
cell_back <- function(cells, at, transform, what) {
  back <- if (what == "mean") back_mean else back_sd
  value <- back(cells$mean[at], cells$variance[at], transform)
  inside <- censored_among(cells, at)
  if (length(inside) > 0 && !is.null(transform)) {
    these <- at[inside]
    value[inside] <- truncated_back_moments(
      cells$location[these], cells$spread[these], cells$lower[these], cells$upper[these], transform
    )[[what]]
  }
  value
}

# The table of cells on the modelled scale, median and limits within the bounds.
limit_to_bounds <- function(table, cells, level) {
  inside <- censored_among(cells, seq_along(cells$row))
  if (length(inside) > 0) {
    table$estimate[inside] <- cell_quantile(cells, inside, 0.5)
    table$lower[inside] <- cell_quantile(cells, inside, (1 - level) / 2)
    table$upper[inside] <- cell_quantile(cells, inside, (1 + level) / 2)
  }
  table
}

# Rounding must not leave the bounds. Where no whole number lies within them a value stays as it
# was, in `drawn`. Bounds have been on the modelled scale, whose way back may miss a whole number
# by rounding.
whole_within_bounds <- function(value, drawn, cells, at, transform) {
  inside <- censored_among(cells, at)
  if (length(inside) == 0) {
    return(value)
  }
  these <- at[inside]
  lower <- back_median(cells$lower[these], transform)
  upper <- back_median(cells$upper[these], transform)
  lowest <- ceiling(lower - 1e-12 * abs(lower))
  highest <- floor(upper + 1e-12 * abs(upper))
  whole <- highest >= lowest
  limited <- pmin(pmax(as.double(value[inside]), lowest), highest)
  limited[!whole] <- drawn[inside][!whole]
  if (is.integer(value) && all(whole)) limited <- as.integer(limited)
  value[inside] <- limited
  value
}
