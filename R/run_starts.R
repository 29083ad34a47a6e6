# Many starts: short runs of plain EM from each, then the most promising to the end; on the workers
# of the plan of the future package, if it has any. Models of the core have the same in C++, on
# threads (multi_start.hpp).

# `begin`: a list of places to start from. `climb(place, number, control)` follows one and
# returns a list with at least `status`, `objective` and `parameters`, the place it came to.
# Returns a list, one element a start: `run`, the last such list or NULL; `screened`,
# the objective after the short run; `finished`. Each start depends on its number only, so that it
# does not matter who runs it. `globals`: what the workers need besides, list(values, packages).
run_starts <- function(starts, begin, climb, control, globals = list()) {
  total <- length(begin)
  keep <- kept_starts(starts, total)
  # The limit is that of all starts together.
  until <- deadline(control)
  follow <- function(number) climb(begin[[number]], number, until_then(control, until))
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
  interrupted <- keep < total && any(lengths(runs) == 0)
  if (!interrupted && !any(run_words(runs, "status") %in% "stopped")) {
    control <- climbing_control(user_control)
    order <- by_promise(screened, run_words(runs, "status"))
    climbed <- climb_promising(order, keep, follow, control, globals)
    reached <- lengths(climbed) > 0
    runs[reached] <- climbed[reached]
    finished[reached] <- run_words(climbed[reached], "status") != "stopped"
  }
  Map(list, run = runs, screened = screened, finished = finished)
}

# The same for a model of the core. `climb(numbers, screen, keep, control, number)` is its .Call for
# some of the starts, a list with an element `starts`; `number` is that of a start on its own. With
# workers the short runs are made here and one start at a time is climbed there. The worker repeats
# its short run: a place that was sent in the units of the user would be another in the last bits.
run_core_starts <- function(climb, total, screen, keep, control) {
  if (keep >= total) screen <- 0L
  if (total == 1 || future_workers() == 0) {
    return(climb(seq_len(total), screen, keep, control))
  }
  until <- deadline(control)
  found <- climb(seq_len(total), screen, 0L, control)
  if (!is.null(found$problems)) {
    return(found)
  }
  status <- run_words(found$starts, "status")
  thin <- vapply(found$starts, function(run) isTRUE(run$thin), logical(1))
  order <- by_promise(run_numbers(found$starts, "screened"), status, thin)
  climbed <- vector("list", total)
  if (!any(status %in% "stopped")) {
    follow <- core_climb(climb, screen, control, until)
    globals <- workspace_globals(control["callback"])
    climbed <- climb_promising(order, keep, follow, control, globals)
  }
  # Stopped before any arrived: the most promising, as high as it stands on all rows.
  if (!any(lengths(climbed) > 0)) {
    look <- core_climb(climb, screen, replace(control, "max_iter", 0L), Inf)
    climbed[[order[1]]] <- replace(look(order[1]), "status", "stopped")
  }
  reached <- lengths(climbed) > 0
  for (number in which(reached)) {
    climbed[[number]]$screened <- found$starts[[number]]$screened
    climbed[[number]]$trace$start[] <- number
  }
  found$starts[reached] <- climbed[reached]
  for (number in setdiff(utils::head(order, keep), which(reached))) {
    found$starts[[number]]$status <- "stopped"
  }
  found
}

# Made here, so that workers are sent nothing else.
core_climb <- function(climb, screen, control, until) {
  force(climb)
  force(screen)
  force(control)
  force(until)
  function(number) {
    climb(number, screen, 1L, until_then(control, until), number)$starts[[1]]
  }
}

deadline <- function(control) as.double(Sys.time()) + control$time_limit

until_then <- function(control, until) {
  control$time_limit <- max(until - as.double(Sys.time()), 0)
  control
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

# Sound starts first, of these the thin ones last; then the highest first; ties by number. What was
# not screened stays as it is.
by_promise <- function(screened, status, thin = rep(FALSE, length(screened))) {
  order(status %in% failures | is.nan(screened), thin, -screened)
}

# From the starts in this order, `keep` at a time until one of them ends on a sound mode: a list
# with an element for each start, NULL where it was not climbed.
climb_promising <- function(order, keep, follow, control, globals) {
  climbed <- vector("list", length(order))
  for (numbers in split(order, ceiling(seq_along(order) / keep))) {
    climbed[numbers] <- map_starts(numbers, follow, control, "Climbs", globals)
    here <- climbed[numbers]
    cut_short <- lengths(here) == 0 | run_words(here, "status") %in% "stopped"
    if (any(cut_short) || any(vapply(here, is_trusted, logical(1)))) break
  }
  climbed
}

is_trusted <- function(run) {
  is.finite(run$objective) && !run$status %in% failures && !isTRUE(run$thin)
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
# has any. In batches, after which an interrupt, or a run that was stopped, keeps what is done; the
# rest is NULL. Short ones grow, so that the way to the workers and back does not cost more than the
# work.
map_starts <- function(numbers, follow, control, what, globals, workers = future_workers()) {
  done <- vector("list", length(numbers))
  size <- max(workers, 1)
  at <- 0
  advance <- starts_bar(control, what, length(numbers))
  tryCatch(
    while (at < length(numbers)) {
      batch <- seq(at + 1, min(at + size, length(numbers)))
      until <- as.double(Sys.time()) + short_batch
      done[batch] <- map_batch(numbers[batch], follow, workers, globals)
      at <- max(batch)
      advance(at)
      if (any(run_words(done[batch], "status") %in% "stopped")) break
      if (workers > 0 && as.double(Sys.time()) < until) size <- 2 * size
    },
    interrupt = function(cnd) NULL,
    # What future.apply 1.20 makes of one.
    FutureInterruptError = function(cnd) NULL
  )
  done
}

# Seconds below which the next batch is twice as long.
short_batch <- 1

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
