// The information matrices of the multivariate normal, exact, summed by pattern.
//
// Louis (1982) JRSS B 44:226 (vignette "algorithm", eqs. 14 to 16): the complete-data information
// at the expected statistics, less the variance of the complete-data score given the observed
// cells. That is minus the Hessian in (mu, Sigma) at any point, not at the maximum alone.
//
// All is done in whitened coordinates z = L^-1 (y - mu), Sigma = L L', and for changes L A L' of
// Sigma with A = E_ab + E_ba. There the conditional covariance of z is the projection onto the
// columns of L^-1 that belong to the missing cells: no matrix is inverted, and an ill-conditioned
// Sigma costs no digits.
#pragma once

#include <Eigen/QR>
#include <algorithm>

#include "../monitor.hpp"
#include "mvn.hpp"
#include "whitened.hpp"

namespace missmix {

class MvnInformation {
 public:
  // `params` in the standardised units of the data, positive definite. The monitor may end the
  // only long part, which is this; nothing else may be asked then.
  MvnInformation(const MvnData& data, const Mvn::Params& params, double ridge, Monitor& monitor)
      : data_(data),
        p_(data.p),
        pairs_(data.p * (data.p + 1) / 2),
        ridge_(ridge),
        mu_(params.mu),
        chol_(params.chol),
        pair_of_(data.p, data.p) {
    chol_inverse_ = chol_.triangularView<Eigen::Lower>().solve(MatrixXd::Identity(p_, p_));
    Index k = 0;
    for (Index b = 0; b < p_; ++b)
      for (Index a = b; a < p_; ++a) pair_of_(a, b) = pair_of_(b, a) = k++;
    stopped_ = !sum_up(monitor);
  }

  bool stopped() const { return stopped_; }

  VectorXd complete() const { return Whitened(p_).complete_information(data_.weight, ridge_); }

  // Minus the Hessian of the objective.
  MatrixXd observed() const {
    MatrixXd info(p_ + pairs_, p_ + pairs_);
    info.topLeftCorner(p_, p_) = data_.weight * MatrixXd::Identity(p_, p_) - spread_;
    for (Index d = 0; d < p_; ++d)
      for (Index c = d; c < p_; ++c) {
        const Index y = p_ + pair_of_(c, d);
        for (Index j = 0; j < p_; ++j)
          info(j, y) = info(y, j) = (j == c ? sum_[d] : 0) + (j == d ? sum_[c] : 0) -
                                    mean_part_(c, pair_of_(j, d)) - mean_part_(d, pair_of_(j, c));
        for (Index b = 0; b < p_; ++b)
          for (Index a = b; a < p_; ++a)
            info(p_ + pair_of_(a, b), y) = complete_entry(a, b, c, d) - missing_entry(a, b, c, d);
      }
    return info;
  }

  MatrixXd to_user_units() const { return Whitened(p_).to_user_units(data_.scale, chol_); }

 private:
  struct Residuals {
    VectorXd sum;
    MatrixXd cross;
  };

  // False if the monitor said no.
  bool sum_up(Monitor& monitor) {
    spread_ = MatrixXd::Zero(p_, p_);
    sum_ = VectorXd::Zero(p_);
    // The ridge stands for rows with the identity as their cross-product.
    cross_ = ridge_ * chol_inverse_ * chol_inverse_.transpose();
    mean_part_ = MatrixXd::Zero(p_, pairs_);
    product_part_ = MatrixXd::Zero(pairs_, pairs_);
    constexpr Index kBatch = 256;  // patterns at a time, so that sums are matrix products
    MatrixXd c(pairs_, kBatch), q(pairs_, kBatch), s(p_, kBatch);
    Index filled = 0;
    const auto flush = [&] {
      mean_part_.noalias() += s.leftCols(filled) * c.leftCols(filled).transpose();
      product_part_.noalias() += q.leftCols(filled) * c.leftCols(filled).transpose();
      filled = 0;
    };
    for (const PatternGroup& group : data_.groups) {
      const MatrixXd cov = projection(group);
      const Residuals residuals = completed_residuals(group, cov);
      spread_ += group.weight * cov;
      sum_ += residuals.sum;
      cross_ += residuals.cross + group.weight * cov;
      if (group.missing.empty()) continue;
      s.col(filled) = residuals.sum;
      vech(cov, c, filled);
      vech(residuals.cross + 0.5 * group.weight * cov, q, filled);
      if (++filled < kBatch) continue;
      flush();
      if (!monitor.keep_going(TraceRow())) return false;
    }
    flush();
    return true;
  }

