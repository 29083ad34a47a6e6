# Pictures of a fit in base graphics; the same in ggplot2 are in
# em_fit-autoplot.R. What is drawn is worked out by functions that both share.

#' Pictures of a fit
#'
#' * `"trace"`: what each pass gained. Vertically the distance to the best
#'   objective, on a log scale, so that a steady rate is a straight line; the
#'   steps by kind, and the estimate of the gap that the fit itself had at the
#'   time. Horizontal lines: the tolerance, and what arithmetic allows.
#' * `"patterns"`: which variables are missing together, see [em_patterns()].
#' * `"information"`: fractions of missing information, one bar for each
#'   direction of the parameters, largest first. The right axis says in how many
#'   passes plain EM halves an error in such a direction. A bar that reaches the
#'   red line at one is a direction on which the data say nothing; one beyond it
#'   is a direction in which the fit sits on a saddle.
#' * `"basins"`: which modes the starts found, see [em_basins()].
#'
#' @param x,object A fit, as returned by [em_mvn()], [em_gmm()] or [em_fit()].
#' @param what Which picture: `"trace"`, `"patterns"`, `"information"`, `"basins"`, or one of the
#'   model's own. When absent the first of them: `"classification"` of a mixture, otherwise
#'   `"trace"`.
#' @param ... Not used; anything here is an error.
#'
#' @return `plot()`: `x`, invisibly. `autoplot()`: a ggplot.
#'
#' @section Errors:
#' `missmix_error_argument`: no such picture. `missmix_error_model`: the model
#' has no patterns, its information is not known, its log-likelihood was never
#' finite, or the fit comes from one start and knows no other modes.
#' `missmix_error_data`: the picture shows rows, and the fit does not hold its data.
#'
#' @name plot.em_fit
#' @examplesIf requireNamespace("survival", quietly = TRUE)
#' fit <- em_mvn(survival::pbc[c("bili", "chol", "albumin", "copper", "trig")])
#' plot(fit)
#' plot(fit, "information")
#' @export
plot.em_fit <- function(x, what = NULL, ...) {
  check_no_dots()
  what <- chosen_picture(x, what)
  draw_picture(x, what)
  invisible(x)
}

# The one asked for, or the first of the model's.
chosen_picture <- function(fit, what, call = rlang::caller_env()) {
  pictures <- pictures_of(fit)
  if (is.null(what)) {
    return(pictures[1])
  }
  check_choice(what, pictures, call = call)
  what
}

# Pictures that a fit can be asked for. A model with more has methods of these three generics: it
# adds its names, draws its own pictures and leaves the others to NextMethod().
pictures_of <- function(fit) UseMethod("pictures_of")

pictures_of.em_fit <- function(fit) c("trace", "patterns", "information", "basins")

# In base graphics; ggplot_picture() in ggplot2.
draw_picture <- function(fit, what, call = rlang::caller_env()) UseMethod("draw_picture")

draw_picture.em_fit <- function(fit, what, call = rlang::caller_env()) {
  force(call)
  switch(what,
    trace = draw_trace(fit, call = call),
    patterns = plot_patterns(fit_patterns(fit, call = call)),
    information = draw_information(fit, call = call),
    basins = draw_basins(fit_basins(fit, call = call))
  )
}

# Colours of Okabe and Ito, told apart by the colour-blind; symbols too.
palette_kind <- c(
  start = "#000000", em = "#0072B2", accelerated = "#009E73", fallback = "#D55E00"
)
symbol_kind <- c(start = 15, em = 16, accelerated = 17, fallback = 4)
words_kind <- c(
  start = "start", em = "plain EM", accelerated = "accelerated",
  fallback = "fallback to plain EM"
)
colour_limit <- "#CC0000"

# Points of the trace: `behind` the best objective reached, taken to lie `gap`
# below the maximum so that the last point can be drawn on a log scale. Nothing
# is drawn below what arithmetic can tell apart.
trace_points <- function(fit, call = rlang::caller_env()) {
  trace <- as.data.frame(fit$trace)
  trace <- trace[is.finite(trace$objective), , drop = FALSE]
  if (nrow(trace) == 0) {
    abort_model(c(
      "There is no trace to draw: the log-likelihood was never a finite number.",
      x = "{fit$message}"
    ), call = call)
  }
  floor <- max(arithmetic_limit(fit$objective), .Machine$double.xmin)
  ahead <- if (isTRUE(is.finite(fit$gap))) max(fit$gap, 0) else 0
  best <- max(trace$objective, fit$objective, na.rm = TRUE) + ahead
  trace$behind <- pmax(best - trace$objective, floor)
  trace$gap <- pmax(trace$gap, floor)
  trace$kind <- factor(trace$kind, levels = names(palette_kind))
  trace
}

