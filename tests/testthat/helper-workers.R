# Processes beside that of the tests.

on_two_workers <- function(code, plan = future::multisession) {
  skip_if_not_installed("future.apply")
  skip_on_cran()
  old <- future::plan(plan, workers = 2)
  on.exit(future::plan(old))
  code
}

# em_impute(...) in a forked process, with Ctrl-C as soon as `begun(line)` is true of a line that
# em_control(verbose = 2) prints. What it returned, NULL where it did not in time.
interrupted_imputations <- function(begun, ...) {
  log <- withr::local_tempfile()
  job <- parallel::mcparallel({
    sink(log)
    suppressWarnings(impute_quietly(..., control = em_control(verbose = 2)))
  })
  # It would go on for hours.
  on.exit(tools::pskill(job$pid, tools::SIGKILL))
  latest <- Sys.time() + 60
  while (!(file.exists(log) && any(begun(readLines(log, warn = FALSE)))) && Sys.time() < latest) {
    Sys.sleep(0.02)
  }
  tools::pskill(job$pid, tools::SIGINT)
  unname(parallel::mccollect(job, wait = FALSE, timeout = 60))[[1]]
}

# Have more than `n` of these been done?
more_than <- function(what, n) {
  function(line) {
    count <- sub(" of .*", "", sub(paste0("^", what, ": "), "", line))
    startsWith(line, what) & suppressWarnings(as.numeric(count)) > n
  }
}
