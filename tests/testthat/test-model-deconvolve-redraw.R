# Share of the intervals that hold the truth, with the reference's errors and without, over
# references that each have cells of their own.
coverage_over <- function(references, ...) {
  rowMeans(vapply(seq_len(references), function(seed) {
    made <- state_fit(..., seed = seed)
    held <- function(errors) {
      limits <- limits_at(made$fit$parameters$proportions, errors, 0.95)
      mean(limits$low <= made$truth & made$truth <= limits$high)
    }
    c(alone = held(sandwich_errors(made$fit)), whole = held(proportion_errors(made$fit)))
  }, numeric(2)))
}

test_that("intervals know of sizes and states of few cells", {
  skip_on_cran()
  # 30 references x 10 samples; intervals of one reference are off together, so that coverage has
  # a standard error of about .02.
  found <- coverage_over(30, cells = 40, samples = 10)
  expect_lt(found[["alone"]], 0.7)
  expect_gt(found[["whole"]], 0.88)
  expect_lt(found[["whole"]], 0.99)
})

test_that("intervals know of donors", {
  skip_on_cran()
  found <- coverage_over(30, cells = 60, samples = 10, donors = 6)
  expect_lt(found[["alone"]], 0.7)
  expect_gt(found[["whole"]], 0.88)
  expect_lt(found[["whole"]], 0.99)
})

test_that("raw profiles and one sample have replicates too", {
  made <- state_fit(reference_error = "none", family = "poisson", samples = 1)
  alone <- sandwich_errors(made$fit)$std.error
  expect_gt(mean(proportion_errors(made$fit)$std.error), 1.2 * mean(alone))
  # By hand.
  drawn <- vapply(1:20, function(b) {
    reference <- reference_replicate(made$fit$reference, b)
    fit <- em_deconvolve(made$fit$data$values, reference, family = "poisson",
      reference_error = "none", genes = made$fit$genes)
    em_parameters(fit)$proportions[1, ]
  }, numeric(3))
  # `genes` given have no weights; the fit's own, of 150 genes, are all one.
  expect_equal(made$fit$choices$value[2], "all")
  expect_equal(proportion_errors(made$fit)$std.error[1, ],
    sqrt(alone[1, ]^2 + rowMeans((drawn - made$fit$parameters$proportions[1, ])^2)),
    tolerance = 1e-6)
})

test_that("covariances hold what the reference adds", {
  fit <- state_fit(samples = 10)$fit
  errors <- proportion_errors(fit)$std.error
  for (s in 1:2) {
    v <- vcov(fit, sample = s)
    expect_equal(sqrt(diag(v)), errors[s, ], tolerance = 1e-8)
    expect_gt(min(eigen(v, TRUE, TRUE)$values), -1e-10)
    # Proportions sum to one.
    if (all(fit$parameters$proportions[s, ] > 0)) {
      expect_lt(max(abs(rowSums(v))), 1e-6 * max(v) + 1e-12)
    }
  }
  # Samples share the reference, so that their errors go together.
  whole <- vcov(fit)
  own <- 1 + 10 * 0:2
  expect_equal(whole[own, own], vcov(fit, sample = 1), ignore_attr = TRUE)
  expect_equal(unname(diag(whole)), as.vector(errors)^2)
  shared <- whole[1:10, 1:10] / outer(errors[, 1], errors[, 1])
  expect_gt(stats::median(shared[upper.tri(shared)]), 0.2)
  table <- tidy(fit, conf.int = TRUE)
  expect_identical(table$std.error, as.vector(errors))
  expect_equal(confint(fit)[, 2], table$conf.high, ignore_attr = TRUE)
  expect_true(all(table$conf.high - table$estimate <= table$std.error * stats::qt(0.975, 1)))
})

test_that("sizes that are given, and shares of RNA, are surer", {
  world <- state_world()
  drawn <- state_cells(world, 40)
  reference <- em_reference(drawn$counts, drawn$type)
  bulk <- state_bulk(world, 10)$bulk
  error <- function(reference) {
    mean(proportion_errors(suppressMessages(em_deconvolve(bulk, reference)))$std.error)
  }
  free <- error(reference)
  expect_lt(error(em_reference(reference, cell_size = reference$totals * 2)), 0.75 * free)
  expect_lt(error(em_reference(reference, scale = "rna")), 0.75 * free)
})

test_that("one type has no errors", {
  world <- state_world()
  drawn <- state_cells(world, 20)
  own <- drawn$type == "a"
  reference <- em_reference(drawn$counts[, own], drawn$type[own])
  fit <- suppressMessages(em_deconvolve(state_bulk(world, 2)$bulk, reference))
  table <- tidy(fit, conf.int = TRUE)
  expect_equal(table$conf.low, c(1, 1))
  expect_equal(table$conf.high, c(1, 1))
})

test_that("print() and summary() do not wait for replicates, and show them once they are there", {
  fit <- state_fit(samples = 10)$fit
  invisible(utils::capture.output(print(fit)))
  expect_null(fit$cache$redrawn)
  before <- summary(fit)
  expect_true(all(is.na(before$types$std.error)))
  expect_match(before$errors, "tidy\\(fit\\)")
  invisible(tidy(fit))
  after <- summary(fit)
  expect_false(anyNA(after$types$std.error))
  expect_identical(after$errors, "")
})

test_that("errors outlive update() and saveRDS(), and do not depend on R's generator", {
  fit <- state_fit(samples = 10)$fit
  file <- withr::local_tempfile()
  saveRDS(fit, file)
  set.seed(3)
  before <- .Random.seed
  errors <- proportion_errors(fit)$std.error
  expect_identical(.Random.seed, before)
  expect_identical(proportion_errors(readRDS(file))$std.error, errors)
  expect_equal(proportion_errors(update(fit))$std.error, errors)
  # Of some samples those of all: profiles are refined by all.
  expect_equal(compute_errors(fit, 2:3)$std.error, errors[2:3, ])
  bare <- update(fit, keep_data = FALSE)
  expect_error(tidy(bare), "keep_data", class = "missmix_error_data")
})

test_that("an interrupt keeps the replicates that are finished, of at least five", {
  fit <- state_fit(samples = 10)$fit
  # Replicates that are known already, and one that is interrupted when it is asked for.
  stop_after <- function(n) {
    known <- new.env()
    for (b in seq_len(n)) known[[as.character(b)]] <- reference_replicate(fit$reference, b)$profiles
    makeActiveBinding(as.character(n + 1), function() rlang::interrupt(), known)
    fit$cache$redrawn <- known
  }
  stop_after(8)
  expect_warning(some <- proportion_errors(fit), "8 of 20", class = "missmix_warning_convergence")
  expect_false(anyNA(some$std.error))
  expect_null(fit$cache$errors)
  stop_after(2)
  expect_warning(few <- proportion_errors(fit), "at least 5", class = "missmix_warning_convergence")
  expect_true(all(is.na(few$std.error)))
  reasons <- suppressWarnings(vcov(fit, sample = 1))
  expect_match(attr(reasons, "reason"), "replicates")
})
