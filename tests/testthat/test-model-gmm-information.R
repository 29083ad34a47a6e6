# Standard errors against second differences of the log-likelihood in a parametrisation of the
# test's own, all free.
source(test_path("reference-mvn.R"))
source(test_path("reference-gmm.R"))

# Log densities of complete rows, fast enough for hundreds of evaluations; missing cells by the
# twin.
plain_log_lik <- function(y, par, weights = 1) {
  if (anyNA(y)) {
    return(ref_gmm_log_lik(y, par, rep_len(weights, nrow(y))))
  }
  parts <- vapply(seq_len(nrow(par$means)), function(c) {
    root <- chol(ref_sigma(par, c))
    z <- backsolve(root, t(y) - par$means[c, ], transpose = TRUE)
    log(par$proportions[c]) - sum(log(diag(root))) - colSums(z^2) / 2 - ncol(y) / 2 * log(2 * pi)
  }, numeric(nrow(y)))
  top <- apply(parts, 1, max)
  sum(weights * (top + log(rowSums(exp(parts - top)))))
}

# Orthogonal matrices as products of rotations by one angle for each pair.
axes_of <- function(angles, d) {
  out <- diag(d)
  pairs <- utils::combn(d, 2)
  for (j in seq_len(ncol(pairs))) {
    turn <- diag(d)
    c <- cos(angles[j])
    s <- sin(angles[j])
    turn[pairs[, j], pairs[, j]] <- c(c, s, -s, c)
    out <- out %*% turn
  }
  out
}

# For each family: the number of free covariance numbers, and the covariances (a list) made of
# these, near those of a fit: logarithms of volumes, shapes (the last is minus the sum of the
# others), angles away from the fitted axes.
covariances_of <- function(family, d, k, sigma) {
  size <- function(letter, one) if (letter == "I") 0 else if (letter == "V") k * one else one
  letters <- strsplit(family, "")[[1]]
  pairs <- d * (d - 1) / 2
  counts <- c(size(letters[1], 1), size(letters[2], d - 1), size(letters[3], pairs))
  parts <- apply(sigma, 3, eigen, symmetric = TRUE)
  base <- lapply(seq_len(k), function(c) {
    if (letters[3] == "I") diag(d) else parts[[if (letters[3] == "E") 1 else c]]$vectors
  })
  values <- Map(function(axes, c) diag(t(axes) %*% sigma[, , c] %*% axes), base, seq_len(k))
  of <- function(x, letter, c, one) {
    if (letter == "I") numeric(one) else x[(if (letter == "V") (c - 1) * one else 0) + seq_len(one)]
  }
  log_size <- vapply(values, function(v) mean(log(v)), numeric(1))
  log_shape <- Map(function(v, s) (log(v) - s)[-d], values, log_size)
  first <- function(x, letter) unlist(if (letter == "I") NULL else if (letter == "V") x else x[1])
  list(
    start = c(first(log_size, letters[1]), first(log_shape, letters[2]), numeric(counts[3])),
    make = function(theta) {
      at <- cumsum(counts)
      volume <- theta[seq_len(counts[1])]
      shape <- theta[counts[1] + seq_len(counts[2])]
      angles <- theta[at[2] + seq_len(counts[3])]
      vapply(seq_len(k), function(c) {
        own <- of(shape, letters[2], c, d - 1)
        values <- exp(of(volume, letters[1], c, 1) + c(own, -sum(own)))
        axes <- base[[c]] %*% axes_of(of(angles, letters[3], c, pairs), d)
        axes %*% (values * t(axes))
      }, diag(d))
    }
  )
}

# vcov() from scratch: the inverse of minus the second differences in the free numbers, taken to
# coef() by first differences.
numeric_vcov <- function(fit, y, weights = 1, margs = list(d = 0.01)) {
  par <- lapply(em_parameters(fit), unname)
  d <- ncol(y)
  k <- nrow(par$means)
  family <- covariances_of(fit$covariance, d, k, par$covariances)
  logits <- log(par$proportions[-k] / par$proportions[k])
  start <- c(logits, t(par$means), family$start)
  unpack <- function(theta) {
    proportions <- exp(c(theta[seq_len(k - 1)], 0))
    list(
      proportions = proportions / sum(proportions),
      means = matrix(theta[k - 1 + seq_len(k * d)], k, d, byrow = TRUE),
      covariances = family$make(theta[-seq_len(k - 1 + k * d)])
    )
  }
  as_coef <- function(theta) {
    fit$parameters <- Map(function(old, new) replace(old, TRUE, new), fit$parameters, unpack(theta))
    unname(coef(fit))
  }
  expect_within(as_coef(start), coef(fit), 1e-8)
  expect_length(start, fit$df)
  slopes <- numDeriv::jacobian(as_coef, start)
  hessian <- numDeriv::hessian(function(theta) plain_log_lik(y, unpack(theta), weights), start,
    method.args = margs)
  slopes %*% solve(-hessian, t(slopes))
}

