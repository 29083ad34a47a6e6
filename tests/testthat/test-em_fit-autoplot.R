test_that("ggplots are made for every picture", {
  skip_if_not_installed("ggplot2")
  withr::local_pdf(NULL)
  for (what in c("trace", "patterns", "information")) {
    picture <- ggplot2::autoplot(air_fit(), what)
    expect_s3_class(picture, "ggplot")
    expect_no_error(print(picture))
  }
  expect_error(ggplot2::autoplot(air_fit(), "map"), class = "missmix_error_argument")
})

test_that("powers of ten are labelled as people write them", {
  expect_identical(power_labels(c(1e-7, 0.001, 10, NA)), c("1e-7", "0.001", "10", ""))
})

test_that("patterns have a ggplot, too", {
  skip_if_not_installed("ggplot2")
  picture <- ggplot2::autoplot(em_patterns(airquality), patterns = 2)
  expect_s3_class(picture, "ggplot")
  expect_identical(nrow(picture$data), 2L * 6L)
  expect_error(
    ggplot2::autoplot(em_patterns(airquality), patterns = 0), class = "missmix_error_argument"
  )
})
