#' Options of the EM engine
#'
#' A checked set of options for [em_mvn()] and [em_fit()]. There is no `...`: a
#' misspelt option is an error.
#'
#' @details
#' **When the climb ends.** `tol` bounds the *estimated log-likelihood still to be
#' gained*, never the last change, which slow EM makes small anywhere. In units of
#' log-likelihood; the default of `1e-6` leaves about 0.0014 standard errors. What
#' arithmetic allows is `max(tol, 64 * eps * |l|)` for a log-likelihood `l`. With
#' `tol = 0` the climb goes on until no coordinate moves by more than
#' `1e-12 * (1 + |x|)`: the setting for reproducing published digits.
#'
#' **Reaching a limit is no error.** At `max_iter`, at `time_limit`, on Ctrl-C, or
#' when `callback` says so, the best point so far is returned with its status and
#' a warning, and [update()][update.em_fit] goes on from there.
#'
#' @param tol Log-likelihood that may be left to gain, at least 0.
#' @param max_iter Most iterations, at least 1.
#' @param accelerator `"anderson"`: monotone Anderson acceleration (Walker and Ni,
#'   2011; Henderson and Varadhan, 2019), the default; `"squarem"`: squared
#'   extrapolation (Varadhan and Roland, 2008); `"plain"`: EM as such. A
#'   candidate is accepted only where it does not lower the objective.
#' @param depth How many earlier iterations Anderson acceleration combines, at
#'   least 1; never more than there are parameters. The others ignore it.
#' @param time_limit Seconds after which to stop; `Inf` for none. Looked at once
#'   an iteration. Many starts have it together.
#' @param verbose 0 (or `FALSE`): silent; 1 (or `TRUE`): a progress bar for long
#'   runs; 2: one line for each iteration, or as samples, replicates and
#'   imputations are done.
#' @param callback `NULL`, or a function that is called with each row of the
#'   trace, a list as described in [em_trace()]. It stops the climb by returning
#'   `FALSE`; any other value goes on.
#' @param n_threads Number of threads, at least 1. Results do not depend on it, to
#'   the last bit. The default is the option `missmix.threads`, or 1. A process
#'   that was forked off ([parallel::mclapply()], the plan `multicore`) has but one.
#' @param x An object of class `em_control`.
#' @param ... Not used; anything here is an error.
#'
#' @return A list of class `em_control` with the arguments as elements: `tol` and
#' `time_limit` double; `max_iter`, `depth`, `verbose` and `n_threads` integer;
#' `accelerator` character; `callback` a function or `NULL`.
#'
#' @section Errors:
#' `missmix_error_argument`: an option is not of the kind described; the message
#' names it.
#'
#' @references
#' Walker HF, Ni P (2011). Anderson acceleration for fixed-point iterations.
#' *SIAM Journal on Numerical Analysis* 49, 1715-1735.
#' \doi{10.1137/10078356X}.
#'
#' Henderson NC, Varadhan R (2019). Damped Anderson acceleration with restarts and
#' monotonicity control for accelerating EM and EM-like algorithms. *Journal of
#' Computational and Graphical Statistics* 28, 834-846.
#' \doi{10.1080/10618600.2019.1594835}.
#'
#' Varadhan R, Roland C (2008). Simple and globally convergent methods for
#' accelerating the convergence of any EM algorithm. *Scandinavian Journal of
#' Statistics* 35, 335-353. \doi{10.1111/j.1467-9469.2007.00585.x}.
#'
#' @export
#' @examples
#' em_control(tol = 1e-9, accelerator = "squarem")
em_control <- function(tol = 1e-6,
                       max_iter = 10000L,
                       accelerator = c("anderson", "squarem", "plain"),
                       depth = 10L,
                       time_limit = Inf,
                       verbose = 0L,
                       callback = NULL,
                       n_threads = getOption("missmix.threads", 1L)) {
  if (missing(accelerator)) accelerator <- "anderson"
  if (checkmate::test_flag(verbose)) verbose <- as.integer(verbose)
  check_number(tol, lower = 0)
  check_count(max_iter)
  check_choice(accelerator, c("anderson", "squarem", "plain"))
  check_count(depth)
  check_number(time_limit, finite = FALSE, above = 0)
  check_count(verbose, lower = 0, upper = 2)
  check_function(callback, null_ok = TRUE)
  check_count(n_threads)
  structure(
    list(
      tol = as.double(tol),
      max_iter = as.integer(max_iter),
      accelerator = accelerator,
      depth = as.integer(depth),
      time_limit = as.double(time_limit),
      verbose = as.integer(verbose),
      callback = callback,
      n_threads = as.integer(n_threads)
    ),
    class = "em_control"
  )
}

#' @rdname em_control
#' @export
print.em_control <- function(x, ...) {
  check_no_dots()
  depth <- if (x$accelerator == "anderson") sprintf(" (depth %d)", x$depth)
  cli::cat_line(
    "EM: until about ", format(x$tol), " log-likelihood units are left to gain, ",
    "at most ", format(x$max_iter, big.mark = ","), " iterations",
    if (is.finite(x$time_limit)) sprintf(" or %s seconds", format(x$time_limit))
  )
  cli::cat_line(
    "Accelerator: ", x$accelerator, depth, "; threads: ", x$n_threads, "; verbose: ", x$verbose,
    if (!is.null(x$callback)) "; with a callback"
  )
  invisible(x)
}

# The `control` argument of a model function.
check_control <- function(control, call = rlang::caller_env()) {
  check_made_by(control, "em_control", "em_control()", arg = "control", call = call)
}
