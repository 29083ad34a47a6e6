# Where other programs fail in silence: right, or an error or a status that says why.

labels <- mclust_partition("faithful", 2)
few <- em_starts(3, seed = 1)

test_that("k = 1 is em_mvn(), complete and with missing cells, in every family that can be", {
  for (data in list(faithful, airquality[air_columns], airquality)) {
    one <- em_gmm(data, k = 1)
    normal <- em_mvn(data)
    expect_identical(one$status, "converged")
    # Two climbs to a gap of 1e-6, from different starts.
    expect_within(one$log_lik, normal$log_lik, 2e-6)
    expect_equal(one$df, normal$df)
    expect_equal(nobs(one), nobs(normal))
    for (family in c("EEE", "EVE", "VEE", "EEV")) {
      expect_within(em_gmm(data, k = 1, covariance = family)$log_lik, one$log_lik, 2e-6)
    }
  }
  # Diagonal: the variables on their own.
  own <- vapply(air_columns, function(v) em_gmm(airquality[v], k = 1)$log_lik, numeric(1))
  expect_equal(em_gmm(airquality[air_columns], k = 1, covariance = "VVI")$log_lik, sum(own))
})

test_that("a single variable: vector, column, matrix, and the names of families", {
  x <- faithful$eruptions
  fit <- em_gmm(x, k = 2, starts = few)
  expect_identical(fit$covariance, "V")
  expect_identical(colnames(em_parameters(fit)$means), "x")
  expect_identical(dim(em_parameters(fit)$covariances), c(1L, 1L, 2L))
  column <- em_gmm(faithful["eruptions"], k = 2, starts = few)
  expect_identical(unname(coef(column)), unname(coef(fit)))
  expect_identical(colnames(em_parameters(column)$means), "eruptions")
  expect_identical(colnames(em_gmm(faithful$eruptions, k = 1)$parameters$means), "eruptions")
  # A three-letter name has a volume, which is all that is left of it.
  expect_identical(coef(em_gmm(x, k = 2, covariance = "VEI", starts = few)), coef(fit))
  expect_identical(em_gmm(x, k = 2, covariance = "EEE", starts = few)$covariance, "E")
  holes <- replace(x, c(3, 9), NA)
  expect_equal(nobs(em_gmm(holes, k = 2, starts = few)), 270)
  # A mean and a variance.
  one <- em_gmm(x, k = 1)
  expect_relative(coef(one)[-1], c(mean(x), mean((x - mean(x))^2)), 1e-12)
  expect_false(anyNA(predict(fit, c(1, 3, NA, 5))))
})

test_that("arguments of the wrong kind are refused by name", {
  refused <- function(pattern, ...) {
    expect_error(em_gmm(faithful, ...), pattern, class = "missmix_error_argument")
  }
  for (k in list(0, -1, 1.5, "two", NA, Inf, 1:2, NULL)) refused("k", k = k)
  for (family in list("VVX", "vvv", 3, NA, c("VVV", "EEE"), "V")) {
    refused("covariance", k = 2, covariance = family)
  }
  expect_error(em_gmm(faithful$waiting, k = 2, covariance = "X"), "covariance")
  refused("noise", k = 2, noise = "yes")
  refused("noise", k = 2, noise = NA)
  refused("revive", k = 2, revive = 1)
  refused("keep_data", k = 2, keep_data = NA)
  refused("control", k = 2, control = list(tol = 1))
  refused("prior", k = 2, prior = 3)
  expect_error(em_gmm(faithful, k = 273), "k", class = "missmix_error")
})

test_that("misspelt arguments are errors, not silence", {
  expect_error(em_gmm(faithful, k = 2, G = 3), class = "error")
  expect_error(em_gmm(faithful, k = 2, modelNames = "VVV"), class = "error")
  expect_error(em_gmm(~ waiting, faithful, k = 2, model = "VVV"), class = "error")
  fit <- em_gmm(faithful, k = 2, starts = labels)
  expect_error(predict(fit, data = faithful), class = "error")
  expect_error(predict(fit, type = "probability"), class = "missmix_error_argument")
  expect_error(predict(fit, type = c("class", "density")), class = "missmix_error_argument")
  expect_error(simulate(fit, nsims = 2), class = "error")
})

