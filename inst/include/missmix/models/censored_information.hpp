// The observed information of a normal with censored cells: central differences of the score.
//
// In the whitened coordinates of mvn_information.hpp: with Sigma0 = L L' the coordinates are d and
// the lower triangle of A in mu = mu0 + L d, Sigma = L (I + A) L'.
#pragma once

#include "../monitor.hpp"
#include "censored_mvn.hpp"

namespace missmix {

class CensoredInformation {
 public:
  // `params` in the standardised units of the data, positive definite.
  CensoredInformation(const CensoredMvn& model, const Mvn::Params& params, double ridge)
      : model_(model),
        params_(params),
        ridge_(ridge),
        p_(model.p()),
        size_(p_ + p_ * (p_ + 1) / 2) {}

  // What complete data would tell, expected at these parameters: diagonal.
  VectorXd complete() const {
    VectorXd v = VectorXd::Constant(size_, model_.weight() + ridge_);
    v.head(p_).setConstant(model_.weight());
    for_each_pair([&](Index a, Index b, Index k) {
      if (a == b) v[k] *= 2;
    });
    return v;
  }

  // Minus the Hessian of the objective; NaN where a point beside is not legal, empty if the monitor
  // says no.
  MatrixXd observed(Monitor& monitor) const {
    constexpr double kStep = 1e-4;  // standard errors are of the order of 1 / sqrt(n)
    auto stats = model_.make_stats();
    MatrixXd info(size_, size_);
    for (Index k = 0; k < size_; ++k) {
      if (!monitor.keep_going(TraceRow())) return MatrixXd();
      info.col(k) = (score_at(k, -kStep, stats) - score_at(k, kStep, stats)) / (2 * kStep);
    }
    return 0.5 * (info + info.transpose());
  }

  // As MvnInformation::to_user_units().
  MatrixXd to_user_units(const VectorXd& scale) const {
    const MatrixXd root = scale.asDiagonal() * params_.chol;
    MatrixXd map = MatrixXd::Zero(size_, size_);
    map.topLeftCorner(p_, p_) = root;
    for_each_pair([&](Index c, Index d, Index to) {
      for_each_pair([&](Index a, Index b, Index from) {
        map(from, to) = root(a, c) * root(b, d) + root(a, d) * root(b, c);
      });
    });
    return map;
  }

 private:
  template <class Use>
  void for_each_pair(const Use& use) const {
    Index k = p_;
    for (Index b = 0; b < p_; ++b)
      for (Index a = b; a < p_; ++a) use(a, b, k++);
  }

  Mvn::Params moved(Index k, double step) const {
    Mvn::Params at = params_;
    if (k < p_) {
      at.mu += step * params_.chol.col(k);
      return at;
    }
    for_each_pair([&](Index a, Index b, Index pair) {
      if (pair != k) return;
      const MatrixXd change = step * params_.chol.col(a) * params_.chol.col(b).transpose();
      at.sigma += change + change.transpose();
    });
    Mvn::factorise(at);
    return at;
  }

  // Fisher's identity, as in Mvn::score().
  VectorXd score_at(Index k, double step, CensoredMvn::Stats& stats) const {
    const Mvn::Params at = moved(k, step);
    VectorXd score(size_);
    if (!std::isfinite(model_.e_step(at, stats)))
      return VectorXd::Constant(size_, std::numeric_limits<double>::quiet_NaN());
    const VectorXd& sum = stats.complete.sum;
    const MatrixXd& precision = stats.complete.normal.precision;
    const double weight = model_.weight();
    score.head(p_) = params_.chol.transpose() * (precision * (sum - weight * at.mu));
    MatrixXd cross =
        stats.complete.cross - sum * at.mu.transpose() - at.mu * (sum - weight * at.mu).transpose();
    cross.diagonal().array() += ridge_;
    const MatrixXd slope = params_.chol.transpose() *
                           (precision * cross * precision - (weight + ridge_) * precision) *
                           params_.chol;
    for_each_pair([&](Index a, Index b, Index pair) { score[pair] = slope(a, b); });
    return score;
  }

  const CensoredMvn& model_;
  const Mvn::Params& params_;
  double ridge_;
  Index p_, size_;
};

}  // namespace missmix
