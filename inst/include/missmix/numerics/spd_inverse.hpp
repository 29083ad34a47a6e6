// Inverse and log-determinant of small symmetric positive definite matrices, in place.
#pragma once

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>

namespace missmix {

// Up to this size plain loops beat the set-up of a blocked factorisation.
inline constexpr Eigen::Index kSmallMatrix = 12;

namespace detail {

// Through the Cholesky factor, whose error is that of a matrix nearby: Gauss-Jordan sweeps take as
// long, and near singularity what they return belongs to no matrix at all.
template <class Matrix>
double invert_small(Matrix& a) {
  const Eigen::Index n = a.rows();
  double determinant = 1, log_det = 0;
  for (Eigen::Index k = 0; k < n; ++k) {  // a = L L', L in the lower triangle, 1 / diagonal
    const double pivot = a(k, k);
    if (!(pivot > 0)) return std::numeric_limits<double>::quiet_NaN();
    determinant *= pivot;
    // One logarithm for many pivots, as long as their product is far from overflow.
    if (determinant > 1e100 || determinant < 1e-100) {
      log_det += std::log(determinant);
      determinant = 1;
    }
    const double inverse = 1 / std::sqrt(pivot);
    a(k, k) = inverse;
    for (Eigen::Index i = k + 1; i < n; ++i) a(i, k) *= inverse;
    for (Eigen::Index j = k + 1; j < n; ++j) {
      const double factor = a(j, k);
      for (Eigen::Index i = j; i < n; ++i) a(i, j) -= factor * a(i, k);
    }
  }
  for (Eigen::Index j = n - 1; j >= 0; --j) {  // column j of the inverse of L
    const double pivot = a(j, j);
    for (Eigen::Index i = n - 1; i > j; --i) {
      double sum = a(i, i) * a(i, j);
      for (Eigen::Index k = j + 1; k < i; ++k) sum += a(i, k) * a(k, j);
      a(i, j) = -pivot * sum;
    }
  }
  for (Eigen::Index j = 0; j < n; ++j)  // (L^-1)' L^-1
    for (Eigen::Index i = j; i < n; ++i) {
      double sum = 0;
      for (Eigen::Index k = i; k < n; ++k) sum += a(k, i) * a(k, j);
      a(i, j) = sum;
    }
  for (Eigen::Index j = 1; j < n; ++j)
    for (Eigen::Index i = 0; i < j; ++i) a(i, j) = a(j, i);
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
