# Many starts to the end: the record, the choice, interrupts, workers and threads.

many_poissons <- function(n = 12, ..., control = em_control()) {
  em_fit(poisson_model(), em_starts(n, seed = 1, include = list(poisson_start), ...), control)
}

# The record without what a clock says.
timeless <- function(runs) {
  runs$trace <- lapply(runs$trace, function(trace) trace[names(trace) != "seconds"])
  runs
}

test_that("the record has one row for each start, and the fit is the best of them", {
  fit <- many_poissons(keep = 3L)
  runs <- fit$runs
  expect_named(runs, c("table", "parameters", "trace", "chosen", "starts"))
  table <- runs$table
  expect_named(table, c(
    "start", "method", "screened", "objective", "log_lik", "status", "finished", "gap",
    "passes", "saddles", "smallest_weight", "thinness", "thin"
  ))
  expect_identical(table$start, 1:13)
  expect_identical(table$method, rep(c("given", "perturb"), c(1, 12)))
  expect_identical(sum(table$finished), 3L)
  # Those finished are the most promising, and never fall behind where they were.
  expect_gte(min(table$screened[table$finished]), max(table$screened[!table$finished]))
  expect_true(all((table$objective - table$screened)[table$finished] >= -1e-7))
  expect_identical(is.na(table$objective), !table$finished)
  expect_identical(lengths(runs$parameters) > 0, table$finished)
  expect_identical(lengths(runs$trace) > 0, table$finished)
  expect_identical(table$objective[runs$chosen], fit$objective)
  expect_identical(max(table$objective, na.rm = TRUE), fit$objective)
  expect_identical(runs$parameters[[runs$chosen]], fit$parameters)
  expect_identical(table$smallest_weight[runs$chosen], min(fit$parameters$p))
  expect_within(fit$log_lik, -1989.945859882964, 3e-6)
  expect_null(em_fit(poisson_model(), poisson_start)$runs)
})

test_that("a multimodal likelihood: many starts find the higher hill, plain EM's of each", {
  # Two hills for the location of a Cauchy-like sample; EM from 12 stays on the lower one.
  y <- c(-2, -1.5, -1, 0, 0.3, 11, 12, 13)
  weight <- function(m) 2 / (1 + (y - m)^2)
  model <- em_model(
    function(m) sum(weight(m) * y) / sum(weight(m)), function(m) -sum(log1p((y - m)^2))
  )
  one <- em_fit(model, 12)
  expect_equal(one$parameters, 12, tolerance = 0.05)
  fit <- em_fit(model, em_starts(30, seed = 1, keep = 30, include = list(12)))
  expect_gt(fit$log_lik, one$log_lik + 1)
  expect_lt(fit$parameters, 1)
  expect_output(print(fit), "Best of 31 starts \\(31 finished\\): [0-9]+ ended here")
  expect_output(print(fit), "the next is")
  # Every start ends where plain EM from the very same place does.
  begin <- user_starts(model, fit$runs$starts)
  plain <- vapply(begin, function(m) {
    em_fit(model, m, em_control(accelerator = "plain"))$parameters
  }, numeric(1))
  # Parameters of two ends of one hill differ by the gap: sqrt(2e-6) standard errors.
  expect_within(unlist(fit$runs$parameters), plain, 0.01)
})

test_that("acceleration waits until a plain step gains less than half a unit", {
  fits <- list(
    many_poissons(keep = 12L),
    em_mvn(airquality[air_columns], starts = em_starts(6, seed = 1, keep = 6))
  )
  steep <- 0
  for (fit in fits) {
    for (trace in fit$runs$trace) {
      gain <- c(Inf, diff(trace$objective))
      settled <- which(trace$kind == "em" & gain < 0.5)[1]
      tried <- which(trace$kind %in% c("accelerated", "fallback"))
      expect_true(all(tried > settled))
      steep <- steep + (settled > 2)
    }
  }
  # Some did have to wait.
  expect_gt(steep, 3)
})

test_that("the trace is that of all who arrived, the fit's own that of the chosen", {
  fit <- many_poissons(keep = 3L)
  trace <- em_trace(fit)
  expect_setequal(unique(trace$start), which(fit$runs$table$finished))
  own <- as.data.frame(fit$trace)
  expect_identical(unique(own$start), fit$runs$chosen)
  expect_identical(nrow(own), fit$iterations + 1L)
  expect_identical(max(own$passes), fit$passes)
  expect_identical(own$objective, trace$objective[trace$start == fit$runs$chosen])
  diagnosis <- em_diagnose(fit)
  expect_identical(diagnosis$value[diagnosis$check == "passes"], as.double(fit$passes))
})

