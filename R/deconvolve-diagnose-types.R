# The checks of em_diagnose() on what the profiles can tell: types alike, genes that decide.

# What the genes say about the shares of a typical sample, every type taken to be there: a list of
# * `design`: genes x types, square roots of the information, so that its cross-product is the
#   information on shares; `size`: lengths of its columns;
# * `alike`: cross-product of the columns made one long;
# * `values`, `vectors`: its eigen decomposition.
profile_information <- function(fit, look) {
  share <- share_weights(fit$reference)^look$power
  mass <- drop(look$own_abundance %*% share)
  weight <- drop(gene_information(fit, look) %*% mass^2) / length(mass)
  design <- look$profiles * rep(1 / share, each = nrow(look$profiles)) * sqrt(weight)
  size <- sqrt(colSums(design^2))
  alike <- crossprod(design * rep(1 / size, each = nrow(design)))
  c(list(design = design, size = size, alike = alike), spectrum_of(alike))
}

spectrum_of <- function(alike) {
  parts <- eigen(alike, symmetric = TRUE)
  list(values = pmax(parts$values, null_information), vectors = parts$vectors)
}

# Rounding leaves about this much of an eigenvalue that is zero.
null_information <- 1e-14

# Information of each gene on its own expectation, genes x samples, by the fit's family, divided by
# the dispersion of each sample.
gene_information <- function(fit, look) {
  m <- look$own
  family <- fit$family
  weight <- if (is.null(family$weight)) 1 else family$weight
  offset <- if (is.null(family$offset)) 0 else family$offset
  offset <- rep(offset * colMeans(look$raw), each = nrow(m))
  slope <- switch(family$name,
    nbinom = weight / (m * (1 + family$dispersion * m)),
    gaussian = ,
    student = weight + 0 * m,
    lognormal = weight / (m + offset)^2,
    weight / m
  )
  slope[m <= 0] <- 0
  miss <- switch(family$name,
    lognormal = (m + offset) * log((look$raw + offset) / (m + offset)),
    look$raw - m
  )
  square <- miss^2 * slope
  dispersion <- if (family$name == "student") {
    apply(square / look$specific, 2, stats::median) / stats::qchisq(0.5, 1)
  } else {
    colSums(square) / max(sum(look$specific) - ncol(look$profiles), 1)
  }
  # Without scatter nothing is uncertain, but types may be alike all the same.
  slope * rep(1 / pmax(dispersion, 1e-12), each = nrow(m))
}

judge_types <- function(fit, look) {
  if (is.null(look)) {
    return(not_looked_at("identification", fit))
  }
  types <- colnames(look$profiles)
  info <- profile_information(fit, look)
  doubt <- doubtful_types(info)
  worst <- which.max(doubt$inflation)
  value <- doubt$inflation[worst]
  if (!any(doubt$unsure)) {
    return(finding("identification", "pass", value, if (length(types) == 1) {
      "One type only: there is nothing to tell apart."
    } else {
      paste0("Every type can be told from the others; the hardest is ", types[worst],
        ", with a standard error ", times_text(sqrt(value)),
        " what it would be if the others were known.")
    }))
  }
  words <- alike_words(info, types)
  finding("identification", if (any(doubt$lost)) "fail" else "caution", value,
    and_list(utils::head(words, 4L)), more_text(words, utils::head(words, 4L)), ".",
    if (any(grepl("of the sum", words))) " Read the sum, not its parts.")
}

# Of each type: how many times the variance of its share is what it would be if all others were
# known, its standard error, and whether that is too much or leaves nothing known.
doubtful_types <- function(info) {
  limits <- deconvolve_limits
  inflation <- drop(info$vectors^2 %*% (1 / info$values))
  error <- sqrt(inflation) / info$size
  nothing <- inflation > limits$inflation[2]
  unsure <- nothing | (inflation > limits$inflation[1] & error > limits$share_error[1])
  list(
    inflation = inflation, error = error, unsure = unsure,
    lost = nothing | (unsure & error > limits$share_error[2])
  )
}

