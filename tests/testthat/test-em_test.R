# Tests of nested models: the same as mice's and mitml's, and by hand.

imp <- trial_imputations()
larger <- with(imp, lm(score ~ arm + age + lab + marker))
smaller <- with(imp, lm(score ~ arm + age))

expect_same_test <- function(ours, peer) {
  ours <- c(ours$statistic, ours$parameter, ours$p.value, ours$riv)
  expect_relative(ours, as.vector(peer), 1e-10)
}

test_that("one coefficient is the square of its t", {
  test <- em_test(larger, with(imp, lm(score ~ arm + age + lab)), dfcom = Inf)
  pooled <- tidy(em_pool(larger, dfcom = Inf))
  marker <- pooled[pooled$term == "marker", ]
  expect_identical(test$terms, "marker")
  expect_equal(unname(test$statistic), marker$statistic^2)
  expect_equal(test$riv, marker$riv)
})

test_that("without a smaller model all slopes are tested, and nothing else", {
  skip_if_not_installed("survival")
  skip_if_not_installed("MASS")
  skip_if_not_installed("nnet")
  tested <- function(fits) em_test(fits, dfcom = Inf)$terms
  expect_identical(tested(larger), c("armactive", "age", "lab", "marker"))
  weibull <- with(imp, survival::survreg(survival::Surv(time, event) ~ lab))
  expect_identical(tested(weibull), "lab")
  grade <- cut(trial_data()$score, quantile(trial_data()$score, 0:3 / 3), c("a", "b", "c"), TRUE)
  ordered_fits <- with(imp, MASS::polr(grade ~ lab + marker, Hess = TRUE))
  expect_identical(tested(ordered_fits), c("lab", "marker"))
  nominal <- with(imp, nnet::multinom(grade ~ lab, trace = FALSE))
  expect_identical(tested(nominal), c("b:lab", "c:lab"))
  expect_identical(
    tested(with(imp, lm(cbind(score, marker) ~ lab))), c("score:lab", "marker:lab")
  )
})

test_that("D1 agrees with mitml::testModels(), for any number of rows", {
  skip_if_not_installed("mitml")
  for (dfcom in list(NULL, 75, 20)) {
    peer <- mitml::testModels(larger$analyses, smaller$analyses, "D1", df.com = dfcom)
    ours <- em_test(larger, smaller, dfcom = if (is.null(dfcom)) Inf else dfcom)
    expect_same_test(ours, peer$test)
  }
  # k (m - 1) = 2: the other formula of Li, Raghunathan and Rubin.
  few <- lapply(list(larger, smaller), function(fits) fits$analyses[1:2])
  expect_same_test(
    em_test(few[[1]], few[[2]], dfcom = Inf), mitml::testModels(few[[1]], few[[2]], "D1")$test
  )
})

test_that("D1 agrees with mice::D1(), with degrees of freedom from the analyses", {
  skip_if_not_installed("mice")
  skip_if_not_installed("mitml")
  skip_if_not_installed("broom")
  peer <- mice::D1(mice::as.mira(larger$analyses), mice::as.mira(smaller$analyses))
  ours <- em_test(mice::as.mira(larger$analyses), mice::as.mira(smaller$analyses))
  expect_same_test(ours, peer$result)
  expect_equal(ours$dfcom, 75)
  everything <- mice::D1(mice::as.mira(larger$analyses))
  expect_same_test(em_test(larger), everything$result)
  expect_identical(em_test(larger)$terms, c("armactive", "age", "lab", "marker"))
})

test_that("few imputations and finite degrees of freedom: Reiter's formula has no value", {
  few <- larger$analyses[1:2]
  test <- em_test(few, smaller$analyses[1:2], dfcom = 30)
  large <- em_test(few, smaller$analyses[1:2], dfcom = Inf)
  v <- large$parameter[["df2"]]
  expect_equal(test$parameter[["df2"]], 1 / (1 / v + (1 + large$riv) / (31 / 33 * 30)))
  expect_identical(test$statistic, large$statistic)
  # As data grow without limit Reiter's formula arrives at that of Li, Raghunathan and Rubin.
  df2 <- function(dfcom) em_test(larger, smaller, dfcom = dfcom)$parameter[["df2"]]
  expect_relative(df2(1e12), df2(Inf), 1e-8)
  # And never leaves what so small a sample can have.
  for (dfcom in c(1, 3, 5, 8)) expect_true(df2(dfcom) > 0 && df2(dfcom) < dfcom)
})

