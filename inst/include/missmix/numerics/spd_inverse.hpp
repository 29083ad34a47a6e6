// Inverse and log-determinant of small symmetric positive definite matrices, in place.
#pragma once

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>

namespace missmix {

// Up to this size plain loops beat the set-up of a blocked factorisation.
inline constexpr Eigen::Index kSmallMatrix = 12;

namespace detail {

// Gauss-Jordan sweeps: stable without pivoting on positive definite matrices.
template <class Matrix>
double invert_small(Matrix& a) {
  const Eigen::Index n = a.rows();
  double determinant = 1, log_det = 0;
  for (Eigen::Index k = 0; k < n; ++k) {
    const double pivot = a(k, k);
    if (!(pivot > 0)) return std::numeric_limits<double>::quiet_NaN();
    determinant *= pivot;
    // One logarithm for many pivots, as long as their product is far from overflow.
    if (determinant > 1e100 || determinant < 1e-100) {
      log_det += std::log(determinant);
      determinant = 1;
    }
    const double inverse = 1 / pivot;
    a(k, k) = 1;
    for (Eigen::Index i = 0; i < n; ++i) a(i, k) *= inverse;
    for (Eigen::Index j = 0; j < n; ++j) {
      if (j == k) continue;
      const double factor = a(k, j);
      a(k, j) = 0;
      for (Eigen::Index i = 0; i < n; ++i) a(i, j) -= factor * a(i, k);
    }
  }
  return log_det + std::log(determinant);
}

}  // namespace detail

// Replaces `a` by its inverse and returns log|a|, or NaN where `a` is not positive definite.
template <class Matrix>
double invert_spd(Matrix&& a) {
  const Eigen::Index n = a.rows();
  if (n <= kSmallMatrix) return detail::invert_small(a);
  const Eigen::LLT<Eigen::MatrixXd> factor(a);
  if (factor.info() != Eigen::Success) return std::numeric_limits<double>::quiet_NaN();
  a = factor.solve(Eigen::MatrixXd::Identity(n, n));
  return 2 * factor.matrixLLT().diagonal().array().log().sum();
}

}  // namespace missmix
