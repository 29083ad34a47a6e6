# Pictures of a deconvolution that show genes, in base graphics: fit, confusion of types, markers.

draw_fit <- function(drawn) {
  panels <- levels(drawn$points$panel)
  across <- if (length(panels) == 1) 1L else 2L
  lines <- strwrap(drawn$title[-1], letters_across(0.85))
  old <- graphics::par(mfrow = c(ceiling(length(panels) / across), across),
    mar = c(2.2, 2.6, 1.8, 0.7), oma = c(1.6, 1.6, 2 + 1.1 * length(lines), 0.5),
    mgp = c(1.8, 0.5, 0))
  on.exit(graphics::par(old))
  graphics::par(cex = 0.85)
  for (panel in panels) {
    fit_panel(drawn$points[drawn$points$panel == panel, ], drawn$window, panel)
  }
  graphics::mtext("expected", side = 1, outer = TRUE, line = 0.3, cex = 0.9)
  graphics::mtext("observed in the bulk", side = 2, outer = TRUE, line = 0.3, cex = 0.9)
  pairs_title(drawn$title[1], lines, outer = TRUE)
}

fit_panel <- function(points, window, title) {
  graphics::plot.new()
  window <- log10(window) + c(-0.03, 0.08) * diff(log10(window))
  graphics::plot.window(window, window, xaxs = "i", yaxs = "i")
  graphics::abline(0, 1, col = "grey50")
  x <- log10(points$expected)
  y <- log10(points$observed)
  graphics::points(x, y, pch = 16, cex = crowd_size(nrow(points)) * 0.8, col = "#0072B240")
  graphics::box(col = "grey60")
  power_axis(1)
  power_axis(2)
  graphics::title(title, line = 0.4, font.main = 2, cex.main = 0.95)
  label_genes(x, y, points$label)
}

# Names to the left of points above the line and to the right of those below it, away from the
# crowd, moved apart where they would overlap: as far to the side as up or down, along the crowd.
label_genes <- function(x, y, label) {
  top <- which(!is.na(label))
  graphics::points(x[top], y[top], pch = 16, col = "#D55E00", cex = 0.9)
  edges <- graphics::par("usr")
  left <- y[top] > x[top] | x[top] > edges[2] - 0.1 * (edges[2] - edges[1])
  height <- 1.4 * graphics::strheight("M", cex = 0.8)
  for (side in unique(left)) {
    own <- top[left == side]
    at <- moved_apart(y[own], height, edges[4] - 0.7 * height)
    along <- pmax(if (side) y[own] - at else at - y[own], 0)
    away <- 2.5 * graphics::strwidth("n", cex = 0.8) + along
    beside <- x[own] + if (side) -away else away
    graphics::segments(x[own], y[own], beside, at, col = "#D55E00")
    graphics::text(beside, at, label[own], pos = if (side) 2 else 4, offset = 0.15, cex = 0.8,
      col = "#8A3B00", xpd = NA)
  }
}

# Heights in their order, at least `step` from one another and none above `top`, moved as little as
# that needs.
moved_apart <- function(y, step, top = Inf) {
  order <- order(y)
  moved <- y[order] - step * seq_along(y)
  # The closest increasing sequence: isotonic regression of what is left after the steps.
  at <- stats::isoreg(moved)$yf + step * seq_along(y)
  y[order] <- pmin(at, top - step * (length(y) - seq_along(y)))
  y
}

power_axis <- function(side) {
  limits <- graphics::par("usr")[if (side == 1) 1:2 else 3:4]
  powers <- seq(ceiling(limits[1]), floor(limits[2]))
  powers <- powers[powers %% max(1, ceiling(length(powers) / 6)) == 0]
  words <- lapply(powers, function(k) if (k %in% 0:3) as.character(10^k) else bquote(10^.(k)))
  graphics::axis(side, powers, as.expression(words), las = 1, cex.axis = 0.85, col = NA,
    col.ticks = 1)
}

# Steps of a heatmap, pale for nothing; what is below zero is pale too, in another hue.
heat_colours <- function(value) {
  ramp <- grDevices::colorRampPalette(palette_heat)(101)
  colour <- ramp[1 + round(100 * pmin(pmax(value, 0), 1))]
  colour[is.na(value)] <- "#EEEEEE"
  colour
}

palette_heat <- c("#FFFFFF", "#FEE6CE", "#FDAE6B", "#E6550D", "#7F2704")

draw_heat <- function(heat) {
  names <- list(rows = plain_names(heat$rows), columns = plain_names(heat$columns))
  lines <- strwrap(heat$title[-1], letters_across(0.85))
  old <- graphics::par(mgp = c(2.2, 0.7, 0))
  sizes <- heat_margins(names, length(lines))
  on.exit(graphics::par(c(old, sizes$old)))
  n <- lengths(names)
  graphics::plot.new()
  graphics::plot.window(c(0.5, n[["columns"]] + 0.5), c(n[["rows"]] + 0.5, 0.5), xaxs = "i",
    yaxs = "i")
  cells <- heat$cells
  graphics::rect(cells$column - 0.5, cells$row - 0.5, cells$column + 0.5, cells$row + 0.5,
    col = heat_colours(cells$value), border = if (nrow(cells) < 700) "grey90" else NA)
  graphics::box(col = "grey60")
  graphics::text(cells$column, cells$row, cells$text, cex = min(0.8, 12 / n[["columns"]]),
    col = ifelse(cells$value > 0.65, "white", "black"))
  graphics::axis(2, seq_len(n[["rows"]]), names$rows, las = 1, tick = FALSE, line = -0.4,
    cex.axis = sizes$rows, gap.axis = -1)
  graphics::axis(1, seq_len(n[["columns"]]), names$columns, las = if (sizes$upright) 2 else 1,
    tick = FALSE, line = -0.4, cex.axis = sizes$columns, gap.axis = -1)
  figure_title(heat$title[1], lines)
  at <- seq(1, 0, -0.25)
  draw_key(list(title = heat$key, legend = fixed_text(at), fill = heat_colours(at),
    border = "grey80"), 1)
}

# Sets margins that hold the names, and type as large as rows and columns allow. Names of columns
# stand upright where they do not fit side by side.
heat_margins <- function(names, lines) {
  line <- graphics::par("csi")
  widest <- function(words, cex) max(graphics::strwidth(words, "inches", cex = cex))
  across <- graphics::par("din")[1] - widest(names$rows, 0.9) - 7 * line
  columns <- min(0.9, 1.1 * across / length(names$columns) / line)
  upright <- widest(names$columns, 0.9) * 1.1 > across / length(names$columns)
  low <- if (upright) words_margin(names$columns, columns, 1) else 2
  top <- 1.8 + 1.1 * lines
  down <- graphics::par("din")[2] - (low + top) * line
  rows <- min(0.9, 1.1 * down / length(names$rows) / line)
  old <- graphics::par(mar = c(low, words_margin(names$rows, rows, 1), top, 6))
  list(old = old, rows = rows, columns = columns, upright = upright)
}
