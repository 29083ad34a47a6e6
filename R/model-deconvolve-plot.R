# Pictures of a deconvolution in base graphics. What they show is worked out in
# model-deconvolve-drawn.R and model-deconvolve-drawn-genes.R.

#' @section Deconvolutions:
#' Of a fit by [em_deconvolve()] there are, in place of the others:
#' * `"proportions"`: a bar for each sample, with its types one on the other. More than 40
#'   samples: thin bars in the order of their largest type, at most 400 of them. More than 12 types:
#'   the 11 that there is most of, all others in one.
#' * `"intervals"`: proportions with 95% intervals. Up to six samples: a panel each, types in rows.
#'   More: a panel for each of the six most abundant types, samples in rows, or sorted from
#'   30 on. Open circles are estimates of zero, with an interval to one side.
#' * `"fit"`: observed against expected expression of each gene, in the four samples that fit worst:
#'   a sample's misfit is the share of its expression that would have to be moved from gene to gene
#'   to get what the fit expects. Named are the genes that move the proportions most: what a gene
#'   adds to the proportion of a type, to first order, against a fit without it.
#' * `"confusion"`: for each two types the correlation, with its sign turned, of errors of their
#'   proportions when all types are let in: near 1 what one lacks the other has, and only their sum
#'   is known.
#' * `"markers"`: the genes used that are most specific for each type (see [em_markers()]) and how
#'   their expression is shared between the types.
#'
#' @name plot.em_fit
#' @examples
#' profiles <- matrix(rgamma(600, 0.5, 0.01), 200, 3,
#'   dimnames = list(paste0("gene", 1:200), c("liver", "brain", "lung")))
#' bulk <- profiles %*% cbind(one = c(5, 3, 2), two = c(1, 9, 0), three = c(4, 4, 2))
#' bulk[] <- rpois(length(bulk), bulk / 10)
#' tissue <- em_deconvolve(bulk, em_reference(profiles, scale = "rna"), family = "poisson")
#' plot(tissue)
#' plot(tissue, "intervals")
#' plot(tissue, "confusion")
NULL

pictures_of.em_deconvolve <- function(fit) {
  c("proportions", "intervals", "fit", "confusion", "markers")
}

draw_picture.em_deconvolve <- function(fit, what, call = rlang::caller_env()) {
  force(call)
  switch(what,
    proportions = draw_proportions(proportion_bars(fit, call)),
    intervals = draw_intervals(interval_points(fit, call)),
    fit = draw_fit(fit_points(fit, call)),
    confusion = draw_heat(confusion_cells(fit, call)),
    markers = draw_heat(marker_cells(fit, call))
  )
}

draw_proportions <- function(bars) {
  # As the types lie: from the left to the right, or from the top down.
  order <- if (bars$named) identity else rev
  key <- list(
    title = "type", legend = order(plain_names(colnames(bars$shares))),
    fill = order(bars$colours), border = NA
  )
  if (bars$named) draw_named_bars(bars, key) else draw_thin_bars(bars, key)
}

# Names as they are, but for the few that are too long for a margin.
plain_names <- function(names, most = 28L) {
  long <- nchar(names, type = "width") > most
  names[long] <- paste0(substr(names[long], 1L, most - 2L), "..")
  names
}

# Lines of a margin that holds these words.
words_margin <- function(words, cex = 1, beside = 1) {
  max(graphics::strwidth(words, "inches", cex = cex)) / graphics::par("csi") + beside
}

# Over the middle of the whole figure: margins to the left and the right differ.
figure_title <- function(title, lines) {
  middle <- graphics::grconvertX(0.5, "nfc", "user")
  top <- 1.1 * length(lines)
  graphics::mtext(title, at = middle, line = 0.5 + top, cex = 1.1 * title_cex(FALSE))
  for (i in seq_along(lines)) {
    graphics::mtext(lines[i], at = middle, line = 0.4 + top - 1.1 * i,
      cex = 0.85 * title_cex(FALSE), col = "grey30")
  }
}

# Samples below one another, so that their names can be read.
draw_named_bars <- function(bars, key) {
  n <- nrow(bars$shares)
  names <- plain_names(rownames(bars$shares))
  cex <- min(0.9, 24 / n)
  lines <- strwrap(bars$title[-1], letters_across(0.85))
  old <- graphics::par(mar = c(3.6, words_margin(names, cex), 1.8 + 1.1 * length(lines),
    key_margin(key)), mgp = c(2.2, 0.7, 0))
  on.exit(graphics::par(old))
  graphics::plot.new()
  # A few bars need not fill the page.
  graphics::plot.window(c(0, 1), c(max(n, 4) + 0.5, 0.5), xaxs = "i", yaxs = "i")
  stack_bars(bars, function(k, low, high) {
    graphics::rect(low, seq_len(n) - 0.42, high, seq_len(n) + 0.42,
      col = bars$colours[k], border = "white", lwd = if (n > 20) 0.4 else 0.8)
  })
  graphics::axis(2, seq_len(n), names, las = 1, tick = FALSE, line = -0.5, cex.axis = cex,
    gap.axis = -1)
  proportion_axis(1, n + 0.5)
  figure_title(bars$title[1], lines)
  draw_key(key, 1)
}

