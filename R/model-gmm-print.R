# What print() shows of a mixture: proportions, and means with standard deviations.

# One row a component. Many variables do not fit side by side: then one row a variable, where all
# components fit; otherwise as many variables as do.
answer.em_gmm <- function(fit, rows = 10L) {
  cells <- component_cells(fit)
  # print() breaks a line that is as wide as the console.
  room <- cli::console_width() - 1L
  answer <- by_component(fit, cells, rows)
  if (table_width(answer$table) > room) {
    other <- by_variable(fit, cells, rows)
    answer <- if (table_width(other$table) <= room) other else narrowed(answer, room, "variable")
  }
  answer
}

by_component <- function(fit, cells, rows) {
  proportions <- fit$parameters$proportions
  shown <- seq_len(min(rows, length(proportions)))
  # The noise has no mean.
  blank <- matrix("", length(proportions) - nrow(cells), ncol(cells))
  table <- data.frame(
    fixed_text(proportions, 3), rbind(cells, blank),
    row.names = names(proportions)
  )[shown, , drop = FALSE]
  names(table) <- c("proportion", paste(fit$terms, "(sd)"))
  list(table = table, total = length(proportions), what = "component")
}

by_variable <- function(fit, cells, rows) {
  proportions <- fit$parameters$proportions
  shown <- seq_len(min(rows, ncol(cells)))
  blank <- matrix("", ncol(cells), length(proportions) - nrow(cells))
  table <- as.data.frame(rbind(fixed_text(proportions, 3), cbind(t(cells), blank)[shown, ]))
  names(table) <- names(proportions)
  row.names(table) <- c("proportion", make.unique(paste("mean (sd) of", fit$terms[shown])))
  list(table = table, total = ncol(cells) + 1L, what = "variable")
}

# The first columns of a table that the console holds, at least two.
narrowed <- function(answer, room, across) {
  widths <- vapply(seq_along(answer$table), function(j) table_width(answer$table[seq_len(j)]), 0)
  held <- max(2L, which(widths <= room))
  answer$left <- ncol(answer$table) - held
  answer$across <- across
  answer$table <- answer$table[seq_len(held)]
  answer
}

# As print() sets it.
table_width <- function(table) {
  cells <- vapply(table, function(column) max(nchar(column)), numeric(1))
  max(nchar(row.names(table))) + sum(pmax(cells, nchar(names(table))) + 1)
}

# "80.52 (5.35)": one row a component, one column a variable.
component_cells <- function(fit) {
  means <- fit$parameters$means
  k <- nrow(means)
  cells <- vapply(seq_len(ncol(means)), function(j) {
    mean_sd_text(means[, j], sqrt(fit$parameters$covariances[j, j, ]))
  }, character(k))
  matrix(cells, k)
}

# All with as many decimals as show three digits of a middling standard deviation, so that
# components can be compared at a glance.
mean_sd_text <- function(mean, sd) {
  middle <- stats::median(sd)
  decimals <- if (middle > 0) max(0, 2 - floor(log10(middle))) else 6
  if (decimals > 6 || max(abs(mean), sd) >= 1e7) {
    return(paste0(signif_text(mean), " (", signif_text(sd, 3), ")"))
  }
  spread <- fixed_text(sd, decimals)
  lost <- as.numeric(spread) == 0 & sd > 0
  spread[lost] <- signif_text(sd[lost], 1)
  paste(fixed_text(mean, decimals), format(paste0("(", spread, ")"), justify = "right"))
}

answer_size.em_gmm <- function(fit) {
  size <- answer_size.em_mvn(fit)
  if (all(fit$missing == 0)) sub("0.0% of cells missing", "complete", size, fixed = TRUE) else size
}
