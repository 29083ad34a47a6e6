// The components of a Gaussian mixture: their parameters, their expected statistics, and what an
// E-step makes of the parameters.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/SVD>
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
    const Index d = means.rows(), k = means.cols();
    const MatrixXd within = pooled();
    VectorXd least(k);
    if (unit.empty()) {
      for (Index c = 0; c < k; ++c)
        least[c] = pivots.col(c).cwiseQuotient(within.diagonal()).minCoeff();
      return least;
    }
    const Eigen::LLT<MatrixXd> factor(within);
    for (Index c = 0; c < k; ++c) {
      // A root of Sigma_k, whitened: its singular values keep the digits that Sigma_k loses.
      MatrixXd root = unit[c] * pivots.col(c).cwiseSqrt().asDiagonal();
      factor.matrixL().solveInPlace(root);
      least[c] = std::pow(Eigen::JacobiSVD<MatrixXd>(root).singularValues()[d - 1], 2);
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

// Parameters made ready for a pass over the rows.
struct GmmComponents {
  MatrixXd means, variances;  // d x k; variances of diagonal families only
  Matrices whiten;            // upper triangles with Sigma^-1 = whiten whiten', full families only
  Matrices sigma;             // full families with missing cells only
  VectorXd log_weights, log_scale;  // log_scale: of weight times density at the mean
  double log_noise = 0;
  MatrixXd axes;
  bool diagonal = false;

  bool prepare(const GmmParams& params, const GmmFamily& family,
               const std::vector<GmmPattern>& patterns) {
    const Index k = params.means.cols(), d = params.means.rows();
    means = params.means;
    axes = params.axes;
    diagonal = family.diagonal();
    log_weights = params.weights.head(k).array().log();
    if (params.weights.size() > k) log_noise = std::log(params.weights[k]);
    const VectorXd log_det = params.pivots.array().log().colwise().sum();
    log_scale = log_weights - 0.5 * log_det;
    log_scale.array() -= 0.5 * static_cast<double>(d) * kLogTwoPi;
    if (!log_scale.allFinite() || !means.allFinite()) return false;
    if (diagonal) {
      variances = params.pivots;
      return true;
    }
    const bool incomplete = std::any_of(patterns.begin(), patterns.end(),
                                        [](const GmmPattern& p) { return !p.complete(); });
    whiten.resize(static_cast<std::size_t>(k));
    sigma.resize(incomplete ? static_cast<std::size_t>(k) : 0);
    for (Index c = 0; c < k; ++c) {
      // L^-T = U^-T diag(pivots)^-1/2
      whiten[c] = params.unit[c].transpose().triangularView<Eigen::UnitUpper>().solve(
          MatrixXd(params.pivots.col(c).cwiseSqrt().cwiseInverse().asDiagonal()));
      if (!whiten[c].allFinite()) return false;
      if (incomplete) sigma[c] = params.sigma(c);
    }
    return true;
  }

  static constexpr double kLogTwoPi = 1.8378770664093454836;
};

// One component given the observed cells of one pattern.
struct GmmConditional {
  MatrixXd whiten;  // of the observed cells
  MatrixXd slopes;  // missing x observed: E(y_m | y_o) - mu_m = slopes (y_o - mu_o)
  MatrixXd cov;     // of the missing cells
  double log_scale = 0;
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
    for (Index c = 0; c < k; ++c)
      at.diagonal ? of_diagonal(at, pattern, c) : of_full(at, pattern, c);
  }

  const MatrixXd& whiten(const GmmComponents& at, Index k) const {
    return complete_ ? at.whiten[k] : given_[k].whiten;
  }
  double log_scale(const GmmComponents& at, Index k) const {
    return complete_ ? at.log_scale[k] : given_[k].log_scale;
  }
  const GmmConditional& of(Index k) const { return given_[k]; }

 private:
  void of_diagonal(const GmmComponents& at, const GmmPattern& pattern, Index k) {
    double log_det = 0;
    for (Index j : pattern.observed) log_det += std::log(at.variances(j, k));
    set_scale(at, pattern, k, log_det);
  }

  static MatrixXd part(const MatrixXd& sigma, const std::vector<Index>& rows,
                       const std::vector<Index>& columns) {
    MatrixXd out(static_cast<Index>(rows.size()), static_cast<Index>(columns.size()));
    for (Index j = 0; j < out.cols(); ++j)
      for (Index i = 0; i < out.rows(); ++i) out(i, j) = sigma(rows[i], columns[j]);
    return out;
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
    set_scale(at, pattern, k, 2 * factor.matrixLLT().diagonal().array().log().sum());
  }

  void set_scale(const GmmComponents& at, const GmmPattern& pattern, Index k, double log_det) {
    const double cells = static_cast<double>(pattern.observed.size());
    given_[k].log_scale = at.log_weights[k] - 0.5 * (cells * GmmComponents::kLogTwoPi + log_det);
  }

  Index pattern_ = -1;
  bool complete_ = true;
  std::vector<GmmConditional> given_;
};

}  // namespace missmix
