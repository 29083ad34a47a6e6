# Models written in R through the engine. Reference values: see fixtures.

exact <- em_control(tol = 0)

test_that("plain EM reproduces the trace that DLR printed", {
  printed <- read_fixture("dlr_linkage_trace")
  seen <- numeric()
  model <- em_model(dlr_step, function(theta) {
    seen <<- c(seen, theta)
    dlr_log_lik(theta)
  })
  em_fit(model, 0.5, em_control(accelerator = "plain", tol = 0))
  # Twelve decimals are printed.
  expect_within(seen[1:10], printed$theta, 0.6e-12)
})

test_that("DLR linkage: estimate, standard error and rate, in any coordinates", {
  value <- reference_values("DLR_linkage", "discrete_examples")
  for (model in list(
    em_model(dlr_step, dlr_log_lik),
    em_model(dlr_step, dlr_log_lik, transforms = em_interval()),
    em_model(dlr_step, dlr_log_lik, pack = qlogis, unpack = plogis),
    em_model(dlr_step, dlr_log_lik, score = dlr_score, transforms = em_interval())
  )) {
    fit <- em_fit(model, c(theta = 0.5), exact)
    expect_identical(fit$status, "converged")
    expect_within(coef(fit), value[["theta"]], 2e-12)
    expect_relative(sqrt(diag(vcov(fit))), value[["se"]], 1e-8)
    expect_within(glance(fit)$rate, value[["EM_rate"]], 1e-10)
    # One parameter: its fraction of missing information is the rate.
    expect_within(tidy(fit)$fmi, value[["EM_rate"]], 1e-8)
  }
  expect_named(coef(em_fit(em_model(dlr_step, dlr_log_lik), c(theta = 0.5))), "theta")
})

test_that("two Poissons: estimates to 1e-9, errors and all three rates", {
  value <- reference_values("London_deaths", "discrete_examples")
  for (accelerator in c("anderson", "squarem")) {
    fit <- em_fit(poisson_model(), poisson_start, em_control(tol = 0, accelerator = accelerator))
    expect_within(coef(fit)[-2], value[c("p1", "lambda1", "lambda2")], 1e-9)
    expect_within(fit$log_lik, value[["loglik"]], 1e-9)
  }
  # The Hessian by differences of a log-likelihood of 2e3.
  expect_relative(
    tidy(fit)$std.error[-2], value[c("se_p1", "se_lambda1", "se_lambda2")], 1e-5
  )
  expect_within(information(fit)$spectrum, value[paste0("EM_rate", 1:3)], 1e-8)
  expect_identical(names(coef(fit)), c("p[1]", "p[2]", "lambda[1]", "lambda[2]"))
  expect_identical(fit$df, 3L)
  # Two probabilities that sum to one have one standard error.
  expect_equal(tidy(fit)$std.error[1], tidy(fit)$std.error[2])
})

test_that("a covariance block: the multivariate normal with missing values", {
  value <- reference_values("apple")
  fit <- em_fit(apple_model(), apple_start, exact)
  expect_relative(coef(fit), reference_coef(value, 2), 1e-9)
  expect_relative(sqrt(diag(vcov(fit))), reference_coef(value, 2, "se_"), 1e-6)
  expect_within(information(fit)$spectrum, c(value[paste0("EM_rate_", 1:5)]), 1e-8)
  expect_identical(names(coef(fit)), c(
    "mu[size]", "mu[worms]", "sigma[size,size]", "sigma[worms,size]", "sigma[worms,worms]"
  ))
  expect_identical(dimnames(em_parameters(fit)$sigma), dimnames(apple_start$sigma))
  expect_equal(fit$log_lik, value[["loglik"]], tolerance = 1e-10)
})

test_that("steps and statistics, attribute and element: the same fit", {
  whole <- em_fit(em_model(dlr_step, dlr_log_lik), 0.5)
  e_step <- function(theta) list(next_theta = dlr_step(theta), log_lik = dlr_log_lik(theta))
  halves <- em_model(e_step = e_step, m_step = function(stats) stats$next_theta)
  expect_identical(em_fit(halves, 0.5)$parameters, whole$parameters)
  halves$e_step <- function(theta) structure(dlr_step(theta), log_lik = dlr_log_lik(theta))
  halves$m_step <- as.numeric
  expect_identical(em_fit(halves, 0.5)$parameters, whole$parameters)
})

test_that("a log prior makes it the mode of the posterior", {
  # Beta(3, 2): two more in the fourth class of the complete data, one more elsewhere.
  step <- function(theta) {
    hidden <- 125 * theta / (2 + theta)
    (hidden + 36) / (hidden + 36 + 39)
  }
  prior <- function(theta) 2 * log(theta) + log(1 - theta)
  model <- em_model(step, dlr_log_lik, log_prior = prior)
  fit <- em_fit(model, 0.5, exact)
  mode <- optimize(function(t) dlr_log_lik(t) + prior(t), c(0, 1), maximum = TRUE, tol = 1e-10)
  # optimize() sees no differences below the root of rounding.
  expect_equal(fit$parameters, mode$maximum, tolerance = 1e-7)
  expect_equal(fit$objective, fit$log_lik + prior(fit$parameters))
  expect_identical(attr(em_check_model(model, 0.5), "verdict"), "pass")
})

