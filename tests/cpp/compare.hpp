// How far apart two answers are. Anything that is not finite is infinitely far.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <limits>

namespace toy {

inline double difference(double a, double b) {
  const double d = std::abs(a - b);
  return std::isfinite(d) ? d : std::numeric_limits<double>::infinity();
}

// Largest over the entries.
template <class A, class B>
double difference(const Eigen::MatrixBase<A>& a, const Eigen::MatrixBase<B>& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (Eigen::Index j = 0; j < a.cols(); ++j)
    for (Eigen::Index i = 0; i < a.rows(); ++i)
      largest = std::max(largest, difference(double{a(i, j)}, double{b(i, j)}));
  return largest;
}

// The same to the bit.
template <class A, class B>
bool identical(const Eigen::MatrixBase<A>& a, const Eigen::MatrixBase<B>& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() && (a.array() == b.array()).all();
}

}  // namespace toy
