# Pictures of a mixture in base graphics. What they show is worked out in model-gmm-drawn.R.

#' @section Mixtures:
#' Of a fit by [em_gmm()] there are also, on the modelled scale (the axes say `log(bili)`):
#' * `"classification"`: each row by colour and symbol in its most probable component, with the
#'   components' proportions. Ellipses hold 50% (solid) and 95% (dashed) of a component. One
#'   variable: a histogram with the components, times their proportions, and a rug of the rows.
#'   More than two: all pairs; of more than five variables the five that tell the components
#'   apart best. Rows of the noise are grey crosses; areas of points are as weights are.
#' * `"uncertainty"`: how unsure the classification is: 1 - the largest of a row's probabilities.
#'   Two variables: larger and darker points are less sure. One variable: the uncertainty along
#'   it. More: rows sorted by it.
#' * `"density"`: of the mixture. Two variables: the smallest areas that hold 25%, 50%, 75% and
#'   95% of the probability (highest density regions, of the components without the noise). More:
#'   the same of all pairs. One variable: the density over a histogram.
#'
#' A row is drawn in a panel where both its cells are observed; the title says how many are not.
#' Its class and uncertainty rest on all its observed cells. Of more than 10,000 rows evenly
#' spread ones are drawn.
#'
#' @references
#' Hyndman RJ (1996). Computing and graphing highest density regions. *The American Statistician*
#' 50, 120-126. \doi{10.1080/00031305.1996.10474359}.
#'
#' @name plot.em_fit
#' @examples
#' mixture <- em_gmm(faithful, k = 3, starts = em_starts(20, seed = 1))
#' plot(mixture)
#' plot(mixture, "uncertainty")
#' plot(mixture, "density")
NULL

pictures_of.em_gmm <- function(fit) {
  c("classification", "uncertainty", "density", NextMethod())
}

draw_picture.em_gmm <- function(fit, what, call = rlang::caller_env()) {
  force(call)
  switch(what,
    classification = draw_classification(fit, call),
    uncertainty = draw_uncertainty(fit, call),
    density = draw_density(fit, call),
    NextMethod()
  )
}

draw_classification <- function(fit, call) {
  rows <- drawn_rows(fit, call)
  look <- component_look(fit)
  key <- component_key(look)
  if (length(fit$terms) == 1) {
    return(draw_curves(fit, rows, look, key))
  }
  draw_pairs(fit, rows, classification_title(fit, rows), key, function(pair, window) {
    points <- pair_points(rows, pair)
    at <- as.integer(points$class)
    graphics::points(points$x, points$y, pch = look$symbol[at], col = see_through(look$colour[at]),
      cex = points$size * crowd_size(nrow(points)))
    draw_ellipses(fit, pair, look$colour)
    draw_numbers(fit, pair, look$colour)
  })
}

draw_uncertainty <- function(fit, call) {
  rows <- drawn_rows(fit, call)
  if (length(fit$terms) == 1) {
    return(draw_uncertainty_along(fit, rows))
  }
  if (length(fit$terms) > 2) {
    return(draw_uncertainty_curve(fit, rows))
  }
  key <- list(
    title = "uncertainty", legend = unsure_words, pch = 16, col = palette_unsure,
    pt.cex = size_unsure
  )
  draw_pairs(fit, rows, uncertainty_title(fit, rows), key, function(pair, window) {
    draw_ellipses(fit, pair, "grey80", max(ellipse_masses))
    points <- pair_points(rows, pair)
    points <- points[order(points$uncertainty), ]
    step <- as.integer(unsure_step(points$uncertainty))
    graphics::points(points$x, points$y, pch = 16, col = palette_unsure[step],
      cex = size_unsure[step])
    draw_numbers(fit, pair, "grey30")
  })
}

draw_density <- function(fit, call) {
  rows <- drawn_rows(fit, call)
  if (length(fit$terms) == 1) {
    return(draw_mixture_curve(fit, rows))
  }
  key <- list(
    title = "area holds", legend = band_labels(), fill = palette_band, border = NA
  )
  draw_pairs(fit, rows, density_title(fit, rows), key, function(pair, window) {
    grid <- density_grid(fit, pair, window$x, window$y)
    graphics::.filled.contour(grid$x, grid$y, grid$outside, c(0, band_masses), palette_band)
    points <- pair_points(rows, pair)
    graphics::points(points$x, points$y, pch = 16, col = "#00000066",
      cex = 0.7 * points$size * crowd_size(nrow(points)))
    graphics::box()
  })
}

# Points become smaller the more there are.
crowd_size <- function(n) min(max(4 / n^0.25, 0.35), 1)

# Overlapping points can still be told apart.
see_through <- function(colour) grDevices::adjustcolor(colour, 0.75)

darker <- function(colour) grDevices::adjustcolor(colour, 1, 0.7, 0.7, 0.7)

