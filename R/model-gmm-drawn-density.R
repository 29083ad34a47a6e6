# Densities and uncertainties that pictures of a mixture show; see model-gmm-drawn.R.

# Shares of the probability that the bands of the density picture hold, the densest first.
band_masses <- c(0.25, 0.5, 0.75, 0.95)
palette_band <- c("#08519C", "#4292C6", "#9ECAE1", "#DEEBF7")

band_labels <- function() percent_text(band_masses)

# The box that holds the noise, one row a variable, on the modelled scale.
noise_box <- function(fit) {
  setup <- fit$setup
  cbind(setup$lowest, setup$highest) * setup$scale + setup$centre
}

noise_share <- function(fit) {
  proportions <- fit$parameters$proportions
  if ("noise" %in% names(proportions)) proportions[["noise"]] else 0
}

# Density of one variable at `x`: a column for each component, weighted by its proportion.
component_curves <- function(fit, variable, x) {
  proportions <- fit$parameters$proportions
  curves <- vapply(names(proportions), function(name) {
    if (name == "noise") {
      box <- noise_box(fit)[variable, ]
      return(proportions[[name]] * stats::dunif(x, box[1], box[2]))
    }
    component <- match(name, rownames(fit$parameters$means))
    sd <- sqrt(fit$parameters$covariances[variable, variable, component])
    proportions[[name]] * stats::dnorm(x, fit$parameters$means[component, variable], sd)
  }, numeric(length(x)))
  matrix(curves, length(x), dimnames = list(NULL, names(proportions)))
}

# Where to draw curves: evenly, and closer around each component, which may be narrow.
curve_places <- function(fit, variable, window) {
  means <- fit$parameters$means[, variable]
  sds <- sqrt(fit$parameters$covariances[variable, variable, ])
  near <- as.vector(means + outer(sds, seq(-4, 4, by = 0.2)))
  box <- if (noise_share(fit) > 0) noise_box(fit)[variable, ] * (1 + c(-1, 1) * 1e-9)
  x <- c(seq(window[1], window[2], length.out = 801), near, box)
  sort(unique(x[x >= window[1] & x <= window[2]]))
}

# Bars of the (weighted) histogram, their areas adding up to one.
histogram_bars <- function(x, weight) {
  bars <- min(max(grDevices::nclass.FD(x), 20), 60)
  edges <- pretty(range(x), bars)
  if (length(edges) < 2) edges <- x[1] + c(-0.5, 0.5)
  bin <- findInterval(x, edges, rightmost.closed = TRUE)
  mass <- tapply(weight, factor(bin, seq_len(length(edges) - 1)), sum, default = 0)
  width <- diff(edges)
  data.frame(
    left = edges[-length(edges)], right = edges[-1],
    height = as.vector(mass) / sum(weight) / width
  )
}

# The highest that a picture shows: a component much narrower than a bar would flatten the rest.
curve_top <- function(bars, total) {
  1.05 * max(bars$height, min(max(total), 2.5 * max(bars$height)))
}

# Density of a pair at points: that of the other variables is integrated out.
pair_density <- function(fit, pair, x, y, noise = TRUE) {
  total <- numeric(length(x))
  for (component in seq_len(nrow(fit$parameters$means))) {
    own <- pair_component(fit, pair, component)
    total <- total + own$share * normal_density(x, y, own$centre, own$covariance)
  }
  if (noise && noise_share(fit) > 0) {
    box <- noise_box(fit)[c(pair$x, pair$y), ]
    total <- total + noise_share(fit) * stats::dunif(x, box[1, 1], box[1, 2]) *
      stats::dunif(y, box[2, 1], box[2, 2])
  }
  total
}

# A singular covariance is widened just enough for a density to exist.
normal_density <- function(x, y, centre, covariance) {
  parts <- eigen(covariance, symmetric = TRUE)
  values <- pmax(parts$values, 1e-12 * parts$values[1], .Machine$double.xmin)
  turned <- cbind(x - centre[1], y - centre[2]) %*% parts$vectors
  squared <- turned[, 1]^2 / values[1] + turned[, 2]^2 / values[2]
  exp(-squared / 2 - sum(log(values)) / 2) / (2 * pi)
}

# A pair on a grid: `x`, `y`, and matrices `density` and `outside`, the share of the probability
# that lies where the density is higher. Bands are drawn of the latter: it means the same in every
# panel, and a narrow component does not drown the others. It leaves the noise out: where the
# density is level, no area is the smallest.
density_grid <- function(fit, pair, window_x, window_y, n = 121L) {
  x <- seq(window_x[1], window_x[2], length.out = n)
  y <- seq(window_y[1], window_y[2], length.out = n)
  at <- data.frame(x = rep(x, n), y = rep(y, each = n))
  list(
    x = x, y = y, density = matrix(pair_density(fit, pair, at$x, at$y), n),
    outside = matrix(mass_above(fit, pair, at), n)
  )
}

