checks_all <- c(
  "convergence", "saddle", "identification", "covariance", "missing information",
  "coefficients", "conditioning", "passes", "guard"
)
verdict_of <- function(diagnosis, check) diagnosis$verdict[diagnosis$check == check]

test_that("a good fit passes every check", {
  diagnosis <- em_diagnose(air_fit())
  expect_s3_class(diagnosis, c("em_diagnosis", "data.frame"), exact = TRUE)
  expect_named(diagnosis, c("check", "verdict", "value", "text"))
  expect_identical(diagnosis$check, checks_all)
  expect_identical(unique(diagnosis$verdict), "pass")
  expect_identical(attr(diagnosis, "verdict"), "pass")
  details <- attr(diagnosis, "details")
  expect_named(details, c("spectrum", "fmi", "directions", "singular", "exact"))
  expect_false(is.unsorted(rev(details$spectrum)))
  expect_equal(diagnosis$value[diagnosis$check == "missing information"], details$spectrum[[1]])
})

test_that("it is said in words", {
  local_reproducible_output(width = 1000)
  expect_snapshot(print(em_diagnose(air_fit())), transform = only_words)
  expect_snapshot(print(em_diagnose(apart_fit())), transform = only_words)
})

test_that("two variables never seen together are named", {
  diagnosis <- em_diagnose(apart_fit())
  expect_identical(verdict_of(diagnosis, "identification"), "fail")
  text <- diagnosis$text[diagnosis$check == "identification"]
  expect_match(text, "Temp with Wind|Wind with Temp")
  expect_match(text, "em_prior_ridge")
  expect_identical(attr(diagnosis, "verdict"), "fail")
})

test_that("a covariance running to singular is told with its direction", {
  set.seed(2)
  data <- data.frame(a = rnorm(60), b = rnorm(60))
  data$c <- data$a - 2 * data$b
  data$a[1:10] <- NA
  diagnosis <- em_diagnose(suppressWarnings(em_mvn(data)))
  expect_identical(verdict_of(diagnosis, "covariance"), "fail")
  text <- diagnosis$text[diagnosis$check == "covariance"]
  expect_match(text, "has almost no variance")
  expect_match(text, "em_prior_ridge")
  singular <- attr(diagnosis, "details")$singular
  # c - a + 2 b, whichever leads.
  expect_equal(unname(singular["a"] / singular["c"]), -1, tolerance = 1e-3)
  expect_equal(unname(singular["b"] / singular["c"]), 2, tolerance = 1e-3)
})

test_that("a climb that does not arrive on an ever thinner ridge tells where it runs", {
  fit <- air_fit()
  fit$status <- "max_iter"
  fit$parameters$sigma[] <- cov(cbind(1:9, 1:9 + 1e-3 * (-1)^(1:9), cos(1:9), sin(1:9)))
  expect_identical(judge_covariance(fit)$verdict, "fail")
  expect_match(judge_covariance(fit)$text, "Ozone - .*Solar.R|Solar.R - .*Ozone")
  expect_identical(judge_identification(fit, information(fit))$verdict, NA_character_)
  fit$status <- "converged"
  expect_identical(judge_covariance(fit)$verdict, "pass")
})

test_that("convergence is judged by how far the estimates may still move", {
  fit <- air_fit()
  judge <- function(status, gap) {
    fit$status <- status
    fit$gap <- gap
    judge_convergence(fit, information(air_fit()))$verdict
  }
  expect_identical(judge("converged", 1e-8), "pass")
  expect_identical(judge("converged", 1), "caution")
  expect_identical(judge("converged", NA_real_), "pass")
  expect_identical(judge("max_iter", 1e-4), "caution")
  expect_identical(judge("stopped", 1), "fail")
  expect_identical(judge("stopped", NA_real_), "fail")
  expect_identical(judge("decreased", 0), "fail")
  expect_identical(judge("degenerate", 0), "fail")
})

