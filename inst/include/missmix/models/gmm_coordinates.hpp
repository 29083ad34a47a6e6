// The flat coordinates of a Gaussian mixture, in which it is accelerated, and its score in them.
//
// Logarithms of the weights; means; half the logarithms of the pivots of Sigma = U D U', and the
// regressions U below its diagonal. In these every family but four is a linear space. What comes
// from outside is drawn onto the family: rounding alone would carry a long climb off it, and above.
#pragma once

#include <Eigen/Eigenvalues>
#include <cmath>
#include <utility>

#include "gmm_components.hpp"
#include "gmm_prior.hpp"

namespace missmix {

class GmmCoordinates {
 public:
  GmmCoordinates(Index d, Index k, bool noise, GmmFamily family)
      : d_(d), k_(k), parts_(k + (noise ? 1 : 0)), family_(std::move(family)) {}

  void pack(const GmmParams& params, VectorXd& x) const {
    x.resize(packed_size());
    Index at = parts_;
    x.head(at) = params.weights.array().log();
    block(x, at) = params.means;
    at += d_ * k_;
    block(x, at) = 0.5 * params.pivots.array().log();
    at += d_ * k_;
    for (const MatrixXd& u : params.unit)
      for (Index j = 0; j + 1 < d_; ++j) {
        x.segment(at, d_ - 1 - j) = u.col(j).tail(d_ - 1 - j);
        at += d_ - 1 - j;
      }
  }

  bool unpack(const VectorXd& x, GmmParams& params) const {
    Index at = parts_;
    params.weights = (x.head(at).array() - x.head(at).maxCoeff()).exp();
    params.weights /= params.weights.sum();
    params.means = block(x, at);
    at += d_ * k_;
    params.pivots = (2 * block(x, at)).array().exp();
    at += d_ * k_;
    params.unit.resize(family_.diagonal() ? 0 : static_cast<std::size_t>(k_));
    for (MatrixXd& u : params.unit) {
      u.setIdentity(d_, d_);
      for (Index j = 0; j + 1 < d_; ++j) {
        u.col(j).tail(d_ - 1 - j) = x.segment(at, d_ - 1 - j);
        at += d_ - 1 - j;
      }
    }
    if (!legal(params)) return false;
    if (!family_.free()) project(params);
    return legal(params);
  }

  // Fisher's identity (eq. 21), without the forces that hold the parameters in their family. No step
  // within the family feels these, but rounding, which leaves it, would.
  void score(const GmmParams& params, const GmmComponents& at, const GmmTotals& totals,
             const GmmPrior& prior, VectorXd& g) const {
    g.resize(packed_size());
    g.head(parts_) = totals.n - totals.n.sum() * params.weights;
    auto means = block(g, parts_);
    auto pivots = block(g, parts_ + d_ * k_);
    Matrices slopes(static_cast<std::size_t>(k_));  // of the objective in Sigma_k, twice
    for (Index k = 0; k < k_; ++k) {
      VectorXd force = totals.sum.col(k);
      MatrixXd scatter = totals.cross[k];
      prior.pull(family_, params.means.col(k), force, scatter);
      const double n = totals.n[k] + prior.count;
      if (family_.diagonal()) {
        means.col(k) = force.cwiseQuotient(params.pivots.col(k));
        pivots.col(k) = scatter.cwiseQuotient(params.pivots.col(k)).array() - n;
        continue;
      }
      const MatrixXd& whiten = at.complete[k].whiten;
      const auto white = whiten.triangularView<Eigen::Upper>();
      means.col(k) = white * (white.transpose() * force);
      slopes[k] = white.transpose() * scatter * whiten;
      slopes[k].diagonal().array() -= n;
    }
    const VectorXd n = totals.n.head(k_).array() + prior.count;
    if (family_.diagonal()) {
      pivots = family_.follow(n, pivots).eval();
      return;
    }
    if (!family_.curved()) family_.follow_whitened(n, slopes);
    for (Index k = 0; k < k_; ++k)
      slopes[k] = (at.complete[k].whiten * slopes[k] * at.complete[k].whiten.transpose()).eval();
    if (family_.curved()) follow_family(params, n, slopes);
    pack_slopes(params, slopes, g);
  }

