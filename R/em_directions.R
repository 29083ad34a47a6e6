# Naming directions: an eigenvector in the space of the coefficients says little
# until it is measured in comparable units and put down to variables.

# How much of the squared length of some directions (columns) each coefficient
# carries, measured in the standard errors that complete data would give; sums
# to one. Over the columns of a null space the shares do not depend on the basis.
direction_shares <- function(fit, vectors) {
  vectors <- as.matrix(vectors) / complete_errors(fit)
  vectors <- sweep(vectors, 2L, sqrt(colSums(vectors^2)), "/")
  shares <- rowSums(vectors^2) / ncol(vectors)
  stats::setNames(shares, names(coef(fit)))
}

# Those that carry at least a third of what the leader carries, at most `most`.
leading <- function(shares, most) {
  shares <- sort(shares, decreasing = TRUE)
  utils::head(shares[shares >= max(shares) / 3], most)
}

# "GRD with LAN4" for a model that knows variables, else the coefficients.
direction_variables <- function(fit, vectors, joined = and_list) {
  shares <- direction_shares(fit, vectors)
  belongs <- coefficient_variables(fit)
  if (!is.null(belongs)) {
    shares <- drop(shares %*% belongs)
  }
  lead <- leading(shares, 4L)
  # Equal but for rounding: in the order of the data, whatever the arithmetic.
  joined(names(lead)[order(-round(lead, 1), match(names(lead), names(shares)))])
}

# "sigma[GRD,LAN4] 80%": the coefficients behind it; "" where there are many and
# none stands out.
direction_coefficients <- function(fit, vectors) {
  lead <- leading(direction_shares(fit, vectors), 3L)
  lead <- lead[lead >= 0.05]
  if (length(lead) == 0) {
    return("")
  }
  paste(names(lead), percent_text(lead), collapse = ", ")
}

# "GRD and LAN4 (sigma[GRD,LAN4] 80%)".
direction_words <- function(fit, vectors, joined = and_list) {
  variables <- direction_variables(fit, vectors, joined)
  behind <- direction_coefficients(fit, vectors)
  if (nzchar(behind)) sprintf("%s (%s)", variables, behind) else variables
}

# ", in a direction of GRD and LAN4": the leading direction in the words of one of
# the functions above; nothing where it is no direction.
in_direction <- function(fit, info, words) {
  if (!is.null(info$vectors) && all(is.finite(direction_shares(fit, info$vectors[, 1])))) {
    paste0(", in a direction of ", words(fit, info$vectors[, 1]))
  }
}

# The table of leading directions that em_diagnose() keeps.
direction_table <- function(fit, info, most = 10L) {
  count <- min(most, NCOL(info$vectors), length(info$spectrum))
  if (is.null(info$vectors) || count == 0) {
    return(data.frame(
      fraction = numeric(), halving = numeric(),
      variables = character(), coefficients = character()
    ))
  }
  each <- function(words) {
    vapply(seq_len(count), function(k) words(fit, info$vectors[, k]), character(1))
  }
  fraction <- info$spectrum[seq_len(count)]
  data.frame(
    fraction = fraction,
    halving = halving_passes(fraction),
    variables = each(direction_variables),
    coefficients = each(direction_coefficients)
  )
}

# Passes in which plain EM halves an error in a direction with this fraction of
# missing information: the error shrinks by that factor a pass.
halving_passes <- function(fraction) {
  passes <- suppressWarnings(log(0.5) / log(fraction))
  passes[fraction >= 1] <- Inf
  passes[fraction <= 0] <- 0
  passes
}

# Share of each coefficient (row) that belongs to each variable (column), or
# NULL for a model without variables.
coefficient_variables <- function(fit) UseMethod("coefficient_variables")

coefficient_variables.em_fit <- function(fit) NULL

# Standard errors that complete data would give, up to a common factor.
complete_errors <- function(fit) UseMethod("complete_errors")

# By definition of the fraction of missing information of a coefficient,
# complete-data variance = variance * (1 - fraction). Where either is unknown
# the coefficients are taken as comparable.
complete_errors.em_fit <- function(fit) {
  info <- information(fit)
  variances <- if (!is.null(info$vcov)) diag(info$vcov) * (1 - info$fmi)
  usable <- length(variances) > 0 && all(is.finite(variances) & variances > 0)
  if (usable) sqrt(variances) else rep(1, length(coef(fit)))
}

# A direction with almost no variance, as a linear combination of the variables
# on the modelled scale: the variable that weighs most (each measured in its own
# standard deviation) gets the coefficient one.
singular_direction <- function(weights, scale) {
  lead <- which.max(abs(weights))
  raw <- weights / scale
  raw <- raw / raw[[lead]]
  order <- order(abs(weights), decreasing = TRUE)
  kept <- order[weights[order]^2 >= 1e-3 * sum(weights^2)]
  raw[kept]
}

# "x3 - 0.5 x1 - 0.5 x2 and 2 smaller terms".
combination_words <- function(combination, most = 6L) {
  if (length(combination) == 0) {
    return("A combination of the variables")
  }
  shown <- utils::head(combination, most)
  sizes <- vapply(abs(shown), number_text, character(1), digits = 3L)
  sizes <- ifelse(sizes == "1", "", paste0(sizes, " "))
  signs <- ifelse(shown < 0, "- ", "+ ")
  text <- sub("^\\+ ", "", paste0(signs, sizes, names(shown), collapse = " "))
  left <- length(combination) - length(shown)
  if (left > 0) {
    text <- sprintf("%s (and %d smaller %s)", text, left, plural(left, "term"))
  }
  text
}
