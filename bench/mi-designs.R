# The data sets of bench/mi_coverage.R. Each design: data(set), the complete data of that number,
# the same at every run; holes(x), which of its cells go missing, at random given what stays;
# `truth` of the analyses that the holes touch. In all of them y = 1 + b1 x1 + b2 x2 + error, and
# the analyses are that regression and the means of the columns with holes. `logs`: the column that
# the methods named "-log" impute on the log scale. `regress_logs`: is it the logarithm that enters
# the regression?

# x1 and x2 standard normal, correlation .5; errors normal.
normal_data <- function(n) {
  x1 <- rnorm(n)
  x2 <- 0.5 * x1 + sqrt(0.75) * rnorm(n)
  data.frame(x1, x2, y = 1 + x1 + x2 + 1.5 * rnorm(n))
}

# x2 log-normal (skewness 1.75) and correlated with x1, errors exponential: no normal model.
skewed_data <- function(n) {
  x1 <- rnorm(n)
  x2 <- exp(0.5 * (0.5 * x1 + sqrt(0.75) * rnorm(n)))
  data.frame(x1, x2, y = 1 + x1 + 2 * x2 + 1.5 * (rexp(n) - 1))
}

# x2 log-normal with a log-sd of 1 (skewness 6.2), like a laboratory value; its logarithm enters.
laboratory_data <- function(n) {
  x <- normal_data(n)
  x$x2 <- exp(x$x2)
  x
}

none <- function(x) matrix(FALSE, nrow(x), ncol(x), dimnames = list(NULL, names(x)))

# About 40% of x2, the more the larger y; 15% of x1 whatever its value.
holes_by_outcome <- function(x, centre, spread) {
  holes <- none(x)
  n <- nrow(x)
  holes[, "x2"] <- runif(n) < plogis(1.5 * (x$y - centre) / spread - 0.5)
  holes[, "x1"] <- runif(n) < 0.15
  holes
}

# About 40% of one column, the more the larger x1.
holes_by_x1 <- function(x, column) {
  holes <- none(x)
  holes[, column] <- runif(nrow(x)) < plogis(1.5 * x$x1 - 0.5)
  holes
}

normal_truth <- c("(Intercept)" = 1, x1 = 1, x2 = 1, "mean x1" = 0, "mean x2" = 0)
laboratory_truth <- replace(normal_truth, "mean x2", exp(1 / 2))
skewed_truth <- c("(Intercept)" = 1, x1 = 1, x2 = 2, "mean x2" = exp(1 / 8))

designs <- list(
  mar200 = list(
    label = "n = 200, MAR", seed = 1e6, truth = normal_truth,
    data = function() normal_data(200), holes = function(x) holes_by_outcome(x, 1, 2.3)
  ),
  mar50 = list(
    label = "n = 50, MAR", seed = 2e6, truth = normal_truth,
    data = function() normal_data(50), holes = function(x) holes_by_outcome(x, 1, 2.3)
  ),
  skewed_log = list(
    label = "n = 200, log-normal covariate whose logarithm enters, missing given the outcome",
    seed = 7e6, truth = laboratory_truth, logs = "x2", regress_logs = TRUE,
    data = function() laboratory_data(200), holes = function(x) holes_by_outcome(x, 1, 2.3)
  ),
  skewed = list(
    label = "n = 200, skewed, covariate missing given x1",
    seed = 3e6, truth = skewed_truth, logs = "x2",
    data = function() skewed_data(200), holes = function(x) holes_by_x1(x, "x2")
  ),
  outcome = list(
    label = "n = 200, outcome missing", seed = 4e6,
    truth = c(normal_truth[1:3], "mean y" = 1),
    data = function() normal_data(200), holes = function(x) holes_by_x1(x, "y")
  ),
  skewed_outcome = list(
    label = "n = 200, skewed, outcome missing", seed = 6e6,
    truth = c(skewed_truth[1:3], "mean y" = 1 + 2 * exp(1 / 8)),
    data = function() skewed_data(200), holes = function(x) holes_by_x1(x, "y")
  ),
  skewed_by_y = list(
    label = "n = 200, skewed, covariate missing given the outcome",
    seed = 5e6, logs = "x2",
    truth = append(skewed_truth, c("mean x1" = 0), 3L),
    data = function() skewed_data(200),
    holes = function(x) holes_by_outcome(x, 1 + 2 * exp(1 / 8), 2.4)
  )
)

# Data set number `set` of a design: complete and with its holes.
draw_set <- function(design, set) {
  set.seed(design$seed + set)
  complete <- design$data()
  incomplete <- complete
  incomplete[design$holes(complete)] <- NA
  list(complete = complete, incomplete = incomplete)
}
