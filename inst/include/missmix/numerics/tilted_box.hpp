// Draws of a normal within a box, exact however small its probability and alike its variables.
//
// Rejection with minimax tilting (Botev 2017, Journal of the Royal Statistical Society B 79:125).
// With x = L z the variables are proposed one after the other, each from its truncated normal given
// those before it, but about a mean moved by mu_k. The log-weight of a proposal is
//   psi(z, mu) = sum_k mu_k^2 / 2 - mu_k z_k + log P(a_k - mu_k < Z < b_k - mu_k)
// with a_k and b_k the bounds less what z_1 ... z_{k-1} contribute. It is concave in z and convex
// in mu: at its saddle mu makes the largest weight least, and z has that weight.
#pragma once

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "../em_model.hpp"
#include "truncated_draw.hpp"
#include "truncated_normal.hpp"

namespace missmix {

class TiltedBox {
 public:
  // Of N(0, cov) within the bounds. False where the saddle is not found.
  bool prepare(const MatrixXd& cov, const VectorXd& lower, const VectorXd& upper) {
    size_ = cov.rows();
    return factorise(cov, lower, upper) && find_saddle();
  }

  // One attempt at a draw.
  bool propose(Rng& rng, VectorXd& x) {
    double weight = 0;
    for (Index k = 0; k < size_; ++k) {
      const double before = contribution(k, draw_), centre = before + mu_[k];
      const double a = lower_[k] - centre, b = upper_[k] - centre;
      draw_[k] = mu_[k] + draw_truncated(rng, a, b);
      weight += mu_[k] * (0.5 * mu_[k] - draw_[k]) + truncated_normal(a, b).log_probability;
      x[place_[k]] = unit_[k] * (before + draw_[k]);
    }
    return std::log(rng.uniform()) < weight - most_;
  }

 private:
  // What the variables before the k-th add to it, in its own units.
  double contribution(Index k, const VectorXd& z) const {
    return root_.row(k).head(k).dot(z.head(k));
  }

  // The Cholesky factor, each row in units of its diagonal, with the variables in an order in which
  // those least likely to be within bounds come first (Gibson, Glasbey & Elston 1994). z_ becomes
  // the means when each is drawn with those before it at theirs.
  bool factorise(const MatrixXd& cov, const VectorXd& lower, const VectorXd& upper) {
    root_.setZero(size_, size_);
    place_.resize(static_cast<std::size_t>(size_));
    std::iota(place_.begin(), place_.end(), Index{0});
    for (VectorXd* v : {&unit_, &lower_, &upper_, &z_, &draw_, &mean_, &variance_})
      v->resize(size_);
    rest_ = cov.diagonal();
    for (Index k = 0; k < size_; ++k) {
      if (!choose_next(k, lower, upper)) return false;
      const Index j = place_[k];
      for (Index i = k + 1; i < size_; ++i) {
        const double left = cov(place_[i], j) - root_.row(i).head(k).dot(root_.row(k).head(k));
        root_(i, k) = left / unit_[k];
        rest_[place_[i]] -= root_(i, k) * root_(i, k);
      }
      lower_[k] = lower[j] / unit_[k];
      upper_[k] = upper[j] / unit_[k];
    }
    for (Index k = 0; k < size_; ++k) root_.row(k).head(k) /= unit_[k];
    return true;
  }

  bool choose_next(Index k, const VectorXd& lower, const VectorXd& upper) {
    double least = std::numeric_limits<double>::infinity();
    Index chosen = -1;
    for (Index i = k; i < size_; ++i) {
      const Index j = place_[i];
      if (!(rest_[j] > 0)) return false;
      const double sd = std::sqrt(rest_[j]), centre = root_.row(i).head(k).dot(z_.head(k));
      const auto t = truncated_normal((lower[j] - centre) / sd, (upper[j] - centre) / sd);
      if (!(t.log_probability < least)) continue;
      least = t.log_probability;
      chosen = i;
      z_[k] = t.mean;
      unit_[k] = sd;
    }
    if (chosen < 0) return false;
    std::swap(place_[k], place_[chosen]);
    root_.row(k).swap(root_.row(chosen));
    return true;
  }

