# One program on one workload, in a process of its own (started by mi.R). Arguments: folder of
# these scripts, workload, method, steps a draw that missmix took (NA before it has), result file.

arguments <- commandArgs(TRUE)
for (script in c("mvn-workloads.R", "mi-methods.R")) source(file.path(arguments[1L], script))

m <- 20L
long <- 10 # seconds: such a run is not repeated

# Elapsed and processor seconds; on a busy machine only the second is fair.
seconds_of <- function(expr) {
  used <- function() sum(proc.time()[c("user.self", "sys.self")])
  cpu <- used()
  start <- Sys.time()
  force(expr)
  elapsed <- as.numeric(Sys.time() - start, units = "secs")
  c(elapsed = elapsed, cpu = used() - cpu)
}

# A name such as "norm@100" fixes the steps between draws; "norm@missmix" takes those of missmix.
read_method <- function(name, missmix_steps) {
  parts <- strsplit(name, "@", fixed = TRUE)[[1L]]
  steps <- if (length(parts) < 2L) NA else if (parts[2L] == "missmix") missmix_steps else parts[2L]
  list(method = methods[[parts[1L]]], steps = as.integer(steps))
}

main <- function(workload, name, missmix_steps, out) {
  x <- as.data.frame(workloads[[workload]]$data())
  read <- read_method(name, missmix_steps)
  loadNamespace(read$method$package)
  result <- NULL
  impute <- function(seed) {
    args <- c(list(x, m, seed), if (!is.na(read$steps)) list(steps = read$steps))
    result <<- suppressWarnings(do.call(read$method$impute, args))
  }
  first <- seconds_of(impute(1L))
  # As many further runs as fit into about five seconds: the least elapsed time, and the mean of
  # the processor's, whose clock is too coarse for one short run.
  runs <- if (first[["elapsed"]] > long) 0L else max(2L, min(200L, 5 %/% first[["elapsed"]]))
  later <- vapply(seq_len(runs), function(i) seconds_of(impute(1L + i)), first)
  elapsed <- min(first[["elapsed"]], later["elapsed", ])
  cpu <- if (runs > 0L) mean(later["cpu", ]) else first[["cpu"]]

  steps <- read$steps
  if (!is.null(result$chain)) steps <- result$chain$burnin
  tables <- read$method$completed(result, x, m)
  left <- sum(vapply(tables, function(t) sum(is.na(t)), 0))
  note <- if (length(tables) < m || left > 0) {
    sprintf("%d tables, %d holes left", length(tables), left)
  } else {
    ""
  }
  saveRDS(data.frame(
    seconds = elapsed, cpu = cpu, first = first[["elapsed"]], steps = steps, note = note
  ), out)
}

main(arguments[2L], arguments[3L], arguments[4L], arguments[5L])