test_that("a saddle fails once converged, and saddles left are told", {
  fit <- air_fit()
  info <- information(fit)
  info$smallest <- -0.2
  expect_identical(judge_saddle(fit, info)$verdict, "fail")
  expect_match(judge_saddle(fit, info)$text, "update\\(fit\\) steps off")
  fit$status <- "max_iter"
  expect_identical(judge_saddle(fit, info)$verdict, "caution")
  fit$saddles <- list(list(objective = -1, rate = 1.2, escaped_to = 0))
  expect_match(judge_saddle(fit, info)$text, "1 saddle point was met")
})

test_that("thresholds of rate, coefficients, condition and guard hold", {
  fit <- air_fit()
  info <- information(fit)
  info$rate <- 0.95
  expect_identical(judge_rate(fit, info)$verdict, "caution")
  info$fmi[[1]] <- 0.6
  expect_identical(judge_coefficients(fit, info)$verdict, "caution")
  fit$trace$kind <- c("start", rep("fallback", 2), rep("accelerated", 2))
  expect_identical(judge_guard(fit)$verdict, "caution")
  expect_equal(judge_guard(fit)$value, 0.5)
  fit$parameters$sigma[] <- cov(cbind(1:9, 1:9 + 1e-3 * (-1)^(1:9), cos(1:9), sin(1:9)))
  expect_identical(judge_conditioning(fit)$verdict, "caution")
})

test_that("what plain EM would have needed is about right", {
  data <- mask_cells(airquality[air_columns])
  plain <- em_mvn(data, control = em_control(accelerator = "plain"))
  fast <- em_mvn(data)
  said <- judge_passes(fast, information(fast))$text
  said <- as.numeric(sub(".*about ([0-9.]+)\\.$", "\\1", said))
  # An extrapolation from the last rate: right within a factor of two.
  expect_lt(abs(log(said / plain$passes)), log(2))
  expect_match(judge_passes(plain, information(plain))$text, "all of them plain EM")
})

test_that("what cannot be judged says so", {
  fit <- structure(
    list(
      model = "Mine", parameters = c(p = 0.3), log_lik = -1, objective = -1, df = 1L,
      nobs = NA_real_, status = "converged", gap = NA_real_, control = em_control(),
      passes = 3L, trace = list(objective = -1, kind = "start"), saddles = list(),
      cache = as.environment(list(information = list(
        vcov = NULL, reason = "the information is not known.", rate = NA_real_,
        smallest = NA_real_, exact = FALSE
      )))
    ),
    class = "em_fit"
  )
  diagnosis <- em_diagnose(fit)
  expect_identical(verdict_of(diagnosis, "saddle"), NA_character_)
  expect_identical(verdict_of(diagnosis, "identification"), NA_character_)
  expect_false("covariance" %in% diagnosis$check)
  local_reproducible_output(width = 1000)
  expect_snapshot(print(diagnosis), transform = only_words)
  expect_error(em_diagnose(1), class = "missmix_error_argument")
})

test_that("a model written in R is diagnosed too", {
  diagnosis <- em_diagnose(user_fit())
  expect_identical(verdict_of(diagnosis, "convergence"), "pass")
})

test_that("grammar holds for one parameter, and nothing is about unknown", {
  one <- em_fit(em_model(dlr_step, dlr_log_lik), 0.5)
  diagnosis <- em_diagnose(one)
  expect_false(any(grepl("Of 1 directions", diagnosis$text)))
  expect_output(print(summary(one)), "on 1 parameter;")
  info <- information(air_fit())
  fit <- air_fit()
  fit$objective <- NaN
  expect_no_match(judge_passes(fit, info)$text, "unknown")
  # What is no direction is not named.
  info$vectors[] <- NaN
  expect_no_match(judge_rate(air_fit(), info)$text, "direction of")
})

test_that("two checks that cannot be judged are no pass", {
  expect_identical(overall_verdict(c("pass", NA, NA)), "caution")
  expect_identical(overall_verdict(c("pass", NA)), "pass")
  expect_identical(overall_verdict(c("fail", NA, NA)), "fail")
})

test_that("how far the estimates may move is not said where the data do not determine them", {
  text <- function(fit) {
    diagnosis <- em_diagnose(fit)
    diagnosis$text[diagnosis$check == "convergence"]
  }
  expect_match(text(air_fit()), "No estimate is further")
  expect_no_match(text(apart_fit()), "No estimate is further")
})