trace_title <- function(fit) {
  status <- switch(fit$status,
    max_iter = "not converged",
    decreased = , non_finite = "failed",
    fit$status
  )
  sprintf("%s: %s after %d %s", fit$model, status, fit$passes,
    plural(fit$passes, "pass", "passes"))
}

# Only the limit that binds: the two would often be drawn over one another.
trace_lines <- function(fit) {
  arithmetic <- arithmetic_limit(fit$objective)
  lines <- c(tolerance = fit$control$tol, arithmetic = arithmetic)
  if (isTRUE(lines[["tolerance"]] < 3 * arithmetic)) {
    lines <- lines["arithmetic"]
  }
  lines[is.finite(lines) & lines > 0]
}

# Many points are drawn smaller.
point_size <- function(n) if (n > 150) 0.4 else 1

draw_trace <- function(fit, call = rlang::caller_env()) {
  points <- trace_points(fit, call = call)
  lines <- trace_lines(fit)
  old <- graphics::par(mar = c(3.6, 4.6, 3, 6.5), mgp = c(2.2, 0.7, 0))
  on.exit(graphics::par(old))
  # Not the estimates: where the climb is in trouble they are off the map.
  heights <- c(points$behind, lines)
  graphics::plot(points$passes, points$behind,
    type = "n", log = "y", xaxt = "n", yaxt = "n", bty = "l",
    ylim = range(heights[is.finite(heights)]),
    xlab = "passes over the data", ylab = "",
    main = trace_title(fit), font.main = 1, cex.main = 1.05
  )
  margin_text("log-likelihood still to be gained", side = 2, line = 3.3)
  graphics::axis(1, at = whole_ticks(range(points$passes)))
  log_axis()
  graphics::abline(h = lines, lty = 3, col = "grey50")
  margin_text(names(lines), side = 4, at = lines, las = 1, line = 0.3,
    cex = 0.8, col = "grey30")
  for (start in unique(points$start)) {
    own <- points[points$start == start, , drop = FALSE]
    graphics::lines(own$passes, own$gap, col = "grey60", lty = 2)
    graphics::lines(own$passes, own$behind, col = "grey40")
  }
  kind <- as.character(points$kind)
  graphics::points(points$passes, points$behind,
    pch = symbol_kind[kind], col = palette_kind[kind],
    cex = point_size(length(kind)), lwd = 2 * point_size(length(kind)))
  used <- intersect(names(palette_kind), kind)
  graphics::legend("bottomleft", inset = 0.02,
    legend = c(words_kind[used], "the fit's own estimate"), cex = 0.9,
    bg = "#FFFFFFD0", box.col = NA,
    pch = c(symbol_kind[used], NA), lty = c(rep(NA, length(used)), 2),
    col = c(palette_kind[used], "grey60"), pt.lwd = 2
  )
}

# There is no half pass.
whole_ticks <- function(limits) unique(round(pretty(limits)))

# Text in the margin as large as axis labels are: mtext() alone does not follow the
# smaller type of par(mfrow).
margin_text <- function(text, ..., cex = 1) {
  graphics::mtext(text, ..., cex = cex * graphics::par("cex"))
}

# Powers of ten, at most about seven of them, as 10^k; 1 and 10 as such.
log_axis <- function() {
  powers <- graphics::par("usr")[3:4]
  powers <- seq(ceiling(powers[1]), floor(powers[2]))
  powers <- powers[powers %% max(1, ceiling(length(powers) / 7)) == 0]
  words <- lapply(powers, function(k) {
    if (k %in% 0:2) as.character(10^k) else bquote(10^.(k))
  })
  graphics::axis(2, at = 10^powers, labels = as.expression(words), las = 1)
}