test_that("the most promising go first: sound ones, then the highest, then by number", {
  expect_identical(by_promise(c(1, 3, 2, NaN), c("max_iter", "decreased", "converged", NA)),
    c(3L, 1L, 2L, 4L))
  expect_identical(by_promise(rep(NA_real_, 3), rep(NA_character_, 3)), 1:3)
})

test_that("a start moved at random may fail; one that was given may not", {
  model <- poisson_model()
  model$em_step <- function(par) if (par$lambda[1] > 3) stop("too far") else poisson_step(par)
  fit <- em_fit(model, em_starts(20, seed = 1, keep = 20, include = list(poisson_start)))
  failed <- fit$runs$table$status == "non_finite"
  expect_gt(sum(failed), 0)
  expect_identical(fit$status, "converged")
  far <- list(p = c(0.5, 0.5), lambda = c(4, 1))
  expect_error(em_fit(model, em_starts(2, include = list(poisson_start, far))), "too far",
    class = "missmix_error_model")
})

test_that("an interrupt keeps what is finished, and says so", {
  model <- poisson_model()
  interrupt_at <- function(call) {
    calls <- 0
    model$log_lik <<- function(par) {
      calls <<- calls + 1
      if (calls == call) rlang::interrupt()
      poisson_log_lik(par)
    }
    em_fit(model, em_starts(3, seed = 1, keep = 3, include = list(poisson_start)))
  }
  # 3 calls try the moves; then the first climb takes more than 20.
  expect_warning(early <- interrupt_at(10), "update\\(fit\\)",
    class = "missmix_warning_convergence")
  expect_identical(early$status, "stopped")
  expect_identical(sum(early$runs$table$finished), 0L)
  expect_identical(em_trace(early)$objective, early$trace$objective)
  expect_output(print(early), "0 finished")
  expect_warning(late <- interrupt_at(75), "[12] of 4 starts had been climbed",
    class = "missmix_warning_convergence")
  expect_identical(late$status, "converged")
  expect_lt(sum(late$runs$table$finished), 4)
  expect_gt(sum(late$runs$table$finished), 0)
  expect_identical(update(late)$status, "converged")
})

test_that("the time limit is that of all starts together", {
  slow <- poisson_model()
  slow$log_lik <- function(par) {
    Sys.sleep(0.002)
    poisson_log_lik(par)
  }
  starts <- em_starts(50, seed = 1, keep = 50, include = list(poisson_start))
  began <- Sys.time()
  suppressWarnings(fit <- em_fit(slow, starts, em_control(time_limit = 0.3)))
  # All would take 50 climbs of 20 passes of 2 ms each.
  expect_lt(sum(fit$runs$table$finished), 51)
  expect_warning(
    fit <- em_mvn(airquality[air_columns], starts = em_starts(3, seed = 1),
      control = em_control(time_limit = 1e-9)),
    class = "missmix_warning_convergence"
  )
  expect_identical(fit$status, "stopped")
})

test_that("any plan of the future package gives the same, workspace functions included", {
  skip_if_not_installed("future.apply")
  skip_on_cran()
  alone <- many_poissons(keep = 4L)
  # Functions of the workspace, as a user has them: these do not travel by themselves.
  workspace <- c("poisson_days", "poisson_joint", "poisson_step", "poisson_log_lik")
  for (name in workspace) {
    value <- get(name)
    if (is.function(value)) environment(value) <- globalenv()
    assign(name, value, globalenv())
  }
  old <- future::plan(future::multisession, workers = 2)
  withr::defer({
    future::plan(old)
    rm(list = workspace, envir = globalenv())
  })
  model <- em_model(get("poisson_step", globalenv()), get("poisson_log_lik", globalenv()),
    transforms = list(p = em_simplex(), lambda = em_positive()), nobs = sum(poisson_days)
  )
  starts <- em_starts(12, seed = 1, keep = 4, include = list(poisson_start))
  beside <- em_fit(model, starts)
  expect_identical(future_workers(), 2)
  expect_identical(timeless(beside$runs), timeless(alone$runs))
  expect_identical(beside$parameters, alone$parameters)
  expect_error(em_fit(em_model(function(t) stop("worker's"), function(t) -t^2),
    em_starts(2, include = list(0.5))), "worker's", class = "missmix_error_model")
})

