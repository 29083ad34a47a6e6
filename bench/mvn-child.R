# One method on one workload, in a process of its own (started by mvn.R), so
# that a crash, a time-out or a memory peak belongs to that method alone.
# Arguments: folder of these scripts, workload, method, file of the reference
# log-likelihood ("" while finding it), saved tolerance (NA = calibrate),
# result file.

arguments <- commandArgs(TRUE)
for (script in c("loglik_mvn.R", "mvn-workloads.R", "mvn-methods.R")) {
  source(file.path(arguments[1L], script))
}

target_gap <- 1e-6
hopeless <- 60 # seconds: such a run is not repeated

# Elapsed and processor seconds; on a busy machine only the second is fair.
seconds_of <- function(expr) {
  used <- function() sum(proc.time()[c("user.self", "sys.self")])
  cpu <- used()
  start <- Sys.time()
  force(expr)
  elapsed <- as.numeric(Sys.time() - start, units = "secs")
  c(elapsed = elapsed, cpu = used() - cpu)
}

# Peak resident memory of this process in bytes, since reset_peak() where the
# system lets a process do that (Linux).
reset_peak <- function() {
  invisible(gc())
  try(cat("5", file = "/proc/self/clear_refs"), silent = TRUE)
}

peak_memory <- function() {
  status <- tryCatch(readLines("/proc/self/status"), error = function(e) character())
  line <- grep("^VmHWM", status, value = TRUE)
  if (length(line)) 1024 * as.numeric(gsub("[^0-9]", "", line)) else NA_real_
}

# fit() that never fails: seconds, parameters (NULL on error), message.
attempt <- function(method, x, tolerance, max_iter) {
  fit <- NULL
  message <- ""
  seconds <- seconds_of(fit <- tryCatch(
    suppressWarnings(method$fit(x, tolerance, max_iter)),
    error = function(e) {
      message <<- conditionMessage(e)
      NULL
    }
  ))
  list(
    tolerance = tolerance, seconds = seconds[["elapsed"]], cpu = seconds[["cpu"]],
    fit = fit, message = message
  )
}

judge <- function(run, statistics) {
  if (is.null(run$fit)) {
    return(NA_real_)
  }
  loglik_patterns(statistics, as.numeric(run$fit$mu), as.matrix(run$fit$sigma))
}

# The loosest tolerance whose result is within target_gap of `best`. Near the
# optimum of a linearly converging method the gap goes like the square of the
# last change, which gives the next guess; bisection where that guess leaves
# the bracket. `fixed` methods keep a tolerance that reaches (missmix's own
# default is what its user gets, so it is only ever tightened).
calibrate <- function(method, x, statistics, best, first, fixed, tries = 12L) {
  reaches <- NULL
  fails <- Inf
  run <- first
  if (first$seconds < hopeless && !isTRUE(best - judge(first, statistics) < target_gap)) {
    # it may have stopped at its own iteration limit, not at its tolerance
    run <- attempt(method, x, first$tolerance, 200000L)
  }
  floor_tolerance <- 1e-15
  for (try in seq_len(tries)) {
    gap <- best - judge(run, statistics)
    if (is.na(gap) && run$message != "") {
      break
    }
    if (!is.na(gap) && gap < target_gap) {
      reaches <- run
    } else {
      fails <- run$tolerance
    }
    slow <- run$seconds > hopeless
    if (!is.null(reaches)) {
      near <- fails / reaches$tolerance < 1.3 || (best - judge(reaches, statistics)) > target_gap / 2
      if (fixed || slow || near) {
        break
      }
    }
    lower <- if (is.null(reaches)) 0 else reaches$tolerance
    guess <- if (is.na(gap)) {
      run$tolerance / 10
    } else {
      run$tolerance * sqrt((if (slow) 0.3 else 0.7) * target_gap / max(gap, 1e-9))
    }
    if (guess <= lower || guess >= fails) {
      guess <- if (lower == 0) fails / 10 else if (is.finite(fails)) sqrt(lower * fails) else 10 * lower
    }
    if (guess < floor_tolerance) {
      break
    }
    run <- attempt(method, x, guess, 200000L)
  }
  reaches
}

