families <- c("poisson", "quasipoisson", "nbinom", "gaussian", "student", "lognormal")

test_that("coefficients, errors, limits and tables have the same names and numbers", {
  fit <- tissue_fit()
  terms <- names(coef(fit))
  expect_identical(terms[1:2], c("proportions[sample01,type1]", "proportions[sample02,type1]"))
  expect_identical(unname(coef(fit)), as.vector(em_parameters(fit)$proportions))
  covariance <- vcov(fit)
  expect_identical(dimnames(covariance), list(terms, terms))
  table <- tidy(fit, conf.int = TRUE)
  expect_identical(table$term, terms)
  expect_identical(table$sample, rep(fit$samples$sample, 4))
  expect_equal(table$std.error, unname(sqrt(diag(covariance))))
  limits <- confint(fit)
  expect_identical(rownames(limits), terms)
  expect_identical(cbind(table$conf.low, table$conf.high), unname(limits))
  expect_true(all(limits >= 0 & limits <= 1))
  expect_identical(confint(fit, terms[3]), limits[3, , drop = FALSE])
  expect_error(confint(fit, "nobody"), class = "missmix_error_argument")
  expect_error(confint(fit, level = 1), class = "missmix_error_argument")
})

test_that("covariances of one sample are a block of all", {
  fit <- tissue_fit()
  own <- 2 + 6 * (0:3)
  block <- vcov(fit, sample = "sample02")
  expect_identical(dimnames(block), list(fit$terms, fit$terms))
  expect_identical(unname(block), unname(vcov(fit)[own, own]))
  expect_identical(block, vcov(fit, sample = 2))
  expect_true(all(vcov(fit)[own, -own] == 0))
  # Proportions sum to one whatever the errors.
  expect_lt(max(abs(rowSums(block))), 1e-12 * max(block))
  expect_error(vcov(fit, sample = "x"), class = "missmix_error_argument")
  expect_error(vcov(fit, sample = 1:2), class = "missmix_error_argument")
  expect_error(vcov(fit, sample = 7), class = "missmix_error_argument")
})

test_that("a type at zero has a variance and a one-sided interval", {
  fit <- deconvolved(samples = 60, depth = 2e4)
  zero <- which(fit$parameters$proportions == 0, arr.ind = TRUE)[1, ]
  block <- vcov(fit, sample = zero[["row"]])
  expect_gt(block[zero[["col"]], zero[["col"]]], 0)
  expect_true(all(block[zero[["col"]], -zero[["col"]]] == 0))
  table <- tidy(fit, conf.int = TRUE)
  at <- table$estimate == 0
  expect_true(all(table$conf.low[at] == 0))
  expect_error(vcov(deconvolved(samples = 130)), "at most 500", class = "missmix_error_model")
})

test_that("no errors where types cannot be told apart", {
  data <- simulated_tissue()
  data$profiles[, 2] <- data$profiles[, 1]
  # Both of the twins are there.
  fit <- em_deconvolve(data$bulk, em_reference(data$profiles, scale = "rna"), family = "gaussian")
  fit$abundance[, 1:2] <- fit$abundance[, 1] + fit$abundance[, 2]
  fit$abundance[, 1:2] <- fit$abundance[, 1:2] / 2
  expect_warning(block <- vcov(fit, sample = 3), class = "missmix_warning_boundary")
  expect_match(attr(block, "reason"), "tell apart all types in sample sample03")
})

test_that("one row for the fit", {
  row <- glance(tissue_fit())
  expect_identical(names(row), c(
    "logLik", "AIC", "BIC", "df", "nobs", "status", "converged", "gap", "passes", "family",
    "n_samples", "n_types", "n_genes", "share"
  ))
  expect_identical(row$logLik, as.numeric(logLik(tissue_fit())))
  expect_identical(attr(logLik(tissue_fit()), "nobs"), nobs(tissue_fit()))
  expect_identical(row$n_genes, 200L)
  expect_identical(row$share, "rna")
  for (family in c("quasipoisson", "auto")) {
    quasi <- deconvolved(family = family)
    expect_identical(as.numeric(logLik(quasi)), NA_real_)
    expect_identical(glance(quasi)$AIC, NA_real_)
  }
  expect_identical(glance(quasi)$family, "poisson and lognormal")
})

