# Weights at zero: they stay there under EM, are tested, and can be revived.

# One Poisson for London's deaths; the other component has no weight.
dead_start <- list(p = c(0, 1), lambda = c(1.256095101224, 2))
dead_fit <- function(...) em_fit(poisson_model(), dead_start, em_control(tol = 0), ...)

test_that("a weight of zero stays, and what belongs to it alone does not move", {
  fit <- dead_fit()
  expect_identical(fit$status, "converged")
  expect_identical(fit$parameters$p, c(0, 1))
  expect_identical(coef(fit)[["p[1]"]], 0)
  expect_equal(fit$parameters$lambda[1], dead_start$lambda[1], tolerance = 1e-15)
  # The mean number of notices, 2364 / 1096, is the single Poisson's.
  expect_within(fit$parameters$lambda[2], sum(0:9 * poisson_days) / sum(poisson_days), 1e-12)
  expect_within(fit$parameters$lambda[2], 2.156934, 1e-6)
  # One number is estimated: not the weights, and not the mean of what is not there.
  expect_identical(fit$df, 1L)
  expect_monotone(fit)
})

test_that("its derivative is found, told, and standard errors are refused", {
  fit <- dead_fit()
  expect_identical(fit$dropped$block, "p")
  expect_identical(fit$dropped$element, "1")
  # The derivative is the mean of f1 / f2 over the days: by hand.
  ratio <- dpois(0:9, dead_start$lambda[1]) / dpois(0:9, fit$parameters$lambda[2])
  expect_within(fit$dropped$derivative, sum(poisson_days * ratio) / sum(poisson_days), 1e-8)
  expect_within(fit$dropped$derivative, 1.0423, 5e-5)
  diagnosis <- em_diagnose(fit)
  expect_identical(diagnosis$verdict[diagnosis$check == "boundary"], "fail")
  expect_match(diagnosis$text[diagnosis$check == "boundary"],
    "EM cannot revive it; it would rise by a factor 1.04 a step")
  expect_output(print(fit), "p\\[1\\] is zero and EM cannot\\s+revive it")
  expect_match(information(fit)$reason, "boundary")
  expect_warning(errors <- vcov(fit), "boundary", class = "missmix_warning_boundary")
  expect_true(all(is.na(errors)))
  expect_output(print(summary(fit)), "No standard errors: p\\[1\\] lies on the boundary")
  expect_null(em_fit(poisson_model(), poisson_start)$dropped)
})

test_that("revive = TRUE climbs from a small weight to the maximum", {
  fit <- dead_fit(revive = TRUE)
  expect_within(fit$log_lik, -1989.945859882964, 1e-9)
  # 1e-9 of the estimates needs the log-likelihood to 1e-18: tol = 0 goes by the steps.
  expect_within(unlist(fit$parameters)[-2],
    c(0.359885396985, 1.256095101224, 2.663404356632), 1e-9)
  expect_null(fit$dropped)
  expect_identical(fit$revived$element, "1")
  expect_gt(fit$revived$gain, 11)
  expect_output(print(fit), "p\\[1\\] was revived from zero: the objective rose by 11.5")
  expect_identical(nrow(em_trace(fit)), fit$iterations + 1L)
  expect_monotone(fit)
})

test_that("update() remembers revive, and can ask for it", {
  fit <- dead_fit()
  expect_false(fit$revive)
  revived <- update(fit, revive = TRUE)
  expect_within(revived$log_lik, -1989.945859882964, 1e-9)
  wish <- TRUE
  fit <- em_fit(poisson_model(), poisson_start, revive = wish)
  rm(wish)
  expect_true(update(fit)$revive)
  expect_error(em_fit(poisson_model(), poisson_start, revive = NA),
    class = "missmix_error_argument")
})

