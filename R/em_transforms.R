# Transforms of one block of a parameter to flat, unconstrained coordinates, in
# which acceleration works: any point is legal there, and a straight line leads
# from one legal point to another.
#
# A transform is a list of class "em_transform":
#   name            as shown in print()
#   size(block)     number of flat coordinates
#   problem(block)  what is wrong with these values, in words, or NULL
#   pack(block)     legal values to flat coordinates
#   unpack(x, block)  the block with its values replaced, its names and shape kept
#   kept(block)     which entries of the block say it all: those in coef()
#   edged           does a coordinate running to infinity mean a boundary?
#   edge            and beyond this it is one, whatever the curvature
#   spread(block)   how far a random start moves each coordinate: one standard deviation
#   group(block)    which distribution each entry is a weight of; NULL where none are.
#                   Weights of exactly zero have no coordinate.

#' Transforms for the parameters of a model written in R
#'
#' The engine accelerates in flat coordinates in which every point is legal.
#' A transform says how one block of the parameter gets there and back; a list of
#' them goes to the argument `transforms` of [em_model()].
#'
#' @details
#' The block each is for, and the coordinates it becomes:
#' * `em_identity()`: any numbers; the numbers themselves;
#' * `em_positive()`: numbers above zero; their logarithms;
#' * `em_interval()`: numbers strictly between two bounds; their logits;
#' * `em_simplex()`: K numbers that sum to one, none negative; K - 1 isometric
#'   log-ratios (Egozcue et al. 2003) of those above zero;
#' * `em_correlation()`: a p by p correlation matrix; p(p - 1)/2 partial
#'   correlations along the Cholesky rows, on Fisher's z scale (Lewandowski et al.
#'   2009);
#' * `em_covariance()`: a p by p positive definite matrix; the p(p + 1)/2 entries of
#'   its Cholesky factor, with logarithms on the diagonal (Pinheiro and Bates 1996).
#'
#' The log-ratios of `em_simplex()` do not single out one of the K numbers, so
#' that the order of the components changes nothing in how the engine moves.
#'
#' All hold the *inside* of their set: a correlation of exactly one or a singular
#' covariance has no flat coordinates. A fit that gets there ends with status
#' `"non_finite"` and says which block it was. Only the numbers of `em_simplex()` may
#' be exactly zero: such a number has no coordinate and stays zero, see [em_fit()].
#'
#' @param lower,upper Bounds of the interval: finite numbers, `lower` the smaller.
#' @param margin For a matrix of probabilities: `1` if each row sums to one (as in
#'   a matrix of transition probabilities), `2` if each column does; `NULL` if all
#'   of the block does.
#'
#' @return A transform: an object of class `em_transform`.
#'
#' @section Errors:
#' `missmix_error_argument`: bounds that are none, or `margin` that is neither
#' `NULL`, 1 nor 2.
#'
#' @references
#' Egozcue, J. J., Pawlowsky-Glahn, V., Mateu-Figueras, G. and Barcelo-Vidal, C.
#' (2003). Isometric logratio transformations for compositional data analysis.
#' *Mathematical Geology* 35, 279-300.
#'
#' Lewandowski, D., Kurowicka, D. and Joe, H. (2009). Generating random
#' correlation matrices based on vines and extended onion method. *Journal of
#' Multivariate Analysis* 100, 1989-2001.
#'
#' Pinheiro, J. C. and Bates, D. M. (1996). Unconstrained parametrizations for
#' variance-covariance matrices. *Statistics and Computing* 6, 289-296.
#'
#' @name em_transforms
#' @seealso [em_model()], and there `pack` and `unpack` for anything else.
#' @examples
#' em_model(
#'   em_step = identity, log_lik = function(par) 0,
#'   transforms = list(weights = em_simplex(), lambda = em_positive())
#' )
NULL

new_transform <- function(name, pack, unpack, problem, size = length,
                          kept = seq_along, edged = TRUE, edge = Inf,
                          spread = function(block) rep(1, size(block)), group = NULL) {
  structure(
    list(
      name = name, size = size, problem = problem, pack = pack, unpack = unpack,
      kept = kept, edged = edged, edge = edge, spread = spread, group = group
    ),
    class = "em_transform"
  )
}

#' @rdname em_transforms
#' @export
em_identity <- function() {
  new_transform(
    "identity",
    pack = as.double,
    unpack = fill,
    problem = function(block) NULL,
    edged = FALSE,
    spread = function(block) identity_spread(as.double(block))
  )
}

#' @rdname em_transforms
#' @export
em_positive <- function() {
  new_transform(
    "positive",
    pack = function(block) log(as.double(block)),
    unpack = function(x, block) fill(exp(x), block),
    problem = function(block) if (any(block <= 0)) "must be above zero"
  )
}

