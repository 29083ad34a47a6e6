# A body-mass index is weight over height squared: an identity that completed data must keep.
body_data <- function(n = 120) {
  with_own_seed(2, {
    age <- stats::rnorm(n, 50, 10)
    height <- exp(stats::rnorm(n, log(1.7), 0.06))
    weight <- exp(log(24) + 2 * log(height) + (age - 50) / 100 + stats::rnorm(n, 0, 0.15))
    height[sample(n, 15)] <- NA
    weight[sample(n, 30)] <- NA
    data.frame(age, height, weight, bmi = weight / height^2)
  })
}

logs <- c(height = "log", weight = "log")

test_that("an index computed from completed parts keeps the identity", {
  data <- body_data()
  fit <- em_mvn(data, columns = c("age", "height", "weight"), transform = logs)
  imp <- em_impute(fit, m = 5, seed = 1)
  indices <- with(imp, weight / height^2)$analyses
  for (k in 1:5) {
    completed <- em_complete(imp, k)
    expect_false(anyNA(completed[c("height", "weight")]))
    # What was observed of the index is what its parts say, in every imputation.
    seen <- !is.na(data$bmi)
    expect_equal(indices[[k]][seen], data$bmi[seen], tolerance = 1e-14)
    expect_true(all(is.finite(indices[[k]])))
  }
  # The analysis may name the index although nobody imputed it.
  pooled <- em_pool(with(imp, lm(log(weight / height^2) ~ age)))
  expect_lt(abs(coef(pooled)[["age"]] - 0.01), 4 * sqrt(vcov(pooled)["age", "age"]))
})

test_that("the index among its parts is refused, and the identity is named", {
  expect_warning(
    fit <- em_mvn(body_data(), transform = c(logs, bmi = "log")),
    "2 log\\(height\\)", class = "missmix_warning_degenerate"
  )
  expect_error(em_impute(fit, m = 2, seed = 1), class = "missmix_error_model")
})
