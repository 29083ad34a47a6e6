# The checks of em_diagnose() on what the profiles can tell: types that are alike, genes that decide.

# What the genes say about the shares of a typical sample, every type taken to be there: a list of
# * `design`: genes x types, square roots of the information, so that its cross-product is the
#   information on shares;
# * `size`: lengths of its columns; `values`, `vectors`: eigen decomposition of the cross-product
#   of the columns made one long.
profile_information <- function(fit, look) {
  share <- share_weights(fit$reference)
  mass <- drop(look$own_abundance %*% share)
  weight <- gene_information(fit, look) %*% mass^2 / length(mass)
  design <- look$profiles * rep(1 / share, each = nrow(look$profiles)) * sqrt(drop(weight))
  size <- sqrt(colSums(design^2))
  parts <- eigen(crossprod(design * rep(1 / size, each = nrow(design))), symmetric = TRUE)
  list(
    design = design, size = size, values = pmax(parts$values, null_information),
    vectors = parts$vectors
  )
}

# Rounding leaves about this much of an eigenvalue that is zero.
null_information <- 1e-14

# Information of each gene on its own expectation, genes x samples, by the fit's family, divided by
# the dispersion of each sample.
gene_information <- function(fit, look) {
  m <- look$own
  family <- fit$family
  weight <- if (is.null(family$weight)) 1 else family$weight
  slope <- switch(family$name,
    nbinom = weight / (m * (1 + family$dispersion * m)),
    gaussian = ,
    student = weight + 0 * m,
    lognormal = weight / (m + family$offset)^2,
    weight / m
  )
  slope[m <= 0] <- 0
  miss <- switch(family$name,
    lognormal = (m + family$offset) * log((look$raw + family$offset) / (m + family$offset)),
    look$raw - m
  )
  square <- miss^2 * slope
  dispersion <- if (family$name == "student") {
    apply(square, 2, stats::median) / stats::qchisq(0.5, 1)
  } else {
    colSums(square) / max(nrow(m) - ncol(look$profiles), 1)
  }
  # Without scatter nothing is uncertain, but types may be alike all the same.
  slope * rep(1 / pmax(dispersion, 1e-12), each = nrow(m))
}

# Variance of a combination of shares, such as c(1, -1, 0): the others are not known.
share_variance <- function(info, direction) {
  sum(crossprod(info$vectors, direction / info$size)^2 / info$values)
}

judge_types <- function(fit, look) {
  if (is.null(look)) {
    return(not_looked_at("identification"))
  }
  types <- colnames(look$profiles)
  info <- profile_information(fit, look)
  # How many times the variance is that of the type if all others were known.
  inflation <- drop(info$vectors^2 %*% (1 / info$values))
  error <- sqrt(inflation) / info$size
  limits <- deconvolve_limits
  nothing <- inflation > limits$inflation[2]
  unsure <- inflation > limits$inflation[1] & error > limits$share_error[1]
  lost <- nothing | (unsure & error > limits$share_error[2])
  worst <- which.max(inflation)
  if (!any(unsure | nothing)) {
    return(finding("identification", "pass", inflation[worst],
      if (length(types) == 1) {
        "One type only: there is nothing to tell apart."
      } else {
        paste0("Every type can be told from the others; the hardest is ", types[worst],
          ", with a standard error ", times_text(sqrt(inflation[worst])),
          " what it would be if the others were known.")
      }))
  }
  told <- which(if (any(lost)) lost else unsure)
  words <- alike_words(info, types, told[order(-inflation[told])], inflation, any(lost))
  finding("identification", if (any(lost)) "fail" else "caution", inflation[worst],
    and_list(utils::head(words, 4L)), more_text(words, utils::head(words, 4L)), ".",
    " Read the sum, not its parts.")
}

# A sentence for each group of types that exchange for each other.
alike_words <- function(info, types, told, inflation, lost) {
  words <- character()
  seen <- integer()
  for (k in told) {
    if (k %in% seen) next
    like <- replacement(info, k, inflation[k])
    if (length(like$by) == 0) next
    seen <- c(seen, k, if (length(like$by) == 1) like$by)
    words <- c(words, if (length(like$by) == 1) {
      pair_words(info, types, k, like, lost)
    } else {
      paste0(types[k], " is ", if (lost) "no more than" else "hardly more than", " a mixture of ",
        and_list(paste(vapply(like$ratio, number_text, ""), types[like$by])),
        " (standard error of its share ", error_text(sqrt(inflation[k]) / info$size[k]), ")")
    })
  }
  words
}

pair_words <- function(info, types, k, like, lost) {
  j <- like$by
  unit <- diag(length(types))
  difference <- sqrt(share_variance(info, unit[, k] - unit[, j])) / 2
  sum <- sqrt(share_variance(info, unit[, k] + like$ratio^-1 * unit[, j]))
  paste0(types[k], " and ", types[j], ": ",
    if (lost) "only their sum is determined" else "hardly told apart",
    " (1 of one exchanges for ", number_text(like$ratio), " of the other; standard error ",
    error_text(difference), " of each against ", error_text(sum), " of the sum)")
}

# What is not known at all has an error of at least the whole.
error_text <- function(error) if (error > 1) "above 1" else number_text(error)

# Which other types make up the profile of type k, in shares, one after the other until what is
# left of it is as little as with all of them: list(by, ratio).
replacement <- function(info, k, inflation, most = 4L) {
  design <- info$design
  own <- design[, k]
  left <- max(3 / inflation, 1e-10)
  by <- integer()
  ratio <- numeric()
  rest <- own
  while (length(by) < min(most, ncol(design) - 1L)) {
    others <- setdiff(seq_len(ncol(design)), c(k, by))
    by <- c(by, others[which.max(crossprod(design[, others, drop = FALSE], rest) /
      info$size[others])])
    fitted <- stats::lm.fit(design[, by, drop = FALSE], own)
    rest <- fitted$residuals
    ratio <- fitted$coefficients
    if (sum(rest^2) <= left * sum(own^2)) break
  }
  use <- which(ratio > 0.05)
  list(by = by[use], ratio = unname(ratio[use]))
}

# Leverage: the part of the information that rests on one gene; all of it together is the number
# of types.
judge_genes <- function(fit, look) {
  if (is.null(look)) {
    return(not_looked_at("dominating genes"))
  }
  info <- profile_information(fit, look)
  known <- info$values > 1e-10
  root <- info$vectors[, known, drop = FALSE] %*% diag(1 / sqrt(info$values[known]), sum(known))
  leverage <- rowSums((info$design %*% (root / info$size))^2)
  order <- order(-leverage)
  share <- leverage / sum(known)
  few <- min(20L, length(share))
  top <- sum(share[order[seq_len(few)]])
  limits <- deconvolve_limits
  single <- leverage[order[1]] > limits$leverage
  heavy <- top > limits$top_share && length(share) >= limits$enough_genes
  names <- fit$genes[utils::head(order, 5L)]
  finding("dominating genes", if (single || heavy) "caution" else "pass", top,
    if (single) {
      sprintf("%s alone decides about a type: %s of what is known of it rests on this gene. ",
        names[1], percent_text(leverage[order[1]]))
    },
    sprintf("%d of %s genes hold %s of the information, the first of them %s.", few,
      count_text(length(share)), percent_text(top), and_list(names)),
    if (single || heavy) " What is wrong with them is wrong with the result: try nbinom.")
}
