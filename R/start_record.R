# What became of many starts: which of them is the fit, the record that it keeps, and words on it.
# A run is list(run, screened, finished): the last that was found from this start or NULL, the
# objective after the short run, and was it climbed to the end?

# The start that is the fit: the best sound one of those finished; failing that the best finished,
# failing that the best that was followed at all; NA where none was. `thin`: runs that the model
# itself calls unsound.
chosen_start <- function(runs, thin = FALSE) {
  finished <- vapply(runs, `[[`, logical(1), "finished")
  objective <- run_numbers(lapply(runs, `[[`, "run"), "objective")
  status <- run_words(lapply(runs, `[[`, "run"), "status")
  rank <- 2 * finished + !(status %in% failures | thin)
  rank[!is.finite(objective)] <- -1
  order(-rank, -objective)[if (all(is.na(status))) NA_integer_ else 1L]
}

# Its last run; where none was finished the fit was stopped, however its short run ended.
chosen_run <- function(runs, chosen) {
  run <- runs[[chosen]]$run
  if (!any(vapply(runs, `[[`, logical(1), "finished"))) run$status <- "stopped"
  run
}

# The record of runs that a fit keeps, see em_starts(). A run of a mixture also has
# `smallest_weight`, `thinness` and `thin`.
new_runs <- function(runs, method, chosen, starts) {
  finished <- vapply(runs, `[[`, logical(1), "finished")
  last <- lapply(runs, `[[`, "run")
  # Of starts that were not finished only the short run is told.
  final <- replace(last, !finished, list(NULL))
  parameters <- lapply(final, `[[`, "parameters")
  total <- length(runs)
  # Their fits may hold the rows of patients.
  starts$include <- lapply(starts$include, start_parameters)
  starts$memo <- NULL
  list(
    table = data.frame(
      start = seq_len(total),
      method = method,
      screened = vapply(runs, `[[`, numeric(1), "screened"),
      objective = run_numbers(final, "objective"),
      log_lik = run_numbers(final, "log_lik"),
      status = run_words(final, "status"),
      finished = finished,
      gap = run_numbers(final, "gap"),
      passes = as.integer(run_numbers(last, "passes")),
      saddles = as.integer(vapply(final, function(run) length(run$saddles), integer(1))),
      smallest_weight = run_numbers(final, "smallest_weight"),
      thinness = run_numbers(final, "thinness"),
      thin = vapply(final, function(run) isTRUE(run$thin), logical(1))
    ),
    parameters = parameters,
    trace = Map(numbered_trace, final, seq_len(total)),
    chosen = chosen,
    starts = starts
  )
}

numbered_trace <- function(run, number) {
  trace <- as.data.frame(run$trace)
  if (nrow(trace) > 0) replace(trace, "start", number)
}

start_parameters <- function(start) {
  if (inherits(start, "em_fit")) em_parameters(start) else start
}

# Where the starts ended, in one sentence; "" for a fit from one start.
starts_words <- function(fit) {
  if (is.null(fit$runs)) {
    return("")
  }
  table <- fit$runs$table
  ends <- table$objective[table$finished & is.finite(table$objective)]
  behind <- fit$objective - ends
  near <- max(1e-3, 3 * fit$gap_limit)
  here <- sum(abs(behind) <= near)
  lower <- behind[behind > near]
  paste0(
    "Best of ", nrow(table), " starts (", sum(table$finished), " finished)",
    if (length(ends) > 0) {
      paste0(": ", if (here == length(ends)) {
        sprintf("%s ended here, within %s", if (here == 1) "it" else paste("all", here),
          number_text(near))
      } else {
        sprintf("%d ended here, within %s", here, number_text(near))
      })
    },
    if (length(lower) > 0) paste0("; the next is ", number_text(min(lower), 3L), " lower"),
    "."
  )
}

warn_unfinished <- function(fit, call = rlang::caller_env()) {
  counts <- unfinished_starts(fit)
  if (!is.null(counts) && counts[["finished"]] > 0) {
    warn_convergence(c(
      "Stopped when {counts[['finished']]} of {counts[['wanted']]} starts had been climbed to
       the end.",
      i = "The fit is the best of these. {.code update(fit)} goes on from it."
    ), call = call)
  }
}

# How many starts were finished and how many should have been; NULL where all were.
unfinished_starts <- function(fit) {
  if (is.null(fit$runs)) {
    return(NULL)
  }
  # Of those that a search goes on with only a few are meant to be finished.
  asked <- fit$runs$table[fit$runs$table$method != search_method, ]
  counts <- c(finished = sum(asked$finished), wanted = kept_starts(fit$runs$starts, nrow(asked)))
  if (counts[["finished"]] < counts[["wanted"]]) counts
}
