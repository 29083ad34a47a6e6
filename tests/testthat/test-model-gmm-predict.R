# What a fitted mixture says of rows, and draws.
source(test_path("reference-mvn.R"))
source(test_path("reference-gmm.R"))

labels <- mclust_partition("faithful", 2)
fit <- em_gmm(faithful, k = 2, starts = labels)

test_that("classes, posteriors, densities belong together", {
  shares <- predict(fit, type = "posterior")
  expect_identical(dim(shares), c(272L, 2L))
  expect_identical(colnames(shares), c("1", "2"))
  expect_identical(rownames(shares), rownames(faithful))
  class <- predict(fit)
  expect_s3_class(class, "factor")
  expect_identical(levels(class), c("1", "2"))
  expect_identical(as.integer(class), unname(max.col(shares, "first")))
  expect_equal(predict(fit, type = "density"), exp(predict(fit, type = "log_density")))
  expect_equal(sum(predict(fit, type = "log_density")), as.numeric(logLik(fit)))
  expect_identical(predict(fit, type = "class"), class)
  # By decreasing proportion.
  expect_false(is.unsorted(-em_parameters(fit)$proportions))
})

test_that("newdata: missing cells, rows wholly missing, any order and further columns", {
  rows <- data.frame(
    extra = "x", waiting = c(80, NA, NA, 50), eruptions = c(4, 2, NA, NA),
    row.names = c("a", "b", "c", "d")
  )
  y <- unname(as.matrix(rows[c("eruptions", "waiting")]))
  found <- ref_gmm_respond(y, lapply(em_parameters(fit), unname))
  shares <- predict(fit, rows, type = "posterior")
  expect_within(shares, found$shares, 1e-10)
  expect_identical(rownames(shares), rownames(rows))
  expect_within(shares["c", ], em_parameters(fit)$proportions, 1e-15)
  expect_within(predict(fit, rows, type = "log_density"), found$log_density, 1e-10)
  expect_identical(predict(fit, rows, type = "log_density")[["c"]], 0)
  expect_identical(predict(fit, rows, type = "density")[["c"]], 1)
  class <- stats::setNames(as.character(predict(fit, rows)), rownames(rows))
  expect_identical(class[["c"]], "1")
  expect_identical(class[["a"]] == class[["b"]], FALSE)
  # A row is judged on its own.
  expect_equal(predict(fit, rows["d", ], type = "posterior"), shares["d", , drop = FALSE])
  expect_equal(predict(fit, faithful, type = "posterior"), predict(fit, type = "posterior"))
})

test_that("augment() has the columns that help promises, on any table", {
  holes <- drop_cells(faithful, 0.2)
  holes[3, ] <- NA
  with_holes <- em_gmm(holes, k = 2, starts = labels)
  rows <- augment(with_holes)
  expect_identical(rows[names(holes)], holes)
  expect_identical(
    setdiff(names(rows), names(holes)),
    c(".n_missing", ".class", ".uncertainty", ".posterior_1", ".posterior_2", ".log_lik")
  )
  expect_equal(rows$.n_missing, unname(as.integer(rowSums(is.na(holes)))))
  expect_equal(rows$.uncertainty, unname(pmin(rows$.posterior_1, rows$.posterior_2)))
  expect_equal(sum(rows$.log_lik), with_holes$log_lik)
  expect_identical(augment(fit, faithful[1:3, ])$.class, predict(fit)[1:3])
  expect_s3_class(augment(em_gmm(as.matrix(faithful), k = 2, starts = labels)), "data.frame")
  skip_if_not_installed("tibble")
  tibble <- tibble::as_tibble(faithful)
  expect_s3_class(augment(em_gmm(tibble, k = 2, starts = labels)), "tbl_df")
})

