# Which start is the fit, and words on all of them.

run <- function(objective, status, finished = TRUE) {
  list(run = list(objective = objective, status = status), screened = 0, finished = finished)
}

test_that("only a sound start is chosen while there is one", {
  chosen <- function(..., thin = FALSE) chosen_start(list(...), thin)
  expect_identical(chosen(run(5, "degenerate"), run(1, "converged"), run(2, "max_iter")), 3L)
  expect_identical(chosen(run(5, "decreased"), run(6, "non_finite"), run(NaN, "non_finite")), 2L)
  expect_identical(chosen(run(5, "max_iter", FALSE), run(1, "converged")), 2L)
  expect_identical(chosen(run(1, "max_iter", FALSE), run(2, "stopped", FALSE)), 2L)
  expect_identical(
    chosen(run(5, "converged"), run(1, "converged"), thin = c(TRUE, FALSE)), 2L
  )
  nothing <- list(run = NULL, screened = NA_real_, finished = FALSE)
  expect_identical(chosen(nothing, run(1, "max_iter", FALSE)), 2L)
  expect_identical(chosen(nothing, nothing), NA_integer_)
})

test_that("where none was finished the fit was stopped", {
  runs <- list(run(1, "max_iter", FALSE), run(2, "max_iter", FALSE))
  expect_identical(chosen_run(runs, 2L)$status, "stopped")
  runs[[1]]$finished <- TRUE
  expect_identical(chosen_run(runs, 1L)$status, "max_iter")
})

test_that("what a model knows of an end is in the record, of finished starts only", {
  runs <- list(run(1, "converged"), run(2, "max_iter", FALSE))
  for (i in 1:2) {
    known <- list(parameters = 0.25, smallest_weight = 0.25, thin = TRUE)
    runs[[i]]$run <- c(runs[[i]]$run, known)
  }
  record <- new_runs(runs, "random", 1L, em_starts(2))
  expect_identical(record$table$smallest_weight, c(0.25, NA))
  expect_identical(record$table$thin, c(TRUE, FALSE))
  expect_identical(record$table$objective, c(1, NA))
  expect_identical(record$table$status, c("converged", NA))
  expect_identical(record$parameters, list(0.25, NULL))
})

test_that("words tell how many ended here and how far below the next is", {
  words <- function(ends, finished = !is.na(ends)) {
    starts_words(list(objective = max(ends, na.rm = TRUE), gap_limit = 1e-6,
      runs = list(table = data.frame(objective = ends, finished = finished))))
  }
  expect_identical(words(c(-1, -1.0005, -3.5, NA)),
    "Best of 4 starts (3 finished): 2 ended here, within 0.001; the next is 2.5 lower.")
  expect_identical(words(c(-1, -1, NA)),
    "Best of 3 starts (2 finished): all 2 ended here, within 0.001.")
  expect_identical(words(c(-1, NA)), "Best of 2 starts (1 finished): it ended here, within 0.001.")
  expect_identical(starts_words(list()), "")
})
