# What em_impute() is asked for, and what it says when it could not do all of it.

check_impute_arguments <- function(m, method, round, burnin, seed, call = rlang::caller_env()) {
  check_count(m, upper = 1e6, call = call)
  check_choice(method, c("posterior", "bootstrap", "normal", "conditional"), call = call)
  check_flag(round, call = call)
  if (!is.null(burnin)) {
    check_count(burnin, upper = 1e7, call = call)
    if (method != "posterior") {
      abort_argument(
        "{.arg burnin} belongs to {.code method = \"posterior\"}: {.val {method}} has no chain.",
        argument = "burnin", call = call
      )
    }
  }
  if (!is.null(seed)) check_count(seed, lower = -.Machine$integer.max, call = call)
}

check_can_impute <- function(fit, method, newdata, call = rlang::caller_env()) {
  if (fit$status %in% failures) {
    abort_model(c(
      "The fit failed: there is nothing to draw from.",
      x = "{fit$message}",
      i = if (fit$status == "degenerate") paste("Try", prior_words(fit), "first.")
    ), call = call)
  }
  if (!is.null(fit$weights) || !is.null(fit$weight_sum)) {
    abort_model(c(
      "Imputation of weighted rows is not defined.",
      x = "A row of weight 3 stands for three cases, whose missing cells differ.",
      i = "Repeat the rows as often as their weights say, and fit without weights."
    ), call = call)
  }
  if (is.null(fit$data) && method != "conditional") {
    abort_data(c(
      "The fit does not hold its data ({.code keep_data = FALSE}): parameters cannot be drawn.",
      i = "Fit again with {.code keep_data = TRUE}.",
      i = if (!is.null(newdata)) "{.code method = \"conditional\"} needs no data, but is improper."
    ), call = call)
  }
}

# A named list with an entry for each variable: a number, a number for each row, or a function.
check_delta <- function(delta, data, call = rlang::caller_env()) {
  if (is.null(delta) || length(delta) == 0) {
    return(NULL)
  }
  names <- names(delta)
  if (!(is.list(delta) || is.numeric(delta)) || is.null(names) || anyDuplicated(names)) {
    abort_argument(c(
      "{.arg delta} must be a list or a numeric vector, named by variable, each name once.",
      i = "Such as {.code delta = c(bili = 0.2)}."
    ), argument = "delta", call = call)
  }
  unknown <- setdiff(names, data$variables)
  if (length(unknown) > 0) {
    abort_argument("{.arg delta} names {.val {unknown}}: no variable of the fit.",
      argument = "delta", call = call
    )
  }
  delta <- as.list(delta)
  for (variable in names) check_one_delta(delta[[variable]], variable, data$n, call)
  delta
}

check_one_delta <- function(delta, variable, n, call) {
  numbers <- is.numeric(delta) && length(delta) %in% c(1L, n) && !is.object(delta)
  if (is.function(delta) || (numbers && all(is.finite(delta)))) {
    return(invisible())
  }
  what <- if (is.numeric(delta) && !length(delta) %in% c(1L, n)) {
    sprintf("%d numbers", length(delta))
  } else if (is.numeric(delta) && any(bad <- !is.finite(delta))) {
    if (length(delta) == 1) format(delta) else sprintf("%s in row %d", delta[bad][1], which(bad)[1])
  } else {
    cli::format_inline("{.obj_type_friendly {delta}}")
  }
  abort_argument(c(
    "{.arg delta} of {.field {variable}} must be a finite number, {n} of them (one for each row),
     or a function.",
    x = "It is {what}."
  ), argument = "delta", column = variable, call = call)
}

abort_nothing_drawn <- function(call) {
  abort_model("Stopped before the first imputation was drawn.", call = call)
}

# The user has pressed Ctrl-C and waits: for what?
inform_of_cells <- function(drawn, how) {
  cli::cli_inform(c(
    "Parameters of {number_words(drawn)} of {number_words(how$m)} imputations are drawn:
     their cells follow.",
    i = "Ctrl-C keeps those that have them by then."
  ), class = "missmix_message")
}

# What is less than what was asked for.
warn_of_imputations <- function(imp, asked, call = rlang::caller_env()) {
  if (imp$m < asked) {
    warn_convergence(
      "Stopped when {imp$m} of {number_words(asked)} imputations had been drawn.",
      call = call
    )
  }
  left <- imp$chain$acf[["expected"]]
  capped <- imp$chain$burnin >= burnin_range[2] && left > forgotten
  if (!is.null(left) && (capped || left > imputation_limits$memory[1])) {
    warn_convergence(c(
      "After {imp$chain$burnin} step{?s} draws still know {memory_text(left)} of their start.",
      x = if (imp$chain$rate >= 1 - least_flat) {
        "In some direction the data say nothing: no number of steps would do."
      } else {
        "About {number_text(steps_to_forget(imp$chain$rate))} would leave 1%."
      },
      i = "{.code {prior_words(imp$fit)}} shortens the way; {.arg burnin} lengthens the chains."
    ), call = call)
  }
  idle <- setdiff(names(imp$delta), imp$variables[imp$cells$variable])
  if (length(idle) > 0) {
    warn_boundary(c(
      "{.arg delta} of {.field {idle}} changes nothing: no cell of {cli::qty(idle)}{?it was/them
       were} imputed.",
      i = "It changes imputed cells only."
    ), column = idle, call = call)
  }
  if (nrow(imp$unimputed) > 0) {
    names <- imp$variables[unique(imp$unimputed$variable)]
    warn_boundary(c(
      "{nrow(imp$unimputed)} cell{?s} of {.field {names}}
       {cli::qty(nrow(imp$unimputed))}stay{?s/} missing.",
      x = "{imp$unimputed$reason[1]}.",
      i = "{.code imp$unimputed} lists them."
    ), column = names, call = call)
  }
  if (imp$method == "conditional") {
    cli::cli_inform(c(
      "Improper imputations: the parameters were taken as known.",
      i = "Intervals from them are too narrow: {.code method = \"posterior\"} draws parameters."
    ), class = "missmix_message", call = call)
  }
}
