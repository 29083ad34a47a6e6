# Imputations made by hand, and what pooling needs to be compared with.

# Missing cells of the columns filled with observed values of the column, drawn at random: no
# model, but a variance between imputations.
made_imputations <- function(data, m = 5, columns = names(data), seed = 1) {
  modelled <- as.data.frame(data[, columns, drop = FALSE])
  missing <- which(is.na(t(as.matrix(modelled))), arr.ind = TRUE)
  cells <- data.frame(row = unname(missing[, 2]), variable = unname(missing[, 1]))
  observed <- lapply(modelled, function(column) column[!is.na(column)])
  values <- with_own_seed(seed, vapply(seq_len(m), function(i) {
    vapply(cells$variable, function(j) as.double(sample(observed[[j]], 1)), numeric(1))
  }, numeric(nrow(cells))))
  structure(
    list(
      m = m, method = "posterior", seed = seed, call = quote(em_impute()), model = "made by hand",
      terms = columns, variables = columns, transform = character(), cells = cells,
      values = values, data = as_em_data(data, columns), parameters = NULL,
      unimputed = data.frame(row = integer(), variable = integer(), reason = character()),
      chain = NULL, by = NULL, delta = NULL, bounds = NULL, fit = NULL
    ),
    class = "em_imputations"
  )
}

# Rows of a trial: a continuous and a binary outcome, a count, a time; labs with missing cells.
trial_data <- function(n = 80) {
  with_own_seed(4, {
    arm <- factor(rep(c("placebo", "active"), length.out = n), c("placebo", "active"))
    age <- round(stats::rnorm(n, 60, 8))
    lab <- stats::rnorm(n, age / 20)
    marker <- stats::rnorm(n, lab)
    score <- 1 + 0.5 * lab + 0.3 * marker + (arm == "active") + stats::rnorm(n)
    data <- data.frame(
      arm, age, lab, marker, score,
      responder = stats::rbinom(n, 1, stats::plogis(score - 3)),
      visits = stats::rpois(n, exp(score / 4)),
      time = stats::rexp(n, exp(-score / 3)),
      event = stats::rbinom(n, 1, 0.7),
      centre = factor(rep(1:8, length.out = n))
    )
    data$lab[sample(n, n / 4)] <- NA
    data$marker[sample(n, n / 5)] <- NA
    data
  })
}

trial_imputations <- function(m = 7) {
  made_imputations(trial_data(), m, c("age", "lab", "marker", "score"))
}

# Rubin's rules for a single coefficient, slow and obvious.
rubin_twin <- function(estimates, variances, dfcom = Inf) {
  m <- length(estimates)
  pooled <- sum(estimates) / m
  within <- sum(variances) / m
  between <- sum((estimates - pooled)^2) / (m - 1)
  total <- within + between + between / m
  lambda <- (between + between / m) / total
  df <- (m - 1) / lambda^2
  if (is.finite(dfcom)) {
    observed <- (dfcom + 1) / (dfcom + 3) * dfcom * (1 - lambda)
    df <- df * observed / (df + observed)
  }
  riv <- (between + between / m) / within
  fmi <- (riv + 2 / (df + 3)) / (riv + 1)
  data.frame(
    estimate = pooled, std.error = sqrt(total), df = df, riv = riv, lambda = lambda, fmi = fmi
  )
}

# Numbers of our table next to those of another package, all within 1e-10 of their size.
expect_same_pooling <- function(pooled, estimate, std_error, df, fmi) {
  expect_relative(pooled$table$estimate, estimate, 1e-10)
  expect_relative(pooled$table$std.error, std_error, 1e-10)
  expect_relative(pooled$table$df, df, 1e-10)
  expect_relative(pooled$table$fmi, fmi, 1e-10)
}
