test_that("questions without an agreed answer are refused, and say what to ask instead", {
  for (fit in list(air_fit(), user_fit())) {
    expect_error(fitted(fit), "predict", class = "missmix_error_model")
    expect_error(residuals(fit), "augment", class = "missmix_error_model")
    expect_error(sigma(fit), "em_parameters", class = "missmix_error_model")
    expect_error(formula(fit), "call", class = "missmix_error_model")
    expect_error(model.frame(fit), "augment", class = "missmix_error_model")
  }
})
