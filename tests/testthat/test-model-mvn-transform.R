# Models on a transformed scale: names, Jacobian, and the way back.
source(test_path("reference-mvn.R"))

positive_data <- function(seed = 81) {
  data <- simulate_missing(120, 3, 0.25, seed = seed)
  names(data) <- c("bili", "chol", "age")
  data$bili <- exp(data$bili / 2)
  data
}

test_that("the formula and the argument say the same, and terms carry the transform", {
  data <- positive_data()
  by_argument <- em_mvn(data, transform = c(bili = "log"))
  by_formula <- em_mvn(~ log(bili) + chol + age, data = data)
  expect_identical(coef(by_argument), coef(by_formula))
  expect_identical(
    names(coef(by_formula)),
    c(
      "mu[log(bili)]", "mu[chol]", "mu[age]", "sigma[log(bili),log(bili)]", "sigma[chol,log(bili)]",
      "sigma[age,log(bili)]", "sigma[chol,chol]", "sigma[age,chol]", "sigma[age,age]"
    )
  )
  par <- em_parameters(by_formula)
  expect_named(par, c("mu", "sigma"))
  expect_named(par$mu, c("log(bili)", "chol", "age"))
  expect_identical(dimnames(par$sigma), list(names(par$mu), names(par$mu)))
})

test_that("logLik carries the Jacobian, so that AIC compares transforms", {
  data <- positive_data()
  share <- data
  share$bili <- stats::plogis(log(data$bili))
  slope <- list(
    log = function(y) 1 / y,
    log1p = function(y) 1 / (1 + y),
    sqrt = function(y) 1 / (2 * sqrt(y)),
    logit = function(y) 1 / (y * (1 - y))
  )
  map <- list(log = log, log1p = log1p, sqrt = sqrt, logit = stats::qlogis)
  for (name in names(map)) {
    source <- if (name == "logit") share else data
    moved <- source
    moved$bili <- map[[name]](source$bili)
    plain <- em_mvn(moved)
    fit <- em_mvn(source, transform = c(bili = name))
    jacobian <- sum(log(slope[[name]](source$bili)), na.rm = TRUE)
    expect_equal(unname(coef(fit)), unname(coef(plain)), tolerance = 1e-12)
    expect_equal(as.numeric(logLik(fit)), as.numeric(logLik(plain)) + jacobian, tolerance = 1e-12)
    expect_equal(AIC(fit), -2 * as.numeric(logLik(fit)) + 2 * 9)
    expect_identical(names(em_parameters(fit)$mu)[1], paste0(name, "(bili)"))
  }
  # bili was made log-normal.
  expect_lt(AIC(em_mvn(data, transform = c(bili = "log"))), AIC(em_mvn(data)))
})

# Conditional mean and sd of the missing first column on the modelled scale.
modelled_cells <- function(fit, data, map) {
  y <- as.matrix(data)
  y[, 1] <- map(y[, 1])
  par <- lapply(em_parameters(fit), unname)
  rows <- which(is.na(data$bili))
  parts <- vapply(rows, function(i) {
    filled <- ref_mvn_fill_row(unname(y[i, ]), par$mu, par$sigma)
    c(filled$mean[1], sqrt(filled$cov[1, 1]))
  }, numeric(2))
  list(rows = rows, mean = parts[1, ], sd = parts[2, ])
}

test_that("predict() gives medians by default and means on request, on the user's scale", {
  data <- positive_data()
  share <- data
  share$bili <- stats::plogis(log(data$bili) - 0.5)
  cases <- list(
    log = list(data, log, exp),
    log1p = list(data, log1p, expm1),
    sqrt = list(data, sqrt, function(x) pmax(x, 0)^2),
    logit = list(share, stats::qlogis, stats::plogis)
  )
  for (name in names(cases)) {
    source <- cases[[name]][[1]]
    back <- cases[[name]][[3]]
    fit <- em_mvn(source, transform = c(bili = name))
    cell <- modelled_cells(fit, source, cases[[name]][[2]])
    completed <- predict(fit)
    expect_false(anyNA(completed))
    expect_equal(completed$bili[cell$rows], back(cell$mean), tolerance = 1e-9)
    expect_identical(completed$bili[-cell$rows], source$bili[-cell$rows])
    expected <- mapply(function(m, s) {
      stats::integrate(
        function(z) back(m + s * z) * stats::dnorm(z), -12, 12, rel.tol = 1e-10
      )$value
    }, cell$mean, cell$sd)
    # A quadrature rule may stand behind the mean of a logit.
    expect_equal(predict(fit, type = "mean")$bili[cell$rows], expected, tolerance = 1e-6)
    # Columns without a transform have the same median and mean.
    expect_equal(predict(fit, type = "mean")$age, completed$age, tolerance = 1e-12)
  }
})