test_that("an earlier fit is a start, and update() goes on", {
  short <- suppressWarnings(em_fit(poisson_model(), poisson_start, em_control(max_iter = 3)))
  expect_identical(short$status, "max_iter")
  whole <- em_fit(poisson_model(), short)
  expect_identical(whole$status, "converged")
  expect_equal(whole$trace$objective[[1]], short$objective, tolerance = 1e-12)
  expect_within(update(short, control = exact)$log_lik, -1989.945859882964, 1e-9)
})

test_that("a step that goes down is loud and named", {
  flipped <- em_model(function(t) 2 * t - dlr_step(t), dlr_log_lik)
  expect_warning(fit <- em_fit(flipped, 0.5), class = "missmix_warning_convergence")
  expect_identical(fit$status, "decreased")
  expect_identical(fit$parameters, 0.5)
  expect_match(attr(em_check_model(flipped, 0.5), "verdict"), "fail")
  expect_warning(vcov(fit), class = "missmix_warning_boundary")
})

test_that("errors in the user's functions are errors, and name the function", {
  expect_part <- function(model, part, says) {
    error <- expect_error(em_fit(model, 0.5), says, class = "missmix_error_model")
    expect_identical(error$part, part)
    expect_match(conditionMessage(error), part)
  }
  expect_part(em_model(function(t) stop("broken {brace}"), dlr_log_lik), "em_step", "broken")
  expect_part(em_model(dlr_step, function(t) stop("no log")), "log_lik", "no log")
  expect_part(em_model(e_step = function(t) stop("x1"), m_step = identity), "e_step", "x1")
  expect_part(em_model(dlr_step, function(t) "a"), "log_lik", "one number")
  expect_part(em_model(dlr_step, function(t) c(1, 2)), "log_lik", "one number")
  expect_part(em_model(function(t) NULL, dlr_log_lik), "em_step", "NULL")
  expect_part(em_model(function(t) c(t, t), dlr_log_lik), "em_step", "length 2, not 1")
  expect_part(em_model(e_step = list, m_step = identity), "e_step", "log_lik")
  expect_part(em_model(
    e_step = function(t) structure(t, log_lik = dlr_log_lik(t)), m_step = function(s) stop("m")
  ), "m_step", "m")
  later <- function(t) if (t > 0.6) stop("too late") else dlr_step(t)
  expect_part(em_model(later, dlr_log_lik), "em_step", "too late")
})

test_that("numbers that are not finite end the fit, in words", {
  expect_warning(
    fit <- em_fit(em_model(function(t) NA_real_, dlr_log_lik), 0.5),
    "must be finite, not NA", class = "missmix_warning_convergence"
  )
  expect_identical(fit$status, "non_finite")
  expect_identical(fit$parameters, 0.5)
  edge <- em_model(function(t) 0, function(t) -t, transforms = em_positive())
  expect_warning(em_fit(edge, 1), "must be above zero")
})

test_that("an accelerated candidate that fails is refused, not an error", {
  failed <- 0
  model <- em_model(dlr_step, function(theta) {
    # Beyond what any plain EM step from 0.1 passes.
    if (theta > 0.626821497870982 + 1e-9) {
      failed <<- failed + 1
      stop("out of bounds")
    }
    dlr_log_lik(theta)
  })
  fit <- em_fit(model, 0.1)
  expect_identical(fit$status, "converged")
  expect_gt(failed, 0)
})

test_that("Ctrl-C inside a user's function returns the best so far", {
  calls <- 0
  model <- poisson_model()
  model$log_lik <- function(par) {
    calls <<- calls + 1
    if (calls == 6) rlang::interrupt()
    poisson_log_lik(par)
  }
  expect_warning(fit <- em_fit(model, poisson_start), class = "missmix_warning_convergence")
  expect_identical(fit$status, "stopped")
  expect_equal(fit$log_lik, poisson_log_lik(fit$parameters))
  expect_gt(fit$log_lik, poisson_log_lik(poisson_start))
})

test_that("a start that does not suit the model is refused", {
  refused <- function(model, starts, says) {
    expect_error(em_fit(model, starts), says, class = "missmix_error_argument")
  }
  refused(poisson_model(), list(p = c(0.5, 0.6), lambda = 1:2), "sum to one")
  refused(poisson_model(), c(0.5, 1, 2), "no list")
  refused(poisson_model(), list(q = 1), "no block `p` and `lambda`")
  refused(poisson_model(), unname(poisson_start), "has no names")
  refused(em_model(dlr_step, dlr_log_lik), list(a = "b"), "pack")
  packing <- function(pack) em_model(dlr_step, dlr_log_lik, pack = pack, unpack = identity)
  refused(packing(function(t) NULL), 0.5, "packs into NULL, not into numbers")
  refused(em_model(dlr_step, dlr_log_lik), NA_real_, "finite")
  for (value in c(NaN, -Inf, NA)) {
    refused(em_model(dlr_step, function(t) value), 0.5, paste("log-likelihood is", value))
  }
  expect_error(em_fit(dlr_step, 0.5), "em_model", class = "missmix_error_argument")
})

