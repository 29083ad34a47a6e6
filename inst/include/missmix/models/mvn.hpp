// The multivariate normal with missing values, ignorable missingness.
//
// Dempster, Laird & Rubin (1977) JRSS B 39:1; Little & Rubin (2019) ch. 11. Works on standardised
// columns; equation numbers are those of the vignette "algorithm".
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../parallel.hpp"
#include "mvn_data.hpp"
#include "normal_conditional.hpp"

namespace missmix {

inline constexpr double kLog2Pi = 1.8378770664093454836;

class Mvn {
 public:
  struct Params {
    VectorXd mu;
    MatrixXd sigma;
    MatrixXd chol;  // lower triangle; Sigma = chol chol'
    MatrixXd chol_inverse;
  };

  // What one block of patterns adds to the expected statistics.
  struct Block {
    VectorXd sum;
    MatrixXd half_cross;  // U; the completed cross-product is total + U + U' (eq. 7)
    double log_det = 0;
    bool legal = true;
    NormalConditional conditional;
    VectorXd work, filled;
    MatrixXd product, square;
  };

  struct Stats {
    VectorXd sum;    // sum of E(y | observed)
    MatrixXd cross;  // sum of E(y y' | observed)
    Normal normal;   // the parameters these belong to
    std::vector<Block> blocks;
  };

  // `ridge` pseudo-observations with the observed variances and no covariances (0: flat prior).
  // `elsewhere` is the weight of rows that another model adds to the statistics.
  Mvn(const MvnData& data, double ridge, int n_threads, double elsewhere = 0)
      : data_(data), ridge_(ridge), n_threads_(n_threads), weight_(data.weight + elsewhere) {
    const Index groups = static_cast<Index>(data.groups.size());
    const Index blocks = std::min<Index>(groups, kBlocks);
    for (Index b = 0; b <= blocks; ++b)
      block_begin_.push_back(b * groups / std::max<Index>(blocks, 1));
    jacobian_ = 0;
    for (const PatternGroup& group : data.groups)
      for (Index j : group.observed) jacobian_ -= group.weight * std::log(data.scale[j]);
  }

  Index p() const { return data_.p; }
  const MvnData& data() const { return data_; }

  Stats make_stats() const {
    Stats stats;
    stats.sum.resize(p());
    stats.cross.resize(p(), p());
    stats.blocks.reserve(block_begin_.size());
    for (std::size_t b = 0; b + 1 < block_begin_.size(); ++b)
      stats.blocks.push_back({VectorXd(p()), MatrixXd(p(), p()), 0, true, NormalConditional(p()),
                              VectorXd(p()), VectorXd(p()), MatrixXd(p(), p()),
                              MatrixXd(p(), p())});
    return stats;
  }

  double e_step(const Params& params, Stats& stats) const {
    if (!to_normal(params, stats.normal)) return -std::numeric_limits<double>::infinity();
    for_each_task(static_cast<int>(stats.blocks.size()), n_threads_,
                  [&](int b) { fill_block(stats.normal, b, stats.blocks[b]); });
    stats.sum = data_.total_sum;
    stats.cross = data_.total_cross;
    double log_det = 0;
    for (const Block& block : stats.blocks) {
      if (!block.legal) return -std::numeric_limits<double>::infinity();
      stats.sum += block.sum;
      stats.cross += block.half_cross + block.half_cross.transpose();
      log_det += block.log_det;
    }
    return jacobian_ - 0.5 * (data_.cells * kLog2Pi + log_det + observed_square(stats));
  }

  void m_step(const Stats& stats, Params& params) const {
    params.mu = stats.sum / weight_;
    params.sigma = stats.cross - (weight_ * params.mu) * params.mu.transpose();
    params.sigma.diagonal().array() += ridge_;
    params.sigma /= weight_ + ridge_;
    factorise(params);
  }

  // mu, then the lower Cholesky factor by columns with the logarithm of its diagonal.
  void pack(const Params& params, VectorXd& x) const {
    x.resize(p() + p() * (p() + 1) / 2);
    x.head(p()) = params.mu;
    Index at = p();
    for (Index j = 0; j < p(); ++j) {
      x[at] = std::log(params.chol(j, j));
      x.segment(at + 1, p() - j - 1) = params.chol.col(j).tail(p() - j - 1);
      at += p() - j;
    }
  }