test_that("D3 of linear models agrees with mitml::testModels()", {
  skip_if_not_installed("mitml")
  expect_same_test(
    em_test(larger, smaller, "D3"), mitml::testModels(larger$analyses, smaller$analyses, "D3")$test
  )
})

test_that("D3 agrees with mice::D3() once the intercept and the variance are fitted anew", {
  skip_if_not_installed("mice")
  skip_if_not_installed("broom")
  peer <- mice::D3(mice::as.mira(larger$analyses), mice::as.mira(smaller$analyses))$result
  at_pooled <- function(fits) {
    beta <- coef(em_pool(fits))
    mean(vapply(fits$analyses, function(fit) {
      rest <- fit$model$score - model.matrix(fit) %*% beta
      as.numeric(logLik(lm(rest ~ 1)))
    }, numeric(1)))
  }
  own <- function(fits) mean(vapply(fits$analyses, logLik, numeric(1)))
  d <- 2 * (own(larger) - own(smaller))
  d_pooled <- 2 * (at_pooled(larger) - at_pooled(smaller))
  riv <- 8 / 12 * (d - d_pooled)
  expect_relative(c(d_pooled / (2 * (1 + riv)), riv), peer[c(1, 5)], 1e-10)
  # Ours has the second degrees of freedom of the same formula.
  expect_relative(large_sample_df(riv, 2, 7), peer[3], 1e-10)
})

test_that("log-likelihoods at a fit's own parameters are those of logLik()", {
  data <- em_complete(imp, 1)
  data$w <- rep(c(0, 1, 2.5), length.out = 80)
  data$hours <- rep(1:4, 20)
  check <- function(fit) {
    likelihood <- likelihood_of(fit)
    expect_equal(likelihood$log_lik(likelihood$parameters), as.numeric(logLik(fit)))
  }
  check(lm(score ~ lab, data))
  check(lm(score ~ lab, trial_data(), na.action = na.exclude))
  check(lm(score ~ lab + offset(age / 10), data, weights = w))
  check(glm(score ~ lab, data = data, weights = hours))
  check(glm(visits ~ lab + offset(log(hours)), poisson, data))
  check(glm(cbind(responder, hours) ~ lab, binomial, data))
  expect_null(likelihood_of(glm(visits ~ lab, poisson, data, y = FALSE)))
  # Elsewhere: the same as a fit that can only be there.
  fit <- glm(cbind(responder, hours) ~ lab, binomial, data)
  beta <- coef(fit) + c(0.3, -0.2)
  there <- glm(
    cbind(responder, hours) ~ 0 + offset(drop(model.matrix(fit) %*% beta)), binomial, data
  )
  expect_equal(likelihood_of(fit)$log_lik(beta), as.numeric(logLik(there)))
  normal <- lm(score ~ lab, data, weights = w)
  at <- c(1, 0.5, 2)
  counted <- data$w > 0
  expect_equal(
    likelihood_of(normal)$log_lik(at),
    sum(dnorm(data$score, 1 + 0.5 * data$lab, sqrt(2 / data$w), log = TRUE)[counted])
  )
})

test_that("D3 of generalised linear models is that of fits with nothing left to fit", {
  wide <- with(imp, glm(responder ~ arm + lab + marker, binomial))
  narrow <- with(imp, glm(responder ~ arm, binomial))
  test <- em_test(wide, narrow, "D3")
  at_pooled <- function(fits) {
    beta <- coef(em_pool(fits))
    mean(vapply(fits$analyses, function(fit) {
      predictor <- drop(model.matrix(fit) %*% beta)
      as.numeric(logLik(glm(fit$y ~ 0 + offset(predictor), binomial)))
    }, numeric(1)))
  }
  own <- function(fits) mean(vapply(fits$analyses, logLik, numeric(1)))
  d <- 2 * (own(wide) - own(narrow))
  d_pooled <- 2 * (at_pooled(wide) - at_pooled(narrow))
  riv <- 8 / 12 * (d - d_pooled)
  expect_relative(c(test$statistic, test$riv), c(d_pooled / (2 * (1 + riv)), riv), 1e-8)
})

