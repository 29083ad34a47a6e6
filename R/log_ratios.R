# Log-ratio coordinates of probabilities, one distribution a row, and back. Weights of exactly
# zero have no coordinate: those of a row are over its other entries.

log_ratios <- function(p) {
  if (all(p > 0)) {
    return(as.double(log(p) %*% log_ratio_basis(ncol(p))))
  }
  unlist(lapply(seq_len(nrow(p)), function(row) {
    live <- p[row, p[row, ] > 0]
    drop(log(live) %*% log_ratio_basis(length(live)))
  }))
}

# `like`: which entries are zero, and how many rows there are.
from_log_ratios <- function(x, like) {
  if (all(like > 0)) {
    return(softmax_rows(matrix(x, nrow(like)) %*% t(log_ratio_basis(ncol(like)))))
  }
  used <- 0
  for (row in seq_len(nrow(like))) {
    live <- which(like[row, ] > 0)
    own <- x[used + seq_len(length(live) - 1)]
    like[row, live] <- softmax_rows(matrix(own, 1) %*% t(log_ratio_basis(length(live))))
    used <- used + length(own)
  }
  like
}

# Orthonormal contrasts: K by K - 1.
log_ratio_basis <- function(k) {
  if (k < 2) {
    return(matrix(0, k, 0))
  }
  contrasts <- stats::contr.helmert(k)
  contrasts / rep(sqrt(colSums(contrasts^2)), each = k)
}

softmax_rows <- function(x) {
  p <- exp(x - x[cbind(seq_len(nrow(x)), max.col(x, "first"))])
  p / rowSums(p)
}
