# What a tipping-point analysis says, and its picture.

#' @export
print.em_tipping <- function(x, ..., rows = 10L) {
  check_no_dots()
  check_count(rows)
  cli::cat_line(
    cli::style_bold("Tipping point"), " of ", x$term, " in ", expression_text(x$expr)
  )
  cli::cat_line()
  say(tipping_setting(x))
  shown <- thinned_rows(x$table, rows)
  print(data.frame(
    delta = signif_text(shown$delta),
    estimate = signif_text(shown$estimate),
    conf.low = signif_text(shown$conf.low),
    conf.high = signif_text(shown$conf.high),
    p.value = format.pval(shown$p.value, digits = 2, eps = 1e-4)
  ), row.names = FALSE)
  cli::cat_line()
  say(tipping_words(x))
  say("More: plot(tipping), tidy(tipping).")
  invisible(x)
}

tipping_setting <- function(x) {
  paste0(
    "delta is added to ", x$cells, " imputed ", plural(x$cells, "cell"), " of ",
    and_list(x$variables),
    if (!is.null(x$rows)) paste0(", in rows where ", expression_text(x$rows)),
    "; ", x$m, " imputations."
  )
}

# Zero, the ends and some between.
thinned_rows <- function(table, rows) {
  n <- nrow(table)
  if (n <= rows) {
    return(table)
  }
  kept <- c(which(table$delta == 0), round(seq(1, n, length.out = max(rows - 1, 2))))
  table[sort(unique(kept)), ]
}

tipping_words <- function(x) {
  start <- x$table[x$table$delta == 0, ]
  side <- if (start$conf.low > x$null) " lies above " else if (start$conf.high < x$null) {
    " lies below "
  } else {
    " holds "
  }
  reach <- range(x$table$delta)
  level <- paste0(format(100 * x$level), "% interval")
  paste0(
    "Under missing at random (delta 0) the ", level, side,
    number_text(x$null), ". ",
    if (length(x$tip) == 0) {
      paste0("That is so for every shift from ", number_text(reach[1]), " to ",
        number_text(reach[2]), ".")
    } else {
      paste0("That changes at a shift of ", tip_text(x), ": is one as large plausible?")
    }
  )
}

tip_text <- function(x) {
  paste(vapply(x$tip, number_text, character(1), digits = 3L), collapse = " or ")
}

#' @rdname em_tipping
#' @export
tidy.em_tipping <- function(x, ...) {
  check_no_dots()
  x$table
}

colour_tip <- "#D55E00"

#' @rdname em_tipping
#' @param x What `em_tipping()` returned.
#' @export
plot.em_tipping <- function(x, ...) {
  check_no_dots()
  table <- x$table
  old <- graphics::par(mar = c(4, 4.5, 4.2, 1), mgp = c(2.6, 0.6, 0), las = 1)
  on.exit(graphics::par(old))
  graphics::plot(table$delta, table$estimate,
    type = "n", ylim = range(table$conf.low, table$conf.high, x$null),
    xlab = tipping_axis(x), ylab = x$term
  )
  graphics::polygon(
    c(table$delta, rev(table$delta)), c(table$conf.low, rev(table$conf.high)),
    col = "#56B4E955", border = NA
  )
  graphics::abline(h = x$null, col = "grey40")
  graphics::abline(v = 0, col = "grey40", lty = "dotted")
  graphics::abline(v = x$tip, col = colour_tip, lty = "dashed")
  graphics::lines(table$delta, table$estimate, col = "#0072B2", lwd = 2)
  graphics::points(table$delta, table$estimate, col = "#0072B2", pch = 19, cex = 0.7)
  title <- tipping_title(x)
  graphics::title(title[1], font.main = 1, cex.main = 1.1, line = 2.4)
  graphics::mtext(title[2], line = 1, cex = 0.8, col = "grey40")
  invisible(x)
}

tipping_axis <- function(x) paste("added to imputed", and_list(x$variables))

tipping_title <- function(x) {
  c(
    if (length(x$tip) == 0) "No shift changes the conclusion" else {
      paste("The conclusion changes at", tip_text(x))
    },
    sprintf("band: %s%% interval; dotted: missing at random", format(100 * x$level))
  )
}

#' @exportS3Method ggplot2::autoplot
autoplot.em_tipping <- function(object, ...) {
  check_no_dots()
  ggplot2::ggplot(object$table, ggplot2::aes(x = .data$delta, y = .data$estimate)) +
    ggplot2::geom_ribbon(
      ggplot2::aes(ymin = .data$conf.low, ymax = .data$conf.high), fill = "#56B4E9", alpha = 0.33
    ) +
    ggplot2::geom_hline(yintercept = object$null, colour = "grey40") +
    ggplot2::geom_vline(xintercept = 0, colour = "grey40", linetype = "dotted") +
    ggplot2::geom_vline(
      xintercept = object$tip, colour = colour_tip, linetype = "dashed"
    ) +
    ggplot2::geom_line(colour = "#0072B2", linewidth = 0.9) +
    ggplot2::geom_point(colour = "#0072B2") +
    ggplot2::labs(x = tipping_axis(object), y = object$term) +
    ggplot2::theme_minimal() +
    title_layer(tipping_title(object))
}
