// Gaussian mixtures, also with missing cells and a noise component.
//
// McLachlan & Peel (2000) ch. 3; missing cells after Ghahramani & Jordan (1994). Works on
// standardised columns; equation numbers are those of the vignette "algorithm".
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "../parallel.hpp"
#include "gmm_components.hpp"
#include "gmm_data.hpp"
#include "gmm_prior.hpp"

namespace missmix {

class Gmm {
 public:
  using Params = GmmParams;

  // What one chunk of blocks adds to the expected statistics, and its workspace.
  struct Chunk {
    double log_lik = 0;
    VectorXd n;
    MatrixXd sum;
    Matrices cross;
    GmmConditionals conditionals;
    MatrixXd centred, density;  // rows x columns, rows x components
    VectorXd white, work, row_log_lik;
    MatrixXd square;
  };

  struct Stats {
    VectorXd n;      // expected rows of each component, the noise last
    MatrixXd sum;    // d x k: expected sum of y - mean_k, for the means these belong to
    Matrices cross;  // and their cross-products (d x 1, the diagonal, for diagonal families)
    GmmComponents at;
    std::vector<Chunk> chunks;
  };

  // k components, and one of uniform noise over the box of the data if asked for.
  Gmm(const GmmData& data, Index k, GmmFamily family, bool noise, GmmPrior prior, int n_threads)
      : data_(data),
        k_(k),
        family_(std::move(family)),
        noise_(noise),
        prior_(std::move(prior)),
        n_threads_(n_threads) {
    cut_into_chunks();
  }

  Index d() const { return data_.p; }
  Index k() const { return k_; }
  bool noise() const { return noise_; }
  const GmmData& data() const { return data_; }
  const GmmFamily& family() const { return family_; }

  Stats make_stats() const {
    Stats stats;
    const Index parts = k_ + (noise_ ? 1 : 0);
    const Index rows = GmmData::kBlockRows, wide = family_.diagonal() ? 1 : d();
    stats.n.resize(parts);
    stats.sum.resize(d(), k_);
    stats.cross.assign(static_cast<std::size_t>(k_), MatrixXd(d(), wide));
    stats.chunks.resize(chunk_begin_.size() - 1);
    for (Chunk& chunk : stats.chunks) {
      chunk.n.resize(parts);
      chunk.sum.resize(d(), k_);
      chunk.cross.assign(static_cast<std::size_t>(k_), MatrixXd(d(), wide));
      chunk.centred.resize(rows, d());
      chunk.density.resize(rows, parts);
      chunk.white.resize(rows);
      chunk.work.resize(rows);
      chunk.row_log_lik.resize(rows);
      chunk.square.resize(d(), wide);
    }
    return stats;
  }

  double e_step(const Params& params, Stats& stats) const {
    return pass(params, stats, [&](const GmmBlock& block, Chunk& chunk) {
      log_densities(stats.at, block, chunk);
      normalise(block, chunk);
    });
  }

  // Statistics for responsibilities that are given, n x k in the user's order of rows: how a
  // partition becomes parameters.
  void moments(const Params& params, const MatrixXd& given, Stats& stats) const {
    pass(params, stats, [&](const GmmBlock& block, Chunk& chunk) {
      for (Index i = 0; i < block.rows; ++i) {
        chunk.density.row(i) = given.row(data_.row[block.begin + i]);
        chunk.row_log_lik[i] = 0;
      }
    });
  }

  // out(i, ) = responsibilities of the user's row i, log_lik[i] = its log density; rows without any
  // observed cell are not touched.
  void responsibilities(const Params& params, Stats& stats, MatrixXd& out,
                        VectorXd& log_lik) const {
    pass(params, stats, [&](const GmmBlock& block, Chunk& chunk) {
      log_densities(stats.at, block, chunk);
      normalise(block, chunk);
      for (Index i = 0; i < block.rows; ++i) {
        out.row(data_.row[block.begin + i]) = chunk.density.row(i);
        log_lik[data_.row[block.begin + i]] = chunk.row_log_lik[i];
      }
    });
  }

