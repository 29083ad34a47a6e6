test_that("em_diagnose() judges imputations", {
  good <- em_diagnose(em_impute(air_log_fit(), m = 20, seed = 1))
  expect_s3_class(good, "em_diagnosis")
  expect_identical(good$check,
    c("method", "draws", "values", "shape", "complete", "number", "information"))
  judged_elsewhere <- good$check %in% c("shape", "number")
  expect_identical(good$verdict[!judged_elsewhere], rep("pass", 5))
  verdict <- function(imp, check) {
    table <- em_diagnose(imp)
    table$verdict[table$check == check]
  }
  few <- em_impute(air_fit(), m = 2, seed = 1)
  expect_identical(verdict(few, "number"), "caution")
  improper <- impute_quietly(air_fit(), m = 2, method = "conditional", seed = 1)
  expect_identical(verdict(improper, "method"), "fail")
  odd <- em_impute(air_fit(), m = 2, delta = c(Ozone = 1000), seed = 1)
  expect_identical(verdict(odd, "values"), "caution")
  expect_identical(unname(attr(em_diagnose(odd), "details")$implausible[1]), 1)
  slow <- em_mvn(simulate_missing(60, 4, missing = 0.5, seed = 3))
  short <- suppressWarnings(em_impute(slow, m = 20, burnin = 1, seed = 1))
  expect_identical(verdict(short, "draws"), "fail")
  expect_error(em_diagnose(1), class = "missmix_error_argument")
})

test_that("R-hat sees a drift and a growing spread, and is one without", {
  noise <- withr::with_seed(1, matrix(rnorm(4000), 40))
  expect_lt(windows_rhat(noise), 1.01)
  expect_gt(windows_rhat(noise + rep(1:40 / 20, 100)), 1.1)
  expect_gt(windows_rhat(noise * rep(1:40, 100)), 1.05)
  expect_identical(windows_rhat(noise[1, , drop = FALSE]), NA_real_)
  expect_equal(integrated_time(pooled_acf(noise)), 1, tolerance = 0.15)
  slow <- apply(noise, 2, stats::filter, filter = 0.5, method = "recursive")
  expect_equal(integrated_time(pooled_acf(slow)), 3, tolerance = 0.2) # (1 + .5) / (1 - .5)
})

# Of 30 data sets those in which the shape calls for caution; holes in x2 depend on y.
doubted_shapes <- function(make, noise) {
  mean(vapply(1:30, function(seed) {
    x <- with_seed(seed, {
      x1 <- rnorm(200)
      x2 <- make(0.5 * x1 + sqrt(0.75) * rnorm(200))
      y <- 1 + x1 + 2 * x2 + 1.5 * noise(200)
      x2[runif(200) < plogis(1.5 * scale(y) - 0.5)] <- NA
      data.frame(x1, x2, y)
    })
    found <- em_diagnose(em_impute(em_mvn(x), m = 5, seed = seed))
    found$verdict[found$check == "shape"] %in% "caution"
  }, NA))
}

test_that("the shape is doubted where no normal model made the data, and only there", {
  skip_on_cran()
  expect_lte(doubted_shapes(identity, rnorm), 1 / 30)
  expect_gte(doubted_shapes(function(z) exp(z / 2), rexp), 0.8)
})

test_that("bend and spread are those of regressions where nothing else is missing", {
  x <- with_seed(1, {
    a <- rnorm(300)
    b <- a^2 + rnorm(300)
    c <- rnorm(300, sd = exp(a / 2))
    data.frame(a, b, c)
  })
  x$b[1:30] <- NA
  imp <- em_impute(em_mvn(x), m = 5, seed = 1)
  shape <- attr(em_diagnose(imp), "details")$shape
  expect_identical(shape[c("variable", "rows")], data.frame(variable = "b", rows = 270))
  # The same by lm() in completed data.
  by_hand <- rowMeans(vapply(em_complete(imp, "list"), function(full) {
    fit <- lm(b ~ a + c, full)
    e <- resid(fit)[-(1:30)]
    u <- fitted(fit)[-(1:30)]
    c(cor(resid(lm(e ~ u)), resid(lm(u^2 ~ u))), cor(e^2, u))
  }, numeric(2)))
  expect_equal(unlist(shape[c("bend", "spread")], use.names = FALSE), by_hand, tolerance = 1e-8)
})

test_that("the shape is not judged where there is nothing to judge by", {
  verdict <- function(imp) {
    found <- em_diagnose(imp)
    found$verdict[found$check == "shape"]
  }
  one <- data.frame(x = c(NA, (1:40)^2))
  expect_identical(verdict(em_impute(em_mvn(one), m = 2, seed = 1)), NA_character_)
  few <- data.frame(x = c(NA, 1:9), y = c(3, 1, 4, 1, 5, 9, 2, 6, 5, 3))
  expect_identical(verdict(em_impute(em_mvn(few), m = 2, seed = 1)), NA_character_)
  full <- em_impute(em_mvn(few[-1, ]), m = 2, seed = 1)
  expect_identical(verdict(full), NA_character_)
})