test_that("data of the wrong kind are refused", {
  for (x in list(NULL, "a", list(1, 2), TRUE, mean)) {
    expect_error(em_gmm(x, k = 2), class = "missmix_error")
  }
  expect_error(em_gmm(faithful[0], k = 2), class = "missmix_error")
  expect_error(em_gmm(faithful[0, ], k = 1), class = "missmix_error")
  expect_error(em_gmm(faithful[1, ], k = 1), class = "missmix_error_data")
  expect_error(em_gmm(~ waiting, k = 2), "data", class = "missmix_error_argument")
  mixed <- cbind(faithful, kind = factor(labels), note = "x")
  message <- tryCatch(em_gmm(mixed, k = 2), missmix_error_data = conditionMessage)
  expect_match(message, "kind")
  expect_match(message, "note")
  expect_identical(
    coef(em_gmm(mixed, k = 2, columns = c("eruptions", "waiting"), starts = labels)),
    coef(em_gmm(faithful, k = 2, starts = labels))
  )
  twice <- stats::setNames(faithful, c("waiting", "waiting"))
  expect_error(em_gmm(twice, k = 2), "waiting", class = "missmix_error_data")
})

test_that("NaN and infinite cells are named by row and column", {
  for (bad in c(NaN, Inf, -Inf)) {
    broken <- faithful
    broken$waiting[13] <- bad
    expect_error(em_gmm(broken, k = 2), "13", class = "missmix_error_data")
    expect_error(em_gmm(as.matrix(broken), k = 2), "waiting", class = "missmix_error_data")
    fit <- em_gmm(faithful, k = 2, starts = labels)
    expect_error(predict(fit, broken), "waiting", class = "missmix_error_data")
  }
})

test_that("constant and all-missing columns are named", {
  constant <- cbind(faithful, same = 7)
  expect_error(em_gmm(constant, k = 2), "same", class = "missmix_error_data")
  empty <- cbind(faithful, nothing = NA_real_)
  expect_error(em_gmm(empty, k = 2), "nothing", class = "missmix_error_data")
  expect_error(em_gmm(rep(3, 10), k = 2), class = "missmix_error_data")
})

test_that("rows that are wholly missing are kept and say nothing", {
  longer <- rbind(NA, faithful, NA, NA)
  fit <- em_gmm(longer, k = 2, starts = c(NA, labels, NA, 2))
  plain <- em_gmm(faithful, k = 2, starts = labels)
  expect_relative(coef(fit), coef(plain), 1e-9)
  expect_equal(nobs(fit), 272)
  expect_equal(fit$n, 275)
  shares <- predict(fit, type = "posterior")
  expect_equal(unname(shares[c(1, 275), 1]), rep(em_parameters(fit)$proportions[[1]], 2))
  expect_within(predict(fit, type = "log_density")[c(1, 274)], c(0, 0), 0)
  expect_equal(fit$missing, colMeans(is.na(longer)))
})

test_that("a matrix without names, and one with row names", {
  bare <- unname(as.matrix(faithful))
  fit <- em_gmm(bare, k = 2, starts = labels)
  expect_length(fit$terms, 2)
  expect_false(anyDuplicated(names(coef(fit))) > 0)
  expect_identical(unname(coef(fit)), unname(coef(em_gmm(faithful, k = 2, starts = labels))))
  rownames(bare) <- paste0("geyser", 1:272)
  named <- predict(em_gmm(bare, k = 2, starts = labels), type = "posterior")
  expect_identical(rownames(named), rownames(bare))
})

test_that("columns on scales from 1e-8 to 1e12 and far from zero give the same answer", {
  data <- cbind(iris[1:4])
  starts <- as.integer(iris$Species)
  scale <- c(1e-8, 1, 1e5, 1e12)
  for (family in c("VVV", "VVI", "EEE", "EVI", "VVE", "VEV", "EII")) {
    # Families that are not the same in units of single columns see one unit for all.
    own <- if (family %in% c("EII", "VVE", "VEV")) rep(1e-8, 4) else scale
    tight <- em_control(tol = 1e-10)
    fit <- em_gmm(data, k = 3, covariance = family, starts = starts, control = tight)
    scaled <- as.data.frame(sweep(as.matrix(data), 2, own, "*"))
    other <- em_gmm(scaled, k = 3, covariance = family, starts = starts, control = tight)
    expect_identical(other$status, "converged")
    expect_within(other$log_lik, fit$log_lik - 150 * sum(log(own)), 1e-7)
    expect_relative(
      em_parameters(other)$means, sweep(em_parameters(fit)$means, 2, own, "*"), 1e-5
    )
    # Multiples of 2^-20 stay exact beside 1e9.
    near <- round(as.matrix(data) * 2^20) / 2^20
    far <- em_gmm(near + 1e9, k = 3, covariance = family, starts = starts, control = tight)
    near <- em_gmm(near, k = 3, covariance = family, starts = starts, control = tight)
    expect_within(far$log_lik, near$log_lik, 1e-6)
  }
})

