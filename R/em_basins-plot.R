# One lollipop for each mode: as long as it is high, as large as the share of starts that found it.

#' @rdname em_basins
#' @param modes Most modes to draw, the highest of them and the chosen one.
#' @export
plot.em_basins <- function(x, ..., modes = 20L) {
  check_no_dots()
  check_count(modes)
  draw_basins(x, most = modes)
  invisible(x)
}

#' @rdname em_basins
#' @param object Modes, as returned by `em_basins()`.
#' @exportS3Method ggplot2::autoplot
autoplot.em_basins <- function(object, ..., modes = 20L) {
  check_no_dots()
  check_count(modes)
  autoplot_basins(object, most = modes)
}

# Colours of Okabe and Ito; symbols too.
palette_mode <- c(
  chosen = "#009E73", sound = "#56B4E9", thin = "#E69F00", degenerate = "#D55E00",
  other = "#999999"
)
symbol_mode <- c(chosen = 16, sound = 16, thin = 17, degenerate = 4, other = 15)
words_mode <- c(
  chosen = "the fit", sound = "sound", thin = "thin", degenerate = "degenerate",
  other = "saddle or failed"
)

# What is drawn. The log-likelihood of a collapsing climb is where it happened to stop on its way
# to infinity: beyond the others, it is drawn at the edge.
basin_points <- function(x, most = 20L) {
  table <- as.data.frame(x)
  table <- table[utils::head(union(which(table$chosen), table$mode), most), ]
  table <- table[order(table$mode), ]
  flaw <- flaw_words(table)
  kind <- ifelse(flaw == "", "sound", ifelse(flaw %in% names(words_mode), flaw, "other"))
  kind[table$chosen & flaw == ""] <- "chosen"
  bounded <- if (all(table$degenerate)) TRUE else !table$degenerate
  real <- c(min(table$objective), max(table$objective[bounded]))
  room <- max(diff(real), 1)
  data.frame(
    height = pmin(table$objective, real[2] + 0.08 * room),
    base = real[1] - 0.12 * room,
    place = rev(seq_along(kind)),
    kind = factor(kind, names(words_mode)),
    share = table$share,
    value = paste0(
      ifelse(table$objective > real[2], "> ", ""), vapply(table$objective, likelihood_text, "")
    ),
    found = paste0(
      table$hits, " (", percent_text(table$share), ")",
      ifelse(table$chosen & flaw != "", ", the fit", "")
    )
  )
}

# Areas tell shares apart, and the smallest can still be seen.
mode_size <- function(share) 0.9 + 2.6 * sqrt(share)

basin_title <- function(x, points) {
  of <- attr(x, "summary")
  shown <- if (nrow(points) < nrow(x)) sprintf(", %d shown", nrow(points))
  sprintf("%d %s found by %d %s%s", nrow(x), plural(nrow(x), "mode"), of$finished,
    plural(of$finished, "start"), if (is.null(shown)) "" else shown)
}

draw_basins <- function(x, most = 20L) {
  points <- basin_points(x, most)
  kind <- as.character(points$kind)
  ends <- range(points$base, points$height)
  old <- graphics::par(mar = c(5.6, 6.2, 3.4, 6), mgp = c(2.2, 0.7, 0))
  on.exit(graphics::par(old))
  graphics::plot.new()
  graphics::plot.window(ends + c(0, 0.06 * diff(ends)), c(0.4, nrow(points) + 0.6), xaxs = "i")
  graphics::segments(points$base, points$place, points$height, points$place, lwd = 2,
    col = palette_mode[kind])
  graphics::points(points$height, points$place, pch = symbol_mode[kind], lwd = 3,
    cex = mode_size(points$share), col = palette_mode[kind])
  graphics::axis(1)
  graphics::abline(v = points$base[1])
  label <- function(side, at, labels, ...) {
    graphics::axis(side, at = at, labels = labels, las = 1, tick = FALSE, cex.axis = 0.85, ...)
  }
  label(2, points$place, points$value)
  label(4, points$place, points$found)
  margin_text("starts", side = 3, at = graphics::par("usr")[2], adj = -0.4, line = 0.2, cex = 0.85,
    col = "grey30")
  graphics::title(basin_title(x, points), font.main = 1, cex.main = 1.1, xlab = "log-likelihood")
  used <- intersect(names(words_mode), kind)
  graphics::legend(
    graphics::grconvertX(0.5, "nfc"), graphics::grconvertY(0.01, "nfc"), xjust = 0.5, yjust = 0,
    xpd = NA, horiz = TRUE, bty = "n", cex = 0.9, legend = words_mode[used],
    pch = symbol_mode[used], col = palette_mode[used], pt.lwd = 2, pt.cex = 1.3
  )
}

autoplot_basins <- function(x, most = 20L) {
  points <- basin_points(x, most)
  used <- intersect(names(words_mode), as.character(points$kind))
  ggplot2::ggplot(points, ggplot2::aes(
    x = .data$height, y = .data$place, colour = .data$kind, shape = .data$kind
  )) +
    ggplot2::geom_segment(
      ggplot2::aes(x = .data$base, xend = .data$height, yend = .data$place),
      linewidth = 0.8, show.legend = FALSE
    ) +
    ggplot2::geom_point(size = 2 * mode_size(points$share), stroke = 1.2) +
    ggplot2::scale_colour_manual(
      NULL, values = palette_mode, labels = words_mode[used], breaks = used
    ) +
    ggplot2::scale_shape_manual(
      NULL, values = symbol_mode, labels = words_mode[used], breaks = used
    ) +
    ggplot2::guides(colour = ggplot2::guide_legend(override.aes = list(size = 3))) +
    ggplot2::scale_x_continuous(expand = ggplot2::expansion(mult = c(0, 0.06))) +
    ggplot2::scale_y_continuous(
      breaks = points$place, labels = points$value, minor_breaks = NULL,
      expand = ggplot2::expansion(add = 0.6),
      sec.axis = ggplot2::dup_axis(labels = points$found, name = "starts")
    ) +
    ggplot2::labs(x = "log-likelihood", y = NULL) +
    ggplot2::theme_minimal() +
    ggplot2::theme(legend.position = "bottom") +
    title_layer(basin_title(x, points))
}
