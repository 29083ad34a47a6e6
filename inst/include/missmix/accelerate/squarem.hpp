// SQUAREM, scheme S3, two passes a cycle: the point a cycle ends on begins the next.
//
// Varadhan & Roland (2008) Scand. J. Statist. 35:335 (vignette "algorithm", eq. 11).
#pragma once

#include <algorithm>

#include "accelerator.hpp"

namespace missmix {

class Squarem final : public Accelerator {
 public:
  bool propose(const Eigen::VectorXd& x, const Eigen::VectorXd& image,
               Eigen::VectorXd& candidate) override {
    if (!half_way_) {
      begin_cycle(x, image);
      return false;
    }
    half_way_ = false;
    curvature_ = (image - x) - step_;
    const double bend = curvature_.norm();
    if (!(bend > 0)) return false;
    double length = step_.norm() / bend;
    const bool capped = length > longest_;
    if (capped) length = longest_;
    if (length <= 1) {
      longest_ = std::max(longest_, 4.0);
      return false;
    }
    candidate = begin_ + 2 * length * step_ + length * length * curvature_;
    if (capped) longest_ *= 4;
    return candidate.allFinite();
  }

  void reset() override {
    longest_ = std::max(1.0, longest_ / 4);
    half_way_ = false;
  }

 private:
  void begin_cycle(const Eigen::VectorXd& x, const Eigen::VectorXd& image) {
    begin_ = x;
    step_ = image - x;
    half_way_ = true;
  }

  bool half_way_ = false;
  double longest_ = 4;
  Eigen::VectorXd begin_, step_, curvature_;
};

}  // namespace missmix
