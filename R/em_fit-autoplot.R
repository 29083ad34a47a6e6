#' @rdname plot.em_fit
#' @importFrom rlang .data
#' @exportS3Method ggplot2::autoplot
autoplot.em_fit <- function(object, what = NULL, ...) {
  check_no_dots()
  ggplot_picture(object, chosen_picture(object, what))
}

ggplot_picture <- function(fit, what, call = rlang::caller_env()) UseMethod("ggplot_picture")

ggplot_picture.em_fit <- function(fit, what, call = rlang::caller_env()) {
  force(call)
  switch(what,
    trace = autoplot_trace(fit, call = call),
    patterns = autoplot_patterns(fit_patterns(fit, call = call)),
    information = autoplot_information(fit, call = call),
    basins = autoplot_basins(fit_basins(fit, call = call))
  )
}

#' @rdname em_patterns
#' @param object Patterns, as returned by `em_patterns()`.
#' @exportS3Method ggplot2::autoplot
autoplot.em_patterns <- function(object, ..., patterns = 30L) {
  check_no_dots()
  check_count(patterns)
  autoplot_patterns(object, most = patterns)
}

autoplot_trace <- function(fit, call = rlang::caller_env()) {
  points <- trace_points(fit, call = call)
  lines <- trace_lines(fit)
  lines <- data.frame(height = lines, label = names(lines))
  used <- intersect(names(palette_kind), as.character(points$kind))
  ggplot2::ggplot(points, ggplot2::aes(x = .data$passes, y = .data$behind)) +
    ggplot2::geom_hline(
      data = lines, ggplot2::aes(yintercept = .data$height),
      linetype = "dotted", colour = "grey50"
    ) +
    ggplot2::geom_text(
      data = lines, ggplot2::aes(x = Inf, y = .data$height, label = .data$label),
      hjust = 1.05, vjust = -0.4, size = 3, colour = "grey30"
    ) +
    ggplot2::geom_line(
      ggplot2::aes(y = .data$gap, group = .data$start),
      colour = "grey60", linetype = "dashed", na.rm = TRUE
    ) +
    ggplot2::geom_line(ggplot2::aes(group = .data$start), colour = "grey40") +
    ggplot2::geom_point(
      ggplot2::aes(colour = .data$kind, shape = .data$kind),
      size = 2 * point_size(nrow(points)), stroke = point_size(nrow(points))
    ) +
    ggplot2::scale_x_continuous(breaks = whole_ticks) +
    ggplot2::scale_y_log10(labels = power_labels) +
    ggplot2::scale_colour_manual(
      NULL, values = palette_kind, labels = words_kind[used], breaks = used
    ) +
    ggplot2::scale_shape_manual(
      NULL, values = symbol_kind, labels = words_kind[used], breaks = used
    ) +
    ggplot2::labs(x = "passes over the data", y = "log-likelihood still to be gained") +
    ggplot2::theme_minimal() +
    title_layer(c(trace_title(fit), "dashed: the fit's own estimate"))
}

# A title and lines below it, broken and moved to the left edge to fit a picture of 5 inches. To be
# added after the theme, which would take it back.
title_layer <- function(title) {
  broken <- function(lines, width) {
    if (length(lines) > 0) paste(unlist(lapply(lines, strwrap, width)), collapse = "\n")
  }
  list(
    ggplot2::labs(title = broken(title[1], 52), subtitle = broken(title[-1], 62)),
    ggplot2::theme(plot.title.position = "plot")
  )
}

power_labels <- function(breaks) {
  vapply(breaks, function(x) if (is.na(x)) "" else number_text(x), character(1))
}

autoplot_information <- function(fit, call = rlang::caller_env()) {
  bars <- spectrum_bars(fit, call = call)
  title <- information_title(fit, bars)
  used <- intersect(names(palette_bar), as.character(bars$verdict))
  ggplot2::ggplot(bars, ggplot2::aes(
    x = .data$direction, y = .data$fraction, fill = .data$verdict
  )) +
    ggplot2::geom_col() +
    ggplot2::geom_hline(yintercept = 1, colour = colour_limit, linewidth = 0.8) +
    ggplot2::scale_fill_manual(
      NULL, values = palette_bar, labels = words_bar[used], breaks = used
    ) +
    ggplot2::scale_x_continuous(breaks = whole_ticks) +
    ggplot2::scale_y_continuous(sec.axis = ggplot2::dup_axis(
      breaks = 0.5^(1 / halving_ticks), labels = halving_ticks,
      name = "passes of plain EM to halve an error"
    )) +
    ggplot2::labs(x = "direction, largest first", y = "fraction of missing information") +
    ggplot2::theme_minimal() +
    title_layer(title)
}

# The most frequent patterns on top, each with its number of rows.
autoplot_patterns <- function(patterns, most = 30L) {
  observed <- observed_matrix(patterns)
  rows <- patterns[[1]]
  shown <- seq_len(min(most, nrow(observed)))
  variables <- short_names(colnames(observed))
  cells <- expand.grid(pattern = shown, variable = seq_along(variables))
  cells$cell <- ifelse(c(observed[shown, ]), "observed", "missing")
  ggplot2::ggplot(cells, ggplot2::aes(
    x = .data$variable, y = -.data$pattern, fill = .data$cell
  )) +
    ggplot2::geom_tile(colour = "white") +
    ggplot2::scale_fill_manual(NULL, values = palette_cell) +
    ggplot2::scale_x_continuous(
      breaks = seq_along(variables), labels = variables, expand = c(0, 0)
    ) +
    ggplot2::scale_y_continuous(
      breaks = -shown, labels = number_words(rows[shown]), expand = c(0, 0)
    ) +
    ggplot2::labs(x = NULL, y = "rows") +
    ggplot2::theme_minimal() +
    title_layer(plot_title(rows, shown)) +
    ggplot2::theme(
      panel.grid = ggplot2::element_blank(),
      axis.text.x = ggplot2::element_text(angle = 45, hjust = 1)
    )
}