test_that("a row for each sample", {
  fit <- tissue_fit()
  rows <- augment(fit)
  expect_identical(rows$.sample, fit$samples$sample)
  expect_equal(rows$.total, unname(colSums(simulated_tissue()$bulk)))
  expect_equal(rows$.proportion_type2, unname(fit$parameters$proportions[, 2]))
  expect_true(all(startsWith(names(rows), ".")))
  own <- data.frame(group = 1:6, row.names = rev(fit$samples$sample))
  expect_identical(augment(fit, own)$.sample, rev(fit$samples$sample))
  expect_identical(augment(fit, own)$group, 1:6)
  expect_identical(augment(fit, data.frame(a = 1:6))$.sample, fit$samples$sample)
  expect_error(augment(fit, data.frame(a = 1:5)), class = "missmix_error_data")
  expect_error(augment(fit, 1:6), class = "missmix_error_data")
})

test_that("fitted values are the mixture, residuals what is left", {
  fit <- tissue_fit()
  bulk <- simulated_tissue()$bulk
  expect_equal(fitted(fit), fit$reference$profiles %*% t(fit$abundance))
  expect_identical(dimnames(fitted(fit)), dimnames(bulk))
  expect_equal(residuals(fit, "response"), bulk - fitted(fit))
  expect_equal(residuals(fit), (bulk - fitted(fit)) / sqrt(fitted(fit)))
  # Poisson profiles sum to the bulk at the maximum: that is the certificate.
  expect_equal(colSums(fitted(fit)), colSums(bulk), tolerance = 1e-6)
  expect_error(residuals(fit, "deviance"), class = "missmix_error_argument")
})

test_that("simulated bulks have the variance that residuals are divided by", {
  for (family in families) {
    fit <- deconvolved(family = family)
    m <- fitted(fit)
    drawn <- simulate(fit, 20, seed = 1)
    expect_named(drawn, sprintf("sim_%d", 1:20))
    expect_identical(dimnames(drawn[[1]]), dimnames(m))
    squares <- vapply(drawn, function(y) mean((y - m)^2 / additive_variance(fit, m)), 0)
    # 24,000 cells; Student's t of 4 degrees has twice the variance of its scale.
    expect_equal(mean(squares), if (family == "student") 2 else 1, tolerance = 0.15)
    expect_identical(simulate(fit, seed = 1)[[1]], drawn[[1]])
  }
  before <- withr::with_seed(3, stats::runif(1))
  withr::with_seed(3, {
    simulate(tissue_fit(), seed = 1)
    expect_identical(stats::runif(1), before)
  })
})

test_that("draws of given means and variances", {
  withr::local_seed(1)
  for (variance in c(2, 10, 40)) {
    x <- draw_counts(rep(10, 1e5), rep(variance, 1e5))
    # Five standard errors of a mean of 1e5.
    expect_within(mean(x), 10, 5 * sqrt(variance / 1e5))
    expect_equal(stats::var(x), variance, tolerance = 0.05)
  }
  expect_identical(draw_counts(c(0, 0), c(0, 0)), c(0, 0))
})

test_that("new samples are deconvolved as those of the fit", {
  data <- simulated_tissue()
  for (family in families) {
    fit <- deconvolved(family = family)
    expect_equal(predict(fit, data$bulk[, 3:4]), em_parameters(fit)$proportions[3:4, ])
  }
  fit <- tissue_fit()
  expect_identical(predict(fit), em_parameters(fit)$proportions)
  # Genes in another order, and some of them missing.
  fewer <- predict(fit, data$bulk[200:40, ])
  expect_within(fewer, em_parameters(fit)$proportions, 0.05)
  rownames(data$bulk) <- rev(letters)[rep(1:26, 8)[1:200]]
  expect_error(suppressMessages(predict(fit, data$bulk)), class = "missmix_error_data")
  data <- simulated_tissue()
  expect_error(predict(fit, new_data = data$bulk), class = "missmix_error_argument")
  expect_equal(predict(deconvolved(keep_data = FALSE), data$bulk), predict(fit))
})