  // By Newton's method, halving steps that do not bring the slopes nearer to zero. The last
  // variable has no part in it: mu is zero there, and nothing depends on z.
  bool find_saddle() {
    constexpr int kMostSteps = 100;
    // The largest log-weight is taken to be this much larger than at a saddle found so well.
    constexpr double kFound = 1e-8, kSlack = 1e-2;
    const Index n = size_ - 1;
    mu_.setZero(size_);
    double most = evaluate();
    for (int step = 0; step < kMostSteps; ++step) {
      if (!std::isfinite(most)) return false;
      weight_ = variance_.head(n);
      const double distance = slopes();
      if (distance < kFound) {
        most_ = most + kSlack;
        return true;
      }
      if (!newton_direction()) return false;
      if (!step_down(distance, most)) return false;
    }
    return false;
  }

  bool step_down(double distance, double& psi) {
    constexpr int kMostHalvings = 30;
    const Index n = size_ - 1;
    const VectorXd z = z_, mu = mu_;
    double length = 1;
    for (int halving = 0; halving < kMostHalvings; ++halving, length *= 0.5) {
      z_.head(n) = z.head(n) + length * towards_z_;
      mu_.head(n) = mu.head(n) + length * towards_mu_;
      psi = evaluate();
      if (slopes() < distance) return true;
    }
    return false;
  }

  // psi, and the moments of each variable about mu.
  double evaluate() {
    double psi = 0;
    for (Index k = 0; k < size_; ++k) {
      const double centre = contribution(k, z_) + mu_[k];
      const TruncatedMoments t = truncated_normal(lower_[k] - centre, upper_[k] - centre);
      psi += mu_[k] * (0.5 * mu_[k] - z_[k]) + t.log_probability;
      mean_[k] = t.mean;
      variance_[k] = t.variance;
    }
    return psi;
  }

  // Of psi, by z and by mu; their size in units of the variables' spread.
  double slopes() {
    const Index n = size_ - 1;
    slope_z_.noalias() = root_.leftCols(n).transpose() * mean_;
    slope_z_ -= mu_.head(n);
    slope_mu_ = mu_.head(n) - z_.head(n) + mean_.head(n);
    return (slope_z_.array().square() * weight_.array() +
            slope_mu_.array().square() / weight_.array())
        .sum();
  }

  // The Hessian's blocks are -R' W R, W = 1 - variance; B = -1 - R' W; and the variances. Those of
  // mu are eliminated.
  bool newton_direction() {
    const Index n = size_ - 1;
    const auto r = root_.leftCols(n);
    const VectorXd w = 1 - variance_.array();
    const VectorXd variance = variance_.head(n);
    cross_ = -r.topRows(n).transpose() * w.head(n).asDiagonal();
    cross_.diagonal().array() -= 1;
    const MatrixXd scaled = cross_ * variance.cwiseInverse().asDiagonal();
    curve_.noalias() = r.transpose() * w.asDiagonal() * r;
    curve_.noalias() += scaled * cross_.transpose();
    solver_.compute(curve_);
    if (solver_.info() != Eigen::Success) return false;
    towards_z_ = solver_.solve(slope_z_ - scaled * slope_mu_);
    towards_mu_ = -(slope_mu_ + cross_.transpose() * towards_z_).cwiseQuotient(variance);
    return towards_z_.allFinite() && towards_mu_.allFinite();
  }

  Index size_ = 0;
  std::vector<Index> place_;  // of each variable in the caller's order
  MatrixXd root_;             // strictly lower triangle
  VectorXd unit_, lower_, upper_, rest_;
  VectorXd z_, mu_, mean_, variance_;
  double most_ = 0;  // log-weight
  VectorXd slope_z_, slope_mu_, weight_, towards_z_, towards_mu_;
  MatrixXd cross_, curve_;
  Eigen::LLT<MatrixXd> solver_;
  VectorXd draw_;
};

}  // namespace missmix
