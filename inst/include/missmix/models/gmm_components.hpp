// The components of a Gaussian mixture: their parameters, their expected statistics, and what an
// E-step makes of the parameters.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "gmm_data.hpp"
#include "gmm_family.hpp"

namespace missmix {

struct GmmParams {
  VectorXd weights;  // k, and that of the noise last if there is one
  MatrixXd means;    // d x k
  MatrixXd pivots;   // d x k: Sigma_k = U_k diag(pivots_k) U_k'
  Matrices unit;     // U_k, unit lower triangular; empty for diagonal families
  MatrixXd axes;     // common eigenvectors, for the families that have them

  MatrixXd sigma(Index k) const {
    if (unit.empty()) return pivots.col(k).asDiagonal();
    return unit[k] * pivots.col(k).asDiagonal() * unit[k].transpose();
  }

  // Within components: their mean, by weight.
  MatrixXd pooled() const {
    const Index k = means.cols();
    MatrixXd out = MatrixXd::Zero(means.rows(), means.rows());
    for (Index c = 0; c < k; ++c) out += weights[c] * sigma(c);
    return out / weights.head(k).sum();
  }

  // Gives component c another covariance; NaN where that is not positive definite.
  void set_sigma(Index c, const MatrixXd& sigma) {
    if (unit.empty()) {
      pivots.col(c) = sigma.diagonal();
      return;
    }
    const Eigen::LLT<MatrixXd> factor(sigma);
    if (factor.info() != Eigen::Success) {
      pivots.col(c).setConstant(std::numeric_limits<double>::quiet_NaN());
      return;
    }
    const MatrixXd lower = factor.matrixL();
    pivots.col(c) = lower.diagonal().cwiseAbs2();
    unit[c] = lower * lower.diagonal().cwiseInverse().asDiagonal();
    unit[c].diagonal().setOnes();
  }

  // NaN where a covariance is not positive definite.
  void factorise(const Matrices& covariances) {
    const Index d = covariances[0].rows(), k = static_cast<Index>(covariances.size());
    pivots.resize(d, k);
    unit.resize(covariances.size());
    for (Index c = 0; c < k; ++c) {
      unit[c].setIdentity(d, d);
      set_sigma(c, covariances[c]);
    }
  }

  // For each component the least generalised eigenvalue of Sigma_k, against the pooled covariance.
  VectorXd thinness() const {
    const Index k = means.cols();
    const MatrixXd within = pooled();
    VectorXd least(k);
    if (unit.empty()) {
      for (Index c = 0; c < k; ++c)
        least[c] = pivots.col(c).cwiseQuotient(within.diagonal()).minCoeff();
      return least;
    }
    const Eigen::LLT<MatrixXd> factor(within);
    for (Index c = 0; c < k; ++c) {
      MatrixXd root = unit[c] * pivots.col(c).cwiseSqrt().asDiagonal();
      factor.matrixL().solveInPlace(root);
      const Eigen::SelfAdjointEigenSolver<MatrixXd> white(root * root.transpose(),
                                                          Eigen::EigenvaluesOnly);
      least[c] = white.eigenvalues()[0];
    }
    return least;
  }

  // The family's best for these scatters, which are used up; n counts the rows of each.
  void fit_covariances(const GmmFamily& family, const VectorXd& n, Matrices& scatter) {
    if (!family.diagonal()) {
      family.covariances(n, scatter, axes);
      factorise(scatter);
      return;
    }
    MatrixXd diagonals(scatter[0].rows(), n.size());
    for (Index k = 0; k < n.size(); ++k) diagonals.col(k) = scatter[k];
    pivots = family.variances(n, diagonals);
    unit.clear();
  }
};

// The expected statistics.
struct GmmTotals {
  VectorXd n;      // rows of each component, the noise last
  MatrixXd sum;    // d x k: of y - mean_k, for the means these belong to
  Matrices cross;  // and cross-products (d x 1, the diagonal, for diagonal families)

  GmmTotals(Index d, Index k, Index parts, Index wide)
      : n(parts), sum(d, k), cross(static_cast<std::size_t>(k), MatrixXd(d, wide)) {}

  void set_zero() {
    n.setZero();
    sum.setZero();
    for (MatrixXd& c : cross) c.setZero();
  }

  void add(const GmmTotals& more) {
    n += more.n;
    sum += more.sum;
    for (std::size_t k = 0; k < cross.size(); ++k) cross[k] += more.cross[k];
  }
};

// One component as seen through the observed cells of one pattern.
struct GmmConditional {
  VectorXd mean;
  VectorXd unit;         // inverse standard deviations, diagonal families only
  MatrixXd whiten;       // upper triangle with Sigma_oo^-1 = whiten whiten', full families only
  MatrixXd slopes;       // missing x observed: E(y_m | y_o) - mu_m = slopes (y_o - mu_o)
  MatrixXd cov;          // of the missing cells; their variances for diagonal families
  double log_scale = 0;  // of weight times density at the mean

