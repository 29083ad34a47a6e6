// An accelerator sees flat vectors only: the current point and its EM image.
#pragma once

#include <Eigen/Core>

namespace missmix {

class Accelerator {
 public:
  virtual ~Accelerator() = default;

  // Writes a point that may be better than the EM image; false = take the image itself.
  // Called once at every point of the climb, in order.
  virtual bool propose(const Eigen::VectorXd& x, const Eigen::VectorXd& image,
                       Eigen::VectorXd& candidate) = 0;

  // The guard refused the last candidate.
  virtual void reset() = 0;
};

}  // namespace missmix
