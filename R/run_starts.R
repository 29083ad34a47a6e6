# Many starts: short runs of plain EM from each, then the most promising to the end. For models
# written in R; those of the core have the same in C++ (multi_start.hpp).

# `begin`: a list of places to start from. `climb(place, number, control)` follows one and
# returns a list with at least `status`, `objective` and `parameters`, the place it came to.
# Returns a list, one element a start: `run`, the last such list or NULL; `screened`,
# the objective after the short run; `finished`. Each start depends on its number only, so that it
# does not matter who runs it. `globals`: what the workers need besides, list(values, packages).
run_starts <- function(starts, begin, climb, control, globals = list()) {
  total <- length(begin)
  keep <- kept_starts(starts, total)
  # The limit is that of all starts together.
  until <- as.double(Sys.time()) + control$time_limit
  follow <- function(number) {
    control$time_limit <- max(until - as.double(Sys.time()), 0)
    climb(begin[[number]], number, control)
  }
  runs <- vector("list", total)
  screened <- rep(NA_real_, total)
  user_control <- control
  if (keep < total) {
    control <- screening_control(user_control, starts$screen)
    runs <- map_starts(seq_len(total), follow, control, "Short runs", globals)
    screened <- run_numbers(runs, "objective")
    begin <- Map(function(place, run) if (is.null(run)) place else run$parameters, begin, runs)
  }
  finished <- rep(FALSE, total)
  if (!any(run_words(runs, "status") %in% "stopped")) {
    control <- climbing_control(user_control)
    chosen <- utils::head(by_promise(screened, run_words(runs, "status")), keep)
    climbed <- map_starts(chosen, follow, control, "Climbs", globals)
    reached <- lengths(climbed) > 0
    runs[chosen[reached]] <- climbed[reached]
    finished[chosen[reached]] <- run_words(climbed[reached], "status") != "stopped"
  }
  Map(list, run = runs, screened = screened, finished = finished)
}

# `keep = n` finishes all, those of `include` too.
kept_starts <- function(starts, total) {
  if (starts$keep >= starts$n) total else min(starts$keep, total)
}

screening_control <- function(control, steps) {
  control$accelerator <- "plain"
  control$max_iter <- steps
  control
}

# Log-likelihood gained by a plain EM step, below which a climb has chosen its hill.
settled_below <- 0.5

climbing_control <- function(control) {
  control$accelerate_below <- settled_below
  control
}

# Sound starts first, the highest of them first; ties by number. What was not screened stays as
# it is.
by_promise <- function(screened, status) {
  order(status %in% failures | is.nan(screened), -screened)
}

run_numbers <- function(runs, field) {
  vapply(runs, function(run) {
    if (is.null(run[[field]])) NA_real_ else as.double(run[[field]])
  }, numeric(1))
}

run_words <- function(runs, field) {
  vapply(runs, function(run) {
    if (is.null(run[[field]])) NA_character_ else run[[field]]
  }, character(1))
}

# follow(number) for each of some starts, on the workers of the plan of the future package if it
# has any. In batches of one for each worker: an interrupt, or a run that was stopped, keeps what
# is done by then; the rest is NULL.
map_starts <- function(numbers, follow, control, what, globals) {
  done <- vector("list", length(numbers))
  workers <- future_workers()
  batches <- split(seq_along(numbers), ceiling(seq_along(numbers) / max(workers, 1)))
  advance <- starts_bar(control, what, length(numbers))
  tryCatch(
    for (batch in batches) {
      done[batch] <- map_batch(numbers[batch], follow, workers, globals)
      advance(max(batch))
      if (any(run_words(done[batch], "status") %in% "stopped")) break
    },
    interrupt = function(cnd) NULL
  )
  done
}

map_batch <- function(numbers, follow, workers, globals) {
  if (workers == 0) {
    return(lapply(numbers, follow))
  }
  # Our starts have seeds of their own: the future package need not look after any.
  future.apply::future_lapply(numbers, follow,
    future.seed = NULL, future.globals = as.list(globals$values),
    future.packages = globals$packages
  )
}

# How many workers there are to run starts beside each other; 0 where R itself is to do it.
future_workers <- function() {
  ready <- requireNamespace("future", quietly = TRUE) &&
    requireNamespace("future.apply", quietly = TRUE)
  if (!ready || inherits(future::plan(), "sequential")) {
    return(0)
  }
  # A plan may promise any number of workers.
  min(future::nbrOfWorkers(), 1000)
}

# What functions find in the workspace, which does not travel with them to workers.
workspace_globals <- function(functions) {
  if (future_workers() == 0) {
    return(list())
  }
  here <- list2env(Filter(Negate(is.null), functions))
  expression <- as.call(c(quote(list), lapply(ls(here), as.name)))
  found <- future::getGlobalsAndPackages(expression, envir = here)
  shared <- Filter(function(name) exists(name, globalenv(), inherits = FALSE), names(found$globals))
  list(values = mget(shared, globalenv()), packages = found$packages)
}

starts_bar <- function(control, what, total, frame = parent.frame()) {
  if (control$verbose != 1L) {
    return(function(done) invisible())
  }
  bar <- cli::cli_progress_bar(what, total = total, .envir = frame)
  function(done) cli::cli_progress_update(set = done, id = bar, .envir = frame)
}

# Methods of em_starts() that a model without components knows.
check_simple_starts <- function(starts, call = rlang::caller_env()) {
  unknown <- setdiff(starts$method, c("auto", "perturb"))
  if (length(unknown) > 0) {
    abort_argument(c(
      "{cli::qty(unknown)}Method{?s} {.val {unknown}} of {.fn em_starts} need{?s/} components.",
      i = "This model has none: {.val auto} and {.val perturb} move a start at random."
    ), call = call)
  }
}