#' @rdname em_transforms
#' @export
em_interval <- function(lower = 0, upper = 1) {
  check_number(lower)
  check_number(upper, above = lower)
  words <- sprintf("must lie strictly between %s and %s", format(lower), format(upper))
  new_transform(
    sprintf("interval (%s, %s)", format(lower), format(upper)),
    pack = function(block) {
      block <- as.double(block)
      log((block - lower) / (upper - block))
    },
    unpack = function(x, block) fill(lower + (upper - lower) * stats::plogis(x), block),
    problem = function(block) if (any(block <= lower | block >= upper)) words
  )
}

#' @rdname em_transforms
#' @export
em_simplex <- function(margin = NULL) {
  if (!is.null(margin)) {
    check_count(margin, lower = 1, upper = 2)
  }
  # One distribution a row.
  rows <- function(block) {
    if (is.null(margin)) {
      matrix(as.double(block), 1L)
    } else if (margin == 1) {
      as.matrix(block)
    } else {
      t(block)
    }
  }
  new_transform(
    paste0("simplex", if (!is.null(margin)) c(" by row", " by column")[margin]),
    size = function(block) sum(block > 0) - nrow(rows(block)),
    pack = function(block) log_ratios(rows(block)),
    unpack = function(x, block) {
      p <- from_log_ratios(x, rows(block))
      fill(if (identical(as.integer(margin), 2L)) t(p) else p, block)
    },
    problem = function(block) {
      if (!is.null(margin) && !is.matrix(block)) {
        return("must be a matrix")
      }
      sums <- rowSums(rows(block))
      worst <- sums[which.max(abs(sums - 1))]
      if (any(block < 0)) {
        "must not be negative"
      } else if (abs(worst - 1) > 1e-8) {
        paste("must sum to one, not", format(worst, digits = 10))
      }
    },
    edge = 20, # a weight of about 1e-8
    group = function(block) {
      as.integer(if (is.null(margin)) rep(1L, length(block)) else slice.index(block, margin))
    }
  )
}

#' @rdname em_transforms
#' @export
em_correlation <- function() {
  new_transform(
    "correlation",
    size = function(block) sum(below(block)),
    kept = function(block) which(below(block)),
    pack = function(block) {
      factor <- t(chol(block))
      # 1 - partial correlation^2 from what is left of the row: no cancellation.
      left <- t(apply(factor^2, 1, function(row) rev(cumsum(rev(row)))))
      left <- cbind(left[, -1, drop = FALSE], 0)
      cells <- below(block)
      asinh(factor[cells] / sqrt(left[cells]))
    },
    unpack = function(x, block) {
      z <- matrix(0, nrow(block), ncol(block))
      z[below(z)] <- x
      factor <- tanh(z)
      diag(factor) <- 1
      shrink <- t(apply(1 / cosh(z), 1, cumprod))
      factor <- factor * cbind(1, shrink[, -ncol(z), drop = FALSE])
      fill(unit_diagonal(tcrossprod(factor)), block)
    },
    problem = function(block) {
      if (is.matrix(block) && any(abs(diag(block) - 1) > 1e-8)) {
        return("must have ones on its diagonal")
      }
      definite_problem(block)
    }
  )
}

#' @rdname em_transforms
#' @export
em_covariance <- function() {
  new_transform(
    "covariance",
    size = function(block) sum(below(block, diag = TRUE)),
    kept = function(block) which(below(block, diag = TRUE)),
    pack = function(block) {
      factor <- t(chol(as.matrix(block)))
      diag(factor) <- log(diag(factor))
      factor[below(factor, diag = TRUE)]
    },
    unpack = function(x, block) {
      factor <- 0 * as.matrix(block)
      factor[below(factor, diag = TRUE)] <- x
      diag(factor) <- exp(diag(factor))
      fill(tcrossprod(factor), block)
    },
    problem = function(block) definite_problem(as.matrix(block)),
    # A Cholesky row is as long as the standard deviation of its variable.
    spread = function(block) {
      sd <- matrix(sqrt(diag(as.matrix(block))), NROW(block), NROW(block))
      unit_diagonal(sd)[below(sd, diag = TRUE)]
    }
  )
}

#' @export
print.em_transform <- function(x, ...) {
  cli::cat_line("EM transform: ", x$name)
  invisible(x)
}

# New values, the names and the shape of the old.
fill <- function(values, block) {
  block[] <- as.double(values)
  block
}

below <- function(matrix, diag = FALSE) lower.tri(matrix, diag = diag)

# Exactly one, which rounding does not grant.
unit_diagonal <- function(matrix) {
  diag(matrix) <- 1
  matrix
}

# Half of its size, or half a unit: nothing else is known of how far a number may go.
identity_spread <- function(x) pmax(abs(x), 1) / 2

definite_problem <- function(block) {
  if (!is.matrix(block) || nrow(block) != ncol(block)) {
    "must be a square matrix"
  } else if (any(abs(block - t(block)) > 1e-8 * max(abs(block)))) {
    "must be symmetric"
  } else if (is.null(tryCatch(chol(block), error = function(cnd) NULL))) {
    "must be positive definite"
  }
}
