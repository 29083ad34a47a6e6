# The test finds two components where there are two, and no third where there is none.

one_component <- em_gmm(faithful, k = 1)

test_that("faithful is not one component", {
  test <- em_lrt(one_component, n = 29, seed = 1)
  expect_s3_class(test, c("em_lrt", "htest"), exact = TRUE)
  expect_identical(test$k, c(1L, 2L))
  # -1130.2640 is mclust's two-component VVV; one component is the normal's closed form.
  n <- 272
  normal <- -n / 2 * (2 * log(2 * pi) + log(det(cov(faithful) * (n - 1) / n)) + 2)
  expect_within(test$log_lik, c(normal, -1130.2640), 1e-3)
  expect_equal(test$statistic[[1]], 2 * diff(test$log_lik))
  expect_identical(unname(test$parameter), 6)
  expect_equal(test$p.value, 1 / (1 + test$used))
  expect_lt(max(test$simulated, na.rm = TRUE), test$statistic / 5)
  expect_output(print(test), "1 component is not\\s+enough")
  expect_identical(names(tidy(test)), c("statistic", "parameter", "p.value", "method"))
  expect_identical(test$used + nrow(test$failures), 29L)
})

test_that("two components are enough for data of two", {
  y <- with_own_seed(4, c(rnorm(80), rnorm(60, 5)))
  fit <- em_gmm(y, k = 2, covariance = "E", starts = em_starts(5, seed = 1))
  test <- em_lrt(fit, n = 29, seed = 1)
  expect_gt(test$p.value, 0.1)
  # By hand: (1 + how many are as large) / (1 + how many there are).
  drawn <- na.omit(test$simulated)
  expect_equal(test$p.value, (1 + sum(drawn >= test$statistic)) / (1 + length(drawn)))
  # The larger model starts from the smaller: nothing falls, but for what climbs leave.
  expect_gt(min(drawn), -1e-5)
  expect_output(print(test), "do not call for more\\s+than 2 components")
  expect_identical(em_lrt(fit, n = 4, seed = 1)$simulated, test$simulated[1:4])
  skip_if_not_installed("future.apply")
  skip_on_os("windows")
  old <- future::plan(future::multicore, workers = 2)
  on.exit(future::plan(old))
  expect_identical(em_lrt(fit, n = 4, seed = 1)$simulated, test$simulated[1:4])
})

test_that("so few data sets cannot show it", {
  test <- em_lrt(one_component, n = 9, seed = 1)
  expect_output(print(test), "draw more of them")
})

test_that("two components more, and missing cells", {
  fit <- em_gmm(airquality[c("Ozone", "Temp")], k = 1)
  test <- em_lrt(fit, k = 3, n = 3, seed = 1)
  expect_identical(test$larger$k, 3L)
  expect_gt(test$statistic, 0)
  expect_identical(test$finished, 3L)
})

test_that("replicates without a sound mode are kept out and told", {
  replicates <- list(
    list(status = "converged", statistic = 2), list(status = "failed", reason = "so it is"),
    list(status = "converged", statistic = 1000), NULL
  )
  larger <- replace(one_component, c("log_lik", "k"), list(one_component$log_lik + 5, 2L))
  test <- new_lrt(one_component, larger, replicates)
  expect_identical(c(test$n, test$finished, test$used), c(4L, 3L, 2L))
  expect_equal(test$p.value, 2 / 3)
  expect_output(print(test), "1 more was kept out, the first because so it is")
  expect_output(print(test), "stopped after 3 of 4")
  expect_error(new_lrt(one_component, larger, replicates[c(2, 4)]), class = "missmix_error_model")
})

test_that("what cannot be tested is refused", {
  expect_error(em_lrt(em_mvn(faithful)), "em_gmm", class = "missmix_error_argument")
  expect_error(em_lrt(one_component, k = 1), class = "missmix_error_argument")
  expect_error(em_lrt(one_component, starts = 5), class = "missmix_error_argument")
  expect_error(em_lrt(one_component, sead = 5), class = "missmix_error_argument")
  expect_error(em_lrt(em_gmm(faithful, keep_data = FALSE)), class = "missmix_error_data")
})
