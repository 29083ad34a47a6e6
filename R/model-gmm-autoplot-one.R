# Pictures of a mixture of one variable, and of rows sorted by uncertainty, in ggplot2.

autoplot_curves <- function(fit, rows) {
  curves <- curve_frame(fit, rows)
  names <- colnames(curves$each)
  each <- data.frame(
    x = rep(curves$x, length(names)), y = as.vector(curves$each),
    class = factor(rep(names, each = length(curves$x)), names)
  )
  rug <- data.frame(x = rows$y[, 1], class = rows$class)
  curve_ggplot(fit, classification_title(fit, rows), curves) +
    ggplot2::geom_line(
      data = data.frame(x = curves$x, y = curves$total), linetype = 2, colour = "grey30"
    ) +
    ggplot2::geom_line(data = each, ggplot2::aes(colour = .data$class), linewidth = 0.8) +
    ggplot2::geom_text(
      data = curve_peaks(curves), ggplot2::aes(label = .data$name), vjust = -0.4,
      fontface = "bold", size = 3.5
    ) +
    rug_layer(rug, ggplot2::aes(x = .data$x, colour = .data$class)) +
    component_scales(fit, shape = FALSE)
}

autoplot_mixture_curve <- function(fit, rows) {
  curves <- curve_frame(fit, rows)
  curve_ggplot(fit, density_title(fit, rows), curves) +
    ggplot2::geom_line(
      data = data.frame(x = curves$x, y = curves$total), colour = palette_band[1], linewidth = 0.8
    ) +
    rug_layer(data.frame(x = rows$y[, 1]), ggplot2::aes(x = .data$x), colour = palette_band[1])
}

curve_ggplot <- function(fit, title, curves) {
  ggplot2::ggplot(mapping = ggplot2::aes(x = .data$x, y = .data$y)) +
    ggplot2::geom_rect(
      data = curves$bars, inherit.aes = FALSE, fill = "grey88", colour = "white",
      ggplot2::aes(xmin = .data$left, xmax = .data$right, ymin = 0, ymax = .data$height)
    ) +
    ggplot2::coord_cartesian(ylim = c(0, curves$top)) +
    ggplot2::labs(x = fit$terms, y = "density") +
    ggplot2::theme_minimal() +
    title_layer(title)
}

rug_layer <- function(rug, mapping, ...) {
  shown <- rug[evenly(order(rug$x), most_drawn_rows), , drop = FALSE]
  ggplot2::geom_rug(
    data = shown, mapping, inherit.aes = FALSE, sides = "b", show.legend = FALSE, ...
  )
}

autoplot_uncertainty_along <- function(fit, rows) {
  x <- curve_places(fit, 1L, axis_window(fit, rows, 1L))
  shown <- evenly(order(rows$uncertainty), most_drawn_rows)
  points <- data.frame(
    x = rows$y[shown, 1], y = rows$uncertainty[shown], step = unsure_step(rows$uncertainty[shown])
  )
  centres <- utils::head(fit$parameters$means, most_numbered_components)
  numbers <- data.frame(x = centres[, 1], y = 1.07 * max(0.5, points$y), name = rownames(centres))
  uncertainty_ggplot(data.frame(x = x, y = uncertainty_along(fit, x)), fit, rows) +
    ggplot2::geom_point(data = points, ggplot2::aes(colour = .data$step, size = .data$step)) +
    ggplot2::geom_text(
      data = numbers, ggplot2::aes(label = .data$name), fontface = "bold", size = 3.5
    ) +
    ggplot2::labs(x = fit$terms) +
    unsure_scales("none")
}

autoplot_sorted <- function(fit, rows) {
  curve <- uncertainty_curve(rows)
  curve <- data.frame(x = 100 * curve$part, y = curve$uncertainty, class = curve$class)
  uncertainty_ggplot(curve, fit, rows) +
    ggplot2::geom_point(
      ggplot2::aes(colour = .data$class, shape = .data$class), size = 2 * crowd_size(nrow(curve))
    ) +
    ggplot2::labs(x = "rows, the surest first (%)") +
    component_scales(fit)
}

uncertainty_ggplot <- function(line, fit, rows) {
  ggplot2::ggplot(line, ggplot2::aes(x = .data$x, y = .data$y)) +
    ggplot2::geom_hline(yintercept = unsure_limit, colour = colour_limit, linetype = "dotted") +
    ggplot2::geom_line(colour = "grey60") +
    ggplot2::expand_limits(y = c(0, 0.5)) +
    ggplot2::labs(y = "uncertainty") +
    ggplot2::theme_minimal() +
    title_layer(uncertainty_title(fit, rows))
}