test_that("values of genes go with their genes", {
  family <- list(name = "nbinom", weight = c(1, 2, 3), dispersion = c(4, 5, 6), degrees = 4)
  expect_identical(
    family_genes(family, c(3L, 1L), 3L),
    list(name = "nbinom", weight = c(3, 1), dispersion = c(6, 4), degrees = 4)
  )
})

test_that("update makes the call again with what the fit remembers", {
  fit <- tissue_fit()
  expect_identical(em_parameters(update(fit)), em_parameters(fit))
  other <- update(fit, family = "nbinom")
  expect_identical(other$family$name, "nbinom")
  expect_identical(other$call$family, "nbinom")
  bulk <- simulated_tissue(seed = 2)$bulk
  expect_equal(em_parameters(update(fit, bulk = bulk))$proportions, predict(fit, bulk))
  call <- update(fit, evaluate = FALSE)
  expect_s3_class(call$bulk, "em_bulk")
  expect_null(call$starts)
  expect_error(update(fit, 3), class = "missmix_error_argument")
})

test_that("a fit without its bulk says so, and takes another", {
  fit <- deconvolved(keep_data = FALSE)
  expect_error(update(fit), "bulk", class = "missmix_error_data")
  bulk <- simulated_tissue()$bulk
  expect_identical(em_parameters(update(fit, bulk = bulk)), em_parameters(fit))
  for (ask in list(residuals, vcov, confint, tidy)) {
    expect_error(ask(fit), "keep_data", class = "missmix_error_data")
  }
  expect_identical(fitted(fit), fitted(tissue_fit()))
  expect_identical(dim(simulate(fit, seed = 1)[[1]]), c(200L, 6L))
})

test_that("genes that are there twice do not get lost in an update", {
  data <- simulated_tissue()
  doubled <- rbind(data$bulk, data$bulk[1:3, ] + 1L)
  fit <- suppressMessages(em_deconvolve(doubled, data$reference, family = "poisson"))
  again <- suppressMessages(update(fit))
  expect_identical(em_parameters(again), em_parameters(fit))
  expect_identical(again$samples, fit$samples)
})

test_that("bootstrap replicates are deconvolutions with the family of the fit", {
  fit <- deconvolved(samples = 3)
  boot <- em_bootstrap(fit, 60, seed = 1)
  expect_identical(boot$type, "parametric")
  expect_identical(names(boot$original), names(coef(fit)))
  expect_identical(boot$used, 60L)
  ratio <- boot$std.error / tidy(fit)$std.error
  # 60 replicates tell a standard deviation to 9%; the sandwich leaves genes out and is larger.
  expect_within(stats::median(ratio), 0.95, 0.25)
  expect_output(print(boot), "All 60 replicates are used, all converged")
  genes <- em_bootstrap(fit, 60, "nonparametric", seed = 1)
  expect_within(stats::median(genes$std.error / tidy(fit)$std.error), 1, 0.25)
  expect_identical(boot$estimates[1:5, ], em_bootstrap(fit, 60, seed = 1)$estimates[1:5, ])
})

test_that("samples without a fit are passed over", {
  data <- simulated_tissue()
  data$bulk[, 1] <- 0L
  fit <- suppressWarnings(em_deconvolve(data$bulk, data$reference, family = "poisson"))
  expect_true(all(is.na(fitted(fit)[, 1])))
  expect_identical(colnames(simulate(fit, seed = 1)[[1]]), colnames(data$bulk)[-1])
  expect_true(is.na(tidy(fit)$std.error[1]))
  expect_warning(vcov(fit, sample = 1), "could not be fitted", class = "missmix_warning_boundary")
  boot <- suppressWarnings(em_bootstrap(fit, 5, seed = 1))
  expect_length(boot$original, 20)
  expect_identical(boot$used, 5L)
})