  bool unpack(const VectorXd& x, Params& params) const {
    params.mu = x.head(p());
    params.chol.setZero(p(), p());
    Index at = p();
    for (Index j = 0; j < p(); ++j) {
      params.chol(j, j) = std::exp(x[at]);
      params.chol.col(j).tail(p() - j - 1) = x.segment(at + 1, p() - j - 1);
      at += p() - j;
    }
    params.sigma.noalias() = params.chol.triangularView<Eigen::Lower>() * params.chol.transpose();
    invert_chol(params);
    return params.chol.allFinite() && params.chol.diagonal().minCoeff() > 0;
  }

  // Fisher's identity: the complete-data score at the expected statistics (eq. 8).
  void score(const Params& params, const Stats& stats, VectorXd& g) const {
    g.resize(p() + p() * (p() + 1) / 2);
    const Normal& normal = stats.normal;
    g.head(p()).noalias() = normal.precision * stats.sum - weight_ * normal.shift;
    MatrixXd s = stats.cross - stats.sum * params.mu.transpose() -
                 params.mu * (stats.sum - weight_ * params.mu).transpose();
    s.diagonal().array() += ridge_;
    const auto inverse = params.chol_inverse.triangularView<Eigen::Lower>();
    MatrixXd whitened = inverse * s;
    whitened = (inverse * whitened.transpose()).eval();
    whitened.diagonal().array() -= weight_ + ridge_;
    const MatrixXd slope = inverse.transpose() * whitened;
    Index at = p();
    for (Index j = 0; j < p(); ++j) {
      g[at] = slope(j, j) * params.chol(j, j);
      g.segment(at + 1, p() - j - 1) = slope.col(j).tail(p() - j - 1);
      at += p() - j;
    }
  }

  // Of Sigma in the user's units, without constants.
  double log_prior(const Params& params) const {
    if (ridge_ == 0) return 0;
    return -ridge_ * ((params.chol.diagonal().array() * data_.scale.array()).log().sum() +
                      0.5 * params.chol_inverse.squaredNorm());
  }

  // A variable that the others explain but for one part in 10^10 of its variance: closer to a
  // singular covariance than sums in double precision can tell.
  bool degenerate(const Params& params) const { return !(unexplained(params) > kSingular); }

  // What the inverse of Sigma makes of the rounding in sums over the rows.
  double rounding(const Params& params) const {
    return std::numeric_limits<double>::epsilon() * data_.cells / unexplained(params);
  }

  // Smallest eigenvalue of the correlation matrix.
  double edge_distance(const Params& params) const {
    const VectorXd unit = params.sigma.diagonal().cwiseSqrt().cwiseInverse();
    const MatrixXd correlation = unit.asDiagonal() * params.sigma * unit.asDiagonal();
    return Eigen::SelfAdjointEigenSolver<MatrixXd>(correlation, Eigen::EigenvaluesOnly)
        .eigenvalues()[0];
  }

  // The smallest share of a variable's variance that the other variables leave unexplained:
  // 1 / (sigma_jj K_jj), K being the inverse of Sigma.
  static double unexplained(const Params& params) {
    const VectorXd precision = params.chol_inverse.colwise().squaredNorm();
    return 1 / precision.cwiseProduct(params.sigma.diagonal()).maxCoeff();
  }

  static void factorise(Params& params) {
    const Eigen::LLT<MatrixXd> factor(params.sigma);
    params.chol = factor.matrixL();
    if (factor.info() != Eigen::Success)
      params.chol.setConstant(std::numeric_limits<double>::quiet_NaN());
    invert_chol(params);
  }

  // False where Sigma is not positive definite.
  static bool to_normal(const Params& params, Normal& normal) {
    if (!params.chol_inverse.allFinite()) return false;
    normal.mu = params.mu;
    normal.sigma = params.sigma;
    normal.precision.noalias() =
        params.chol_inverse.transpose() * params.chol_inverse.triangularView<Eigen::Lower>();
    normal.shift.noalias() = normal.precision * params.mu;
    normal.log_det = 2 * params.chol.diagonal().array().log().sum();
    return true;
  }

