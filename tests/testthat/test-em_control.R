test_that("defaults are those of the help", {
  control <- em_control()
  expect_s3_class(control, "em_control")
  expect_identical(unclass(control), list(
    tol = 1e-6, max_iter = 10000L, accelerator = "anderson", depth = 10L, time_limit = Inf,
    verbose = 0L, callback = NULL, n_threads = 1L
  ))
})

test_that("types are settled once", {
  control <- em_control(tol = 0L, max_iter = 1e3, depth = 3, verbose = TRUE, n_threads = 2)
  expect_identical(control$tol, 0)
  expect_identical(control$max_iter, 1000L)
  expect_identical(control$depth, 3L)
  expect_identical(control$verbose, 1L)
  expect_identical(control$n_threads, 2L)
  expect_identical(em_control(callback = print)$callback, print)
})

test_that("every option is checked and a misspelt one is an error", {
  expect_error(em_control(tolerance = 1), "unused argument")
  expect_error(em_control(tol = -1), "`tol`", class = "missmix_error_argument")
  expect_error(em_control(tol = NA), class = "missmix_error_argument")
  expect_error(em_control(max_iter = 0), "`max_iter`", class = "missmix_error_argument")
  expect_error(em_control(max_iter = Inf), class = "missmix_error_argument")
  expect_error(em_control(accelerator = "Anderson"), "squarem", class = "missmix_error_argument")
  expect_error(em_control(accelerator = c("plain", "squarem")), class = "missmix_error_argument")
  expect_error(em_control(accelerator = NULL), class = "missmix_error_argument")
  expect_error(em_control(depth = 1.5), class = "missmix_error_argument")
  expect_error(em_control(time_limit = 0), "above 0", class = "missmix_error_argument")
  expect_error(em_control(verbose = 3), class = "missmix_error_argument")
  expect_error(em_control(callback = 1), class = "missmix_error_argument")
  expect_error(em_control(n_threads = 0), class = "missmix_error_argument")
})

test_that("the option for threads is used, and checked", {
  old <- options(missmix.threads = 3)
  on.exit(options(old))
  expect_identical(em_control()$n_threads, 3L)
  options(missmix.threads = "many")
  expect_error(em_control(), "`n_threads`", class = "missmix_error_argument")
})

test_that("it prints in words", {
  expect_output(print(em_control()), "anderson (depth 10)", fixed = TRUE)
  expect_output(print(em_control(time_limit = 5, callback = print)), "5 seconds")
  expect_output(print(em_control(accelerator = "plain")), "Accelerator: plain;")
})

test_that("a control that was not made by em_control() is refused", {
  fit <- function(control) check_control(control)
  expect_silent(fit(em_control()))
  expect_error(fit(list(tol = 1)), "em_control", class = "missmix_error_argument")
})
