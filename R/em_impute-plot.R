# Pictures of imputations in base graphics; in ggplot2 they are in em_impute-autoplot.R. What they
# show is worked out in em_impute-drawn.R and em_impute-overimpute.R.

#' Pictures of imputations
#'
#' Imputed values can be looked at, not tested: under missing at random they may well differ from
#' the observed ones.
#'
#' @details
#' * `"density"`: for each variable the observed values (one thick line) and those imputed (a thin
#'   line for each imputation), on the scale of the data. Where a variable is modelled under a
#'   transform (but `"sqrt"`) the smoothing is on that scale. Variables with fewer than five
#'   imputed cells show these as ticks.
#' * `"overimpute"` (Blackwell, Honaker and King 2017): observed cells as if they had been missing.
#'   Vertically the 90% interval of the imputation model given the other observed cells of the
#'   row, over the draws of the parameters, with its median; horizontally the observed value, both
#'   on the modelled scale. Where the model fits, 90% of the intervals hold the value (blue) and
#'   follow the diagonal. Parameters are not fitted again without the cell. At most 100 cells of a
#'   variable, evenly over its sorted values.
#' * `"missmap"`: which variables are missing together, see [em_patterns()].
#' * `"chains"`: with `method = "posterior"`, the worst linear function of the parameters by step,
#'   a line for each chain, which ends in the draw that its imputation was made under (point). It
#'   begins at the maximum; over the second half (grey) it should wander around one level without
#'   a trend, and the points should cover the width of the band.
#' * `"stripes"`: observed values and those of each imputation side by side; imputed values outside
#'   the observed range are red. A few are expected; many, or any that cannot exist (a negative
#'   weight), call for a transform.
#'
#' @param x,object Imputations, as returned by [em_impute()].
#' @param what Which picture.
#' @param variables Names of the variables to draw, with `"density"`, `"overimpute"` and
#'   `"stripes"`; by default the six with most imputed cells.
#' @param ... Not used; anything here is an error.
#'
#' @return `plot()`: `x`, invisibly. `autoplot()`: a ggplot.
#'
#' @section Errors:
#' `missmix_error_argument`: no such picture or variable. `missmix_error_model`: nothing was
#' imputed, or there is no chain.
#'
#' @references
#' Blackwell M, Honaker J, King G (2017). A unified approach to measurement error and missing data:
#' overview and applications. *Sociological Methods and Research* 46, 303-341.
#' \doi{10.1177/0049124115585360}.
#'
#' Honaker J, King G, Blackwell M (2011). Amelia II: a program for missing data. *Journal of
#' Statistical Software* 45(7). \doi{10.18637/jss.v045.i07}.
#' @name plot.em_imputations
#' @export
#' @examples
#' fit <- em_mvn(airquality[c("Ozone", "Solar.R", "Wind", "Temp")], transform = c(Ozone = "log"))
#' imp <- em_impute(fit, m = 10, seed = 1)
#' plot(imp)
#' plot(imp, "overimpute")
#' plot(imp, "stripes", variables = "Ozone")
plot.em_imputations <- function(x, what = c("density", "overimpute", "missmap", "chains",
                                            "stripes"), ..., variables = NULL) {
  check_no_dots()
  if (missing(what)) what <- "density"
  check_choice(what, imputation_pictures)
  call <- rlang::current_env()
  switch(what,
    density = draw_densities(density_curves(x, variables, call)),
    overimpute = draw_overimpute(overimputed_cells(x, variables, call)),
    missmap = plot_patterns(imputed_patterns(x)),
    chains = draw_chains(chain_lines(x, call)),
    stripes = draw_stripes(stripe_points(x, variables, call))
  )
  invisible(x)
}

imputation_pictures <- c("density", "overimpute", "missmap", "chains", "stripes")

# Colours of Okabe and Ito, told apart by the colour-blind.
palette_imputed <- c(observed = "#0072B2", imputed = "#E69F00", outside = "#D55E00")
colour_covered <- c(`TRUE` = "#0072B2", `FALSE` = "#D55E00")

imputed_patterns <- function(imp) {
  patterns_of(missing_columns(imp$data$columns), imp$variables)
}

# A frame of panels, with titles and words on its axes; draw(name) fills one.
draw_panels <- function(panels, title, xlab, ylab, draw) {
  n <- length(panels)
  across <- if (n == 4) 2L else min(n, 3L)
  lines <- strwrap(title[-1], letters_across(0.85))
  old <- graphics::par(mfrow = c(ceiling(n / across), across), mar = c(2.2, 2.6, 1.8, 0.7),
    oma = c(1.4, 1.4, 2 + 1.1 * length(lines), 0.5), mgp = c(1.8, 0.5, 0), tcl = -0.3)
  on.exit(graphics::par(old))
  # par(mfrow) makes type smaller, which is set by itself here.
  graphics::par(cex = 0.85)
  for (panel in panels) {
    draw(panel)
    graphics::box(bty = "o", col = "grey60")
    graphics::title(plain_names(panel), line = 0.4, font.main = 2, cex.main = 0.95)
  }
  graphics::mtext(xlab, side = 1, outer = TRUE, line = 0.2, cex = 0.85)
  graphics::mtext(ylab, side = 2, outer = TRUE, line = 0.2, cex = 0.85)
  pairs_title(title[1], lines, outer = TRUE)
}