  void m_step(const Stats& stats, Params& params) const {
    params.weights = stats.n / stats.n.sum();
    const auto n = stats.n.head(k_);
    const double shrinkage = prior_.shrinkage;
    params.means.resize(d(), k_);
    Matrices scatter(static_cast<std::size_t>(k_));
    for (Index k = 0; k < k_; ++k) {
      const VectorXd shift = stats.sum.col(k) / n[k], mean = stats.at.means.col(k) + shift;
      params.means.col(k) = mean;
      scatter[k] = stats.cross[k] - outer(stats.sum.col(k), shift);
      if (prior_.flat()) continue;
      const VectorXd away = mean - prior_.mean;
      params.means.col(k) -= shrinkage / (n[k] + shrinkage) * away;
      scatter[k] += prior_scatter() + outer(n[k] * shrinkage / (n[k] + shrinkage) * away, away);
    }
    params.axes = stats.at.axes;
    fit_covariances(n.array() + prior_.count, scatter, params);
  }

  // Logarithms of the weights; means; half the logarithms of the pivots of Sigma = U D U', and the
  // regressions U below its diagonal. In these every family but four is a linear space, and the
  // other four are projected onto.
  void pack(const Params& params, VectorXd& x) const {
    x.resize(packed_size());
    Index at = params.weights.size();
    x.head(at) = params.weights.array().log();
    block(x, at) = params.means;
    at += d() * k_;
    block(x, at) = 0.5 * params.pivots.array().log();
    at += d() * k_;
    for (const MatrixXd& u : params.unit)
      for (Index j = 0; j + 1 < d(); ++j) {
        x.segment(at, d() - 1 - j) = u.col(j).tail(d() - 1 - j);
        at += d() - 1 - j;
      }
  }

  bool unpack(const VectorXd& x, Params& params) const {
    Index at = k_ + (noise_ ? 1 : 0);
    params.weights = (x.head(at).array() - x.head(at).maxCoeff()).exp();
    params.weights /= params.weights.sum();
    params.means = block(x, at);
    at += d() * k_;
    params.pivots = (2 * block(x, at)).array().exp();
    at += d() * k_;
    params.unit.resize(family_.diagonal() ? 0 : static_cast<std::size_t>(k_));
    for (MatrixXd& u : params.unit) {
      u.setIdentity(d(), d());
      for (Index j = 0; j + 1 < d(); ++j) {
        u.col(j).tail(d() - 1 - j) = x.segment(at, d() - 1 - j);
        at += d() - 1 - j;
      }
    }
    if (!legal(params)) return false;
    if (family_.curved()) project(params);
    return legal(params);
  }

  // Fisher's identity in packed coordinates (eq. 21). Where the family is a linear space the
  // forces that hold the parameters in it are left in: no step within the family feels them.
  void score(const Params& params, const Stats& stats, VectorXd& g) const {
    g.resize(packed_size());
    Index at = params.weights.size();
    g.head(at) = stats.n - stats.n.sum() * params.weights;
    auto means = block(g, at);
    auto pivots = block(g, at + d() * k_);
    at += 2 * d() * k_;
    Matrices slopes(static_cast<std::size_t>(k_));  // of the objective in Sigma_k, twice
    for (Index k = 0; k < k_; ++k) {
      VectorXd force = stats.sum.col(k);
      MatrixXd scatter = stats.cross[k];
      if (!prior_.flat()) {
        const VectorXd away = params.means.col(k) - prior_.mean;
        force -= prior_.shrinkage * away;
        scatter += prior_scatter() + outer(prior_.shrinkage * away, away);
      }
      const double n = stats.n[k] + prior_.count;
      if (family_.diagonal()) {
        means.col(k) = force.cwiseQuotient(params.pivots.col(k));
        pivots.col(k) = scatter.cwiseQuotient(params.pivots.col(k)).array() - n;
        continue;
      }
      const auto white = stats.at.whiten[k].triangularView<Eigen::Upper>();
      means.col(k) = white * (white.transpose() * force);
      MatrixXd inner = white.transpose() * scatter * stats.at.whiten[k];
      inner.diagonal().array() -= n;
      slopes[k] = stats.at.whiten[k] * inner * stats.at.whiten[k].transpose();
    }
    if (family_.diagonal()) return;
    if (family_.curved()) follow_family(params, stats, slopes);
    for (Index k = 0; k < k_; ++k) {
      const MatrixXd slope = slopes[k] * params.unit[k];
      pivots.col(k) = params.unit[k].cwiseProduct(slope).colwise().sum().transpose().cwiseProduct(
          params.pivots.col(k));
      for (Index j = 0; j + 1 < d(); ++j) {
        g.segment(at, d() - 1 - j) = params.pivots(j, k) * slope.col(j).tail(d() - 1 - j);
        at += d() - 1 - j;
      }
    }
  }

