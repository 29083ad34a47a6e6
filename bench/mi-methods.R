# The programs compared by bench/mi_coverage.R and bench/mi.R. Each entry: the package it needs and
# impute(x, m, seed, ...): the whole R call from a data frame of numbers to the program's own
# imputations; completed(result, x, m) makes a list of m completed tables of those, which is not
# timed. Every call is made as its author would want it: proper draws, no printing.

# Without loading it: its objects would slow R's garbage collection for all others.
installed <- function(package) nzchar(system.file(package = package))
identity_of <- function(result, x, m) result

# missmix: one fit, then m draws. `logs` names columns to be imputed on the log scale.
impute_missmix <- function(x, m, seed, method = "posterior", logs = NULL) {
  transform <- if (length(logs)) stats::setNames(rep("log", length(logs)), logs)
  missmix::em_impute(missmix::em_mvn(x, transform = transform), m = m, method = method, seed = seed)
}
missmix_entry <- function(...) {
  list(
    package = "missmix", arguments = list(...),
    impute = function(x, m, seed) impute_missmix(x, m, seed, ...),
    completed = function(result, x, m) missmix::em_complete(result, "list")
  )
}

# norm2 left CRAN; RefBasedMI carries its code. The posterior under Jeffreys' prior, from the MLE.
norm2_home <- if (installed("norm2")) "norm2" else "RefBasedMI"
impute_norm2 <- function(x, m, seed, steps = 100L) {
  program <- asNamespace(norm2_home)
  set.seed(seed)
  fit <- program$emNorm.default(data.matrix(x), estimate.worst = FALSE)
  program$mcmcNorm.norm(fit, iter = m * steps, impute.every = steps, prior = "jeffreys")$imp.list
}

# norm: data augmentation from the MLE, one chain, an imputation after every `steps` steps.
impute_norm <- function(x, m, seed, steps = 100L) {
  x <- data.matrix(x)
  norm::rngseed(seed)
  s <- norm::prelim.norm(x)
  theta <- norm::em.norm(s, showits = FALSE)
  lapply(seq_len(m), function(i) {
    theta <<- norm::da.norm(s, theta, steps = steps)
    norm::imp.norm(s, theta, x)
  })
}

impute_amelia <- function(x, m, seed) {
  set.seed(seed)
  Amelia::amelia(x, m = m, p2s = 0)
}
completed_amelia <- function(result, x, m) {
  if (length(result$imputations) < m || any(is.na(unlist(result$imputations)))) {
    stop("chain failed: ", result$message)
  }
  unclass(result$imputations)
}

mice_entry <- function(method) {
  list(
    package = "mice",
    impute = function(x, m, seed) {
      mice::mice(as.data.frame(x), m = m, method = method, seed = seed, printFlag = FALSE)
    },
    completed = function(result, x, m) mice::complete(result, "all")
  )
}

impute_jomo <- function(x, m, seed) {
  set.seed(seed)
  utils::capture.output(found <- jomo::jomo(as.data.frame(x), nimp = m, output = 0))
  found
}
completed_jomo <- function(result, x, m) {
  split(result[result$Imputation > 0, names(x)], result$Imputation[result$Imputation > 0])
}

methods <- list(
  missmix = missmix_entry(),
  "missmix-bootstrap" = missmix_entry(method = "bootstrap"),
  "missmix-normal" = missmix_entry(method = "normal"),
  norm = list(package = "norm", impute = impute_norm, completed = identity_of),
  norm2 = list(package = norm2_home, impute = impute_norm2, completed = identity_of),
  Amelia = list(package = "Amelia", impute = impute_amelia, completed = completed_amelia),
  "mice-norm" = mice_entry("norm"),
  "mice-pmm" = mice_entry("pmm"),
  jomo = list(package = "jomo", impute = impute_jomo, completed = completed_jomo)
)

# The same program with `logs` imputed on the log scale: by transform = in missmix; others are given
# the logarithms, as their users would.
on_log_scale <- function(entry, logs) {
  if (entry$package == "missmix") {
    return(do.call(missmix_entry, c(entry$arguments, list(logs = logs))))
  }
  scaled <- function(x, scale) {
    x[, logs] <- scale(x[, logs])
    x
  }
  list(
    package = entry$package,
    impute = function(x, m, seed) entry$impute(scaled(x, log), m, seed),
    completed = function(result, x, m) {
      lapply(entry$completed(result, scaled(x, log), m), scaled, scale = exp)
    }
  )
}

methods <- methods[vapply(methods, function(m) installed(m$package), NA)]

# The programs of bench/mi.R. norm and norm2 leave the steps between draws to their user: as many
# as missmix takes for a draw, and 100.
speed_methods <- function() {
  names <- unlist(lapply(names(methods), function(name) {
    if (name %in% c("norm", "norm2")) paste0(name, c("@missmix", "@100")) else name
  }))
  setdiff(names, "mice-pmm")
}
