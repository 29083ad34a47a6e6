test_that("imputations have what later verbs look for, by every method", {
  fit <- air_log_fit()
  for (method in imputation_methods) {
    imp <- impute_quietly(fit, m = 4, method = method, seed = 3)
    expect_s3_class(imp, "em_imputations")
    expect_identical(imp$m, 4L)
    expect_identical(imp$method, method)
    expect_identical(imp$seed, 3L)
    expect_identical(imp$terms, fit$terms)
    expect_identical(imp$variables, air_columns)
    expect_identical(imp$transform, c(Ozone = "log"))
    where <- which(is.na(t(as.matrix(airquality[air_columns]))), arr.ind = TRUE)
    expect_identical(imp$cells, data.frame(row = where[, 2], variable = where[, 1]),
      ignore_attr = TRUE)
    expect_identical(dim(imp$values), c(nrow(imp$cells), 4L))
    expect_true(all(is.finite(imp$values)))
    expect_true(all(apply(imp$values, 1, stats::sd) > 0))
    expect_identical(dim(imp$parameters$sigma), c(4L, 4L, 4L))
    expect_identical(rownames(imp$parameters$mu), fit$terms)
    expect_identical(nrow(imp$unimputed), 0L)
    expect_null(imp$bounds)
    expect_identical(imp$fit$log_lik, fit$log_lik)
    expect_identical(is.null(imp$chain), method != "posterior")
    differs <- stats::sd(imp$parameters$mu["Temp", ]) > 0
    expect_identical(differs, method != "conditional")
    for (k in 1:4) expect_silent(chol(imp$parameters$sigma[, , k]))
    again <- tempfile(fileext = ".rds")
    saveRDS(imp, again)
    expect_identical(em_complete(readRDS(again), 2), em_complete(imp, 2))
  }
})

test_that("a monotone pattern agrees with the exact posterior", {
  y <- withr::with_seed(8, {
    y1 <- rnorm(30, 3, 2)
    cbind(y1 = y1, y2 = 1 + 0.8 * y1 + rnorm(30))
  })
  y[21:30, "y2"] <- NA
  imp <- em_impute(em_mvn(y), m = 1e4, seed = 1)

  # Under |sigma|^(-3/2), in phi = (mu1, s11, b0, b1, s22.1): s12 = b1 s11 and
  # s22 = s22.1 + b1^2 s11 have the Jacobian s11, so that the prior is s11^(-1/2) s22.1^(-3/2), and
  # S11 / s11 ~ chi2(n - 2), RSS / s22.1 ~ chi2(n1 - 1), independently.
  exact <- withr::with_seed(2, {
    m <- 1e4
    n <- 30
    s11 <- sum((y[, 1] - mean(y[, 1]))^2) / rchisq(m, n - 2)
    mu1 <- mean(y[, 1]) + sqrt(s11 / n) * rnorm(m)
    line <- lm(y2 ~ y1, as.data.frame(y[1:20, ]))
    rest <- sum(residuals(line)^2) / rchisq(m, 20 - 1)
    root <- t(chol(summary(line)$cov.unscaled))
    b <- coef(line) + root %*% matrix(rnorm(2 * m), 2) * rep(sqrt(rest), each = 2)
    list(
      mu1 = mu1, s11 = s11, mu2 = b[1, ] + b[2, ] * mu1, s12 = b[2, ] * s11,
      s22 = rest + b[2, ]^2 * s11, cell = b[1, ] + b[2, ] * y[21, 1] + sqrt(rest) * rnorm(m),
      last = b[1, ] + b[2, ] * y[30, 1] + sqrt(rest) * rnorm(m)
    )
  })
  sigma <- imp$parameters$sigma
  drawn <- list(
    mu1 = imp$parameters$mu[1, ], s11 = sigma[1, 1, ], mu2 = imp$parameters$mu[2, ],
    s12 = sigma[1, 2, ], s22 = sigma[2, 2, ], cell = imp$values[1, ], last = imp$values[10, ]
  )
  for (name in names(exact)) {
    a <- exact[[name]]
    b <- drawn[[name]]
    # Both are known to a standard error of sd / 100 of the mean.
    expect_lt(abs(mean(a) - mean(b)), 5 * sd(a) * sqrt(2) / 100)
    error <- function(x) sqrt((mean((x - mean(x))^4) / var(x)^2 - 1) / length(x))
    expect_lt(abs(log(var(a) / var(b))), 5 * sqrt(error(a)^2 + error(b)^2))
    expect_gt(suppressWarnings(ks.test(a, b)$p.value), 1e-3)
  }
  # Chains are independent.
  expect_lt(abs(cor(drawn$mu2[-1], drawn$mu2[-1e4])), 0.05)
})

