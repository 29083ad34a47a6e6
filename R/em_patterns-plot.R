#' @rdname em_patterns
#' @param patterns Most patterns to draw, the most frequent of them.
#' @export
plot.em_patterns <- function(x, ..., patterns = 30L) {
  check_no_dots()
  check_count(patterns)
  plot_patterns(x, most = patterns)
  invisible(x)
}

# Colours of Okabe and Ito, told apart by the colour-blind.
palette_cell <- c(observed = "#56B4E9", missing = "#D55E00")

# The heat map: variables across with their share of missing cells, patterns
# downwards, the most frequent on top, with their numbers of rows.
plot_patterns <- function(patterns, most = 30L) {
  observed <- observed_matrix(patterns)
  rows <- patterns[[1]]
  shown <- seq_len(min(most, nrow(observed)))
  missing <- 100 * colSums((1 - observed) * rows) / sum(rows)
  names <- short_names(colnames(observed))
  old <- graphics::par(mar = c(margin_lines(names), 4.5, 4.2, 4.5), mgp = c(3, 0.4, 0))
  on.exit(graphics::par(old))
  draw_cells(observed[shown, , drop = FALSE])
  label_variables(names, missing)
  label_patterns(rows[shown], patterns[[3]][shown])
  graphics::title(plot_title(rows, shown), font.main = 1, cex.main = 1.1, line = 2.8)
  graphics::legend(
    graphics::grconvertX(0.5, "nfc"), graphics::grconvertY(0.01, "nfc"),
    xjust = 0.5, yjust = 0, xpd = NA, legend = names(palette_cell), fill = palette_cell,
    border = NA, bty = "n", horiz = TRUE, cex = 0.9
  )
  invisible(patterns)
}

draw_cells <- function(observed) {
  p <- ncol(observed)
  m <- nrow(observed)
  x <- col(observed)
  y <- -row(observed)
  graphics::plot.new()
  graphics::plot.window(c(0.5, p + 0.5), c(-m - 0.5, -0.5), xaxs = "i", yaxs = "i")
  # White lines between cells, unless there are so many that only they would show.
  graphics::rect(x - 0.5, y - 0.5, x + 0.5, y + 0.5,
    col = palette_cell[ifelse(observed, "observed", "missing")],
    border = if (p <= 60 && m <= 60) "white" else NA
  )
}

# Names below; above, how much of each is missing.
label_variables <- function(names, missing) {
  at <- label_positions(length(names))
  graphics::axis(1, at = at, labels = names[at], las = 2, tick = FALSE, cex.axis = 0.8)
  rare <- missing > 0 & missing < 0.5
  percent <- ifelse(rare, "<1%", sprintf("%.0f%%", missing))
  graphics::axis(3, at = at, labels = percent[at], tick = FALSE, cex.axis = 0.7,
    las = if (length(at) <= 15) 1 else 2
  )
}

# Rows on the left, their share on the right.
label_patterns <- function(rows, percent) {
  at <- label_positions(length(rows))
  graphics::axis(2, at = -at, labels = number_words(rows[at]), las = 1, tick = FALSE,
    cex.axis = 0.8)
  graphics::axis(4, at = -at, labels = sprintf("%.1f%%", percent[at]), las = 1, tick = FALSE,
    cex.axis = 0.8)
  edges <- graphics::par("usr")[1:2]
  margin_text("rows", side = 3, at = edges[1], adj = 1.4, line = 0.4, cex = 0.8)
  margin_text("of rows", side = 3, at = edges[2], adj = -0.1, line = 0.4, cex = 0.8)
}

plot_title <- function(rows, shown) {
  if (length(shown) == length(rows)) {
    return("Patterns of missing cells")
  }
  sprintf("Patterns of missing cells: %d of %s, with %.0f%% of the rows", length(shown),
    number_words(length(rows)), 100 * sum(rows[shown]) / sum(rows))
}

short_names <- function(names) {
  ifelse(nchar(names) > 14, abbreviate(names, 12L, named = FALSE), names)
}

margin_lines <- function(names) {
  2.5 + 0.5 * max(nchar(names, type = "width"))
}

# Every position, or evenly spread ones where labels would overlap.
label_positions <- function(size, most = 50L) {
  seq(1L, size, by = max(1L, ceiling(size / most)))
}