# Bars of the spectrum: at most sixty, negative rounding cut off.
spectrum_bars <- function(fit, most = 60L, call = rlang::caller_env()) {
  spectrum <- information(fit)$spectrum
  if (length(spectrum) == 0 || !all(is.finite(spectrum))) {
    reason <- information(fit)$reason
    abort_model(c(
      "The fractions of missing information of this fit are not known.",
      x = if (!is.null(reason)) "{reason}"
    ), call = call)
  }
  shown <- utils::head(spectrum, most)
  bars <- data.frame(direction = seq_along(shown), fraction = pmax(shown, 0))
  limit <- information(fit)$flat
  bars$verdict <- ifelse(bars$fraction > 1 + limit, "saddle",
    ifelse(bars$fraction >= 1 - limit, "not identified",
      ifelse(bars$fraction > diagnose_limits$fraction, "slow", "fine")))
  bars$verdict <- factor(bars$verdict, levels = names(palette_bar))
  bars
}

palette_bar <- c(
  fine = "#56B4E9", slow = "#E69F00", `not identified` = "#D55E00", saddle = "#000000"
)
words_bar <- c(
  fine = "up to 0.9", slow = "above 0.9: weakly known",
  `not identified` = "1: not identified", saddle = "above 1: a saddle"
)

# Ticks of the right axis: fractions at which plain EM takes so many passes to
# halve an error.
halving_ticks <- c(0.5, 1, 2, 5, 10)

information_title <- function(fit, bars) {
  info <- information(fit)
  of <- if (nrow(bars) < fit$df) {
    first <- if (nrow(bars) == 1) "largest" else paste("first", nrow(bars))
    sprintf(" (the %s of %d)", first, fit$df)
  }
  c(
    paste0("Missing information by direction", of),
    if (!is.null(info$vectors)) {
      paste0("Largest: ", fraction_text(info$rate),
        in_direction(fit, info, direction_variables), halving_words(info))
    }
  )
}

# Letters that fit into the width of the figure: half as wide as high, on average.
letters_across <- function(cex) {
  size <- graphics::par("ps") / 72 * graphics::par("cex") * cex
  floor(graphics::par("fin")[1] / (0.55 * size))
}

halving_words <- function(info) {
  if (info$rate > 0.5 && info$rate < 1 - info$flat) {
    sprintf("; plain EM halves an error there in %s passes",
      number_text(halving_passes(info$rate)))
  }
}

draw_information <- function(fit, call = rlang::caller_env()) {
  bars <- spectrum_bars(fit, call = call)
  title <- information_title(fit, bars)
  lines <- strwrap(title[-1], letters_across(0.85))
  old <- graphics::par(mar = c(3.6, 4.2, 4.4 + length(lines), 4.4), mgp = c(2.2, 0.7, 0))
  on.exit(graphics::par(old))
  kind <- as.character(bars$verdict)
  at <- graphics::barplot(bars$fraction,
    col = palette_bar[kind], border = NA, las = 1,
    ylim = c(0, max(1.05, bars$fraction * 1.05)),
    xlab = "direction, largest first", ylab = ""
  )
  margin_text("fraction of missing information", side = 2, line = 2.8)
  graphics::title(title[1], line = 2.6 + length(lines), font.main = 1, cex.main = 1.1)
  margin_text(rev(lines), line = 1.2 + seq_along(lines), cex = 0.85, col = "grey30")
  shown <- unique(round(pretty(bars$direction, 6)))
  shown <- union(1L, shown[shown >= 1 & shown <= nrow(bars)])
  graphics::axis(1, at = at[shown], labels = shown, tick = FALSE)
  graphics::abline(h = 1, col = colour_limit, lwd = 2)
  graphics::axis(4, at = 0.5^(1 / halving_ticks), labels = halving_ticks, las = 1,
    cex.axis = 0.8)
  margin_text("passes of plain EM to halve an error", side = 4, line = 2.4, cex = 0.9)
  used <- intersect(names(palette_bar), kind)
  graphics::legend("bottom", inset = c(0, 1.01), xpd = TRUE, horiz = TRUE,
    legend = words_bar[used], fill = palette_bar[used], border = NA, bty = "n",
    cex = 0.85)
}

fit_patterns <- function(fit, call = rlang::caller_env()) {
  if (!inherits(fit, c("em_mvn", "em_gmm"))) {
    abort_model("This model has no patterns of missing cells.", call = call)
  }
  em_patterns(fit)
}

fit_basins <- function(fit, call = rlang::caller_env()) {
  check_many_starts(fit, call = call)
  em_basins(fit, standard_errors = FALSE)
}
