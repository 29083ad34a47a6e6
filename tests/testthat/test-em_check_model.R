# Faulty models are named, never an error.

verdicts <- function(check) stats::setNames(check$verdict, check$check)
found <- function(check, which) check$text[check$check == which]

dlr_check <- function(em_step = dlr_step, log_lik = dlr_log_lik, ..., par = 0.5) {
  em_check_model(em_model(em_step, log_lik, ...), par)
}

test_that("correct models pass", {
  for (check in list(
    dlr_check(),
    dlr_check(transforms = em_interval(), score = dlr_score),
    dlr_check(pack = qlogis, unpack = plogis),
    em_check_model(poisson_model(), poisson_start),
    em_check_model(apple_model(), apple_start)
  )) {
    expect_s3_class(check, "em_model_check")
    expect_identical(attr(check, "verdict"), "pass")
    expect_true(all(check$verdict == "pass"))
  }
  expect_true("score" %in% dlr_check(score = dlr_score)$check)
})

test_that("a step downhill is told from one too far", {
  backwards <- dlr_check(function(t) t - (dlr_step(t) - t))
  expect_identical(verdicts(backwards)[["monotone"]], "fail")
  expect_match(found(backwards, "monotone"), "em_step.* moves downhill.*sign of the M-step")
  far <- dlr_check(function(t) t + 2.5 * (dlr_step(t) - t))
  expect_match(found(far, "monotone"), "uphill, but too far")
})

test_that("a log-likelihood upside down is recognised", {
  check <- dlr_check(log_lik = function(t) -dlr_log_lik(t))
  expect_identical(verdicts(check)[["monotone"]], "fail")
  expect_match(found(check, "fixed point"), "minimum.*sign is wrong")
})

test_that("a term missing from one of the two is found at the fixed point", {
  check <- dlr_check(log_lik = function(t) dlr_log_lik(t) + 2 * log(t))
  expect_identical(verdicts(check)[["monotone"]], "pass")
  expect_identical(verdicts(check)[["fixed point"]], "fail")
  expect_match(found(check, "fixed point"), "log_lik and em_step disagree")

  wrong <- poisson_model()
  wrong$em_step <- function(par) {
    right <- poisson_step(par)
    list(p = right$p, lambda = 0.98 * right$lambda)
  }
  check <- em_check_model(wrong, poisson_start)
  expect_match(found(check, "fixed point"), "along `lambda`")
})

test_that("errors inside the functions are findings that name them", {
  check <- dlr_check(function(t) stop("no {luck}"))
  expect_match(found(check, "functions"), "em_step\\(\\).*no \\{luck\\}")
  expect_true(all(is.na(check$verdict[-(1:2)])))
  check <- dlr_check(log_lik = function(t) stop("logs"))
  expect_match(found(check, "functions"), "log_lik\\(\\).*logs")
  check <- dlr_check(pack = log, unpack = function(x) stop("lost"))
  expect_match(found(check, "functions"), "unpack\\(\\).*lost")
  check <- dlr_check(score = function(t) stop("slope"))
  expect_match(found(check, "functions"), "score\\(\\).*slope")
})

test_that("an error is put down to the function that raised it, whatever it was asked for first", {
  e_step <- function(t) structure(t, log_lik = dlr_log_lik(t))
  for (m_step in list(function(s) stop("luck"), function(s) stop(s, "luck"))) {
    check <- em_check_model(em_model(e_step = e_step, m_step = m_step), 0.5)
    expect_match(found(check, "functions"), "m_step\\(\\).*luck")
  }
  packing <- em_model(dlr_step, dlr_log_lik,
    unpack = plogis, pack = function(t) if (t == 0.5) qlogis(t) else stop("lost")
  )
  expect_error(em_fit(packing, 0.5), "pack\\(\\)", class = "missmix_error_model")
})

test_that("a log-likelihood that stays the same while the step moves is found", {
  for (step in list(dlr_step, function(t) 0.3)) {
    check <- dlr_check(step, function(t) -100)
    expect_identical(verdicts(check)[["monotone"]], "fail")
    expect_match(found(check, "monotone"), "does it depend on par")
  }
  # A start that is the optimum is no fault.
  optimum <- em_fit(em_model(dlr_step, dlr_log_lik), 0.5, em_control(tol = 0))$parameters
  expect_identical(attr(dlr_check(par = optimum), "verdict"), "pass")
})

test_that("results of the wrong kind are findings", {
  expect_match(found(dlr_check(function(t) NULL), "functions"), "em_step.*NULL")
  expect_match(found(dlr_check(function(t) c(t, t)), "functions"), "length 2, not 1")
  expect_match(found(dlr_check(log_lik = function(t) "a"), "functions"), "one number")
  expect_match(found(dlr_check(log_lik = function(t) NULL), "functions"), "one number")
  expect_match(found(dlr_check(function(t) NA), "finite"), "finite, not NA")
  expect_match(found(dlr_check(log_lik = function(t) NA), "finite"), "is NA")
  expect_match(found(dlr_check(log_lik = function(t) -Inf), "finite"), "is -Inf")
  halves <- em_model(e_step = function(t) list(hidden = 1), m_step = function(s) 0.5)
  expect_match(found(em_check_model(halves, 0.5), "functions"), "e_step.*log_lik")
})

test_that("coordinates that do not come back are found, in their block", {
  model <- em_model(poisson_step, poisson_log_lik,
    pack = function(par) c(qlogis(par$p[1]), log(par$lambda)),
    unpack = function(x) list(p = c(plogis(x[1]), 1 - plogis(x[1])), lambda = exp(x[3:2]))
  )
  check <- em_check_model(model, poisson_start)
  expect_identical(verdicts(check)[["round trip"]], "fail")
  expect_match(found(check, "round trip"), "lambda\\[")
})

test_that("random numbers and the likelihood of the step before are found", {
  set.seed(1)
  check <- dlr_check(function(t) dlr_step(t) + rnorm(1, sd = 1e-3))
  expect_match(found(check, "repeatable"), "em_step\\(\\) changes")
  last <- -1
  lagging <- em_model(
    e_step = function(t) {
      stats <- list(t = dlr_step(t), log_lik = last)
      last <<- dlr_log_lik(t)
      stats
    },
    m_step = function(stats) stats$t,
    log_lik = dlr_log_lik
  )
  check <- em_check_model(lagging, 0.5)
  expect_identical(verdicts(check)[["repeatable"]], "fail")
  expect_match(found(check, "same parameters"), "of the parameters before")
})

test_that("a wrong score is found", {
  check <- dlr_check(score = function(t) -dlr_score(t), transforms = em_interval())
  expect_identical(verdicts(check)[["score"]], "fail")
})

test_that("a parameter that does not suit the model is a finding", {
  start <- function(...) found(dlr_check(...), "start")
  expect_match(start(transforms = em_interval(), par = 2), "strictly between")
  expect_match(start(transforms = em_interval(), par = list(a = 0.5)), "is a list")
  expect_match(start(transforms = list(b = em_positive()), par = list(a = 0.5)), "no block `b`")
  expect_match(start(par = "a"), "numeric")
})

test_that("arguments are checked, and print is in words", {
  expect_error(em_check_model(1, 0.5), class = "missmix_error_argument")
  expect_error(em_check_model(em_model(dlr_step, dlr_log_lik), 0.5, 0),
    class = "missmix_error_argument"
  )
  local_reproducible_output(width = 1000)
  expect_snapshot(print(dlr_check(function(t) 2 * t - dlr_step(t))), transform = only_words)
})
