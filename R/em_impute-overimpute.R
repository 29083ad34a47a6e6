# Overimputation: each observed cell as if it were missing.

# `points`: `panel`, `observed`, `median`, `low`, `high`, `covered`, on the modelled scale. Panels
# are named by term, such as log(bili).
overimputed_cells <- function(imp, variables, call, level = 0.9, most = 100L) {
  shown <- panel_variables(imp, variables, call = call)
  y <- modelled_matrix(imp$data)
  shown <- shown[colSums(!is.na(y[, shown, drop = FALSE])) > 0]
  if (length(shown) == 0) {
    abort_model("There is nothing to draw: no cell of these variables is observed.", call = call)
  }
  cells <- do.call(rbind, lapply(shown, function(j) {
    rows <- which(!is.na(y[, j]))
    data.frame(row = evenly(rows[order(y[rows, j])], most), variable = rep(j,
      min(length(rows), most)))
  }))
  observed <- y[cbind(cells$row, cells$variable)]
  drawn <- predicted_without(imp, y, cells)
  tail <- (1 - level) / 2
  points <- data.frame(
    panel = factor(imp$terms[cells$variable], imp$terms[shown]), observed = observed,
    median = mixture_quantile(0.5, drawn$mean, drawn$sd),
    low = mixture_quantile(tail, drawn$mean, drawn$sd),
    high = mixture_quantile(1 - tail, drawn$mean, drawn$sd)
  )
  points$covered <- points$observed >= points$low & points$observed <= points$high
  list(points = points, title = c(
    "Observed cells imputed from the rest of their rows",
    paste0(overimpute_notes(points, level, sum(!is.na(y[, shown]))),
      left_out_note(imp, shown, variables))
  ))
}

overimpute_notes <- function(points, level, available) {
  paste0(
    sprintf("Of %s %s %s lie within their %s interval (blue), the others are red.",
      number_words(nrow(points)), plural(nrow(points), "cell"),
      percent_text(mean(points$covered)), percent_text(level)),
    if (nrow(points) < available) {
      " At most 100 cells a panel, evenly over their values."
    }
  )
}

# Mean and standard deviation of each of these cells (rows) given the other observed cells of its
# row, under the parameters of each imputation (columns).
predicted_without <- function(imp, y, cells) {
  if (is.null(imp$by)) {
    return(predicted_under(imp$parameters, imp$m, y, cells))
  }
  level <- imp$by$level[cells$row]
  parts <- lapply(levels(droplevels(level)), function(name) {
    at <- which(level == name)
    c(list(at = at), predicted_under(imp$parameters[[name]], imp$m, y, cells[at, ]))
  })
  order <- order(unlist(lapply(parts, `[[`, "at")))
  of_all <- function(field) do.call(rbind, lapply(parts, `[[`, field))[order, , drop = FALSE]
  list(mean = of_all("mean"), sd = of_all("sd"))
}

predicted_under <- function(parameters, m, y, cells) {
  without <- y[cells$row, , drop = FALSE]
  without[cbind(seq_len(nrow(cells)), cells$variable)] <- NA_real_
  draws <- evenly(seq_len(m), 50L)
  found <- lapply(draws, function(k) {
    cell <- mvn_predict_(without, parameters$mu[, k], as.matrix(parameters$sigma[, , k]))
    at <- match(
      paste(seq_len(nrow(cells)), cells$variable), paste(cell$row, cell$variable)
    )
    list(mean = cell$mean[at], sd = sqrt(cell$variance[at]))
  })
  list(
    mean = do.call(cbind, lapply(found, `[[`, "mean")),
    sd = do.call(cbind, lapply(found, `[[`, "sd"))
  )
}

# Quantile of the equal mixture of the normals in each row, by halving where it must lie.
mixture_quantile <- function(p, mean, sd) {
  each <- mean + sd * stats::qnorm(p)
  low <- apply(each, 1, min)
  high <- apply(each, 1, max)
  for (i in seq_len(60)) {
    middle <- (low + high) / 2
    below <- rowMeans(stats::pnorm((middle - mean) / sd)) < p
    low[below] <- middle[below]
    high[!below] <- middle[!below]
  }
  (low + high) / 2
}
