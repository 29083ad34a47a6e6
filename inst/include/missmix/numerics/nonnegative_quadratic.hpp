// Maximises b'x - x'Hx/2 over x >= 0, H positive definite: the active-set method of Lawson & Hanson
// (1974, ch. 23) on the normal equations, warm-started from the support of x.
#pragma once

#include <Eigen/Cholesky>
#include <limits>
#include <vector>

#include "../em_model.hpp"

namespace missmix {

class NonnegativeQuadratic {
 public:
  // `x` is where to begin, and becomes the solution. False where H is not positive definite on the
  // support: x is then the best point reached.
  bool solve(const MatrixXd& h, const VectorXd& b, VectorXd& x) {
    const Index n = b.size();
    passive_.clear();
    for (Index k = 0; k < n; ++k) {
      if (x[k] > 0)
        passive_.push_back(k);
      else
        x[k] = 0;
    }
    refused_.assign(static_cast<std::size_t>(n), false);
    // Each round ends at another support with a higher value; the bound is for rounding only.
    for (Index round = 0; round < 10 * (n + 1); ++round) {
      if (!descend_to_support(h, b, x)) return false;
      const Index k = steepest(h, b, x);
      if (k < 0) return true;
      passive_.push_back(k);
      newcomer_ = k;
    }
    return true;
  }

 private:
  // The maximum on the passive set, dropping what would become negative on the way.
  bool descend_to_support(const MatrixXd& h, const VectorXd& b, VectorXd& x) {
    while (!passive_.empty()) {
      const Index size = static_cast<Index>(passive_.size());
      part_.resize(size, size);
      target_.resize(size);
      for (Index j = 0; j < size; ++j) {
        target_[j] = b[passive_[j]];
        for (Index i = j; i < size; ++i) part_(i, j) = h(passive_[i], passive_[j]);
      }
      llt_.compute(part_);
      if (llt_.info() != Eigen::Success) return false;
      llt_.solveInPlace(target_);
      double step = 1;
      for (Index j = 0; j < size; ++j) {
        const double from = x[passive_[j]];
        if (target_[j] <= 0) step = std::min(step, from > 0 ? from / (from - target_[j]) : 0.0);
      }
      std::size_t kept = 0;
      for (Index j = 0; j < size; ++j) {
        const Index k = passive_[j];
        const bool leaves =
            target_[j] <= 0 && x[k] * (1 - step) + target_[j] * step <= 1e-14 * (x[k] - target_[j]);
        x[k] = leaves ? 0 : x[k] + step * (target_[j] - x[k]);
        if (!leaves) passive_[kept++] = k;
        // What rounding alone let in would come and go for ever.
        else if (k == newcomer_)
          refused_[k] = true;
      }
      const bool all_kept = kept == passive_.size();
      passive_.resize(kept);
      if (all_kept) break;
    }
    newcomer_ = -1;
    return true;
  }

  // The variable at zero with the steepest way up, in units of its own curvature; -1 for none.
  Index steepest(const MatrixXd& h, const VectorXd& b, const VectorXd& x) {
    slope_ = b;
    slope_.noalias() -= h * x;
    double best = 0;
    Index winner = -1;
    for (Index k = 0; k < x.size(); ++k) {
      if (x[k] > 0 || refused_[k] || !(slope_[k] > kRounding * std::abs(b[k]))) continue;
      const double steepness = slope_[k] / std::sqrt(h(k, k));
      if (steepness > best) {
        best = steepness;
        winner = k;
      }
    }
    return winner;
  }

  static constexpr double kRounding = 64 * std::numeric_limits<double>::epsilon();

  std::vector<Index> passive_;
  std::vector<bool> refused_;
  Index newcomer_ = -1;
  MatrixXd part_;
  VectorXd target_, slope_;
  Eigen::LLT<MatrixXd> llt_;
};

}  // namespace missmix
