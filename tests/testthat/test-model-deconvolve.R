test_that("Poisson fits are certified, and reach what plain EM reaches in the end", {
  set <- simulated_tissue(samples = 5, types = 5, genes = 150, seed = 3)
  fit <- em_deconvolve(set$bulk, set$reference, family = "poisson", genes = "all")
  expect_true(all(fit$samples$certificate <= pmax(1e-6, 16 * .Machine$double.eps *
    colSums(set$bulk))))
  panel <- sweep(set$profiles, 2, colSums(set$profiles), "/")
  for (s in seq_len(ncol(set$bulk))) {
    y <- set$bulk[, s]
    b <- rep(sum(y) / ncol(panel), ncol(panel))
    for (step in 1:20000) b <- b * drop(crossprod(panel, y / drop(panel %*% b)))
    by_em <- sum(dpois(y, drop(panel %*% b), log = TRUE))
    expect_gte(fit$samples$log_lik[s], by_em - 1e-6)
    expect_lte(fit$samples$log_lik[s] - fit$samples$certificate[s], by_em + 1e-6)
  }
})

test_that("Poisson fits agree with mixsqp", {
  skip_if_not_installed("mixsqp")
  set <- simulated_tissue(samples = 4, types = 6, genes = 200, seed = 4)
  fit <- em_deconvolve(set$bulk, set$reference, family = "poisson", genes = "all")
  panel <- sweep(set$profiles, 2, colSums(set$profiles), "/")
  for (s in seq_len(ncol(set$bulk))) {
    y <- set$bulk[, s]
    there <- y > 0
    found <- mixsqp::mixsqp(panel[there, ], y[there],
      control = list(verbose = FALSE, convtol.sqp = 1e-10, tol.svd = 0))
    theirs <- sum(dpois(y, drop(panel %*% found$x) * sum(y), log = TRUE))
    expect_gte(fit$samples$log_lik[s], theirs - 1e-6 - 1e-12 * abs(theirs))
  }
})

test_that("mixtures without noise come back to 1e-10, in every family and by default", {
  set <- simulated_tissue(samples = 4, types = 4, genes = 200, seed = 5)
  bulk <- set$profiles %*% (t(set$truth) / colSums(set$profiles)) * 5e4
  dimnames(bulk) <- dimnames(set$bulk)
  for (family in c("auto", "poisson", "quasipoisson", "nbinom", "gaussian", "student",
    "lognormal")) {
    fit <- em_deconvolve(bulk, set$reference, family = family)
    expect_within(em_parameters(fit)$proportions, set$truth, 1e-10)
  }
})

test_that("proportions have names, sum to one, and recover the truth over seeds", {
  off <- vapply(1:5, function(seed) {
    set <- simulated_tissue(samples = 6, types = 4, genes = 300, seed = seed)
    fit <- em_deconvolve(set$bulk, set$reference)
    p <- em_parameters(fit)$proportions
    expect_identical(dimnames(p), list(colnames(set$bulk), colnames(set$profiles)))
    expect_within(rowSums(p), rep(1, 6), 1e-14)
    sqrt(mean((p - set$truth)^2))
  }, numeric(1))
  # Counts of 1e5 on 300 genes leave errors of about .01.
  expect_lt(max(off), 0.02)
})

test_that("threads, other samples and the order of genes change nothing", {
  set <- simulated_tissue(samples = 80, types = 4, genes = 100, seed = 6)
  fit <- em_deconvolve(set$bulk, set$reference, family = "poisson")
  two <- em_deconvolve(set$bulk, set$reference, family = "poisson",
    control = em_control(n_threads = 2))
  expect_identical(two$abundance, fit$abundance)
  alone <- em_deconvolve(set$bulk[, 7, drop = FALSE], set$reference, family = "poisson")
  expect_identical(alone$abundance[1, ], fit$abundance[7, ])
  mixed <- set$bulk[sample(nrow(set$bulk)), ]
  expect_identical(em_deconvolve(mixed, set$reference, family = "poisson")$abundance,
    fit$abundance)
})

test_that("a sparse bulk, integers, a data frame and a single vector are the same bulk", {
  skip_if_not_installed("Matrix")
  set <- simulated_tissue(samples = 3, types = 3, genes = 100, seed = 7)
  p <- function(bulk) em_parameters(em_deconvolve(bulk, set$reference))$proportions
  whole <- p(set$bulk)
  expect_identical(p(as_sparse(set$bulk)), whole)
  storage.mode(set$bulk) <- "double"
  expect_identical(p(set$bulk), whole)
  expect_identical(p(data.frame(gene = rownames(set$bulk), set$bulk)), whole)
  expect_equal(unname(p(set$bulk[, 1])), unname(whole[1, , drop = FALSE]), tolerance = 1e-6)
})

test_that("choices are told with their reasons", {
  set <- simulated_tissue(samples = 3, types = 3, genes = 100, seed = 8)
  fit <- em_deconvolve(set$bulk, set$reference)
  expect_setequal(fit$choices$choice,
    c("scale", "genes", "family", "response", "reference_error"))
  expect_true(all(nzchar(fit$choices$reason)))
  asked <- em_deconvolve(set$bulk, set$reference, family = "student", genes = "markers",
    response = "linear")
  expect_identical(asked$choices$value[asked$choices$choice == "family"], "student")
})