test_that("simulate() draws from the mixture", {
  draws <- simulate(fit, 40, seed = 3)
  expect_length(draws, 40)
  expect_named(draws, sprintf("sim_%d", 1:40))
  all <- do.call(rbind, draws)
  component <- unlist(lapply(draws, attr, "component"))
  par <- em_parameters(fit)
  for (c in 1:2) {
    own <- as.matrix(all[component == c, ])
    sd <- sqrt(diag(par$covariances[, , c]))
    # Five standard errors.
    expect_within((colMeans(own) - par$means[c, ]) / sd, c(0, 0), 5 / sqrt(nrow(own)))
    expect_within(
      stats::cov(own) / outer(sd, sd), par$covariances[, , c] / outer(sd, sd),
      5 * sqrt(2 / nrow(own))
    )
    expect_within(mean(component == c), par$proportions[[c]], 5 * 0.5 / sqrt(length(component)))
  }
  expect_identical(simulate(fit, 2, seed = 3), simulate(fit, 2, seed = 3))
  set.seed(1)
  before <- .Random.seed
  simulate(fit, seed = 3)
  expect_identical(.Random.seed, before)
  expect_identical(names(draws[[1]]), names(faithful))
  holes <- drop_cells(faithful, 0.2)
  with_holes <- em_gmm(holes, k = 2, starts = labels)
  drawn <- simulate(with_holes, seed = 1, keep_missing = TRUE)[[1]]
  expect_identical(is.na(drawn), is.na(holes))
  expect_false(anyNA(simulate(with_holes, seed = 1)[[1]]))
  line <- em_gmm(faithful$eruptions, k = 2, starts = labels)
  expect_identical(dim(as.matrix(simulate(line, seed = 1)[[1]])), c(272L, 1L))
  one <- em_gmm(faithful, k = 1)
  expect_identical(unique(attr(simulate(one, seed = 1)[[1]], "component")), 1L)
})

test_that("transforms: densities and AIC on the scale of the data, predict() and simulate() too", {
  logged <- faithful
  logged$waiting <- log(faithful$waiting)
  plain <- em_gmm(logged, k = 2, starts = labels)
  for (moved in list(
    em_gmm(faithful, k = 2, transform = c(waiting = "log"), starts = labels),
    em_gmm(~ eruptions + log(waiting), faithful, k = 2, starts = labels)
  )) {
    expect_relative(coef(moved), coef(plain), 1e-10)
    expect_equal(as.numeric(logLik(moved)), plain$log_lik - sum(log(faithful$waiting)))
    expect_equal(AIC(moved), AIC(plain) + 2 * sum(log(faithful$waiting)))
    expect_identical(colnames(em_parameters(moved)$means), c("eruptions", "log(waiting)"))
    expect_equal(sum(predict(moved, type = "log_density")), moved$log_lik)
    expect_equal(predict(moved, type = "posterior"), predict(plain, type = "posterior"))
    expect_equal(predict(moved, faithful[1:5, ]), predict(moved)[1:5])
    drawn <- simulate(moved, seed = 1)[[1]]
    expect_true(all(drawn$waiting > 0))
    expect_within(mean(drawn$waiting), mean(faithful$waiting), 5 * 14 / sqrt(272))
  }
  # A density: it integrates to one over the data's own scale.
  one <- em_gmm(~ log(waiting), faithful, k = 2, starts = labels)
  area <- stats::integrate(
    function(x) predict(one, data.frame(waiting = x), type = "density"), 20, 200
  )
  expect_within(area$value, 1, 1e-5)
  # Many starts carry the Jacobian, too.
  many <- em_gmm(~ eruptions + log(waiting), faithful, k = 2, starts = em_starts(3, seed = 1))
  expect_equal(max(many$runs$table$log_lik), many$log_lik)
  expect_error(
    em_gmm(~ log(waiting), transform(faithful, waiting = replace(waiting, 7, -1)), k = 2), "7",
    class = "missmix_error_data"
  )
})

test_that("the entropy and ICL of glance() are their definitions", {
  row <- glance(fit)
  shares <- predict(fit, type = "posterior")
  entropy <- -sum(shares * log(pmax(shares, 1e-300)))
  expect_equal(row$entropy, entropy, tolerance = 1e-10)
  expect_equal(row$ICL, row$BIC + 2 * entropy)
  expect_identical(row$k, 2L)
  expect_identical(row$covariance, "VVV")
  expect_equal(glance(em_gmm(faithful, k = 1))$entropy, 0)
})

test_that("a row so far out that no distance can be told is refused by name", {
  near <- data.frame(eruptions = c(3, NA), waiting = c(1e140, 1e140))
  rownames(near) <- c("ann", "bob")
  expect_true(all(is.finite(predict(fit, near, type = "log_density"))))
  far <- rbind(near, eve = c(2, -1e160))
  for (ask in list(predict, augment)) {
    expect_error(ask(fit, far), "Row 3 \\(\"eve\"\\) of `waiting` is -1e\\+160",
      class = "missmix_error_data")
  }
  # Noise is as dense there as anywhere.
  scattered <- rbind(faithful, data.frame(eruptions = 1:6, waiting = c(20, 120, 30, 110, 20, 120)))
  noisy <- em_gmm(scattered, k = 2, noise = TRUE, starts = em_starts(3, seed = 1))
  expect_identical(as.character(predict(noisy, far)), c("noise", "noise", "noise"))
})
