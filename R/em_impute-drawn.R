# What the pictures of imputations show, for both graphics systems. Each is a list of data frames
# with a factor `panel`, whose levels are titles, and of `title`: a heading and a line of words.
# Of overimputation see em_impute-overimpute.R.

# The lines and strips of so many imputations can be told apart.
most_lines <- 20L
most_strips <- 10L

# Numbers of the variables to draw: those asked for, else those with most imputed cells, in the
# order of the data.
panel_variables <- function(imp, variables, most = 6L, call = rlang::caller_env()) {
  if (!is.null(variables)) {
    ok <- is.character(variables) && length(variables) > 0 && !anyDuplicated(variables) &&
      all(variables %in% imp$variables)
    must_be(ok, variables, "names of modelled variables, each of them once", "variables", call)
    return(match(variables, imp$variables))
  }
  counts <- tabulate(imp$cells$variable, length(imp$variables))
  sort(utils::head(order(-counts), min(most, max(sum(counts > 0), 1L))))
}

# Those of which something was imputed.
panels_with_imputed <- function(imp, variables, call) {
  shown <- panel_variables(imp, variables, call = call)
  shown <- shown[shown %in% imp$cells$variable]
  if (length(shown) == 0) {
    abort_model("There is nothing to draw: no cell was imputed.", call = call)
  }
  shown
}

left_out_note <- function(imp, shown, asked) {
  imputed <- length(unique(imp$cells$variable))
  if (is.null(asked) && length(shown) < imputed) {
    sprintf(" %d of the %d variables imputed.", length(shown), imputed)
  }
}

# Observed values of a variable on the scale of the data.
observed_values <- function(imp, j) {
  y <- back_median(as.double(data_column(imp$data, j)), transform_of(imp, imp$variables[j]))
  y[!is.na(y)]
}

imputed_values <- function(imp, j, imputations = seq_len(imp$m)) {
  imp$values[imp$cells$variable == j, imputations, drop = FALSE]
}

# `curves`: `panel`, `imputation` (0 for the observed), `x`, `y`; `ticks`: `panel`, `x`, `kind`,
# values that are too few for a curve.
density_curves <- function(imp, variables, call, fewest = 5L) {
  shown <- panels_with_imputed(imp, variables, call)
  lines <- evenly(seq_len(imp$m), most_lines)
  curves <- ticks <- list()
  for (j in shown) {
    panel <- imp$variables[j]
    values <- as.data.frame(imputed_values(imp, j, lines))
    groups <- c(list(`0` = observed_values(imp, j)), stats::setNames(values, lines))
    enough <- lengths(groups) >= fewest
    if (any(enough)) {
      found <- panel_curves(groups[enough], transform_of(imp, imp$variables[j]))
      curves[[panel]] <- data.frame(panel = panel, found)
    }
    if (!all(enough)) {
      few <- unlist(groups[!enough], use.names = FALSE)
      own <- rep(names(groups)[!enough], lengths(groups)[!enough]) == "0"
      ticks[[panel]] <- data.frame(panel = rep(panel, length(few)), x = few,
        kind = ifelse(own, "observed", "imputed"))
    }
  }
  panels <- imp$variables[shown]
  list(
    curves = with_panels(curves, panels), ticks = with_panels(ticks, panels), panels = panels,
    title = c(
      "Observed and imputed values",
      paste0(
        "Thick line: observed. Thin lines: the cells of ",
        if (length(lines) < imp$m) sprintf("%d of ", length(lines)),
        sprintf("%d %s.", imp$m, plural(imp$m, "imputation")),
        if (length(ticks) > 0) sprintf(" Ticks: fewer than %d values.", fewest),
        left_out_note(imp, shown, variables)
      )
    )
  )
}

with_panels <- function(parts, panels) {
  if (length(parts) == 0) {
    return(data.frame(
      panel = factor(character(), panels), imputation = integer(), x = numeric(), y = numeric(),
      kind = character()
    ))
  }
  table <- do.call(rbind, unname(parts))
  table$panel <- factor(table$panel, panels)
  table
}

panel_curves <- function(groups, transform) {
  curves <- do.call(rbind, lapply(names(groups), function(name) {
    data.frame(imputation = as.integer(name), density_curve(groups[[name]], transform))
  }))
  # Long tails in which there is nothing to see would press the rest together.
  seen <- range(curves$x[curves$y > 0.005 * max(curves$y)])
  curves[curves$x >= seen[1] & curves$x <= seen[2], ]
}

