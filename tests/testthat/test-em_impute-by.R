two_arms <- local({
  data <- NULL
  function() {
    if (is.null(data)) {
      data <<- withr::with_seed(3, {
        arm <- rep(c("drug", "placebo"), c(400, 500))
        x <- rnorm(900, ifelse(arm == "drug", 5, 0))
        slope <- ifelse(arm == "drug", 1, -1)
        y <- slope * x + rnorm(900, ifelse(arm == "drug", 2, 10))
        data.frame(arm = arm, x = x, y = replace(y, sample(900, 300), NA))
      })
    }
    data
  }
})

test_that("groups have means, and covariances if separate, of their own", {
  data <- two_arms()
  fit <- em_mvn(data[c("x", "y")])
  full <- em_mvn(data, columns = c("x", "y"))
  line <- function(imp, arm) {
    done <- em_complete(imp, "long")
    coef(lm(y ~ x, done[rep(data$arm == arm, imp$m), ]))
  }
  separate <- em_impute(full, m = 10, by = "arm", seed = 1)
  expect_identical(separate$by[c("variable", "covariance")],
    list(variable = "arm", covariance = "separate"))
  expect_identical(as.character(separate$by$level), data$arm)
  expect_identical(names(separate$parameters), c("drug", "placebo"))
  # Slopes of 400 rows and more are known to 0.05, the intercept at x = 5 to 0.3.
  expect_lt(max(abs(line(separate, "drug") - c(2, 1))), 0.6)
  expect_lt(max(abs(line(separate, "placebo") - c(10, -1))), 0.3)
  expect_true(separate$chain$level %in% data$arm)
  expect_false(is.unsorted(separate$cells$row))
  expect_false(anyNA(em_complete(separate, 3)))
  expect_identical(em_impute(fit, m = 10, by = data$arm, seed = 1)$values, separate$values)
  expect_output(print(separate), "by arm")

  common <- em_impute(full, m = 10, by = "arm", covariance = "common", seed = 1)
  expect_identical(common$cells, separate$cells)
  parameters <- common$parameters
  expect_identical(parameters$drug$sigma, parameters$placebo$sigma)
  expect_identical(rownames(parameters$drug$mu), c("x", "y"))
  expect_lt(max(abs(parameters$drug$mu["x", ] - 5)), 0.3) # ten draws, a standard error of 0.05
  expect_lt(max(abs(parameters$placebo$mu["x", ])), 0.3)
  # Means of y are those of the arms although one slope is shared.
  expect_lt(abs(mean(parameters$drug$mu["y", ]) - 7), 0.4)
  expect_lt(abs(mean(parameters$placebo$mu["y", ]) - 10), 0.4)
  for (method in imputation_methods[-1]) {
    imp <- impute_quietly(full, m = 2, method = method, by = "arm", seed = 1)
    expect_identical(dim(imp$values), c(300L, 2L))
  }
})

test_that("groups that cannot be used are named", {
  data <- two_arms()
  fit <- em_mvn(data, columns = c("x", "y"))
  expect_error(em_impute(fit, by = "sex"), class = "missmix_error_data")
  expect_error(em_impute(fit, by = data$arm[-1]), class = "missmix_error_argument")
  expect_error(em_impute(fit, by = list(1)), class = "missmix_error_argument")
  expect_error(em_impute(fit, by = replace(data$arm, 7, NA)), "row 7")
  expect_error(em_impute(fit, by = "arm", newdata = data), "old and the new rows together",
    class = "missmix_error_argument")
  expect_error(em_impute(em_mvn(data[c("x", "y")]), by = "arm"), "columns",
    class = "missmix_error_data")
  expect_error(em_impute(fit, by = "arm", covariance = "equal"), class = "missmix_error_argument")
  expect_error(em_impute(fit, by = rep(c("few", "many"), c(2, 898))), "group few",
    class = "missmix_error_model")
})

test_that("one group only is the whole, whatever the covariance", {
  fit <- em_mvn(airquality[air_columns])
  one <- em_impute(fit, m = 2, by = rep("all", 153), seed = 1)
  expect_identical(one$cells, em_impute(fit, m = 2, seed = 1)$cells)
  expect_identical(names(one$parameters), "all")
  common <- em_impute(fit, m = 2, by = rep("all", 153), covariance = "common", seed = 1)
  expect_identical(common$values, one$values)
  unused <- factor(rep("all", 153), c("none", "all"))
  expect_identical(em_impute(fit, m = 2, by = unused, seed = 1)$values, one$values)
})

test_that("a group that is a modelled variable itself is no advice to take a common covariance", {
  data <- airquality[air_columns]
  data$hot <- as.numeric(data$Temp > 80)
  fit <- em_mvn(data)
  expect_error(em_impute(fit, m = 1, by = "hot"), "hot.*covariance = \"common\"",
    class = "missmix_error_model")
  expect_error(em_impute(fit, m = 1, by = "hot", covariance = "common"),
    "`by` must say something else", class = "missmix_error_model")
})
