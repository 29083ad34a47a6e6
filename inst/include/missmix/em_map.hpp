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
};

// A direction that no symmetry of the data can know of; the same on every platform.
inline VectorXd generic_direction(Index size) {
  std::mt19937 bits(20041977);
  VectorXd v(size);
  for (Index i = 0; i < size; ++i) v[i] = static_cast<double>(bits()) / 4294967296.0 - 0.5;
  return v.normalized();
}

// Arnoldi on the derivative of the map at x, whose image is known, by differences: one pass a step.
template <class Model>
LeadingMode leading_mode(EmMap<Model>& map, const VectorXd& x, const VectorXd& image, Index steps) {
  constexpr double kDifference = 1e-5;
  const Index size = std::min(steps, x.size());
  LeadingMode mode{std::numeric_limits<double>::quiet_NaN(), VectorXd::Zero(x.size())};
  MatrixXd basis(x.size(), size + 1), h = MatrixXd::Zero(size + 1, size);
  VectorXd moved;
  if (size == 0) return mode;
  basis.col(0) = generic_direction(x.size());
  Index used = 0;
  for (; used < size; ++used) {
    if (!map(x + kDifference * basis.col(used), moved)) return mode;
    VectorXd w = (moved - image) / kDifference;
    for (int twice = 0; twice < 2; ++twice) {  // once is not enough to stay orthogonal
      const VectorXd overlap = basis.leftCols(used + 1).transpose() * w;
      w -= basis.leftCols(used + 1) * overlap;
      h.col(used).head(used + 1) += overlap;
    }
    h(used + 1, used) = w.norm();
    if (!(h(used + 1, used) > 1e-10)) {
      ++used;
      break;
    }
    basis.col(used + 1) = w / h(used + 1, used);
  }
  const Eigen::EigenSolver<MatrixXd> solver(h.topLeftCorner(used, used));
  Index top = 0;
  mode.rate = solver.eigenvalues().real().maxCoeff(&top);
  mode.direction = (basis.leftCols(used) * solver.eigenvectors().col(top).real()).normalized();
  return mode;
}

}  // namespace missmix
