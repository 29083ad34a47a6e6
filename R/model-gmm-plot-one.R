# Pictures of a mixture of one variable, and of rows sorted by uncertainty, in base graphics.

draw_curves <- function(fit, rows, look, key) {
  curves <- curve_frame(fit, rows)
  key[c("pch", "pt.cex")] <- NULL
  key[c("lwd", "seg.len")] <- list(2, 1.2)
  old <- one_frame(fit, classification_title(fit, rows), curves, key_margin(key))
  on.exit(graphics::par(old))
  for (j in seq_len(ncol(curves$each))) {
    graphics::lines(curves$x, curves$each[, j], col = look$colour[j], lwd = 2)
  }
  graphics::lines(curves$x, curves$total, lty = 2, col = "grey30")
  draw_rug(rows, look$colour)
  peaks <- curve_peaks(curves)
  graphics::text(peaks$x, peaks$y, peaks$name, pos = 3, offset = 0.3, cex = 0.85, font = 2,
    xpd = NA)
  draw_key(key, 1)
}

draw_mixture_curve <- function(fit, rows) {
  curves <- curve_frame(fit, rows)
  old <- one_frame(fit, density_title(fit, rows), curves)
  on.exit(graphics::par(old))
  graphics::lines(curves$x, curves$total, lwd = 2, col = palette_band[1])
  draw_rug(rows, rep(palette_band[1], nlevels(rows$class)))
}

draw_uncertainty_along <- function(fit, rows) {
  window <- axis_window(fit, rows, 1L)
  x <- curve_places(fit, 1L, window)
  top <- max(0.5, rows$uncertainty)
  old <- curve_plot(window, c(0, 1.1 * top), uncertainty_title(fit, rows), fit$terms,
    "uncertainty")
  on.exit(graphics::par(old))
  centres <- utils::head(fit$parameters$means, most_numbered_components)
  graphics::text(centres[, 1], 1.07 * top, rownames(centres), font = 2, cex = 0.85)
  limit_line()
  graphics::lines(x, uncertainty_along(fit, x), col = "grey50")
  shown <- evenly(order(rows$uncertainty), most_drawn_rows)
  step <- as.integer(unsure_step(rows$uncertainty[shown]))
  graphics::points(rows$y[shown, 1], rows$uncertainty[shown], pch = 16,
    cex = size_unsure[step], col = palette_unsure[step])
}

draw_uncertainty_curve <- function(fit, rows) {
  curve <- uncertainty_curve(rows)
  look <- component_look(fit)
  key <- component_key(look)
  old <- curve_plot(c(0, 100), c(0, max(0.5, curve$uncertainty)), uncertainty_title(fit, rows),
    "rows, the surest first (%)", "uncertainty", right = key_margin(key))
  on.exit(graphics::par(old))
  limit_line()
  graphics::lines(100 * curve$part, curve$uncertainty, col = "grey60")
  at <- as.integer(curve$class)
  graphics::points(100 * curve$part, curve$uncertainty, pch = look$symbol[at],
    col = look$colour[at], cex = crowd_size(nrow(curve)), xpd = NA)
  draw_key(key, 1)
}

limit_line <- function() {
  graphics::abline(h = unsure_limit, lty = 3, col = colour_limit)
}

# An empty frame with a title; returns the par() to put back.
curve_plot <- function(xlim, ylim, title, xlab, ylab, right = 1, left = 4.4, x_ticks = NULL) {
  lines <- strwrap(title[-1], letters_across(0.85))
  old <- graphics::par(mar = c(3.6, left, 1.8 + 1.1 * length(lines), right), mgp = c(2.2, 0.7, 0))
  graphics::plot.new()
  graphics::plot.window(xlim, ylim, xaxs = "i", yaxs = "i")
  graphics::box(bty = "l")
  graphics::axis(1, at = x_ticks)
  graphics::axis(2, las = 1)
  margin_text(xlab, side = 1, line = 2.2)
  margin_text(ylab, side = 2, line = left - 1.2)
  pairs_title(title[1], lines, outer = FALSE)
  old
}

# Histogram of a single variable with room for curves.
one_frame <- function(fit, title, curves, right = 1) {
  old <- curve_plot(curves$window, c(0, curves$top), title, fit$terms, "density", right)
  graphics::rect(curves$bars$left, 0, curves$bars$right, curves$bars$height,
    col = "grey88", border = "white")
  old
}

draw_rug <- function(rows, colours) {
  for (class in unique(as.integer(rows$class))) {
    own <- evenly(sort(rows$y[as.integer(rows$class) == class, 1]), 1000L)
    graphics::rug(own, col = colours[class], ticksize = 0.025, quiet = TRUE)
  }
}
