source(test_path("reference-deconvolve.R"))

toy_mixture <- function(seed, genes = 60, types = 4, samples = 3) {
  set.seed(seed)
  profiles <- matrix(rgamma(genes * types, 0.7) * exp(rnorm(genes)) + 0.01, genes, types,
    dimnames = list(paste0("g", seq_len(genes)), letters[seq_len(types)]))
  shares <- matrix(rgamma(types * samples, 1), types)
  bulk <- matrix(rnbinom(genes * samples, size = 5, mu = 30 * profiles %*% shares) + 0.5, genes,
    dimnames = list(rownames(profiles), paste0("s", seq_len(samples))))
  list(profiles = profiles, bulk = bulk)
}

test_that("one step of every family from its start is that of its R twin", {
  for (seed in 1:3) {
    toy <- toy_mixture(seed)
    genes <- nrow(toy$profiles)
    set.seed(100 + seed)
    weight <- runif(genes, 0.5, 2)
    families <- list(
      poisson = plain_family("poisson", weight),
      nbinom = plain_family("nbinom", weight, dispersion = runif(genes, 0.01, 1)),
      gaussian = plain_family("gaussian", weight),
      student = plain_family("student", weight, degrees = 4),
      lognormal = plain_family("lognormal", weight, offset = 0.7)
    )
    for (name in names(families)) {
      found <- suppressWarnings(deconvolve_fit_(
        toy$bulk, seq_len(genes), toy$profiles, families[[name]], 0, em_control(max_iter = 1), NULL
      ))
      for (s in seq_len(ncol(toy$bulk))) {
        twin <- twin_step(name, toy$bulk[, s], toy$profiles, families[[name]])
        expect_lt(max(abs(found$abundance[s, ] - twin)) / max(twin), 1e-10, label = name)
      }
    }
  }
})

test_that("log-likelihoods have all their constants", {
  toy <- toy_mixture(4)
  genes <- nrow(toy$profiles)
  weight <- rep(1, genes)
  y <- round(toy$bulk)
  at <- function(family) {
    found <- deconvolve_fit_(y, seq_len(genes), toy$profiles, family, 0, em_control(), NULL)
    c(found, list(m = toy$profiles %*% t(found$abundance)))
  }
  poisson <- at(plain_family("poisson", weight))
  expect_within(poisson$value, colSums(dpois(y, poisson$m, log = TRUE)), 1e-8)
  nbinom <- at(plain_family("nbinom", weight, dispersion = rep(0.2, genes)))
  expect_within(nbinom$value, colSums(matrix(dnbinom(y, size = 5, mu = nbinom$m, log = TRUE),
    genes)), 1e-8)
  gaussian <- at(plain_family("gaussian", weight))
  sd <- sqrt(colMeans((y - gaussian$m)^2))
  expect_within(gaussian$value, colSums(matrix(dnorm(y, gaussian$m, rep(sd, each = genes),
    log = TRUE), genes)), 1e-8)
  student <- at(plain_family("student", weight, degrees = 4))
  scale <- rep(student$scale, each = genes)
  expect_within(student$value, colSums(matrix(dt((y - student$m) / scale, 4, log = TRUE) -
    log(scale), genes)), 1e-8)
  lognormal <- at(plain_family("lognormal", weight, offset = 0.7))
  offset <- rep(0.7 * colMeans(y), each = genes)
  z <- log(y + offset)
  centre <- log(lognormal$m + offset)
  sd <- sqrt(colMeans((z - centre)^2))
  expect_within(lognormal$value, colSums(matrix(dnorm(z, centre, rep(sd, each = genes),
    log = TRUE), genes) - z), 1e-8)
})
