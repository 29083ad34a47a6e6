#' Test a model of your own
#'
#' Runs the functions of a model and looks for the mistakes that EM code commonly
#' has: a sign, a term that is missing from the log-likelihood, a step that is too
#' long, coordinates that do not come back. Says which part is wrong.
#'
#' @details
#' The checks, what each judges (`value`) and when it fails:
#' * `start`: is `par` a legal parameter of this model?
#' * `functions`: does every function run at `par`, and return what it should?
#'   The number of functions that do not.
#' * `finite`: is the log-likelihood at `par` a finite number, and the step a legal
#'   parameter?
#' * `round trip`: how much `unpack(pack(par))` differs from `par`, relative to
#'   1 + |par|. Fail: above 1e-8.
#' * `repeatable`: how much the log-likelihood and the step at `par` change when
#'   asked again after another point. Fail: above 1e-10 relative: random numbers,
#'   or a state kept between calls.
#' * `same parameters` (a model with both `e_step` and `log_lik`): how much
#'   the two log-likelihoods differ. Fail: above 1e-8 relative. The usual reason is
#'   an E-step that returns the log-likelihood of the parameters before.
#' * `monotone`: the largest fall of the log-likelihood (plus the log prior) in
#'   `n_steps` plain steps. Fail: above 1e-10 relative. The slope of the
#'   log-likelihood along the step tells a step downhill from one that is too long.
#'   Fail, too: a log-likelihood that stays the same while the steps move a
#'   coordinate x by more than 1e-4 (1 + |x|).
#' * `fixed point`: where the step comes to rest, the gradient of the
#'   log-likelihood must be zero. By central differences in flat coordinates, each
#'   in units of its (conditional) standard error, the largest. Caution: above
#'   0.001. Fail: above 0.01, or where the log-likelihood has a minimum.
#' * `score` (a model that has one): how much it differs from the differences of
#'   the log-likelihood at `par`, relative to the largest. Fail: above 1e-4.
#'
#' Checks that cannot be made, because an earlier one failed or the step does not
#' come to rest, have the verdict `NA`. A model that passes is not proven right: a
#' step and a log-likelihood of the same wrong model agree.
#'
#' @param model A model, from [em_model()].
#' @param par A parameter to test it at, in the shape that its functions take:
#'   best a start that is not an optimum.
#' @param n_steps Number of plain EM steps for the check `monotone`.
#'
#' @return A data frame of class `em_model_check`, one row for each check:
#' * `check`: its name, as in the list above;
#' * `verdict`: `"pass"`, `"caution"`, `"fail"`, or `NA` if it cannot be made;
#' * `value`: the number judged, `NA` where there is none;
#' * `text`: the finding in words.
#'
#' The attribute `verdict` is the worst of them. A faulty model is never an error
#' here: errors that its functions raise are findings.
#'
#' @section Errors:
#' `missmix_error_argument`: `model` is not made by [em_model()], or `n_steps` is
#' no number of steps.
#'
#' @seealso `vignette("own-model")` for what broken models look like.
#' @export
#' @examples
#' y <- c(125, 18, 20, 34)
#' log_lik <- function(theta) {
#'   sum(y * log(c(2 + theta, 1 - theta, 1 - theta, theta) / 4))
#' }
#' em_step <- function(theta) {
#'   hidden <- y[1] * theta / (2 + theta)
#'   (hidden + y[4]) / (hidden + sum(y[2:4]))
#' }
#' em_check_model(em_model(em_step, log_lik), par = 0.5)
#'
#' # A sign gone wrong:
#' backwards <- function(theta) theta - (em_step(theta) - theta)
#' em_check_model(em_model(backwards, log_lik), par = 0.5)
em_check_model <- function(model, par, n_steps = 20L) {
  check_made_by(model, "em_model", "em_model()")
  check_count(n_steps)
  problem <- start_problem(model, par)
  checks <- if (is.null(problem)) {
    check_at(model, par, n_steps)
  } else {
    finding("start", "fail", NA, "par does not suit the model: it ", problem, ".")
  }
  structure(
    checks,
    class = c("em_model_check", "data.frame"),
    verdict = worst_verdict(checks$verdict)
  )
}

# Functions first: where these fail, the rest cannot be judged. A fault in how
# the model answers would show up as a fall, too: that is not judged either.
check_at <- function(model, par, n_steps) {
  probe <- model_probe(model, par)
  start <- finding("start", "pass", NA, "par is a legal parameter of the model: ",
    length(probe$x), " flat ", plural(length(probe$x), "coordinate"), ".")
  working <- examine_functions(probe)
  if (working$verdict == "fail") {
    return(rbind(start, working, unjudged(
      c("finite", "round trip", "repeatable", "monotone", "fixed point"),
      "Not judged: the functions do not work yet."
    )))
  }
  finite <- examine_finite(probe)
  sound <- rbind(finite, examine_round_trip(probe), examine_repeatable(probe))
  climbing <- if (finite$verdict == "fail") {
    unjudged(c("monotone", "fixed point"), "Not judged: there is no finite step from par.")
  } else if (any(sound$verdict == "fail")) {
    unjudged(c("monotone", "fixed point"), "Not judged before the faults above are mended.")
  } else {
    rbind(examine_monotone(probe, n_steps), examine_fixed_point(probe))
  }
  rbind(
    start, working, sound, examine_same_parameters(probe), climbing, examine_score(probe)
  )
}

# A model, a parameter, and the functions to try them with.
model_probe <- function(model, par) {
  functions <- user_functions(model, par)
  c(
    list(model = model, par = par, x = functions$layout$pack(par)),
    functions,
    list(step_name = if (is.null(model$em_step)) "m_step" else "em_step")
  )
}

unjudged <- function(checks, text) {
  do.call(rbind, lapply(checks, finding, NA_character_, NA, text))
}

# The value of an expression, or the error it raised, in words.
attempt <- function(expression) {
  tryCatch(
    list(value = suppressWarnings(expression), error = NULL),
    error = function(cnd) list(value = NULL, error = one_line(cnd))
  )
}

# The message of an error with those of its causes, on one line.
one_line <- function(cnd) {
  own <- cli::ansi_strip(rlang::cnd_header(cnd))
  cause <- if (!is.null(cnd$parent)) conditionMessage(cnd$parent)
  gsub("\\s+", " ", paste(c(strip_stop(own), cause), collapse = ": "))
}

#' @rdname em_check_model
#' @param x A check of a model.
#' @param ... Not used; anything here is an error.
#' @export
print.em_model_check <- function(x, ...) {
  check_no_dots()
  if (!all(c("check", "verdict", "text") %in% names(x))) {
    return(NextMethod())
  }
  worst <- worst_verdict(x$verdict)
  blamed <- x$check[x$verdict %in% worst]
  cli::cat_line(
    cli::style_bold("Model check: ", worst),
    if (worst != "pass") paste0(": ", and_list(blamed))
  )
  cli::cat_line()
  for (row in seq_len(nrow(x))) {
    say(verdict_mark(x$verdict[[row]]), " ", x$check[[row]], ": ", x$text[[row]])
  }
  invisible(x)
}
