# The criterion against the number of components, a line for each family; without a number of
# components in the grid, all combinations below one another. What is drawn is worked out by
# functions that base graphics and ggplot2 share.

#' @rdname em_select
#' @order 3
#' @param x,object A selection, as returned by `em_select()`; `x` of `em_select()` itself: the
#'   data, or a formula with `data` among the other arguments.
#' @param rows Most fits to print, the best of them.
#' @export
plot.em_selection <- function(x, criterion = NULL, ...) {
  check_no_dots()
  draw_selection(selection_picture(x, criterion))
  invisible(x)
}

#' @rdname em_select
#' @order 3
#' @exportS3Method ggplot2::autoplot
autoplot.em_selection <- function(object, criterion = NULL, ...) {
  check_no_dots()
  autoplot_selection(selection_picture(object, criterion))
}

# Most families with a line of their own, and combinations below one another.
most_drawn_families <- 14L
most_drawn_combinations <- 25L

# What is drawn, a list of
# * `points`: `k`, `family` (factor, the best first), `label`, `value`, `sound`, `best`;
# * `look`: colour and symbol of each family;
# * `limits`: of the criterion: not all of it where some fits are far above the best;
# * `lines`: has the grid several k? Then `value` is drawn against `k`;
# * `title`, `axis`, `notes`: words.
selection_picture <- function(x, criterion = NULL, call = rlang::caller_env()) {
  if (is.null(criterion)) criterion <- x$criterion
  check_choice(criterion, c("BIC", "AIC", "ICL"), call = call)
  points <- selection_points(x$table, criterion, call)
  drawn <- points[is.finite(points$value), ]
  lines <- is.numeric(x$table$k) && length(unique(drawn$k)) > 1
  limits <- selection_limits(drawn$value)
  beyond <- sum(drawn$value > limits[2])
  all <- sum(drawn$value <= limits[2])
  if (!lines) {
    drawn <- utils::head(drawn[order(drawn$value), ], min(all, most_drawn_combinations))
    limits <- range(drawn$value) + c(-0.05, 0.05) * max(diff(range(drawn$value)), 1e-6)
  }
  best <- drawn$label[drawn$best]
  list(
    points = drawn, look = family_look(levels(drawn$family)), limits = limits, lines = lines,
    title = sprintf("%s of %d fits: the best is %s", criterion, nrow(points), best),
    axis = paste(criterion, "(smaller is better)"),
    notes = c(
      far_words(beyond, lines),
      if (all > nrow(drawn)) sprintf("The best %d are drawn.", nrow(drawn)),
      failed_words(sum(!is.finite(points$value)), criterion)
    )
  )
}

selection_points <- function(table, criterion, call) {
  value <- table[[criterion]]
  usable <- table$sound & is.finite(value)
  if (!any(usable)) {
    abort_model("No sound fit of the selection has {criterion}.", call = call)
  }
  columns <- grid_columns(table)
  family <- setting_words(table, setdiff(columns, "k"))
  # Families of which no fit is sound come last.
  least <- tapply(ifelse(usable, value, Inf), family, min)
  data.frame(
    k = if (is.numeric(table$k)) table$k else NA_real_,
    family = factor(family, names(sort(least))),
    label = setting_words(table, columns),
    value = value, sound = table$sound,
    best = seq_along(value) == which(usable)[which.min(value[usable])]
  )
}

# "EEE, k = 3": families of covariances by their names, all else with the argument's.
setting_words <- function(table, columns) {
  if (length(columns) == 0) {
    return(rep("all", nrow(table)))
  }
  first <- intersect("covariance", columns)
  parts <- lapply(c(first, setdiff(columns, first)), function(name) {
    value <- as.character(table[[name]])
    if (name == "covariance") value else paste(name, "=", value)
  })
  do.call(paste, c(parts, sep = ", "))
}

# The best and what is near it must be told apart: where the worst are far above, they are cut.
selection_limits <- function(value) {
  behind <- value - min(value)
  most <- 2 * stats::median(behind)
  cut <- most > 0 && max(behind) > 2 * most
  limits <- min(value) + c(0, if (cut) most else max(behind, 1e-6))
  limits + c(-0.05, 0.02) * diff(limits)
}

far_words <- function(beyond, lines) {
  if (beyond > 0) {
    sprintf("%d %s far above the best %s %s.", beyond, plural(beyond, "fit"),
      plural(beyond, "is", "are"), if (lines) "beyond the upper edge" else "not drawn")
  }
}

failed_words <- function(failed, criterion) {
  if (failed > 0) {
    sprintf("%d %s no %s.", failed, plural(failed, "fit has", "fits have"), criterion)
  }
}

# Families beyond the best few are grey.
family_look <- function(families) {
  at <- seq_along(families) - 1
  look <- data.frame(
    family = families, colour = component_colours[at %% 7 + 1],
    symbol = component_symbols[at %% 8 + 1], named = at < most_drawn_families
  )
  look$colour[!look$named] <- "#BBBBBB"
  look$symbol[!look$named] <- 16
  look
}

k_ticks <- function(k) {
  if (diff(range(k)) <= 12) seq(ceiling(min(k)), floor(max(k))) else whole_ticks(range(k))
}

unsound_symbol <- 4
unsound_label <- "not sound"

draw_selection <- function(picture) {
  if (picture$lines) draw_selection_lines(picture) else draw_selection_dots(picture)
}