  bool finite() const {
    return mean.allFinite() && unit.allFinite() && whiten.allFinite() && std::isfinite(log_scale);
  }

  void set_scale(double log_weight, double log_det) {
    constexpr double kLogTwoPi = 1.8378770664093454836;
    log_scale = log_weight - 0.5 * (static_cast<double>(mean.size()) * kLogTwoPi + log_det);
  }
};

// Parameters made ready for a pass over the rows.
struct GmmComponents {
  MatrixXd means, variances;  // d x k; variances of diagonal families only
  Matrices sigma;             // full families with missing cells only
  VectorXd log_weights;
  double log_noise = 0;
  MatrixXd axes;
  bool diagonal = false;
  std::vector<GmmConditional> complete;  // as seen by complete rows

  bool prepare(const GmmParams& params, const GmmFamily& family,
               const std::vector<GmmPattern>& patterns) {
    const Index k = params.means.cols();
    means = params.means;
    axes = params.axes;
    diagonal = family.diagonal();
    log_weights = params.weights.head(k).array().log();
    if (params.weights.size() > k) log_noise = std::log(params.weights[k]);
    if (diagonal) variances = params.pivots;
    const bool incomplete = std::any_of(patterns.begin(), patterns.end(),
                                        [](const GmmPattern& p) { return !p.complete(); });
    sigma.resize(!diagonal && incomplete ? static_cast<std::size_t>(k) : 0);
    for (std::size_t c = 0; c < sigma.size(); ++c) sigma[c] = params.sigma(static_cast<Index>(c));
    complete.resize(static_cast<std::size_t>(k));
    for (Index c = 0; c < k; ++c) {
      GmmConditional& whole = complete[c];
      whole.mean = params.means.col(c);
      const VectorXd unit = params.pivots.col(c).cwiseSqrt().cwiseInverse();
      if (diagonal)
        whole.unit = unit;
      else  // L^-T = U^-T diag(pivots)^-1/2
        whole.whiten = params.unit[c].transpose().triangularView<Eigen::UnitUpper>().solve(
            MatrixXd(unit.asDiagonal()));
      whole.set_scale(log_weights[c], params.pivots.col(c).array().log().sum());
      if (!whole.finite()) return false;
    }
    return true;
  }
};

// All components given one pattern, kept for as long as blocks of that pattern follow.
class GmmConditionals {
 public:
  void forget() { pattern_ = -1; }

  void condition(const GmmComponents& at, const GmmPattern& pattern, Index number) {
    if (number == pattern_) return;
    pattern_ = number;
    complete_ = pattern.complete();
    if (complete_) return;
    const Index k = at.means.cols();
    given_.resize(static_cast<std::size_t>(k));
    for (Index c = 0; c < k; ++c) {
      given_[c].mean = part(at.means.col(c), pattern.observed);
      at.diagonal ? of_diagonal(at, pattern, c) : of_full(at, pattern, c);
    }
  }

  const GmmConditional& of(const GmmComponents& at, Index k) const {
    return complete_ ? at.complete[k] : given_[k];
  }

 private:
  static VectorXd part(const VectorXd& whole, const std::vector<Index>& rows) {
    return VectorXd::NullaryExpr(static_cast<Index>(rows.size()),
                                 [&](Index i) { return whole[rows[i]]; });
  }

  static MatrixXd part(const MatrixXd& sigma, const std::vector<Index>& rows,
                       const std::vector<Index>& columns) {
    return MatrixXd::NullaryExpr(static_cast<Index>(rows.size()),
                                 static_cast<Index>(columns.size()),
                                 [&](Index i, Index j) { return sigma(rows[i], columns[j]); });
  }

  void of_diagonal(const GmmComponents& at, const GmmPattern& pattern, Index k) {
    const VectorXd variances = at.variances.col(k), seen = part(variances, pattern.observed);
    given_[k].unit = seen.cwiseSqrt().cwiseInverse();
    given_[k].cov = part(variances, pattern.missing);
    given_[k].set_scale(at.log_weights[k], seen.array().log().sum());
  }

  void of_full(const GmmComponents& at, const GmmPattern& pattern, Index k) {
    const std::vector<Index>&o = pattern.observed, &m = pattern.missing;
    const MatrixXd& sigma = at.sigma[k];
    GmmConditional& given = given_[k];
    const MatrixXd mo = part(sigma, m, o);
    const Eigen::LLT<MatrixXd> factor(part(sigma, o, o));
    const Index width = static_cast<Index>(o.size());
    given.whiten = factor.matrixU().solve(MatrixXd::Identity(width, width));
    const MatrixXd white = mo * given.whiten;  // slopes L
    given.slopes.noalias() = white * given.whiten.transpose();
    given.cov = part(sigma, m, m) - white * white.transpose();
    given.set_scale(at.log_weights[k], 2 * factor.matrixLLT().diagonal().array().log().sum());
  }

  Index pattern_ = -1;
  bool complete_ = true;
  std::vector<GmmConditional> given_;
};

}  // namespace missmix