  double log_prior(const Params& params) const {
    if (prior_.flat()) return 0;
    double value = 0;
    for (Index k = 0; k < k_; ++k) {
      const VectorXd away = params.means.col(k) - prior_.mean;
      const MatrixXd scatter = prior_scatter() + outer(prior_.shrinkage * away, away);
      value +=
          prior_.count * (params.pivots.col(k).array() * data_.scale.array().square()).log().sum();
      value += family_.diagonal() ? scatter.cwiseQuotient(params.pivots.col(k)).sum()
                                  : params.sigma(k).llt().solve(scatter).trace();
    }
    return -0.5 * value;
  }

  // A component that has collapsed: onto a point, a line, or nothing.
  bool degenerate(const Params& params) const {
    return !(params.pivots.minCoeff() > kCollapsed) || !(params.weights.minCoeff() > 0);
  }

  // From the scatters of m_step(), and for the projection onto the family.
  void fit_covariances(const VectorXd& n, Matrices& scatter, Params& params) const {
    if (family_.diagonal()) {
      MatrixXd diagonals(d(), k_);
      for (Index k = 0; k < k_; ++k) diagonals.col(k) = scatter[k];
      params.pivots = family_.variances(n, diagonals);
      params.unit.clear();
      return;
    }
    family_.covariances(n, scatter, params.axes);
    params.factorise(scatter);
  }

 private:
  static constexpr double kCollapsed = 1e-12;  // variances, of the standardised columns
  static constexpr Index kChunks = 32;         // enough for many threads, few enough to add up
  static constexpr Index kRowsWorthAChunk = 1024;

  void cut_into_chunks() {
    const Index blocks = static_cast<Index>(data_.blocks.size());
    const Index chunks = std::clamp<Index>(data_.rows() / kRowsWorthAChunk, 1,
                                           std::min(kChunks, std::max<Index>(blocks, 1)));
    chunk_begin_.push_back(0);
    for (Index b = 0, rows = 0; b < blocks; ++b) {
      rows += data_.blocks[b].rows;
      if (rows * chunks >= data_.rows() * static_cast<Index>(chunk_begin_.size()))
        chunk_begin_.push_back(b + 1);
    }
    if (chunk_begin_.back() != blocks || chunk_begin_.size() == 1) chunk_begin_.push_back(blocks);
  }

  Index packed_size() const {
    const Index below = family_.diagonal() ? 0 : d() * (d() - 1) / 2;
    return k_ + (noise_ ? 1 : 0) + k_ * (2 * d() + below);
  }

  // d x k numbers of a flat vector.
  Eigen::Map<MatrixXd> block(VectorXd& x, Index at) const { return {x.data() + at, d(), k_}; }
  Eigen::Map<const MatrixXd> block(const VectorXd& x, Index at) const {
    return {x.data() + at, d(), k_};
  }

  // a b', or its diagonal for diagonal families.
  template <class A, class B>
  MatrixXd outer(const A& a, const B& b) const {
    if (family_.diagonal()) return a.cwiseProduct(b);
    return a * b.transpose();
  }

  MatrixXd prior_scatter() const {
    if (family_.diagonal()) return prior_.scatter.diagonal();
    return prior_.scatter;
  }

  static bool legal(const Params& params) {
    bool finite = params.pivots.allFinite() && params.weights.allFinite();
    for (const MatrixXd& u : params.unit) finite = finite && u.allFinite();
    return finite && params.pivots.minCoeff() > 0 && params.weights.minCoeff() > 0;
  }

  void project(Params& params) const {
    const VectorXd n = params.weights.head(k_);
    Matrices scatter(static_cast<std::size_t>(k_));
    for (Index k = 0; k < k_; ++k) scatter[k] = n[k] * params.sigma(k);
    params.axes.resize(0, 0);
    fit_covariances(n, scatter, params);
  }

