// Patterns of missing cells: numbered by first appearance, told apart in any number of columns.
#include <missmix/numerics/missing_patterns.hpp>

#include <catch.h>
#include <map>
#include <random>

namespace {

using missmix::Index;
using missmix::MissingPatterns;
using Mask = std::vector<std::uint64_t>;

Mask mask_of(Index p, const std::vector<Index>& missing) {
  Mask mask(static_cast<std::size_t>((p + 63) / 64), 0);
  for (Index j : missing) mask[static_cast<std::size_t>(j / 64)] |= std::uint64_t{1} << (j % 64);
  return mask;
}

}  // namespace

TEST_CASE("patterns are numbered by first appearance, and found again") {
  for (Index p : {Index{1}, Index{2}, Index{63}, Index{64}, Index{65}, Index{130}}) {
    MissingPatterns patterns(p);
    CHECK(patterns.size() == 0);
    CHECK(patterns.words() == (p + 63) / 64);
    // The last column alone, nothing, the last again, and nothing again.
    CHECK(patterns.add(mask_of(p, {p - 1}).data()) == 0);
    CHECK(patterns.add(mask_of(p, {}).data()) == 1);
    CHECK(patterns.add(mask_of(p, {p - 1}).data()) == 0);
    CHECK(patterns.add(mask_of(p, {p - 1}).data()) == 0);
    CHECK(patterns.add(mask_of(p, {}).data()) == 1);
    CHECK(patterns.size() == 2);
    CHECK(patterns.missing(0) == std::vector<Index>{p - 1});
    CHECK(patterns.observed(0).size() == static_cast<std::size_t>(p - 1));
    CHECK(patterns.missing(1).empty());
    CHECK(patterns.observed(1).size() == static_cast<std::size_t>(p));
    CHECK(patterns.missing(0, p - 1));
    CHECK_FALSE(patterns.missing(1, p - 1));
  }
}

TEST_CASE("every single column is a pattern of its own across the words") {
  const Index p = 130;
  MissingPatterns patterns(p);
  for (Index j = 0; j < p; ++j) REQUIRE(patterns.add(mask_of(p, {j}).data()) == j);
  for (Index j = p; j-- > 0;) REQUIRE(patterns.add(mask_of(p, {j}).data()) == j);
  for (Index k = 0; k < p; ++k)
    for (Index j = 0; j < p; ++j) REQUIRE(patterns.missing(k, j) == (j == k));
}

TEST_CASE("missing and observed columns are in order and share out all columns") {
  const Index p = 70;
  MissingPatterns patterns(p);
  const std::vector<Index> missing = {0, 5, 63, 64, 69};
  patterns.add(mask_of(p, missing).data());
  CHECK(patterns.missing(0) == missing);
  const std::vector<Index> observed = patterns.observed(0);
  CHECK(observed.size() + missing.size() == 70);
  CHECK(std::is_sorted(observed.begin(), observed.end()));
  for (Index j : missing) CHECK_FALSE(std::binary_search(observed.begin(), observed.end(), j));
}

TEST_CASE("many patterns beyond the first size of the table keep their numbers") {
  for (Index p : {Index{20}, Index{100}}) {
    MissingPatterns patterns(p);
    std::map<Mask, Index> expected;
    std::mt19937_64 bits(static_cast<std::uint64_t>(p));
    for (int k = 0; k < 20000; ++k) {
      Mask mask(static_cast<std::size_t>(patterns.words()));
      for (std::uint64_t& word : mask) word = bits();
      // Only the columns there are; few enough bits in all that patterns come back.
      mask[0] &= 0xfff;
      if (mask.size() > 1) mask[1] &= 0x3;
      const Index number =
          expected.emplace(mask, static_cast<Index>(expected.size())).first->second;
      REQUIRE(patterns.add(mask.data()) == number);
    }
    REQUIRE(expected.size() > 3000);
    CHECK(patterns.size() == static_cast<Index>(expected.size()));
    for (const auto& [mask, number] : expected) {
      REQUIRE(patterns.add(mask.data()) == number);
      REQUIRE(mask_of(p, patterns.missing(number)) == mask);
    }
  }
}
