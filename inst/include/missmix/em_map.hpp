// EM as a map of flat vectors, and the leading part of its derivative.
//
// At a stationary point the eigenvalues of the derivative are the fractions of missing information
// (Dempster, Laird & Rubin 1977, eq. 3.15): the largest is the rate of plain EM, and one above 1
// belongs to a direction in which the objective bends upwards.
#pragma once

#include <Eigen/Eigenvalues>
#include <cmath>
#include <cstdint>
#include <random>

#include "em_model.hpp"
#include "monitor.hpp"

namespace missmix {

template <class Model>
class EmMap {
 public:
  explicit EmMap(const Model& model) : model_(model), stats_(model.make_stats()) {}

  // False where x is not a legal point, or its image cannot be computed.
  bool operator()(const VectorXd& x, VectorXd& image) {
    if (!std::isfinite(objective(x))) return false;
    model_.m_step(stats_, params_);
    model_.pack(params_, image);
    return image.allFinite();
  }

  double objective(const VectorXd& x) {
    if (!model_.unpack(x, params_)) return -std::numeric_limits<double>::infinity();
    ++passes_;
    double value = model_.e_step(params_, stats_);
    if constexpr (has_log_prior<Model>) value += model_.log_prior(params_);
    return value;
  }

  const typename Model::Params& params() const { return params_; }
  int passes() const { return passes_; }

 private:
  const Model& model_;
  typename Model::Stats stats_;
  typename Model::Params params_;
  int passes_ = 0;
};

struct LeadingMode {
  double rate = 0;  // NaN where the map could not be differentiated
  VectorXd direction;
  bool stopped = false;  // by the monitor, before it was found
};

// A direction that no symmetry of the data can know of; the same on every platform.
inline VectorXd generic_direction(Index size) {
  std::mt19937 bits(20041977);
  VectorXd v(size);
  for (Index i = 0; i < size; ++i) v[i] = static_cast<double>(bits()) / 4294967296.0 - 0.5;
  return v.normalized();
}

namespace detail {

// The largest Ritz value, its vector in the basis, and by how much it fails to be an eigenvalue.
struct Ritz {
  double value = 0, residual = 0;
  VectorXd weights;
};

inline Ritz largest_ritz(const MatrixXd& hessenberg, Index size) {
  const Eigen::EigenSolver<MatrixXd> solver(hessenberg.topLeftCorner(size, size));
  Ritz ritz;
  Index top = 0;
  ritz.value = solver.eigenvalues().real().maxCoeff(&top);
  ritz.weights = solver.eigenvectors().col(top).real();
  ritz.residual = hessenberg(size, size - 1) * std::abs(ritz.weights[size - 1]);
  return ritz;
}

}  // namespace detail

// Arnoldi on the derivative of the map at x, whose image is known, by differences: at most `steps`
// passes, and no more once the largest eigenvalue is plainly below `enough`. The monitor is asked
// before each.
template <class Model>
LeadingMode leading_mode(EmMap<Model>& map, const VectorXd& x, const VectorXd& image, Index steps,
                         Monitor& monitor, double enough = 0) {
  constexpr double kDifference = 1e-5;
  const Index size = std::min(steps, x.size());
  LeadingMode mode{std::numeric_limits<double>::quiet_NaN(), VectorXd::Zero(x.size())};
  MatrixXd basis(x.size(), size + 1), h = MatrixXd::Zero(size + 1, size);
  if (size > 0) basis.col(0) = generic_direction(x.size());
  VectorXd moved;
  for (Index k = 0; k < size; ++k) {
    mode.stopped = !monitor.keep_going(TraceRow());
    if (mode.stopped || !map(x + kDifference * basis.col(k), moved)) return mode;
    VectorXd w = (moved - image) / kDifference;
    for (int twice = 0; twice < 2; ++twice) {  // once is not enough to stay orthogonal
      const VectorXd overlap = basis.leftCols(k + 1).transpose() * w;
      w -= basis.leftCols(k + 1) * overlap;
      h.col(k).head(k + 1) += overlap;
    }
    h(k + 1, k) = w.norm();
    const detail::Ritz ritz = detail::largest_ritz(h, k + 1);
    mode.rate = ritz.value;
    mode.direction = (basis.leftCols(k + 1) * ritz.weights).normalized();
    const bool settled = k > 0 && ritz.value + ritz.residual < enough;
    if (settled || !(h(k + 1, k) > 1e-10)) break;
    basis.col(k + 1) = w / h(k + 1, k);
  }
  return mode;
}

}  // namespace missmix
