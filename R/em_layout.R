# How the parameter of a model written in R becomes flat coordinates and back.
#
# A layout is a list of functions, made for one model and one parameter (the
# template, which gives shape and names):
#   pack(par)       flat coordinates; par must have no problem
#   unpack(x)       parameter in its own shape, or NULL where x is not legal
#   shape_problem(par)  how its shape differs from the template's, or NULL
#   value_problem(par)  why its values are not legal, or NULL
#   natural(par)    what coef() shows: a named vector without repetitions
#   entries(par)    all numbers of the parameter, as the score has them
#   mend(par, old)  the parameter with its entries that are no finite numbers as they were: of
#                   a component without weight nothing is known
#   frozen(par)     how many coordinates such entries hold
# a flag
#   zeros           is any weight of the template exactly zero?
# and of vectors, one element for each flat coordinate:
#   block           name of the block it belongs to
#   edged           does running to infinity mean a boundary?
#   edge            and beyond this it is one, whatever the curvature
#   spread          how far a random start moves it

parameter_layout <- function(model, template) {
  if (is.null(model$pack)) {
    block_layout(template, model$transforms)
  } else {
    own_layout(model, template)
  }
}

# A numeric vector or matrix, or a list of these, one transform for each.
block_layout <- function(template, transforms) {
  listed <- is.list(template)
  as_blocks <- function(par) if (listed) par else list(par)
  blocks <- lapply(as_blocks(template), function(block) {
    storage.mode(block) <- "double"
    block
  })
  transforms <- matched_transforms(transforms, template)
  labels <- if (listed) block_labels(template) else "par"
  sizes <- vapply(seq_along(blocks), function(k) {
    as.integer(transforms[[k]]$size(blocks[[k]]))
  }, integer(1))
  places <- split(seq_len(sum(sizes)), factor(rep(seq_along(sizes), sizes), seq_along(sizes)))

  # In the order of the template, whatever the order of a list with names.
  ordered <- function(par) {
    if (listed && !is.null(names(template))) par[names(template)] else as_blocks(par)
  }
  kept <- lapply(seq_along(blocks), function(k) transforms[[k]]$kept(blocks[[k]]))
  zero <- Map(zero_weights, blocks, transforms)
  names_of <- function(block, k) {
    if (listed) flatten_element(block, labels[[k]]) else flatten_parameters(block)
  }
  list(
    pack = function(par) {
      par <- ordered(par)
      unlist(lapply(seq_along(blocks), function(k) transforms[[k]]$pack(par[[k]])))
    },
    unpack = function(x) {
      for (k in seq_along(blocks)) {
        blocks[[k]] <- transforms[[k]]$unpack(x[places[[k]]], blocks[[k]])
      }
      if (listed) blocks else blocks[[1]]
    },
    shape_problem = function(par) shape_difference(par, template),
    value_problem = function(par) {
      par <- ordered(par)
      for (k in seq_along(blocks)) {
        problem <- finite_problem(par[[k]])
        if (is.null(problem)) {
          problem <- transforms[[k]]$problem(par[[k]])
        }
        if (is.null(problem) && !identical(zero_weights(par[[k]], transforms[[k]]), zero[[k]])) {
          problem <- "must be zero where it was, and only there"
        }
        if (!is.null(problem)) {
          return(sprintf("`%s` %s", labels[[k]], problem))
        }
      }
    },
    zeros = any(lengths(zero) > 0),
    mend = function(par, old) {
      if (!listed) {
        return(keep_finite(par, old))
      }
      for (k in if (is.null(names(template))) seq_along(template) else names(template)) {
        par[[k]] <- keep_finite(par[[k]], old[[k]])
      }
      par
    },
    frozen = function(par) {
      sum(unlist(Map(frozen_coordinates, ordered(par), transforms, sizes)))
    },
    natural = function(par) {
      par <- ordered(par)
      unlist(lapply(seq_along(blocks), function(k) names_of(par[[k]], k)[kept[[k]]]))
    },
    entries = function(par) as.double(unlist(ordered(par), use.names = FALSE)),
    block = rep(labels, sizes),
    edged = rep(vapply(transforms, `[[`, logical(1), "edged"), sizes),
    edge = rep(vapply(transforms, `[[`, numeric(1), "edge"), sizes),
    spread = unlist(lapply(seq_along(blocks), function(k) transforms[[k]]$spread(blocks[[k]])))
  )
}