# Words for each group of types that exchange for each other. The type that others replace best is
# told and taken out, until no doubt is left.
alike_words <- function(info, types) {
  told <- list()
  repeat {
    doubt <- doubtful_types(info)
    like <- lapply(which(doubt$unsure), replacement, info = info, inflation = doubt$inflation)
    like <- like[vapply(like, function(x) length(x$by) > 0, NA)]
    if (length(like) == 0) break
    # Of several that explain as well, the shortest.
    like <- like[[which.min(vapply(like, function(x) x$rest + 1e-9 * length(x$by), 0))]]
    k <- like$type
    told <- c(told, list(list(
      types = types[c(k, like$by)], ratio = like$ratio, lost = doubt$lost[k],
      error = doubt$error[k]
    )))
    types <- types[-k]
    alike <- info$alike[-k, -k, drop = FALSE]
    info <- c(list(size = info$size[-k], alike = alike), spectrum_of(alike))
  }
  pairs <- Filter(function(x) length(x$types) == 2, told)
  left <- stats::setNames(doubtful_types(info)$error, types)
  c(
    vapply(pair_groups(pairs), group_words, "", left = left),
    vapply(setdiff(told, pairs), mixture_words, "")
  )
}

# Pairs that share a type are one group: the first of them, with the types of all.
pair_groups <- function(pairs) {
  groups <- list()
  for (pair in pairs) {
    joined <- vapply(groups, function(group) any(pair$types %in% group$types), NA)
    if (any(joined)) {
      at <- which(joined)
      groups[[at[1]]]$types <- unique(c(unlist(lapply(groups[at], `[[`, "types")), pair$types))
      groups[at[-1]] <- NULL
    } else {
      groups <- c(groups, list(pair))
    }
  }
  groups
}

# `left`: standard errors of types that stand for their groups, once the others are taken out.
group_words <- function(group, left) {
  sum <- left[names(left) %in% group$types]
  known <- length(sum) == 1 && sum < group$error / 2
  exchange <- if (length(group$types) == 2) {
    paste0("1 of one exchanges for ", number_text(group$ratio), " of the other; ")
  }
  paste0(and_list(group$types), ": ", if (known && group$lost) {
    "only their sum is determined"
  } else if (group$lost) {
    "cannot be told apart"
  } else {
    "hardly told apart"
  }, " (", exchange, "standard error ", error_text(group$error), " of each",
  if (known) paste0(", ", error_text(sum), " of the sum"), ")")
}

mixture_words <- function(like) {
  by <- like$types[-1]
  paste0(like$types[1], if (like$lost) " is no" else " is hardly", " more than a mixture of ",
    and_list(paste(vapply(like$ratio, number_text, ""), by)), " (standard error of its share ",
    error_text(like$error), ")")
}

# What is not known at all has an error of at least the whole.
error_text <- function(error) if (error > 1) "above 1" else number_text(error)

# Which other types make up a type, in shares, one after the other until what is left of it is as
# little as with all of them: list(type, by, ratio, rest).
replacement <- function(type, info, inflation, most = 4L) {
  alike <- info$alike
  enough <- max(2 / inflation[type], 1e-10)
  by <- integer()
  part <- numeric()
  rest <- 1
  while (length(by) < most && rest > enough) {
    gain <- alike[, type] - drop(alike[, by, drop = FALSE] %*% part)
    gain[c(type, by)] <- 0
    if (max(gain) < 1e-8) break
    more <- c(by, which.max(gain))
    new <- tryCatch(solve(alike[more, more], alike[more, type]), error = function(e) -1)
    if (any(new <= 0)) break
    by <- more
    part <- new
    rest <- max(1 - sum(part * alike[by, type]), 0)
  }
  ratio <- part * info$size[type] / info$size[by]
  list(type = type, by = by, ratio = ratio, rest = rest)
}

