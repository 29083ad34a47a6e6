// Small models whose EM and whose maximum are known in closed form.
#pragma once

#include <missmix/em_model.hpp>

#include <Eigen/Cholesky>
#include <cmath>

namespace toy {

using missmix::Index;
using missmix::MatrixXd;
using missmix::VectorXd;

// The mean of 100 values with variance 1 of which 70 were seen. EM keeps 0.3 of the error.
struct NormalMean {
  struct Params {
    double mu = 0;
  };
  struct Stats {
    double sum = 0;
  };

  double seen = 70, missing = 30, mean = 1.5, square = 64;  // of the seen values, about their mean

  Stats make_stats() const { return {}; }
  double e_step(const Params& params, Stats& stats) const {
    constexpr double kLog2Pi = 1.8378770664093454836;
    stats.sum = seen * mean + missing * params.mu;
    const double error = mean - params.mu;
    return -0.5 * (seen * kLog2Pi + square + seen * error * error);
  }
  void m_step(const Stats& stats, Params& params) const {
    params.mu = stats.sum / (seen + missing);
  }
  void pack(const Params& params, VectorXd& x) const { x.setConstant(1, params.mu); }
  bool unpack(const VectorXd& x, Params& params) const {
    params.mu = x[0];
    return std::isfinite(params.mu);
  }
};

// Genetic linkage, Dempster, Laird & Rubin (1977) section 1: counts 125, 18, 20, 34 with cell
// probabilities 1/2 + theta/4, (1 - theta)/4 twice, theta/4. Packed as the logit of theta.
struct Linkage {
  struct Params {
    double theta = 0.5;
  };
  struct Stats {
    double recombinant = 0;  // of the 125, expected
  };

  // 197 theta^2 - 15 theta - 68 = 0 is where the likelihood is flat.
  static double best() { return (15 + std::sqrt(53809.0)) / 394; }
  static double log_lik(double theta) {
    return 125 * std::log(2 + theta) + 38 * std::log(1 - theta) + 34 * std::log(theta);
  }

  Stats make_stats() const { return {}; }
  double e_step(const Params& params, Stats& stats) const {
    stats.recombinant = 125 * params.theta / (2 + params.theta);
    return log_lik(params.theta);
  }
  void m_step(const Stats& stats, Params& params) const {
    params.theta = (stats.recombinant + 34) / (stats.recombinant + 72);
  }
  void pack(const Params& params, VectorXd& x) const {
    x.setConstant(1, std::log(params.theta / (1 - params.theta)));
  }
  bool unpack(const VectorXd& x, Params& params) const {
    params.theta = 1 / (1 + std::exp(-x[0]));
    return params.theta > 0 && params.theta < 1;
  }
};

struct ScoredLinkage : Linkage {
  void score(const Params& params, const Stats& stats, VectorXd& g) const {
    g.setConstant(1, (stats.recombinant + 34) * (1 - params.theta) - 38 * params.theta);
  }
};

// The variance of ten values of mean zero, three of them unseen, the seven seen all zero: EM takes
// 0.3 of the variance at every step, and the likelihood has no maximum.
struct VanishingVariance {
  struct Params {
    double variance = 1;
  };
  struct Stats {
    double square = 0;
  };

  Stats make_stats() const { return {}; }
  double e_step(const Params& params, Stats& stats) const {
    stats.square = 3 * params.variance;
    return -3.5 * std::log(params.variance);
  }
  void m_step(const Stats& stats, Params& params) const { params.variance = stats.square / 10; }
  void pack(const Params& params, VectorXd& x) const {
    x.setConstant(1, std::log(params.variance));
  }
  bool unpack(const VectorXd& x, Params& params) const {
    params.variance = std::exp(x[0]);
    return params.variance > 0;
  }
};

// A quadratic objective: EM is affine, and the eigenvalues of its derivative are `rates`.
struct Quadratic {
  struct Params {
    VectorXd x;
  };
  struct Stats {
    VectorXd x, gradient;
  };

  explicit Quadratic(const VectorXd& rates) : top(rates.size()) {
    const Index n = rates.size();
    MatrixXd root = MatrixXd::Identity(n, n);  // of the complete information, not symmetric
    for (Index j = 0; j < n; ++j) {
      top[j] = 1 + 0.5 * static_cast<double>(j);
      for (Index i = j + 1; i < n; ++i) root(i, j) = 0.3 * std::sin(static_cast<double>(i + 2 * j));
    }
    // A reflection, so that no coordinate is an eigenvector.
    const VectorXd v = VectorXd::LinSpaced(n, 1, 2).normalized();
    const MatrixXd turn = MatrixXd::Identity(n, n) - 2 * v * v.transpose();
    complete = root * root.transpose();
    observed = root * turn * (1 - rates.array()).matrix().asDiagonal() * turn * root.transpose();
  }

  VectorXd top;
  MatrixXd complete, observed;
  double height = -100;  // a log-likelihood is far from zero, and its rounding goes with it

  double objective(const VectorXd& x) const {
    return height - 0.5 * (top - x).dot(observed * (top - x));
  }
  VectorXd gradient(const VectorXd& x) const { return observed * (top - x); }
  VectorXd em_step(const VectorXd& x) const { return complete.llt().solve(gradient(x)); }

  Stats make_stats() const { return {VectorXd(top.size()), VectorXd(top.size())}; }
  double e_step(const Params& params, Stats& stats) const {
    stats.x = params.x;
    stats.gradient = gradient(params.x);
    return objective(params.x);
  }
  void m_step(const Stats& stats, Params& params) const {
    params.x = stats.x + complete.llt().solve(stats.gradient);
  }
  void pack(const Params& params, VectorXd& x) const { x = params.x; }
  bool unpack(const VectorXd& x, Params& params) const {
    params.x = x;
    return x.allFinite();
  }
};

struct ScoredQuadratic : Quadratic {
  using Quadratic::Quadratic;
  void score(const Params&, const Stats& stats, VectorXd& g) const { g = stats.gradient; }
};

}  // namespace toy
