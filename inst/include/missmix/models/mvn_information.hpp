// The information matrices of the multivariate normal, exact, summed by pattern.
//
// In the natural parameters the complete-data information of a row is Var(T), T = (z_j, z_a z_b),
// and the missing information Var(T | observed); their difference is the observed information
// (Orchard & Woodbury 1972; Louis 1982 JRSS B 44:226; vignette "algorithm", eqs. 14 to 16).
//
// All is done in whitened coordinates z = L^-1 (y - mu), Sigma = L L', where Var(T) is diagonal
// and the conditional covariance of z is the projection onto the columns of L^-1 that belong to
// the missing cells: no matrix is inverted, and an ill-conditioned Sigma costs no digits.
#pragma once

#include <Eigen/QR>
#include <algorithm>

#include "mvn.hpp"

namespace missmix {

class MvnInformation {
 public:
  // `params` in the standardised units of the data, positive definite.
  MvnInformation(const MvnData& data, const Mvn::Params& params)
      : data_(data), p_(data.p), pairs_(data.p * (data.p + 1) / 2), mu_(params.mu),
        chol_(params.chol), pair_of_(data.p, data.p) {
    chol_inverse_ = chol_.triangularView<Eigen::Lower>().solve(MatrixXd::Identity(p_, p_));
    Index k = 0;
    for (Index b = 0; b < p_; ++b)
      for (Index a = b; a < p_; ++a) pair_of_(a, b) = pair_of_(b, a) = k++;
  }

  // Var(T) of one complete row: diagonal.
  VectorXd complete() const {
    VectorXd v = VectorXd::Ones(p_ + pairs_);
    for (Index a = 0; a < p_; ++a) v[p_ + pair_of_(a, a)] = 2;
    return v;
  }

  // Sum over rows of Var(T | observed cells).
  MatrixXd missing() const {
    MatrixXd spread = MatrixXd::Zero(p_, p_);              // sum of w C
    MatrixXd mean_part = MatrixXd::Zero(p_, pairs_);       // sum of s vech(C)'
    MatrixXd product_part = MatrixXd::Zero(pairs_, pairs_);  // sum of vech(Q + wC/2) vech(C)'
    constexpr Index kBatch = 256;  // patterns at a time, so that sums are matrix products
    MatrixXd c(pairs_, kBatch), q(pairs_, kBatch), s(p_, kBatch);
    Index filled = 0;
    const auto flush = [&] {
      mean_part.noalias() += s.leftCols(filled) * c.leftCols(filled).transpose();
      product_part.noalias() += q.leftCols(filled) * c.leftCols(filled).transpose();
      filled = 0;
    };
    for (const PatternGroup& group : data_.groups) {
      if (group.missing.empty()) continue;
      const MatrixXd cov = projection(group);
      const Residuals residuals = completed_residuals(group, cov);
      spread += group.weight * cov;
      s.col(filled) = residuals.sum;
      vech(cov, c, filled);
      vech(residuals.cross + 0.5 * group.weight * cov, q, filled);
      if (++filled == kBatch) flush();
    }
    flush();
    return assemble(spread, mean_part, product_part);
  }

  // The change of (mu, lower triangle of Sigma by columns) in the user's units that belongs to a
  // change of their whitened counterparts.
  MatrixXd to_user_units() const {
    const MatrixXd root = data_.scale.asDiagonal() * chol_;
    MatrixXd map = MatrixXd::Zero(p_ + pairs_, p_ + pairs_);
    map.topLeftCorner(p_, p_) = root;
    for (Index d = 0; d < p_; ++d)
      for (Index c = d; c < p_; ++c)
        for (Index b = 0; b < p_; ++b)
          for (Index a = b; a < p_; ++a)
            map(p_ + pair_of_(a, b), p_ + pair_of_(c, d)) =
                root(a, c) * root(b, d) + (c == d ? 0 : root(a, d) * root(b, c));
    return map;
  }

 private:
  struct Residuals {
    VectorXd sum;
    MatrixXd cross;
  };

  // Conditional covariance of z.
  MatrixXd projection(const PatternGroup& group) const {
    const Index q = static_cast<Index>(group.missing.size());
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
                           centre * sum.transpose() +
                           group.weight * centre * centre.transpose();
    return {map * (sum - group.weight * centre), map * cross * map.transpose()};
  }

  void vech(const MatrixXd& symmetric, MatrixXd& out, Index column) const {
    for (Index b = 0; b < p_; ++b)
      for (Index a = b; a < p_; ++a) out(pair_of_(a, b), column) = symmetric(a, b);
  }

  // Cov(z_a z_b, z_c z_d | observed) for e = z - E z of covariance C and r = E z:
  // r_a r_c C_bd + ... (four terms) + C_ac C_bd + C_ad C_bc.
  MatrixXd assemble(const MatrixXd& spread, const MatrixXd& mean_part,
                    const MatrixXd& product_part) const {
    MatrixXd m(p_ + pairs_, p_ + pairs_);
    m.topLeftCorner(p_, p_) = spread;
    for (Index d = 0; d < p_; ++d)
      for (Index c = d; c < p_; ++c) {
        const Index y = p_ + pair_of_(c, d);
        for (Index j = 0; j < p_; ++j)
          m(j, y) = m(y, j) = mean_part(c, pair_of_(j, d)) + mean_part(d, pair_of_(j, c));
        for (Index b = 0; b < p_; ++b)
          for (Index a = b; a < p_; ++a) {
            const Index ac = pair_of_(a, c), bd = pair_of_(b, d);
            const Index ad = pair_of_(a, d), bc = pair_of_(b, c);
            m(p_ + pair_of_(a, b), y) = product_part(ac, bd) + product_part(bd, ac) +
                                        product_part(ad, bc) + product_part(bc, ad);
          }
      }
    return m;
  }

  const MvnData& data_;
  Index p_, pairs_;
  VectorXd mu_;
  MatrixXd chol_, chol_inverse_;
  Eigen::Matrix<Index, Eigen::Dynamic, Eigen::Dynamic> pair_of_;
};

}  // namespace missmix
