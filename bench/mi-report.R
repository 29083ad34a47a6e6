# The tables of bench/mi_coverage.R from the pieces that have been run.

read_pieces <- function(folder) {
  files <- list.files(folder, "[.]csv$", full.names = TRUE)
  if (!length(files)) stop("nothing has been run yet in ", folder)
  rows <- do.call(rbind, lapply(files, read.csv))
  rows[!duplicated(rows[c("design", "method", "set", "term")]), ]
}

standard_error <- function(x) sd(x) / sqrt(length(x))

on_logs <- function(method) endsWith(method, "-log")

# One row for each design, method and term, paired with the complete data of the same sets. These
# are unbiased in every design, so that bias is the mean difference from them: their own luck is
# taken out. What is imputed on the log scale is compared with norm2 on that scale.
summarise_pieces <- function(rows) {
  rows$truth <- mapply(function(d, t) designs[[d]]$truth[[t]], rows$design, rows$term)
  half <- qt(0.975, rows$df) * rows$se
  rows$covers <- abs(rows$estimate - rows$truth) <= half
  rows$width <- 2 * half
  key <- c("design", "set", "term")
  complete <- rows[rows$method == "complete", c(key, "covers", "width", "estimate")]
  rows$logs <- on_logs(rows$method)
  norm2 <- rows[rows$method %in% c("norm2", "norm2-log"), c(key, "logs", "estimate")]
  rows <- merge(rows, complete, by = key, suffixes = c("", "_complete"))
  rows <- merge(rows, norm2, by = c(key, "logs"), suffixes = c("", "_norm2"), all.x = TRUE)
  groups <- split(rows, rows[c("term", "method", "design")], drop = TRUE)
  do.call(rbind, lapply(groups, summarise_group))
}

summarise_group <- function(g) {
  all <- g
  g <- g[!is.na(g$estimate), ]
  with_norm2 <- g[!is.na(g$estimate_norm2), ]
  off <- g$estimate - g$estimate_complete
  off_both <- with_norm2[c("estimate", "estimate_norm2")] - with_norm2$estimate_complete
  data.frame(
    all[1L, c("design", "method", "term")],
    sets = nrow(all), failed = nrow(all) - nrow(g),
    coverage = mean(g$covers), complete = mean(g$covers_complete),
    difference_se = standard_error(g$covers - g$covers_complete),
    bias = mean(off), bias_se = standard_error(off),
    beyond_norm2 = abs(mean(off_both$estimate)) - abs(mean(off_both$estimate_norm2)),
    beyond_se = standard_error(off_both$estimate - off_both$estimate_norm2),
    width = mean(g$width) / mean(g$width_complete), seconds = mean(g$seconds)
  )
}

# One table: methods by terms, a cell made by `cell` from a row of the summary.
print_by_term <- function(rows, terms, cell) {
  known <- c("complete", "cases", names(methods), paste0(names(methods), "-log"))
  order <- intersect(known, rows$method)
  cat("\n| method | sets | failed |", paste(terms, collapse = " | "), "|\n")
  cat("| --- | ---: | ---: |", strrep(" ---: |", length(terms)), "\n", sep = "")
  for (method in order) {
    mine <- rows[rows$method == method, ]
    mine <- mine[match(terms, mine$term), ]
    cat("|", method, "|", mine$sets[1L], "|", mine$failed[1L], "|",
      paste(cell(mine), collapse = " | "), "|\n")
  }
}

coverage_cell <- function(row) {
  difference <- row$coverage - row$complete
  below <- difference < -2 * row$difference_se
  paired <- sprintf(" (%+.1f ± %.1f)%s", 100 * difference, 100 * row$difference_se,
    ifelse(below, " *", ""))
  paste0(sprintf("%.1f", 100 * row$coverage), ifelse(row$method == "complete", "", paired))
}
bias_cell <- function(row) {
  sprintf("%+.3f ± %.3f%s", row$bias, row$bias_se,
    ifelse(abs(row$bias) > 2 * row$bias_se, " *", ""))
}
width_cell <- function(row) sprintf("%.2f", row$width)

# The claims, for every way in which missmix imputes.
print_claims <- function(rows) {
  ours <- rows[startsWith(rows$method, "missmix"), ]
  low <- ours$coverage - ours$complete < -2 * ours$difference_se
  more <- ours$beyond_norm2 > 2 * ours$beyond_se
  cat("\n| method | design | intervals | below the complete data by more than 2 paired s.e. |",
    "bias beyond norm2's by more than 2 s.e. |\n| --- | --- | ---: | --- | --- |\n")
  named <- function(at) if (any(at, na.rm = TRUE)) toString(ours$term[which(at)]) else "none"
  for (method in unique(ours$method)) {
    for (design in intersect(names(designs), ours$design[ours$method == method])) {
      here <- ours$method == method & ours$design == design
      cat("|", method, "|", design, "|", sum(here), "|", named(low & here), "|",
        if (all(is.na(more[here]))) "norm2 is not there" else named(more & here), "|\n")
    }
  }
}

report <- function(folder) {
  rows <- summarise_pieces(read_pieces(folder))
  for (design in intersect(names(designs), rows$design)) {
    here <- rows[rows$design == design, ]
    terms <- names(designs[[design]]$truth)
    cat("\n### ", designs[[design]]$label, " (`", design, "`)\n", sep = "")
    cat("\nCoverage in per cent (difference from the complete data ± its paired s.e.):\n")
    print_by_term(here, terms, coverage_cell)
    others <- here[here$method != "complete", ]
    cat("\nBias ± its standard error:\n")
    print_by_term(others, terms, bias_cell)
    cat("\nMean width over that of the complete data:\n")
    print_by_term(others, terms, width_cell)
  }
  cat("\n### Processor seconds a data set\n\n")
  print(round(tapply(rows$seconds, rows[c("method", "design")], mean), 3))
  cat("\n### Claims\n")
  print_claims(rows)
}