test_that("data augmentation has the rate of EM as its autocorrelation", {
  data <- simulate_missing(200, 3, missing = 0.4, seed = 5)
  fit <- em_mvn(data)
  imp <- em_impute(fit, m = 20, burnin = 400, seed = 2)
  rate <- information(fit)$rate
  expect_equal(imp$chain$rate, rate, tolerance = 1e-4) # by differences of 1e-5
  late <- imp$chain$worst[101:400, ]
  measured <- cor(as.vector(late[-1, ]), as.vector(late[-300, ]))
  expect_lt(abs(measured - rate), 0.05) # 6,000 draws, the posterior is nearly normal
  expect_lt(imp$chain$rhat, 1.01)
  expect_gt(imp$chain$ess, 100)
  expect_lt(imp$chain$ess, 4000)
})

test_that("the burn-in comes from the rate, unless it is given", {
  fit <- air_fit()
  expect_identical(em_impute(fit, m = 1, seed = 1)$chain$burnin, 10L)
  slow <- em_mvn(simulate_missing(60, 4, missing = 0.5, seed = 3))
  chain <- em_impute(slow, m = 2, seed = 1)$chain
  expect_lte(chain$rate^chain$burnin, 0.01)
  expect_gt(chain$rate^(chain$burnin - 1), 0.01)
  expect_warning(short <- em_impute(slow, m = 2, burnin = 1, seed = 1),
    class = "missmix_warning_convergence")
  expect_identical(dim(short$chain$worst), c(1L, 2L))
})

test_that("draws depend on the seed and the number of the imputation only", {
  fit <- air_log_fit()
  for (method in imputation_methods) {
    one <- impute_quietly(fit, m = 6, method = method, seed = 5)
    two <- impute_quietly(fit, m = 6, method = method, seed = 5,
      control = em_control(n_threads = 2))
    expect_identical(one$values, two$values)
    expect_identical(one$parameters, two$parameters)
    expect_identical(one$chain, two$chain)
    few <- impute_quietly(fit, m = 2, method = method, seed = 5)
    expect_identical(few$values, one$values[, 1:2])
    other <- impute_quietly(fit, m = 2, method = method, seed = 6, round = FALSE)
    exact <- impute_quietly(fit, m = 2, method = method, seed = 5, round = FALSE)
    expect_false(any(other$values == exact$values))
  }
  # What the fit remembers of its information changes nothing.
  fresh <- em_mvn(airquality[air_columns])
  before <- em_impute(fresh, m = 2, seed = 1)$values
  em_diagnose(fresh)
  expect_identical(em_impute(fresh, m = 2, seed = 1)$values, before)
  # Without a seed, R's generator decides, and moves on.
  expect_identical(
    withr::with_seed(1, em_impute(fresh, m = 2)$values),
    withr::with_seed(1, em_impute(fresh, m = 2)$values)
  )
  withr::with_seed(1, {
    a <- em_impute(fresh, m = 1)
    b <- em_impute(fresh, m = 1)
    expect_false(a$seed == b$seed)
  })
})

test_that("a resample that cannot be fitted is drawn again, and said", {
  # A third of the resamples lack the only row in which `rare` differs.
  data <- data.frame(rare = rep(0:1, c(11, 1)), y = replace(sin(1:12), 3, NA))
  fit <- em_mvn(data, prior = em_prior_ridge(1))
  expect_warning(imp <- em_impute(fit, m = 30, method = "bootstrap", seed = 1), "drawn again",
    class = "missmix_warning_convergence")
  expect_identical(imp$m, 30L)
  expect_error(suppressWarnings(em_impute(fit, m = 3000, method = "bootstrap", seed = 1)),
    "no resample that can be fitted", class = "missmix_error_model")
})

test_that("the normal approximation has the covariance of the estimates", {
  fit <- em_mvn(simulate_missing(2000, 2, missing = 0.3, seed = 4))
  imp <- em_impute(fit, m = 4000, method = "normal", seed = 1)
  sigma <- imp$parameters$sigma
  draws <- cbind(t(imp$parameters$mu), sigma[1, 1, ], sigma[2, 1, ], sigma[2, 2, ])
  error <- sqrt(diag(vcov(fit)))
  # 4,000 draws: means to 1/63 of a standard error (and curvature of order 1 / n), variances to 2%.
  expect_lt(max(abs(colMeans(draws) - coef(fit)) / error), 0.12)
  expect_equal(apply(draws, 2, sd), error, tolerance = 0.06, ignore_attr = TRUE)
  expect_lt(max(abs(cor(draws) - cov2cor(vcov(fit)))), 0.08)
})