test_that("a zero that belongs there passes and is not revived", {
  # A component far above what was ever seen.
  start <- list(p = c(0, 1), lambda = c(40, 2))
  fit <- em_fit(poisson_model(), start, em_control(tol = 0), revive = TRUE)
  expect_identical(fit$parameters$p, c(0, 1))
  expect_lt(fit$dropped$derivative, 1)
  expect_null(fit$revived)
  diagnosis <- em_diagnose(fit)
  expect_identical(diagnosis$verdict[diagnosis$check == "boundary"], "pass")
  expect_match(diagnosis$text[diagnosis$check == "boundary"],
    "zero where it belongs: one EM step from 1e-10 multiplies it by")
})

test_that("the same component twice: neither up nor down", {
  fit <- dead_fit()
  start <- list(p = c(0, 1), lambda = fit$parameters$lambda[c(2, 2)])
  twin <- em_fit(poisson_model(), start)
  # f1 = f2: the mean of one over the days.
  expect_within(twin$dropped$derivative, 1, 1e-10)
  expect_identical(judge_boundary(twin)$verdict, "pass")
})

# Three Poissons.
three_model <- function() {
  joint <- function(par) sweep(outer(0:9, par$lambda, stats::dpois), 2, par$p, "*")
  em_model(
    function(par) {
      expected <- poisson_days * joint(par) / rowSums(joint(par))
      list(lambda = colSums(expected * 0:9) / colSums(expected),
        p = colSums(expected) / sum(expected))
    },
    function(par) sum(poisson_days * log(rowSums(joint(par)))),
    transforms = list(p = em_simplex(), lambda = em_positive()), nobs = sum(poisson_days)
  )
}

test_that("several at zero: the steepest is revived first, blocks in any order", {
  start <- list(p = c(low = 0, mid = 1, high = 0), lambda = c(0.9, 2, 3.5))
  fit <- em_fit(three_model(), start)
  expect_identical(fit$dropped$element, c("low", "high"))
  expect_identical(fit$df, 1L)
  expect_output(print(fit), "and 1 more weight|p\\[(low|high)\\] is zero")
  revived <- em_fit(three_model(), start, revive = TRUE)
  expect_identical(revived$revived$element[1], fit$dropped$element[which.max(
    fit$dropped$derivative
  )])
  # Three Poissons are at least as high as two: the maximum of two is among them.
  expect_gt(revived$log_lik, -1989.945859882964 - 1e-5)
})

test_that("a step that leads to exactly zero goes on without that weight", {
  y <- c(a = 10, b = 0, c = 5)
  model <- em_model(
    function(p) y / sum(y), function(p) sum(ifelse(y > 0, y * log(p), 0)),
    transforms = em_simplex(), nobs = 15
  )
  fit <- em_fit(model, c(a = 0.3, b = 0.3, c = 0.4))
  expect_identical(fit$status, "converged")
  expect_equal(fit$parameters, y / 15)
  expect_identical(fit$dropped$element, "b")
  expect_identical(fit$dropped$derivative, 0)
  trace <- em_trace(fit)
  expect_identical(nrow(trace), fit$iterations + 1L)
  expect_identical(trace$iteration, seq_len(nrow(trace)) - 1L)
  expect_identical(max(trace$passes), fit$passes)
  expect_identical(sum(trace$kind == "start"), 1L)
})

test_that("a step that lifts a weight from zero is followed", {
  # Half an observation in each class: a zero does not stay.
  y <- c(10, 0, 5)
  model <- em_model(
    function(p) (y + 0.5) / sum(y + 0.5), function(p) sum(y[y > 0] * log(p[y > 0])),
    log_prior = function(p) 0.5 * sum(log(pmax(p, 1e-300))), transforms = em_simplex()
  )
  fit <- em_fit(model, c(0.6, 0, 0.4))
  expect_equal(fit$parameters, (y + 0.5) / 16.5)
  expect_null(fit$dropped)
})

