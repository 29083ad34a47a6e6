// The true profiles of the types given those counted in a finite number of cells: empirical Bayes.
//
// Columns of `mean` are profiles on one scale (types of one total). That of gene g is drawn about
// its level mu_g from a scale mixture of normals with one covariance over the types,
//   z_g ~ sum_j pi_j N(mu_g 1, mu_g^2 w_j Sigma),  w_j fixed and known,  x_g | z_g ~ N(z_g, E_g),
// E_g diagonal: types that go together lend each other what their cells show, and a gene that tells
// types apart (large w) is hardly shrunk. Urbut, Wang, Carbonetto & Stephens (2019) "mash", with
// one covariance that is learnt. Sigma and pi by EM, an EM model of the engine.
//
// What the deconvolution is given is this posterior and not the means: errors of the cells are
// classical, the means scatter about the truth. Regressing on E[z | x] undoes the bias (regression
// calibration, Carroll, Ruppert, Stefanski & Crainiceanu 2006, ch. 4).
#pragma once

#include <Eigen/Cholesky>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "../em_model.hpp"
#include "../parallel.hpp"

namespace missmix {

using Eigen::ArrayXd;

// What cells tell of the profiles: genes x types, and a value a gene.
struct CellMeans {
  MatrixXd mean, error;  // error: variance of `mean`, positive
  ArrayXd level;         // mu, positive

  Index genes() const { return mean.rows(); }
  Index types() const { return mean.cols(); }
};

class ProfilePrior {
 public:
  static constexpr int kWidths = 7;

  // Standard deviations from 1/8 to 8 times that of Sigma, a factor of two apart.
  static double width(int j) { return std::pow(4.0, j - kWidths / 2); }

  struct Params {
    MatrixXd sigma, chol;
    VectorXd weight;
  };

  struct Block {
    MatrixXd squares;  // of deviations in units of mu and w
    VectorXd weight;
    double log_lik;
  };

  struct Stats {
    std::vector<Block> blocks;
    MatrixXd squares;
    VectorXd weight;
  };

  // `genes` of the cells are looked at.
  ProfilePrior(const CellMeans& cells, std::vector<Index> genes, int n_threads)
      : cells_(cells), genes_(std::move(genes)), n_threads_(n_threads) {}

  // Deviations of a fifth, of which a fifth is common to all types: corrected within a few steps.
  Params initial() const {
    Params out;
    out.sigma = MatrixXd::Constant(types(), types(), 0.05);
    out.sigma.diagonal().array() += 0.2;
    out.chol = out.sigma.llt().matrixL();
    out.weight = VectorXd::Constant(kWidths, 1.0 / kWidths);
    return out;
  }

  Stats make_stats() const {
    Stats out;
    const auto size = genes_.size();
    out.blocks.resize((size + kBlock - 1) / kBlock);
    for (Block& block : out.blocks) block = {MatrixXd(types(), types()), VectorXd(kWidths), 0};
    out.squares.resize(types(), types());
    out.weight.resize(kWidths);
    return out;
  }

  double e_step(const Params& params, Stats& stats) const {
    const int n_blocks = static_cast<int>(stats.blocks.size());
    for_each_task(n_blocks, n_threads_, [&](int b) {
      Block& block = stats.blocks[b];
      block.squares.setZero();
      block.weight.setZero();
      block.log_lik = 0;
      Work work(types());
      const std::size_t end = std::min(genes_.size(), (b + 1) * kBlock);
      for (std::size_t i = b * kBlock; i < end; ++i) visit(params, genes_[i], work, block);
    });
    stats.squares.setZero();
    stats.weight.setZero();
    double log_lik = 0;
    for (const Block& block : stats.blocks) {
      stats.squares += block.squares;
      stats.weight += block.weight;
      log_lik += block.log_lik;
    }
    return log_lik;
  }

  void m_step(const Stats& stats, Params& params) const {
    params.sigma = stats.squares;
    params.sigma.diagonal().array() += prior_cases() * kPriorVariance;
    params.sigma /= static_cast<double>(genes_.size()) + prior_cases();
    params.chol = params.sigma.llt().matrixL();
    params.weight = (stats.weight.array() + 1) / (static_cast<double>(genes_.size()) + kWidths);
  }

  // As if there were one gene more a type and one a width: few genes still have a maximum.
  double log_prior(const Params& params) const {
    const double log_det = 2 * params.chol.diagonal().array().log().sum();
    const MatrixXd inverse =
        params.chol.triangularView<Eigen::Lower>().solve(MatrixXd::Identity(types(), types()));
    return params.weight.array().log().sum() -
           0.5 * prior_cases() * (log_det + kPriorVariance * inverse.squaredNorm());
  }

  // Logarithms of the weights (their sum does not matter) and of the Cholesky diagonal.
  void pack(const Params& params, VectorXd& x) const {
    x.resize(kWidths + types() * (types() + 1) / 2);
    x.head(kWidths) = params.weight.array().log();
    Index at = kWidths;
    for (Index k = 0; k < types(); ++k) {
      const Index below = types() - k - 1;
      x[at] = std::log(params.chol(k, k));
      x.segment(at + 1, below) = params.chol.col(k).tail(below);
      at += below + 1;
    }
  }

