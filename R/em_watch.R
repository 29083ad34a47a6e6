# Who watches a climb from R: a printed line, a progress bar, the user's callback.

# NULL, or what the core's monitor calls: `f(row)`, FALSE to stop, at every row or
# about ten times a second. `starts`: how many are climbed from; `number`: of this one, if
# their climbs do not know it themselves; these have a progress bar of their own.
watch_climb <- function(control, starts = 1L, number = NULL) {
  watchers <- list(
    if (control$verbose == 1L && is.null(number)) progress_watcher(starts),
    if (control$verbose == 2L) row_printer(many = starts > 1),
    control$callback
  )
  every_row <- control$verbose == 2L || !is.null(control$callback)
  watch_with(watchers[lengths(watchers) > 0], every_row, number)
}

watch_with <- function(watchers, every_row, number = NULL) {
  if (length(watchers) == 0) {
    return(NULL)
  }
  list(
    f = function(row) {
      if (!is.null(number)) row$start <- number
      all(vapply(watchers, function(watcher) !isFALSE(watcher(row)), logical(1)))
    },
    every_row = every_row
  )
}

row_printer <- function(many) {
  function(row) {
    if (many) cat(sprintf("start %3d  ", row$start))
    print_row(row)
  }
}

print_row <- function(row) {
  cli::cat_line(sprintf(
    "iteration %4d  passes %5d  objective %.8g  gap %s  %s",
    row$iteration, row$passes, row$objective, format(row$gap, digits = 2), row$kind
  ))
  TRUE
}

# A bar without an end: nobody knows how many passes are left, but the gap is
# known. It comes up only once a climb takes longer than a moment.
progress_watcher <- function(starts = 1L) {
  frame <- parent.frame(2)
  bar <- NULL
  function(row) {
    status <- paste0(
      "gap about ", format(row$gap, digits = 2),
      if (starts > 1) sprintf(", start %d of %d", row$start, starts)
    )
    if (is.null(bar)) {
      bar <<- cli::cli_progress_bar(
        format = "{cli::pb_spin} EM: {cli::pb_current} passes, {cli::pb_status}",
        total = NA, .envir = frame
      )
    }
    cli::cli_progress_update(set = row$passes, status = status, id = bar, .envir = frame)
    TRUE
  }
}

# The same for a known number of things that are done one after the other: `iteration` counts those
# done. `what`: such as "Samples".
watch_count <- function(control, total, what) {
  watchers <- list(
    if (control$verbose == 1L) count_bar(total, what),
    if (control$verbose == 2L) function(row) print_count(row$iteration, total, what),
    control$callback
  )
  every_row <- control$verbose == 2L || !is.null(control$callback)
  watch_with(watchers[lengths(watchers) > 0], every_row)
}

count_bar <- function(total, what) {
  bar <- cli::cli_progress_bar(what, total = total, .envir = parent.frame(3))
  function(row) {
    cli::cli_progress_update(set = row$iteration, id = bar)
    TRUE
  }
}

print_count <- function(done, total, what) {
  cli::cat_line(sprintf("%s: %.0f of %.0f", what, done, total))
  TRUE
}