test_that("what it does not answer it refuses, with what to ask instead", {
  fit <- tissue_fit()
  for (ask in list(sigma, formula, model.frame, em_trace)) {
    expect_error(ask(fit), "augment|choices", class = "missmix_error_model")
  }
})

test_that("it survives the disk", {
  fit <- tissue_fit()
  file <- withr::local_tempfile()
  saveRDS(fit, file)
  back <- readRDS(file)
  expect_identical(coef(back), coef(fit))
  expect_identical(vcov(back), vcov(fit))
  expect_identical(em_parameters(update(back)), em_parameters(fit))
})

test_that("several families answer together", {
  fit <- deconvolved(samples = 8, family = "auto")
  expect_length(fit$members, 2)
  expect_identical(sqrt(diag(vcov(fit))), stats::setNames(tidy(fit)$std.error, names(coef(fit))))
  data <- simulated_tissue(samples = 8)
  expect_equal(predict(fit, data$bulk[, 2:3]), em_parameters(fit)$proportions[2:3, ])
  expect_identical(em_parameters(update(fit)), em_parameters(fit))
  boot <- em_bootstrap(fit, 5, seed = 1)
  expect_identical(boot$used, 5L)
  expect_output(print(fit), "within about .* of its maximum")
  expect_true(all(is.finite(simulate(fit, seed = 1)[[1]])))
})

test_that("genes that count little are no more scattered, but tell less", {
  data <- simulated_tissue(samples = 4, types = 2, genes = 800, depth = 4e5)
  fit <- em_deconvolve(data$bulk, data$reference, family = "poisson")
  worth <- gene_worth(fit)
  expect_lt(sum(worth), 0.5 * length(worth))
  expect_equal(mean(residuals(fit)^2), 1, tolerance = 0.15)
  m <- additive_bulk(fit)
  information <- additive_information(fit, m)
  expect_equal(information / worth, 1 / additive_variance(fit, m))
  expect_identical(as.numeric(logLik(fit)), NA_real_)
  expect_identical(dim(simulate(fit, seed = 1)[[1]]), c(800L, 4L))
})

test_that("a response that is not linear is undone", {
  data <- simulated_tissue(samples = 5)
  profiles <- data$profiles / rep(colSums(data$profiles), each = 200)
  bulk <- (profiles^1.3 %*% t(data$truth))^(1 / 1.3)
  fit <- em_deconvolve(1e5 * bulk, em_reference(profiles, scale = "rna"), family = "poisson",
    response = 1.3)
  expect_equal(fitted(fit), 1e5 * bulk, tolerance = 1e-6)
  expect_within(em_parameters(fit)$proportions, data$truth, 1e-5)
  expect_equal(em_expression(fit, "type1") + em_expression(fit, "type2") +
    em_expression(fit, "type3") + em_expression(fit, "type4"), 1e5 * bulk, tolerance = 1e-6)
  drawn <- simulate(deconvolved(family = "lognormal"), seed = 1)[[1]]
  expect_true(all(is.finite(drawn)))
})

test_that("a sparse bulk answers as a dense one does", {
  skip_if_not_installed("Matrix")
  data <- simulated_tissue(depth = 500)
  dense <- em_deconvolve(data$bulk, data$reference, family = "poisson")
  sparse <- em_deconvolve(methods::as(data$bulk, "CsparseMatrix"), data$reference,
    family = "poisson")
  expect_equal(em_parameters(sparse), em_parameters(dense))
  expect_equal(residuals(sparse), residuals(dense))
  expect_equal(vcov(sparse, sample = 2), vcov(dense, sample = 2))
  expect_equal(em_expression(sparse, "type1"), em_expression(dense, "type1"))
  expect_identical(em_parameters(update(sparse)), em_parameters(sparse))
})
