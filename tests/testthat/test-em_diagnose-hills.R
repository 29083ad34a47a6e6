without_thin <- function() {
  fit <- three_modes()
  fit$runs <- lapply(fit$runs[c("table", "parameters")], function(x) {
    if (is.data.frame(x)) x[1:7, ] else x[1:7]
  })
  fit$runs$chosen <- 2L
  fit
}

test_that("a best mode found by several starts passes", {
  found <- judge_hills(without_thin())
  expect_identical(found$verdict, "pass")
  expect_equal(found$value, 6 / 7)
  expect_match(found$text, "6 of 7 starts (86%) found this one.", fixed = TRUE)
})

test_that("a thin mode above, and a mode found once, call for caution", {
  found <- judge_hills(three_modes())
  expect_identical(found$verdict, "caution")
  expect_match(found$text, "A thin mode lies 3 higher.*em_basins")
  fit <- without_thin()
  fit$runs$table$finished <- c(TRUE, TRUE, rep(FALSE, 5))
  expect_identical(judge_hills(fit)$verdict, "caution")
  expect_match(judge_hills(fit)$text, "more starts")
  fit$runs$table$finished[1] <- FALSE
  expect_match(judge_hills(fit)$text, "only one start")
})

test_that("starts that ended elsewhere at the same height count, too", {
  fit <- fit_of_runs(runs_of(list(mixture_at(c(0, 4)), mixture_at(c(0, 6))), c(-10, -10)))
  expect_identical(judge_hills(fit)$verdict, "pass")
  expect_match(judge_hills(fit)$text, "1 of 2 starts (50%) found this one, 1 more", fixed = TRUE)
})

test_that("a start that collapsed is no reason for caution", {
  fit <- three_modes()
  fit$runs$table$status[8] <- "degenerate"
  expect_identical(judge_hills(fit)$verdict, "pass")
})

test_that("a sound mode above, and an unsound fit, fail", {
  fit <- without_thin()
  fit$runs$chosen <- 1L
  expect_identical(judge_hills(fit)$verdict, "fail")
  expect_match(judge_hills(fit)$text, "lies 2 higher")
  fit <- three_modes()
  fit$runs$chosen <- 8L
  expect_match(judge_hills(fit)$text, "not sound (thin)", fixed = TRUE)
  fit$runs$table$thin <- TRUE
  expect_match(judge_hills(fit)$text, "nor is any other")
})

test_that("the check is there for fits from more than one start only", {
  expect_null(judge_hills(air_fit()))
  expect_false("other hills" %in% em_diagnose(air_fit())$check)
  expect_true("other hills" %in% em_diagnose(with_made_errors(three_modes()))$check)
})
