# Speed of multiple imputation, m = 20, one thread. See README.md.
#   Rscript bench/mi.R                     both workloads, every program that is installed
#   Rscript bench/mi.R pbc                 one of them
#   Rscript bench/mi.R --only missmix,norm patterns20
# BENCH_TIMEOUT: seconds after which a program is given up.

here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "mvn-workloads.R"))
suppressMessages(source(file.path(here, "mi-methods.R")))

time_out <- as.numeric(Sys.getenv("BENCH_TIMEOUT", "600"))
one_thread <- c("OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")

arguments <- commandArgs(TRUE)
only <- which(arguments == "--only")
chosen_methods <- if (length(only)) strsplit(arguments[only + 1L], ",")[[1L]] else speed_methods()
chosen <- setdiff(arguments, c("--only", arguments[only + 1L]))
if (!length(chosen)) chosen <- c("pbc", "patterns20")

# One program on one workload in a process of its own; where it gives no result, why.
child <- function(workload, method, steps) {
  out <- tempfile(fileext = ".rds")
  log <- tempfile()
  on.exit(unlink(c(out, log)))
  code <- suppressWarnings(system2(file.path(R.home("bin"), "Rscript"),
    shQuote(c(file.path(here, "mi-child.R"), here, workload, method, steps, out)),
    stdout = log, stderr = log, env = one_thread, timeout = time_out
  ))
  if (file.exists(out)) {
    return(readRDS(out))
  }
  said <- grep("error", readLines(log, warn = FALSE), ignore.case = TRUE, value = TRUE)
  note <- if (code == 124) sprintf("not within %g s", time_out) else paste(said, collapse = " ")
  data.frame(seconds = NA, cpu = NA, first = NA, steps = NA, note = note)
}

run_workload <- function(workload) {
  cat("\n### ", workloads[[workload]]$label, "\n\n", sep = "")
  steps <- NA # a draw of missmix: what norm is given, too
  rows <- list()
  for (method in chosen_methods) {
    row <- child(workload, method, steps)
    if (method == "missmix") steps <- row$steps
    rows[[method]] <- row
  }
  print_table(do.call(rbind, rows))
}

print_table <- function(rows) {
  ours <- rows["missmix", ]
  cat("| method | seconds | processor seconds | times missmix | by processor time |",
    "steps a draw | first call, seconds | note |\n")
  cat("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n")
  cat(sprintf("| %s | %.3g | %.3g | %.1f | %.1f | %s | %.3g | %s |\n",
    rownames(rows), rows$seconds, rows$cpu, rows$seconds / ours$seconds, rows$cpu / ours$cpu,
    ifelse(is.na(rows$steps), "", rows$steps), rows$first, rows$note
  ), sep = "")
}

for (workload in chosen) run_workload(workload)
