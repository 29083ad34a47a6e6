#' Can one more component help, and by at most how much?
#'
#' Looks at a fitted mixture from every place where a further component could be: how steeply would
#' the log-likelihood rise, how much would such a component bring at least, and how much could any
#' number of them bring at most?
#'
#' @details
#' Let f be the fitted density and phi that of a normal component with mean theta and a covariance
#' that is held. Mixing a little of phi into f changes the mean log-likelihood at the rate D - 1,
#' where **D(theta) is the mean of phi(y; theta) / f(y)** over the rows (weighted; missing cells:
#' densities of the observed ones; noise is part of f). It is also the factor by which one EM step
#' multiplies a tiny weight of the new component. D is maximised over theta: it is looked at with
#' theta at each row (of large data at some of them), and from the best places it is climbed. The
#' gradient of log D is the step from theta to the mean of the rows weighted by phi / f, in units of
#' the covariance. The maximum is the highest that these climbs find.
#'
#' *The bound.* Let g be any mixture of f, of its components in other proportions, and of any number
#' of further components with the covariance held. Because the logarithm is concave, its gain is
#' sum log(g / f) <= n log(mean(g / f)), and mean(g / f) is an average of values of D: of one for f
#' and, where its proportions are at their maximum, for each component of f; of at most max D for
#' the others. So the gain is at most n log(max D), which is at most n (max D - 1), n being the
#' (weighted) number of rows (Lindsay 1983; Boehning 1985). If max D is one, no such component can
#' help. A single outlying row makes this a poor bound: D is large there, though not much is to be
#' gained. So the component is added and the proportions are fitted again; what was gained by
#' then, and n log(max D) at the mixture reached, is a bound as well, and a better one; up to
#' `r one_more_limits$rounds` components are added until it is sharp to
#' `r one_more_limits$sharp`.
#'
#' What the bound does not cover are changes of the means and covariances of f itself: a
#' component that shrinks as it gives away its rows may gain much more. So try the floor too: a
#' narrow component finds a cluster inside of a wide one, where a wide one finds nothing.
#'
#' *The gain.* With the best theta and the best weight of this one component, everything else held:
#' that much is certain, and a climb from there (`starts = x$start`) gains more.
#'
#' @param fit A fit by [em_gmm()] that holds its data.
#' @param covariance The covariance that the new component is to have: `"pooled"`, that within
#'   components on average; `"floor"`, `r floor_words()` of it; or a covariance matrix.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `em_one_more`:
#' * `derivative`: max D (`log_derivative` its logarithm, which never overflows); `mean`: where;
#' * `bound`: log-likelihood that any number of further components could bring at most; `crude`:
#'   the bound n log(max D);
#' * `gain`, `weight`: what this one brings with its best weight, the others in proportion;
#' * `cost`: half of what BIC charges for a component, in log-likelihood units;
#' * `covariance`: the matrix held; `which`: `"pooled"`, `"floor"` or `"given"`; `nobs`: n;
#' * `start`: parameters of the mixture with this component, to start [em_gmm()] with one more.
#'
#' @section Errors:
#' `missmix_error_argument`: `fit` is no Gaussian mixture, `covariance` no covariance.
#' `missmix_error_data`: the fit does not hold its data. `missmix_error_model`: the fit failed.
#'
#' @references
#' Boehning D (1985). Numerical estimation of a probability measure. *Journal of Statistical
#' Planning and Inference* 11, 57-69. \doi{10.1016/0378-3758(85)90025-7}.
#'
#' Lindsay BG (1983). The geometry of mixture likelihoods: a general theory. *Annals of Statistics*
#' 11, 86-94. \doi{10.1214/aos/1176346059}.
#' @seealso [em_lrt()] for a test; [em_diagnose()] makes this check where it is cheap.
#' @export
#' @examples
#' fit <- em_gmm(faithful, k = 1)
#' more <- em_one_more(fit, "floor")
#' more
#' em_gmm(faithful, k = 2, starts = more$start)
em_one_more <- function(fit, covariance = c("pooled", "floor"), ...) {
  check_no_dots()
  check_mixture(fit)
  if (is.null(fit$data)) {
    abort_data("The fit does not hold its data ({.code keep_data = FALSE}).")
  }
  if (fit$status %in% failures) {
    abort_model(c("The fit failed: nothing can be said about one more component.",
      x = "{fit$message}"))
  }
  if (missing(covariance)) covariance <- "pooled"
  one_more(fit, covariance, held_covariance(fit, covariance))
}

