# Pictures of a mixture in ggplot2. What they show is worked out in model-gmm-drawn.R.

ggplot_picture.em_gmm <- function(fit, what, call = rlang::caller_env()) {
  force(call)
  switch(what,
    classification = autoplot_classification(fit, drawn_rows(fit, call)),
    uncertainty = autoplot_uncertainty(fit, drawn_rows(fit, call)),
    density = autoplot_density(fit, drawn_rows(fit, call)),
    NextMethod()
  )
}

autoplot_classification <- function(fit, rows) {
  if (length(fit$terms) == 1) {
    return(autoplot_curves(fit, rows))
  }
  points <- pair_frame(fit, function(pair) pair_points(rows, pair))
  ellipses <- pair_frame(fit, function(pair) pair_ellipses(fit, pair))
  pair_plot(fit, classification_title(fit, rows)) +
    ggplot2::geom_point(
      data = points, size = 2 * points$size * crowd_size(nrow(points)), alpha = 0.75,
      ggplot2::aes(colour = .data$class, shape = .data$class)
    ) +
    ellipse_layer(ellipses, component_look(fit)) +
    number_layers(fit) +
    component_scales(fit)
}

autoplot_uncertainty <- function(fit, rows) {
  p <- length(fit$terms)
  if (p != 2) {
    return(if (p == 1) autoplot_uncertainty_along(fit, rows) else autoplot_sorted(fit, rows))
  }
  points <- pair_frame(fit, function(pair) pair_points(rows, pair))
  points <- points[order(points$uncertainty), ]
  points$step <- unsure_step(points$uncertainty)
  ellipses <- pair_frame(fit, function(pair) pair_ellipses(fit, pair, max(ellipse_masses)))
  pair_plot(fit, uncertainty_title(fit, rows)) +
    ggplot2::geom_path(
      data = ellipses, ggplot2::aes(group = .data$component), colour = "grey70", linetype = 2
    ) +
    ggplot2::geom_point(data = points, ggplot2::aes(colour = .data$step, size = .data$step)) +
    number_layers(fit) +
    unsure_scales()
}

autoplot_density <- function(fit, rows) {
  if (length(fit$terms) == 1) {
    return(autoplot_mixture_curve(fit, rows))
  }
  points <- pair_frame(fit, function(pair) pair_points(rows, pair))
  grids <- pair_frame(fit, function(pair) {
    grid <- density_grid(fit, pair, axis_window(fit, rows, pair$x), axis_window(fit, rows, pair$y))
    data.frame(
      x = rep(grid$x, length(grid$y)), y = rep(grid$y, each = length(grid$x)),
      outside = as.vector(grid$outside)
    )
  })
  pair_plot(fit, density_title(fit, rows)) +
    ggplot2::geom_contour_filled(
      data = grids, ggplot2::aes(z = .data$outside), breaks = c(0, band_masses)
    ) +
    ggplot2::geom_point(
      data = points, size = 1.2 * points$size * crowd_size(nrow(points)), alpha = 0.4
    ) +
    ggplot2::scale_fill_manual("area holds", values = palette_band, labels = band_labels())
}

# What `of(pair)` gives for all panels, with the names of their variables.
pair_frame <- function(fit, of) {
  variables <- drawn_variables(fit)
  pairs <- variable_pairs(variables)
  panels <- lapply(seq_len(nrow(pairs)), function(i) {
    found <- of(pairs[i, ])
    found$across <- factor(rep(fit$terms[pairs$x[i]], nrow(found)), fit$terms[variables])
    found$down <- factor(rep(fit$terms[pairs$y[i]], nrow(found)), fit$terms[variables])
    found
  })
  do.call(rbind, panels)
}

# One panel, or one for each pair with the names of the variables on the outer sides.
pair_plot <- function(fit, title) {
  p <- length(fit$terms)
  plot <- ggplot2::ggplot(mapping = ggplot2::aes(x = .data$x, y = .data$y)) +
    ggplot2::theme_minimal() +
    title_layer(title)
  if (p == 2) {
    return(plot + ggplot2::labs(x = fit$terms[1], y = fit$terms[2]) +
      ggplot2::theme(panel.border = ggplot2::element_rect(fill = NA, colour = "grey70")))
  }
  # A frame around each pair, and nothing in the empty half of the matrix.
  frames <- pair_frame(fit, function(pair) data.frame(edge = Inf))
  plot +
    ggplot2::geom_rect(
      data = frames, inherit.aes = FALSE, fill = NA, colour = "grey70",
      ggplot2::aes(xmin = -.data$edge, xmax = .data$edge, ymin = -.data$edge, ymax = .data$edge)
    ) +
    ggplot2::facet_grid(
      ggplot2::vars(.data$down), ggplot2::vars(.data$across), scales = "free", switch = "both"
    ) +
    ggplot2::labs(x = NULL, y = NULL) +
    ggplot2::theme(strip.placement = "outside", panel.grid = ggplot2::element_blank())
}

# Darker than the points and on white lines: they must be seen among points of the same colour.
ellipse_layer <- function(ellipses, look) {
  ellipses$which <- interaction(ellipses$component, ellipses$mass, drop = TRUE)
  ellipses$line <- ifelse(ellipses$mass == max(ellipse_masses), "outer", "inner")
  list(
    ggplot2::geom_path(
      data = ellipses, ggplot2::aes(group = .data$which), colour = "white", linewidth = 1.2,
      alpha = 0.6
    ),
    ggplot2::geom_path(
      data = ellipses, linewidth = 0.6, colour = darker(look$colour[ellipses$component]),
      ggplot2::aes(group = .data$which, linetype = .data$line)
    ),
    ggplot2::scale_linetype_manual(values = c(inner = 1, outer = 2), guide = "none")
  )
}

number_layers <- function(fit) {
  centres <- pair_frame(fit, function(pair) {
    utils::head(pair_centres(fit, pair), most_numbered_components)
  })
  size <- if (length(fit$terms) == 2) 1 else 0.75
  list(
    ggplot2::geom_point(data = centres, size = 6 * size, colour = "white", alpha = 0.85),
    ggplot2::geom_text(
      data = centres, ggplot2::aes(label = .data$class), size = 3.5 * size, fontface = "bold"
    )
  )
}

component_scales <- function(fit, shape = TRUE) {
  look <- component_look(fit)
  named <- named_components(look)
  rest <- legend_rest(look)
  title <- paste0("component", if (!is.null(rest)) sprintf("\n(%s)", rest))
  scale <- function(of, values) {
    of(title, values = stats::setNames(values, look$name), breaks = named$name,
      labels = named$label, limits = look$name)
  }
  list(
    scale(ggplot2::scale_colour_manual, look$colour),
    if (shape) scale(ggplot2::scale_shape_manual, look$symbol),
    ggplot2::guides(colour = ggplot2::guide_legend(override.aes = list(size = 2.5, alpha = 1)))
  )
}

unsure_scales <- function(guide = "legend") {
  steps <- as.character(seq_along(unsure_words))
  list(
    ggplot2::scale_colour_manual(
      "uncertainty", values = stats::setNames(palette_unsure, steps), labels = unsure_words,
      limits = steps, guide = guide
    ),
    ggplot2::scale_size_manual(
      "uncertainty", values = stats::setNames(2 * size_unsure, steps), labels = unsure_words,
      limits = steps, guide = guide
    )
  )
}
