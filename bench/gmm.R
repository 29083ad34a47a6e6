# Time of one mixture fit from one start, and of a whole selection, against other programs.
# See README.md.
#   Rscript bench/gmm.R [fit-small fit-large select memory ...]      (all by default)
# BENCH_PATIENCE: seconds after which a program is given up (600); BENCH_ONLY=missmix,mclust.

suppressPackageStartupMessages({
  library(missmix)
  library(mclust)
})

reach <- 1e-6 # of the best log-likelihood known

# Overlapping clusters of different shapes. The start is a partition of which a share is right.
clusters <- function(n, d, k, apart, right, seed) {
  set.seed(seed)
  centres <- matrix(rnorm(k * d, sd = apart), k, d)
  z <- sample(k, n, TRUE)
  x <- matrix(rnorm(n * d), n, d)
  for (g in seq_len(k)) {
    shape <- matrix(rnorm(d * d), d) / sqrt(d) + diag(d)
    x[z == g, ] <- x[z == g, ] %*% shape * (0.6 + g / k)
  }
  x <- x + centres[z, ]
  colnames(x) <- paste0("V", seq_len(d))
  list(x = x, labels = ifelse(runif(n) < right, z, sample(k, n, TRUE)), k = k)
}

workloads <- list(
  `fit-small` = list(
    title = "n = 1e4, d = 5, k = 5",
    data = function() clusters(1e4, 5, 5, 0.8, 0.5, 1), runs = 3
  ),
  `fit-large` = list(
    title = "n = 1e5, d = 10, k = 10",
    data = function() clusters(1e5, 10, 10, 0.6, 0.5, 2), runs = 1
  )
)

# Each program: a function of the data, the family and a tolerance in its own meaning, returning
# the log-likelihood; the tolerances to try, loosest first.
programs <- list(
  missmix = list(
    families = c("VVV", "VVI"), tolerances = c(1e-6, 1e-7, 1e-8),
    run = function(s, family, tol) {
      as.numeric(logLik(em_gmm(s$x,
        k = s$k, covariance = family, starts = s$labels, control = em_control(tol = tol)
      )))
    }
  ),
  mclust = list(
    families = c("VVV", "VVI"), tolerances = 10^-(10:14),
    run = function(s, family, tol) {
      me(s$x, family, unmap(s$labels),
        control = emControl(tol = c(tol, tol), itmax = c(1e5, 1e5))
      )$loglik
    }
  ),
  mixtools = list(
    families = "VVV", tolerances = 10^-(4:8),
    run = function(s, family, tol) {
      parts <- split(as.data.frame(s$x), s$labels)
      utils::capture.output(fit <- mixtools::mvnormalmixEM(s$x,
        lambda = as.double(prop.table(table(s$labels))), mu = lapply(parts, colMeans),
        sigma = lapply(parts, function(part) cov.wt(part, method = "ML")$cov), k = s$k,
        epsilon = tol, maxit = 1e5
      ))
      fit$loglik
    }
  ),
  flexmix = list(
    families = c("VVV", "VVI"), tolerances = 10^-(10:14),
    run = function(s, family, tol) {
      fit <- flexmix::flexmix(s$x ~ 1,
        k = s$k, cluster = s$labels, model = flexmix::FLXMCmvnorm(diagonal = family == "VVI"),
        control = list(tolerance = tol, iter.max = 1e5, minprior = 0)
      )
      fit@logLik
    }
  )
)
programs$EMCluster <- list(
  families = "VVV", tolerances = 10^-(8:14),
  run = function(s, family, tol) {
    parts <- split(as.data.frame(s$x), s$labels)
    sigma <- vapply(parts, function(part) cov.wt(part, method = "ML")$cov, diag(ncol(s$x)))
    EMCluster::emcluster(s$x,
      pi = as.double(prop.table(table(s$labels))), Mu = t(vapply(parts, colMeans, s$x[1, ])),
      LTSigma = EMCluster::variance2LTSigma(sigma),
      EMC = EMCluster::.EMControl(em.iter = 1e5, em.eps = tol)
    )$llhdval
  }
)
# Rmixmod was not tried.
programs <- programs[vapply(names(programs), requireNamespace, logical(1), quietly = TRUE)]
only <- strsplit(Sys.getenv("BENCH_ONLY"), ",", fixed = TRUE)[[1L]]
if (length(only) > 0) programs <- programs[intersect(names(programs), only)]

patience <- as.numeric(Sys.getenv("BENCH_PATIENCE", "600")) # seconds for one program

# The loosest tolerance that reaches, how far it stops, and the least time of some runs.
time_to_reach <- function(program, s, family, best, runs) {
  for (tol in program$tolerances) {
    spent <- system.time(value <- suppressWarnings(program$run(s, family, tol)))
    if (best - value <= reach) break
  }
  times <- replicate(runs, {
    spent <- system.time(suppressWarnings(program$run(s, family, tol)))
    c(spent[["elapsed"]], spent[["user.self"]] + spent[["sys.self"]])
  })
  list(tol = tol, short = best - value, times = apply(rbind(times), 1, min))
}