test_that("complete data make it the ordinary F test, and likelihood-ratio test", {
  complete <- made_imputations(trial_data()[c("arm", "age", "score")], 3, c("age", "score"))
  wide <- with(complete, lm(score ~ arm + age))
  narrow <- with(complete, lm(score ~ 1))
  test <- em_test(wide, narrow)
  expect_identical(test$riv, 0)
  expect_equal(unname(test$statistic), anova(narrow$analyses[[1]], wide$analyses[[1]])$F[2])
  ratio <- em_test(wide, narrow, "D3")
  expect_equal(
    unname(ratio$statistic), as.numeric(logLik(wide$analyses[[1]]) - logLik(narrow$analyses[[1]]))
  )
  expect_identical(ratio$parameter[["df2"]], Inf)
})

test_that("a smaller model without any coefficient", {
  nothing <- with(imp, lm(score ~ 0))
  constant <- with(imp, lm(score ~ 1))
  expect_identical(em_test(constant, nothing)$terms, "(Intercept)")
})

test_that("D1 for models of other kinds; D3 says what it does not know", {
  skip_if_not_installed("survival")
  wide <- with(imp, survival::coxph(survival::Surv(time, event) ~ arm + lab + marker))
  narrow <- with(imp, survival::coxph(survival::Surv(time, event) ~ arm))
  expect_identical(em_test(wide, narrow)$terms, c("lab", "marker"))
  expect_error(em_test(wide, narrow, "D3"), "analysis 1, a <coxph>", class = "missmix_error_model")
  gamma <- lapply(list(score ~ lab + marker, score ~ lab), function(formula) {
    with(imp, glm(formula, Gamma("log"), data.frame(score = exp(score), lab, marker)))
  })
  expect_error(em_test(gamma[[1]], gamma[[2]], "D3"), class = "missmix_error_model")
})

test_that("what is no nested pair is refused", {
  refused <- function(code, class, words) {
    expect_error(code, words, class = paste0("missmix_error_", class))
  }
  other <- with(imp, lm(score ~ visits))
  refused(em_test(larger, other), "model", "only the smaller.*visits")
  refused(em_test(larger, larger), "model", "no more coefficients")
  refused(em_test(smaller, larger), "model", "only the smaller")
  refused(em_test(larger, smaller$analyses[1:3]), "argument", "7 analyses of the larger model, 3")
  refused(em_test(larger, with(imp, lm(score ~ arm, subset = -1))), "model",
    "In imputation 1 the larger model has 80 observations, the smaller 79")
  refused(em_test(larger, method = "D3"), "argument", "smaller")
  refused(em_test(larger, smaller, "D3", dfcom = 20), "argument", "dfcom")
  refused(em_test(larger, smaller, "D2"), "argument", "method")
  refused(em_test(imp), "argument", "one for each imputation")
  singular <- list(c(a = 1, b = 1), c(a = 2, b = 2))
  made <- lapply(singular, function(estimate) {
    structure(list(coefficients = estimate), class = "made_singular")
  })
  registerS3method("vcov", "made_singular", function(object, ...) {
    matrix(1, 2, 2, dimnames = list(c("a", "b"), c("a", "b")))
  }, asNamespace("stats"))
  refused(em_test(made), "model", "singular")
})

