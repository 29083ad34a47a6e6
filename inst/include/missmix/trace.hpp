// What happened, one row an iteration.
#pragma once

#include <vector>

namespace missmix {

enum class StepKind { start, em, accelerated, fallback };

inline const char* to_string(StepKind kind) {
  switch (kind) {
    case StepKind::start:
      return "start";
    case StepKind::em:  // a plain EM step
      return "em";
    case StepKind::accelerated:
      return "accelerated";
    case StepKind::fallback:  // the accelerated candidate was refused: plain EM instead
      return "fallback";
  }
  return "";
}

struct TraceRow {
  int start = 1;
  int iteration = 0;
  double objective = 0;
  double gap = 0;  // estimated log-likelihood still to be gained at this point
  StepKind kind = StepKind::start;
  int passes = 0;      // E-steps so far
  double seconds = 0;  // since the climb began
};

using Trace = std::vector<TraceRow>;

}  // namespace missmix
