# Conversions: the other package is run on the result, and finds what we find.

imp <- trial_imputations(m = 3)

expect_same_completed <- function(theirs, i) {
  testthat::expect_equal(theirs, em_complete(imp, i), ignore_attr = TRUE)
  testthat::expect_identical(names(theirs), names(trial_data()))
}

test_that("mice completes, analyses and pools", {
  skip_if_not_installed("mice")
  mids <- as_mids(imp)
  expect_true(mice::is.mids(mids))
  expect_identical(mids$m, 3)
  for (i in 1:3) expect_same_completed(mice::complete(mids, i), i)
  expect_equal(mice::complete(mids, 0), trial_data(), ignore_attr = TRUE)
  expect_equal(colSums(mids$where), mids$nmis)
  skip_if_not_installed("broom")
  peer <- mice::pool(with(mids, glm(responder ~ lab + arm, family = binomial)))$pooled
  ours <- em_pool(with(imp, glm(responder ~ lab + arm, family = binomial)))
  expect_same_pooling(ours, peer$estimate, sqrt(peer$t), peer$df, peer$fmi)
})

test_that("row names, and cells that were not imputed, stay as they are", {
  skip_if_not_installed("mice")
  data <- trial_data()
  rownames(data) <- sprintf("patient %d", seq_len(80))
  data$arm[3] <- NA
  data$visits[5] <- NA
  some <- made_imputations(data, 2, c("lab", "marker", "score"))
  mids <- as_mids(some)
  completed <- mice::complete(mids, 2)
  expect_identical(rownames(completed), rownames(data))
  expect_identical(which(is.na(completed), arr.ind = TRUE)[, "row"],
    c("patient 3" = 3L, "patient 5" = 5L))
  expect_identical(completed$lab, em_complete(some, 2)$lab)
  expect_identical(sum(mids$where), nrow(some$cells))
})

test_that("text, constants and dates are carried along without a warning", {
  skip_if_not_installed("mice")
  data <- trial_data()
  data$name <- sprintf("p%d", seq_len(80))
  data$study <- 1
  data$day <- as.Date("2020-01-01") + seq_len(80)
  some <- made_imputations(data, 2, c("lab", "marker"))
  expect_silent(mids <- as_mids(some))
  expect_identical(mice::complete(mids, 1)[c("name", "study", "day")],
    data[c("name", "study", "day")], ignore_attr = TRUE)
})

test_that("the session's random numbers are left alone", {
  skip_if_not_installed("mice")
  set.seed(3)
  expected <- runif(2)
  set.seed(3)
  as_mids(imp)
  expect_identical(runif(2), expected)
})

test_that("mitools and survey analyse the list", {
  skip_if_not_installed("mitools")
  list <- as_imputation_list(imp)
  expect_s3_class(list, "imputationList")
  for (i in 1:3) expect_same_completed(list$imputations[[i]], i)
  peer <- mitools::MIcombine(with(list, lm(score ~ lab + arm)))
  ours <- em_pool(with(imp, lm(score ~ lab + arm)), dfcom = Inf)
  expect_same_pooling(ours, coef(peer), sqrt(diag(vcov(peer))), peer$df, peer$missinfo)
  skip_if_not_installed("survey")
  design <- survey::svydesign(ids = ~centre, data = list, weights = ~age)
  by_survey <- with(design, survey::svyglm(score ~ lab))
  peer <- mitools::MIcombine(by_survey)
  ours <- em_pool(by_survey, dfcom = Inf)
  expect_same_pooling(ours, coef(peer), sqrt(diag(vcov(peer))), peer$df, peer$missinfo)
})

test_that("mitml analyses and tests the list", {
  skip_if_not_installed("mitml")
  list <- as_mitml(imp)
  expect_true(mitml::is.mitml.list(list))
  for (i in 1:3) expect_same_completed(list[[i]], i)
  peer <- mitml::testEstimates(with(list, lm(score ~ lab + arm)), df.com = 77)$estimates
  ours <- em_pool(with(imp, lm(score ~ lab + arm)))
  expect_same_pooling(ours, peer[, "Estimate"], peer[, "Std.Error"], peer[, "df"], peer[, "FMI"])
})