test_that("groups with relations of their own are judged one by one", {
  x <- with_seed(1, {
    arm <- rep(c("a", "b"), each = 200)
    x <- rnorm(400, 2 * (arm == "b"))
    y <- ifelse(arm == "a", 3 * x + rnorm(400), -x + 4 * rnorm(400))
    y[runif(400) < 0.3] <- NA
    data.frame(x, y, arm)
  })
  judge <- function(covariance) {
    imp <- em_impute(em_mvn(x[1:2]), m = 5, by = x$arm, covariance = covariance, seed = 1)
    found <- em_diagnose(imp)
    expect_identical(found$verdict[found$check == "number"], NA_character_)
    found[found$check == "shape", ]
  }
  expect_identical(judge("separate")$verdict, "pass")
  expect_identical(judge("common")$verdict, "caution")
  expect_match(judge("common")$text, "separate covariances")
})

test_that("of a matrix without names each variable is compared with itself", {
  x <- cbind(1:30, 1e6 + 1:30, rep(c(5, NA, 8, 2, 3), 6))
  found <- em_diagnose(em_impute(em_mvn(x, columns = c("V1", "V3")), m = 5, seed = 1))
  expect_identical(attr(found, "details")$implausible, c(V1 = NA, V3 = 0))
  fit <- em_mvn(x, columns = c("V1", "V3"), transform = c(V3 = "log"))
  named <- em_mvn(as.data.frame(x), columns = c("V1", "V3"), transform = c(V3 = "log"))
  expect_identical(augment(fit)$.log_lik, augment(named)$.log_lik)
})

test_that("a variable without a range has no implausible values", {
  x <- data.frame(x = c(1:20, 30), y = c(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4,
    NA))
  new <- data.frame(x = c(1, 2, NA), y = NA_real_)
  fit <- em_mvn(x, keep_data = FALSE)
  imp <- impute_quietly(fit, m = 5, newdata = new, seed = 1, method = "conditional")
  expect_silent(found <- em_diagnose(imp))
  expect_identical(is.na(attr(found, "details")$implausible), c(x = FALSE, y = TRUE))
})

test_that("a single imputation is spoken of in the singular", {
  imp <- em_impute(em_mvn(airquality[air_columns]), m = 1, seed = 1)
  number <- em_diagnose(imp)
  expect_match(number$text[number$check == "number"], "there is 1\\.")
  expect_output(print(em_impute(em_mvn(airquality[3:4]), m = 2, seed = 1)), "No cell was imputed")
  expect_error(em_complete(imp, 2), "must be 1, \"list\"", class = "missmix_error_argument")
})

test_that("rows without any observed cell count as missing information", {
  x <- data.frame(a = c(1:30, rep(NA, 30)), b = c((1:30)^2, rep(NA, 30)))
  found <- em_diagnose(em_impute(em_mvn(x), m = 5, seed = 1))
  expect_equal(attr(found, "details")$fmi, rep(0.5, 5), ignore_attr = TRUE)
  expect_equal(found$value[found$check == "information"], 0.5)
  expect_identical(found$verdict[found$check == "number"], "caution")
})

test_that("a fit that has not arrived and values that were shifted are told of", {
  early <- suppressWarnings(em_mvn(airquality[1:4], control = em_control(max_iter = 1)))
  found <- em_diagnose(suppressWarnings(em_impute(early, m = 2, seed = 1)))
  expect_identical(found$verdict[1], "caution")
  expect_match(found$text[1], "not converged")
  shifted <- em_impute(air_log_fit(), m = 2, seed = 1, delta = c(Ozone = -500))
  expect_silent(found <- em_diagnose(shifted))
  expect_match(found$text[1], "Ozone were then changed by delta")
  expect_output(print(shifted), "not missing at random")
})

test_that("a prior is suggested that is more than the fit has, and enough to draw from", {
  x <- with_seed(1, as.data.frame(matrix(rnorm(20 * 30), 20)))
  x[1, 1] <- NA
  fit <- em_mvn(x, prior = em_prior_ridge(1))
  expect_match(prior_words(fit), "em_prior_ridge(12)", fixed = TRUE)
  fit <- em_mvn(x, prior = em_prior_ridge(12))
  expect_silent(em_impute(fit, m = 2, seed = 1))
  expect_match(prior_words(fit), "em_prior_ridge(24)", fixed = TRUE)
})
