// Random numbers by counter: a stream is a function of (seed, index, part) and nothing else, so
// that it does not matter who draws it. Philox4x32-10 of Salmon, Moraes, Dror & Shaw (2011),
// "Parallel random numbers: as easy as 1, 2, 3", SC11. Distributions are our own: what a seed
// gives must not depend on the version of a library (design/12-imputation.md).
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "numerics/normal_quantile.hpp"

namespace missmix {

using PhiloxBlock = std::array<std::uint32_t, 4>;

inline PhiloxBlock philox(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {
        static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(b),
        static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(a)};
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  return counter;
}

class Rng {
 public:
  // `part` tells apart the uses of one index, such as the chain of an imputation and its cells.
  Rng(std::uint64_t seed, std::uint32_t index, std::uint32_t part)
      : key0_(static_cast<std::uint32_t>(seed)),
        key1_(static_cast<std::uint32_t>(seed >> 32)),
        index_(index),
        part_(part) {}

  std::uint64_t bits() {
    if (left_ == 0) {
      const PhiloxBlock next = philox({static_cast<std::uint32_t>(block_),
                                       static_cast<std::uint32_t>(block_ >> 32), index_, part_},
                                      key0_, key1_);
      ++block_;
      words_ = {next[0] | std::uint64_t{next[1]} << 32, next[2] | std::uint64_t{next[3]} << 32};
      left_ = 2;
    }
    return words_[--left_];
  }

  // Strictly between 0 and 1.
  double uniform() { return (static_cast<double>(bits() >> 12) + 0.5) * 0x1.0p-52; }

  double normal() { return normal_quantile(uniform()); }

  // Marsaglia & Tsang (2000) ACM TOMS 26:363; shape > 0, scale one.
  double gamma(double shape) {
    if (shape < 1) return gamma(shape + 1) * std::pow(uniform(), 1 / shape);
    const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double x = normal(), root = 1 + c * x;
      if (!(root > 0)) continue;
      const double v = root * root * root;
      if (std::log(uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
    }
  }

  double chi_square(double df) { return 2 * gamma(0.5 * df); }

 private:
  std::uint32_t key0_, key1_, index_, part_;
  std::uint64_t block_ = 0;
  std::array<std::uint64_t, 2> words_{};
  std::size_t left_ = 0;
};

}  // namespace missmix
