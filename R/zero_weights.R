# Weights of models written in R that are exactly zero, or on their way there. EM multiplies a
# weight by a factor, so that it cannot move one from zero, even if the likelihood rises there.
# Each is tested by one EM step from a weight so small that it changes nothing else.

zero_limits <- list(
  test = 1e-10, # the weight from which a step is tried
  small = 1e-6, # a weight below this may be on its way to zero
  falling = 0.999, # and is if a step multiplies it by less
  most = 100L # weights tested: each takes a pass
)

# Positions of exact zeros in a block of weights.
zero_weights <- function(block, transform) {
  if (is.null(transform$group)) integer() else which(unname(as.vector(block)) == 0)
}

# New values where they are finite numbers, else the old.
keep_finite <- function(block, old) {
  unknown <- !is.finite(block)
  block[unknown] <- old[unknown]
  block
}

# Coordinates of a block that hold entries which are no finite numbers.
frozen_coordinates <- function(block, transform, size) {
  unknown <- sum(!is.finite(block))
  if (!is.null(transform$group) || unknown == 0) {
    0
  } else if (size == length(block)) {
    unknown
  } else {
    size
  }
}

# All weights of a parameter, one row each: `block` (its name), `place` in the block,
# `element` as coef() has it, `value`, and `size` of its distribution. NULL if it has none.
weight_table <- function(model, par) {
  if (!is.null(model$pack)) {
    return(NULL)
  }
  transforms <- matched_transforms(model$transforms, par)
  labels <- if (is.list(par)) block_labels(par) else "par"
  blocks <- if (is.list(par)) par else list(par)
  tables <- Map(function(block, transform, label) {
    if (is.null(transform$group)) {
      return(NULL)
    }
    group <- transform$group(block)
    data.frame(
      block = label, place = seq_along(block),
      element = sub("^b\\[(.*)\\]$", "\\1", names(flatten_element(block, "b"))),
      value = as.double(block), size = as.integer(table(group)[as.character(group)])
    )
  }, blocks, transforms, labels)
  do.call(rbind, unname(tables))
}

smallest_weight <- function(model, par) {
  weights <- weight_table(model, par)
  if (is.null(weights)) NA_real_ else min(weights$value)
}

# The block of this name, whatever the order of a list with names.
block_of <- function(par, label) {
  if (!is.list(par)) {
    return(par)
  }
  par[[match(label, block_labels(par))]]
}

# The parameter with one weight set, the others of its distribution scaled to make room.
with_weight <- function(model, par, block, place, weight) {
  labels <- if (is.list(par)) block_labels(par) else "par"
  at <- match(block, labels)
  old <- if (is.list(par)) par[[at]] else par
  group <- matched_transforms(model$transforms, par)[[at]]$group(old)
  others <- group == group[place]
  old[others] <- old[others] * (1 - weight) / (1 - old[place])
  old[place] <- weight
  if (is.list(par)) par[[at]] <- old else par <- old
  par
}

# `found` with `dropped`: weights at zero, or running there, each with the factor by which one EM
# step from next to nothing multiplies it. NULL where there are none, and after a failure.
test_zero_weights <- function(found, model) {
  found["dropped"] <- list(NULL)
  weights <- weight_table(model, found$parameters)
  weights <- weights[weights$value < zero_limits$small, ]
  if (found$status %in% failures || is.null(weights) || nrow(weights) == 0) {
    return(found)
  }
  weights <- weights[weights$value == 0 | are_falling(weights, model, found$parameters), ]
  tested <- seq_len(min(nrow(weights), zero_limits$most))
  weights$derivative <- rep(NA_real_, nrow(weights))
  for (row in tested) {
    weights$derivative[row] <- weight_derivative(model, found$parameters, weights[row, ])
  }
  found$passes_check <- found$passes_check + 1L + length(tested)
  # What falls but would rise from still smaller a weight has its maximum in between.
  gone <- weights$value == 0 | weights$derivative <= 1
  weights <- weights[gone %in% TRUE, ]
  if (nrow(weights) > 0) {
    found$dropped <- weights[c("block", "element", "derivative")]
    rownames(found$dropped) <- NULL
    found$dropped_weights <- weights
  }
  found
}

are_falling <- function(weights, model, par) {
  image <- image_of(model, par)
  after <- if (is.null(image)) NA_real_ else Map(
    function(block, place) block_of(image, block)[[place]], weights$block, weights$place
  )
  (unlist(after) / weights$value < zero_limits$falling) %in% TRUE
}

weight_derivative <- function(model, par, weight) {
  beside <- with_weight(model, par, weight$block, weight$place, zero_limits$test)
  image <- image_of(model, beside)
  after <- if (is.null(image)) NA_real_ else block_of(image, weight$block)[[weight$place]]
  after / zero_limits$test
}

# The EM image, or NULL where the user's code fails: only a test was to be made.
image_of <- function(model, par) {
  tryCatch(
    suppressWarnings(user_functions(model, par)$step(par)),
    missmix_error_model = function(cnd) NULL
  )
}

