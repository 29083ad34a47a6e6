# Coverage, bias and width of 95% intervals after multiple imputation. See README.md.
#   Rscript bench/mi_coverage.R mar200,mar50 missmix,norm2 1 250   designs, methods, data sets
#   Rscript bench/mi_coverage.R shape 200                          where em_diagnose() doubts the model
#   Rscript bench/mi_coverage.R report                             the tables of what has been run
#   Rscript bench/mi_coverage.R                                    all of it: half a day
# "all" names every design or method. Each piece is a file in the folder MI_RESULTS; a piece that is
# there is not run again.

here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
for (part in c("mi-designs.R", "mi-methods.R", "mi-report.R")) {
  suppressMessages(source(file.path(here, part)))
}

m <- 20L
folder <- Sys.getenv("MI_RESULTS", file.path(dirname(tempdir()), "mi-coverage"))

# Methods of one table: nothing to pool.
methods <- c(list(
  complete = list(one_table = function(set) set$complete),
  cases = list(one_table = function(set) stats::na.omit(set$incomplete))
), methods)

# The judge -------------------------------------------------------------------------------------

# Estimates, variances and degrees of freedom from one completed table, in plain R: it shares no
# code with any program compared.
analyse <- function(table, design) {
  columns <- as.matrix(table)[, c("x1", "x2", "y")]
  y <- columns[, "y"]
  x <- cbind(1, columns[, c("x1", "x2")])
  if (isTRUE(design$regress_logs)) x[, design$logs] <- log(x[, design$logs])
  inverse <- solve(crossprod(x))
  b <- drop(inverse %*% crossprod(x, y))
  n <- nrow(x)
  residual <- sum((y - x %*% b)^2) / (n - 3)
  means <- colMeans(columns)
  variances <- colSums((columns - rep(means, each = n))^2) / (n - 1)
  found <- cbind(
    estimate = c(b, means), variance = c(residual * diag(inverse), variances / n),
    df = rep(c(n - 3, n - 1), each = 3L)
  )
  rownames(found) <- c("(Intercept)", "x1", "x2", "mean x1", "mean x2", "mean y")
  found[names(design$truth), ]
}

# Rubin's rules with the degrees of freedom of Barnard and Rubin (1999, Biometrika).
pool <- function(analyses) {
  m <- length(analyses)
  all <- simplify2array(analyses) # terms x (estimate, variance, df) x m
  within <- rowMeans(all[, "variance", , drop = FALSE])
  df <- all[, "df", 1L]
  between <- 0
  if (m > 1L) {
    between <- (1 + 1 / m) * apply(all[, "estimate", ], 1L, var)
    share <- between / (within + between)
    observed <- (df + 1) / (df + 3) * df * (1 - share)
    df <- 1 / (share^2 / (m - 1) + 1 / observed)
  }
  estimate <- rowMeans(all[, "estimate", , drop = FALSE])
  data.frame(estimate = estimate, se = sqrt(within + between), df = df, row.names = NULL)
}

# The run ---------------------------------------------------------------------------------------

# The tables to analyse and the seconds that it took to make them.
tables_of <- function(method, set, seed) {
  if (!is.null(method$one_table)) {
    return(list(tables = list(method$one_table(set)), seconds = 0))
  }
  cpu <- function() sum(proc.time()[c("user.self", "sys.self")])
  start <- cpu()
  result <- method$impute(set$incomplete, m, seed)
  seconds <- cpu() - start
  tables <- lapply(method$completed(result, set$incomplete, m), as.matrix)
  if (length(tables) != m || any(vapply(tables, anyNA, NA))) stop("holes were left")
  list(tables = tables, seconds = seconds)
}

run_set <- function(design, method, number) {
  terms <- names(design$truth)
  set <- draw_set(design, number)
  tryCatch(
    {
      found <- suppressWarnings(tables_of(method, set, number))
      analyses <- lapply(found$tables, analyse, design = design)
      data.frame(set = number, term = terms, pool(analyses), seconds = found$seconds, note = "")
    },
    error = function(e) {
      data.frame(
        set = number, term = terms, estimate = NA, se = NA, df = NA, seconds = NA,
        note = gsub("[\n,\"]", " ", conditionMessage(e))
      )
    }
  )
}

# The methods to run on a design, the complete data always: the others are paired with it. The log
# scale only where there are columns for it; and where their logarithms are what is analysed, no
# normal model on any other, since it draws negative values.
methods_of <- function(design, chosen) {
  imputing <- vapply(methods, function(m) is.null(m$one_table), NA)
  logged <- if (!is.null(design$logs)) lapply(methods[imputing], on_log_scale, logs = design$logs)
  positive <- !imputing | names(methods) == "mice-pmm"
  available <- c(
    if (isTRUE(design$regress_logs)) methods[positive] else methods,
    if (!is.null(logged)) stats::setNames(logged, paste0(names(logged), "-log"))
  )
  if (identical(chosen, "all")) chosen <- names(available)
  available[intersect(c("complete", chosen), names(available))]
}

run_piece <- function(design, name, method, from, to) {
  file <- file.path(folder, sprintf("%s_%s_%d_%d.csv", design, name, from, to))
  if (file.exists(file)) {
    return(invisible())
  }
  rows <- do.call(rbind, lapply(from:to, run_set, design = designs[[design]], method = method))
  rows <- cbind(design = design, method = name, rows)
  write.csv(rows, paste0(file, ".part"), row.names = FALSE)
  file.rename(paste0(file, ".part"), file) # a piece that was cut short leaves nothing
}

run <- function(chosen_designs, chosen_methods, from, to) {
  if (identical(chosen_designs, "all")) chosen_designs <- names(designs)
  for (first in seq(from, to, by = 50L)) {
    for (design in chosen_designs) {
      available <- methods_of(designs[[design]], chosen_methods)
      for (name in names(available)) {
        run_piece(design, name, available[[name]], first, min(first + 49L, to))
      }
    }
  }
}

# In how many of `sets` data sets em_diagnose() says that the normal model does not fit.
doubted <- function(design, logs, sets) {
  verdict <- vapply(seq_len(sets), function(number) {
    imp <- impute_missmix(draw_set(design, number)$incomplete, m, number, logs = logs)
    found <- missmix::em_diagnose(imp)
    found$verdict[found$check == "shape"] %in% "caution"
  }, NA)
  mean(verdict)
}

report_shape <- function(sets) {
  cat("| design | log scale | data sets in which the shape calls for caution |\n| --- | --- | ---: |\n")
  for (name in names(designs)) {
    for (logs in unique(list(NULL, designs[[name]]$logs))) {
      cat(sprintf("| %s | %s | %.1f%% |\n", name, if (is.null(logs)) "" else logs,
        100 * doubted(designs[[name]], logs, sets)))
    }
  }
}

main <- function(arguments) {
  if (identical(arguments[1L], "shape")) {
    return(report_shape(as.integer(arguments[2L])))
  }
  dir.create(folder, showWarnings = FALSE, recursive = TRUE)
  if (!length(arguments)) arguments <- c("all", "all", "1", "1000")
  if (arguments[1L] != "report") {
    lists <- strsplit(arguments[1:2], ",", fixed = TRUE)
    run(lists[[1L]], lists[[2L]], as.integer(arguments[3L]), as.integer(arguments[4L]))
  }
  report(folder)
}

main(commandArgs(TRUE))
