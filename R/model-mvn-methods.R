# What the multivariate normal answers in its own way. The common methods are in
# em_fit-methods.R, em_fit-print.R and em_fit-tidiers.R.

#' @rdname em_fit-methods
#' @export
coef.em_mvn <- function(object, ...) {
  check_no_dots()
  pairs <- covariance_pairs(object)
  values <- c(object$parameters$mu, object$parameters$sigma[pairs])
  stats::setNames(values, c(
    sprintf("mu[%s]", object$terms),
    sprintf("sigma[%s,%s]", object$terms[pairs[, 1]], object$terms[pairs[, 2]])
  ))
}

# Row and column of every covariance among the coefficients, in their order:
# the lower triangle column by column.
covariance_pairs <- function(fit) {
  p <- length(fit$terms)
  which(lower.tri(diag(p), diag = TRUE), arr.ind = TRUE)
}

# Share of each coefficient (row) that belongs to each variable (column): a mean
# or a variance to its own, a covariance half to each.
coefficient_variables.em_mvn <- function(fit) {
  p <- length(fit$terms)
  pairs <- covariance_pairs(fit)
  shares <- rbind(diag(p), (diag(p)[pairs[, 1], , drop = FALSE] +
    diag(p)[pairs[, 2], , drop = FALSE]) / 2)
  colnames(shares) <- fit$terms
  shares
}

# Standard errors that complete data would give, up to the common 1/sqrt(n).
complete_errors.em_mvn <- function(fit) {
  sigma <- fit$parameters$sigma
  pairs <- covariance_pairs(fit)
  variances <- unname(diag(sigma))
  c(
    sqrt(variances),
    sqrt(variances[pairs[, 1]] * variances[pairs[, 2]] + sigma[pairs]^2)
  )
}

answer.em_mvn <- function(fit, rows = 10L) {
  shown <- seq_len(min(rows, length(fit$terms)))
  mean <- unname(fit$parameters$mu[shown])
  sd <- unname(sqrt(diag(fit$parameters$sigma)[shown]))
  # A mean of zero but for rounding reads as zero.
  mean[abs(mean) < 1e-6 * sd] <- 0
  table <- data.frame(
    mean = signif_text(mean),
    sd = signif_text(sd),
    missing = sprintf("%.1f%%", 100 * fit$missing[shown]),
    row.names = make.unique(fit$terms[shown])
  )
  names(table)[3] <- "% missing"
  list(table = table, total = length(fit$terms), what = "variable")
}

answer_size.em_mvn <- function(fit) {
  weighted <- !is.null(fit$weight_sum)
  sprintf(
    "%s %s%s, %d %s, %s of cells missing",
    number_words(fit$n), plural(fit$n, "row"),
    if (weighted) paste(" of total weight", number_words(fit$weight_sum)) else "",
    length(fit$terms), plural(length(fit$terms), "variable"),
    sprintf("%.1f%%", 100 * mean(fit$missing))
  )
}

correlation.em_mvn <- function(fit) {
  stats::cov2cor(fit$parameters$sigma)
}

#' @rdname em_fit-tidiers
#' @export
augment.em_mvn <- function(x, data = NULL, ...) {
  check_no_dots()
  if (!is.null(data)) {
    x$data <- data_for(x, data)
    x$n <- x$data$n
    x$patterns <- NULL
  }
  if (is.null(x$data)) {
    abort_data(c(
      "The fit does not hold its data ({.code keep_data = FALSE}).",
      i = "Hand them over: {.code augment(fit, data = )}."
    ))
  }
  out <- x$data$source
  if (is.matrix(out)) {
    out <- as.data.frame(out)
  }
  diagnostics <- row_diagnostics(x)
  for (name in names(diagnostics)) {
    out[[name]] <- diagnostics[[name]]
  }
  as_valid_table(out)
}
