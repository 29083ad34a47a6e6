# A log-normal column of which 30% lie below the limit of detection, and two columns correlated with
# it: what the ways of dealing with the limit make of means, variances and covariances.
#
#   Rscript bench/lod.R [seeds] [rows]
#
# For each way the mean of the estimates less the truth, and that in standard errors of the mean.
library(missmix)

arguments <- as.integer(commandArgs(trailingOnly = TRUE))
seeds <- if (length(arguments) > 0) arguments[1] else 20L
n <- if (length(arguments) > 1) arguments[2] else 400L

sigma <- matrix(c(2.25, 0.9, 0.75, 0.9, 1, 0.3, 0.75, 0.3, 1), 3)
lower <- lower.tri(sigma, diag = TRUE)
truth <- c(1, 0, 0, sigma[lower])
limit <- exp(1 + 1.5 * qnorm(0.3))

of_table <- function(filled) {
  filled$crp <- log(filled$crp)
  c(colMeans(filled), cov(filled)[lower])
}

one_set <- function(seed) {
  set.seed(seed)
  y <- matrix(rnorm(3 * n), n) %*% chol(sigma)
  data <- data.frame(crp = exp(1 + y[, 1]), x1 = y[, 2], x2 = y[, 3])
  complete <- of_table(data)
  low <- data$crp < limit
  data$crp[low] <- NA
  ignored <- em_mvn(data, transform = c(crp = "log"))
  squeezed <- predict(ignored)
  squeezed$crp[low] <- pmin(squeezed$crp[low], limit)
  half <- replace(data, "crp", ifelse(low, limit / 2, data$crp))
  list(
    `no limit (complete data)` = complete,
    `in the model (bounds)` = unname(coef(em_mvn(
      data, transform = c(crp = "log"), bounds = list(crp = c(0, limit))
    ))),
    `missing at random` = unname(coef(ignored)),
    `filled, then squeezed` = of_table(squeezed),
    `half the limit` = of_table(half)
  )
}

found <- lapply(seq_len(seeds), one_set)
names <- c("mean", "mean x1", "mean x2", "var", "cov x1", "cov x2", "var x1", "cov x1 x2", "var x2")
for (way in names(found[[1]])) {
  values <- vapply(found, function(set) set[[way]], truth)
  bias <- rowMeans(values) - truth
  cat("\n", way, "\n", sep = "")
  print(rbind(
    bias = setNames(round(bias, 3), names),
    `in standard errors` = round(bias / (apply(values, 1, sd) / sqrt(seeds)), 1)
  )[, c(1, 4:6)])
}
