# What the pictures of a deconvolution show, for both graphics systems: proportions and intervals.
# Of genes (fit, confusion, markers) see model-deconvolve-drawn-genes.R.

# Colours of Okabe and Ito, then darker ones of Tol; the last is for all types beyond them.
type_colours <- c(
  "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#332288",
  "#882255", "#999933", "#44AA99"
)
others_colour <- "#BBBBBB"

# Bars with names up to so many samples; beyond, thin ones in an order that tells.
most_named_samples <- 40L
most_drawn_samples <- 400L

# list of `shares`, samples x types as they are drawn; `colours`, named; `named`, have bars room for
# names? `title`.
proportion_bars <- function(fit, call) {
  check_any_fitted(fit, call)
  known <- fitted_samples(fit)
  p <- fit$parameters$proportions[known, , drop = FALSE]
  named <- nrow(p) <= most_named_samples
  grouped <- group_types(p)
  shares <- grouped$shares
  if (!named) shares <- shares[evenly(by_largest_type(shares), most_drawn_samples), , drop = FALSE]
  list(
    shares = shares, colours = grouped$colours, named = named,
    title = c(
      sprintf("Proportions of %s", share_of(fit)),
      proportion_notes(fit, known, shares, grouped$others, named)
    )
  )
}

share_of <- function(fit) switch(fit$reference$scale, cells = "cells", rna = "RNA")

proportion_notes <- function(fit, known, shares, others, named) {
  paste0(c(
    if (!named) "Samples in the order of their largest type.",
    if (nrow(shares) < length(known)) {
      sprintf("Of %s samples %s are drawn, evenly spread.", number_words(length(known)),
        number_words(nrow(shares)))
    },
    if (length(others) > 0) {
      sprintf("Others: %d types of together %s on average (%s).", length(others),
        percent_text(mean(shares[, ncol(shares)])), some_names(others, 3L))
    },
    unfitted_note(fit, known)
  ), collapse = " ")
}

unfitted_note <- function(fit, known) {
  left <- fit$n - length(known)
  if (left > 0) {
    sprintf("%d %s could not be fitted: not shown.", left, plural(left, "sample"))
  }
}

# The types that there is most of, in the order of the reference, and the others in one.
group_types <- function(p) {
  most <- length(type_colours)
  if (ncol(p) <= most + 1L) {
    colours <- c(type_colours, others_colour)[seq_len(ncol(p))]
    return(list(shares = p, colours = stats::setNames(colours, colnames(p)), others = NULL))
  }
  kept <- sort(most_first(p)[seq_len(most)])
  others <- colnames(p)[-kept]
  label <- sprintf("others (%d)", length(others))
  shares <- cbind(p[, kept, drop = FALSE], rowSums(p[, -kept, drop = FALSE]))
  colnames(shares)[most + 1L] <- label
  colours <- stats::setNames(c(type_colours, others_colour), colnames(shares))
  by_share <- order(-colMeans(p[, -kept, drop = FALSE]))
  list(shares = shares, colours = colours, others = others[by_share])
}

# Samples with the same largest type beside each other, most common type first, by its share.
by_largest_type <- function(p) {
  largest <- max.col(p, "first")
  order(match(largest, most_first(p)), -p[cbind(seq_len(nrow(p)), largest)])
}

check_any_fitted <- function(fit, call) {
  if (length(fitted_samples(fit)) == 0) {
    abort_model(c("There is nothing to draw: no sample could be fitted.", x = "{fit$message}"),
      call = call)
  }
}

# Intervals: few samples have a panel each, types below one another; of more each type has a panel,
# with the samples in rows, named as far as they can be.
most_panels <- 6L
most_rows <- 30L
most_points <- 100L

# list of `points`: data frame with `panel` (factor), `row` (from the top), `label`, `estimate`,
# `low`, `high`, `zero`; `labels`: names of rows, or NULL where there are too many; `title`.
interval_points <- function(fit, call, level = 0.95) {
  check_any_fitted(fit, call)
  known <- fitted_samples(fit)
  by_type <- length(known) > most_panels
  cells <- if (by_type) cells_by_type(fit, known) else cells_by_sample(fit, known)
  at <- cbind(cells$sample, cells$type)
  p <- fit$parameters$proportions
  limits <- drawn_limits(fit, unique(cells$sample), level, call)
  cells$estimate <- p[at]
  cells$low <- limits$low[at]
  cells$high <- limits$high[at]
  cells$zero <- cells$estimate == 0
  cells$panel <- if (by_type) {
    factor(fit$terms[cells$type], fit$terms[unique(cells$type)])
  } else {
    factor(fit$samples$sample[cells$sample], fit$samples$sample[known])
  }
  named <- !by_type || length(known) <= most_rows
  first <- cells[cells$panel == levels(cells$panel)[1], ]
  list(
    points = cells, by_type = by_type,
    labels = if (named) first$label[order(first$row)],
    title = c(
      sprintf("Proportions of %s with %s intervals", share_of(fit), percent_text(level)),
      interval_notes(fit, known, cells, by_type, named)
    )
  )
}

# Limits as matrices of all samples, worked out for those that are drawn.
drawn_limits <- function(fit, samples, level, call) {
  if (!is.null(fit$cache$errors) || length(samples) == fit$n) {
    return(proportion_limits(fit, level, call))
  }
  p <- fit$parameters$proportions
  found <- limits_at(p[samples, , drop = FALSE], compute_errors(fit, samples, call = call), level)
  lapply(found, function(limit) {
    p[] <- NA
    p[samples, ] <- limit
    p
  })
}

cells_by_sample <- function(fit, known) {
  types <- sort(utils::head(most_first(fit$parameters$proportions[known, , drop = FALSE]),
    most_rows))
  data.frame(
    sample = rep(known, each = length(types)), type = rep(types, length(known)),
    row = rep(seq_along(types), length(known)), label = rep(fit$terms[types], length(known))
  )
}

cells_by_type <- function(fit, known) {
  p <- fit$parameters$proportions[known, , drop = FALSE]
  types <- utils::head(most_first(p), most_panels)
  named <- length(known) <= most_rows
  do.call(rbind, lapply(types, function(type) {
    shown <- if (named) seq_along(known) else evenly(order(-p[, type]), most_points)
    data.frame(
      sample = known[shown], type = type, row = seq_along(shown),
      label = fit$samples$sample[known[shown]]
    )
  }))
}

interval_notes <- function(fit, known, cells, by_type, named) {
  types <- length(unique(cells$type))
  paste0(c(
    if (types < length(fit$terms)) {
      sprintf("The %d most abundant of %d types.", types, length(fit$terms))
    },
    if (!named) "In each panel the samples are sorted.",
    if (!named && length(known) > most_points) {
      sprintf("%s of %s are drawn, evenly spread.", number_words(most_points),
        number_words(length(known)))
    },
    if (any(cells$zero)) "Open circle: estimate of zero, its interval is one-sided.",
    if (anyNA(cells$low)) "Without interval: types that cannot be told apart.",
    unfitted_note(fit, known)
  ), collapse = " ")
}