draw_selection_lines <- function(picture) {
  points <- picture$points
  look <- picture$look
  key <- selection_key(picture)
  old <- curve_plot(range(points$k) + c(-0.3, 0.3), picture$limits,
    c(picture$title, picture$notes), "number of components k", picture$axis,
    right = key_margin(key), left = 5, x_ticks = k_ticks(points$k))
  on.exit(graphics::par(old))
  for (i in rev(seq_len(nrow(look)))) {
    own <- points[points$family == look$family[i], ]
    own <- own[order(own$k), ]
    graphics::lines(own$k, own$value, col = look$colour[i])
    graphics::points(own$k, own$value, col = look$colour[i], cex = 0.9,
      pch = ifelse(own$sound, look$symbol[i], unsound_symbol))
  }
  best <- points[points$best, ]
  graphics::points(best$k, best$value, cex = 2.4, lwd = 2)
  draw_key(key, 1)
}

selection_key <- function(picture) {
  look <- picture$look[picture$look$named, ]
  if (nrow(picture$look) == 1 && look$family == "all") look <- look[0, ]
  left <- sum(!picture$look$named)
  # Label, symbol, colour and size of what is no family.
  extra <- rbind(
    if (left > 0) data.frame(label = sprintf("%d more", left), pch = 16, col = "#BBBBBB", cex = 1),
    if (!all(picture$points$sound)) {
      data.frame(label = unsound_label, pch = unsound_symbol, col = "grey30", cex = 1)
    },
    data.frame(label = "the best", pch = 1, col = "black", cex = 1.8)
  )
  list(
    legend = c(look$family, extra$label), pch = c(look$symbol, extra$pch),
    col = c(look$colour, extra$col), pt.cex = c(rep(1, nrow(look)), extra$cex)
  )
}

draw_selection_dots <- function(picture) {
  points <- picture$points
  place <- rev(seq_len(nrow(points)))
  lines <- strwrap(picture$notes, letters_across(0.85))
  words <- max(graphics::strwidth(points$label, "inches", cex = 0.85)) / graphics::par("csi")
  old <- graphics::par(
    mar = c(3.6, words + 1.5, 1.8 + 1.1 * length(lines), 1), mgp = c(2.2, 0.7, 0)
  )
  on.exit(graphics::par(old))
  graphics::plot.new()
  graphics::plot.window(picture$limits, c(0.4, nrow(points) + 0.6), xaxs = "i")
  graphics::abline(h = place, col = "grey88")
  graphics::points(points$value, place, cex = 1.3, lwd = 2,
    pch = ifelse(points$sound, 16, unsound_symbol),
    col = ifelse(points$best, palette_mode["chosen"], component_colours[1]))
  graphics::axis(1)
  graphics::axis(2, at = place, labels = points$label, las = 1, tick = FALSE, cex.axis = 0.85)
  margin_text(picture$axis, side = 1, line = 2.2)
  pairs_title(picture$title, lines, outer = FALSE)
}

autoplot_selection <- function(picture) {
  points <- picture$points
  points$state <- factor(ifelse(points$sound, "sound", unsound_label), c("sound", unsound_label))
  plot <- if (picture$lines) {
    autoplot_selection_lines(points, picture)
  } else {
    points$place <- stats::reorder(factor(points$label, unique(points$label)), -points$value)
    ggplot2::ggplot(points, ggplot2::aes(x = .data$value, y = .data$place)) +
      ggplot2::geom_point(
        ggplot2::aes(shape = .data$state), size = 2.5, stroke = 1.2,
        colour = ifelse(points$best, palette_mode[["chosen"]], component_colours[1])
      ) +
      ggplot2::scale_shape_manual(
        NULL, values = stats::setNames(c(16, unsound_symbol), c("sound", unsound_label)),
        guide = if (all(points$sound)) "none" else "legend"
      ) +
      ggplot2::labs(x = picture$axis, y = NULL)
  }
  plot + ggplot2::theme_minimal() + title_layer(c(picture$title, picture$notes))
}

autoplot_selection_lines <- function(points, picture) {
  look <- picture$look
  named <- look[look$named, ]
  scale <- function(of, values) {
    of(NULL, values = stats::setNames(values, look$family), breaks = named$family,
      limits = look$family)
  }
  unsound <- points[!points$sound, ]
  ggplot2::ggplot(points, ggplot2::aes(
    x = .data$k, y = .data$value, colour = .data$family, shape = .data$family
  )) +
    ggplot2::geom_line(ggplot2::aes(group = .data$family)) +
    ggplot2::geom_point(data = points[points$sound, ], size = 2) +
    ggplot2::geom_point(data = unsound, shape = unsound_symbol, size = 2, show.legend = FALSE) +
    ggplot2::geom_point(
      data = points[points$best, ], shape = 1, size = 5, stroke = 1.2, colour = "black"
    ) +
    scale(ggplot2::scale_colour_manual, look$colour) +
    scale(ggplot2::scale_shape_manual, look$symbol) +
    ggplot2::scale_x_continuous(breaks = k_ticks(points$k), minor_breaks = NULL) +
    ggplot2::coord_cartesian(ylim = picture$limits) +
    ggplot2::labs(
      x = "number of components k", y = picture$axis,
      caption = paste0("ring: the best", if (nrow(unsound) > 0) "; cross: not sound")
    )
}
