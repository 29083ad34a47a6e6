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
#include "gmm_tiles.hpp"

namespace missmix {

// What one chunk of blocks adds to the expected statistics, and its workspace.
struct GmmChunk {
  double log_lik = 0;
  GmmTotals totals;
  GmmConditionals conditionals;
  MatrixXd density;            // rows x parts: log densities, then responsibilities
  MatrixXd padded;             // cells of a block that does not fill its last tile
  MatrixXd centred, weighted;  // rows x columns, these brought to an even number
  std::vector<Index> touched;  // first rows of the tiles that a component has a share in
  VectorXd tile, row_log_lik;
  VectorXd sum;
  MatrixXd square;

  GmmChunk(Index d, Index k, Index parts, bool diagonal)
      : totals(d, k, parts, diagonal ? 1 : d),
        density(GmmData::kBlockRows, parts),
        padded(GmmData::kBlockRows, d),
        tile(d * kTileRows),
        row_log_lik(GmmData::kBlockRows),
        sum(d),
        square(d, 1) {
    touched.reserve(static_cast<std::size_t>(GmmData::kBlockRows / kTileRows));
    if (diagonal) return;
    const Index even = d + d % 2;
    centred.resize(GmmData::kBlockRows, even);
    weighted.resize(GmmData::kBlockRows, even);
    square.resize(even, even);
  }
};

class GmmPass {
 public:
  GmmPass(const GmmData& data, Index k, bool diagonal, bool noise, int n_threads)
      : data_(data), k_(k), diagonal_(diagonal), noise_(noise), n_threads_(n_threads) {
    cut_into_chunks();
  }

