// log Gamma against the C library's.
#include <missmix/numerics/log_gamma.hpp>

#include <catch.h>

TEST_CASE("log Gamma agrees with the C library from tiny to huge arguments") {
  for (double x : {1e-8, 0.1, 0.5, 0.99, 1.0, 1.5, 2.0, 3.0, 7.9, 10.0, 12.3, 100.5, 1e4, 1e9}) {
    INFO("x = " << x);
    const double expected = std::lgamma(x);
    CHECK(std::abs(missmix::log_gamma(x) - expected) <= 2e-14 * std::max(1.0, std::abs(expected)));
  }
}
