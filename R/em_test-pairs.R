# Are two analyses of one data set models of the same thing? Only what both hold is compared:
# to evaluate their calls again may find other data.

# Both models of the same response in the same rows of the same number of data sets.
check_same_data <- function(larger, smaller, call) {
  if (length(larger) != length(smaller)) {
    abort_argument(
      "There are {length(larger)} analyses of the larger model, {length(smaller)} of the smaller.",
      call = call
    )
  }
  for (i in seq_along(larger)) {
    check_same_rows(larger[i], smaller[i], i, call)
    check_same_response(larger[[i]], smaller[[i]], i, call)
    check_same_weights(larger[[i]], smaller[[i]], i, call)
    check_same_family(larger[[i]], smaller[[i]], i, call)
  }
}

check_same_rows <- function(larger, smaller, i, call) {
  n <- c(smallest(larger, stats::nobs), smallest(smaller, stats::nobs))
  if (!anyNA(n) && n[1] != n[2]) {
    abort_model(
      "In imputation {i} the larger model has {n[1]} observations, the smaller {n[2]}.",
      analysis = i, call = call
    )
  }
}

check_same_response <- function(larger, smaller, i, call) {
  larger <- held_responses(larger)
  smaller <- held_responses(smaller)
  for (place in intersect(names(larger), names(smaller))) {
    if (!isTRUE(all.equal(larger[[place]], smaller[[place]]))) {
      abort_model(c(
        "In imputation {i} the two models have different responses.",
        i = "A test of nested models needs one response, on one scale, in the same rows."
      ), analysis = i, call = call)
    }
  }
}

# The response where a fit holds it, by place: a factor is one thing in the model frame and another
# in `y`.
held_responses <- function(fit) {
  frame <- if (methods::is(fit, "merMod")) fit@frame else if (is.list(fit)) fit[["model"]]
  found <- list(
    frame = if (is.data.frame(frame)) stats::model.response(frame),
    y = if (is.list(fit)) fit[["y"]],
    sum = if (identical(class(fit), "lm")) response_of(fit)
  )
  lapply(Filter(Negate(is.null), found), function(y) {
    if (is.factor(y)) as.character(y) else as.vector(unclass(y))
  })
}

# Other fits than linear models keep them in other ways.
check_same_weights <- function(larger, smaller, i, call) {
  if (!inherits(larger, "lm") || !inherits(smaller, "lm")) {
    return(invisible())
  }
  weights <- lapply(list(larger, smaller), function(fit) {
    given <- stats::weights(fit)
    if (is.null(given)) 1 else as.vector(given)
  })
  # One for each row, or a single one for all.
  if (!isTRUE(all.equal(weights[[1]] + 0 * weights[[2]], weights[[2]] + 0 * weights[[1]]))) {
    abort_model("In imputation {i} the two models have different weights.", analysis = i,
      call = call)
  }
}

check_same_family <- function(larger, smaller, i, call) {
  words <- c(family_and_link(larger), family_and_link(smaller))
  if (length(words) == 2 && words[1] != words[2]) {
    abort_model(
      "In imputation {i} the larger model is {words[1]}, the smaller {words[2]}.",
      analysis = i, call = call
    )
  }
}

# "binomial with link logit"; NULL for fits without a family. What stands in brackets is estimated,
# such as the dispersion of MASS::glm.nb().
family_and_link <- function(fit) {
  family <- tryCatch(stats::family(fit), error = function(cnd) NULL)
  if (checkmate::test_string(family$family) && checkmate::test_string(family$link)) {
    paste(sub("\\(.*", "", family$family), "with link", family$link)
  }
}
