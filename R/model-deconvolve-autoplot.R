# Pictures of a deconvolution in ggplot2. What they show is worked out in model-deconvolve-drawn.R
# and model-deconvolve-drawn-genes.R.

ggplot_picture.em_deconvolve <- function(fit, what, call = rlang::caller_env()) {
  force(call)
  switch(what,
    proportions = autoplot_proportions(proportion_bars(fit, call)),
    intervals = autoplot_intervals(interval_points(fit, call)),
    fit = autoplot_fit(fit_points(fit, call)),
    confusion = autoplot_heat(confusion_cells(fit, call)),
    markers = autoplot_heat(marker_cells(fit, call))
  )
}

autoplot_proportions <- function(bars) {
  shares <- bars$shares
  cells <- heat_cells(shares)
  cells$type <- factor(colnames(shares)[cells$column], colnames(shares))
  plot <- ggplot2::ggplot(cells, ggplot2::aes(fill = .data$type)) +
    ggplot2::scale_fill_manual("type", values = bars$colours, labels = plain_names) +
    title_layer(bars$title) +
    ggplot2::theme_minimal() +
    ggplot2::theme(panel.grid = ggplot2::element_blank())
  # As the types lie: from the left to the right, or from the top down.
  if (!bars$named) {
    return(plot +
      ggplot2::geom_col(
        ggplot2::aes(x = .data$row, y = .data$value), width = 1,
        position = ggplot2::position_stack(reverse = TRUE)
      ) +
      ggplot2::scale_y_continuous(labels = percent_text, expand = c(0, 0)) +
      ggplot2::scale_x_continuous(breaks = NULL, expand = c(0, 0)) +
      ggplot2::guides(fill = ggplot2::guide_legend(reverse = TRUE)) +
      ggplot2::labs(x = sprintf("%s samples", number_words(nrow(shares))), y = NULL))
  }
  samples <- rownames(shares)
  cells$sample <- factor(samples[cells$row], rev(samples))
  plot +
    ggplot2::geom_col(
      data = cells, ggplot2::aes(x = .data$value, y = .data$sample), width = 0.84,
      colour = "white", linewidth = 0.2, position = ggplot2::position_stack(reverse = TRUE),
      orientation = "y"
    ) +
    ggplot2::scale_x_continuous(labels = percent_text, expand = c(0, 0)) +
    ggplot2::scale_y_discrete(labels = plain_names) +
    ggplot2::labs(x = NULL, y = NULL)
}

autoplot_intervals <- function(drawn) {
  points <- drawn$points
  rows <- max(points$row)
  ggplot2::ggplot(points, ggplot2::aes(x = .data$estimate, y = .data$row)) +
    ggplot2::geom_segment(
      ggplot2::aes(x = .data$low, xend = .data$high, yend = .data$row), colour = "#56B4E9",
      linewidth = if (rows > 40) 0.4 else 1, na.rm = TRUE
    ) +
    ggplot2::geom_point(
      ggplot2::aes(shape = .data$zero), colour = "#0072B2", fill = "white",
      size = 2 * crowd_size(rows)
    ) +
    ggplot2::scale_shape_manual(values = c(`FALSE` = 16, `TRUE` = 21), guide = "none") +
    # Samples are compared with one another, types with themselves.
    ggplot2::facet_wrap(
      ggplot2::vars(.data$panel), scales = if (drawn$by_type) "free_x" else "fixed",
      labeller = ggplot2::as_labeller(plain_names)
    ) +
    ggplot2::scale_y_reverse(
      breaks = seq_along(drawn$labels), labels = plain_names(drawn$labels), minor_breaks = NULL,
      expand = ggplot2::expansion(add = 0.5)
    ) +
    title_layer(drawn$title) +
    ggplot2::labs(x = "proportion", y = if (is.null(drawn$labels)) "samples") +
    ggplot2::theme_minimal() +
    ggplot2::theme(panel.border = ggplot2::element_rect(fill = NA, colour = "grey70"))
}

autoplot_fit <- function(drawn) {
  points <- drawn$points
  named <- points[!is.na(points$label), ]
  above <- named$observed > named$expected
  ggplot2::ggplot(points, ggplot2::aes(x = .data$expected, y = .data$observed)) +
    ggplot2::geom_abline(colour = "grey50") +
    ggplot2::geom_point(
      colour = "#0072B2", alpha = 0.25, size = 1.5 * crowd_size(nrow(points))
    ) +
    ggplot2::geom_point(data = named, colour = "#D55E00", size = 1.5) +
    ggplot2::geom_text(
      data = named, ggplot2::aes(label = .data$label), size = 2.8, colour = "#8A3B00",
      hjust = ifelse(above, 1.15, -0.15), check_overlap = TRUE
    ) +
    ggplot2::facet_wrap(ggplot2::vars(.data$panel)) +
    # Room for names.
    ggplot2::scale_x_log10(labels = power_labels, expand = ggplot2::expansion(0.12)) +
    ggplot2::scale_y_log10(labels = power_labels) +
    title_layer(drawn$title) +
    ggplot2::labs(x = "expected", y = "observed in the bulk") +
    ggplot2::theme_minimal() +
    ggplot2::theme(panel.border = ggplot2::element_rect(fill = NA, colour = "grey70"))
}

autoplot_heat <- function(heat) {
  cells <- heat$cells
  axis <- function(scale, names, ...) {
    scale(breaks = seq_along(names), labels = plain_names(names), expand = c(0, 0), ...)
  }
  ggplot2::ggplot(cells, ggplot2::aes(x = .data$column, y = .data$row)) +
    ggplot2::geom_tile(
      ggplot2::aes(fill = pmax(.data$value, 0)),
      colour = if (nrow(cells) < 700) "grey90" else NA
    ) +
    ggplot2::geom_text(
      ggplot2::aes(label = .data$text), size = 2.8,
      colour = ifelse(cells$value %in% NA | cells$value < 0.65, "black", "white")
    ) +
    ggplot2::scale_fill_gradientn(heat$key, colours = palette_heat, limits = c(0, 1),
      na.value = "#EEEEEE") +
    axis(ggplot2::scale_x_continuous, heat$columns) +
    axis(ggplot2::scale_y_reverse, heat$rows) +
    title_layer(heat$title) +
    ggplot2::labs(x = NULL, y = NULL) +
    ggplot2::theme_minimal() +
    ggplot2::theme(
      panel.grid = ggplot2::element_blank(),
      axis.text.y = ggplot2::element_text(size = min(9, 260 / length(heat$rows))),
      axis.text.x = ggplot2::element_text(angle = if (length(heat$columns) > 6) 90 else 0,
        hjust = if (length(heat$columns) > 6) 1 else 0.5, vjust = 0.5)
    )
}
