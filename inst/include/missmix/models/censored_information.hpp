// The observed information of a normal with censored cells: central differences of the score.
//
// In the coordinates of whitened.hpp.
#pragma once

#include "../monitor.hpp"
#include "censored_mvn.hpp"
#include "whitened.hpp"

namespace missmix {

class CensoredInformation {
 public:
  // `params` in the standardised units of the data, positive definite.
  CensoredInformation(const CensoredMvn& model, const Mvn::Params& params, double ridge)
      : model_(model), params_(params), ridge_(ridge), p_(model.p()), at_(p_) {}

  VectorXd complete() const { return at_.complete_information(model_.weight(), ridge_); }

  // Minus the Hessian of the objective; NaN where a point beside is not legal, empty if the monitor
  // says no.
  MatrixXd observed(Monitor& monitor) const {
    constexpr double kStep = 1e-4;  // standard errors are of the order of 1 / sqrt(n)
    auto stats = model_.make_stats();
    const Index size = at_.size();
    MatrixXd info(size, size);
    for (Index k = 0; k < size; ++k) {
      if (!monitor.keep_going(TraceRow())) return MatrixXd();
      info.col(k) = (score_at(k, -kStep, stats) - score_at(k, kStep, stats)) / (2 * kStep);
    }
    return 0.5 * (info + info.transpose());
  }

  MatrixXd to_user_units(const VectorXd& scale) const {
    return at_.to_user_units(scale, params_.chol);
  }

 private:
  Mvn::Params moved(Index k, double step) const {
    Mvn::Params at = params_;
    if (k < p_) {
      at.mu += step * params_.chol.col(k);
      return at;
    }
    at_.for_each_pair([&](Index a, Index b, Index pair) {
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
    VectorXd score(at_.size());
    if (!std::isfinite(model_.e_step(at, stats)))
      return VectorXd::Constant(at_.size(), std::numeric_limits<double>::quiet_NaN());
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
    at_.for_each_pair([&](Index a, Index b, Index pair) { score[pair] = slope(a, b); });
    return score;
  }

  const CensoredMvn& model_;
  const Mvn::Params& params_;
  double ridge_;
  Index p_;
  Whitened at_;
};

}  // namespace missmix