# The user's own `pack` and `unpack`: the parameter may be any R object.
own_layout <- function(model, template) {
  size <- length(model$pack(template))
  numeric_blocks <- is.null(block_problem(template))
  flat <- function(par) {
    if (numeric_blocks) {
      return(flatten_parameters(par))
    }
    x <- model$pack(par)
    labels <- names(x)
    stats::setNames(as.double(x), if (is.null(labels)) sprintf("x[%d]", seq_along(x)) else labels)
  }
  list(
    pack = function(par) as.double(model$pack(par)),
    unpack = function(x) model$unpack(x),
    shape_problem = function(par) {
      if (numeric_blocks) shape_difference(par, template)
    },
    value_problem = function(par) {
      x <- suppressWarnings(model$pack(par))
      if (!is.numeric(x)) {
        sprintf("packs into %s, not into numbers", value_text(x))
      } else if (length(x) != size) {
        sprintf("packs into %d %s, not %d", length(x), plural(length(x), "number"), size)
      } else if (!all(is.finite(x))) {
        "packs into numbers that are not finite"
      }
    },
    zeros = FALSE,
    mend = function(par, old) par,
    frozen = function(par) 0,
    natural = flat,
    entries = function(par) as.double(flat(par)),
    block = rep("pack(par)", size),
    edged = rep(FALSE, size),
    edge = rep(Inf, size),
    spread = identity_spread(as.double(model$pack(template)))
  )
}

# One transform for each block, in the order of the template.
matched_transforms <- function(transforms, template) {
  if (!is.list(template)) {
    return(list(if (is.null(transforms)) em_identity() else transforms))
  }
  all <- rep(list(em_identity()), length(template))
  places <- match(names(transforms), names(template))
  all[places] <- transforms
  all
}

# Do the transforms belong to this parameter? In words if not.
transforms_problem <- function(transforms, template) {
  single <- inherits(transforms, "em_transform")
  if (is.null(transforms) || (single && !is.list(template))) {
    return(NULL)
  }
  if (single) {
    return("is a list, so `transforms` must be a list too: one transform for each block by name")
  }
  if (!is.list(template)) {
    return("is no list, so `transforms` must be one transform, such as `em_positive()`")
  }
  if (is.null(names(template))) {
    return("has no names, by which its blocks get their transforms")
  }
  unknown <- setdiff(names(transforms), names(template))
  if (length(unknown) > 0) {
    sprintf("has no block %s, for which there is a transform",
      and_list(sprintf("`%s`", unknown)))
  }
}

# Is this a numeric vector, or a list of them? In words if not.
block_problem <- function(par) {
  if (!is.list(par)) {
    if (is.numeric(par) && length(par) > 0) {
      return(NULL)
    }
    return("must be a numeric vector or a list of numeric vectors and matrices")
  }
  numeric <- vapply(par, function(block) is.numeric(block) && length(block) > 0, logical(1))
  if (length(par) == 0 || !all(numeric)) {
    return(paste(
      "must hold numeric vectors and matrices only;",
      "a parameter of another shape needs `pack` and `unpack`"
    ))
  }
  if (anyDuplicated(names(par)) || any(names(par) == "")) {
    "must have a name of its own for each block, or no names at all"
  }
}

# How the shape of one parameter differs from that of another, or NULL.
shape_difference <- function(par, template) {
  if (!is.list(template)) {
    block_difference(par, template, "")
  } else if (!is.list(par)) {
    sprintf("is %s, not a list", kind_words(par))
  } else {
    list_difference(par, template)
  }
}

list_difference <- function(par, template) {
  labels <- names(template)
  if (is.null(labels) && length(par) != length(template)) {
    return(sprintf("has %d blocks, not %d", length(par), length(template)))
  }
  lacking <- setdiff(labels, names(par))
  if (length(lacking) > 0) {
    return(sprintf("has no block `%s`", lacking[1]))
  }
  for (label in if (is.null(labels)) seq_along(template) else labels) {
    problem <- block_difference(par[[label]], template[[label]], sprintf("in block `%s` ", label))
    if (!is.null(problem)) {
      return(problem)
    }
  }
}

block_difference <- function(block, template, where) {
  unknown <- is.logical(block) && all(is.na(block)) # NA, for the engine to judge
  if (!is.numeric(block) && !unknown || length(block) == 0) {
    sprintf("%sis %s, not numeric", where, kind_words(block))
  } else if (length(block) != length(template)) {
    sprintf("%shas length %d, not %d", where, length(block), length(template))
  } else if (!is.null(dim(template)) && !identical(dim(block), dim(template))) {
    size <- function(x) if (is.null(dim(x))) "none" else paste(dim(x), collapse = " x ")
    sprintf("%shas dimensions %s, not %s", where, size(block), size(template))
  }
}

kind_words <- function(x) {
  if (is.null(x)) {
    "NULL"
  } else if (is.numeric(x)) {
    "a number or vector"
  } else {
    paste("of type", typeof(x))
  }
}

block_labels <- function(template) {
  labels <- names(template)
  if (is.null(labels)) paste0("par", seq_along(template)) else labels
}

finite_problem <- function(block) {
  bad <- which(!is.finite(block))
  if (length(bad) > 0) {
    sprintf("must be finite, not %s", format(block[[bad[1]]]))
  }
}
