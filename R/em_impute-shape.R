# Do the data look like the normal model where it fills cells?

# Of each imputed variable, on the modelled scale, the regression on all others (and the group) in
# completed data, which follow the model if the data do, however cells went missing at random
# (Gelman and others 2005); judged in the rows where the variable is observed. `bend`: the
# correlation of the residual with the square of the prediction (Ramsey 1969), which is zero where
# means are straight lines; `spread`: that of its square with the prediction (Koenker 1981), zero
# where variances are constant. Means over some imputations.
shape_of <- function(imp, imputations = 5L, most = 2000L) {
  y <- modelled_matrix(imp$data)
  judged <- setdiff(imputed_variables(imp), match(names(imp$bounds), imp$variables))
  found <- lapply(seq_len(min(imp$m, imputations)), function(k) {
    full <- completed_on_scale(imp, y, k)
    rows <- evenly(which(stats::complete.cases(full)), most)
    seen <- !is.na(y[rows, judged, drop = FALSE])
    departures(with_level(full[rows, , drop = FALSE], imp$by$level[rows]), judged, seen)
  })
  mean <- Reduce(`+`, found) / length(found)
  data.frame(
    variable = imp$variables[judged], bend = mean[, 1], spread = mean[, 2], rows = mean[, 3],
    row.names = NULL
  )
}

# Shifted values are not of the model: rows that have them are left out.
completed_on_scale <- function(imp, y, k) {
  for (j in imputed_variables(imp)) {
    at <- which(imp$cells$variable == j)
    transform <- transform_of(imp, j)
    value <- imp$values[at, k]
    if (!is.null(transform)) value <- transform_forward(value, transform)
    shifted <- imp$variables[j] %in% names(imp$delta)
    y[imp$cells$row[at], j] <- if (shifted) NA_real_ else value
  }
  y
}

with_level <- function(full, level) {
  if (nlevels(level) < 2) full else cbind(full, stats::model.matrix(~level)[, -1, drop = FALSE])
}

# A row for each of `judged`: bend, spread, and the rows where it is `seen`.
departures <- function(full, judged, seen, fewest = 20L) {
  counts <- colSums(seen)
  found <- cbind(rep(NA_real_, length(judged)), rep(NA_real_, length(judged)), counts)
  precision <- if (ncol(full) > 1 && nrow(full) > ncol(full)) {
    tryCatch(chol2inv(chol(stats::cor(full))), error = function(e) NULL, warning = function(w) NULL)
  }
  if (is.null(precision)) {
    return(found)
  }
  full <- scale(full)
  residual <- full %*% precision %*% diag(1 / diag(precision))
  for (k in which(counts >= fewest + 2 * ncol(full))) {
    at <- seen[, k]
    left <- residual[at, judged[k]]
    prediction <- full[at, judged[k]] - left
    line <- stats::lm.fit(cbind(1, prediction), cbind(left, prediction^2))$residuals
    found[k, 1:2] <- c(stats::cor(line[, 1], line[, 2]), stats::cor(left^2, prediction))
  }
  found
}

# Correlations that matter, and that chance does not make in any of them.
judge_shape <- function(imp) {
  shape <- shape_of(imp)
  shape <- shape[!is.na(shape$bend), ]
  if (nrow(shape) == 0) {
    return(finding("shape", NA, NA, "Not judged: too few rows in which a variable that was imputed",
      " is observed."))
  }
  size <- cbind(bend = abs(shape$bend), spread = abs(shape$spread))
  beyond <- stats::qnorm(1 - imputation_limits$chance / (2 * length(size))) / sqrt(shape$rows)
  departs <- size > pmax(imputation_limits$shape, beyond)
  worst <- max(size)
  if (!any(departs)) {
    return(finding("shape", "pass", worst, "Where cells were imputed, straight lines and constant",
      " variances fit the observed ones."))
  }
  size[!departs] <- 0
  at <- arrayInd(which.max(size), dim(size))
  name <- shape$variable[at[1]]
  others <- setdiff(shape$variable[rowSums(departs) > 0], name)
  finding("shape", "caution", max(size),
    if (at[2] == 1) paste0("The mean of ", name, " given the others is no straight line") else {
      paste0("The spread of ", name, " given the others ",
        if (shape$spread[at[1]] > 0) "grows" else "shrinks", " with its mean")
    },
    " (correlation ", fraction_text(max(size)), ")",
    if (length(others) > 0) paste0("; of the same kind: ", and_list(others)),
    ". Estimates may be off and intervals too short: compare transforms by AIC."
  )
}