  bool unpack(const VectorXd& x, Params& params) const {
    params.weight = (x.head(kWidths).array() - x.head(kWidths).maxCoeff()).exp();
    params.weight /= params.weight.sum();
    params.chol.setZero(types(), types());
    Index at = kWidths;
    for (Index k = 0; k < types(); ++k) {
      const Index below = types() - k - 1;
      params.chol(k, k) = std::exp(x[at]);
      params.chol.col(k).tail(below) = x.segment(at + 1, below);
      at += below + 1;
    }
    params.sigma.noalias() = params.chol * params.chol.transpose();
    return params.chol.allFinite() && params.chol.diagonal().minCoeff() > 0 &&
           params.weight.minCoeff() > 0;
  }

  // Mean and, unless null, covariance of a profile given its cells.
  void posterior(const Params& params, Index gene, VectorXd& mean, MatrixXd* covariance) const {
    Work work(types());
    look(params, gene, work);
    const auto error = cells_.error.row(gene).transpose();
    work.inverse.setZero();
    work.pull.setZero();
    MatrixXd spread = MatrixXd::Zero(types(), types());
    for (int j = 0; j < kWidths; ++j) {
      if (!(work.share[j] > kNothing)) continue;
      work.pull += work.share[j] * work.moved.col(j);
      if (covariance == nullptr) continue;
      add_precision(work, j, work.share[j]);
      spread.noalias() += work.share[j] * work.moved.col(j) * work.moved.col(j).transpose();
    }
    mean = cells_.mean.row(gene).transpose() - error.cwiseProduct(work.pull);
    if (covariance == nullptr) return;
    // E - E V^-1 E within a width, and between widths the scatter of their means.
    spread.noalias() -= work.pull * work.pull.transpose();
    *covariance = error.asDiagonal() * (spread - work.inverse) * error.asDiagonal();
    covariance->diagonal() += error;
  }

 private:
  static constexpr std::size_t kBlock = 32;
  static constexpr double kPriorVariance = 0.25;
  static constexpr double kNothing = 1e-12;

  struct Work {
    MatrixXd marginal, root, inverse, moved;  // moved: V_j^-1 (x - mu), a column a width
    std::array<Eigen::LLT<MatrixXd>, kWidths> factor;
    VectorXd residual, share, pull;

    explicit Work(Index types)
        : marginal(types, types),
          root(types, types),
          inverse(types, types),
          moved(types, kWidths),
          residual(types),
          share(kWidths),
          pull(types) {}
  };

  Index types() const { return cells_.types(); }
  double prior_cases() const { return static_cast<double>(types()); }

  // The widths' shares of this gene, and what each makes of it; returns its log-density.
  double look(const Params& params, Index gene, Work& work) const {
    const double level = cells_.level[gene];
    work.residual = cells_.mean.row(gene).transpose().array() - level;
    for (int j = 0; j < kWidths; ++j) {
      work.marginal = (level * level * width(j)) * params.sigma;
      work.marginal.diagonal() += cells_.error.row(gene).transpose();
      work.factor[j].compute(work.marginal);
      work.moved.col(j) = work.residual;
      work.factor[j].solveInPlace(work.moved.col(j));
      const auto& root = work.factor[j].matrixLLT();
      work.share[j] = std::log(params.weight[j]) - root.diagonal().array().log().sum() -
                      0.5 * work.residual.dot(work.moved.col(j));
    }
    const double highest = work.share.maxCoeff();
    work.share = (work.share.array() - highest).exp();
    const double sum = work.share.sum();
    work.share /= sum;
    constexpr double kLogTwoPi = 1.8378770664093454836;
    return highest + std::log(sum) - 0.5 * kLogTwoPi * static_cast<double>(types());
  }

  // inverse += factor V_j^-1
  static void add_precision(Work& work, int j, double factor) {
    work.root.setIdentity();
    work.factor[j].matrixL().solveInPlace(work.root);
    work.inverse.noalias() += factor * work.root.transpose() * work.root;
  }

  void visit(const Params& params, Index gene, Work& work, Block& block) const {
    block.log_lik += look(params, gene, work);
    block.weight += work.share;
    const double level = cells_.level[gene];
    const auto error = cells_.error.row(gene).transpose();
    work.inverse.setZero();
    MatrixXd& within = work.marginal;
    within.setZero();
    double both = 0;
    for (int j = 0; j < kWidths; ++j) {
      if (!(work.share[j] > kNothing)) continue;
      const double unit = work.share[j] / (level * level * width(j));
      both += unit;
      add_precision(work, j, unit);
      work.pull = work.residual - error.cwiseProduct(work.moved.col(j));
      within.noalias() += unit * work.pull * work.pull.transpose();
    }
    work.inverse = (error.asDiagonal() * work.inverse * error.asDiagonal()).eval();
    block.squares += within - work.inverse;
    block.squares.diagonal() += both * error;
  }

  const CellMeans& cells_;
  std::vector<Index> genes_;
  int n_threads_;
};

}  // namespace missmix
