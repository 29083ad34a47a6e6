// How a fit ended: data, never an exception. The same words in C++, R, print and glance().
#pragma once

namespace missmix {

enum class Status { converged, max_iter, stopped, decreased, non_finite, degenerate };

inline const char* to_string(Status status) {
  switch (status) {
    case Status::converged:
      return "converged";
    case Status::max_iter:
      return "max_iter";
    case Status::stopped:  // interrupt, time limit, or a callback that said so
      return "stopped";
    case Status::decreased:  // a plain EM step went down: a bug, or arithmetic
      return "decreased";
    case Status::non_finite:
      return "non_finite";
    case Status::degenerate:  // running to the edge of the model, e.g. a singular covariance
      return "degenerate";
  }
  return "";
}

}  // namespace missmix
