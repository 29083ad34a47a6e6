# Is the printed gap honest? 100 problems: the log-likelihood truly left by a
# default fit against the gap it prints. See README.md.
#   Rscript bench/gap.R               default control (tol = 1e-6)
#   Rscript bench/gap.R 1e-2 1e-4     other tolerances as well

library(missmix)

wanted <- 100L
tolerances <- unique(c(1e-6, as.numeric(commandArgs(TRUE))))

# A random problem: 30 to 2000 rows, 2 to 15 columns, 5% to 60% missing,
# completely at random or driven by the (always observed) first column;
# covariances from none to nearly collinear; columns on their own scales. Every
# third one is of the slow kind (half missing, all columns correlated, few rows
# for that), so that rates up to .999 are met.
problem <- function(seed) {
  set.seed(seed)
  slow <- seed %% 3L == 0L
  n <- round(if (slow) runif(1, 250, 700) else exp(runif(1, log(30), log(2000))))
  p <- if (slow) sample(8:10, 1L) else sample(2:15, 1L)
  share <- if (slow) runif(1, 0.45, 0.60) else runif(1, 0.05, 0.60)
  mechanism <- if (slow) "MCAR" else sample(c("MCAR", "MAR"), 1L)
  shape <- if (slow) "common" else sample(c("equal", "chain", "factor", "wishart"), 1L)
  r <- runif(1, 0, 0.98)
  correlation <- switch(shape,
    equal = r + diag(1 - r, p),
    chain = r^abs(outer(seq_len(p), seq_len(p), "-")),
    factor = {
      loadings <- runif(p, 0, r)
      tcrossprod(loadings) + diag(1 - loadings^2)
    },
    wishart = cov2cor(crossprod(matrix(rnorm(p * (p + 2)), ncol = p))),
    common = 0.5 + 0.5 * cov2cor(tcrossprod(matrix(rnorm(p * p), p)) + diag(p))
  )
  x <- matrix(rnorm(n * p), n) %*% chol(correlation)
  driver <- x[, 1L]
  for (j in seq_len(p)) {
    chance <- if (mechanism == "MCAR") {
      rep(share, n)
    } else {
      plogis(qlogis(share) + 1.5 * sample(c(-1, 1), 1L) * driver)
    }
    hole <- runif(n) < chance & (mechanism == "MCAR" | j > 1L)
    x[hole, j] <- NA
    x[, j] <- x[, j] * 10^runif(1, -2, 3) + rnorm(1, 0, 10)
  }
  colnames(x) <- paste0("V", seq_len(p))
  list(x = x, label = sprintf("n=%d p=%d %.0f%% %s %s", n, p, 100 * share, mechanism, shape))
}

quietly <- function(x, tol, max_iter = 10000L) {
  suppressWarnings(em_mvn(x, control = em_control(tol = tol, max_iter = max_iter)))
}

# The log-likelihood truly left. Differences of two log-likelihoods mean nothing
# below about 64 eps |l|; there the quadratic form in the parameter difference,
# 1/2 d' I d with I the observed information at the optimum, still does.
true_gap <- function(fit, reference, vcov) {
  difference <- reference$log_lik - fit$log_lik
  limit <- 64 * .Machine$double.eps * abs(reference$log_lik)
  if (difference > limit) {
    return(list(gap = difference, by = "difference"))
  }
  scale <- sqrt(diag(vcov))
  d <- (coef(reference) - coef(fit)) / scale
  list(gap = 0.5 * sum(d * solve(vcov / tcrossprod(scale), d)), by = "quadratic")
}

examine <- function(seed) {
  case <- problem(seed)
  reference <- tryCatch(quietly(case$x, 0, 100000L), error = function(e) e)
  if (inherits(reference, "error")) {
    return(list(excluded = paste("error:", class(reference)[1L])))
  }
  default <- quietly(case$x, 1e-6)
  if (default$status != "converged") {
    return(list(excluded = default$status))
  }
  # A default fit that calls itself converged where tol = 0 goes on to a
  # singular covariance, or on and on, is not excused: what is left is then at
  # least the difference.
  endless <- reference$status != "converged"
  covariance <- tryCatch(suppressWarnings(vcov(reference)), error = function(e) NULL)
  if (!endless && (is.null(covariance) || anyNA(covariance))) {
    return(list(excluded = "not identified"))
  }
  rows <- lapply(tolerances, function(tol) {
    fit <- quietly(case$x, tol)
    true <- if (endless) {
      list(gap = reference$log_lik - fit$log_lik, by = paste("reference", reference$status))
    } else {
      true_gap(fit, reference, covariance)
    }
    data.frame(
      seed = seed, problem = case$label, tol = tol, rate = glance(if (endless) fit else reference)$rate,
      status = fit$status, passes = fit$passes, printed = fit$gap, true = true$gap, by = true$by,
      limit = 64 * .Machine$double.eps * abs(fit$log_lik)
    )
  })
  list(rows = do.call(rbind, rows))
}

results <- list()
excluded <- character()
seed <- 0L
while (length(results) < wanted) {
  seed <- seed + 1L
  one <- examine(seed)
  if (is.null(one$rows)) {
    excluded <- c(excluded, one$excluded)
  } else {
    results <- c(results, list(one$rows))
  }
}
table <- do.call(rbind, results)
table$ratio <- table$true / table$printed
table$honest <- is.finite(table$ratio) & table$ratio >= 1 / 3 & table$ratio <= 3
bins <- c(0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.99, 0.999, 1, Inf)

cat(sprintf("%d problems; excluded on the way: %d", wanted, length(excluded)))
if (length(excluded)) {
  counts <- table(excluded)
  cat(" (", toString(paste(counts, names(counts))), ")", sep = "")
}
cat(sprintf("\nrates %.3f to %.5f\n", min(table$rate, na.rm = TRUE), max(table$rate, na.rm = TRUE)))
for (tol in tolerances) {
  part <- table[table$tol == tol, ]
  cat(sprintf("\ntol = %g: true gap within a factor 3 of the printed one in %d of %d\n", tol, sum(part$honest), wanted))
  small <- part$by == "quadratic"
  cat(sprintf(
    "  measured by the difference of two log-likelihoods: %d of %d honest; below its rounding (64 eps |l|), by the quadratic form: %d of %d\n",
    sum(part$honest[!small]), sum(!small), sum(part$honest[small]), sum(small)
  ))
  cat(sprintf(
    "  statuses: %s; true gap above tol: %d, at most %.2g\n",
    toString(paste(table(part$status), names(table(part$status)))),
    sum(part$true > pmax(tol, part$limit)), max(part$true)
  ))
  cat("\n| rate | problems | honest | true / printed: min | median | max |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
  group <- cut(part$rate, bins, right = FALSE)
  for (level in levels(group)) {
    inside <- part[which(group == level), ]
    if (nrow(inside)) {
      cat(sprintf(
        "| %s | %d | %d | %.2g | %.2g | %.2g |\n", level, nrow(inside), sum(inside$honest),
        min(inside$ratio), median(inside$ratio), max(inside$ratio)
      ))
    }
  }
  off <- part[!part$honest, ]
  if (nrow(off)) {
    cat("\nnot within a factor 3:\n")
    print(off[c("seed", "problem", "rate", "status", "passes", "printed", "true", "by", "limit")], row.names = FALSE, digits = 3)
  }
}