 private:
  static constexpr Index kBlocks = 32;  // enough for many threads, few enough to add up
  static constexpr double kSingular = 1e-10;

  static void invert_chol(Params& params) {
    const Index p = params.chol.rows();
    params.chol_inverse =
        params.chol.triangularView<Eigen::Lower>().solve(MatrixXd::Identity(p, p));
  }

  void fill_block(const Normal& normal, Index b, Block& block) const {
    block.sum.setZero();
    block.half_cross.setZero();
    block.log_det = 0;
    block.legal = true;
    for (Index g = block_begin_[b]; g < block_begin_[b + 1]; ++g) {
      const PatternGroup& group = data_.groups[g];
      const Index q = static_cast<Index>(group.missing.size());
      const bool regression = group.table >= 0 || group.rows > q;
      if (!block.conditional.condition(normal, group.missing, group.observed, regression)) {
        block.legal = false;
        return;
      }
      block.log_det += group.weight * block.conditional.log_det_observed();
      if (q == 0) continue;
      if (group.table >= 0)
        fill_table(group, block);
      else
        fill_rows(normal, group, block);
      add_square(group, block);
    }
  }

  // All rows of a pattern at once, from their sum and cross-product. With delta the row's filled
  // cells, zeros elsewhere: delta z' goes to half_cross, delta delta' to square.
  void fill_table(const PatternGroup& group, Block& block) const {
    const auto coef = block.conditional.coef();
    const auto intercept = block.conditional.intercept();
    const auto sum = data_.sums.col(group.table);
    const Index q = coef.cols();
    auto filled_by_row = block.product.leftCols(q);
    filled_by_row.noalias() = data_.cross[group.table] * coef;
    filled_by_row.noalias() += sum * intercept.transpose();
    auto total = block.filled.head(q);
    total.noalias() = coef.transpose() * sum;
    total += group.weight * intercept;
    block.square.topLeftCorner(q, q).noalias() = coef.transpose() * filled_by_row;
    block.square.topLeftCorner(q, q).noalias() += intercept * total.transpose();
    for (Index j = 0; j < q; ++j) {
      block.sum[group.missing[j]] += total[j];
      block.half_cross.col(group.missing[j]) += filled_by_row.col(j);
    }
  }

  // The same row by row.
  void fill_rows(const Normal& normal, const PatternGroup& group, Block& block) const {
    const Index q = static_cast<Index>(group.missing.size());
    block.square.topLeftCorner(q, q).setZero();
    for (Index i = group.begin; i < group.begin + group.rows; ++i) {
      const auto z = data_.rows.col(i);
      block.conditional.mean(normal, group.missing, z, block.work, block.filled);
      const double w = data_.row_weight(i);
      for (Index j = 0; j < q; ++j) {
        const double cell = w * block.filled[j];
        block.sum[group.missing[j]] += cell;
        block.half_cross.col(group.missing[j]) += cell * z;
        for (Index k = j; k < q; ++k) block.square(k, j) += cell * block.filled[k];
      }
    }
  }

  // Filled cells times filled cells, and the conditional covariance once for every row; the lower
  // triangle counts twice, since U + U' is what enters the total.
  void add_square(const PatternGroup& group, Block& block) const {
    const auto cov = block.conditional.cov();
    for (Index j = 0; j < cov.cols(); ++j)
      for (Index i = j; i < cov.cols(); ++i)
        block.half_cross(group.missing[i], group.missing[j]) +=
            (i == j ? 0.5 : 1.0) * (block.square(i, j) + group.weight * cov(i, j));
  }

  // Sum over rows of r_o' Sigma_oo^-1 r_o: that of the completed rows, whose spread adds one for
  // every missing cell (eq. 6).
  double observed_square(const Stats& stats) const {
    const Normal& normal = stats.normal;
    const double missing = data_.weight * static_cast<double>(p()) - data_.cells;
    return (normal.precision.array() * stats.cross.array()).sum() -
           2 * normal.shift.dot(stats.sum) + data_.weight * normal.shift.dot(normal.mu) - missing;
  }

  const MvnData& data_;
  double ridge_;
  int n_threads_;
  double weight_;  // of all rows
  double jacobian_;
  std::vector<Index> block_begin_;
};

}  // namespace missmix