test_that("em_mvn: the default start and moves of it, bit-identical for any threads", {
  air <- airquality[air_columns]
  fit <- em_mvn(air, starts = em_starts(8, seed = 2, keep = 3))
  table <- fit$runs$table
  expect_identical(table$method, rep(c("default", "perturb"), c(1, 7)))
  expect_identical(sum(table$finished), 3L)
  # One interior maximum, from anywhere.
  expect_within(fit$log_lik, air_fit()$log_lik, 3e-6)
  expect_identical(names(fit$runs$parameters[[fit$runs$chosen]]$mu), air_columns)
  two <- em_mvn(air, starts = em_starts(8, seed = 2, keep = 3),
    control = em_control(n_threads = 2))
  expect_identical(timeless(two$runs), timeless(fit$runs))
  expect_identical(two$parameters, fit$parameters)
  other <- em_mvn(air, starts = em_starts(8, seed = 3, keep = 3))
  expect_false(identical(other$runs$table$screened, table$screened))
  expect_null(em_mvn(air, starts = em_starts(1))$runs)
})

test_that("a fit from many starts keeps what every fit promises", {
  refit <- function(starts = em_starts(4, seed = 2, keep = 3), ...) {
    em_mvn(airquality[air_columns], starts = starts, ...)
  }
  expect_em_contract(refit(), refit)
})

test_that("em_mvn: moves are by standard deviations of the start, whatever the unit", {
  data <- airquality[c("Wind", "Temp")]
  scaled <- transform(data, Wind = 1e6 * Wind)
  control <- em_control(max_iter = 1, accelerator = "plain")
  first <- function(data) {
    fit <- suppressWarnings(em_mvn(data, starts = em_starts(4, seed = 1, keep = 4),
      control = control))
    vapply(fit$runs$trace, function(trace) trace$objective[1], numeric(1))
  }
  # log(1e6) for each of 153 rows; sums of squares in another order.
  expect_within(first(data) - first(scaled), rep(153 * log(1e6), 4), 1e-6)
  # The moved ones begin lower, but not absurdly: within some dozen units a row.
  expect_true(all(diff(first(data)) != 0))
  expect_lt(max(first(data)[1] - first(data)), 153 * 50)
})

test_that("em_mvn: given starts, a log scale, and no data kept", {
  data <- transform(airquality[air_columns], Ozone = log(Ozone))
  given <- em_mvn(data)
  starts <- em_starts(3, seed = 1, keep = 3, include = list(given, given$parameters))
  fit <- em_mvn(data, starts = starts, keep_data = FALSE)
  expect_identical(fit$runs$table$method, c("given", "given", "perturb", "perturb", "perturb"))
  expect_lte(fit$runs$table$passes[1], 2L)
  # The fits among the starts held their data; nothing of that is left.
  expect_identical(fit$runs$starts$include[[1]], given$parameters)
  logged <- em_mvn(airquality[air_columns], transform = c(Ozone = "log"),
    starts = em_starts(3, seed = 1, keep = 2))
  table <- logged$runs$table
  expect_identical(table$objective[logged$runs$chosen], logged$objective)
  expect_lt(max(abs(table$screened - logged$objective)), 1)
  expect_error(em_mvn(data, starts = em_starts(2, include = list("here"))),
    class = "missmix_error_argument")
})

test_that("update() goes on from the fit, not with new starts; a saved fit has its record", {
  fit <- many_poissons(keep = 2L)
  again <- update(fit)
  expect_null(again$runs)
  expect_lte(again$passes, 2L)
  file <- withr::local_tempfile()
  saveRDS(fit, file)
  expect_identical(readRDS(file)$runs$table, fit$runs$table)
  expect_output(print(readRDS(file)), "Best of 13 starts \\(2 finished\\)")
  mvn <- em_mvn(airquality[air_columns], starts = em_starts(3, seed = 1))
  expect_lte(update(mvn)$passes, 2L)
  expect_null(update(mvn)$runs)
})

test_that("verbose says which start it is, and a callback is told", {
  lines <- capture.output(invisible(many_poissons(2, control = em_control(verbose = 2))))
  expect_match(lines[[1]], "^start +1 +iteration +0")
  expect_match(lines[[length(lines)]], "^start +[23] ")
  seen <- integer()
  see <- function(row) seen <<- c(seen, row$start)
  many_poissons(2, control = em_control(callback = see))
  expect_identical(unique(seen), 1:3)
  seen <- integer()
  em_mvn(airquality[air_columns], starts = em_starts(3), control = em_control(callback = see))
  expect_identical(unique(seen), 1:3)
})
