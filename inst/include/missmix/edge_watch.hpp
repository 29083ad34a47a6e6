// Is the climb running to the edge of the model?
//
// Where the likelihood has no interior maximum EM goes on for ever, and slowly: its distance to the
// edge falls like a power of the iteration. So the distance is looked at whenever the iteration has
// doubled; one that keeps being halved is not going to stop short of the edge. A slow climb to an
// interior maximum comes to rest at a distance of its own.
#pragma once

#include "em_model.hpp"

namespace missmix {

class EdgeWatch {
 public:
  // `distance()` is only called at the doublings.
  template <class Distance>
  bool running(int iteration, const Distance& distance) {
    if (iteration < next_look_) return false;
    next_look_ *= 2;
    const double now = distance();
    halved_ = now < 0.5 * last_ ? halved_ + 1 : 0;
    last_ = now;
    return now < kNear && halved_ >= kHalvings;
  }

 private:
  static constexpr double kNear = 1e-3;
  static constexpr int kHalvings = 3;  // the first look counts as one
  int next_look_ = 128, halved_ = 0;
  double last_ = std::numeric_limits<double>::infinity();
};

}  // namespace missmix
