# How em_impute() runs: Ctrl-C, the time limit, workers, and what is seen of it.

# Few cells that are slow to draw: of nearly every row another pattern is missing.
ragged_fit <- function() em_mvn(simulate_missing(150, 30, missing = 0.1, seed = 2),
  prior = em_prior_ridge(5))

arms <- rep(c("drug", "placebo"), length.out = 150)

# Hours of work, of which some was done before it was stopped: no more than that is there, and what
# is there are the first imputations.
expect_first_imputations <- function(imp, m, ...) {
  expect_s3_class(imp, "em_imputations")
  expect_gt(imp$m, 0)
  expect_lt(imp$m, m)
  whole <- impute_quietly(..., m = imp$m)
  expect_identical(imp$cells, whole$cells)
  expect_identical(imp$values, whole$values)
  expect_identical(imp$parameters, whole$parameters)
  expect_identical(imp$chain$worst, whole$chain$worst)
}

test_that("Ctrl-C keeps the imputations whose parameters are drawn", {
  skip_on_os("windows")
  skip_on_cran()
  keeps <- function(begun, fit, m, ...) {
    imp <- interrupted_imputations(begun, fit, m = m, ..., seed = 3)
    expect_gt(imp$m, 1)
    expect_first_imputations(imp, m, fit, ..., seed = 3)
  }
  keeps(more_than("Steps of chains", 4e4), air_log_fit(), 2e4, method = "posterior", burnin = 2e4)
  keeps(more_than("Steps of chains", 4e3), bounded_fit(), 2e4, method = "posterior", burnin = 2e3)
  keeps(more_than("Replicates", 2), air_log_fit(), 1e5, method = "bootstrap")
  keeps(more_than("Draws", 2), air_log_fit(), 1e6, method = "normal")
})

test_that("Ctrl-C keeps the imputations whose cells are drawn", {
  skip_on_os("windows")
  skip_on_cran()
  for (fit in list(ragged_fit(), bounded_fit(400))) {
    what <- if (is.null(fit$bounds)) "Cells" else "Cells with bounds"
    imp <- interrupted_imputations(more_than(what, 2), fit, m = 1e4, method = "conditional",
      seed = 3)
    expect_gt(imp$m, 1)
    expect_first_imputations(imp, 1e4, fit, method = "conditional", seed = 3)
  }
})

test_that("Ctrl-C in one group: of the next no more are drawn", {
  skip_on_os("windows")
  skip_on_cran()
  imp <- interrupted_imputations(more_than("Steps of chains, group drug", 4e3), bounded_fit(),
    m = 2e4, burnin = 2e3, by = arms, seed = 3)
  expect_gt(imp$m, 1)
  expect_first_imputations(imp, 2e4, bounded_fit(), burnin = 2e3, by = arms, seed = 3)
})

test_that("the time limit keeps the first imputations, by every method, with and without bounds", {
  limited <- function(fit, m, ...) {
    expect_warning(
      imp <- impute_quietly(fit, m, ..., seed = 1, control = em_control(time_limit = 0.5)),
      "Stopped when", class = "missmix_warning_convergence"
    )
    expect_first_imputations(imp, m, fit, ..., seed = 1)
  }
  limited(air_log_fit(), 2e4, burnin = 1e3)
  limited(bounded_fit(), 2e4, burnin = 200)
  limited(ragged_fit(), 1e4, method = "conditional")
  limited(bounded_fit(400), 1e4, method = "conditional")
  for (fit in list(air_log_fit(), bounded_fit())) {
    limited(fit, 1e5, method = "bootstrap")
    limited(fit, 1e6, method = "normal")
  }
})

test_that("no time at all: an error, or the one imputation under known parameters", {
  at_once <- em_control(time_limit = 1e-9)
  for (fit in list(em_mvn(airquality[air_columns]), bounded_fit())) {
    for (method in imputation_methods[1:3]) {
      expect_error(em_impute(fit, method = method, control = at_once), "before the first",
        class = "missmix_error_model")
    }
    # What was not found is not remembered.
    expect_identical(em_impute(fit, 2, "normal", seed = 1)$m, 2L)
    expect_false(anyNA(vcov(fit)))
  }
  expect_warning(
    imp <- impute_quietly(air_log_fit(), method = "conditional", control = at_once),
    class = "missmix_warning_convergence"
  )
  expect_identical(imp$m, 1L)
  expect_error(
    em_impute(air_log_fit(), m = 2, burnin = 1e6, control = em_control(time_limit = 0.05)),
    class = "missmix_error_model"
  )
})

