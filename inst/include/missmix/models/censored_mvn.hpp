// The multivariate normal with missing values and values known to lie within bounds.
//
// Rows without censored cells are those of mvn.hpp. In the others the complete-data statistics are
// expected under a truncated normal (Dempster, Laird & Rubin 1977, section 4.2, after Tobin 1958,
// Econometrica 26:24), and the log-likelihood takes the probability of the bounds.
#pragma once

#include "censored_conditional.hpp"
#include "mvn.hpp"

namespace missmix {

class CensoredMvn {
 public:
  using Params = Mvn::Params;

  struct Block {
    VectorXd sum;
    MatrixXd cross;  // lower triangle
    double log_lik = 0;
    bool legal = true;
    CensoredConditional conditional;
    VectorXd filled;
    MatrixXd shrinkage, spread, wide;
  };

  struct Stats {
    Mvn::Stats complete;  // of all rows, once the blocks are added
    std::vector<Block> blocks;
  };

  // `data` are the rows without censored cells, in the same units as the others.
  CensoredMvn(const MvnData& data, const CensoredRows& rows, double ridge, int n_threads)
      : plain_(data, ridge, n_threads, rows.weight),
        data_(data),
        rows_(rows),
        n_threads_(n_threads) {
    const Index groups = static_cast<Index>(rows.groups.size());
    const Index blocks = std::min<Index>(groups, kBlocks);
    for (Index b = 0; b <= blocks; ++b)
      block_begin_.push_back(b * groups / std::max<Index>(blocks, 1));
    for (const CensoredGroup& group : rows.groups)
      for (Index j : group.observed) jacobian_ -= group.weight * std::log(rows.scale[j]);
  }

  Index p() const { return data_.p; }
  double weight() const { return data_.weight + rows_.weight; }

  Stats make_stats() const {
    Stats stats{plain_.make_stats(), {}};
    for (std::size_t b = 0; b + 1 < block_begin_.size(); ++b)
      stats.blocks.push_back({VectorXd(p()), MatrixXd(p(), p()), 0, true, CensoredConditional(p()),
                              VectorXd(p()), MatrixXd(), MatrixXd(), MatrixXd()});
    return stats;
  }

  double e_step(const Params& params, Stats& stats) const {
    constexpr double kIllegal = -std::numeric_limits<double>::infinity();
    double log_lik = plain_.e_step(params, stats.complete);
    if (!std::isfinite(log_lik)) return kIllegal;
    for_each_task(static_cast<int>(stats.blocks.size()), n_threads_,
                  [&](int b) { fill_block(stats.complete.normal, b, stats.blocks[b]); });
    log_lik += jacobian_;
    for (Block& block : stats.blocks) {
      if (!block.legal) return kIllegal;
      block.cross.triangularView<Eigen::StrictlyUpper>() = block.cross.transpose();
      stats.complete.sum += block.sum;
      stats.complete.cross += block.cross;
      log_lik += block.log_lik;
    }
    return log_lik;
  }

  void m_step(const Stats& stats, Params& params) const { plain_.m_step(stats.complete, params); }
  void pack(const Params& params, VectorXd& x) const { plain_.pack(params, x); }
  bool unpack(const VectorXd& x, Params& params) const { return plain_.unpack(x, params); }
  void score(const Params& params, const Stats& stats, VectorXd& g) const {
    plain_.score(params, stats.complete, g);
  }
  double log_prior(const Params& params) const { return plain_.log_prior(params); }
  bool degenerate(const Params& params) const { return plain_.degenerate(params); }
  double edge_distance(const Params& params) const { return plain_.edge_distance(params); }

  // Quadrature is good to some 1e-13 a row, and expectation propagation ends when it is still to
  // 1e-13; neither can be told from a change of the parameters.
  double rounding(const Params& params) const {
    constexpr double kPerCell = 1e-13;
    return plain_.rounding(params) + kPerCell * rows_.censored +
           std::numeric_limits<double>::epsilon() * rows_.observed / Mvn::unexplained(params);
  }

 private:
  static constexpr Index kBlocks = 32;

  void fill_block(const Normal& normal, Index b, Block& block) const {
    block.sum.setZero();
    block.cross.setZero();
    block.log_lik = 0;
    block.legal = true;
    for (Index g = block_begin_[b]; g < block_begin_[b + 1]; ++g)
      if (!fill_group(normal, rows_.groups[g], block)) {
        block.legal = false;
        return;
      }
  }

  bool fill_group(const Normal& normal, const CensoredGroup& group, Block& block) const {
    CensoredConditional& conditional = block.conditional;
    if (!conditional.condition(normal, group)) return false;
    block.shrinkage.setZero(group.censored, group.censored);
    for (Index i = group.begin; i < group.begin + group.rows; ++i) {
      if (!conditional.row(normal, group, rows_, i)) return false;
      const double w = rows_.row_weight[i];
      block.filled = rows_.z.col(i);
      for (std::size_t k = 0; k < group.latent.size(); ++k)
        block.filled[group.latent[k]] = conditional.mean()[static_cast<Index>(k)];
      block.sum += w * block.filled;
      block.cross.selfadjointView<Eigen::Lower>().rankUpdate(block.filled, w);
      block.shrinkage += w * conditional.shrinkage();
      block.log_lik += w * conditional.log_lik();
    }
    add_spread(group, block);
    return true;
  }

  // The conditional covariances of the group's rows, at the latent cells.
  void add_spread(const CensoredGroup& group, Block& block) const {
    const MatrixXd& coef = block.conditional.coef();
    block.spread = group.weight * block.conditional.normal_cov();
    block.wide.noalias() = coef * block.shrinkage;
    block.spread.noalias() += block.wide * coef.transpose();
    for (Index j = 0; j < block.spread.cols(); ++j)
      for (Index i = 0; i < block.spread.rows(); ++i)
        if (group.latent[i] >= group.latent[j])
          block.cross(group.latent[i], group.latent[j]) += block.spread(i, j);
  }

  const Mvn plain_;
  const MvnData& data_;
  const CensoredRows& rows_;
  int n_threads_;
  double jacobian_ = 0;
  std::vector<Index> block_begin_;
};

}  // namespace missmix
