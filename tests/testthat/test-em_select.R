# The search for a number of components and a family: what is in the table, and what it promises.

some_families <- c("EEE", "VVI", "VVV")
selected <- with_seed(1, em_select(faithful, em_gmm, k = 1:5, covariance = some_families))
selection <- as.data.frame(selected)

test_that("every combination is in the table, and criteria are those of its fit", {
  expect_identical(nrow(selection), 15L)
  expect_setequal(paste(selection$k, selection$covariance), outer(1:5, some_families, paste))
  expect_equal(selection$AIC, -2 * selection$log_lik + 2 * selection$df)
  expect_equal(selection$BIC, -2 * selection$log_lik + log(272) * selection$df)
  # The entropy is not negative.
  expect_true(all(selection$ICL >= selection$BIC))
  best <- selection[which(selection$rank == 1), ]
  expect_identical(best$BIC, min(selection$BIC[selection$sound]))
  expect_identical(selected$best$k, best$k)
  expect_identical(selected$best$covariance, best$covariance)
  # Within the tolerance of the search, from below.
  expect_gt(selected$best$log_lik, best$log_lik - 1e-9)
  expect_lt(selected$best$log_lik, best$log_lik + 0.011)
  expect_identical(selected$best$status, "converged")
})

test_that("log-likelihoods of sound fits do not fall as k grows", {
  for (family in some_families) {
    rows <- selection[selection$covariance == family & selection$sound, ]
    # Each is within 0.01 of its maximum.
    expect_true(all(diff(rows$log_lik[order(rows$k)]) > -0.01), label = family)
  }
})

test_that("known answers are found: mclust 6.0.0 prints -1126.326 for EEE 3 on faithful", {
  three <- selection[selection$k == 3 & selection$covariance == "EEE", ]
  expect_within(three$log_lik, -1126.3159278, 0.011)
  expect_identical(c(selected$best$k, selected$best$df), c(3, 11))
})

test_that("one argument, a formula, a noise, another criterion, another model", {
  by_formula <- with_seed(1, em_select(~ log(waiting) + eruptions, em_gmm,
    data = faithful, k = 1:2, criterion = "ICL"))
  expect_identical(by_formula$criterion, "ICL")
  expect_identical(by_formula$best$terms, c("log(waiting)", "eruptions"))
  noisy <- suppressWarnings(
    with_seed(1, em_select(faithful, em_gmm, k = 1:3, noise = c(TRUE, FALSE)))
  )
  expect_identical(nrow(noisy$table), 6L)
  priors <- em_select(airquality[1:4], em_mvn, prior = list(em_prior_flat(), em_prior_ridge(5)))
  expect_identical(class(priors$best), c("em_mvn", "em_fit"))
  expect_identical(priors$table$ICL, c(NA_real_, NA_real_))
  expect_setequal(
    with_seed(1, em_select(faithful$eruptions, em_gmm, k = 1:2, covariance = "all"))$
      table$covariance, c("E", "V")
  )
})

test_that("the same seed gives the same table on one thread and two", {
  on <- function(threads) {
    with_seed(3, em_select(faithful, em_gmm, k = 2:3, control = em_control(n_threads = threads)))
  }
  expect_identical(on(1L)$table, on(2L)$table)
})

test_that("what cannot be chosen from is refused", {
  expect_error(em_select(faithful, em_gmm), "nothing to choose", class = "missmix_error_argument")
  expect_error(em_select(faithful, em_gmm, k = c(1, NA)), "NA", class = "missmix_error_argument")
  expect_error(em_select(faithful, em_gmm, q = 1:2), "q", class = "missmix_error_argument")
  expect_error(em_select(faithful, em_gmm, 1:2), "named", class = "missmix_error_argument")
  expect_error(em_select(faithful, "em_gmm", k = 1:2), class = "missmix_error_argument")
  expect_error(
    em_select(faithful, em_gmm, k = 1:2, criterion = "best"), class = "missmix_error_argument"
  )
})

test_that("a best fit that did not arrive warns, and the search is not cut short with it", {
  expect_warning(
    cut <- with_seed(1, em_select(faithful, em_gmm, k = 2:3, control = em_control(max_iter = 1L))),
    class = "missmix_warning_convergence"
  )
  expect_identical(cut$table$status, c("converged", "converged"))
})

test_that("an interrupt keeps what is finished, with a warning", {
  count <- 0
  interrupted <- function(x, k, control) {
    count <<- count + 1
    if (count == 3) {
      signalCondition(structure(list(message = ""), class = c("interrupt", "condition")))
    }
    em_gmm(x, k = k, starts = em_starts(2, seed = 1), control = control)
  }
  expect_warning(
    found <- em_select(faithful, interrupted, k = 1:5),
    "2 of 5", class = "missmix_warning_convergence"
  )
  expect_identical(found$table$k, 1:2)
})

test_that("fits of the search keep nothing of it", {
  expect_null(selected$best$runs$starts$memo)
  expect_null(attr(selected$table, "parameters"))
  expect_output(print(selected), "Selection by BIC")
  expect_identical(nrow(as.data.frame(selected)), 15L)
})