# Restarts weights at zero that would rise, the steepest first, each from a few small weights; the
# highest end is kept if it lies above.
revive_weights <- function(found, model, control, call = rlang::caller_env()) {
  for (round in seq_len(NROW(found$dropped))) {
    rising <- rising_weights(found, model$nobs)
    if (NROW(rising) == 0) break
    weight <- rising[which.max(rising$derivative), ]
    climbs <- lapply(unique(c(0.01, 0.1, 1 / weight$size)), function(value) {
      place <- with_weight(model, found$parameters, weight$block, weight$place, value)
      climb <- climb_user(model, place, control, call = call)
      climb$from_weight <- value
      climb
    })
    passes <- vapply(climbs, function(climb) climb$passes + climb$passes_check, numeric(1))
    spent <- found$passes + found$passes_check + sum(passes)
    objective <- run_numbers(climbs, "objective")
    objective[run_words(climbs, "status") %in% failures] <- -Inf
    best <- which.max(objective)
    if (!isTRUE(objective[best] > found$objective + found$gap_limit)) {
      found$passes_check <- as.integer(spent - found$passes)
      break
    }
    before <- found
    found <- climbs[[best]]
    found$passes_check <- as.integer(spent - found$passes)
    found$revived <- rbind(before$revived, data.frame(
      weight[c("block", "element", "derivative")],
      weight = found$from_weight, gain = found$objective - before$objective, row.names = NULL
    ))
    found <- test_zero_weights(found, model)
  }
  found
}

rising_weights <- function(found, nobs) {
  weights <- found$dropped_weights
  weights[(weights$derivative > 1 + derivative_slack(found$gap, nobs)) %in% TRUE, ]
}

# A fit whose gap is g has a gradient that may be off by sqrt(2 g / n) an observation.
derivative_slack <- function(gap, nobs) flat_limit(list(gap = gap, nobs = nobs))

judge_boundary <- function(fit) {
  dropped <- fit$dropped
  if (is.null(dropped)) {
    return(NULL)
  }
  factor <- dropped$derivative
  names <- weight_names(dropped)
  if (all(is.na(factor))) {
    return(finding("boundary", NA_character_, NA, "Not judged: no EM step can be made from a",
      " small weight of ", and_list(names), "."))
  }
  rises <- (factor > 1 + derivative_slack(fit$gap, fit$nobs)) %in% TRUE
  if (any(rises)) {
    worst <- which.max(factor)
    arrived <- fit$status == "converged"
    return(finding("boundary", if (arrived) "fail" else "caution", factor[worst],
      "The weight ", names[worst], " is zero and EM cannot revive it; it would rise by a factor ",
      factor_text(factor[worst]), " a step", if (sum(rises) > 1) {
        sprintf(" (and %d more %s)", sum(rises) - 1, plural(sum(rises) - 1, "weight"))
      }, if (isTRUE(fit$revive)) {
        ". Climbs from a small weight ended no higher."
      } else {
        ". update(fit, revive = TRUE) restarts it."
      }))
  }
  last <- which.max(factor)
  finding("boundary", "pass", factor[last], if (length(names) == 1) {
    sprintf("The weight %s is zero where it belongs", names)
  } else {
    sprintf("%d weights are zero where they belong", length(names))
  }, ": one EM step from ", number_text(zero_limits$test), " multiplies ",
  if (length(names) == 1) "it" else paste0("the largest (", names[last], ")"), " by ",
  factor_text(factor[last]), if (anyNA(factor)) {
    sprintf(" (%d were not tested)", sum(is.na(factor)))
  }, ".")
}

weight_names <- function(dropped) sprintf("%s[%s]", dropped$block, dropped$element)

# Near one the distance from one is what counts.
factor_text <- function(factor) {
  if (is.na(factor) || abs(factor - 1) > 0.005) number_text(factor, 3L) else fraction_text(factor)
}

# For print(): weights brought back, then weights still at zero; "" if none.
zero_words <- function(fit) {
  revived <- if (!is.null(fit$revived)) {
    paste0(and_list(weight_names(fit$revived)), " ", plural(nrow(fit$revived), "was", "were"),
      " revived from zero: the objective rose by ", number_text(sum(fit$revived$gain), 3L), ".")
  }
  paste(c(revived, judge_boundary(fit)$text), collapse = " ")
}

# Why standard errors do not hold at such a weight, or NULL.
zero_reason <- function(fit) {
  if (!is.null(fit$dropped)) {
    names <- weight_names(fit$dropped)
    shown <- utils::head(names, 3L)
    more <- length(names) - length(shown)
    sprintf("%s%s on the boundary of the legal parameters (%s zero)", and_list(shown),
      if (more > 0) sprintf(" and %d more lie", more) else plural(length(names), " lies", " lie"),
      plural(length(names), "a weight of", "weights of"))
  }
}
