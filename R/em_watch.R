# Who watches a climb from R: a printed line, a progress bar, the user's callback.

# NULL, or what the core's monitor calls: `f(row)`, FALSE to stop, at every row or
# about ten times a second.
watch_climb <- function(control) {
  watchers <- list(
    if (control$verbose == 1L) progress_watcher(),
    if (control$verbose == 2L) print_row,
    control$callback
  )
  watchers <- watchers[lengths(watchers) > 0]
  if (length(watchers) == 0) {
    return(NULL)
  }
  list(
    # Ctrl-C while R code is at work stops the climb as it does elsewhere.
    f = function(row) {
      tryCatch(
        all(vapply(watchers, function(watcher) !isFALSE(watcher(row)), logical(1))),
        interrupt = function(cnd) FALSE
      )
    },
    every_row = control$verbose == 2L || !is.null(control$callback)
  )
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
progress_watcher <- function() {
  frame <- parent.frame(2)
  bar <- NULL
  function(row) {
    gap <- format(row$gap, digits = 2)
    if (is.null(bar)) {
      bar <<- cli::cli_progress_bar(
        format = "{cli::pb_spin} EM: {cli::pb_current} passes, gap about {cli::pb_status}",
        total = NA, .envir = frame
      )
    }
    cli::cli_progress_update(set = row$passes, status = gap, id = bar, .envir = frame)
    TRUE
  }
}
