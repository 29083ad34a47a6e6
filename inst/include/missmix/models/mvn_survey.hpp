// First look at incomplete columns: which pattern each row has, and where each column lies.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "../numerics/column_view.hpp"
#include "../numerics/missing_patterns.hpp"

namespace missmix {

struct ColumnFacts {
  double centre = 0;    // mean of the observed cells
  double scale = 1;     // their standard deviation (divisor n)
  double observed = 0;  // (weighted) number of them
  bool constant = false;
  Index bad_row = -1;  // first infinite or NaN (not NA) cell

  // Variances of variances go with the fourth power of the scale, which must be a normal number.
  bool in_range() const { return scale >= 1e-75 && scale <= 1e75; }
};

// Blocks of rows small enough for the second-level cache, so that the second use is free.
inline Index rows_per_block(Index p) {
  return std::clamp<Index>((1 << 17) / std::max<Index>(p, 1), 64, 4096);
}

class Survey {
 public:
  Survey(const Columns& columns, Index n, const double* weights)
      : patterns(static_cast<Index>(columns.size())),
        facts(columns.size()),
        pattern_of(static_cast<std::size_t>(n)),
        columns_(columns),
        n_(n),
        weights_(weights) {
    find_first_cells();
    std::vector<Sums> sums(columns.size());
    const Index p = static_cast<Index>(columns.size()), step = rows_per_block(p);
    std::vector<double> cells(static_cast<std::size_t>(step));
    std::vector<std::uint64_t> masks(static_cast<std::size_t>(step * patterns.words()));
    for (Index begin = 0; begin < n; begin += step) {
      const Index rows = std::min(step, n - begin);
      std::fill(masks.begin(), masks.end(), 0);
      for (Index j = 0; j < p; ++j) {
        columns[j].read(begin, rows, cells.data());
        if (weights_ != nullptr) drop_weightless(begin, rows, cells.data(), sums[j]);
        sum_up(begin, rows, cells.data(), facts[j].centre, sums[j], masks.data(), j);
      }
      for (Index i = 0; i < rows; ++i)
        pattern_of[begin + i] =
            static_cast<std::int32_t>(patterns.add(masks.data() + i * patterns.words()));
    }
    for (Index j = 0; j < p; ++j) conclude(j, sums[j]);
  }

  MissingPatterns patterns;
  std::vector<ColumnFacts> facts;
  std::vector<std::int32_t> pattern_of;
  Index missing_cells = 0;  // in rows of positive weight

 private:
  struct Sums {
    double weight = 0, first = 0, second = 0, largest = 0;
    Index missing = 0;
    bool bad = false;
  };

  double weight(Index row) const { return weights_ == nullptr ? 1 : weights_[row]; }

  // The first observed cell is the provisional centre: sums of squares about it do not cancel for
  // a column with a mean of 1e9 and a standard deviation of 1.
  void find_first_cells() {
    for (std::size_t j = 0; j < columns_.size(); ++j)
      for (Index i = 0; i < n_; ++i) {
        const double value = columns_[j][i];
        if (weight(i) == 0 || !std::isfinite(value)) continue;
        facts[j].centre = value;
        break;
      }
  }

  // A row of weight zero counts as wholly missing, but its cells must be numbers, too: they are
  // filled in like all others.
  void drop_weightless(Index begin, Index rows, double* cells, Sums& sums) const {
    for (Index i = 0; i < rows; ++i) {
      if (weights_[begin + i] != 0) continue;
      sums.bad = sums.bad || (!std::isfinite(cells[i]) && !is_na_not_nan(cells[i]));
      cells[i] = kMissing;
    }
  }

  void sum_up(Index begin, Index rows, const double* cells, double centre, Sums& sums,
              std::uint64_t* masks, Index j) const {
    const Index words = patterns.words();
    const std::uint64_t bit = std::uint64_t{1} << (j % 64);
    std::uint64_t* word = masks + j / 64;
    double weight_sum = 0, first = 0, second = 0, largest = sums.largest;
    for (Index i = 0; i < rows; ++i, word += words) {
      const double value = cells[i];
      if (value != value) {
        *word |= bit;
        if (weight(begin + i) > 0) ++sums.missing;
        sums.bad = sums.bad || !is_na_not_nan(value);
        continue;
      }
      const double w = weight(begin + i), distance = value - centre;
      weight_sum += w;
      first += w * distance;
      second += w * distance * distance;
      largest = std::max(largest, std::abs(distance));
    }
    sums.weight += weight_sum;
    sums.first += first;
    sums.second += second;
    sums.largest = largest;
  }

  void conclude(Index j, const Sums& sums) {
    ColumnFacts& column = facts[j];
    column.observed = sums.weight;
    missing_cells += sums.missing;
    if (sums.bad || !std::isfinite(sums.second)) column.bad_row = first_bad_row(j);
    if (column.bad_row >= 0 || sums.weight == 0) return;
    column.constant = sums.largest == 0;
    if (column.constant) return;
    const double shift = sums.first / sums.weight;
    column.scale = std::sqrt(std::max(0.0, sums.second / sums.weight - shift * shift));
    // Squares that overflow or vanish: the range serves as well, only the unit is at stake.
    if (!std::isnormal(column.scale)) column.scale = sums.largest;
    if (std::isfinite(shift)) column.centre += shift;
  }

  Index first_bad_row(Index j) const {
    for (Index i = 0; i < n_; ++i)
      if (columns_[j].is_bad(i)) return i;
    return -1;
  }

  const Columns& columns_;
  Index n_;
  const double* weights_;
};

}  // namespace missmix