test_that("a matrix, a single column, and what is no imputation", {
  skip_if_not_installed("mice")
  skip_if_not_installed("mitools")
  matrix <- data.matrix(trial_data()[c("lab", "score")])
  some <- made_imputations(matrix, 2, colnames(matrix))
  expect_identical(mice::complete(as_mids(some), 1)$lab, unname(em_complete(some, 1)[, "lab"]))
  expect_true(all(vapply(as_imputation_list(some)$imputations, is.data.frame, logical(1))))
  single <- made_imputations(trial_data()["lab"], 2)
  expect_error(as_mids(single), "only lab", class = "missmix_error_data")
  for (convert in list(as_mids, as_imputation_list, as_mitml)) {
    expect_error(convert(airquality), class = "missmix_error_argument")
    expect_error(convert(imp, 2), class = "missmix_error_argument")
  }
})

test_that("the long table is what mice and mitml read", {
  skip_if_not_installed("mice")
  skip_if_not_installed("mitml")
  long <- as.data.frame(imp, "long", include = TRUE)
  peer <- mice::complete(mice::as.mids(long), 2)
  expect_same_completed(peer, 2)
  list <- mitml::long2mitml.list(as.data.frame(imp, "long"), split = ".imp")
  expect_length(list, 3)
  expect_same_completed(list[[3]][names(trial_data())], 3)
})

test_that("columns of any kind are carried along", {
  skip_if_not_installed("mice")
  data <- trial_data()[c("arm", "lab", "marker")]
  data$list <- lapply(seq_len(80), seq_len)
  data$matrix <- matrix(seq_len(160), 80)
  data$table <- data.frame(a = seq_len(80), b = "b")
  data$time <- as.POSIXlt(as.POSIXct("2020-01-01", tz = "UTC") + seq_len(80))
  data$unused <- factor(rep("a", 80), c("a", "b"))
  some <- made_imputations(data, 2, c("lab", "marker"))
  expect_silent(mids <- as_mids(some))
  completed <- mice::complete(mids, "all")[[2]]
  expect_equal(completed, em_complete(some, 2), ignore_attr = "row.names")
  expect_length(with(mids, lm(lab ~ marker))$analyses, 2)
  if (requireNamespace("tibble", quietly = TRUE)) {
    some <- made_imputations(tibble::as_tibble(data[c("lab", "marker", "list")]), 2,
      c("lab", "marker"))
    expect_equal(mice::complete(as_mids(some), 1)$list, data$list)
  }
})

test_that("names that mice cannot read are refused by name; mitools and mitml take them", {
  skip_if_not_installed("mice")
  named <- function(...) {
    made_imputations(stats::setNames(trial_data()[c("lab", "marker", "arm")], c(...)), 2, "lab")
  }
  refused <- function(imp, words) expect_error(as_mids(imp), words, class = "missmix_error_data")
  found <- refused(named("lab", "the marker", "arm"), "the marker.*\"the\\.marker\"")
  expect_identical(found$column, "the marker")
  expect_s3_class(found$parent, "error")
  refused(named("lab", "if", "arm"), "if")
  refused(named("lab", "arm", "arm"), "arm is there more than once")
  refused(named("lab", "", "arm"), "column 2 has none")
  refused(named("lab", "arm", NA), "column 3 has none")
  spaced <- named("lab", "the marker", "arm")
  skip_if_not_installed("mitools")
  expect_named(as_imputation_list(spaced)$imputations[[1]], c("lab", "the marker", "arm"))
  skip_if_not_installed("mitml")
  expect_named(as_mitml(spaced)[[1]], c("lab", "the marker", "arm"))
})
