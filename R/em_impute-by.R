# Imputation by groups of rows, such as the arms of a trial.

# NULL, or list(variable, level = factor of each row, covariance).
check_by <- function(by, data, newdata, call = rlang::caller_env()) {
  if (is.null(by)) {
    return(NULL)
  }
  if (!is.null(newdata)) {
    abort_argument(c(
      "{.arg by} and {.arg newdata} do not go together.",
      x = "With {.arg by} the groups are fitted anew, from the rows that are imputed.",
      i = "Fit the old and the new rows together, and impute these by group."
    ), argument = "by", call = call)
  }
  name <- if (checkmate::test_string(by) && data$n > 1) by
  level <- if (is.null(name)) by else by_column(name, data, call)
  if (!is.atomic(level) || length(level) != data$n) {
    abort_argument(c(
      "{.arg by} must be the name of a column, or one entry for each of {data$n} row{?s}.",
      x = "It is {.obj_type_friendly {level}} of length {length(level)}."
    ), argument = "by", call = call)
  }
  if (anyNA(level)) {
    row <- which(is.na(level))[1]
    abort_data("{.arg by} must not be missing: it is in row {row}.", row = row, call = call)
  }
  list(variable = name, level = droplevels(as.factor(level)))
}

by_column <- function(name, data, call) {
  if (!name %in% column_names(data$source)) {
    abort_data(c(
      "The data have no column {.field {name}}.",
      i = "{.arg columns} of {.fn em_mvn} models some columns and keeps all; {.arg by} may also be
           one entry for each row."
    ), column = name, call = call)
  }
  source_column(data$source, name)
}

impute_by <- function(fit, data, how, groups, call = rlang::caller_env()) {
  switch(groups$covariance,
    separate = impute_each(fit, data, how, groups$level, call),
    common = impute_with_indicators(fit, data, how, groups$level, call)
  )
}

# Each group by itself, on a seed of its own.
impute_each <- function(fit, data, how, level, call) {
  until <- deadline(how$control)
  seeds <- with_seed(how$seed, sample.int(.Machine$integer.max, nlevels(level)))
  names <- levels(level)
  parts <- stats::setNames(vector("list", length(names)), names)
  for (number in seq_along(names)) {
    rows <- which(level == names[number])
    how$group <- paste("group", names[number])
    group <- fit_group(fit, group_rows(data, rows), how$group,
      "{.code covariance = \"common\"} needs less of each group; a ridge prior helps, too.", call)
    how$seed <- seeds[number]
    # Each group its share, or the first would leave nothing.
    how$control <- until_then(how$control, until)
    how$control$time_limit <- how$control$time_limit / (length(names) - number + 1)
    made <- impute_once(group, group$data, how, call)
    made$filled$row <- rows[made$filled$row]
    # More than this one has are of no use.
    how$m <- ncol(made$filled$values)
    parts[[number]] <- made
  }
  list(
    filled = join_cells(lapply(parts, `[[`, "filled")),
    parameters = lapply(parts, function(part) first_draws(part$parameters, drawn_by_all(parts))),
    chain = slowest_chain(lapply(parts, `[[`, "chain"))
  )
}

group_rows <- function(data, rows) {
  data$columns <- if (is.matrix(data$columns)) {
    data$columns[rows, , drop = FALSE]
  } else {
    lapply(data$columns, `[`, rows)
  }
  data <- bounds_of_rows(data, rows)
  data$n <- length(rows)
  data["row_names"] <- list(NULL)
  data
}

# The model of the fit on other rows or columns; what stands in its way is told with its name, and
# a hint.
fit_group <- function(fit, data, name, hint, call) {
  group <- refit_quietly(fit, data, NULL, climbing_options(fit))
  if (isTRUE(group$status == "stopped")) abort_nothing_drawn(call)
  reason <- unusable(group, fit)
  if (!is.null(reason)) {
    abort_model(c(
      "The model cannot be fitted to {name}.",
      x = "{reason}.",
      i = hint
    ), call = call)
  }
  group
}

drawn_by_all <- function(parts) {
  min(vapply(parts, function(part) ncol(part$filled$values), numeric(1)))
}

first_draws <- function(parameters, m) {
  list(
    mu = parameters$mu[, seq_len(m), drop = FALSE],
    sigma = parameters$sigma[, , seq_len(m), drop = FALSE]
  )
}

# Cells of all groups, by row and variable; imputations that all groups have.
join_cells <- function(filled) {
  m <- min(vapply(filled, function(part) ncol(part$values), numeric(1)))
  row <- unlist(lapply(filled, `[[`, "row"), use.names = FALSE)
  variable <- unlist(lapply(filled, `[[`, "variable"), use.names = FALSE)
  values <- do.call(rbind, unname(lapply(filled, function(part) {
    part$values[, seq_len(m), drop = FALSE]
  })))
  order <- order(row, variable)
  list(
    row = row[order], variable = variable[order], values = values[order, , drop = FALSE]
  )
}

slowest_chain <- function(chains) {
  if (is.null(chains[[1]])) {
    return(NULL)
  }
  left <- vapply(chains, function(chain) chain$acf[["expected"]], numeric(1))
  c(chains[[which.max(left)]], list(level = names(chains)[which.max(left)]))
}

# Indicators of all groups but the first as further, complete variables: given them, the means of
# the others differ freely between groups and their covariance is the same in all.
impute_with_indicators <- function(fit, data, how, level, call) {
  wide <- with_indicators(data, level)
  joint <- fit_group(fit, wide, "all groups together",
    "{.arg by} must say something else than the variables; a ridge prior helps, too.", call)
  made <- impute_once(joint, wide, how, call)
  made$parameters <- parameters_by_level(made$parameters, data$terms, levels(level))
  if (!is.null(made$chain)) made$chain$level <- "all"
  made
}

with_indicators <- function(data, level) {
  columns <- data$columns
  if (is.matrix(columns)) columns <- lapply(seq_len(data$p), function(j) columns[, j])
  names <- make.unique(c(data$terms, paste0("group ", levels(level)[-1])))[-seq_len(data$p)]
  indicators <- lapply(levels(level)[-1], function(name) as.double(level == name))
  data$columns <- stats::setNames(c(columns, indicators), c(data$terms, names))
  data$terms <- c(data$terms, names)
  data$variables <- c(data$variables, names)
  data$p <- length(data$terms)
  data$kind <- "data.frame"
  data
}

# Of the variables, given the indicators of each level.
parameters_by_level <- function(parameters, terms, levels) {
  p <- length(terms)
  own <- seq_len(p)
  m <- ncol(parameters$mu)
  given <- lapply(seq_len(m), function(k) {
    sigma <- parameters$sigma[, , k]
    slopes <- t(solve(sigma[-own, -own, drop = FALSE], sigma[-own, own, drop = FALSE]))
    list(slopes = slopes, sigma = sigma[own, own] - slopes %*% sigma[-own, own, drop = FALSE])
  })
  sigma <- array(unlist(lapply(given, `[[`, "sigma")), c(p, p, m), list(terms, terms, NULL))
  by_level <- lapply(seq_along(levels), function(g) {
    indicators <- as.double(seq_along(levels)[-1] == g)
    mu <- vapply(seq_len(m), function(k) {
      parameters$mu[own, k] + drop(given[[k]]$slopes %*% (indicators - parameters$mu[-own, k]))
    }, numeric(p))
    list(mu = matrix(mu, p, dimnames = list(terms, NULL)), sigma = sigma)
  })
  stats::setNames(by_level, levels)
}