test_that("scales beyond what can be squared: the column is refused by name", {
  for (unit in c(1e-300, 1e-160, 1e100, 1e150, 1e300)) {
    data <- faithful
    data$waiting <- data$waiting * unit
    for (starts in list(few, labels, em_starts(2, method = "random"))) {
      expect_error(
        em_gmm(data, k = 2, starts = starts), "waiting \\(about", class = "missmix_error_data"
      )
    }
  }
})

test_that("fewer rows than variables, and very few rows", {
  wide <- simulate_missing(10, 20, 0, seed = 3)
  for (family in c("VVV", "EEE")) {
    expect_warning(
      fit <- em_gmm(wide, k = 1, covariance = family), "prior",
      class = "missmix_warning_degenerate"
    )
    expect_identical(fit$status, "degenerate")
  }
  for (family in c("EII", "VVI")) {
    expect_identical(em_gmm(wide, k = 1, covariance = family)$status, "converged")
  }
  expect_error(
    em_gmm(wide, k = 2, prior = em_prior_conjugate()), "singular", class = "missmix_error_argument"
  )
  prior <- em_prior_conjugate(scale = diag(20))
  fit <- em_gmm(wide, k = 2, prior = prior, starts = few)
  expect_identical(fit$status, "converged")
  for (noise in c(FALSE, TRUE)) {
    expect_s3_class(em_gmm_quietly(c(1, 2, 4), k = 2, noise = noise, starts = few), "em_gmm")
  }
  expect_relative(coef(em_gmm(c(1, 2), k = 1))[-1], c(1.5, 0.25), 1e-12)
})

test_that("variables that are never seen together: not identified, and said", {
  apart <- faithful
  apart$waiting[1:136] <- NA
  apart$eruptions[137:272] <- NA
  fit <- em_gmm(apart, k = 2, starts = few)
  diagnosis <- em_diagnose(fit)
  expect_identical(diagnosis$verdict[diagnosis$check == "identification"], "fail")
  expect_warning(vcov(fit), "determine", class = "missmix_warning_boundary")
})

test_that("duplicated rows and ties are no trouble", {
  data <- faithful[rep(seq_len(40), 7), ]
  fit <- em_gmm(data, k = 2, starts = few)
  expect_identical(fit$status, "converged")
  once <- em_gmm(faithful[1:40, ], k = 2, starts = fit)
  expect_equal(fit$log_lik, 7 * once$log_lik, tolerance = 1e-7)
  rounded <- round(faithful)
  expect_identical(em_gmm(rounded, k = 2, covariance = "EEE", starts = few)$status, "converged")
})

test_that("newdata without rows, without a variable or with a factor", {
  fit <- em_gmm(faithful, k = 2, starts = labels)
  expect_identical(predict(fit, faithful[0, ]), factor(character(), c("1", "2")))
  expect_identical(dim(predict(fit, faithful[0, ], type = "posterior")), c(0L, 2L))
  expect_error(predict(fit, faithful["waiting"]), "eruptions", class = "missmix_error_data")
  other <- faithful
  other$waiting <- factor(other$waiting)
  expect_error(predict(fit, other), "waiting", class = "missmix_error_data")
})

test_that("a vector that a function passes on has a name that can be read", {
  wrapper <- function(...) em_gmm(...)
  expect_identical(wrapper(faithful$waiting, k = 1)$terms, "x")
  expect_error(wrapper(c(1:9, Inf), k = 1), "Row 10 of `x`", class = "missmix_error_data")
  named <- faithful$waiting
  expect_identical(em_gmm(named, k = 1)$terms, "named")
})