test_that("a weight below 1e-6 and falling is told as if it were zero", {
  y <- c(10, 0, 5)
  model <- em_model(
    function(p) (p + y) / (1 + sum(y)), function(p) sum(ifelse(y > 0, y * log(p), 0)),
    transforms = em_simplex(), nobs = 15
  )
  fit <- em_fit(model, c(0.3, 0.3, 0.4))
  expect_lt(fit$parameters[2], 1e-6)
  expect_gt(fit$parameters[2], 0)
  expect_within(fit$dropped$derivative, 1 / 16, 1e-10)
  # A small weight at rest is a maximum like any other.
  y <- c(1e7, 1, 1e7)
  rest <- em_fit(model, c(0.4, 0.2, 0.4), em_control(tol = 0))
  expect_lt(rest$parameters[2], 1e-6)
  expect_null(rest$dropped)
})

test_that("a weight that stays as it is does not fall, however small", {
  found <- list(status = "converged", parameters = c(1e-7, 1 - 1e-7), passes_check = 0L)
  model <- em_model(identity, function(p) 0, transforms = em_simplex())
  expect_null(test_zero_weights(found, model)$dropped)
  model$em_step <- function(p) c(p[1] / 2, 1 - p[1] / 2)
  expect_within(test_zero_weights(found, model)$dropped$derivative, 0.5, 1e-12)
})

test_that("rows of a matrix have zeros of their own", {
  block <- rbind(a = c(x = 0.2, y = 0, z = 0.8), b = c(0.3, 0.3, 0.4), c = c(0, 1, 0))
  for (transform in list(em_simplex(1), em_simplex(2))) {
    own <- if (identical(transform$name, "simplex by row")) block else t(block)
    x <- transform$pack(own)
    expect_length(x, 3) # 1 + 2 + 0
    expect_identical(as.double(transform$size(own)), 3)
    # A few operations, each exact to rounding.
    expect_equal(transform$unpack(x, own), own, tolerance = 1e-12)
    expect_identical(transform$unpack(x + 1, own) == 0, own == 0)
  }
  model <- em_model(identity, function(par) 0, transforms = em_simplex(1))
  table <- weight_table(model, block)
  expect_identical(table$element[table$value == 0], c("c,x", "a,y", "c,z"))
  expect_identical(unique(table$size), 3L)
  beside <- with_weight(model, block, "par", which(block == 0)[2], 0.1)
  expect_equal(beside["a", ], c(x = 0.18, y = 0.1, z = 0.72))
  expect_identical(beside[-1, ], block[-1, ])
})

test_that("a covariance of a component without weight is kept as a whole", {
  layout <- parameter_layout(
    em_model(identity, function(par) 0, transforms = list(p = em_simplex(), s = em_covariance())),
    list(p = c(0, 1), s = diag(2), m = c(1, 2))
  )
  image <- list(p = c(NaN, 1), s = matrix(NaN, 2, 2), m = c(NA, 3))
  expect_identical(layout$mend(image, list(p = c(0, 1), s = diag(2), m = c(1, 2))),
    list(p = c(0, 1), s = diag(2), m = c(1, 3)))
  expect_identical(layout$frozen(image), 4)
})

test_that("numbers that are not finite are no less loud where no weight is zero", {
  model <- poisson_model()
  model$em_step <- function(par) list(p = par$p, lambda = c(NaN, 2))
  expect_warning(em_fit(model, poisson_start), "must be finite, not NaN",
    class = "missmix_warning_convergence")
})

test_that("many starts keep the zeros, and the best of them is revived", {
  starts <- em_starts(4, seed = 1, include = list(dead_start))
  fit <- em_fit(poisson_model(), starts)
  expect_identical(fit$runs$table$smallest_weight[fit$runs$table$finished][1], 0)
  expect_identical(fit$parameters$p[1], 0)
  revived <- em_fit(poisson_model(), starts, revive = TRUE)
  expect_gt(revived$log_lik, fit$log_lik + 5)
  expect_identical(revived$runs$table$objective[revived$runs$chosen], revived$objective)
  expect_identical(revived$runs$parameters[[revived$runs$chosen]], revived$parameters)
  expect_identical(unique(revived$trace$start), revived$runs$chosen)
})
