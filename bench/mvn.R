# Speed of the multivariate normal against other programs, all judged at the
# same reached log-likelihood. See README.md.
#   Rscript bench/mvn.R                      every workload
#   Rscript bench/mvn.R pbc boys             those named
#   Rscript bench/mvn.R --calibrate pbc      find the tolerances anew
#   Rscript bench/mvn.R --only norm,missmix rows2e6

here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "mvn-workloads.R"))
source(file.path(here, "mvn-methods.R"))

target_gap <- 1e-6
time_out <- as.numeric(Sys.getenv("BENCH_TIMEOUT", "1200")) # seconds per method
tolerance_file <- file.path(here, "mvn-tolerances.csv")

arguments <- commandArgs(TRUE)
calibrate_anew <- "--calibrate" %in% arguments
only <- which(arguments == "--only")
only_methods <- if (length(only)) strsplit(arguments[only + 1L], ",")[[1L]]
arguments <- arguments[!arguments %in% c("--calibrate", "--only", arguments[only + 1L])]
unknown <- setdiff(arguments, names(workloads))
if (length(unknown)) {
  stop("no such workload: ", toString(unknown), "; there are ", toString(names(workloads)))
}
chosen <- if (length(arguments)) arguments else names(workloads)

tolerances <- if (file.exists(tolerance_file)) {
  read.csv(tolerance_file)
} else {
  data.frame(workload = character(), method = character(), tolerance = numeric())
}

# One thread, whichever BLAS and OpenMP are linked.
one_thread <- c("OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")

# Run a method in a process of its own; NULL result = it died, with the reason.
child <- function(workload, method, reference = "", saved = NA) {
  out <- tempfile(fileext = ".rds")
  on.exit(unlink(out))
  log <- tempfile()
  code <- suppressWarnings(system2(file.path(R.home("bin"), "Rscript"),
    shQuote(c(
      file.path(here, "mvn-child.R"), here, workload, method, reference,
      format(saved, digits = 17), out
    )),
    stdout = log, stderr = log, env = one_thread, timeout = time_out
  ))
  if (file.exists(out)) {
    return(readRDS(out))
  }
  said <- grep("error|caught|killed", readLines(log, warn = FALSE), ignore.case = TRUE, value = TRUE)
  reason <- if (code == 124) {
    sprintf("no result in %g s", time_out)
  } else {
    sprintf("crash (exit %d) %s", code, paste(head(said, 1L), collapse = ""))
  }
  list(message = reason)
}

# The log-likelihood to reach: the best of missmix at tol = 0 and of an
# independent program run as far as it goes.
reference_log_lik <- function(workload) {
  p <- ncol(workloads[[workload]]$data())
  judges <- intersect(c("missmix", if (p <= 30) "norm" else "EMgaussian"), methods_for(workload))
  found <- vapply(judges, function(m) {
    value <- child(workload, paste0("reference-", m))$log_lik
    if (is.null(value)) NA_real_ else value
  }, 0)
  cat("reference log-likelihood:", paste(judges, sprintf("%.8f", found)), "\n")
  if (all(is.na(found))) {
    stop("no reference log-likelihood: install missmix, norm or EMgaussian")
  }
  max(found, na.rm = TRUE)
}

saved_tolerance <- function(workload, method) {
  row <- tolerances$workload == workload & tolerances$method == method
  if (calibrate_anew || !any(row)) NA_real_ else tolerances$tolerance[row][1L]
}

run_workload <- function(workload) {
  spec <- workloads[[workload]]
  cat("\n##", workload, "-", spec$label, "\n")
  if (!is.null(spec$package) && !installed(spec$package)) {
    cat("package", spec$package, "is not installed: skipped\n")
    return(NULL)
  }
  names <- methods_for(workload)
  if ("missmix" %in% names) { # the other shape of the same data
    names <- append(names, spec$also, match("missmix", names))
  }
  if (!is.null(only_methods)) names <- intersect(names, only_methods)
  best <- reference_log_lik(workload)
  reference <- tempfile(fileext = ".rds")
  saveRDS(best, reference)
  results <- sapply(names, function(m) {
    child(workload, m, reference, saved_tolerance(workload, m))
  }, simplify = FALSE)
  best <- max(best, unlist(lapply(results, `[[`, "log_lik")), na.rm = TRUE)
  table <- do.call(rbind, lapply(names, function(m) row_of(m, results[[m]], best)))
  remember(workload, table)
  table$workload <- workload
  print_table(table)
  if (workload == "rows2e6") print_floor(child(workload, "floor")$floor, table)
  verdict(workload, table)
}