test_that("a ridge prior holds what the data do not determine", {
  fit <- em_mvn(simulate_missing(12, 14, missing = 0.1, seed = 2), prior = em_prior_ridge(6))
  imp <- em_impute(fit, m = 3, seed = 1)
  expect_true(all(is.finite(imp$values)))
  strong <- em_mvn(airquality[air_columns], prior = em_prior_ridge(1e5))
  loose <- abs(cov2cor(em_impute(strong, m = 1, seed = 1)$parameters$sigma[, , 1]))
  expect_lt(max(loose[lower.tri(loose)]), 0.02) # 1e5 rows without correlation
})

test_that("a direction without information is told, and short of singular", {
  fit <- apart_fit()
  expect_warning(
    tryCatch(em_impute(fit, m = 2, seed = 1), missmix_error_model = function(cnd) {
      expect_match(conditionMessage(cnd), "singular")
      warn_convergence("singular")
    }),
    class = "missmix_warning_convergence"
  )
})

test_that("wholly empty rows, and rows never seen, are imputed", {
  data <- airquality[air_columns]
  data[3, ] <- NA
  fit <- em_mvn(data)
  imp <- em_impute(fit, m = 500, seed = 1)
  at <- which(imp$cells$row == 3)
  expect_identical(imp$cells$variable[at], 1:4)
  # From the marginal distribution: 500 draws know a mean to 1/22 of its standard deviation.
  off <- (rowMeans(imp$values[at, ]) - fit$parameters$mu) / sqrt(diag(fit$parameters$sigma))
  expect_lt(max(abs(off)), 0.25)

  new <- data.frame(Wind = c(5, NA), Temp = c(90, 60), Ozone = c(NA, 20), Solar.R = NA, id = 7:8)
  seen <- em_impute(fit, m = 3, newdata = new, seed = 1)
  expect_identical(seen$parameters$mu, imp$parameters$mu[, 1:3])
  done <- em_complete(seen)
  expect_identical(names(done), names(new))
  expect_false(anyNA(done))
  expect_identical(done$id, 7:8)
  expect_error(em_impute(fit, newdata = new["Wind"]), class = "missmix_error_data")
  expect_error(em_impute(fit, newdata = transform(new, Wind = Inf)), class = "missmix_error_data")
  complete <- em_impute(fit, m = 2, newdata = na.omit(airquality), seed = 1)
  expect_identical(dim(complete$values), c(0L, 2L))
  expect_identical(em_complete(complete), na.omit(airquality))
})

test_that("faults are errors of their class", {
  fit <- air_fit()
  argument <- function(...) expect_error(em_impute(fit, ...), class = "missmix_error_argument")
  argument(m = 0)
  argument(m = 2.5)
  argument(m = NA)
  argument(method = "gibbs")
  argument(method = c("posterior", "normal"))
  argument(round = NA)
  argument(burnin = 0)
  argument(burnin = 5, method = "normal")
  argument(seed = "a")
  argument(seed = 1.5)
  argument(control = list())
  argument(sede = 1)
  expect_error(em_impute(airquality), class = "missmix_error_argument")
  expect_error(em_impute(user_fit()), class = "missmix_error_model")
  weighted <- em_mvn(airquality[air_columns], weights = rep(2, 153))
  expect_error(em_impute(weighted), class = "missmix_error_model")
  bare <- em_mvn(airquality[air_columns], keep_data = FALSE)
  expect_error(em_impute(bare), class = "missmix_error_data")
  expect_error(em_impute(bare, newdata = airquality), class = "missmix_error_data")
  expect_error(em_impute(bare, method = "conditional"), class = "missmix_error_data")
  filled <- impute_quietly(bare, m = 2, method = "conditional", newdata = airquality, seed = 1)
  expect_null(filled$fit)
  expect_identical(
    filled$values, impute_quietly(fit, m = 2, method = "conditional", seed = 1)$values
  )
  singular <- suppressWarnings(em_mvn(transform(airquality[air_columns], Wind2 = 2 * Wind)))
  expect_error(em_impute(singular), class = "missmix_error_model")
  expect_error(em_impute(apart_fit(), method = "normal"), class = "missmix_error_model")
  short <- em_control(max_iter = 1)
  unfinished <- suppressWarnings(em_mvn(airquality[air_columns], control = short))
  expect_warning(em_impute(unfinished, m = 1, seed = 1), class = "missmix_warning_convergence")
  expect_message(em_impute(fit, m = 1, method = "conditional"), class = "missmix_message")
})

test_that("print says what, how many, and what matters most", {
  fit <- air_log_fit()
  local_reproducible_output(width = 80)
  for (method in imputation_methods) {
    imp <- impute_quietly(fit, m = 5, method = method, seed = 1)
    expect_snapshot(cat(only_words(capture.output(print(imp))), sep = "\n"))
  }
})
