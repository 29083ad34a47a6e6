// Rows grouped by which of their cells are missing.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <vector>

#include "column_view.hpp"

namespace missmix {

using Eigen::Index;

// Patterns are numbered in order of first appearance; a pattern is `words` 64-bit masks, a set bit
// for a missing cell.
class MissingPatterns {
 public:
  explicit MissingPatterns(Index p) : p_(p), words_((p + 63) / 64), table_(kFirstSize, -1) {}

  Index size() const { return static_cast<Index>(masks_.size()) / words_; }
  Index p() const { return p_; }
  Index words() const { return words_; }

  bool missing(Index pattern, Index j) const {
    return masks_[static_cast<std::size_t>(pattern * words_ + j / 64)] >> (j % 64) & 1U;
  }
  std::vector<Index> missing(Index pattern) const { return variables(pattern, true); }
  std::vector<Index> observed(Index pattern) const { return variables(pattern, false); }

  // The number of this pattern, a new one if it was not seen before.
  Index add(const std::uint64_t* mask) {
    if (size() > 0 && same(last_, mask)) return last_;
    std::size_t slot = hash(mask) & (table_.size() - 1);
    while (table_[slot] >= 0 && !same(table_[slot], mask)) slot = (slot + 1) & (table_.size() - 1);
    if (table_[slot] < 0) {
      table_[slot] = size();
      masks_.insert(masks_.end(), mask, mask + words_);
      last_ = size() - 1;
      if (2 * static_cast<std::size_t>(size()) > table_.size()) grow();
    } else {
      last_ = table_[slot];
    }
    return last_;
  }

 private:
  static constexpr std::size_t kFirstSize = 256;

  std::vector<Index> variables(Index pattern, bool is_missing) const {
    std::vector<Index> found;
    for (Index j = 0; j < p_; ++j)
      if (missing(pattern, j) == is_missing) found.push_back(j);
    return found;
  }

  bool same(Index pattern, const std::uint64_t* mask) const {
    return std::equal(mask, mask + words_, masks_.data() + pattern * words_);
  }

  // splitmix64's finaliser: every bit of the mask reaches every bit of the slot.
  std::size_t hash(const std::uint64_t* mask) const {
    std::uint64_t h = 0;
    for (Index w = 0; w < words_; ++w) {
      h += mask[w] + 0x9e3779b97f4a7c15ULL;
      h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
      h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
      h ^= h >> 31;
    }
    return static_cast<std::size_t>(h);
  }

  void grow() {
    table_.assign(2 * table_.size(), -1);
    for (Index k = 0; k < size(); ++k) {
      std::size_t slot = hash(masks_.data() + k * words_) & (table_.size() - 1);
      while (table_[slot] >= 0) slot = (slot + 1) & (table_.size() - 1);
      table_[slot] = k;
    }
  }

  Index p_, words_, last_ = 0;
  std::vector<std::uint64_t> masks_;
  std::vector<Index> table_;
};

}  // namespace missmix
