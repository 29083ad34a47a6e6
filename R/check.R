# Checks of single arguments: checkmate decides, the message says what the
# argument must be and what it is. Each returns its argument, invisibly.

check_number <- function(x, lower = -Inf, upper = Inf, finite = TRUE, above = NULL,
                         arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  ok <- checkmate::test_number(x, lower = lower, upper = upper, finite = finite) &&
    (is.null(above) || x > above)
  must_be(ok, x, paste0(
    "a ", if (finite) "finite ", "number", bounds_text(lower, upper, above)
  ), arg, call)
}

check_count <- function(x, lower = 1, upper = .Machine$integer.max,
                        arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  ok <- checkmate::test_int(x, lower = lower, upper = upper, tol = 0)
  must_be(ok, x, paste0("a whole number", bounds_text(lower, upper)), arg, call)
}

check_flag <- function(x, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  must_be(checkmate::test_flag(x), x, "TRUE or FALSE", arg, call)
}

check_choice <- function(x, choices, arg = rlang::caller_arg(x),
                         call = rlang::caller_env()) {
  ok <- checkmate::test_choice(x, choices)
  must_be(ok, x, paste("one of", paste0('"', choices, '"', collapse = ", ")), arg, call)
}

# A confidence level.
check_level <- function(x, arg = rlang::caller_arg(x), call = rlang::caller_env()) {
  ok <- checkmate::test_number(x) && x > 0 && x < 1
  must_be(ok, x, "a number strictly between 0 and 1, such as 0.95", arg, call)
}

check_function <- function(x, null_ok = FALSE, arg = rlang::caller_arg(x),
                           call = rlang::caller_env()) {
  ok <- checkmate::test_function(x, null.ok = null_ok)
  must_be(ok, x, if (null_ok) "a function or NULL" else "a function", arg, call)
}

# Arguments without a default, by name: R's own message for one left out has no class.
check_given <- function(arguments, env = rlang::caller_env()) {
  absent <- Filter(function(name) eval(call("missing", as.name(name)), env), arguments)
  if (length(absent) > 0) {
    abort_argument("{.arg {absent}} must be given: there is no default.", argument = absent,
      call = env)
  }
}

# An object that one of our own functions makes; `maker` as in "em_control()".
check_made_by <- function(x, class, maker, arg = rlang::caller_arg(x),
                          call = rlang::caller_env()) {
  if (missing(x)) {
    abort_argument("{.arg {arg}} must be given, as made by {maker}.", argument = arg, call = call)
  }
  must_be(inherits(x, class), x, paste("made by", maker), arg, call)
}

must_be <- function(ok, x, expected, arg, call) {
  if (!isTRUE(ok)) {
    abort_argument(
      "{.arg {arg}} must be {expected}, not {value_text(x)}.",
      argument = arg, call = call
    )
  }
  invisible(x)
}

bounds_text <- function(lower, upper, above = NULL) {
  lowest <- if (!is.null(above)) {
    paste("above", above)
  } else if (lower > -Inf) {
    paste("of at least", lower)
  }
  highest <- if (upper < Inf && upper != .Machine$integer.max) paste("at most", upper)
  limits <- paste(c(lowest, highest), collapse = " and ")
  if (nzchar(limits)) paste0(" ", limits) else ""
}

# A single value as such, everything else by its type: "\"fast\"", "-1",
# "a list", "a double vector".
value_text <- function(x) {
  single <- is.atomic(x) && length(x) == 1 && !is.object(x)
  if (!single) {
    return(cli::format_inline("{.obj_type_friendly {x}}"))
  }
  if (is.character(x) && !is.na(x)) encodeString(x, quote = '"') else format(x, digits = 15)
}

# Nothing may pass through `...`: a misspelt argument would be lost without a word.
check_no_dots <- function(env = rlang::caller_env()) {
  rlang::check_dots_empty(env = env, error = function(cnd) {
    given <- eval(quote(as.list(substitute(list(...)))[-1]), env)
    unknown <- rlang::names2(given)
    unknown[unknown == ""] <- vapply(given[unknown == ""], rlang::as_label, character(1))
    abort_argument(c(
      "{cli::qty(unknown)}{?An argument is/Some arguments are} unknown to this function.",
      x = "{.code {unknown}}"
    ), call = env)
  })
}
