# How sure proportions are: standard errors, and intervals that end at zero.

# list(std.error, pull, singular), samples x types; computed when first asked for.
proportion_errors <- function(fit) {
  if (is.null(fit$cache$errors)) {
    fit$cache$errors <- compute_errors(fit)
  }
  fit$cache$errors
}

compute_errors <- function(fit, data = fit$data) {
  if (is.null(data)) {
    abort_data(c(
      "The fit does not hold its bulk ({.code keep_data = FALSE}), and its errors were not asked
       for in time.",
      i = "Fit again with {.code keep_data = TRUE}."
    ), call = rlang::caller_env())
  }
  found <- deconvolve_errors_(
    core_bulk(data$values), data$rows, fit$reference$profiles, fit$family, fit$abundance,
    share_weights(fit$reference), fit$samples$scale, fit$control$n_threads
  )
  names <- dimnames(fit$abundance)
  dimnames(found$std.error) <- dimnames(found$pull) <- names
  found$singular <- as.logical(found$singular)
  found
}

# list(low, high), samples x types. A type at zero has a one-sided interval: up to where it would
# no longer be taken for absent.
proportion_limits <- function(fit, level) {
  errors <- proportion_errors(fit)
  p <- fit$parameters$proportions
  reach <- stats::qnorm((1 + level) / 2) * errors$std.error
  centre <- p + errors$pull
  list(low = pmax(centre - reach, 0), high = pmin(pmax(centre + reach, 0), 1))
}

#' @rdname em_fit-methods
#' @export
confint.em_deconvolve <- function(object, parm, level = 0.95, ...) {
  check_no_dots()
  check_level(level)
  limits <- proportion_limits(object, level)
  table <- cbind(as.vector(limits$low), as.vector(limits$high))
  tails <- c((1 - level) / 2, (1 + level) / 2)
  dimnames(table) <- list(
    names(coef(object)), paste(format(100 * tails, trim = TRUE, digits = 3), "%")
  )
  if (missing(parm)) table else pick_coefficients(table, parm)
}

#' @rdname em_fit-tidiers
#' @export
tidy.em_deconvolve <- function(x, conf.int = FALSE, # nolint: object_name_linter.
                               conf.level = 0.95, # nolint: object_name_linter.
                               ...) {
  check_no_dots()
  check_flag(conf.int)
  check_level(conf.level)
  p <- x$parameters$proportions
  table <- data.frame(
    term = names(coef(x)),
    sample = rep(rownames(p), ncol(p)), type = rep(colnames(p), each = nrow(p)),
    estimate = as.vector(p), std.error = as.vector(proportion_errors(x)$std.error)
  )
  if (conf.int) {
    limits <- proportion_limits(x, conf.level)
    table$conf.low <- as.vector(limits$low)
    table$conf.high <- as.vector(limits$high)
  }
  table
}