one_more <- function(fit, covariance, held, rounds = one_more_limits$rounds) {
  best <- steepest_component(fit, held, rounds)
  added <- best_weight(best$log_ratio, best$weights)
  structure(
    list(
      derivative = exp(best$log_derivative),
      log_derivative = best$log_derivative,
      mean = stats::setNames(best$mean, fit$terms),
      bound = best$bound,
      crude = best$nobs * max(best$log_derivative, 0),
      gain = added$gain,
      weight = added$weight,
      cost = component_parameters(fit$covariance, length(fit$terms)) / 2 * log(best$nobs),
      covariance = held,
      which = if (is.character(covariance)) covariance else "given",
      nobs = best$nobs,
      start = with_zeros(fit$parameters, list(
        means = matrix(best$mean, 1), covariances = array(held, c(dim(held), 1)), noise = FALSE
      ), max(added$weight, 1 / best$nobs))
    ),
    class = "em_one_more"
  )
}

# The floor is this fraction of the pooled covariance: a component with a fifth of its width.
floor_fraction <- 0.05

floor_words <- function() sprintf("1/%d", round(1 / floor_fraction))

held_covariance <- function(fit, covariance, call = rlang::caller_env()) {
  p <- length(fit$terms)
  if (is.character(covariance)) {
    check_choice(covariance, c("pooled", "floor"), call = call)
    held <- pooled(fit$parameters) * if (covariance == "floor") floor_fraction else 1
  } else {
    ok <- is.numeric(covariance) && length(covariance) == p^2 && all(is.finite(covariance)) &&
      is_covariance(matrix(covariance, p))
    must_be(ok, covariance, sprintf("\"pooled\", \"floor\" or a %d x %d covariance matrix", p, p),
      "covariance", call)
    held <- matrix(as.double(covariance), p)
  }
  dimnames(held) <- list(fit$terms, fit$terms)
  held
}

# Free parameters of one component more: weight, mean, and what varies in the covariance.
component_parameters <- function(family, p) {
  varies <- strsplit(family, "")[[1]] == "V"
  1 + p + sum(c(1, p - 1, p * (p - 1) / 2)[seq_along(varies)][varies])
}

# The weight of the new component, between nothing and all, that gains most: concave in it.
best_weight <- function(log_ratio, weights) {
  gain <- function(logit) {
    rest <- stats::plogis(-logit, log.p = TRUE)
    new <- stats::plogis(logit, log.p = TRUE) + log_ratio
    sum(weights * (pmax(rest, new) + log1p(exp(-abs(rest - new)))))
  }
  found <- stats::optimize(gain, c(-30, 30), maximum = TRUE, tol = 1e-6)
  if (found$objective <= 0) {
    return(list(gain = 0, weight = 0))
  }
  list(gain = found$objective, weight = stats::plogis(found$maximum))
}

#' @rdname em_one_more
#' @param x What `em_one_more()` returned.
#' @export
print.em_one_more <- function(x, ...) {
  check_no_dots()
  cli::cat_line(cli::style_bold("One more component"), " ", covariance_words(x$which))
  cli::cat_line()
  say(one_more_words(x))
  if (x$gain > 0) {
    say("With a weight of ", number_text(x$weight), " it brings ", number_text(x$gain),
      " at least. More: em_gmm(..., starts = x$start).")
  }
  invisible(x)
}

covariance_words <- function(which) {
  switch(which,
    pooled = "of the pooled covariance",
    floor = sprintf("of %s of the pooled covariance", floor_words()),
    "of the covariance given"
  )
}

one_more_words <- function(x, charged = TRUE) {
  if (x$bound < one_more_limits$sharp) {
    return(paste0("Further components ", covariance_words(x$which),
      ", all else held, could not raise the log-likelihood by more than ", one_more_limits$sharp,
      "."))
  }
  paste0(
    "Further components ", covariance_words(x$which),
    ", all else held, could raise the log-likelihood by at most ", number_text(x$bound),
    "; it rises most at ", place_words(x$mean),
    ", where EM would multiply a small weight by ",
    factor_text(min(x$derivative, .Machine$double.xmax)), " a step.",
    if (charged) paste0(" BIC charges ", number_text(x$cost), " for a component.")
  )
}

# "Petal.Length 4.2 and Petal.Width 1.3".
place_words <- function(mean) {
  shown <- utils::head(mean, 4L)
  more <- length(mean) - length(shown)
  paste0(and_list(paste(names(shown), vapply(shown, number_text, "", digits = 3L))),
    if (more > 0) sprintf(" (and %d more)", more))
}
