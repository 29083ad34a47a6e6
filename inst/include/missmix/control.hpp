// What the caller may set.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace missmix {

struct Control {
  double tol = 1e-6;  // bounds the log-likelihood still to be gained; 0 = until nothing moves
  int max_iter = 10000;
};

// Differences of log-likelihoods below this are rounding, whatever the tolerance asks for.
inline double rounding_floor(double objective) {
  return 64 * std::numeric_limits<double>::epsilon() * std::abs(objective);
}

inline double gap_limit(const Control& control, double objective) {
  return std::max(control.tol, rounding_floor(objective));
}

}  // namespace missmix