# In standard errors. Richardson's second differences with steps of one per cent were good to 1e-6
# or better here, with steps of ten per cent (their default) only to 1e-2.
expect_same_vcov <- function(fit, expected, tolerance = 1e-5) {
  found <- unname(vcov(fit))
  se <- sqrt(diag(expected))
  fixed <- se < 1e-8 * max(se)
  expect_true(all(diag(found)[fixed] < 1e-12))
  expect_within(
    (found / outer(se, se))[!fixed, !fixed], (expected / outer(se, se))[!fixed, !fixed], tolerance
  )
}

# EEE has no letters of its own above: one covariance, by its lower triangle.
vcov_of_equal <- function(fit, y) {
  par <- lapply(em_parameters(fit), unname)
  unpack <- function(theta) {
    sigma <- matrix(theta[c(6, 7, 7, 8)], 2)
    list(
      proportions = c(theta[1], 1 - theta[1]), means = matrix(theta[2:5], 2, byrow = TRUE),
      covariances = array(sigma, c(2, 2, 2))
    )
  }
  sigma <- par$covariances[, , 1]
  theta <- c(par$proportions[1], t(par$means), sigma[c(1, 2, 4)])
  slopes <- rbind(diag(8), diag(8)[6:8, ])
  slopes <- rbind(slopes[1, ], -slopes[1, ], slopes[-1, ])
  hessian <- numDeriv::hessian(function(theta) ref_gmm_log_lik(y, unpack(theta)), theta)
  slopes %*% solve(-hessian, t(slopes))
}

tight <- em_control(tol = 1e-10)

test_that("vcov() is the inverse of the numerical Hessian: faithful", {
  skip_if_not_installed("numDeriv")
  y <- unname(gmm_data("faithful"))
  for (family in c("VVV", "EEI", "VEE", "EEV", "VVI")) {
    fit <- em_gmm(
      faithful, k = 2, covariance = family, starts = mclust_partition("faithful", 2),
      control = tight
    )
    expect_same_vcov(fit, numeric_vcov(fit, y))
  }
})

test_that("vcov() is the inverse of the numerical Hessian: two columns of iris, k = 3", {
  skip_if_not_installed("numDeriv")
  y <- gmm_data("iris")[, 3:4]
  for (family in c("VEE", "EVE")) {
    fit <- em_gmm(
      y, k = 3, covariance = family, starts = as.integer(iris$Species), control = tight
    )
    expect_same_vcov(fit, numeric_vcov(fit, unname(y)))
  }
})

test_that("vcov() with weights and with missing cells", {
  skip_if_not_installed("numDeriv")
  rows <- seq(1, 272, 12)
  y <- gmm_data("faithful")[rows, ]
  labels <- mclust_partition("faithful", 2)[rows]
  weights <- rep(1:2, length.out = 23)
  fit <- em_gmm(y, k = 2, weights = weights, starts = labels, control = tight)
  expect_same_vcov(fit, numeric_vcov(fit, unname(y), weights))
  holes <- drop_cells(y, 0.2)
  fit <- em_gmm(holes, k = 2, covariance = "EEE", starts = labels, control = tight)
  expect_same_vcov(fit, vcov_of_equal(fit, unname(holes)))
})

test_that("of one component they are those of em_mvn(), missing cells included", {
  one <- em_gmm(airquality[air_columns], k = 1, control = em_control(tol = 1e-10))
  normal <- em_mvn(airquality[air_columns], control = em_control(tol = 1e-10))
  covariance <- vcov(one)
  expect_within(covariance[1, ], 0 * covariance[1, ], 1e-12)
  se <- sqrt(diag(vcov(normal)))
  # Central differences of the exact score, of fourth order.
  expect_within(unname(covariance[-1, -1]) / outer(se, se), vcov(normal) / outer(se, se), 1e-5)
  expect_within(glance(one)$rate, glance(normal)$rate, 1e-5)
})

test_that("standard errors near a boundary are refused with the reason", {
  data <- simulate_clouds(150, rbind(c(0, 0), c(6, 6)), seed = 21)
  labels <- replace(rep(1:2, 75), 150:149, 3)
  fit <- em_gmm_quietly(data, k = 3, starts = labels)
  expect_warning(found <- vcov(fit), "boundary|singular", class = "missmix_warning_boundary")
  expect_true(all(is.na(found)))
  expect_identical(dim(found), rep(length(coef(fit)), 2))
  expect_true(all(is.na(suppressWarnings(tidy(fit)$std.error))))
})

test_that("the EM rate is that of plain EM", {
  fit <- em_gmm(
    faithful, k = 2, starts = mclust_partition("faithful", 2), control = em_control(tol = 0)
  )
  par <- lapply(em_parameters(fit), unname)
  # Two steps of the twin from a point beside the maximum, after twenty have left the slowest
  # direction alone.
  moved <- par
  moved$means <- moved$means + 0.01
  y <- unname(gmm_data("faithful"))
  for (i in 1:12) moved <- ref_gmm_step(y, moved, "VVV")
  before <- moved$means - par$means
  after <- ref_gmm_step(y, moved, "VVV")$means - par$means
  # What is left of the second rate after twelve steps.
  expect_within(sqrt(sum(after^2) / sum(before^2)), glance(fit)$rate, 0.02)
})
