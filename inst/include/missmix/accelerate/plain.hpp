// Plain EM: never a candidate of its own.
#pragma once

#include "accelerator.hpp"

namespace missmix {

class Plain final : public Accelerator {
 public:
  bool propose(const Eigen::VectorXd&, const Eigen::VectorXd&, Eigen::VectorXd&) override {
    return false;
  }
  void reset() override {}
};

}  // namespace missmix
