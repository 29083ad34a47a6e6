# keep_data = FALSE: nothing in the fit may hold a row.

secret <- 123456.78912345

holds_secret <- function(fit) {
  bytes <- serialize(fit, NULL)
  pattern <- utils::tail(serialize(secret, NULL), 8)
  any(vapply(which(bytes == pattern[1]), function(at) {
    at + 7 <= length(bytes) && identical(bytes[at + 0:7], pattern)
  }, logical(1)))
}

with_secret <- function() {
  data <- airquality[c("Ozone", "Solar.R", "Wind")]
  data$Ozone[7] <- secret
  rownames(data)[7] <- "patient 7"
  data
}

test_that("the search finds a row where there is one", {
  expect_true(holds_secret(em_mvn(with_secret())))
})

test_that("no row stays in the fit, its call, its cache or its control", {
  data <- with_secret()
  full <- em_mvn(data)
  fits <- list(
    em_mvn(data, keep_data = FALSE),
    em_mvn(~ log(Ozone) + Wind, data = data, keep_data = FALSE),
    do.call(em_mvn, list(data, starts = full, keep_data = FALSE, weights = rep(1, nrow(data)))),
    local({
      inside <- data
      em_mvn(inside, keep_data = FALSE, control = em_control(callback = function(row) NULL))
    }),
    eval(bquote(em_mvn(data.frame(a = c(1, .(secret), 3, 5), b = c(2, NA, 1, 7)),
      keep_data = FALSE)))
  )
  for (fit in fits) expect_false(holds_secret(fit))
  # What needs the rows was computed before they went.
  expect_equal(vcov(fits[[1]]), vcov(full))
})