draw_thin_bars <- function(bars, key) {
  n <- nrow(bars$shares)
  lines <- strwrap(bars$title[-1], letters_across(0.85))
  old <- graphics::par(mar = c(2.4, 3.8, 1.8 + 1.1 * length(lines), key_margin(key)),
    mgp = c(2.2, 0.7, 0))
  on.exit(graphics::par(old))
  graphics::plot.new()
  graphics::plot.window(c(0.5, n + 0.5), c(0, 1), xaxs = "i", yaxs = "i")
  stack_bars(bars, function(k, low, high) {
    graphics::rect(seq_len(n) - 0.5, low, seq_len(n) + 0.5, high, col = bars$colours[k],
      border = NA)
  })
  proportion_axis(2, 0.5)
  margin_text(sprintf("%s samples", number_words(n)), side = 1, line = 0.6)
  figure_title(bars$title[1], lines)
  draw_key(key, 1)
}

# draw(type, low, high) for each type, on what lies below.
stack_bars <- function(bars, draw) {
  low <- numeric(nrow(bars$shares))
  for (k in seq_len(ncol(bars$shares))) {
    high <- low + bars$shares[, k]
    draw(k, low, high)
    low <- high
  }
}

proportion_axis <- function(side, place) {
  at <- seq(0, 1, 0.25)
  graphics::axis(side, at, percent_text(at), las = 1, col = NA, col.ticks = 1, pos = place)
}

draw_intervals <- function(drawn) {
  panels <- levels(drawn$points$panel)
  rows <- max(drawn$points$row)
  across <- if (length(panels) == 4) 2L else min(length(panels), 3L)
  down <- ceiling(length(panels) / across)
  lines <- strwrap(drawn$title[-1], letters_across(0.85))
  labels <- if (!is.null(drawn$labels)) plain_names(drawn$labels)
  cex <- min(0.9, 16 * if (down > 1) 1.2 / rows else 1.6 / rows)
  left <- if (is.null(labels)) 1.7 else words_margin(labels, cex, 0.9)
  old <- graphics::par(mfrow = c(down, across), mar = c(2.2, 0.5, 1.8, 0.7),
    oma = c(1.4, left, 2 + 1.1 * length(lines), 0.5), mgp = c(1.8, 0.5, 0))
  on.exit(graphics::par(old))
  # par(mfrow) makes type smaller, which is set by itself here.
  graphics::par(cex = 0.85)
  for (i in seq_along(panels)) {
    own <- drawn$points[drawn$points$panel == panels[i], ]
    # Samples are compared with one another, types with themselves.
    top <- top_of(if (drawn$by_type) own else drawn$points)
    interval_panel(own, rows, top, panels[i], if ((i - 1L) %% across == 0) labels, cex)
  }
  graphics::mtext("proportion", side = 1, outer = TRUE, line = 0.2, cex = 0.85)
  if (is.null(labels)) graphics::mtext("samples", side = 2, outer = TRUE, line = 0.2, cex = 0.85)
  pairs_title(drawn$title[1], lines, outer = TRUE)
}

top_of <- function(points) max(points$high, points$estimate, 0.02, na.rm = TRUE)

interval_panel <- function(points, rows, top, title, labels, cex) {
  graphics::plot.new()
  graphics::plot.window(c(-0.02, 1.03) * top, c(rows + 0.5, 0.5), yaxs = "i", xaxs = "i")
  graphics::abline(v = pretty(c(0, top)), col = "grey92")
  graphics::segments(points$low, points$row, points$high, points$row, col = "#56B4E9",
    lwd = if (rows > 40) 1 else 2.5, lend = 1)
  graphics::points(points$estimate, points$row, pch = ifelse(points$zero, 21, 16), bg = "white",
    col = "#0072B2", cex = crowd_size(rows) * 0.9)
  graphics::box(bty = "o", col = "grey60")
  graphics::axis(1, at = pretty(c(0, top), 4), cex.axis = 0.85, col = NA, col.ticks = 1)
  if (!is.null(labels)) {
    graphics::axis(2, seq_along(labels), labels, las = 1, tick = FALSE, line = -0.3,
      cex.axis = cex, xpd = NA, gap.axis = -1)
  }
  graphics::title(plain_names(title), line = 0.4, font.main = 2, cex.main = 0.95)
}