  // Slopes in Sigma_k as far as the family can follow them. In eigenvectors the diagonal holds the
  // slopes in the variances, and what is off it turns the axes: all together where they are common.
  void follow_family(const Params& params, const Stats& stats, Matrices& slopes) const {
    const VectorXd n = stats.n.head(k_).array() + prior_.count;
    Matrices axes(static_cast<std::size_t>(k_));
    MatrixXd variances(d(), k_), along(d(), k_);
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

  // One pass over the blocks; `respond(block, chunk)` leaves responsibilities in chunk.density.
  template <class Respond>
  double pass(const Params& params, Stats& stats, const Respond& respond) const {
    if (!stats.at.prepare(params, family_, data_.patterns))
      return -std::numeric_limits<double>::infinity();
    for_each_task(static_cast<int>(stats.chunks.size()), n_threads_, [&](int c) {
      Chunk& chunk = stats.chunks[c];
      chunk.log_lik = 0;
      chunk.n.setZero();
      chunk.sum.setZero();
      for (MatrixXd& cross : chunk.cross) cross.setZero();
      chunk.conditionals.forget();
      for (Index b = chunk_begin_[c]; b < chunk_begin_[c + 1]; ++b) {
        const GmmBlock& block = data_.blocks[b];
        chunk.conditionals.condition(stats.at, data_.patterns[block.pattern], block.pattern);
        respond(block, chunk);
        gather(stats.at, block, chunk);
      }
    });
    double log_lik = data_.log_jacobian;
    stats.n.setZero();
    stats.sum.setZero();
    for (MatrixXd& cross : stats.cross) cross.setZero();
    for (const Chunk& chunk : stats.chunks) {
      log_lik += chunk.log_lik;
      stats.n += chunk.n;
      stats.sum += chunk.sum;
      for (Index k = 0; k < k_; ++k) stats.cross[k] += chunk.cross[k];
    }
    return log_lik;
  }

  // Log of weight times density, one column a component.
  void log_densities(const GmmComponents& at, const GmmBlock& block, Chunk& chunk) const {
    const auto y = data_.cells_of(block);
    const GmmPattern& pattern = data_.patterns[block.pattern];
    const Index rows = block.rows, width = y.cols();
    auto white = chunk.white.head(rows);
    for (Index k = 0; k < k_; ++k) {
      centre(at, y, pattern, k, chunk);
      auto out = chunk.density.col(k).head(rows);
      out.setZero();
      if (family_.diagonal()) {
        for (Index j = 0; j < width; ++j)
          out.array() += chunk.centred.col(j).head(rows).array().square() /
                         at.variances(pattern.observed[j], k);
      } else {
        const auto whiten = chunk.conditionals.whiten(at, k);
        for (Index j = 0; j < width; ++j) {
          white.noalias() = chunk.centred.topLeftCorner(rows, j + 1) * whiten.col(j).head(j + 1);
          out.array() += white.array().square();
        }
      }
      out.array() = chunk.conditionals.log_scale(at, k) - 0.5 * out.array();
    }
    if (noise_) {
      double log_volume = 0;
      for (Index j : pattern.observed) log_volume += std::log(data_.highest[j] - data_.lowest[j]);
      chunk.density.col(k_).head(rows).setConstant(at.log_noise - log_volume);
    }
  }

  // Responsibilities by log-sum-exp.
  void normalise(const GmmBlock& block, Chunk& chunk) const {
    const Index rows = block.rows;
    auto density = chunk.density.topRows(rows);
    auto top = chunk.work.head(rows), total = chunk.row_log_lik.head(rows);
    top = density.col(0);
    for (Index k = 1; k < density.cols(); ++k) top = top.cwiseMax(density.col(k));
    total.setZero();
    for (Index k = 0; k < density.cols(); ++k) {
      density.col(k) = (density.col(k) - top).array().exp();
      total += density.col(k);
    }
    for (Index k = 0; k < density.cols(); ++k) density.col(k).array() /= total.array();
    total = total.array().log() + top.array();
    if (data_.row_weights.size() == 0)
      chunk.log_lik += total.sum();
    else
      chunk.log_lik += total.dot(data_.row_weights.segment(block.begin, rows));
  }

  // Adds the block to the sums, missing cells in expectation (eq. 19).
  void gather(const GmmComponents& at, const GmmBlock& block, Chunk& chunk) const {
    const auto y = data_.cells_of(block);
    const GmmPattern& pattern = data_.patterns[block.pattern];
    const Index rows = block.rows, width = y.cols();
    auto share = chunk.density.topRows(rows);
    if (data_.row_weights.size() > 0)
      share.array().colwise() *= data_.row_weights.segment(block.begin, rows).array();
    auto weighted = chunk.work.head(rows);
    for (Index k = 0; k < share.cols(); ++k) {
      const double n = share.col(k).sum();
      chunk.n[k] += n;
      if (n == 0 || k == k_) continue;
      centre(at, y, pattern, k, chunk);
      auto sum = chunk.white.head(width);
      sum.noalias() = chunk.centred.topLeftCorner(rows, width).transpose() * share.col(k);
      auto square = chunk.square.topRows(width);
      for (Index j = 0; j < width; ++j) {
        weighted = chunk.centred.col(j).head(rows).cwiseProduct(share.col(k));
        if (family_.diagonal())
          square(j, 0) = weighted.dot(chunk.centred.col(j).head(rows));
        else
          square.col(j).tail(width - j).noalias() =
              chunk.centred.block(0, j, rows, width - j).transpose() * weighted;
      }
      if (family_.diagonal())
        add_diagonal(at, pattern, k, n, sum, square, chunk);
      else
        add_full(pattern, k, n, sum, square, chunk);
    }
  }

  template <class Cells>
  static void centre(const GmmComponents& at, const Cells& y, const GmmPattern& pattern, Index k,
                     Chunk& chunk) {
    for (Index j = 0; j < y.cols(); ++j)
      chunk.centred.col(j).head(y.rows()) = y.col(j).array() - at.means(pattern.observed[j], k);
  }

  template <class Sum, class Square>
  static void add_diagonal(const GmmComponents& at, const GmmPattern& pattern, Index k, double n,
                           const Sum& sum, const Square& square, Chunk& chunk) {
    for (Index j = 0; j < sum.size(); ++j) {
      chunk.sum(pattern.observed[j], k) += sum[j];
      chunk.cross[k](pattern.observed[j], 0) += square(j, 0);
    }
    for (Index j : pattern.missing) chunk.cross[k](j, 0) += n * at.variances(j, k);
  }

  template <class Sum, class Square>
  static void add_full(const GmmPattern& pattern, Index k, double n, const Sum& sum, Square& square,
                       Chunk& chunk) {
    const Index width = sum.size();
    auto oo = square.leftCols(width);
    oo.template triangularView<Eigen::StrictlyUpper>() = oo.transpose();
    MatrixXd& cross = chunk.cross[k];
    if (pattern.complete()) {
      chunk.sum.col(k) += sum;
      cross += oo;
      return;
    }
    const GmmConditional& given = chunk.conditionals.of(k);
    const VectorXd filled = given.slopes * sum;
    const MatrixXd mo = given.slopes * oo;
    const MatrixXd mm = mo * given.slopes.transpose() + n * given.cov;
    for (Index j = 0; j < width; ++j) {
      const Index to = pattern.observed[j];
      chunk.sum(to, k) += sum[j];
      for (Index i = 0; i < width; ++i) cross(pattern.observed[i], to) += oo(i, j);
      for (Index i = 0; i < filled.size(); ++i) {
        cross(pattern.missing[i], to) += mo(i, j);
        cross(to, pattern.missing[i]) += mo(i, j);
      }
    }
    for (Index j = 0; j < filled.size(); ++j) {
      chunk.sum(pattern.missing[j], k) += filled[j];
      for (Index i = 0; i < filled.size(); ++i)
        cross(pattern.missing[i], pattern.missing[j]) += mm(i, j);
    }
  }

  const GmmData& data_;
  Index k_;
  GmmFamily family_;
  bool noise_;
  GmmPrior prior_;
  int n_threads_;
  std::vector<Index> chunk_begin_;
};

}  // namespace missmix