  std::vector<GmmChunk> make_chunks() const {
    const GmmChunk chunk(data_.p, k_, k_ + (noise_ ? 1 : 0), diagonal_);
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

  // Responsibilities of the block's rows, and their log densities.
  void respond(const GmmComponents& at, const GmmBlock& block, GmmChunk& chunk) const {
    log_densities(at, block, chunk);
    normalise(block, chunk);
  }

 private:
  static constexpr Index kChunks = 32;  // enough for many threads, few enough to add up
  static constexpr Index kRowsWorthAChunk = 1024;
  // Logarithm of a responsibility so small that no component with any rows to speak of feels it.
  static constexpr double kNobody = -100;

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

  // The block's cells in whole tiles.
  GmmCells cells_of(const GmmBlock& block, GmmChunk& chunk) const {
    const auto y = data_.cells_of(block);
    if (block.rows % kTileRows == 0) return {y.data(), block.rows, y.cols()};
    chunk.padded.topLeftCorner(block.rows, y.cols()) = y;
    chunk.padded.block(block.rows, 0, whole_tiles(block.rows) - block.rows, y.cols()).setZero();
    return {chunk.padded.data(), chunk.padded.rows(), y.cols()};
  }

  // Log of weight times density, one column a component.
  void log_densities(const GmmComponents& at, const GmmBlock& block, GmmChunk& chunk) const {
    constexpr double kLowest = -1e300;  // the squares of a row far out may overflow
    const GmmCells y = cells_of(block, chunk);
    const Index rows = whole_tiles(block.rows);
    for (Index k = 0; k < k_; ++k) {
      const GmmConditional& given = chunk.conditionals.of(at, k);
      double* out = chunk.density.col(k).data();
      for (Index i = 0; i < rows; i += kTileRows) {
        const GmmTile far = diagonal_
                                ? distances(y, i, given.mean, given.unit)
                                : distances(y, i, given.mean, given.whiten, chunk.tile.data());
        tile(out + i) = (given.log_scale - 0.5 * far).max(kLowest);
      }
    }
    if (noise_) {
      double log_volume = 0;
      for (Index j : data_.patterns[block.pattern].observed)
        log_volume += std::log(data_.highest[j] - data_.lowest[j]);
      chunk.density.col(k_).head(rows).setConstant(at.log_noise - log_volume);
    }
  }

  // Responsibilities by log-sum-exp.
  void normalise(const GmmBlock& block, GmmChunk& chunk) const {
    const Index rows = block.rows, parts = chunk.density.cols(), stride = chunk.density.rows();
    for (Index i = 0; i < rows; i += kTileRows) {
      double* density = chunk.density.data() + i;
      GmmTile top = tile(density);
      for (Index k = 1; k < parts; ++k) top = top.max(tile(density + k * stride));
      GmmTile total = GmmTile::Zero();
      for (Index k = 0; k < parts; ++k) {
        const GmmTile below = tile(density + k * stride) - top;
        if (below.maxCoeff() < kNobody) {
          tile(density + k * stride).setZero();
          continue;
        }
        const GmmTile share = below.exp();
        tile(density + k * stride) = share;
        total += share;
      }
      const GmmTile scale = total.inverse();
      for (Index k = 0; k < parts; ++k) tile(density + k * stride) *= scale;
      tile(chunk.row_log_lik.data() + i) = total.log() + top;
    }
    if (data_.row_weights.size() == 0)
      chunk.log_lik += chunk.row_log_lik.head(rows).sum();
    else
      chunk.log_lik +=
          chunk.row_log_lik.head(rows).dot(data_.row_weights.segment(block.begin, rows));
  }

  // Adds the block to the sums, missing cells in expectation (eq. 19).
  void gather(const GmmComponents& at, const GmmBlock& block, GmmChunk& chunk) const {
    const GmmCells y = cells_of(block, chunk);
    const GmmPattern& pattern = data_.patterns[block.pattern];
    auto share = chunk.density.topRows(block.rows);
    if (data_.row_weights.size() > 0)
      share.array().colwise() *= data_.row_weights.segment(block.begin, block.rows).array();
    chunk.density.middleRows(block.rows, whole_tiles(block.rows) - block.rows).setZero();
    for (Index k = 0; k < share.cols(); ++k) {
      const double n = find_touched(block, k, chunk);
      chunk.totals.n[k] += n;
      if (n == 0 || k == k_) continue;
      const GmmConditional& given = chunk.conditionals.of(at, k);
      if (diagonal_) {
        sum_diagonal(y, given, k, chunk);
        add_diagonal(pattern, given, n, k, chunk);
      } else {
        sum_full(y, given, k, chunk);
        add_full(pattern, given, n, k, chunk);
      }
    }
  }

  // Expected rows of a component, and the tiles that have any.
  static double find_touched(const GmmBlock& block, Index k, GmmChunk& chunk) {
    const double* share = chunk.density.col(k).data();
    double total = 0;
    chunk.touched.clear();
    for (Index i = 0; i < block.rows; i += kTileRows) {
      const double n = tile(share + i).sum();
      if (n == 0) continue;
      total += n;
      chunk.touched.push_back(i);
    }
    return total;
  }

  static void sum_diagonal(const GmmCells& y, const GmmConditional& given, Index k,
                           GmmChunk& chunk) {
    const double* share = chunk.density.col(k).data();
    for (Index j = 0; j < y.width; ++j) {
      GmmTile sum = GmmTile::Zero(), square = sum;
      for (Index i : chunk.touched) {
        const GmmTile c = tile(y.at(i, j)) - given.mean[j], weighted = tile(share + i) * c;
        sum += weighted;
        square += weighted * c;
      }
      chunk.sum[j] = sum.sum();
      chunk.square(j, 0) = square.sum();
    }
  }

  static void sum_full(const GmmCells& y, const GmmConditional& given, Index k, GmmChunk& chunk) {
    const double* share = chunk.density.col(k).data();
    const Index rows = static_cast<Index>(chunk.touched.size()) * kTileRows;
    for (Index j = 0; j < y.width; ++j) {
      double *centred = chunk.centred.col(j).data(), *weighted = chunk.weighted.col(j).data();
      GmmTile sum = GmmTile::Zero();
      for (Index i : chunk.touched) {
        const GmmTile c = tile(y.at(i, j)) - given.mean[j], w = tile(share + i) * c;
        tile(centred) = c;
        tile(weighted) = w;
        centred += kTileRows;
        weighted += kTileRows;
        sum += w;
      }
      chunk.sum[j] = sum.sum();
    }
    if (y.width % 2 == 1) {
      chunk.centred.col(y.width).head(rows).setZero();
      chunk.weighted.col(y.width).head(rows).setZero();
    }
    cross_products(chunk.weighted, chunk.centred, rows, y.width, chunk.square);
  }

  static void add_diagonal(const GmmPattern& pattern, const GmmConditional& given, double n,
                           Index k, GmmChunk& chunk) {
    const Index width = given.mean.size();
    for (Index j = 0; j < width; ++j) {
      chunk.totals.sum(pattern.observed[j], k) += chunk.sum[j];
      chunk.totals.cross[k](pattern.observed[j], 0) += chunk.square(j, 0);
    }
    for (std::size_t j = 0; j < pattern.missing.size(); ++j)
      chunk.totals.cross[k](pattern.missing[j], 0) += n * given.cov(static_cast<Index>(j), 0);
  }

  static void add_full(const GmmPattern& pattern, const GmmConditional& given, double n, Index k,
                       GmmChunk& chunk) {
    const Index width = given.mean.size();
    auto sum = chunk.sum.head(width);
    auto oo = chunk.square.topLeftCorner(width, width);
    oo.triangularView<Eigen::StrictlyUpper>() = oo.transpose();
    MatrixXd& cross = chunk.totals.cross[k];
    if (pattern.complete()) {
      chunk.totals.sum.col(k) += sum;
      cross += oo;
      return;
    }
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
