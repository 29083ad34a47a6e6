# Starts of em_gmm() and em_mvn() on workers: to the bit what threads find, and what is kept when
# they are stopped.

# A fit without what a clock says, or how it was asked for.
bits <- function(fit) {
  without_seconds <- function(trace) trace[names(trace) != "seconds"]
  fit$trace <- without_seconds(fit$trace)
  fit$runs$trace <- lapply(fit$runs$trace, without_seconds)
  fit$control[c("n_threads", "callback")] <- NULL
  fit[setdiff(names(fit), c("call", "cache"))]
}

# A callback as a user writes it: what it needs is in its environment.
callback_with <- function(f, ...) {
  environment(f) <- list2env(list(...), parent = globalenv())
  f
}

clouds <- drop_cells(simulate_clouds(2500, rbind(c(0, 0), c(3, 0), c(0, 4)), seed = 1), 0.1)

test_that("one thread, two threads, two workers: the same to the bit", {
  air <- airquality[air_columns]
  jobs <- list(
    # Short runs on a part of the rows, three climbs on all, then splits and merges.
    function(...) em_gmm(clouds, k = 3, starts = em_starts(9, seed = 1), ...),
    function(...) em_gmm(faithful, k = 4, starts = em_starts(12, seed = 2, keep = 2), ...),
    function(...) em_gmm(air, k = 2, noise = TRUE, weights = rep(1:3, 51),
      starts = em_starts(5, seed = 3, include = list(rep(1:2, length.out = 153))), ...),
    # Nothing sound: one after the other is climbed.
    function(...) {
      em_gmm_quietly(air[1:30, ], k = 6, starts = em_starts(9, seed = 1, keep = 2), ...)
    },
    function(...) em_mvn(air, starts = em_starts(7, seed = 4, keep = 3), ...),
    function(...) em_mvn(air, starts = em_starts(4, seed = 4, keep = 4,
      include = list(air_fit()$parameters)), ...)
  )
  one <- lapply(jobs, function(job) bits(job()))
  two <- lapply(jobs, function(job) bits(job(control = em_control(n_threads = 2))))
  beside <- on_two_workers(lapply(jobs, function(job) bits(job())))
  for (i in seq_along(jobs)) {
    expect_true(identical(two[[i]], one[[i]]))
    expect_true(identical(beside[[i]], one[[i]]))
  }
  expect_identical(one[[4]]$status, "degenerate")
  expect_true(all(one[[4]]$runs$table$finished))
  expect_true("split and merge" %in% one[[1]]$runs$table$method)
})

test_that("it is the workers that climb, and they know the number of the start", {
  place <- withr::local_tempdir()
  note <- callback_with(function(row) {
    file.create(file.path(place, paste(Sys.getpid(), row$start)))
    TRUE
  }, place = place)
  starts <- em_starts(6, method = "random", seed = 1, keep = 6)
  control <- em_control(callback = note)
  on_two_workers({
    em_gmm(faithful, k = 2, starts = starts, control = control)
    seen <- do.call(rbind, strsplit(list.files(place), " "))
    expect_identical(sort(as.integer(seen[, 2])), 1:6)
    expect_length(unique(seen[, 1]), 2)
    expect_false(Sys.getpid() %in% seen[, 1])
    unlink(list.files(place, full.names = TRUE))
    em_mvn(faithful, starts = em_starts(6, keep = 6), control = control)
    expect_length(list.files(place), 6)
    expect_false(Sys.getpid() %in% sub(" .*", "", list.files(place)))
    # A single start has no use for them.
    unlink(list.files(place, full.names = TRUE))
    em_gmm(faithful, k = 1, control = control)
    expect_identical(list.files(place), paste(Sys.getpid(), 1))
  })
})

test_that("a worker is sent no more of the data than its climb needs", {
  data <- as_em_data(clouds)
  begin <- gmm_starts(em_starts(5, seed = 1), data, gmm_setup(data, 2L, NULL, FALSE,
    em_prior_flat(), NULL), NULL)
  climb <- gmm_climb(data$columns, data$weights, begin[c("setup", "starts", "part")])
  sent <- length(serialize(core_climb(climb, 10L, em_control(), Inf), NULL))
  needed <- length(serialize(list(data$columns, begin$starts, begin$setup), NULL))
  # Its code and the options; the data a second time would be 40,000 bytes more.
  expect_lt(sent - needed, 20000)
})

test_that("a callback stops the climbs, and those that are finished are kept", {
  until_four <- callback_with(function(row) row$start < 4)
  on_two_workers(expect_warning(
    fit <- em_gmm(faithful, k = 3, starts = em_starts(12, seed = 1),
      control = em_control(callback = until_four)),
    "3 of 12 starts had been climbed", class = "missmix_warning_convergence"
  ))
  table <- fit$runs$table
  expect_identical(which(table$finished), 1:3)
  expect_identical(fit$objective, max(table$objective[1:3]))
  # No search for higher hills after it.
  expect_identical(nrow(table), 12L)
  expect_identical(fit$status, "converged")
})