 private:
  void pack_slopes(const GmmParams& params, const Matrices& slopes, VectorXd& g) const {
    auto pivots = block(g, parts_ + d_ * k_);
    Index at = parts_ + 2 * d_ * k_;
    for (Index k = 0; k < k_; ++k) {
      const MatrixXd slope = slopes[k] * params.unit[k];
      pivots.col(k) = params.unit[k].cwiseProduct(slope).colwise().sum().transpose().cwiseProduct(
          params.pivots.col(k));
      for (Index j = 0; j + 1 < d_; ++j) {
        g.segment(at, d_ - 1 - j) = params.pivots(j, k) * slope.col(j).tail(d_ - 1 - j);
        at += d_ - 1 - j;
      }
    }
  }

  Index packed_size() const {
    const Index below = family_.diagonal() ? 0 : d_ * (d_ - 1) / 2;
    return parts_ + k_ * (2 * d_ + below);
  }

  // d x k numbers of a flat vector.
  Eigen::Map<MatrixXd> block(VectorXd& x, Index at) const { return {x.data() + at, d_, k_}; }
  Eigen::Map<const MatrixXd> block(const VectorXd& x, Index at) const {
    return {x.data() + at, d_, k_};
  }

  static bool legal(const GmmParams& params) {
    bool finite = params.pivots.allFinite() && params.weights.allFinite();
    for (const MatrixXd& u : params.unit) finite = finite && u.allFinite();
    return finite && params.pivots.minCoeff() > 0 && params.weights.minCoeff() > 0;
  }

  void project(GmmParams& params) const {
    const VectorXd n = params.weights.head(k_);
    Matrices scatter(static_cast<std::size_t>(k_));
    for (Index k = 0; k < k_; ++k) scatter[k] = family_.part(n[k] * params.sigma(k));
    params.axes.resize(0, 0);
    params.fit_covariances(family_, n, scatter);
  }

  // Slopes in Sigma_k as far as the family can follow them. In eigenvectors the diagonal holds the
  // slopes in the variances, and what is off it turns the axes: all together where they are common.
  void follow_family(const GmmParams& params, const VectorXd& n, Matrices& slopes) const {
    Matrices axes(static_cast<std::size_t>(k_));
    MatrixXd variances(d_, k_), along(d_, k_);
    for (Index k = 0; k < k_; ++k) {
      if (family_.common_axes()) {
        axes[k] = params.axes;
        variances.col(k) = (params.axes.transpose() * params.sigma(k) * params.axes).diagonal();
      } else {
        const Eigen::SelfAdjointEigenSolver<MatrixXd> parts(params.sigma(k));
        axes[k] = parts.eigenvectors();
        variances.col(k) = parts.eigenvalues();
      }
      slopes[k] = (axes[k].transpose() * slopes[k] * axes[k]).eval();
      along.col(k) = slopes[k].diagonal().cwiseProduct(variances.col(k));
    }
    along = family_.follow(n, along);
    if (family_.common_axes()) turn_together(n, variances, slopes);
    for (Index k = 0; k < k_; ++k) {
      slopes[k].diagonal() = along.col(k).cwiseQuotient(variances.col(k));
      slopes[k] = (axes[k] * slopes[k] * axes[k].transpose()).eval();
    }
  }

  static void turn_together(const VectorXd& n, const MatrixXd& variances, Matrices& slopes) {
    for (Index i = 0; i < variances.rows(); ++i)
      for (Index j = i + 1; j < variances.rows(); ++j) {
        const VectorXd lever = (variances.row(j) - variances.row(i)).transpose();
        const VectorXd weight =
            n.cwiseQuotient(variances.row(i).cwiseProduct(variances.row(j)).transpose());
        double push = 0;
        for (Index k = 0; k < n.size(); ++k) push += lever[k] * slopes[k](i, j);
        const double inertia = lever.cwiseAbs2().dot(weight);
        for (Index k = 0; k < n.size(); ++k)
          slopes[k](i, j) = slopes[k](j, i) =
              inertia > 0 ? weight[k] * lever[k] * push / inertia : 0;
      }
  }

  Index d_, k_, parts_;  // parts: with the noise
  GmmFamily family_;
};

}  // namespace missmix
