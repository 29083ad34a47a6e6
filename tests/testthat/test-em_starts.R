# Where to start: the object itself, and what em_mvn() and em_fit() make of it.

test_that("arguments are checked and kept", {
  starts <- em_starts(60, method = c("random", "perturb"), seed = 1)
  expect_identical(starts$n, 60L)
  expect_identical(starts$keep, 10L)
  expect_identical(em_starts(2)$keep, 2L)
  expect_output(print(em_starts(3, include = list(1))), "3 starts \\(auto\\) and 1 given")
  refused <- list(
    list(n = 0), list(n = 2.5), list(method = "best"), list(method = character()),
    list(seed = "a"), list(screen = 0), list(keep = 0), list(include = 1)
  )
  for (arguments in refused) {
    expect_error(do.call(em_starts, arguments), class = "missmix_error_argument")
  }
  fit <- air_fit()
  expect_identical(em_starts(include = fit)$include, list(fit))
})

test_that("seeds belong to numbers, and the session's generator is left alone", {
  starts <- em_starts(5, seed = 3)
  set.seed(8)
  before <- .Random.seed
  seeds <- start_seeds(starts)
  drawn <- with_seed(seeds[[2]], stats::rnorm(2))
  expect_identical(.Random.seed, before)
  expect_identical(start_seeds(starts), seeds)
  expect_identical(with_seed(seeds[[2]], stats::rnorm(2)), drawn)
  # Without a seed of its own it follows that of the session.
  set.seed(8)
  first <- start_seeds(em_starts(5))
  set.seed(8)
  expect_identical(start_seeds(em_starts(5)), first)
  expect_false(identical(start_seeds(em_starts(5)), first))
})

test_that("methods that need components are refused by models without", {
  air <- airquality[air_columns]
  given <- list(poisson_start)
  for (method in list("kmeans", c("perturb", "random"))) {
    starts <- em_starts(3, method, include = given)
    expect_error(em_fit(poisson_model(), starts), "needs? components",
      class = "missmix_error_argument")
    expect_error(em_mvn(air, starts = em_starts(3, method)), "needs? components",
      class = "missmix_error_argument")
  }
})

test_that("a model of one's own has no default start", {
  expect_error(em_fit(poisson_model(), em_starts(3)), "include = list",
    class = "missmix_error_argument")
  wrong <- em_starts(3, include = list(list(p = c(0.5, 0.6), lambda = 1:2)))
  expect_error(em_fit(poisson_model(), wrong), "sum to one", class = "missmix_error_argument")
})

test_that("random moves of a start are legal, and keep its zeros", {
  functions <- user_functions(poisson_model(), poisson_start)
  moved <- lapply(1:20, moved_start, functions, poisson_start)
  for (par in moved) {
    expect_null(start_problem(poisson_model(), par))
    expect_true(is.finite(poisson_log_lik(par)))
  }
  lambda <- vapply(moved, function(par) log(par$lambda[1]), numeric(1))
  # Normal noise of sd 1 on the logarithm: 20 draws have an sd between 0.65 and 1.4 with
  # probability 0.99.
  expect_gt(stats::sd(lambda), 0.65)
  expect_lt(stats::sd(lambda), 1.4)
  dead <- list(p = c(0, 0.4, 0.6), lambda = c(1, 2, 3))
  model <- em_model(identity, function(par) 0,
    transforms = list(p = em_simplex(), lambda = em_positive()))
  moved <- moved_start(1, user_functions(model, dead), dead)
  expect_identical(moved$p[1], 0)
  expect_false(identical(moved$p, dead$p))
})

test_that("noise is halved until a point is legal, and in the end there is the start itself", {
  picky <- function(width) {
    user_functions(em_model(identity, function(x) if (abs(x - 5) < width) 0 else NaN), 5)
  }
  expect_false(moved_start(4, picky(0.05), 5) == 5)
  expect_lt(abs(moved_start(4, picky(0.05), 5) - 5), 0.05)
  expect_identical(moved_start(4, picky(1e-12), 5), 5)
})

test_that("how far a move goes: each transform has its own unit", {
  sigma <- matrix(c(400, 3, 3, 0.04), 2)
  # log sd, then the second row of the factor, as long as that variable's sd of 0.2, then log sd.
  expect_equal(em_covariance()$spread(sigma), c(1, 0.2, 1))
  expect_equal(em_identity()$spread(c(-10, 0.1)), c(5, 0.5))
  expect_equal(em_simplex(1)$spread(rbind(c(0.2, 0, 0.8), c(0.2, 0.3, 0.5))), c(1, 1, 1))
  expect_equal(em_positive()$spread(c(3, 1e6)), c(1, 1))
})