open_panel <- function(xlim, ylim, x_ticks = TRUE, ...) {
  graphics::plot.new()
  graphics::plot.window(xlim, ylim, ...)
  if (x_ticks) graphics::axis(1, cex.axis = 0.85, col = NA, col.ticks = 1)
  graphics::axis(2, cex.axis = 0.85, col = NA, col.ticks = 1, las = 1)
}

draw_densities <- function(drawn) {
  draw_panels(drawn$panels, drawn$title, "value", "density", function(panel) {
    own <- drawn$curves[drawn$curves$panel == panel, ]
    ticks <- drawn$ticks[drawn$ticks$panel == panel, ]
    top <- if (nrow(own) > 0) max(own$y) * 1.04 else 1
    open_panel(range(own$x, ticks$x), c(0, top), yaxs = "i")
    for (k in setdiff(unique(own$imputation), 0L)) {
      line <- own[own$imputation == k, ]
      graphics::lines(line$x, line$y, col = see_through(palette_imputed[["imputed"]]))
    }
    line <- own[own$imputation == 0L, ]
    graphics::lines(line$x, line$y, col = palette_imputed[["observed"]], lwd = 3)
    if (nrow(ticks) > 0) {
      graphics::segments(ticks$x, 0, ticks$x, 0.08 * top, col = palette_imputed[ticks$kind])
    }
  })
}

draw_overimpute <- function(drawn) {
  axes <- overimpute_axes
  panels <- levels(drawn$points$panel)
  draw_panels(panels, drawn$title, axes[1], axes[2], function(panel) {
    own <- drawn$points[drawn$points$panel == panel, ]
    open_panel(range(own$observed), range(own$low, own$high, own$observed))
    graphics::abline(0, 1, col = "grey50")
    colour <- colour_covered[as.character(own$covered)]
    graphics::segments(own$observed, own$low, own$observed, own$high, col = see_through(colour))
    graphics::points(own$observed, own$median, pch = 16, col = colour,
      cex = 0.8 * crowd_size(nrow(own)))
  })
}

overimpute_axes <- c("observed", "interval from the rest of the row")

draw_stripes <- function(drawn) {
  panels <- levels(drawn$points$panel)
  draw_panels(panels, drawn$title, stripe_axis, "value", function(panel) {
    own <- drawn$points[drawn$points$panel == panel, ]
    open_panel(range(drawn$strips) + c(-0.5, 0.5), range(own$value), FALSE)
    graphics::axis(1, drawn$strips, c("obs", drawn$strips[-1]), cex.axis = 0.75, col = NA,
      col.ticks = 1, gap.axis = -1)
    graphics::abline(h = drawn$limits$value[drawn$limits$panel == panel], lty = 3, col = "grey50")
    far <- own$kind == "outside"
    graphics::points(own$at, own$value, pch = ifelse(far, 17, 16),
      cex = ifelse(far, 0.8, 0.6 * crowd_size(nrow(own) / 4)),
      col = see_through(palette_imputed[own$kind]))
  })
}

stripe_axis <- "observed, and imputation"

draw_chains <- function(drawn) {
  lines <- strwrap(drawn$title[-1], letters_across(0.85))
  old <- graphics::par(mar = c(3.6, 4.2, 2 + 1.1 * length(lines), 1), mgp = c(2.2, 0.7, 0))
  on.exit(graphics::par(old))
  points <- drawn$points
  graphics::plot(points$step, points$value, type = "n", bty = "l", las = 1,
    xlab = "step of data augmentation", ylab = "worst linear function")
  edges <- graphics::par("usr")
  graphics::rect(drawn$second, edges[3], drawn$last, edges[4], col = "grey93", border = NA)
  graphics::abline(v = drawn$last, lty = 2, col = "grey50")
  graphics::box(bty = "l")
  for (chain in split(points, points$chain)) {
    graphics::lines(chain$step, chain$value, col = see_through(palette_imputed[["observed"]]),
      lwd = 0.8)
  }
  graphics::points(drawn$ends$step, drawn$ends$value, pch = 16, xpd = NA,
    col = palette_imputed[["outside"]])
  pairs_title(drawn$title[1], lines, outer = FALSE)
}
