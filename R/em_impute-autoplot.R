# Pictures of imputations in ggplot2. What they show is worked out in em_impute-drawn.R and
# em_impute-overimpute.R.

#' @rdname plot.em_imputations
#' @exportS3Method ggplot2::autoplot
autoplot.em_imputations <- function(object, what = c("density", "overimpute", "missmap", "chains",
                                                     "stripes"), ..., variables = NULL) {
  check_no_dots()
  if (missing(what)) what <- "density"
  check_choice(what, imputation_pictures)
  call <- rlang::current_env()
  switch(what,
    density = autoplot_densities(density_curves(object, variables, call)),
    overimpute = autoplot_overimpute(overimputed_cells(object, variables, call)),
    missmap = autoplot_patterns(imputed_patterns(object)),
    chains = autoplot_chains(chain_lines(object, call)),
    stripes = autoplot_stripes(stripe_points(object, variables, call))
  )
}

# A plot of panels, each variable with its own scales.
panel_layers <- function(drawn, xlab, ylab) {
  list(
    ggplot2::facet_wrap(ggplot2::vars(.data$panel), scales = "free",
      labeller = ggplot2::as_labeller(plain_names)),
    ggplot2::labs(x = xlab, y = ylab),
    ggplot2::theme_minimal(),
    title_layer(drawn$title),
    ggplot2::theme(panel.border = ggplot2::element_rect(fill = NA, colour = "grey70"))
  )
}

autoplot_densities <- function(drawn) {
  observed <- drawn$curves$imputation == 0L
  ggplot2::ggplot(drawn$curves, ggplot2::aes(x = .data$x)) +
    ggplot2::geom_line(
      data = drawn$curves[!observed, ],
      ggplot2::aes(y = .data$y, group = .data$imputation), alpha = 0.75,
      colour = palette_imputed[["imputed"]], linewidth = 0.4
    ) +
    ggplot2::geom_line(
      data = drawn$curves[observed, ], ggplot2::aes(y = .data$y),
      colour = palette_imputed[["observed"]], linewidth = 1.3
    ) +
    ggplot2::geom_rug(data = drawn$ticks, sides = "b",
      colour = palette_imputed[drawn$ticks$kind]) +
    panel_layers(drawn, "value", "density")
}

autoplot_overimpute <- function(drawn) {
  points <- drawn$points
  ggplot2::ggplot(points, ggplot2::aes(x = .data$observed, colour = .data$covered)) +
    ggplot2::geom_abline(colour = "grey50") +
    ggplot2::geom_segment(
      ggplot2::aes(xend = .data$observed, y = .data$low, yend = .data$high), alpha = 0.75,
      linewidth = 0.4
    ) +
    ggplot2::geom_point(ggplot2::aes(y = .data$median), size = 1.2) +
    ggplot2::geom_blank(ggplot2::aes(y = .data$observed)) +
    ggplot2::scale_colour_manual(values = colour_covered, guide = "none") +
    panel_layers(drawn, overimpute_axes[1], overimpute_axes[2])
}

autoplot_stripes <- function(drawn) {
  points <- drawn$points
  ggplot2::ggplot(points, ggplot2::aes(
    x = .data$at, y = .data$value, colour = .data$kind, shape = .data$kind
  )) +
    ggplot2::geom_hline(
      data = drawn$limits, ggplot2::aes(yintercept = .data$value), linetype = "dotted",
      colour = "grey50"
    ) +
    ggplot2::geom_point(alpha = 0.75, size = 1.2) +
    ggplot2::scale_colour_manual(values = palette_imputed, guide = "none") +
    ggplot2::scale_shape_manual(values = c(observed = 16, imputed = 16, outside = 17),
      guide = "none") +
    ggplot2::scale_x_continuous(
      breaks = drawn$strips, labels = c("obs", drawn$strips[-1]), minor_breaks = NULL
    ) +
    panel_layers(drawn, stripe_axis, "value")
}

autoplot_chains <- function(drawn) {
  ggplot2::ggplot(drawn$points, ggplot2::aes(x = .data$step, y = .data$value)) +
    ggplot2::annotate("rect", xmin = drawn$second, xmax = drawn$last, ymin = -Inf, ymax = Inf,
      fill = "grey93") +
    ggplot2::geom_vline(xintercept = drawn$last, linetype = "dashed", colour = "grey50") +
    ggplot2::geom_line(ggplot2::aes(group = .data$chain), alpha = 0.75, linewidth = 0.4,
      colour = palette_imputed[["observed"]]) +
    ggplot2::geom_point(data = drawn$ends, colour = palette_imputed[["outside"]]) +
    ggplot2::labs(x = "step of data augmentation", y = "worst linear function") +
    ggplot2::theme_minimal() +
    title_layer(drawn$title)
}
