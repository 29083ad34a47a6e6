source(test_path("reference-deconvolve.R"))
source(test_path("reference-latent.R"))

toy_cells <- function(seed, genes = 12, types = 3) {
  set.seed(seed)
  level <- rgamma(genes, 2) * 5
  mean <- level * matrix(rgamma(genes * types, 4, 4), genes)
  list(mean = mean, level = level, error = (0.2 * mean + 0.1)^2)
}

core_control <- function(...) unclass(em_control(...))

test_that("one EM step of the prior of profiles, and their posterior, are those of the R twin", {
  cells <- toy_cells(1)
  start <- list(sigma = matrix(0.05, 3, 3) + diag(0.2, 3), weight = rep(1 / 7, 7))
  found <- profile_prior_fit_(cells, 1:12, NULL, core_control(max_iter = 1, accelerator = "plain"))
  step <- twin_prior_step(cells, start$sigma, start$weight)
  expect_within(found$prior$sigma, step$sigma, 1e-10)
  expect_within(found$prior$weight, step$weight, 1e-10)
  after <- twin_prior_step(cells, step$sigma, step$weight)
  expect_within(found$log_lik, after$log_lik, 1e-9)
  expect_within(found$mean, after$mean, 1e-10 * max(cells$mean))
})

# Posterior covariances by central differences of the posterior mean: d mean / d x = C E^-1.
twin_covariance <- function(cells, prior, gene) {
  k <- ncol(cells$mean)
  h <- 1e-4 * cells$level[gene]
  one <- function(shift) {
    at <- list(
      mean = cells$mean[gene, , drop = FALSE] + shift, level = cells$level[gene],
      error = cells$error[gene, , drop = FALSE]
    )
    twin_prior_step(at, prior$sigma, prior$weight)$mean
  }
  slope <- vapply(seq_len(k), function(j) {
    shift <- replace(numeric(k), j, h)
    drop(one(shift) - one(-shift)) / (2 * h)
  }, numeric(k))
  sweep(slope, 2, cells$error[gene, ], "*")
}

test_that("one EM step of latent profiles is that of the R twin", {
  cells <- toy_cells(2)
  # One width alone: the covariance is then that of a normal, known in closed form.
  prior <- list(sigma = crossprod(matrix(rnorm(9), 3)) / 4 + diag(0.1, 3), weight = rep(1e-300, 7))
  prior$weight[4] <- 1
  own <- 0.5 * cells$error
  theta <- matrix(runif(12, 0.1, 1), 3)
  bulk <- matrix(rpois(48, 30 * cells$mean %*% theta), 12)
  totals <- colSums(bulk)
  depth <- totals / mean(totals)
  shared <- c(1:6, 9L)
  start <- list(theta = 30 * theta, omega = 1.1, kappa = 1.3, tau2 = 0.05)
  found <- latent_fit_(
    bulk, 1:12, 1:4, 1, cells, prior, own, shared, start,
    list(omega = c(0, Inf), kappa = c(0, Inf), tau2 = c(0, Inf)), 1L,
    core_control(max_iter = 1, accelerator = "plain")
  )
  covariance <- lapply(shared, function(g) {
    before <- cells$level[g]^2 * prior$sigma
    before - before %*% solve(before + diag(cells$error[g, ]), before)
  })
  expect_within(covariance[[1]], twin_covariance(cells, prior, 1), 1e-6 * cells$error[1, 1])
  mean <- pmax(twin_prior_step(cells, prior$sigma, prior$weight)$mean, 1e-3 * cells$level)[shared, ]
  y <- sweep(bulk, 2, depth, "/")[shared, ]
  genes <- list(
    y = y, direction = mean, offset = numeric(7),
    covariance = Map(function(v, g) v + diag(own[g, ]), covariance, shared),
    noise = drop((4 * rowMeans(y) + 3 * mean %*% rowMeans(start$theta)) / 7 + 0.1 / 4)
  )
  image <- twin_latent_m(genes, depth, twin_latent_e(genes, depth, start))
  expect_within(found$theta, image$theta, 1e-10 * max(image$theta))
  expect_within(found$omega, image$omega, 1e-10)
  expect_within(found$kappa, image$kappa, 1e-10)
  expect_within(found$tau, sqrt(image$tau2), 1e-10)
  after <- twin_latent_e(genes, depth, image)
  expect_within(found$climb$log_lik, after$log_lik, 1e-9)
  # Profiles are the posterior means there.
  expect_within(found$profiles[shared, ], after$mean, 1e-9 * max(after$mean))
})

toy_problem <- function(samples = 12, types = 3, genes = 300, per_type = 20, seed = 5,
                        platform = 0.4) {
  names <- paste0("type", seq_len(types))
  profiles <- simulate_profiles(genes, names, seed) + 0.05
  cells <- simulate_cells(profiles, per_type, seed = seed + 1)
  reference <- em_reference(cells$counts, cell_type = cells$type)
  set.seed(seed + 2)
  shares <- matrix(rgamma(samples * types, 1), samples)
  shares <- shares / rowSums(shares)
  mean <- profiles[, colnames(reference$profiles)] %*% t(shares) * exp(platform * rnorm(genes))
  bulk <- matrix(rpois(length(mean), 300 * mean), genes,
    dimnames = list(rownames(profiles), paste0("s", seq_len(samples))))
  list(bulk = bulk, shares = shares, reference = reference)
}

