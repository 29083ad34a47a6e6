# The data sets of bench/mvn.R. Each entry: data() makes them, the same at
# every run; `target` is what missmix should reach against `rival`
# ("fastest" = the fastest peer that reaches the log-likelihood).

# Correlated normal rows: correlations .5 + .5 r with r those of a random
# positive matrix, means 3, 6, 9, ...
normal_rows <- function(n, p, seed) {
  set.seed(seed)
  factors <- matrix(rnorm(p * p), p)
  sigma <- 0.5 * cov2cor(tcrossprod(factors) + diag(p)) + 0.5
  x <- matrix(rnorm(n * p), n) %*% chol(sigma)
  for (j in seq_len(p)) {
    x[, j] <- x[, j] + 3 * j
  }
  dimnames(x) <- list(NULL, paste0("V", seq_len(p)))
  x
}

# `k` patterns, the first complete, the others each missing about a tenth of the
# columns; rows take a pattern at random, all equally likely.
with_patterns <- function(x, k, share = 0.1) {
  p <- ncol(x)
  holes <- matrix(FALSE, 1L, p)
  while (nrow(holes) < k) {
    candidate <- runif(p) < share
    if (any(candidate) && !all(candidate)) {
      holes <- unique(rbind(holes, candidate))
    }
  }
  pattern <- sample.int(k, nrow(x), replace = TRUE)
  for (j in seq_len(p)) {
    x[holes[pattern, j], j] <- NA
  }
  x
}

with_mcar <- function(x, share) {
  for (j in seq_len(ncol(x))) {
    x[runif(nrow(x)) < share, j] <- NA
  }
  x
}

workloads <- list(
  rows2e6 = list(
    label = "n = 2e6, p = 20, 20 patterns",
    data = function() with_patterns(normal_rows(2e6, 20, 1), 20),
    rival = "norm", target = 20, also = "missmix-frame"
  ),
  patterns30 = list(
    label = "n = 1e5, p = 30, 30 patterns",
    data = function() with_patterns(normal_rows(1e5, 30, 2), 30),
    rival = "norm", target = 10
  ),
  mcar30 = list(
    label = "n = 1e5, p = 30, 15% MCAR",
    data = function() with_mcar(normal_rows(1e5, 30, 3), 0.15),
    rival = "fastest", target = 6
  ),
  patterns20 = list(
    label = "n = 1e4, p = 20, 50 patterns",
    data = function() with_patterns(normal_rows(1e4, 20, 4), 50),
    rival = "norm", target = 6
  ),
  wide100 = list(
    label = "n = 1e3, p = 100, 10% MCAR",
    data = function() with_mcar(normal_rows(1e3, 100, 5), 0.10),
    rival = "EMgaussian", target = 4
  ),
  boys = list(
    label = "mice::boys, numeric columns",
    package = "mice",
    data = function() {
      boys <- mice::boys
      boys[vapply(boys, is.numeric, NA)]
    },
    rival = "fastest", target = 8, also = "missmix-matrix"
  ),
  pbc = list(
    label = "survival::pbc, 10 columns",
    package = "survival",
    data = function() {
      survival::pbc[c(
        "bili", "chol", "albumin", "copper", "alk.phos", "ast", "trig",
        "platelet", "protime", "age"
      )]
    },
    rival = "norm", target = 1, also = "missmix-matrix"
  )
)
