# Derivatives by central differences, with errors of fourth order in the step.
# Directions are the columns of a `basis`; the step h counts in their lengths.

# Derivative of a vector-valued f along each column of the basis.
difference_jacobian <- function(f, x, basis, h) {
  along <- function(direction) {
    at <- function(steps) f(x + steps * h * direction)
    (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)
  }
  columns <- lapply(seq_len(ncol(basis)), function(j) along(basis[, j]))
  matrix(unlist(columns), ncol = ncol(basis))
}

# Second derivatives of a number-valued f in the coordinates of the basis.
# Mixed ones by polarisation: 2 f_ab is the curvature along a + b less those
# along a and along b.
difference_hessian <- function(f, x, basis, h) {
  centre <- f(x)
  curvature <- function(direction) {
    at <- function(steps) f(x + steps * h * direction) - centre
    (16 * (at(1) + at(-1)) - (at(2) + at(-2))) / (12 * h^2)
  }
  size <- ncol(basis)
  alone <- vapply(seq_len(size), function(j) curvature(basis[, j]), numeric(1))
  hessian <- diag(alone, size)
  for (j in seq_len(size)[-1]) {
    for (i in seq_len(j - 1)) {
      together <- curvature(basis[, i] + basis[, j])
      hessian[i, j] <- hessian[j, i] <- (together - alone[i] - alone[j]) / 2
    }
  }
  hessian
}

# For each coordinate the distance over which f falls by about one half: the
# conditional standard error, if f is a log-likelihood and x its maximum. NA
# where f does not bend downwards, or is not finite nearby.
curvature_scale <- function(f, x, falls_by = 1e-3) {
  centre <- f(x)
  one <- function(i) {
    h <- 1e-3 * (1 + abs(x[i]))
    for (attempt in 1:8) {
      moved <- function(side) f(replace(x, i, x[i] + side * h))
      fall <- centre - (moved(1) + moved(-1)) / 2
      if (!is.finite(fall)) {
        h <- h / 20
      } else if (fall <= 64 * .Machine$double.eps * abs(centre)) {
        h <- 10 * h
      } else if (fall > falls_by / 4 && fall < falls_by * 4) {
        return(h / sqrt(2 * fall))
      } else {
        h <- h * min(max(sqrt(falls_by / fall), 1e-3), 1e3)
      }
    }
    NA_real_
  }
  vapply(seq_along(x), one, numeric(1))
}

# The step at which rounding and the error of the formula weigh the same, in units
# in which the curvature of a log-likelihood of this size is about one.
balanced_step <- function(log_lik) {
  step <- (200 * .Machine$double.eps * abs(log_lik))^(1 / 6)
  min(max(step, 0.01), 0.2)
}
