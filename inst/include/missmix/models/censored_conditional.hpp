// The latent cells of a row, some of them within bounds, given its observed ones.
#pragma once

#include <vector>

#include "../numerics/truncated_box.hpp"
#include "censored_rows.hpp"
#include "normal_conditional.hpp"

namespace missmix {

// The censored cells c follow a normal truncated to a box; the others regress on it: with B the
// coefficients of all latent cells on c, E(u) = E(u | o) + B (E(c) - E(c | o)) and
// Cov(u) = Cov(u | o) + B (Cov(c) - Cov(c | o)) B'.
class CensoredConditional {
 public:
  explicit CensoredConditional(Index p) : normal_(p), work_(p), mean_(p), residual_(p) {}

  // Prepares for the rows of a group. False where a matrix is not positive definite.
  bool condition(const Normal& normal, const CensoredGroup& group) {
    latent_ = static_cast<Index>(group.latent.size());
    censored_ = group.censored;
    if (!normal_.condition(normal, group.latent, group.observed, true)) return false;
    box_.set_covariance(normal_.cov().topLeftCorner(censored_, censored_));
    if (!box_.legal()) return false;
    coef_.noalias() = normal_.cov().leftCols(censored_) * box_.precision();
    constant_ = static_cast<double>(group.observed.size()) * 2 * detail::kHalfLog2Pi +
                normal_.log_det_observed();
    return true;
  }

  // One row of the group. False where the bounds are out of reach.
  bool row(const Normal& normal, const CensoredGroup& group, const CensoredRows& rows, Index i) {
    normal_.mean(normal, group.latent, rows.z.col(i), work_, mean_);
    // The completed residual's quadratic form is that of its observed part (eq. 6).
    residual_ = rows.z.col(i) - normal.mu;
    for (Index k = 0; k < latent_; ++k)
      residual_[group.latent[k]] = mean_[k] - normal.mu[group.latent[k]];
    distance_ = group.observed.empty() ? 0 : residual_.dot(normal.precision * residual_);
    centre_ = mean_.head(censored_);
    lower_ = rows.lower.col(i).head(censored_);
    upper_ = rows.upper.col(i).head(censored_);
    if (!box_.truncate(centre_, lower_, upper_)) return false;
    mean_.head(latent_).noalias() += coef_ * (box_.mean() - centre_);
    mean_.head(censored_) = box_.mean();
    return true;
  }

  // Of the last row, in standardised units.
  double log_lik() const { return -0.5 * (constant_ + distance_) + box_.log_probability(); }
  double distance() const { return distance_; }
  auto mean() const { return mean_.head(latent_); }
  // Cov(c) - Cov(c | o): what to put between B and B'.
  MatrixXd shrinkage() const {
    return box_.cov() - normal_.cov().topLeftCorner(censored_, censored_);
  }
  // Cov(u | o), and B.
  auto normal_cov() const { return normal_.cov(); }
  const MatrixXd& coef() const { return coef_; }

  const TruncatedBox& box() const { return box_; }
  // The margins of the last row's box as truncated normals: exact for one censored cell.
  void find_margins() { box_.propagate(centre_, lower_, upper_); }

 private:
  NormalConditional normal_;
  TruncatedBox box_;
  Index latent_ = 0, censored_ = 0;
  double constant_ = 0, distance_ = 0;
  MatrixXd coef_;
  VectorXd work_, mean_, residual_, centre_, lower_, upper_;
};

}  // namespace missmix
