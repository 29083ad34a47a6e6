# What pictures of a mixture show, worked out once for base graphics (model-gmm-plot.R) and for
# ggplot2 (model-gmm-autoplot.R). All is on the modelled scale.

# Most rows, variables and components that a picture shows one by one.
most_drawn_rows <- 10000L
most_drawn_variables <- 5L
most_named_components <- 14L
most_numbered_components <- 40L

# Shares of a component that its ellipses hold.
ellipse_masses <- c(0.5, 0.95)

# The rows that say anything: `y` (modelled scale), `class`, `uncertainty`, `weight`.
drawn_rows <- function(fit, call = rlang::caller_env()) {
  data <- fit$data
  if (is.null(data)) {
    abort_data(c(
      "There are no rows to draw: the fit does not hold its data ({.code keep_data = FALSE}).",
      i = "Fit again with {.code keep_data = TRUE}, for example by
           {.code update(fit, keep_data = TRUE)}.",
      i = "{.code augment(fit, data = )} gives the classes and uncertainties of rows as a table."
    ), call = call)
  }
  y <- start_matrix(data, seq_len(data$n))
  weight <- if (is.null(fit$weights)) rep(1, data$n) else as.double(fit$weights)
  kept <- rowSums(!is.na(y)) > 0 & weight > 0
  shares <- gmm_shares(fit, data, call = call)$shares[kept, , drop = FALSE]
  list(
    y = y[kept, , drop = FALSE],
    class = most_probable(shares),
    uncertainty = 1 - shares[cbind(seq_len(nrow(shares)), max.col(shares, "first"))],
    weight = weight[kept]
  )
}

# Colours of Okabe and Ito. Seven colours and eight symbols only meet again after 56 components.
component_colours <- c(
  "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000"
)
component_symbols <- c(16, 17, 15, 18, 1, 2, 0, 5)

# The noise in grey.
component_look <- function(fit) {
  names <- names(fit$parameters$proportions)
  at <- seq_along(names) - 1
  look <- data.frame(
    name = names, colour = component_colours[at %% 7 + 1],
    symbol = component_symbols[at %% 8 + 1],
    share = unname(fit$parameters$proportions)
  )
  look[look$name == "noise", c("colour", "symbol")] <- list("#999999", 4)
  look$label <- paste0(look$name, ": ", share_text(look$share))
  look
}

share_text <- function(share) {
  ifelse(share < 0.005, "<1%", percent_text(share))
}

# The components that the legend names: the largest, and the noise.
named_components <- function(look) {
  largest <- utils::head(which(look$name != "noise"), most_named_components)
  look[c(largest, which(look$name == "noise")), ]
}

legend_rest <- function(look) {
  left <- nrow(look) - nrow(named_components(look))
  if (left > 0) sprintf("and %d more", left)
}

# The variables that are drawn of many: those that tell the components apart best.
drawn_variables <- function(fit) {
  p <- length(fit$terms)
  if (p <= most_drawn_variables) {
    return(seq_len(p))
  }
  parameters <- fit$parameters
  k <- nrow(parameters$means)
  share <- parameters$proportions[seq_len(k)] / sum(parameters$proportions[seq_len(k)])
  centre <- colSums(share * parameters$means)
  between <- colSums(share * sweep(parameters$means, 2, centre)^2)
  within <- colSums(share * t(matrix(apply(parameters$covariances, 3, diag), p)))
  sort(utils::head(order(between / within, decreasing = TRUE), most_drawn_variables))
}

# Panels of a matrix of pictures: each variable downwards against those before it.
variable_pairs <- function(variables) {
  pairs <- which(lower.tri(diag(length(variables))), arr.ind = TRUE)
  data.frame(
    x = variables[pairs[, "col"]], y = variables[pairs[, "row"]],
    column = unname(pairs[, "col"]), row = unname(pairs[, "row"]) - 1L
  )
}

# Rows with both coordinates of a pair; of very many, evenly spread ones.
pair_points <- function(rows, pair) {
  both <- which(!is.na(rows$y[, pair$x]) & !is.na(rows$y[, pair$y]))
  shown <- evenly(both, most_drawn_rows)
  data.frame(
    x = rows$y[shown, pair$x], y = rows$y[shown, pair$y], class = rows$class[shown],
    uncertainty = rows$uncertainty[shown], size = weight_size(rows$weight[shown])
  )
}

evenly <- function(x, most) {
  if (length(x) <= most) x else x[unique(round(seq(1, length(x), length.out = most)))]
}

# Areas tell weights apart; a single huge one must not cover the others.
weight_size <- function(weight) {
  if (length(weight) == 0) numeric() else pmin(pmax(sqrt(weight / mean(weight)), 0.5), 3)
}

