# Rscript tools/test_r.R FILE
#
# Runs tests/testthat against the installed package, two files at a time, and writes
# "passed failed skipped" to FILE, counting test_that() blocks: one with any failed expectation or
# error has failed, one that was skipped and failed nothing is skipped. A file of which no test was
# run counts as one failure. Exits 1 on a failure.

Sys.setenv(NOT_CRAN = "true", TESTTHAT_CPUS = Sys.getenv("TESTTHAT_CPUS", "2"))
results <- testthat::test_dir(
  "tests/testthat",
  package = "missmix",
  load_package = "installed",
  reporter = testthat::CheckReporter$new(),
  stop_on_failure = FALSE
)
# The reporter leaves its problems behind as a file.
unlink(c("testthat-problems.rds", "tests/testthat/testthat-problems.rds"))

blocks <- as.data.frame(results)
# Code outside of test_that() is a row without a name: it counts when it fails.
blocks <- blocks[!is.na(blocks$test) | blocks$failed > 0 | blocks$error, ]
failed <- blocks$failed > 0 | blocks$error
skipped <- blocks$skipped & !failed

# testthat's parallel mode drops a file that does not parse, without a word.
lost <- setdiff(dir("tests/testthat", "^test.*[.][rR]$"), blocks$file)
for (file in lost) {
  reason <- tryCatch({
    parse(file.path("tests/testthat", file))
    "no test was run"
  }, error = conditionMessage)
  cat(file, ": ", reason, "\n", sep = "")
}

counts <- c(sum(!failed & !skipped), sum(failed) + length(lost), sum(skipped))
writeLines(paste(counts, collapse = " "), commandArgs(TRUE)[[1]])

seconds <- sort(tapply(blocks$real, blocks$file, sum), decreasing = TRUE)
slow <- seconds[seconds > 5]
if (length(slow) > 0) cat("Slow:", paste0(names(slow), " ", round(slow), " s"), sep = "\n  ")
quit(status = counts[[2]] > 0)