field <- function(result, name) if (is.null(result[[name]])) NA_real_ else result[[name]]

row_of <- function(method, result, best) {
  data.frame(
    method = method,
    seconds = field(result, "seconds"),
    cpu = field(result, "cpu"),
    gap = best - field(result, "log_lik"),
    tolerance = field(result, "tolerance"),
    default_seconds = field(result, "default_seconds"),
    default_gap = best - field(result, "default_log_lik"),
    peak = if (isTRUE(field(result, "bytes") > 1e7)) result$peak / result$bytes else NA_real_,
    note = if (is.na(field(result, "seconds"))) {
      paste("does not reach the log-likelihood.", result$message)
    } else {
      ""
    }
  )
}

# Tolerances found are kept beside the script; each run checks them again.
remember <- function(workload, table) {
  found <- table[!is.na(table$tolerance), c("method", "tolerance")]
  if (nrow(found)) {
    old <- tolerances$workload == workload & tolerances$method %in% found$method
    tolerances <<- rbind(tolerances[!old, ], cbind(workload = workload, found))
    write.csv(tolerances, tolerance_file, row.names = FALSE, quote = FALSE)
  }
}

print_table <- function(table) {
  reached <- !is.na(table$seconds)
  peers <- reached & !startsWith(table$method, "missmix")
  fastest <- if (any(peers)) min(table$seconds[peers]) else NA_real_
  cat("\n| method | seconds | processor seconds | against fastest peer | gap | tolerance | default: seconds | default: gap | peak memory / data | note |\n")
  cat("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n")
  cat(sprintf(
    "| %s | %.3g | %.3g | %.2f | %.1e | %.2g | %.3g | %.1e | %.2f | %s |\n",
    table$method, table$seconds, table$cpu, table$seconds / fastest, table$gap, table$tolerance,
    table$default_seconds, table$default_gap, table$peak, table$note
  ), sep = "")
}

print_floor <- function(floor, table) {
  sum <- floor[["is_na"]] + floor[["crossprod"]]
  cat(sprintf(
    "\nProcessor time: is.na %.3f s, crossprod %.3f s with the holes zeroed (%.3f s with them): together %.3f s",
    floor[["is_na"]], floor[["crossprod"]], floor[["crossprod_holes"]], sum
  ))
  cat(sprintf(
    "; missmix %s times that\n",
    paste(sprintf("%.2f", table$cpu[startsWith(table$method, "missmix")] / sum), collapse = " and ")
  ))
}

# missmix against the rival named by the workload.
verdict <- function(workload, table) {
  spec <- workloads[[workload]]
  ours <- table$seconds[table$method == "missmix"]
  peers <- table[!startsWith(table$method, "missmix") & !is.na(table$seconds), ]
  rival <- if (spec$rival == "fastest") peers else peers[startsWith(peers$method, spec$rival), ]
  rival <- rival[which.min(rival$seconds), ]
  if (!length(ours) || !nrow(rival)) {
    return(NULL)
  }
  ratio <- rival$seconds / ours
  data.frame(
    workload = spec$label, missmix = ours, rival = rival$method, seconds = rival$seconds,
    times_faster = ratio,
    cpu_ratio = rival$cpu / table$cpu[table$method == "missmix"],
    target = spec$target, met = ratio >= spec$target
  )
}

main <- function() {
  verdicts <- do.call(rbind, lapply(chosen, run_workload))
  if (!is.null(verdicts)) {
    cat("\n| workload | missmix, s | rival | its seconds | times faster | by processor time | target | met |\n")
    cat("| --- | ---: | --- | ---: | ---: | ---: | ---: | --- |\n")
    cat(sprintf(
      "| %s | %.3g | %s | %.3g | %.1f | %.1f | %g | %s |\n",
      verdicts$workload, verdicts$missmix, verdicts$rival, verdicts$seconds,
      verdicts$times_faster, verdicts$cpu_ratio, verdicts$target, ifelse(verdicts$met, "yes", "no")
    ), sep = "")
  }
}

main()
