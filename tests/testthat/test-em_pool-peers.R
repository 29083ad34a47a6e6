# mice, mitools and mitml on the same imputations: the same numbers to 1e-10.

imp <- trial_imputations()
fits <- with(imp, lm(score ~ arm + age + lab + marker))

test_that("mice::pool() agrees, with its own degrees of freedom and with given ones", {
  skip_if_not_installed("mice")
  skip_if_not_installed("broom")
  for (dfcom in list(NULL, 20, Inf)) {
    peer <- mice::pool(mice::as.mira(fits$analyses), dfcom = dfcom)$pooled
    ours <- em_pool(fits, dfcom = dfcom)
    expect_identical(as.character(peer$term), ours$table$term)
    expect_same_pooling(ours, peer$estimate, sqrt(peer$t), peer$df, peer$fmi)
    expect_relative(ours$table$riv, peer$riv, 1e-10)
    expect_relative(ours$table$lambda, peer$lambda, 1e-10)
  }
})

test_that("mice's summary has the same tests and limits", {
  skip_if_not_installed("mice")
  skip_if_not_installed("broom")
  mira <- mice::as.mira(with(imp, glm(responder ~ arm + lab + marker, binomial))$analyses)
  peer <- summary(mice::pool(mira), conf.int = TRUE, exponentiate = TRUE)
  ours <- tidy(em_pool(mira), conf.int = TRUE, exponentiate = TRUE)
  expect_relative(ours$estimate, peer$estimate, 1e-10)
  expect_relative(ours$std.error, peer$std.error, 1e-10)
  expect_relative(ours$p.value, peer$p.value, 1e-10)
  expect_relative(ours$conf.low, peer[["2.5 %"]], 1e-10)
  expect_relative(ours$conf.high, peer[["97.5 %"]], 1e-10)
})

test_that("mice::pool() agrees on a Cox model", {
  skip_if_not_installed("mice")
  skip_if_not_installed("broom")
  skip_if_not_installed("survival")
  cox <- with(imp, survival::coxph(survival::Surv(time, event) ~ arm + lab + marker))
  expect_identical(em_pool(cox)$dfcom, Inf)
  # mice takes events less coefficients.
  events <- sum(trial_data()$event)
  peer <- mice::pool(mice::as.mira(cox$analyses))$pooled
  expect_same_pooling(em_pool(cox, dfcom = events - 3), peer$estimate, sqrt(peer$t), peer$df,
    peer$fmi)
  peer <- mice::pool(mice::as.mira(cox$analyses), dfcom = Inf)$pooled
  expect_same_pooling(em_pool(cox), peer$estimate, sqrt(peer$t), peer$df, peer$fmi)
})

test_that("mitools::MIcombine() agrees", {
  skip_if_not_installed("mitools")
  peer <- mitools::MIcombine(fits$analyses)
  ours <- em_pool(fits, dfcom = Inf)
  expect_same_pooling(ours, coef(peer), sqrt(diag(vcov(peer))), peer$df, peer$missinfo)
  expect_within(vcov(ours), vcov(peer), 1e-12)
})

test_that("mitools has W + B where Barnard and Rubin have T; with T it agrees too", {
  skip_if_not_installed("mitools")
  peer <- mitools::MIcombine(fits$analyses, df.complete = 75)
  ours <- em_pool(fits)
  expect_relative(coef(ours), coef(peer), 1e-10)
  expect_relative(vcov(ours), vcov(peer), 1e-10)
  old <- 6 / ours$table$lambda^2
  observed <- 1 / (1 / peer$df - 1 / old)
  within <- diag(ours$within)
  between <- diag(ours$between)
  expect_relative(observed, 76 / 78 * 75 * within / (within + between), 1e-10)
  right <- observed * (within + between) / diag(ours$total)
  expect_relative(ours$table$df, 1 / (1 / old + 1 / right), 1e-10)
})

test_that("mitml::testEstimates() agrees", {
  skip_if_not_installed("mitml")
  for (dfcom in list(NULL, 75)) {
    peer <- mitml::testEstimates(fits$analyses, df.com = dfcom)$estimates
    ours <- em_pool(fits, dfcom = if (is.null(dfcom)) Inf else dfcom)
    expect_same_pooling(ours, peer[, "Estimate"], peer[, "Std.Error"], peer[, "df"], peer[, "FMI"])
    expect_relative(ours$table$riv, peer[, "RIV"], 1e-10)
  }
})

test_that("their results are taken as they are", {
  skip_if_not_installed("mice")
  skip_if_not_installed("mitools")
  skip_if_not_installed("mitml")
  table <- em_pool(fits)$table
  mira <- with(as_mids(imp), lm(score ~ arm + age + lab + marker))
  expect_equal(em_pool(mira)$table, table)
  expect_identical(em_pool(mira)$expr, quote(lm(score ~ arm + age + lab + marker)))
  expect_equal(em_pool(mice::getfit(mira))$table, table)
  list_fits <- with(as_imputation_list(imp), lm(score ~ arm + age + lab + marker))
  expect_equal(em_pool(list_fits)$table, table)
  mitml_fits <- with(as_mitml(imp), lm(score ~ arm + age + lab + marker))
  expect_s3_class(mitml_fits, "mitml.result")
  expect_equal(em_pool(mitml_fits)$table, table)
  # An imputationResultList is what packages mark as results themselves; the call is its last.
  marked <- lapply(fits$analyses, function(fit) {
    structure(fit, class = c("imputationResult", class(fit)))
  })
  results <- with(mitools::imputationList(marked), fun = identity)
  expect_s3_class(results, "imputationResultList")
  expect_equal(em_pool(results)$table, table)
})

test_that("from imputations of a fit to the same table as mice and mitools", {
  skip_if_not_installed("mice")
  skip_if_not_installed("mitools")
  skip_if_not_installed("broom")
  skip_if_not_installed("survival")
  labs <- survival::pbc[c("bili", "chol", "albumin", "platelet", "age", "sex")]
  fit <- em_mvn(labs, columns = setdiff(names(labs), "sex"), transform = c(bili = "log"))
  drawn <- em_impute(fit, m = 5, seed = 1)
  ours <- em_pool(with(drawn, lm(albumin ~ log(bili) + chol + age + sex)))
  peer <- mice::pool(with(as_mids(drawn), lm(albumin ~ log(bili) + chol + age + sex)))$pooled
  expect_same_pooling(ours, peer$estimate, sqrt(peer$t), peer$df, peer$fmi)
  # Cholesterol is missing in a third of the patients.
  expect_identical(ours$table$term[which.max(ours$table$fmi)], "chol")
  peer <- mitools::MIcombine(
    with(as_imputation_list(drawn), lm(albumin ~ log(bili) + chol + age + sex))
  )
  ours <- em_pool(with(drawn, lm(albumin ~ log(bili) + chol + age + sex)), dfcom = Inf)
  expect_same_pooling(ours, coef(peer), sqrt(diag(vcov(peer))), peer$df, peer$missinfo)
})