# Share of the components' probability where their density is higher than at points.
mass_above <- function(fit, pair, at) {
  sample <- even_sample(fit, pair)
  level <- pair_density(fit, pair, sample$x, sample$y, noise = FALSE)
  order <- order(level, decreasing = TRUE)
  mass <- cumsum(sample$mass[order]) / sum(sample$mass)
  knots <- sort(c(0.001, 0.01, 0.05, 0.1, band_masses, 0.9, 0.97, 0.99, 0.999))
  levels <- level[order][pmin(findInterval(knots, mass) + 1, length(mass))]
  density <- pair_density(fit, pair, at$x, at$y, noise = FALSE)
  low <- .Machine$double.xmin
  stats::approx(log(pmax(levels, low)), knots, log(pmax(density, low)), rule = 2, ties = mean)$y
}

# Points that stand for equal parts of each component, rings by quantiles of the distance, so that
# no random number is drawn and narrow components are met as well as wide ones.
even_sample <- function(fit, pair, rings = 25L, turns = 24L) {
  radius <- sqrt(stats::qchisq((seq_len(rings) - 0.5) / rings, 2))
  angle <- 2 * pi * seq_len(turns) / turns
  circle <- rbind(
    as.vector(outer(cos(angle), radius)), as.vector(outer(sin(angle), radius))
  )
  parts <- lapply(seq_len(nrow(fit$parameters$means)), function(component) {
    own <- pair_component(fit, pair, component)
    parts <- eigen(own$covariance, symmetric = TRUE)
    at <- own$centre + parts$vectors %*% (sqrt(pmax(parts$values, 0)) * circle)
    data.frame(x = at[1, ], y = at[2, ], mass = own$share / ncol(circle))
  })
  do.call(rbind, parts)
}

# Above this a row is said to be unsure.
unsure_limit <- 0.1

# How unsure a row is, in four steps: larger and darker is less sure.
unsure_breaks <- c(0.01, unsure_limit, 0.3)
unsure_words <- c("up to 0.01", "0.01 to 0.1", "0.1 to 0.3", "above 0.3")
palette_unsure <- c("#BFC9D6", "#6BAED6", "#2171B5", "#081D58")
size_unsure <- c(0.5, 0.75, 1.1, 1.6)

unsure_step <- function(uncertainty) {
  factor(findInterval(uncertainty, unsure_breaks, left.open = TRUE) + 1, seq_along(unsure_words))
}

unsure_share_words <- function(rows) {
  share <- sum(rows$weight[rows$uncertainty > unsure_limit]) / sum(rows$weight)
  sprintf("%s of the rows are above %s. Uncertainty is 1 - the largest probability.",
    if (share == 0) "None" else share_text(share), unsure_limit)
}

# Rows by rising uncertainty: `part` of the rows (weights) that are at least as sure.
uncertainty_curve <- function(rows) {
  order <- order(rows$uncertainty)
  curve <- data.frame(
    part = cumsum(rows$weight[order]) / sum(rows$weight), uncertainty = rows$uncertainty[order],
    class = rows$class[order]
  )
  curve[evenly(seq_len(nrow(curve)), most_drawn_rows), ]
}

# Uncertainty as a function of a single variable.
uncertainty_along <- function(fit, x) {
  curves <- component_curves(fit, 1L, x)
  1 - apply(curves, 1, max) / rowSums(curves)
}

# All that the pictures of a single variable show.
curve_frame <- function(fit, rows) {
  window <- axis_window(fit, rows, 1L)
  bars <- histogram_bars(rows$y[, 1], rows$weight)
  x <- curve_places(fit, 1L, range(window, bars$left, bars$right))
  each <- component_curves(fit, 1L, x)
  total <- rowSums(each)
  list(window = range(x), bars = bars, x = x, each = each, total = total,
    top = curve_top(bars, total))
}

# Where to write the number of a component: above its top, within the picture.
curve_peaks <- function(curves) {
  named <- utils::head(setdiff(colnames(curves$each), "noise"), most_numbered_components)
  at <- vapply(named, function(name) which.max(curves$each[, name]), integer(1))
  data.frame(
    name = named, x = curves$x[at],
    y = pmin(curves$total[at], 0.95 * curves$top)
  )
}