  // Conditional covariance of z.
  MatrixXd projection(const PatternGroup& group) const {
    const Index q = static_cast<Index>(group.missing.size());
    if (q == 0) return MatrixXd::Zero(p_, p_);
    MatrixXd columns(p_, q);
    for (Index j = 0; j < q; ++j) columns.col(j) = chol_inverse_.col(group.missing[j]);
    const Eigen::HouseholderQR<MatrixXd> qr(columns);
    const MatrixXd basis = qr.householderQ() * MatrixXd::Identity(p_, q);
    return basis * basis.transpose();
  }

  // Sum and cross-product over the pattern's rows of the conditional mean of z: what the
  // projection leaves of the row with its missing cells at their means.
  Residuals completed_residuals(const PatternGroup& group, const MatrixXd& cov) const {
    VectorXd mask = VectorXd::Zero(p_);
    for (Index j : group.observed) mask[j] = 1;
    const VectorXd centre = mask.cwiseProduct(mu_);
    const MatrixXd map = chol_inverse_ - cov * chol_inverse_;
    if (group.table < 0) {
      const MatrixXd z = map * (data_.rows.middleCols(group.begin, group.rows).colwise() - centre);
      if (data_.row_weights.size() == 0) return {z.rowwise().sum(), z * z.transpose()};
      const auto w = data_.row_weights.segment(group.begin, group.rows);
      return {z * w, z * w.asDiagonal() * z.transpose()};
    }
    const auto sum = data_.sums.col(group.table);
    const MatrixXd cross = data_.cross[group.table] - sum * centre.transpose() -
                           centre * sum.transpose() + group.weight * centre * centre.transpose();
    return {map * (sum - group.weight * centre), map * cross * map.transpose()};
  }

  void vech(const MatrixXd& symmetric, MatrixXd& out, Index column) const {
    for (Index b = 0; b < p_; ++b)
      for (Index a = b; a < p_; ++a) out(pair_of_(a, b), column) = symmetric(a, b);
  }

  // Sum over rows of (tr(ABM) + tr(BAM) - tr(AB)) / 2, M being the row's expected z z'.
  double complete_entry(Index a, Index b, Index c, Index d) const {
    const double rows = data_.weight + ridge_;
    const auto entry = [&](Index i, Index j) { return cross_(i, j) - (i == j ? 0.5 * rows : 0); };
    return (b == c ? entry(a, d) : 0) + (b == d ? entry(a, c) : 0) + (a == c ? entry(b, d) : 0) +
           (a == d ? entry(b, c) : 0);
  }

  // Sum over rows of Cov(z_a z_b, z_c z_d | observed): for z = r + e, e of covariance C, that is
  // r_a r_c C_bd + ... (four terms) + C_ac C_bd + C_ad C_bc.
  double missing_entry(Index a, Index b, Index c, Index d) const {
    const Index ac = pair_of_(a, c), bd = pair_of_(b, d);
    const Index ad = pair_of_(a, d), bc = pair_of_(b, c);
    return product_part_(ac, bd) + product_part_(bd, ac) + product_part_(ad, bc) +
           product_part_(bc, ad);
  }

  const MvnData& data_;
  Index p_, pairs_;
  double ridge_;
  bool stopped_ = false;
  VectorXd mu_;
  MatrixXd chol_, chol_inverse_;
  VectorXd sum_;           // of E(z | observed)
  MatrixXd cross_;         // of E(z z' | observed), with the ridge's share
  MatrixXd spread_;        // of C
  MatrixXd mean_part_;     // of r vech(C)'
  MatrixXd product_part_;  // of vech(r r' + C/2) vech(C)'
  Eigen::Matrix<Index, Eigen::Dynamic, Eigen::Dynamic> pair_of_;
};

}  // namespace missmix