# Smoothed on the modelled scale, so that nothing is smeared over the end of the domain. Not under
# "sqrt", whose density on the scale of the data is infinite at zero, nor after a `delta` that
# leaves the domain.
density_curve <- function(y, transform) {
  smooth <- !is.null(transform) && transform != "sqrt" &&
    is.na(transform_first_outside(y, transform))
  if (!smooth) {
    found <- stats::density(y, n = 256)
    return(data.frame(x = found$x, y = found$y))
  }
  found <- stats::density(transform_forward(y, transform), n = 256)
  x <- transform_inverse(found$x, transform)
  data.frame(x = x, y = found$y * exp(transform_log_slope(x, transform)))
}

# `points`: `panel`, `imputation` (0 for the observed), `at` (moved apart sideways), `value`,
# `kind`; `limits`: `panel`, `value`, the observed range.
stripe_points <- function(imp, variables, call, most = 150L) {
  shown <- panels_with_imputed(imp, variables, call)
  strips <- seq_len(min(imp$m, most_strips))
  points <- limits <- list()
  outside <- 0L
  for (j in shown) {
    panel <- imp$variables[j]
    seen <- sort(observed_values(imp, j))
    ends <- if (length(seen) > 0) range(seen, bounds_given(imp, panel)) else c(-Inf, Inf)
    beyond <- function(y) y < ends[1] | y > ends[2]
    outside <- outside + sum(beyond(imputed_values(imp, j)))
    strip <- function(k) {
      y <- sort(imputed_values(imp, j, k))
      far <- beyond(y)
      y <- c(evenly(y[!far], most), evenly(y[far], most))
      strip_points(panel, k, y, ifelse(beyond(y), "outside", "imputed"))
    }
    points[[panel]] <- do.call(rbind, c(
      list(strip_points(panel, 0L, evenly(seen, most), "observed")),
      lapply(strips, strip)
    ))
    limits[[panel]] <- data.frame(panel = rep(panel, 2), value = ends)[is.finite(ends), ]
  }
  panels <- imp$variables[shown]
  points <- with_panels(points, panels)
  points$at <- points$imputation + spread_apart(nrow(points))
  total <- imp$m * sum(imp$cells$variable %in% shown)
  list(
    points = points, limits = with_panels(limits, panels), strips = c(0L, strips),
    title = c("Observed values and those imputed", paste0(
      stripe_notes(imp, strips, outside, total), left_out_note(imp, shown, variables)
    ))
  )
}

# The ends of what is known of cells with bounds: what lies within them is as it should be.
bounds_given <- function(imp, variable) {
  bound <- as.double(imp$bounds[[variable]])
  bound[!is.na(bound)]
}

strip_points <- function(panel, imputation, value, kind) {
  n <- length(value)
  data.frame(
    panel = rep(panel, n), imputation = rep(imputation, n), value = value, kind = rep_len(kind, n)
  )
}

# The same at every drawing.
spread_apart <- function(n) with_seed(1L, stats::runif(n, -0.28, 0.28))

stripe_notes <- function(imp, strips, outside, total) {
  paste0(
    sprintf("Red: outside the observed range, %s of all %s imputed %s (%s).",
      number_words(outside), number_words(total), plural(total, "value"),
      small_percent(outside / total)),
    if (length(strips) < imp$m) {
      sprintf(" The first %d of %d imputations.", length(strips), imp$m)
    }
  )
}

small_percent <- function(share) sprintf(if (share < 0.1) "%.1f%%" else "%.0f%%", 100 * share)

# `points`: `step`, `value`, `chain`; `ends`: the last of each; `second`, where the half that is
# judged begins.
chain_lines <- function(imp, call) {
  if (is.null(imp$chain)) {
    abort_model(c(
      "These imputations come from no chain.",
      x = "Their method is {.val {imp$method}}; {.val posterior} has chains."
    ), call = call)
  }
  worst <- imp$chain$worst
  chains <- evenly(seq_len(ncol(worst)), most_lines)
  steps <- evenly(seq_len(nrow(worst)), 500L)
  points <- data.frame(
    step = rep(steps, length(chains)), value = as.vector(worst[steps, chains]),
    chain = rep(chains, each = length(steps))
  )
  list(
    points = points, ends = points[points$step == nrow(worst), ],
    second = nrow(worst) %/% 2 + 0.5, last = nrow(worst),
    title = c("Worst linear function of the parameters by step", chain_notes(imp, chains))
  )
}

chain_notes <- function(imp, chains) {
  chain <- imp$chain
  paste0(
    if (length(chains) < imp$m) sprintf("%d of ", length(chains)),
    sprintf("%d %s, each ending in its draw (point). ", imp$m, plural(imp$m, "chain")),
    sprintf("EM rate %s", fraction_text(chain$rate)),
    if (isTRUE(is.finite(chain$rhat))) {
      sprintf("; over the grey half R-hat %s", fixed_text(chain$rhat))
    },
    "."
  )
}