# Minimum of several runs: as many as fit into about 3 seconds, at least 3
# (one if a run takes a minute). The clock of processor time is too coarse for
# single short runs: there it is the mean.
time_runs <- function(method, x, tolerance, first) {
  if (first$seconds > hopeless) {
    return(c(elapsed = first$seconds, cpu = first$cpu))
  }
  short <- first$seconds < 0.1
  repetitions <- max(3L, min(300L, ceiling(3 / max(first$seconds, 1e-4))))
  runs <- vapply(seq_len(repetitions), function(i) {
    if (!short || i %% 20L == 1L) {
      invisible(gc())
    }
    unlist(attempt(method, x, tolerance, 200000L)[c("seconds", "cpu")])
  }, c(elapsed = 0, cpu = 0))
  c(
    elapsed = min(first$seconds, runs["elapsed", ]),
    cpu = if (short) mean(runs["cpu", ]) else min(first$cpu, runs["cpu", ])
  )
}

# The floor under any program: reading every cell once. crossprod() on the
# matrix with its holes takes R's NA-safe loop, so also with the holes zeroed.
time_floor <- function(x) {
  best_of <- function(f) min(vapply(1:5, function(i) seconds_of(f())[["cpu"]], 0))
  is_na <- best_of(function() is.na(x))
  with_holes <- best_of(function() crossprod(x))
  x[is.na(x)] <- 0
  c(is_na = is_na, crossprod_holes = with_holes, crossprod = best_of(function() crossprod(x)))
}

main <- function(workload, name, reference, saved, out) {
  x <- workloads[[workload]]$data()
  if (name == "floor") {
    return(saveRDS(list(floor = time_floor(as.matrix(x))), out))
  }
  as_frame <- endsWith(name, "-frame")
  as_matrix <- endsWith(name, "-matrix")
  name <- sub("-(frame|matrix)$", "", sub("^reference-", "", name))
  method <- methods[[name]]
  loadNamespace(method$package)
  if (as_frame) {
    x <- as.data.frame(x)
  } else if (as_matrix || name != "missmix") { # peers are handed a matrix
    x <- data.matrix(x)
  }
  bytes <- 8 * nrow(x) * ncol(x)

  if (reference == "") { # no tolerance to match: as far as it goes
    statistics <- pattern_statistics(x)
    # tight enough for a gap far below target_gap, above rounding
    tight <- c(missmix = 0, norm = 1e-11, EMgaussian = 1e-9)[[name]]
    run <- attempt(method, x, tight, 50000L)
    return(saveRDS(list(log_lik = judge(run, statistics), message = run$message), out))
  }

  reset_peak()
  first <- attempt(method, x, method$tolerance, NULL)
  peak <- peak_memory()
  statistics <- pattern_statistics(x)
  best <- readRDS(reference)
  result <- list(
    default_seconds = first$seconds, default_log_lik = judge(first, statistics),
    peak = peak, bytes = bytes, message = first$message
  )
  run <- NULL
  if (!is.na(saved)) {
    run <- if (saved == first$tolerance) first else attempt(method, x, saved, 200000L)
    if (!isTRUE(best - judge(run, statistics) < target_gap)) run <- NULL
  }
  if (is.null(run)) {
    run <- calibrate(method, x, statistics, best, first, fixed = name == "missmix")
  }
  if (!is.null(run)) {
    result$tolerance <- run$tolerance
    result$log_lik <- judge(run, statistics)
    times <- time_runs(method, x, run$tolerance, run)
    result$seconds <- times[["elapsed"]]
    result$cpu <- times[["cpu"]]
  }
  saveRDS(result, out)
}

main(arguments[2L], arguments[3L], arguments[4L], as.numeric(arguments[5L]), arguments[6L])