compare_fits <- function(name) {
  work <- workloads[[name]]
  s <- work$data()
  cat("\n## ", work$title, "\n\n", sep = "")
  cat("| family | program | seconds | processor seconds | tolerance | short of the best by |",
    "times missmix |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |\n")
  for (family in c("VVV", "VVI")) {
    best <- as.numeric(logLik(em_gmm(s$x,
      k = s$k, covariance = family, starts = s$labels, control = em_control(tol = 1e-10)
    )))
    ours <- NULL
    for (program in names(programs)) {
      if (!family %in% programs[[program]]$families) next
      setTimeLimit(elapsed = patience)
      found <- tryCatch(
        time_to_reach(programs[[program]], s, family, best, work$runs),
        error = function(cnd) NULL
      )
      setTimeLimit()
      if (is.null(found)) {
        cat("|", family, "|", program, "| not within", patience, "s, or fails |\n")
        next
      }
      if (is.null(ours)) ours <- found$times
      cat(sprintf("| %s | %s | %.3g | %.3g | %.0e | %.1e | %.1f (%.1f by processor time) |\n",
        family, program, found$times[1], found$times[2], found$tol, found$short,
        found$times[1] / ours[1], found$times[2] / ours[2]))
    }
  }
}

# Mclust() stops at its default tolerance from one start; em_select() makes several starts for each
# combination and tells which ends are sound.
compare_selection <- function() {
  x <- clusters(2000, 4, 4, 1.2, 0.5, 3)$x
  cat("\n## k = 1 to 9, all families, n = 2000, d = 4\n\n")
  mclust.options(hcUse = "SVD")
  Mclust(x[1:100, ], G = 1:2, verbose = FALSE)
  theirs <- replicate(3, {
    spent <- system.time(peer <<- Mclust(x, verbose = FALSE))
    c(spent[["elapsed"]], spent[["user.self"]] + spent[["sys.self"]])
  })
  ours <- replicate(3, {
    set.seed(1)
    spent <- system.time(mine <<- em_select(x, model = em_gmm, k = 1:9, covariance = "all"))
    c(spent[["elapsed"]], spent[["user.self"]] + spent[["sys.self"]])
  })
  theirs <- apply(theirs, 1, min)
  ours <- apply(ours, 1, min)
  cat(sprintf("Mclust() %.3g s (%.3g processor), em_select() %.3g s (%.3g): %.2f times as fast\n",
    theirs[1], theirs[2], ours[1], ours[2], theirs[2] / ours[2]))
  table <- as.data.frame(mine)
  bic <- -peer$BIC[cbind(as.character(table$k), table$covariance)]
  cat(sprintf("Log-likelihood: higher than Mclust's by more than .1 in %d cells, lower in %d, of %d;\n",
    sum(bic - table$BIC > 0.2 & table$sound, na.rm = TRUE),
    sum(table$BIC - bic > 0.2, na.rm = TRUE), sum(!is.na(bic))))
  cat(sprintf("best by BIC: Mclust %s, %d, em_select %s, %d\n", peer$modelName, peer$G,
    mine$best$covariance, mine$best$k))
}

# Highest resident memory of a process of its own, beyond that of the data and R.
compare_memory <- function() {
  cat("\n## Memory beyond R and the data, n = 1e6, d = 5, MB\n\n")
  child <- function(k) {
    code <- sprintf(paste0(
      '.libPaths(%s); library(missmix); set.seed(1); x <- matrix(rnorm(5e6), 1e6);',
      'l <- rep_len(1:%d, 1e6); gc(); peak <- function() as.numeric(gsub("[^0-9]", "",',
      'grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1024; before <- peak();',
      'f <- suppressWarnings(em_gmm(x, k = %dL, starts = l, control = em_control(max_iter = 3L)));',
      'cat(peak() - before)'
    ), paste(deparse(.libPaths()), collapse = ""), k, k)
    said <- system2(file.path(R.home("bin"), "Rscript"), c("-e", shQuote(code)), stdout = TRUE)
    as.numeric(said[length(said)])
  }
  for (k in c(2, 10, 40)) {
    cat(sprintf("k = %d: %.0f (the data: %.0f; n k d doubles: %.0f)\n", k, child(k), 5e6 * 8 / 2^20,
      k * 5e6 * 8 / 2^20))
  }
}

wanted <- commandArgs(TRUE)
if (length(wanted) == 0) wanted <- c("fit-small", "fit-large", "select", "memory")
for (name in intersect(wanted, names(workloads))) compare_fits(name)
if ("select" %in% wanted) compare_selection()
if ("memory" %in% wanted) compare_memory()
