# Means by pattern of missing cells, in base graphics and in ggplot2. What is drawn is worked out
# by mcar_points() for both.

#' Means by pattern of missing cells
#'
#' A panel for each pattern, those first that add most to Little's statistic for their degrees of
#' freedom; in it the variables that the pattern observes, each with the difference of its mean
#' from the expected one in standard errors. Under MCAR 95% of the points lie within the grey band;
#' those beyond it are red.
#'
#' @param x,object A test by [em_mcar()].
#' @param panels Most patterns to draw.
#' @param variables Most variables to draw, those with the largest differences.
#' @param ... Not used; anything here is an error.
#'
#' @return `plot()`: `x`, invisibly. `autoplot()`: a ggplot.
#' @section Errors:
#' `missmix_error_argument`: `panels` or `variables` is no whole number above zero.
#' @name plot.em_mcar
#' @export
#' @examples
#' plot(em_mcar(airquality))
plot.em_mcar <- function(x, ..., panels = 6L, variables = 16L) {
  check_no_dots()
  check_count(panels)
  check_count(variables)
  draw_mcar(mcar_points(x, panels, variables))
  invisible(x)
}

#' @rdname plot.em_mcar
#' @exportS3Method ggplot2::autoplot
autoplot.em_mcar <- function(object, ..., panels = 6L, variables = 16L) {
  check_no_dots()
  check_count(panels)
  check_count(variables)
  autoplot_mcar(mcar_points(object, panels, variables))
}

colour_beyond <- c(`FALSE` = "#0072B2", `TRUE` = "#D55E00")

# list of `points`: data frame with `panel` (number of the pattern, a factor), `row` (of the
# variable, from the top), `statistic`, `beyond`; `labels` of the rows; `panels`, their titles by
# level; `title`.
mcar_points <- function(x, panels, variables) {
  by_surprise <- order(stats::pchisq(x$patterns$d2, x$patterns$observed, lower.tail = FALSE,
    log.p = TRUE))
  shown <- utils::head(by_surprise, panels)
  points <- x$means[x$means$pattern %in% shown & !is.na(x$means$statistic), ]
  largest <- tapply(abs(points$statistic), factor(points$variable, x$variables), max)
  largest[is.na(largest)] <- -Inf
  kept <- x$variables[sort(utils::head(order(-largest), variables))]
  points <- points[points$variable %in% kept, ]
  list(
    points = data.frame(
      panel = factor(points$pattern, shown),
      row = match(points$variable, kept), statistic = points$statistic,
      beyond = abs(points$statistic) > stats::qnorm(0.975)
    ),
    labels = kept,
    panels = stats::setNames(pattern_labels(x$patterns[shown, ]), shown),
    title = c("Means by pattern of missing cells", mcar_notes(x, shown, kept))
  )
}

# Numbers of rows first: of a long name the end is lost.
pattern_labels <- function(patterns, most = 36L) {
  rows <- number_words(patterns$rows)
  plain_names(ifelse(
    patterns$missing == "nothing", sprintf("%s complete", rows),
    sprintf("%s without %s", rows, patterns$missing)
  ), most)
}

mcar_notes <- function(x, shown, kept) {
  paste0(c(
    sub("\\.$", "", mcar_answer(x)), ". Band: 95% of points under MCAR.",
    if (length(shown) < nrow(x$patterns)) {
      sprintf(" The %d most unexpected of %s patterns.", length(shown),
        number_words(nrow(x$patterns)))
    },
    if (length(kept) < length(x$variables)) {
      sprintf(" The %d variables that differ most of %d.", length(kept), length(x$variables))
    }
  ), collapse = "")
}

mcar_axis <- "difference from the expected mean, in standard errors"

draw_mcar <- function(drawn) {
  panels <- names(drawn$panels)
  across <- if (length(panels) == 4) 2L else min(length(panels), 3L)
  down <- ceiling(length(panels) / across)
  lines <- strwrap(drawn$title[-1], letters_across(0.85))
  labels <- plain_names(drawn$labels)
  cex <- min(0.9, (if (down > 1) 13 else 26) / length(labels))
  old <- graphics::par(mfrow = c(down, across), mar = c(2.2, 0.5, 1.8, 0.7),
    oma = c(1.4, words_margin(labels, cex, 0.9), 2 + 1.1 * length(lines), 0.5),
    mgp = c(1.8, 0.5, 0))
  on.exit(graphics::par(old))
  # par(mfrow) makes type smaller, which is set by itself here.
  graphics::par(cex = 0.85)
  reach <- max(abs(drawn$points$statistic), 3) * 1.08
  for (i in seq_along(panels)) {
    own <- drawn$points[drawn$points$panel == panels[i], ]
    left <- if ((i - 1L) %% across == 0) labels
    mcar_panel(own, length(labels), reach, drawn$panels[i], left, cex)
  }
  graphics::mtext(mcar_axis, side = 1, outer = TRUE, line = 0.2, cex = 0.85)
  pairs_title(drawn$title[1], lines, outer = TRUE)
}

mcar_panel <- function(points, rows, reach, title, labels, cex) {
  graphics::plot.new()
  graphics::plot.window(c(-1, 1) * reach, c(rows + 0.5, 0.5), xaxs = "i", yaxs = "i")
  limit <- stats::qnorm(0.975)
  graphics::rect(-limit, 0.5, limit, rows + 0.5, col = "grey93", border = NA)
  graphics::abline(h = seq_len(rows), col = "grey85", lty = 3)
  graphics::abline(v = 0, col = "grey50")
  graphics::segments(0, points$row, points$statistic, points$row,
    col = colour_beyond[as.character(points$beyond)])
  graphics::points(points$statistic, points$row, pch = 16, cex = crowd_size(rows),
    col = colour_beyond[as.character(points$beyond)])
  graphics::box(bty = "o", col = "grey60")
  graphics::axis(1, cex.axis = 0.85, col = NA, col.ticks = 1)
  if (!is.null(labels)) {
    graphics::axis(2, seq_along(labels), labels, las = 1, tick = FALSE, line = -0.3,
      cex.axis = cex, xpd = NA, gap.axis = -1)
  }
  graphics::title(title, line = 0.4, font.main = 2, cex.main = 0.9)
}

autoplot_mcar <- function(drawn) {
  limit <- stats::qnorm(0.975)
  ggplot2::ggplot(drawn$points, ggplot2::aes(
    x = .data$statistic, y = .data$row, colour = .data$beyond
  )) +
    ggplot2::annotate("rect", xmin = -limit, xmax = limit, ymin = -Inf, ymax = Inf,
      fill = "grey93") +
    ggplot2::geom_vline(xintercept = 0, colour = "grey50") +
    ggplot2::geom_segment(ggplot2::aes(x = 0, xend = .data$statistic, yend = .data$row)) +
    ggplot2::geom_point(size = 2 * crowd_size(length(drawn$labels))) +
    ggplot2::scale_colour_manual(values = colour_beyond, guide = "none") +
    ggplot2::facet_wrap(ggplot2::vars(.data$panel),
      labeller = ggplot2::as_labeller(drawn$panels)) +
    ggplot2::scale_y_reverse(
      breaks = seq_along(drawn$labels), labels = plain_names(drawn$labels), minor_breaks = NULL,
      expand = ggplot2::expansion(add = 0.5)
    ) +
    title_layer(drawn$title) +
    ggplot2::labs(x = mcar_axis, y = NULL) +
    ggplot2::theme_minimal() +
    ggplot2::theme(panel.border = ggplot2::element_rect(fill = NA, colour = "grey70"))
}