test_that("an information matrix that is stopped is an interrupt", {
  limited <- function(fit) {
    tryCatch(information(fit, em_control(time_limit = 1e-9)), interrupt = function(cnd) "stopped")
  }
  expect_identical(limited(bounded_fit()), "stopped")
  # 525 parameters: the leading fraction alone.
  wide <- em_mvn(simulate_missing(300, 31, missing = 0.02, seed = 1))
  expect_identical(limited(wide), "stopped")
  expect_lt(information(wide)$rate, 1)
})

test_that("workers draw the same imputations", {
  draws <- function() {
    c(
      lapply(imputation_methods[1:3], function(method) {
        em_impute(air_log_fit(), 5, method, seed = 9)
      }),
      list(
        em_impute(bounded_fit(), 3, seed = 9),
        em_impute(bounded_fit(), 3, by = arms, seed = 9)
      )
    )
  }
  bits <- function(imps) lapply(imps, `[`, c("m", "values", "parameters", "chain"))
  here <- bits(draws())
  expect_identical(bits(on_two_workers(draws())), here)
  skip_on_os("windows")
  expect_identical(bits(on_two_workers(draws(), future::multicore)), here)
})

test_that("of workers the first imputations are kept, up to one that was stopped", {
  run_with <- function(f, ...) {
    environment(f) <- list2env(list(...), parent = globalenv())
    f
  }
  how <- list(m = 9, control = em_control())
  stopped <- run_with(function(index, control, watch) {
    if (index == first) list(mu = matrix(0, 1, 0), legal = logical()) else
      list(mu = matrix(index), legal = TRUE)
  }, first = 4)
  kept <- function(run) vapply(on_two_workers(on_workers(how, run, 10)), `[[`, numeric(1), "mu")
  expect_identical(kept(stopped), c(1, 2, 3))
  skip_on_os("windows")
  interrupted <- run_with(function(index, control, watch) {
    if (index == 3) {
      tools::pskill(pid, tools::SIGINT)
      Sys.sleep(1)
    }
    list(mu = matrix(index), legal = TRUE)
  }, pid = Sys.getpid())
  expect_identical(kept(interrupted), c(1, 2))
})

test_that("a worker is sent no more of the data than its chains need", {
  data <- as.data.frame(simulate_missing(2000, 6, missing = 0.3, seed = 2))
  fit <- em_mvn(data)
  mode <- leading_mode(fit, 20L, em_control())
  sent <- length(serialize(chains_from(fit, mode, 10L, 1, Inf), NULL))
  # Its code and the parameters; the data a second time would be 96,000 bytes more.
  expect_lt(sent - length(serialize(fit$data$columns, NULL)), 50000)
})

test_that("verbose = 2 prints how far it is, 0 nothing", {
  lines <- function(...) {
    capture.output(invisible(impute_quietly(..., seed = 1, control = em_control(verbose = 2))))
  }
  fit <- air_log_fit()
  expect_identical(lines(fit, 2, "conditional"), c("Cells: 1 of 2", "Cells: 2 of 2"))
  expect_identical(lines(fit, 2, "normal")[1:2], c("Draws: 1 of 2", "Draws: 2 of 2"))
  expect_identical(lines(fit, 2, "bootstrap")[1:2], c("Replicates: 1 of 2", "Replicates: 2 of 2"))
  expect_true("Steps of chains: 20 of 20" %in% lines(fit, 2, burnin = 10))
  grouped <- lines(bounded_fit(), 2, burnin = 30, by = arms)
  for (line in c("Steps of chains, group drug: 60 of 60", "Cells, group placebo: 2 of 2",
    "Cells with bounds, group drug: 2 of 2")) {
    expect_true(line %in% grouped)
  }
  expect_silent(em_impute(fit, 2, seed = 1))
})

test_that("verbose = 1 makes a progress bar of each part", {
  withr::local_options(cli.progress_handlers_only = "logger", cli.progress_show_after = 0)
  made <- function(...) {
    log <- capture.output(invisible(impute_quietly(..., control = em_control(verbose = 1))))
    sub(".* 0/([0-9]+) created$", "\\1", grep("created$", log, value = TRUE))
  }
  fit <- air_log_fit()
  expect_identical(made(fit, 7, burnin = 10), c("70", "7"))
  for (method in imputation_methods[2:3]) expect_identical(made(fit, 7, method), c("7", "7"))
  expect_identical(made(bounded_fit(), 7, "conditional"), c("7", "7"))
  expect_identical(made(bounded_fit(), 7, burnin = 40, by = arms), rep(c("280", "7", "7"), 2))
})
