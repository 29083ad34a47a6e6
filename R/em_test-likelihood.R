# Meng and Rubin's likelihood-ratio test, and the log-likelihood of a fit at other parameters.

# `k`: how many coefficients the larger model has more.
ratio_test <- function(larger, smaller, k, call = rlang::caller_env()) {
  m <- length(larger)
  upper <- pooled_likelihoods(larger, call)
  lower <- pooled_likelihoods(smaller, call)
  own <- 2 * mean(upper$own - lower$own)
  at_pooled <- 2 * mean(upper$at_pooled - lower$at_pooled)
  riv <- max(0, (m + 1) / (k * (m - 1)) * (own - at_pooled))
  list(
    statistic = at_pooled / (k * (1 + riv)), df1 = k, df2 = large_sample_df(riv, k, m), riv = riv
  )
}

# Log-likelihoods of all data sets at their own parameters, and at the average of these.
pooled_likelihoods <- function(fits, call) {
  likelihoods <- lapply(seq_along(fits), function(i) {
    likelihood <- likelihood_of(fits[[i]])
    if (is.null(likelihood)) {
      abort_model(c(
        "{.val D3} does not know the likelihood of analysis {i}, {.obj_type_friendly {fits[[i]]}}.",
        i = "{.code method = \"D1\"} needs coefficients and covariances only."
      ), analysis = i, call = call)
    }
    likelihood
  })
  parameters <- do.call(rbind, lapply(likelihoods, `[[`, "parameters"))
  evaluate <- function(likelihood, at) likelihood$log_lik(at)
  list(
    own = vapply(likelihoods, function(one) one$log_lik(one$parameters), numeric(1)),
    at_pooled = vapply(likelihoods, evaluate, numeric(1), at = colMeans(parameters))
  )
}

# A list of `parameters`, those of the fit as one vector, and `log_lik`, a function of such a
# vector; NULL for fits of other kinds.
likelihood_of <- function(fit) UseMethod("likelihood_of")

likelihood_of.default <- function(fit) NULL

# Multivariate responses, and whatever else calls itself a linear model, have other likelihoods.
likelihood_of.lm <- function(fit) {
  if (!identical(class(fit), "lm")) {
    return(NULL)
  }
  normal_likelihood(fit, fit$weights, coef(fit))
}

likelihood_of.glm <- function(fit) {
  # glm(y = FALSE) has not kept the response.
  if (!identical(class(fit), c("glm", "lm")) || is.null(fit$y)) {
    return(NULL)
  }
  if (identical(fit$family$family, "gaussian")) {
    return(normal_likelihood(fit, fit$prior.weights, coef(fit), fit$family$linkinv))
  }
  # Their dispersion is one: log-likelihoods differ by half the difference of the deviances.
  if (!fit$family$family %in% c("binomial", "poisson")) {
    return(NULL)
  }
  response <- response_of(fit)
  predictor <- linear_predictor(fit)
  deviance_at <- function(beta) {
    mean <- fit$family$linkinv(predictor(beta))
    sum(fit$family$dev.resids(response, mean, fit$prior.weights))
  }
  list(
    parameters = coef(fit),
    log_lik = function(beta) {
      as.numeric(logLik(fit)) - (deviance_at(beta) - deviance(fit)) / 2
    }
  )
}

# Coefficients, then the variance: of an observation of weight one, with divisor n. Rows of weight
# zero are not there.
normal_likelihood <- function(fit, weights, beta, inverse_link = identity) {
  response <- response_of(fit)
  predictor <- linear_predictor(fit)
  if (is.null(weights)) weights <- rep(1, length(response))
  n <- sum(weights > 0)
  squares <- function(beta) sum(weights * (response - inverse_link(predictor(beta)))^2)
  list(
    parameters = c(beta, variance = squares(beta) / n),
    log_lik = function(parameters) {
      last <- length(parameters)
      variance <- parameters[[last]]
      (sum(log(weights[weights > 0])) - n * log(2 * pi * variance) -
        squares(parameters[-last]) / variance) / 2
    }
  )
}

# A linear model does not keep its response as its design matrix has it: without missing rows.
response_of <- function(fit) {
  if (is.null(fit$y)) fit$fitted.values + fit$residuals else fit$y
}

linear_predictor <- function(fit) {
  design <- stats::model.matrix(fit)
  offset <- if (is.null(fit$offset)) 0 else fit$offset
  function(beta) as.vector(design %*% beta) + offset
}
