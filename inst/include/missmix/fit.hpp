// What a climb returns.
#pragma once

#include <vector>

#include "em_model.hpp"
#include "status.hpp"
#include "trace.hpp"

namespace missmix {

// A stationary point that was no maximum, and what leaving it reached.
struct Saddle {
  double objective = 0;
  double rate = 0;  // largest eigenvalue of the EM map there: above 1
};

template <class Model>
struct Fit {
  typename Model::Params params;
  VectorXd packed;
  VectorXd image;  // EM image of `packed`
  double log_lik = 0;
  double objective = 0;  // log_lik plus the log prior
  Status status = Status::converged;
  double gap = 0;
  double gap_limit = 0;      // what was asked for, or what arithmetic allows
  double gap_per_step2 = 0;  // gap over squared length of the EM step
  int iterations = 0;
  int passes = 0;        // E-steps of the climb
  int passes_check = 0;  // E-steps spent on checking where it ended
  Trace trace;
  std::vector<Saddle> saddles;
};

}  // namespace missmix
