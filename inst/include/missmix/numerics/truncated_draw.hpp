// Draws of a normal within an interval.
//
// By inversion where the tail leaves digits for it; beyond five standard deviations by rejection
// from the Rayleigh tail (Marsaglia 1964, Technometrics 6:101; compare Robert 1995, Statistics and
// Computing 5:121), narrow intervals from the uniform.
#pragma once

#include <algorithm>
#include <cmath>

#include "../rng.hpp"

namespace missmix {

// Of a standard normal between a < b, either of which may be infinite.
inline double draw_truncated(Rng& rng, double a, double b) {
  constexpr double kRootHalf = 0.70710678118654752440, kTail = 5;
  if (std::isinf(a) && std::isinf(b)) return rng.normal();
  if (a + b < 0) return -draw_truncated(rng, -b, -a);
  // So far out all is at the bound; and nothing that is no number may reach the loops below.
  constexpr double kFar = 1e8;
  if (!(a < kFar && a < b)) return a;
  if (b * (b - a) <= 1) {
    const double top = std::max(a, 0.0);
    for (;;) {
      const double x = a + (b - a) * rng.uniform();
      if (std::log(rng.uniform()) < -0.5 * (x - top) * (x + top)) return x;
    }
  }
  if (a < kTail) {
    const double at_a = 0.5 * std::erfc(a * kRootHalf), at_b = 0.5 * std::erfc(b * kRootHalf);
    return std::clamp(-normal_quantile(at_a - rng.uniform() * (at_a - at_b)), a, b);
  }
  const double most = -std::expm1(-0.5 * (b - a) * (b + a));
  for (;;) {
    const double x = std::sqrt(a * a - 2 * std::log1p(-most * rng.uniform()));
    if (rng.uniform() * x < a) return std::clamp(x, a, b);
  }
}

inline double draw_truncated(Rng& rng, double mean, double sd, double lower, double upper) {
  const double x = draw_truncated(rng, (lower - mean) / sd, (upper - mean) / sd);
  return std::clamp(mean + sd * x, lower, upper);
}

}  // namespace missmix
