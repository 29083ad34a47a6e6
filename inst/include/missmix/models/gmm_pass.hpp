// One pass over the rows of a Gaussian mixture: densities, responsibilities, expected statistics.
//
// Rows come in blocks of one missing pattern, blocks in chunks that are a thread's task. Chunks are
// cut by the data alone and added in their order: the same to the bit for any number of threads.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../parallel.hpp"
#include "gmm_components.hpp"
#include "gmm_data.hpp"

namespace missmix {

// What one chunk of blocks adds to the expected statistics, and its workspace.
struct GmmChunk {
  double log_lik = 0;
  GmmTotals totals;
  GmmConditionals conditionals;
  MatrixXd centred, density;  // rows x columns, rows x components
  VectorXd white, work, row_log_lik;
  MatrixXd square;

  GmmChunk(Index d, Index k, Index parts, Index wide)
      : totals(d, k, parts, wide),
        centred(GmmData::kBlockRows, d),
        density(GmmData::kBlockRows, parts),
        white(GmmData::kBlockRows),
        work(GmmData::kBlockRows),
        row_log_lik(GmmData::kBlockRows),
        square(d, wide) {}
};

class GmmPass {
 public:
  GmmPass(const GmmData& data, Index k, bool diagonal, bool noise, int n_threads)
      : data_(data), k_(k), diagonal_(diagonal), noise_(noise), n_threads_(n_threads) {
    cut_into_chunks();
  }

  std::vector<GmmChunk> make_chunks() const {
    const GmmChunk chunk(data_.p, k_, k_ + (noise_ ? 1 : 0), diagonal_ ? 1 : data_.p);
    return std::vector<GmmChunk>(chunk_begin_.size() - 1, chunk);
  }

  // `respond(block, chunk)` leaves responsibilities in chunk.density. Returns the log-likelihood.
  template <class Respond>
  double run(const GmmComponents& at, std::vector<GmmChunk>& chunks, GmmTotals& totals,
             const Respond& respond) const {
    for_each_task(static_cast<int>(chunks.size()), n_threads_, [&](int c) {
      GmmChunk& chunk = chunks[c];
      chunk.log_lik = 0;
      chunk.totals.set_zero();
      chunk.conditionals.forget();
      for (Index b = chunk_begin_[c]; b < chunk_begin_[c + 1]; ++b) {
        const GmmBlock& block = data_.blocks[b];
        chunk.conditionals.condition(at, data_.patterns[block.pattern], block.pattern);
        respond(block, chunk);
        gather(at, block, chunk);
      }
    });
    double log_lik = data_.log_jacobian;
    totals.set_zero();
    for (const GmmChunk& chunk : chunks) {
      log_lik += chunk.log_lik;
      totals.add(chunk.totals);
    }
    return log_lik;
  }

  // Responsibilities of the block's rows alone, rows x components.
  auto shares(const GmmComponents& at, const GmmBlock& block, GmmChunk& chunk) const {
    chunk.conditionals.condition(at, data_.patterns[block.pattern], block.pattern);
    respond(at, block, chunk);
    return chunk.density.topRows(block.rows);
  }

  // Responsibilities of the block's rows, and their log densities.
  void respond(const GmmComponents& at, const GmmBlock& block, GmmChunk& chunk) const {
    log_densities(at, block, chunk);
    normalise(block, chunk);
  }

 private:
  static constexpr Index kChunks = 32;  // enough for many threads, few enough to add up
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

