test_that("the trace is a data frame with the promised columns", {
  fit <- air_fit()
  trace <- em_trace(fit)
  expect_s3_class(trace, c("em_trace", "data.frame"), exact = TRUE)
  expect_true(all(c(
    "start", "iteration", "objective", "gap", "kind", "passes", "seconds"
  ) %in% names(trace)))
  expect_identical(trace$iteration[[1]], 0L)
  expect_true(all(trace$kind %in% c("start", "em", "accelerated", "fallback")))
  expect_identical(max(trace$passes), fit$passes)
  # Never decreasing, but for rounding in a log-likelihood of this size.
  expect_true(all(diff(trace$objective) > -1e-10 * abs(fit$objective)))
  expect_s3_class(as.data.frame(trace), "data.frame", exact = TRUE)
})

test_that("at most ten rows are printed", {
  trace <- em_trace(air_fit())
  long <- trace[rep(seq_len(nrow(trace)), length.out = 200), ]
  out <- capture.output(expect_invisible(print(long)))
  expect_length(out, 12)
  expect_match(out[[12]], "of 200 iterations")
  expect_length(capture.output(print(trace[1:2, ])), 3)
  expect_output(print(trace["passes"]), "passes")
})

test_that("the ends of many rows are the first three and the last", {
  expect_identical(ends(20L, 10L)$rows, c(1:3, 14:20))
  expect_identical(ends(4L, 10L)$rows, 1:4)
  expect_identical(ends(1L, 10L)$rows, 1L)
  expect_identical(ends(20L, 2L)$rows, 1:2)
})

test_that("only fits have a trace", {
  expect_error(em_trace(1), class = "missmix_error_argument")
})
