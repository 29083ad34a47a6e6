// Streams of random numbers against published values, distributions against their moments.
#include <missmix/rng.hpp>

#include <catch.h>

#include <set>

#include "compare.hpp"

namespace {

using namespace missmix;

struct Moments {
  double mean = 0, variance = 0;
};

template <class Draw>
Moments moments(int n, const Draw& draw) {
  double first = 0, second = 0;
  for (int i = 0; i < n; ++i) {
    const double x = draw();
    first += x;
    second += x * x;
  }
  first /= n;
  return {first, second / n - first * first};
}

}  // namespace

TEST_CASE("philox gives the known answers of its authors") {
  // kat_vectors of the Random123 library, philox4x32 with 10 rounds.
  const std::uint32_t all = 0xffffffffU;
  const PhiloxBlock zeros = philox({0, 0, 0, 0}, 0, 0),
                    ones = philox({all, all, all, all}, all, all);
  const PhiloxBlock pi =
      philox({0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}, 0xa4093822U, 0x299f31d0U);
  CHECK((zeros == PhiloxBlock{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}));
  CHECK((ones == PhiloxBlock{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}));
  CHECK((pi == PhiloxBlock{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}));
}

TEST_CASE("a stream depends on seed, index and part, and on nothing else") {
  std::set<std::uint64_t> first;
  for (std::uint64_t seed : {0ULL, 1ULL, 1ULL << 40})
    for (std::uint32_t index : {1U, 2U})
      for (std::uint32_t part : {0U, 1U}) {
        Rng a(seed, index, part), b(seed, index, part);
        first.insert(Rng(seed, index, part).bits());
        for (int i = 0; i < 5; ++i) CHECK(a.bits() == b.bits());
      }
  CHECK(first.size() == 12);
}

TEST_CASE("normal quantiles are those of published tables") {
  // 17 digits by R's qnorm().
  CHECK(normal_quantile(0.5) == 0);
  CHECK(toy::difference(normal_quantile(0.975), 1.9599639845400536) < 1e-15);
  CHECK(toy::difference(normal_quantile(0.1), -1.2815515655446008) < 1e-15);
  CHECK(toy::difference(normal_quantile(1e-10), -6.3613409024040557) < 1e-14);
  CHECK(toy::difference(normal_quantile(1e-14), -7.6506280929352677) < 1e-14);
  for (double p : {0.3, 0.01, 1e-12})  // 1 - p is rounded
    CHECK(std::abs(normal_quantile(1 - p) + normal_quantile(p)) < 1e-4);
}

TEST_CASE("uniforms, normals and chi-squares have their moments") {
  constexpr int n = 50000;
  Rng rng(7, 1, 0);
  // Within five standard errors of a mean and of a variance.
  const auto check = [&](const Moments& found, double mean, double variance, double kurtosis) {
    CHECK(std::abs(found.mean - mean) < 5 * std::sqrt(variance / n));
    CHECK(std::abs(found.variance - variance) < 5 * variance * std::sqrt((kurtosis - 1) / n));
  };
  check(moments(n, [&] { return rng.uniform(); }), 0.5, 1.0 / 12, 1.8);
  check(moments(n, [&] { return rng.normal(); }), 0, 1, 3);
  for (double df : {0.5, 1.0, 3.0, 250.0})
    check(moments(n, [&] { return rng.chi_square(df); }), df, 2 * df, 3 + 12 / df);
}