  // Log of weight times density, one column a component.
  void log_densities(const GmmComponents& at, const GmmBlock& block, GmmChunk& chunk) const {
    const auto y = data_.cells_of(block);
    const GmmPattern& pattern = data_.patterns[block.pattern];
    const Index rows = block.rows, width = y.cols();
    auto white = chunk.white.head(rows);
    for (Index k = 0; k < k_; ++k) {
      centre(at, y, pattern, k, chunk);
      auto out = chunk.density.col(k).head(rows);
      out.setZero();
      if (diagonal_) {
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
  void normalise(const GmmBlock& block, GmmChunk& chunk) const {
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
  void gather(const GmmComponents& at, const GmmBlock& block, GmmChunk& chunk) const {
    const auto y = data_.cells_of(block);
    const GmmPattern& pattern = data_.patterns[block.pattern];
    const Index rows = block.rows, width = y.cols();
    auto share = chunk.density.topRows(rows);
    if (data_.row_weights.size() > 0)
      share.array().colwise() *= data_.row_weights.segment(block.begin, rows).array();
    auto weighted = chunk.work.head(rows);
    for (Index k = 0; k < share.cols(); ++k) {
      const double n = share.col(k).sum();
      chunk.totals.n[k] += n;
      if (n == 0 || k == k_) continue;
      centre(at, y, pattern, k, chunk);
      auto sum = chunk.white.head(width);
      sum.noalias() = chunk.centred.topLeftCorner(rows, width).transpose() * share.col(k);
      auto square = chunk.square.topRows(width);
      for (Index j = 0; j < width; ++j) {
        weighted = chunk.centred.col(j).head(rows).cwiseProduct(share.col(k));
        if (diagonal_)
          square(j, 0) = weighted.dot(chunk.centred.col(j).head(rows));
        else
          square.col(j).tail(width - j).noalias() =
              chunk.centred.block(0, j, rows, width - j).transpose() * weighted;
      }
      if (diagonal_)
        add_diagonal(at, pattern, k, n, sum, square, chunk);
      else
        add_full(pattern, k, n, sum, square, chunk);
    }
  }

  template <class Cells>
  static void centre(const GmmComponents& at, const Cells& y, const GmmPattern& pattern, Index k,
                     GmmChunk& chunk) {
    for (Index j = 0; j < y.cols(); ++j)
      chunk.centred.col(j).head(y.rows()) = y.col(j).array() - at.means(pattern.observed[j], k);
  }

  template <class Sum, class Square>
  static void add_diagonal(const GmmComponents& at, const GmmPattern& pattern, Index k, double n,
                           const Sum& sum, const Square& square, GmmChunk& chunk) {
    for (Index j = 0; j < sum.size(); ++j) {
      chunk.totals.sum(pattern.observed[j], k) += sum[j];
      chunk.totals.cross[k](pattern.observed[j], 0) += square(j, 0);
    }
    for (Index j : pattern.missing) chunk.totals.cross[k](j, 0) += n * at.variances(j, k);
  }

  template <class Sum, class Square>
  static void add_full(const GmmPattern& pattern, Index k, double n, const Sum& sum, Square& square,
                       GmmChunk& chunk) {
    const Index width = sum.size();
    auto oo = square.leftCols(width);
    oo.template triangularView<Eigen::StrictlyUpper>() = oo.transpose();
    MatrixXd& cross = chunk.totals.cross[k];
    if (pattern.complete()) {
      chunk.totals.sum.col(k) += sum;
      cross += oo;
      return;
    }
    const GmmConditional& given = chunk.conditionals.of(k);
    const VectorXd filled = given.slopes * sum;
    const MatrixXd mo = given.slopes * oo;
    const MatrixXd mm = mo * given.slopes.transpose() + n * given.cov;
    for (Index j = 0; j < width; ++j) {
      const Index to = pattern.observed[j];
      chunk.totals.sum(to, k) += sum[j];
      for (Index i = 0; i < width; ++i) cross(pattern.observed[i], to) += oo(i, j);
      for (Index i = 0; i < filled.size(); ++i) {
        cross(pattern.missing[i], to) += mo(i, j);
        cross(to, pattern.missing[i]) += mo(i, j);
      }
    }
    for (Index j = 0; j < filled.size(); ++j) {
      chunk.totals.sum(pattern.missing[j], k) += filled[j];
      for (Index i = 0; i < filled.size(); ++i)
        cross(pattern.missing[i], pattern.missing[j]) += mm(i, j);
    }
  }

  const GmmData& data_;
  Index k_;
  bool diagonal_, noise_;
  int n_threads_;
  std::vector<Index> chunk_begin_;
};

}  // namespace missmix