# A darker line of the colour, on a white one: it must be seen among points of the same colour.
draw_ellipses <- function(fit, pair, colours, masses = ellipse_masses) {
  ellipses <- pair_ellipses(fit, pair, masses)
  colours <- rep_len(colours, nrow(fit$parameters$means))
  for (own in split(ellipses, list(ellipses$component, ellipses$mass))) {
    graphics::lines(own$x, own$y, lwd = 3, col = "#FFFFFFA0")
    graphics::lines(own$x, own$y, lwd = 1.5, col = darker(colours[own$component[1]]),
      lty = if (own$mass[1] == max(ellipse_masses)) 2 else 1)
  }
}

# Numbers of the largest components at their centres, on white.
draw_numbers <- function(fit, pair, colours) {
  centres <- utils::head(pair_centres(fit, pair), most_numbered_components)
  colours <- rep_len(colours, nrow(centres))
  graphics::points(centres$x, centres$y, pch = 21, bg = "#FFFFFFE0", col = colours, cex = 2.4)
  graphics::text(centres$x, centres$y, centres$class, cex = 0.85, font = 2)
}

component_key <- function(look) {
  named <- named_components(look)
  rest <- legend_rest(look)
  list(
    title = "component", legend = c(named$label, rest),
    pch = c(named$symbol, rep(NA, length(rest))),
    col = c(named$colour, rep(NA, length(rest))), pt.cex = 1.2
  )
}

# One panel for each pair of variables, the legend to the right of a single one and in the empty
# upper corner of many. `panel(pair, window)` draws into it.
draw_pairs <- function(fit, rows, title, key, panel) {
  variables <- drawn_variables(fit)
  pairs <- variable_pairs(variables)
  windows <- lapply(seq_along(fit$terms), function(j) axis_window(fit, rows, j))
  size <- max(pairs$row)
  lines <- strwrap(title[-1], letters_across(0.85))
  if (size == 1) {
    old <- graphics::par(mar = c(3.6, 3.8, 1.8 + 1.1 * length(lines), key_margin(key)),
      mgp = c(2.2, 0.7, 0))
  } else {
    old <- graphics::par(mfcol = c(size, size), mar = c(0.4, 0.4, 0.4, 0.4),
      oma = c(3.6, 3.8, 2 + 1.1 * length(lines), 1), mgp = c(2.2, 0.7, 0))
  }
  on.exit(graphics::par(old))
  for (column in seq_len(size)) {
    for (row in seq_len(size)) {
      pair <- pairs[pairs$column == column & pairs$row == row, ]
      graphics::plot.new()
      if (nrow(pair) == 0) next
      window <- list(x = windows[[pair$x]], y = windows[[pair$y]])
      graphics::plot.window(window$x, window$y, xaxs = "i", yaxs = "i")
      panel(pair, window)
      pair_axes(fit, pair, outer_row = row == size, outer_column = column == 1)
    }
  }
  pairs_title(title[1], lines, size > 1)
  draw_key(key, size)
}

pair_axes <- function(fit, pair, outer_row, outer_column) {
  graphics::box(bty = "o", col = "grey60")
  if (outer_row) {
    graphics::axis(1, col = NA, col.ticks = 1)
    margin_text(fit$terms[pair$x], side = 1, line = 2.2, xpd = NA)
  }
  if (outer_column) {
    graphics::axis(2, las = 1, col = NA, col.ticks = 1)
    margin_text(fit$terms[pair$y], side = 2, line = 2.6, xpd = NA)
  }
}

pairs_title <- function(title, lines, outer) {
  top <- 1.1 * length(lines)
  graphics::mtext(title, side = 3, line = 0.5 + top, outer = outer, cex = 1.1 * title_cex(outer))
  for (i in seq_along(lines)) {
    graphics::mtext(lines[i], side = 3, line = 0.4 + top - 1.1 * i, outer = outer,
      cex = 0.85 * title_cex(outer), col = "grey30")
  }
}

# par(mfrow) makes all type smaller, but the title belongs to the whole figure.
title_cex <- function(outer) if (outer) 0.95 else graphics::par("cex")

# Lines of the right margin that a key needs.
key_margin <- function(key) {
  words <- max(graphics::strwidth(c(key$title, key$legend), "inches", cex = 0.95))
  ceiling(words / graphics::par("csi") + 3)
}

# Beside the single panel, or in the upper right corner of the matrix.
draw_key <- function(key, size) {
  if (size == 1) {
    at <- list(x = graphics::grconvertX(1, "npc") + graphics::strwidth("n"),
      y = graphics::grconvertY(1, "npc"), xjust = 0, yjust = 1)
  } else {
    at <- list(x = graphics::grconvertX(0.98, "ndc"), y = graphics::grconvertY(0.9, "ndc"),
      xjust = 1, yjust = 1)
  }
  cex <- if (size == 1) 0.95 else 0.9 / graphics::par("cex")
  do.call(graphics::legend, c(at, key, list(bty = "n", xpd = NA, cex = cex, title.adj = 0)))
}
