# Rubin's rules. Equations are those of the help of em_pool().

# `analyses`: list of list(estimate, covariance), checked; `dfcom`: from choose_dfcom().
pool_coefficients <- function(analyses, dfcom, functions, call) {
  analyses <- align_coefficients(analyses, call)
  if (!is.null(functions)) {
    check_functions(functions, call)
    analyses <- Map(function(analysis, number) {
      functions_of(analysis, functions, number, call)
    }, analyses, seq_along(analyses))
  }
  m <- length(analyses)
  parts <- variance_parts(analyses)
  lost <- names(parts$estimate)[!is.finite(parts$estimate + diag(parts$total))]
  if (length(lost) > 0) {
    abort_model("The mean or the variance of {.val {lost}} is beyond the largest number.",
      term = lost, call = call)
  }
  table <- rubin_table(parts, m, dfcom$value)
  structure(
    c(parts, list(
      table = table,
      m = m,
      dfcom = dfcom$value,
      dfcom_from = dfcom$from,
      enough = imputations_enough(max(table$fmi), m)
    )),
    class = "em_pooled"
  )
}

variance_parts <- function(analyses) {
  m <- length(analyses)
  estimates <- do.call(rbind, lapply(analyses, `[[`, "estimate"))
  within <- Reduce(`+`, lapply(analyses, `[[`, "covariance")) / m
  between <- stats::cov(estimates)
  list(
    estimate = colMeans(estimates), within = within, between = between,
    total = within + (1 + 1 / m) * between
  )
}

rubin_table <- function(parts, m, dfcom) {
  added <- (1 + 1 / m) * diag(parts$between)
  riv <- added / diag(parts$within)
  lambda <- added / diag(parts$total)
  df <- barnard_rubin(lambda, m, dfcom)
  fmi <- (riv + 2 / (df + 3)) / (1 + riv)
  data.frame(
    term = names(parts$estimate),
    estimate = parts$estimate,
    std.error = sqrt(diag(parts$total)),
    df = df,
    riv = riv,
    lambda = lambda,
    fmi = fmi,
    efficiency = 1 / (1 + fmi / m),
    row.names = NULL
  )
}

barnard_rubin <- function(lambda, m, dfcom) {
  old <- (m - 1) / lambda^2
  if (is.infinite(dfcom)) {
    return(old)
  }
  observed <- (dfcom + 1) / (dfcom + 3) * dfcom * (1 - lambda)
  1 / (1 / old + 1 / observed)
}

# The coefficient of variation, over sets of imputations, of standard errors that are good enough.
enough_variation <- 0.05

# von Hippel (2020).
imputations_needed <- function(fmi) as.integer(ceiling(1 + (fmi / enough_variation)^2 / 2))

# With the upper end of a 95% interval of a fraction of missing information known from m of them.
imputations_enough <- function(fmi, m, level = 0.95) {
  imputations_needed(
    stats::plogis(stats::qlogis(fmi) + stats::qnorm((1 + level) / 2) * sqrt(2 / m))
  )
}

check_functions <- function(functions, call) {
  ok <- is.list(functions) && length(functions) > 0 &&
    all(vapply(functions, is.function, logical(1))) &&
    checkmate::test_names(names(functions), "unique")
  must_be(ok, functions, "a named list of functions, each name once", "functions", call)
}

# Functions of the coefficients of one analysis, with their covariance by the delta method.
functions_of <- function(analysis, functions, number, call) {
  evaluate <- function(coefficients) {
    vapply(names(functions), function(name) {
      value <- rlang::try_fetch(functions[[name]](coefficients), error = function(cnd) {
        abort_model("Function {.val {name}} failed on the coefficients of analysis {number}.",
          analysis = number, term = name, parent = cnd, call = call)
      })
      if (!checkmate::test_number(value, finite = TRUE)) {
        abort_model(c(
          "Function {.val {name}} must return one finite number.",
          x = "From the coefficients of analysis {number} it made {value_text(value)}."
        ), analysis = number, term = name, call = call)
      }
      as.double(value)
    }, numeric(1))
  }
  estimate <- evaluate(analysis$estimate)
  # In units of standard errors all directions are alike; this step leaves errors of 1e-12 in
  # the derivative from curvature, and of about 1e-13 from rounding.
  std_error <- standard_errors(analysis$covariance)
  slopes <- difference_jacobian(
    evaluate, analysis$estimate, diag(std_error, length(std_error)), 1e-3
  )
  covariance <- slopes %*% stats::cov2cor(analysis$covariance) %*% t(slopes)
  check_coefficients(list(estimate = estimate, covariance = covariance), number, call)
}
