# Which component a row belongs to, and how dense the mixture is there.

#' Classify rows under a fitted Gaussian mixture
#'
#' @param object A fit by [em_gmm()].
#' @param newdata Rows with the variables of the fit, missing cells allowed; the data of the fit
#'   when absent. Rows that the fit has never seen are no trouble.
#' @param type `"class"`: the most probable component; `"posterior"`: the probability of each;
#'   `"density"`, `"log_density"`: of the observed cells of each row under the mixture.
#' @param ... Not used; anything here is an error.
#'
#' @return `"class"`: a factor with one element for each row, levels `"1"` to k and `"noise"`.
#' `"posterior"`: a matrix, one row a case, one column a component; rows sum to one. A row without
#' any observed cell has the proportions. `"density"`, `"log_density"`: a number for each row, on
#' the scale of the data (with the Jacobian of a transform); 1 and 0 for a row without any
#' observed cell.
#'
#' @section Errors:
#' `missmix_error_data`: `newdata` lacks a variable or has unusable cells (also cells about 1e150
#' standard deviations out: no distance from a component can be told there), or the fit does not
#' hold its data.
#' @export
#' @examples
#' fit <- em_gmm(faithful, k = 2, starts = em_starts(5, seed = 1))
#' table(predict(fit))
#' predict(fit, data.frame(eruptions = c(2, 4), waiting = c(NA, 80)), type = "posterior")
predict.em_gmm <- function(object, newdata = NULL,
                           type = c("class", "posterior", "density", "log_density"), ...) {
  check_no_dots()
  if (missing(type)) type <- "class"
  check_choice(type, c("class", "posterior", "density", "log_density"))
  newdata <- as_rows(object, newdata)
  found <- if (NROW(newdata) == 0 && !is.null(newdata)) {
    no_shares(object)
  } else {
    gmm_shares(object, data_for(object, newdata))
  }
  switch(type,
    class = most_probable(found$shares),
    posterior = found$shares,
    density = exp(found$log_density),
    log_density = found$log_density
  )
}

# A plain vector stands for rows of a single variable.
as_rows <- function(fit, newdata) {
  if (is.numeric(newdata) && is.null(dim(newdata)) && length(fit$variables) == 1) {
    return(matrix(newdata, ncol = 1, dimnames = list(NULL, fit$variables)))
  }
  newdata
}

no_shares <- function(fit) {
  parts <- names(fit$parameters$proportions)
  list(shares = matrix(0, 0, length(parts), dimnames = list(NULL, parts)), log_density = numeric())
}

most_probable <- function(shares) {
  factor(max.col(shares, "first"), seq_len(ncol(shares)), colnames(shares))
}

# Responsibilities (matrix, named columns) and log densities of rows.
gmm_shares <- function(fit, data, call = rlang::caller_env()) {
  found <- gmm_responsibilities_(data$columns, fit$setup, lapply(fit$parameters, unname))
  check_bad_cells(found$bad, data, call)
  check_within_reach(found$log_lik, fit, data, call)
  dimnames(found$shares) <- list(data$row_names, names(fit$parameters$proportions))
  list(
    shares = found$shares,
    log_density = stats::setNames(found$log_lik + row_log_jacobian(data), data$row_names)
  )
}

check_bad_cells <- function(bad, data, call) {
  if (length(bad) > 0) {
    abort_bad_cells(data, bad[["row"]], bad[["column"]], call = call)
  }
}

# Where squared distances overflow, the core has the same for all components: as if the row could be
# of any. Noise is not further away there than elsewhere.
check_within_reach <- function(log_lik, fit, data, call) {
  row <- which(!(log_lik > -1e299))[1]
  if (!is.na(row)) {
    away <- abs(drop(start_matrix(data, row)) - fit$setup$centre) / fit$setup$scale
    abort_out_of_reach(data, row, which.max(away), call = call)
  }
}

#' @rdname em_fit-tidiers
#' @export
augment.em_gmm <- function(x, data = NULL, ...) {
  check_no_dots()
  rows <- if (is.null(data)) data_for(x, NULL) else data_for(x, as_rows(x, data))
  found <- gmm_shares(x, rows)
  out <- rows$source
  if (is.matrix(out)) out <- as.data.frame(out)
  out$.n_missing <- as.integer(rowSums(is.na(start_matrix(rows, seq_len(rows$n)))))
  out$.class <- most_probable(found$shares)
  out$.uncertainty <- 1 - apply(found$shares, 1, max)
  for (component in colnames(found$shares)) {
    out[[paste0(".posterior_", component)]] <- unname(found$shares[, component])
  }
  out$.log_lik <- unname(found$log_density)
  as_valid_table(out)
}

#' Simulate data from a fitted Gaussian mixture
#'
#' @param object A fit by [em_gmm()].
#' @inheritParams simulate.em_mvn
#' @return As [simulate.em_mvn()]; each data set carries the attribute `component`, the number of
#'   the component that each row was drawn from (k + 1 for the noise).
#' @export
#' @examples
#' fit <- em_gmm(faithful, k = 2, starts = em_starts(5, seed = 1))
#' head(simulate(fit, seed = 1)[[1]])
simulate.em_gmm <- function(object, nsim = 1, seed = NULL, keep_missing = FALSE, ...) {
  check_no_dots()
  simulate_sets(object, nsim, seed, keep_missing, function() {
    simulate_mixture(object, keep_missing)
  })
}

simulate_mixture <- function(fit, keep_missing) {
  parameters <- fit$parameters
  p <- length(fit$terms)
  k <- nrow(parameters$means)
  component <- sample.int(length(parameters$proportions), fit$n, replace = TRUE,
    prob = parameters$proportions)
  y <- matrix(stats::rnorm(fit$n * p), fit$n, p)
  for (c in seq_len(k)) {
    own <- which(component == c)
    root <- covariance_root(matrix(parameters$covariances[, , c], p))
    y[own, ] <- sweep(y[own, , drop = FALSE] %*% root, 2, parameters$means[c, ], "+")
  }
  noise <- which(component > k)
  box <- cbind(fit$setup$lowest, fit$setup$highest) * fit$setup$scale + fit$setup$centre
  for (j in seq_len(p)) y[noise, j] <- stats::runif(length(noise), box[j, 1], box[j, 2])
  structure(on_data_scale(fit, y, keep_missing), component = component)
}