# One component in the plane of a pair.
pair_component <- function(fit, pair, component) {
  at <- c(pair$x, pair$y)
  list(
    centre = unname(fit$parameters$means[component, at]),
    covariance = unname(fit$parameters$covariances[at, at, component]),
    share = fit$parameters$proportions[[component]]
  )
}

# Points on the ellipse that holds a share `mass` of a bivariate normal: all at one Mahalanobis
# distance from the centre. A singular covariance gives a line.
ellipse_points <- function(centre, covariance, mass, n = 91L) {
  parts <- eigen(covariance, symmetric = TRUE)
  root <- parts$vectors %*% diag(sqrt(pmax(parts$values, 0)), 2)
  angle <- seq(0, 2 * pi, length.out = n)
  ring <- root %*% rbind(cos(angle), sin(angle)) * sqrt(stats::qchisq(mass, 2))
  data.frame(x = centre[1] + ring[1, ], y = centre[2] + ring[2, ])
}

pair_ellipses <- function(fit, pair, masses = ellipse_masses) {
  each <- expand.grid(mass = masses, component = seq_len(nrow(fit$parameters$means)))
  parts <- Map(function(mass, component) {
    own <- pair_component(fit, pair, component)
    cbind(ellipse_points(own$centre, own$covariance, mass), component = component, mass = mass)
  }, each$mass, each$component)
  ellipses <- do.call(rbind, parts)
  ellipses$class <- component_factor(fit, ellipses$component)
  ellipses
}

pair_centres <- function(fit, pair) {
  means <- fit$parameters$means
  data.frame(
    x = unname(means[, pair$x]), y = unname(means[, pair$y]),
    class = component_factor(fit, seq_len(nrow(means)))
  )
}

component_factor <- function(fit, component) {
  names <- names(fit$parameters$proportions)
  factor(names[component], names)
}

# Limits of one variable's axis: all of the data, and what the components hold beside, unless one
# reaches so far that the data would become small.
axis_window <- function(fit, rows, variable) {
  data <- range(rows$y[, variable], na.rm = TRUE)
  mean <- fit$parameters$means[, variable]
  sd <- sqrt(fit$parameters$covariances[variable, variable, ])
  reach <- sqrt(stats::qchisq(max(ellipse_masses), 2)) * sd
  room <- diff(data)
  if (room == 0) room <- max(abs(data[1]), 1)
  wanted <- range(data, mean - reach, mean + reach)
  c(max(wanted[1], data[1] - 0.25 * room), min(wanted[2], data[2] + 0.25 * room)) +
    c(-0.02, 0.02) * room
}

# What a picture says of itself: a title, and lines below it.
picture_title <- function(fit, what, rows, variables) {
  p <- length(fit$terms)
  c(
    paste0(fit$model, ": ", what),
    if (length(variables) < p) {
      sprintf("%d of %d variables: those that tell the components apart best.",
        length(variables), p)
    }
  )
}

# How many rows the panels leave out, and why.
left_out_words <- function(rows, pairs) {
  absent <- vapply(seq_len(nrow(pairs)), function(i) {
    sum(is.na(rows$y[, pairs$x[i]]) | is.na(rows$y[, pairs$y[i]]))
  }, numeric(1))
  present <- nrow(rows$y) - min(absent)
  c(
    if (any(absent > 0)) missing_words(absent),
    if (present > most_drawn_rows) {
      sprintf("%s of %s rows are drawn.", number_words(most_drawn_rows), number_words(present))
    }
  )
}

missing_words <- function(absent) {
  text <- unique(number_words(range(absent)))
  sprintf("%s %s not shown%s: a cell is missing.", paste(text, collapse = " to "),
    plural(max(absent), "row is", "rows are"), if (length(absent) > 1) " in a panel" else "")
}

classification_title <- function(fit, rows) {
  variables <- drawn_variables(fit)
  lines <- picture_title(fit, "classification", rows, variables)
  if (length(fit$terms) == 1) {
    return(c(lines, "Histogram, components times their proportions, and their sum (dashed)."))
  }
  c(lines, sprintf("Ellipses hold %s of a component.", and_list(percent_text(ellipse_masses))),
    left_out_words(rows, variable_pairs(variables)))
}

uncertainty_title <- function(fit, rows) {
  c(
    paste0(fit$model, ": uncertainty"),
    unsure_share_words(rows),
    if (length(fit$terms) == 2) left_out_words(rows, variable_pairs(1:2))
  )
}

density_title <- function(fit, rows) {
  variables <- drawn_variables(fit)
  lines <- picture_title(fit, "density", rows, variables)
  if (length(fit$terms) == 1) {
    return(c(lines, "Histogram and density of the mixture."))
  }
  c(
    lines,
    sprintf("Smallest areas that hold %s of the probability%s.", and_list(band_labels()),
      if (noise_share(fit) > 0) ", the noise left out" else ""),
    left_out_words(rows, variable_pairs(variables))
  )
}
