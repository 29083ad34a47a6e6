# Every error and warning of the package has a class, so that programs can tell
# them apart: `missmix_error_argument`, `missmix_error_data`, `missmix_error_model`
# (all `missmix_error`), and `missmix_warning_convergence`,
# `missmix_warning_boundary`, `missmix_warning_degenerate` (all
# `missmix_warning`).
#
# `message` is in cli's markup, evaluated in the caller's frame. Values of the
# user go in by interpolation (`{value}`), never by pasting: they may hold braces.
# Further arguments become fields of the condition, such as `row` and `column`.

# An argument is not what it should be.
abort_argument <- function(message, ..., call = rlang::caller_env(),
                           .envir = rlang::caller_env()) {
  abort_class("argument", message, ..., call = call, .envir = .envir)
}

# The data cannot be used.
abort_data <- function(message, ..., call = rlang::caller_env(),
                       .envir = rlang::caller_env()) {
  abort_class("data", message, ..., call = call, .envir = .envir)
}

# The model does not fit the data, or cannot answer what is asked of it.
abort_model <- function(message, ..., call = rlang::caller_env(),
                        .envir = rlang::caller_env()) {
  abort_class("model", message, ..., call = call, .envir = .envir)
}

# The fit stopped before it arrived.
warn_convergence <- function(message, ..., call = rlang::caller_env(),
                             .envir = rlang::caller_env()) {
  warn_class("convergence", message, ..., call = call, .envir = .envir)
}

# The answer lies where the usual theory does not hold.
warn_boundary <- function(message, ..., call = rlang::caller_env(),
                          .envir = rlang::caller_env()) {
  warn_class("boundary", message, ..., call = call, .envir = .envir)
}

# The fit runs to a singular covariance.
warn_degenerate <- function(message, ..., call = rlang::caller_env(),
                            .envir = rlang::caller_env()) {
  warn_class("degenerate", message, ..., call = call, .envir = .envir)
}

abort_class <- function(kind, message, ..., call, .envir) {
  cli::cli_abort(
    message,
    ...,
    class = c(paste0("missmix_error_", kind), "missmix_error"),
    call = call,
    .envir = .envir
  )
}

warn_class <- function(kind, message, ..., call, .envir) {
  cli::cli_warn(
    message,
    ...,
    class = c(paste0("missmix_warning_", kind), "missmix_warning"),
    call = call,
    .envir = .envir
  )
}