test_that("cells: limits are those of the modelled scale, taken back", {
  data <- positive_data()
  fit <- em_mvn(data, transform = c(bili = "log"))
  cell <- modelled_cells(fit, data, log)
  cells <- predict(fit, type = "cells")
  mine <- cells[cells$variable == "bili", ]
  mine <- mine[order(as.integer(mine$row)), ]
  expect_equal(as.integer(mine$row), cell$rows)
  z <- stats::qnorm(0.975)
  expect_equal(mine$estimate, exp(cell$mean), tolerance = 1e-9)
  expect_equal(mine$lower, exp(cell$mean - z * cell$sd), tolerance = 1e-9)
  expect_equal(mine$upper, exp(cell$mean + z * cell$sd), tolerance = 1e-9)
})

test_that("simulate() and newdata speak the user's scale", {
  data <- positive_data()
  fit <- em_mvn(data, transform = c(bili = "log"))
  draw <- simulate(fit, 1, seed = 3)[[1]]
  expect_identical(names(draw), names(data))
  expect_true(all(draw$bili > 0, na.rm = TRUE))
  expect_gt(predict(fit, newdata = data.frame(bili = NA_real_, chol = -5, age = 3))$bili, 0)
})

test_that("a negative root stands for zero in every answer", {
  withr::local_seed(83)
  root <- pmax(stats::rnorm(400, 0.7, 0.5), 0.05)
  data <- data.frame(y = replace(root^2, 1:100, NA), x = root + stats::rnorm(400))
  fit <- em_mvn(data, transform = c(y = "sqrt"))
  mean <- predict(fit, type = "mean")$y
  cells <- predict(fit, type = "cells")
  draws <- simulate(fit, 50, seed = 1)
  drawn <- unlist(lapply(draws, `[[`, "y"))
  m <- em_parameters(fit)$mu[[1]]
  v <- em_parameters(fit)$sigma[1, 1]
  moments <- root_normal_moments(m, v)
  # Five standard errors of 20,000 draws, that of a standard deviation doubled for the tail.
  expect_within(base::mean(drawn), moments$mean, 5 * moments$sd / sqrt(20000))
  expect_relative(stats::sd(drawn), moments$sd, 10 / sqrt(20000))
  expect_true(all(cells$lower >= 0 & mean[1:100] >= cells$estimate))
})

test_that("a mean beyond the largest number is infinite with a warning that names its column", {
  data <- positive_data()
  fit <- em_mvn(data, transform = c(bili = "log"))
  fit$parameters$sigma[1, 1] <- 2000
  warning <- expect_warning(
    filled <- predict(fit, type = "mean"), "bili", class = "missmix_warning_boundary"
  )
  expect_identical(warning$column, "bili")
  expect_true(any(is.infinite(filled$bili)))
  expect_warning(predict(fit, type = "cells"), "bili", class = "missmix_warning_boundary")
  expect_no_warning(predict(fit))
})

test_that("values outside a transform's domain are refused with row, column and value", {
  data <- positive_data()
  data$bili[7] <- -2.5
  message <- tryCatch(
    em_mvn(data, transform = c(bili = "log")), missmix_error_data = conditionMessage
  )
  expect_match(message, "7")
  expect_match(message, "bili")
  expect_match(message, "-2.5", fixed = TRUE)
  data$bili[7] <- 0
  expect_error(em_mvn(data, transform = c(bili = "log")), "log1p", class = "missmix_error_data")
  expect_error(em_mvn(data, transform = c(bili = "logit")), class = "missmix_error_data")
})

test_that("formulas that are no list of columns are refused", {
  data <- positive_data()
  expect_error(em_mvn(~ bili * chol, data = data), class = "missmix_error")
  expect_error(em_mvn(~ exp(bili) + chol, data = data), class = "missmix_error")
  expect_error(em_mvn(~ bilirubin + chol, data = data), "bilirubin", class = "missmix_error")
  expect_error(em_mvn(data, transform = c(bili = "cube")), class = "missmix_error_argument")
  expect_error(em_mvn(data, transform = c(nobody = "log")), "nobody", class = "missmix_error")
  expect_identical(coef(em_mvn(~., data = data)), coef(em_mvn(data)))
})
