# Imputations that several files of tests look at.

air_log_fit <- local({
  fit <- NULL
  function() {
    if (is.null(fit)) fit <<- em_mvn(airquality[air_columns], transform = c(Ozone = "log"))
    fit
  }
})

imputation_methods <- c("posterior", "bootstrap", "normal", "conditional")

impute_quietly <- function(...) suppressMessages(em_impute(...))

# Two columns with limits of detection, and missing cells in a third.
bounded_fit <- function(n = 150) {
  data <- with_seed(4, {
    z <- matrix(rnorm(3 * n), n) %*% chol(matrix(c(1, 0.7, 0.4, 0.7, 1, 0.5, 0.4, 0.5, 1), 3))
    data.frame(a = exp(z[, 1]), b = z[, 2], c = z[, 3])
  })
  data$a[data$a < 0.7] <- NA
  data$b[data$b < -0.5] <- NA
  data$c[seq(1, n, 3)] <- NA
  em_mvn(data, transform = c(a = "log"), bounds = list(a = c(0, 0.7), b = c(-Inf, -0.5)))
}