problem_of <- function(bulk, reference) {
  call <- rlang::current_env()
  suppressMessages(new_problem(as_em_bulk(bulk, NULL, call), reference, call))
}

# Refined where there is anything to refine by, and the fit to these profiles.
latent_profiles <- function(problem, control) {
  steadied <- steadied_profiles(problem, control)
  latent <- refined_profiles(problem, steadied, control)
  if (is.null(latent)) latent <- c(steadied["reference"], tau = NA_real_)
  problem$reference <- latent$reference
  family <- learnt_family(problem, "nbinom", rep(1, length(problem$rows)), 1, control)
  latent$found <- solve_samples(problem, family, control)
  latent
}

proportions <- function(latent) proportions_of(latent$found$abundance, latent$reference)

rmse <- function(a, b) sqrt(mean((a - b)^2))

test_that("proportions are nearer than with the cells' means, with and without a platform", {
  for (platform in c(0, 0.4)) {
    toy <- toy_problem(samples = 40, platform = platform)
    problem <- problem_of(toy$bulk, toy$reference)
    latent <- latent_profiles(problem, em_control())
    plain <- solve_samples(problem, plain_family("poisson", rep(1, length(problem$rows))),
      em_control())
    raw <- rmse(proportions_of(plain$abundance, problem$reference), toy$shares)
    expect_lt(rmse(proportions(latent), toy$shares), raw)
    # The sd of 300 log factors is known to 4%, and that of their estimates is a little more.
    if (platform > 0) expect_lt(abs(latent$tau - platform), 0.08)
    expect_identical(unique(latent$found$status), "converged")
    expect_identical(dim(latent$reference$profiles), dim(problem$reference$profiles))
    expect_true(all(latent$reference$profiles > 0))
    expect_match(latent$reason, "refined by 40 samples")
  }
})

test_that("threads and a sparse bulk change nothing", {
  skip_if_not_installed("Matrix")
  toy <- toy_problem()
  one <- latent_profiles(problem_of(toy$bulk, toy$reference), em_control())
  two <- latent_profiles(problem_of(toy$bulk, toy$reference), em_control(n_threads = 2))
  expect_identical(one, two)
  sparse <- latent_profiles(problem_of(as_sparse(toy$bulk), toy$reference), em_control())
  expect_identical(sparse$found$abundance, one$found$abundance)
})

test_that("few samples, one type, more types than samples, an empty sample", {
  toy <- toy_problem()
  single <- latent_profiles(problem_of(toy$bulk[, 1, drop = FALSE], toy$reference), em_control())
  expect_identical(single$tau, NA_real_)
  expect_identical(dim(single$found$abundance), c(1L, 3L))

  alone <- toy_problem(types = 1)
  lone <- latent_profiles(problem_of(alone$bulk, alone$reference), em_control())
  expect_within(proportions(lone), matrix(1, 12, 1), 1e-12)

  many <- toy_problem(samples = 4, types = 6)
  found <- latent_profiles(problem_of(many$bulk, many$reference), em_control())
  expect_within(rowSums(proportions(found)), rep(1, 4), 1e-12)

  toy$bulk[, 2] <- 0L
  empty <- latent_profiles(problem_of(toy$bulk, toy$reference), em_control())
  expect_identical(empty$found$status[2], "degenerate")
  expect_true(all(is.na(empty$found$abundance[2, ])))
  expect_false(anyNA(empty$found$abundance[-2, ]))
})

test_that("more samples than refine profiles", {
  toy <- toy_problem(samples = 130)
  problem <- problem_of(toy$bulk, toy$reference)
  used <- latent_choose_samples(problem)
  expect_length(used, 100)
  expect_identical(range(used), c(1L, 130L))
  latent <- latent_profiles(problem, em_control())
  shares <- proportions(latent)
  expect_lt(rmse(shares[-used, ], toy$shares[-used, ]), 1.3 * rmse(shares[used, ],
    toy$shares[used, ]))
})

test_that("many cells leave the profiles where they are", {
  toy <- toy_problem(per_type = 20)
  reference <- toy$reference
  reference$cells[] <- 20000000L
  reference$variance <- reference$variance / 1e6
  known <- known_profiles(cells_of_reference(reference), em_control())
  raw <- known$cells$mean
  seen <- raw > known$cells$level / 10
  expect_within(known$mean[seen] / raw[seen], rep(1, sum(seen)), 1e-3)
})

test_that("subjects, and cells that are no counts", {
  profiles <- simulate_profiles(200) + 0.05
  cells <- simulate_cells(profiles, 40)
  for (unit in c(1, 0.37)) {
    reference <- em_reference(cells$counts * unit, cell_type = cells$type,
      subject = cells$subject, scale = "cells")
    set.seed(3)
    bulk <- matrix(rpois(200 * 5, 100 * profiles %*% matrix(runif(15), 3)), 200,
      dimnames = list(rownames(profiles), letters[1:5]))
    found <- latent_profiles(problem_of(bulk, reference), em_control())
    expect_identical(unique(found$found$status), "converged")
    expect_false(anyNA(proportions(found)))
  }
})
