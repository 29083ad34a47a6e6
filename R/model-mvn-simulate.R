# Drawing data sets from a fitted multivariate normal.

#' Simulate data from a fitted multivariate normal
#'
#' Draws whole data sets from the fitted distribution: for parametric bootstrap,
#' for checks of the model against the data, for planning.
#'
#' @details
#' With `keep_missing = TRUE` a column with bounds ([em_mvn()]'s `bounds`) has `NA` where the drawn
#' value lies within them. Where bounds were given cell by cell that is refused
#' (`missmix_error_model`): nobody knows which drawn values would have been measured.
#'
#' @param object A fit by [em_mvn()].
#' @param nsim How many data sets.
#' @param seed `NULL` to go on with R's generator as it stands, or a number for
#'   [set.seed()]; the generator is then put back to where it was.
#' @param keep_missing Put `NA` where the data of the fit have it? `FALSE` gives
#'   complete data.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of `nsim` data sets, `sim_1`, `sim_2` and so on, with as many rows
#'   as the data of the fit, the modelled columns on the scale of the data, of the
#'   same class. Integer columns become double. Parameters are taken as known. The
#'   attribute `seed` is that of [stats::simulate()]: `seed` with the kind of
#'   generator, or the state of the generator before the first draw.
#' @export
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol")], transform = c(bili = "log"))
#' sets <- simulate(fit, 2, seed = 1)
#' head(sets[[1]])
simulate.em_mvn <- function(object, nsim = 1, seed = NULL, keep_missing = FALSE, ...) {
  check_no_dots()
  if (isTRUE(keep_missing)) bounds_for_new_rows(object, rlang::current_env())
  root <- covariance_root(object$parameters$sigma)
  simulate_sets(object, nsim, seed, keep_missing, function() {
    simulate_once(object, root, keep_missing)
  })
}

# `draw()` for each of the data sets, under a seed if there is one.
simulate_sets <- function(fit, nsim, seed, keep_missing, draw, call = rlang::caller_env()) {
  check_count(nsim, call = call)
  check_flag(keep_missing, call = call)
  if (keep_missing && is.null(fit$data)) {
    abort_data("The fit does not hold its data: where cells are missing is not known.",
      call = call
    )
  }
  state <- seeded(seed, call)
  if (!is.null(seed)) on.exit(assign(".Random.seed", state$before, envir = globalenv()))
  sets <- lapply(seq_len(nsim), function(k) draw())
  structure(sets, names = sprintf("sim_%d", seq_len(nsim)), seed = state$seed)
}

# Sets the seed if there is one. The state of the generator before that, and what
# stats::simulate() keeps as the attribute "seed".
seeded <- function(seed, call = rlang::caller_env()) {
  if (!is.null(seed)) check_number(seed, call = call)
  if (!exists(".Random.seed", globalenv(), inherits = FALSE)) stats::runif(1)
  before <- get(".Random.seed", globalenv(), inherits = FALSE)
  if (is.null(seed)) {
    return(list(before = before, seed = before))
  }
  set.seed(seed)
  list(before = before, seed = structure(seed, kind = as.list(RNGkind())))
}

# The Cholesky factor, or a square root that a singular covariance has too.
covariance_root <- function(sigma) {
  factor <- tryCatch(chol(sigma), error = function(cnd) NULL)
  if (!is.null(factor)) {
    return(factor)
  }
  parts <- eigen(sigma, symmetric = TRUE)
  t(parts$vectors) * sqrt(pmax(parts$values, 0))
}

simulate_once <- function(fit, root, keep_missing) {
  p <- length(fit$terms)
  y <- matrix(stats::rnorm(fit$n * p), fit$n, p) %*% root
  on_data_scale(fit, sweep(y, 2, fit$parameters$mu, "+"), keep_missing)
}

# Simulated values on the modelled scale as a data set like that of the fit.
on_data_scale <- function(fit, y, keep_missing) {
  colnames(y) <- fit$variables
  lost <- if (keep_missing) missing_as_in_data(fit, y)
  for (variable in names(fit$transform)) {
    y[, variable] <- transform_inverse(y[, variable], fit$transform[[variable]])
  }
  if (keep_missing) y[lost] <- NA
  like_template(y, fit$template, fit$data$row_names)
}

# Where the data have it, but for a variable with bounds: there the values within the bounds are
# those that were not measured.
missing_as_in_data <- function(fit, y) {
  lost <- array(FALSE, dim(y))
  for (j in seq_along(fit$variables)) {
    bound <- fit$bounds[[fit$variables[j]]]
    lost[, j] <- if (is.null(bound)) {
      is.na(data_column(fit$data, j))
    } else {
      limits <- modelled_bounds(bound[1], bound[2], transform_of(fit, fit$variables[j]))
      y[, j] > limits$lower & y[, j] < limits$upper
    }
  }
  lost
}

data_column <- function(data, j) {
  if (is.matrix(data$columns)) data$columns[, j] else data$columns[[j]]
}

# A matrix of modelled columns in the class of the user's data.
like_template <- function(y, template, row_names) {
  if (is.matrix(template)) {
    rownames(y) <- row_names
    return(y)
  }
  out <- as.data.frame(y, optional = TRUE)
  if (!is.null(row_names)) attr(out, "row.names") <- row_names
  class(out) <- class(template)
  as_valid_table(out)
}
