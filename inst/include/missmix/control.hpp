// What the caller may set.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace missmix {

struct Control {
  double tol = 1e-6;  // bounds the log-likelihood still to be gained; 0 = until nothing moves
  int max_iter = 10000;
  // Acceleration begins once a plain EM step gains less than this: until then a climb may still
  // change hills.
  double accelerate_below = std::numeric_limits<double>::infinity();
  // From an earlier fit of a model without a score: gap over squared length of the EM step there.
  double gap_per_step2 = 0;
};

// Differences of log-likelihoods below this are rounding, whatever the tolerance asks for.
inline double rounding_floor(double objective) {
  return 64 * std::numeric_limits<double>::epsilon() * std::abs(objective);
}

}  // namespace missmix