test_that("words and a row", {
  test <- em_test(larger, smaller)
  expect_s3_class(test, c("em_test", "htest"), exact = TRUE)
  expect_output(print(test), "Wald test of pooled coefficients \\(D1\\), 7 imputations")
  expect_output(print(test), "Coefficients tested: lab and marker")
  expect_named(
    tidy(test), c("statistic", "df1", "df2", "dfcom", "p.value", "riv", "method")
  )
  expect_identical(tidy(test)$p.value, test$p.value)
  expect_equal(
    test$p.value, unname(1 - pf(test$statistic, test$parameter[[1]], test$parameter[[2]]))
  )
})

test_that("models of different things are no nested pair", {
  refused <- function(larger, smaller, words, method = "D1") {
    found <- expect_error(em_test(larger, smaller, method), words, class = "missmix_error_model")
    expect_identical(found$analysis, 1L)
  }
  for (method in c("D1", "D3")) {
    refused(larger, with(imp, lm(log(score + 10) ~ arm + age)), "different responses", method)
  }
  # Another model family, or another link.
  wide <- with(imp, glm(responder ~ arm + lab, binomial))
  refused(wide, with(imp, lm(responder ~ arm)),
    "larger model is binomial with link logit, the smaller gaussian")
  refused(wide, with(imp, glm(responder ~ arm, binomial("probit"))), "probit")
  refused(wide, with(imp, glm(1 - responder ~ arm, binomial)), "different responses")
  # Rows of which each model has as many, but others.
  halves <- lapply(list(1:40, 41:80), function(rows) {
    with(imp, lm(score ~ arm + lab, subset = rows))
  })
  refused(halves[[1]], with(imp, lm(score ~ arm, subset = 41:80)), "different responses")
  # The same response in another form is not known to differ.
  by_hand <- with(imp, glm(factor(responder) ~ arm, binomial, model = FALSE))
  expect_identical(em_test(wide, by_hand)$terms, "lab")
})

test_that("responses are compared where fits of other packages hold them", {
  refused <- function(larger, smaller) {
    expect_error(em_test(larger, smaller), "different responses", class = "missmix_error_model")
  }
  skip_if_not_installed("survival")
  time <- with(imp, survival::coxph(survival::Surv(time, event) ~ arm + lab))
  refused(time, with(imp, survival::coxph(survival::Surv(2 * time, event) ~ arm)))
  skip_if_not_installed("lme4")
  mixed <- suppressMessages(with(imp, lme4::lmer(score ~ arm + lab + (1 | centre))))
  same <- suppressMessages(with(imp, lme4::lmer(score ~ arm + (1 | centre))))
  expect_identical(em_test(mixed, same)$terms, "lab")
  refused(mixed, suppressMessages(with(imp, lme4::lmer(score^2 ~ arm + (1 | centre)))))
  # The dispersion that glm.nb() names with its family is estimated: it differs between models.
  skip_if_not_installed("MASS")
  counts <- suppressWarnings(with(imp, MASS::glm.nb(visits ~ arm + lab)))
  fewer <- suppressWarnings(with(imp, MASS::glm.nb(visits ~ arm)))
  expect_identical(em_test(counts, fewer)$terms, "lab")
})

test_that("weights that differ, and responses of fits that keep none, are seen", {
  refused <- function(smaller, words) {
    for (method in c("D1", "D3")) {
      expect_error(em_test(larger, smaller, method), words, class = "missmix_error_model")
    }
  }
  refused(with(imp, lm(score ~ arm, weights = age)), "different weights")
  refused(with(imp, lm(log(score + 10) ~ arm, model = FALSE)), "different responses")
  ones <- with(imp, lm(score ~ arm + age, weights = rep(1, 80)))
  expect_identical(em_test(larger, ones)$terms, c("lab", "marker"))
})

test_that("what is no model is not taken for one without coefficients", {
  for (other in list(1, NULL, airquality)) {
    expect_error(em_test(larger, rep(list(other), 7)), "Analysis 1 cannot be pooled",
      class = "missmix_error_model")
  }
  skip_if_not_installed("survival")
  wide <- with(imp, survival::coxph(survival::Surv(time, event) ~ lab))
  narrow <- with(imp, survival::coxph(survival::Surv(time, event) ~ 1))
  expect_identical(em_test(wide, narrow)$terms, "lab")
})