test_that("a log-likelihood that does not depend on the parameter is no success", {
  # A step that goes on, and one that is done at once.
  for (step in list(dlr_step, function(t) 0.3)) {
    flat <- em_model(step, function(t) -100)
    expect_warning(fit <- em_fit(flat, 0.5), "never changed", class = "missmix_warning_convergence")
    expect_identical(attr(em_diagnose(fit), "verdict"), "fail")
    expect_output(print(fit), "never changed")
  }
  # At its optimum an honest model does not change either.
  fit <- em_fit(em_model(dlr_step, dlr_log_lik), 0.5, exact)
  expect_no_warning(again <- update(fit))
  expect_false(again$constant)
})

test_that("standard errors are refused on a boundary and where nothing is known", {
  # Nine of ten seen, all of them in the first class: the second runs to zero.
  certain <- em_model(
    function(p) c(p[1] + 9, p[2]) / sum(p[1] + 9, p[2]), function(p) 9 * log(p[1]),
    transforms = em_simplex()
  )
  edge <- em_fit(certain, c(0.5, 0.5), em_control(tol = 1e-12))
  expect_identical(edge$status, "converged")
  expect_match(information(edge)$reason, "boundary")
  expect_true(all(is.na(suppressWarnings(vcov(edge)))))
  # A sum of which only the total is seen.
  total <- em_model(function(m) m + (3 - sum(m)) / 2, function(m) -(3 - sum(m))^2 / 2)
  expect_match(information(em_fit(total, c(0, 0)))$reason, "do not determine")
})

test_that("a saddle is left", {
  fit <- em_fit(poisson_model(), list(p = c(0.5, 0.5), lambda = c(2, 2)))
  expect_length(fit$saddles, 1)
  expect_within(fit$log_lik, -1989.945859882964, 1e-5)
})

test_that("any R object is a parameter with pack and unpack of one's own", {
  model <- em_model(
    em_step = function(par) list(theta = dlr_step(par$theta), label = par$label),
    log_lik = function(par) dlr_log_lik(par$theta),
    pack = function(par) c(logit = qlogis(par$theta)),
    unpack = function(x) list(theta = plogis(x[[1]]), label = "linkage")
  )
  fit <- em_fit(model, list(theta = 0.5, label = "linkage"), exact)
  expect_identical(em_parameters(fit)$label, "linkage")
  expect_within(em_parameters(fit)$theta, 0.626821497870982, 2e-12)
  expect_named(coef(fit), "logit")
  expect_output(print(fit), "logit")
})

test_that("fits are plain data: names, print, save", {
  fit <- em_fit(poisson_model(name = "Two Poissons"), poisson_start)
  expect_s3_class(fit, c("em_user", "em_fit"), exact = TRUE)
  expect_output(print(fit), "Two Poissons: 3 free parameters, 1,096 observations")
  expect_identical(fit$message, status_words(fit))
  expect_identical(em_trace(fit)$kind[[1]], "start")
})

test_that("a saved fit works after reloading, with what its functions enclose", {
  log_lik <- dlr_log_lik
  environment(log_lik) <- list2env(list(dlr_counts = dlr_counts), parent = baseenv())
  step <- dlr_step
  environment(step) <- environment(log_lik)
  fit <- em_fit(em_model(step, log_lik), 0.5)
  file <- tempfile(fileext = ".rds")
  on.exit(unlink(file))
  saveRDS(fit, file)
  expect_equal(vcov(readRDS(file)), vcov(fit))
})

test_that("a model without a free coordinate is refused before it reaches the engine", {
  fixed <- function(...) em_model(em_step = identity, log_lik = function(par) 0, ...)
  refused <- list(
    list(fixed(transforms = em_correlation()), diag(1)),
    list(fixed(transforms = em_simplex()), 1),
    list(fixed(pack = function(par) numeric(0), unpack = function(x) 1), 1)
  )
  for (case in refused) {
    expect_error(em_fit(case[[1]], case[[2]]), "free coordinate", class = "missmix_error_argument")
    expect_identical(attr(em_check_model(case[[1]], case[[2]]), "verdict"), "fail")
  }
  expect_error(em_fit(fixed(pack = stats::qlogis, unpack = function(x) NULL), 0.5), "come back",
    class = "missmix_error_argument")
})

test_that("a weight that runs to zero is called a boundary, without advice for other models", {
  y <- c(10, 0, 5)
  model <- em_model(
    em_step = function(p) (p + y) / (1 + sum(y)),
    log_lik = function(p) sum(ifelse(y > 0, y * log(p), 0)),
    transforms = em_simplex(), nobs = 15
  )
  diagnosis <- em_diagnose(em_fit(model, c(0.3, 0.3, 0.4)))
  expect_match(diagnosis$text[diagnosis$check == "identification"], "boundary")
  expect_false(any(grepl("ridge", diagnosis$text)))
})
