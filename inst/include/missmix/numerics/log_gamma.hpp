// log Gamma(x) for x > 0. That of the C library writes a global sign and is not safe in threads.
//
// Stirling's series from x = 10 on (Abramowitz & Stegun 6.1.41), the recurrence below it.
#pragma once

#include <cmath>

namespace missmix {

inline double log_gamma(double x) {
  double below = 1;
  while (x < 10) below *= x++;
  const double r = 1 / x, r2 = r * r;
  const double series =
      r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680 - r2 / 1188))));
  constexpr double kHalfLogTwoPi = 0.91893853320467274178;
  return (x - 0.5) * std::log(x) - x + kHalfLogTwoPi + series - std::log(below);
}

}  // namespace missmix
