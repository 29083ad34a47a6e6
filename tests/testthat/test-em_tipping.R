tipping_trial <- function(m = 5) {
  data <- trial_data()[c("arm", "age", "lab", "marker", "score")]
  made_imputations(data, m, c("lab", "marker"))
}

test_that("each row of the table is the pooled analysis of shifted imputations", {
  imp <- tipping_trial()
  found <- em_tipping(imp, lm(score ~ arm + lab),
    variables = "lab", delta = c(2, -1), term = "armactive", rows = arm == "active"
  )
  expect_s3_class(found, "em_tipping")
  expect_identical(found$table$delta, c(-1, 0, 2))
  in_arm <- trial_data()$arm == "active"
  shifted <- imp$cells$variable == 1 & in_arm[imp$cells$row]
  expect_identical(found$cells, sum(shifted))
  for (k in 1:3) {
    moved <- imp
    moved$values[shifted, ] <- moved$values[shifted, ] + found$table$delta[k]
    by_hand <- tidy(em_pool(with(moved, lm(score ~ arm + lab))), conf.int = TRUE)
    by_hand <- by_hand[by_hand$term == "armactive", names(found$table)[-1]]
    expect_equal(found$table[k, -1], by_hand, ignore_attr = TRUE, tolerance = 1e-12)
  }
  expect_identical(tidy(found), found$table)
})

test_that("tips are where an end of the interval meets the value of no effect", {
  imp <- tipping_trial()
  found <- em_tipping(imp, lm(lab ~ arm),
    variables = "lab", delta = seq(-9, 9, by = 0.1), term = "armactive", rows = arm == "active"
  )
  expect_length(found$tip, 2)
  expect_false(is.unsorted(abs(found$tip)))
  for (tip in found$tip) {
    there <- em_tipping(imp, lm(lab ~ arm),
      variables = "lab", delta = tip, term = "armactive", rows = arm == "active"
    )$table
    limits <- unlist(there[there$delta == tip, c("conf.low", "conf.high")])
    # Linear between shifts of 0.1; the interval is about 1 wide.
    expect_lt(min(abs(limits)), 1e-3)
  }
  none <- em_tipping(imp, lm(lab ~ arm), variables = "lab", delta = 0, term = "armactive")
  expect_identical(none$tip, numeric())
})

test_that("an interval that jumps over the value of no effect tips twice", {
  table <- data.frame(delta = c(-1, 0, 1), conf.low = c(-4, 1, 2), conf.high = c(-3, 2, 3))
  # The upper end goes from -3 to 2, the lower from -4 to 1.
  expect_equal(tipping_points(table, 0), c(-0.2, -0.4))
  touching <- data.frame(delta = 0:2, conf.low = c(1, 0, 1), conf.high = 3)
  expect_identical(tipping_points(touching, 0), 1)
})

test_that("the words say on which side the interval lies", {
  imp <- tipping_trial()
  words <- function(null) {
    tipping_words(em_tipping(imp, lm(score ~ arm + lab), "lab", 0, "armactive", null = null))
  }
  expect_match(words(-1e6), "lies above")
  expect_match(words(1e6), "lies below.*every shift")
})

test_that("faults are named", {
  imp <- tipping_trial()
  shifted <- imp
  shifted$delta <- list(lab = 1)
  expect_error(em_tipping(shifted, lm(score ~ arm), "lab", 1, "armactive"), "drawn with a",
    class = "missmix_error_argument")
  tip <- function(..., variables = "lab", delta = 1, term = "armactive") {
    em_tipping(imp, lm(score ~ arm + lab), variables = variables, delta = delta, term = term, ...)
  }
  expect_error(tip(variables = "age"), "age", class = "missmix_error_argument")
  expect_error(tip(variables = 1), class = "missmix_error_argument")
  expect_error(tip(variables = "lab", rows = age > 1000), "lab", class = "missmix_error_argument")
  expect_error(tip(delta = NA), class = "missmix_error_argument")
  expect_error(tip(delta = Inf), class = "missmix_error_argument")
  expect_error(tip(term = "arm"), "armactive", class = "missmix_error_argument")
  expect_error(tip(rows = nowhere > 1), class = "missmix_error_argument")
  expect_error(tip(rows = 1:3), class = "missmix_error_argument")
  expect_error(tip(rows = lab > 1), "row", class = "missmix_error_argument")
  expect_error(tip(level = 2), class = "missmix_error_argument")
  expect_error(tip(nonsense = 1), class = "missmix_error_argument")
  expect_error(tip(variables = "age"), "has no imputed cell\\..*lab and marker")
  expect_error(tip(rows = age > 1000), "has no imputed cell in these rows")
  expect_error(em_tipping(1, lm(a ~ b), "a", 1, "b"), "imp", class = "missmix_error_argument")
  whole <- quote(em_tipping(
    imp, expr = lm(score ~ arm), variables = "lab", delta = 1, term = "armactive"
  ))
  for (argument in c("expr", "variables", "delta", "term")) {
    expect_error(eval(whole[names(whole) != argument]), paste0("`", argument, "` must be given"),
      class = "missmix_error_argument")
  }
  expect_error(
    em_tipping(imp, lm(nothing ~ arm), variables = "lab", delta = 1, term = "armactive"),
    class = "missmix_error_model"
  )
})

test_that("print and pictures say what was shifted and where it tips", {
  imp <- tipping_trial()
  text_of <- function(x) gsub("\\s+", " ", paste(capture.output(print(x)), collapse = "\n"))
  found <- em_tipping(imp, lm(lab ~ arm),
    variables = "lab", delta = -9:9, term = "armactive", rows = arm == "active"
  )
  text <- text_of(found)
  expect_match(text, "imputed cells of lab, in rows where arm == \"active\"; 5 imputations")
  expect_match(text, "That changes at a shift of .* or .*: is one as large plausible")
  expect_match(text, " 0\\.000 ")
  still <- em_tipping(imp, lm(lab ~ arm), variables = "lab", delta = 0, term = "armactive")
  expect_match(text_of(still), "so for every shift")
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_invisible(plot(found))
  expect_invisible(plot(still))
  skip_if_not_installed("ggplot2")
  expect_s3_class(ggplot2::autoplot(found), "ggplot")
  expect_s3_class(ggplot2::autoplot(still), "ggplot")
})

test_that("an analysis that fails at one shift names it", {
  imp <- tipping_trial()
  found <- expect_error(
    em_tipping(imp, if (max(lab) > 40) stop("too much") else lm(score ~ arm),
      variables = "lab", delta = c(1, 50), term = "armactive"
    ), "shift of 50", class = "missmix_error_model"
  )
  expect_identical(found$delta, 50)
  expect_identical(found$parent$imputation, 1L)
  complete <- made_imputations(trial_data()[c("age", "score")], 2)
  expect_error(em_tipping(complete, lm(score ~ age), "age", 1, "age"), "No cell was imputed",
    class = "missmix_error_argument")
  expect_error(em_tipping(imp, lm(score ~ arm), "lab", 1, list("armactive")), "term",
    class = "missmix_error_argument")
})

test_that("shifts that lose rows are told of", {
  imp <- tipping_trial()
  expect_warning(
    found <- suppressWarnings(em_tipping(imp, lm(score ~ log(lab)), "lab", -1e3, "log(lab)"),
      "simpleWarning"),
    "rows are analysed", class = "missmix_warning_boundary"
  )
  expect_null(found$table$nobs)
})
