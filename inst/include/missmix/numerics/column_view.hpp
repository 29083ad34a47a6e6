// One column of the caller's data, read in place: doubles, or integers with R's missing value.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace missmix {

inline constexpr int kMissingInteger = std::numeric_limits<int>::min();

// R's NA is the NaN whose low word is 1954; any other NaN is the result of arithmetic gone wrong.
inline bool is_na_not_nan(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint32_t>(bits) == 1954;
}

inline double make_na() {
  const std::uint64_t bits = 0x7FF00000000007A2ULL;
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline const double kMissing = make_na();

class ColumnView {
 public:
  explicit ColumnView(const double* values) : reals_(values) {}
  explicit ColumnView(const int* values) : integers_(values) {}

  // Copies rows [begin, begin + n) into `out`; missing cells become R's NA.
  void read(Eigen::Index begin, Eigen::Index n, double* out) const {
    if (reals_ != nullptr) {
      std::memcpy(out, reals_ + begin, static_cast<std::size_t>(n) * sizeof(double));
      return;
    }
    for (Eigen::Index i = 0; i < n; ++i) {
      const int value = integers_[begin + i];
      out[i] = value == kMissingInteger ? kMissing : value;
    }
  }

  double operator[](Eigen::Index row) const {
    double value;
    read(row, 1, &value);
    return value;
  }

  // Infinite, or a NaN that is not R's NA.
  bool is_bad(Eigen::Index row) const {
    if (reals_ == nullptr) return false;
    const double value = reals_[row];
    return std::isinf(value) || (std::isnan(value) && !is_na_not_nan(value));
  }

 private:
  const double* reals_ = nullptr;
  const int* integers_ = nullptr;
};

using Columns = std::vector<ColumnView>;

}  // namespace missmix