test_that("Ctrl-C keeps the climbs that are finished, or the most promising start", {
  skip_on_os("windows")
  press <- function(start) {
    callback_with(function(row) {
      if (row$start == start && row$iteration == 2) {
        tools::pskill(pid, tools::SIGINT)
        Sys.sleep(1)
      }
      TRUE
    }, pid = Sys.getpid(), start = start)
  }
  fit <- function(start) {
    em_gmm(faithful, k = 3, starts = em_starts(12, seed = 1),
      control = em_control(callback = press(start)))
  }
  on_two_workers(expect_warning(late <- fit(3), "2 of 12 starts had been climbed",
    class = "missmix_warning_convergence"))
  expect_identical(which(late$runs$table$finished), 1:2)
  expect_identical(late$status, "converged")
  on_two_workers(expect_warning(early <- fit(1), "update\\(fit\\)",
    class = "missmix_warning_convergence"))
  expect_identical(early$status, "stopped")
  expect_false(any(early$runs$table$finished))
  expect_identical(update(early, control = em_control())$status, "converged")
})

test_that("no time at all: the place of the most promising start, as high as it is on all rows", {
  at_once <- em_control(time_limit = 1e-9)
  for (keep in c(2, 5)) {
    on_two_workers(expect_warning(
      fit <- em_gmm(clouds, k = 2, starts = em_starts(5, seed = 1, keep = keep), control = at_once),
      class = "missmix_warning_convergence"
    ))
    expect_identical(fit$status, "stopped")
    expect_false(any(fit$runs$table$finished))
    here <- em_gmm_quietly(clouds, k = 2, starts = fit, control = em_control(max_iter = 1))
    # The parameters have been in the user's units between.
    expect_relative(fit$log_lik, here$trace$objective[1], 1e-10)
  }
  on_two_workers(expect_warning(
    fit <- em_mvn(faithful, starts = em_starts(5, seed = 1, keep = 2), control = at_once),
    class = "missmix_warning_convergence"
  ))
  expect_identical(fit$status, "stopped")
  expect_true(is.finite(fit$log_lik))
})

test_that("columns that cannot be used are refused before any worker is asked", {
  bad <- transform(faithful, waiting = 1)
  for (model in c(em_gmm, em_mvn)) {
    on_two_workers(expect_error(
      model(bad, starts = em_starts(4, seed = 1)), "waiting", class = "missmix_error_data"
    ))
  }
})

test_that("a forked process has one thread: those of its parent are not there", {
  skip_on_os("windows")
  skip_on_cran()
  fit <- function() {
    em_gmm(faithful, k = 2, starts = em_starts(4, seed = 1), control = em_control(n_threads = 2))
  }
  before <- fit()
  job <- parallel::mcparallel(fit()$parameters)
  # It would wait for ever.
  withr::defer(tools::pskill(job$pid, tools::SIGKILL))
  after <- parallel::mccollect(job, wait = FALSE, timeout = 60)
  expect_identical(unname(after), list(before$parameters))
})

test_that("the next are climbed until one ends on a sound mode", {
  climb <- function(place, number, control) {
    list(status = if (place > 2) "degenerate" else "converged", objective = place)
  }
  runs <- run_starts(em_starts(5, keep = 5), as.list(1:5), climb, em_control())
  expect_true(all(vapply(runs, `[[`, logical(1), "finished")))
  screen <- function(place, number, control) {
    long <- control$accelerator != "plain"
    list(status = if (long && place > 3) "degenerate" else "max_iter", objective = place,
      parameters = place)
  }
  runs <- run_starts(em_starts(5, keep = 1), as.list(1:5), screen, em_control())
  expect_identical(vapply(runs, `[[`, logical(1), "finished"), c(FALSE, FALSE, TRUE, TRUE, TRUE))
  interrupted <- function(number) {
    if (number == 2) rlang::interrupt()
    list(status = "degenerate", objective = 0)
  }
  climbed <- climb_promising(c(3, 1, 2, 4), 2, interrupted, em_control(), list())
  expect_identical(lengths(climbed) > 0, c(TRUE, FALSE, TRUE, FALSE))
  expect_identical(by_promise(c(1, 3, 2), rep("max_iter", 3), c(FALSE, TRUE, FALSE)), c(3L, 1L, 2L))
})

test_that("Ctrl-C among the short runs of a model in R: no climb after it", {
  skip_on_os("windows")
  climb <- function(place, number, control) {
    if (number == 3 && control$accelerator == "plain") {
      tools::pskill(place$pid, tools::SIGINT)
      Sys.sleep(1)
    }
    list(status = "max_iter", objective = number, parameters = place)
  }
  # As if it were the package's own: nothing of the test is to travel.
  environment(climb) <- globalenv()
  begin <- rep(list(list(pid = Sys.getpid())), 5)
  runs <- on_two_workers(run_starts(em_starts(5, keep = 2), begin, climb, em_control()))
  expect_identical(lengths(lapply(runs, `[[`, "run")) > 0, rep(c(TRUE, FALSE), c(2, 3)))
  expect_false(any(vapply(runs, `[[`, logical(1), "finished")))
})
