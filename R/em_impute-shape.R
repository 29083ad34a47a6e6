# Do the data look like the normal model where it fills cells?

# Of each imputed variable, on the modelled scale, the regression on all others in completed data,
# which follow the model if the data do, however cells went missing at random (Gelman and others
# 2005); judged in the rows where the variable is observed. `bend`: the correlation of the residual
# with the square of the prediction (Ramsey 1969), which is zero where means are straight lines;
# `spread`: that of its square with the prediction (Koenker 1981), zero where variances are
# constant. Means over some imputations.
shape_of <- function(imp, imputations = 5L, most = 2000L, fewest = 20L) {
  y <- modelled_matrix(imp$data)
  judged <- setdiff(imputed_variables(imp), match(names(imp$bounds), imp$variables))
  found <- lapply(seq_len(min(imp$m, imputations)), function(k) {
    full <- completed_on_scale(imp, y, k)
    rows <- evenly(which(stats::complete.cases(full)), most)
    parts <- split_regressions(full[rows, , drop = FALSE], imp$by$level[rows], imp$by$covariance)
    seen <- !is.na(y[rows, , drop = FALSE])
    enough <- colSums(seen) >= fewest + 2 * parts$df
    departures <- vapply(judged, function(j) {
      if (enough[j]) departure(parts$residual[seen[, j], j], parts$prediction[seen[, j], j]) else {
        c(NA_real_, NA_real_)
      }
    }, numeric(2))
    cbind(t(matrix(departures, 2)), colSums(seen)[judged])
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
    variable <- imp$variables[j]
    transform <- transform_of(imp, variable)
    value <- if (variable %in% names(imp$delta)) NA_real_ else imp$values[at, k]
    if (!is.null(transform)) value <- transform_forward(value, transform)
    y[imp$cells$row[at], j] <- value
  }
  y
}

# Residuals and predictions of each column given the others, by groups as the model has them; `df`:
# the coefficients that this takes.
split_regressions <- function(full, level, covariance) {
  if (nlevels(level) < 2) {
    return(regressions(full))
  }
  if (covariance == "common") {
    wide <- cbind(full, stats::model.matrix(~level)[, -1])
    return(regressions(wide))
  }
  out <- list(residual = full, prediction = full, df = ncol(full) * nlevels(level))
  for (rows in split(seq_len(nrow(full)), level)) {
    part <- regressions(full[rows, , drop = FALSE])
    out$residual[rows, ] <- part$residual
    out$prediction[rows, ] <- part$prediction
  }
  out
}

# In standard deviations of the columns; all NA where the columns have a singular covariance.
regressions <- function(full) {
  precision <- if (ncol(full) > 1 && nrow(full) > ncol(full)) {
    tryCatch(chol2inv(chol(stats::cor(full))), error = function(e) NULL, warning = function(w) NULL)
  }
  if (is.null(precision)) {
    unknown <- array(NA_real_, dim(full))
    return(list(residual = unknown, prediction = unknown, df = ncol(full)))
  }
  full <- scale(full)
  residual <- full %*% precision %*% diag(1 / diag(precision))
  list(residual = residual, prediction = full - residual, df = ncol(full))
}

# Bend and spread; NA where a group could not be regressed.
departure <- function(residual, prediction) {
  if (anyNA(residual)) {
    return(c(NA_real_, NA_real_))
  }
  line <- stats::lm.fit(cbind(1, prediction), cbind(residual, prediction^2))$residuals
  c(stats::cor(line[, 1], line[, 2]), stats::cor(residual^2, prediction))
}

# Correlations that matter, and that chance does not make in any of them.
judge_shape <- function(shape, by) {
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
    ". Estimates may be off and intervals too short; a transform helps if the analysis is on",
    " that scale, too", if (identical(by$covariance, "common")) ", or separate covariances do", "."
  )
}
