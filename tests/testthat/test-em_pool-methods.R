# Intervals, tests and words of pooled estimates; functions of the coefficients.

imp <- trial_imputations()
fits <- with(imp, lm(score ~ arm + age + lab + marker))
est <- em_pool(fits)

test_that("coefficients, covariance and intervals go together", {
  terms <- names(coef(fits$analyses[[1]]))
  expect_named(coef(est), terms)
  expect_identical(dimnames(vcov(est)), list(terms, terms))
  estimates <- sapply(fits$analyses, coef)
  expect_equal(coef(est), rowMeans(estimates))
  expect_equal(
    vcov(est),
    Reduce(`+`, lapply(fits$analyses, vcov)) / 7 + 8 / 7 * cov(t(estimates))
  )
  table <- tidy(est, conf.int = TRUE, conf.level = 0.9)
  expect_named(table, c(
    "term", "estimate", "std.error", "statistic", "df", "p.value", "conf.low", "conf.high", "fmi",
    "riv", "lambda"
  ))
  expect_equal(table$std.error, unname(sqrt(diag(vcov(est)))))
  expect_equal(table$statistic, table$estimate / table$std.error)
  expect_equal(table$p.value, 2 * pt(abs(table$statistic), table$df, lower.tail = FALSE))
  expect_equal(table$conf.high, table$estimate + qt(0.95, table$df) * table$std.error)
  limits <- confint(est, level = 0.9)
  expect_identical(colnames(limits), c("5 %", "95 %"))
  expect_equal(unname(limits), cbind(table$conf.low, table$conf.high))
  expect_identical(confint(est, "lab", 0.9), limits["lab", , drop = FALSE])
  expect_identical(confint(est, 2:3, 0.9), limits[2:3, ])
  expect_error(confint(est, "sex"), class = "missmix_error_argument")
  expect_error(tidy(est, conf.level = 2), class = "missmix_error_argument")
  expect_false("conf.low" %in% names(tidy(est)))
})

test_that("exponentiate transforms the estimate and the ends only", {
  plain <- tidy(est, conf.int = TRUE)
  odds <- tidy(est, conf.int = TRUE, exponentiate = TRUE)
  ends <- c("estimate", "conf.low", "conf.high")
  expect_identical(odds[ends], exp(plain[ends]))
  others <- setdiff(names(plain), ends)
  expect_identical(odds[others], plain[others])
})

test_that("glance has one row", {
  expect_identical(glance(est), data.frame(
    nimp = 7L, nobs = 80L, dfcom = 75L, fmi = max(est$table$fmi), enough = est$enough
  ))
  expect_identical(nobs(est), 80L)
  expect_identical(nobs(em_pool(1:2, variances = c(1, 1))), NA_integer_)
})

test_that("functions of the coefficients go by the delta method", {
  made <- em_pool(fits, functions = list(
    contrast = function(b) b[["lab"]] - 2 * b[["marker"]],
    ratio = function(b) b[["armactive"]] / b[["marker"]]
  ))
  expect_named(coef(made), c("contrast", "ratio"))
  twin <- function(value, slope) {
    values <- vapply(fits$analyses, function(fit) value(coef(fit)), numeric(1))
    variances <- vapply(fits$analyses, function(fit) {
      gradient <- slope(coef(fit))
      drop(gradient %*% vcov(fit) %*% gradient)
    }, numeric(1))
    rubin_twin(values, variances, 75)
  }
  contrast <- twin(function(b) b[["lab"]] - 2 * b[["marker"]], function(b) c(0, 0, 0, 1, -2))
  # A linear function has no error but rounding, a ratio that of numerical derivatives.
  expect_relative(unlist(made$table[1, names(contrast)]), unlist(contrast), 1e-9)
  ratio <- twin(
    function(b) b[["armactive"]] / b[["marker"]],
    function(b) c(0, 1 / b[["marker"]], 0, 0, -b[["armactive"]] / b[["marker"]]^2)
  )
  expect_relative(unlist(made$table[2, names(ratio)]), unlist(ratio), 1e-8)
  # The coefficients themselves are no other answer.
  identities <- lapply(stats::setNames(nm = names(coef(est))), function(term) {
    force(term)
    function(b) b[[term]]
  })
  again <- em_pool(fits, functions = identities)
  expect_relative(vcov(again), vcov(est), 1e-8)
})

test_that("functions that are none, or return no number, are named", {
  expect_error(em_pool(fits, functions = list(exp)), class = "missmix_error_argument")
  expect_error(em_pool(fits, functions = exp), class = "missmix_error_argument")
  found <- tryCatch(
    em_pool(fits, functions = list(both = function(b) b[c("lab", "age")])), error = identity
  )
  expect_s3_class(found, "missmix_error_model")
  expect_match(conditionMessage(found), "\"both\" must return one finite number")
  expect_error(
    em_pool(fits, functions = list(log = function(b) b[["lab"]] - b[["lab"]])),
    "variance of \"log\"", class = "missmix_error_model"
  )
})

test_that("a correlation by Fisher's z", {
  r <- vapply(1:7, function(i) with(em_complete(imp, i), cor(lab, marker)), numeric(1))
  z <- em_pool(atanh(r), variances = rep(1 / 77, 7))
  twin <- rubin_twin(atanh(r), rep(1 / 77, 7))
  expect_equal(unname(tanh(coef(z))), tanh(twin$estimate))
  expect_equal(
    c(tanh(confint(z))), tanh(twin$estimate + c(-1, 1) * qt(0.975, twin$df) * twin$std.error)
  )
  if (requireNamespace("mice", quietly = TRUE)) {
    peer <- mice::pool.scalar(atanh(r), rep(1 / 77, 7))
    expect_same_pooling(z, peer$qbar, sqrt(peer$t), peer$df, peer$fmi)
  }
})

test_that("words: the table, where degrees of freedom are from, and how many are enough", {
  expect_output(print(est), "Pooled over 7 imputations: lm\\(score ~ arm \\+ age")
  expect_output(print(est), "complete data would have 75\\s+\\(from df.residual\\(\\)\\)")
  expect_output(print(est), sprintf("%d imputations,\\s+not\\s+7", est$enough))
  expect_output(print(est, rows = 2), "3 more terms")
  infinite <- em_pool(rep(c(1, 1.01), 20), variances = rep(1, 40))
  expect_output(print(infinite), "infinitely\\s+many \\(none given\\)")
  expect_output(print(infinite), "40 imputations\\s+are enough")
  expect_output(print(summary(est, level = 0.9)), "conf.low.*Limits have level 0.9")
  expect_equal(summary(est)$table, tidy(est, conf.int = TRUE))
})

test_that("no patient is in the pooled estimates, and they survive the disk", {
  expect_lt(length(serialize(est[names(est) != "call"], NULL)), 5000)
  file <- withr::local_tempfile()
  saveRDS(est, file)
  expect_identical(tidy(readRDS(file)), tidy(est))
})