test_that("weights by specificity are worth a hundred genes a type", {
  set <- simulated_tissue(samples = 2, types = 3, genes = 2000, seed = 9)
  weight <- specificity_weights(set$reference)
  expect_equal(sum(weight), 300, tolerance = 1e-3)
  spread <- apply(mean_one(set$reference), 1, sd)
  expect_gt(cor(weight, spread, method = "spearman"), 0.5)
  few <- simulated_tissue(samples = 2, types = 3, genes = 200, seed = 9)
  expect_identical(specificity_weights(few$reference), rep(1, 200))
})

test_that("a saturated bulk is found additive in a power", {
  set <- simulated_tissue(samples = 6, types = 3, genes = 400, seed = 10)
  equal <- sweep(set$profiles, 2, colSums(set$profiles), "/")
  mean <- (equal^1.5 %*% t(set$truth))^(1 / 1.5)
  set.seed(1)
  array <- 1e6 * mean * exp(rnorm(length(mean), sd = 0.05)) + 0.01
  dimnames(array) <- dimnames(set$bulk)
  fit <- em_deconvolve(array, set$reference)
  expect_gt(fit$family$power, 1.1)
  linear <- em_deconvolve(array, set$reference, response = "linear")
  error <- function(fit) mean((em_parameters(fit)$proportions - set$truth)^2)
  expect_lt(error(fit), error(linear))
})

test_that("samples, types and genes at the edge are met with grace", {
  set <- simulated_tissue(samples = 4, types = 4, genes = 120, seed = 11)
  bulk <- set$bulk
  bulk[, 2] <- 0
  expect_warning(fit <- em_deconvolve(bulk, set$reference), class = "missmix_warning_degenerate")
  expect_true(all(is.na(em_parameters(fit)$proportions[2, ])))
  expect_false(anyNA(em_parameters(fit)$proportions[-2, ]))
  one <- em_deconvolve(set$bulk, set$profiles[, 1, drop = FALSE])
  expect_identical(unname(em_parameters(one)$proportions[, 1]), rep(1, 4))
  few <- em_deconvolve(set$bulk[1:3, ], set$profiles[1:3, ])
  expect_within(rowSums(em_parameters(few)$proportions), rep(1, 4), 1e-12)
  twins <- cbind(set$profiles, twin = set$profiles[, 1])
  p <- em_parameters(em_deconvolve(set$bulk, twins))$proportions
  expect_equal(p[, "twin"], p[, 1], tolerance = 1e-4)
  for (scale in c(1e7, 1e-12)) {
    scaled <- em_deconvolve(set$bulk * scale, set$reference, response = "linear")
    # The tolerance leaves about .0014 standard errors, of which each is about .01 here.
    expect_within(em_parameters(scaled)$proportions,
      em_parameters(em_deconvolve(set$bulk, set$reference))$proportions, 2e-5)
  }
})

test_that("counts of 1e9 are certified to what arithmetic allows", {
  set <- simulated_tissue(samples = 3, types = 4, genes = 120, seed = 12)
  bulk <- set$bulk * 1e5
  fit <- em_deconvolve(bulk, set$reference, family = "poisson")
  expect_true(all(fit$samples$certificate <= 16 * .Machine$double.eps * colSums(bulk)))
})

test_that("a sparse prior prefers fewer types, and the flat one is the limit", {
  set <- simulated_tissue(samples = 8, types = 6, genes = 100, seed = 13)
  few <- round(set$bulk / 200)
  zeros <- function(prior) {
    sum(em_parameters(suppressWarnings(em_deconvolve(few, set$reference, family = "poisson",
      prior = prior)))$proportions == 0)
  }
  expect_gt(zeros(em_prior_dirichlet(0.01)), zeros(em_prior_flat()))
  expect_identical(zeros(em_prior_dirichlet(1)), zeros(em_prior_flat()))
  expect_error(
    em_deconvolve(few, set$reference, family = "student", prior = em_prior_dirichlet(0.1)),
    class = "missmix_error_argument"
  )
  chosen <- suppressWarnings(em_deconvolve(few, set$reference, prior = em_prior_dirichlet(0.1)))
  expect_identical(chosen$family$name, "poisson")
})

test_that("an interrupt by callback or time keeps the samples that are finished", {
  set <- simulated_tissue(samples = 300, types = 3, genes = 60, seed = 14)
  expect_warning(
    fit <- em_deconvolve(set$bulk, set$reference, family = "poisson",
      control = em_control(callback = function(row) FALSE)),
    class = "missmix_warning_convergence"
  )
  expect_identical(fit$status, "stopped")
  done <- fit$samples$status == "converged"
  expect_true(any(done) && any(!done))
  expect_true(all(is.na(fit$abundance[!done, ])))
})

test_that("intervals cover about as often as they say", {
  set <- simulated_tissue(samples = 400, types = 4, genes = 300, seed = 15)
  fit <- em_deconvolve(set$bulk, set$reference, family = "poisson", genes = "all")
  table <- tidy(fit, conf.int = TRUE)
  truth <- as.vector(set$truth)
  covered <- (table$conf.low <= truth & truth <= table$conf.high)[truth > 0]
  # 1,600 intervals: a standard error of about .6%.
  expect_gt(mean(covered), 0.93)
  expect_lt(mean(covered), 0.975)
})
