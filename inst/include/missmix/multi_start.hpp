// Many starts: short plain runs from each, then the best of them to the end.
//
// Every start is a problem of its own and knows its number only, so that the answer is the same for
// any number of threads. A start seldom leaves the hill that plain EM would climb: acceleration
// waits until EM has settled (Control::accelerate_below).
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "accelerate/plain.hpp"
#include "monitor.hpp"
#include "parallel.hpp"
#include "saddle.hpp"
#include "shared_monitor.hpp"

namespace missmix {

class StartMonitor final : public Monitor {
 public:
  StartMonitor(SharedMonitor& shared, int start) : shared_(shared), start_(start) {}
  bool keep_going(const TraceRow& row) override {
    TraceRow own = row;
    own.start = start_;
    return shared_.keep_going(own);
  }

 private:
  SharedMonitor& shared_;
  int start_;
};

template <class Model>
struct StartResult {
  Fit<Model> fit;       // as far as it was followed
  double screened = 0;  // objective after the short run
  bool finished = false;
  bool thin = false;  // as the model says of the parameters in `fit`
  bool sound() const {
    return std::isfinite(fit.objective) && fit.status != Status::degenerate &&
           fit.status != Status::non_finite && fit.status != Status::decreased;
  }
};

struct MultiStartControl {
  int screen = 10;  // plain EM steps of the short run; 0: none
  int keep = 3;     // how many are finished; 0: none, the short runs are all that is wanted
  int n_threads = 1;
};

namespace detail {

// Sound starts first, of these the thin ones last; then the highest first; ties by number.
template <class Model>
std::vector<int> by_promise(const std::vector<StartResult<Model>>& starts) {
  std::vector<int> order(starts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    if (starts[a].sound() != starts[b].sound()) return starts[a].sound();
    if (starts[a].thin != starts[b].thin) return starts[b].thin;
    return starts[a].screened > starts[b].screened;
  });
  return order;
}

template <class Model>
bool is_thin(const Model& model, const StartResult<Model>& start) {
  if constexpr (missmix::has_thin<Model>)
    return start.sound() && model.thin(start.fit.params);
  else
    return static_cast<void>(model), static_cast<void>(start), false;
}

template <class Model>
bool any_to_trust(const std::vector<StartResult<Model>>& starts) {
  return std::any_of(starts.begin(), starts.end(), [](const StartResult<Model>& start) {
    return start.finished && start.sound() && !start.thin;
  });
}

template <class Model>
void number_rows(Fit<Model>& fit, int start) {
  for (TraceRow& row : fit.trace) row.start = start;
}

}  // namespace detail

// `begin(i)` makes the i-th start, for the first model: the same as the second, or a part of its
// rows. Where none of those kept ends on a sound mode the next ones are finished, too.
template <class Model, class Begin>
std::vector<StartResult<Model>> run_multi_start(const Model& part, const Model& whole, int n,
                                                const Begin& begin, const Control& control,
                                                const MultiStartControl& options,
                                                const MakeAccelerator& make_accelerator,
                                                Monitor& monitor) {
  std::vector<StartResult<Model>> starts(static_cast<std::size_t>(n));
  SharedMonitor shared(monitor);
  constexpr double kLowest = -std::numeric_limits<double>::infinity();
  const bool screens = options.screen > 0;
  Control brief = control;
  brief.max_iter = options.screen;
  for_each_task(n, options.n_threads, [&](int i) {
    StartResult<Model>& start = starts[i];
    if (!screens) {
      start.fit.params = begin(i);
      start.screened = kLowest;
      return;
    }
    if (shared.stopped()) {
      start.fit.status = Status::non_finite;
      return;
    }
    Plain plain;
    StartMonitor own(shared, i + 1);
    start.fit = Climb<Model>(part, brief, plain, own).from(begin(i));
    start.screened = std::isfinite(start.fit.objective) ? start.fit.objective : kLowest;
    start.thin = detail::is_thin(part, start);
  });
  shared.rethrow();
  if (options.keep < 1) return starts;
  std::vector<int> order = detail::by_promise(starts);
  if (!screens) std::iota(order.begin(), order.end(), 0);
  for (int from = 0; from < n; from += options.keep) {
    for_each_task(std::min(options.keep, n - from), options.n_threads, [&](int o) {
      if (shared.stopped()) return;
      const int number = order[from + o];
      StartResult<Model>& start = starts[number];
      StartMonitor own(shared, number + 1);
      const typename Model::Params begun = start.fit.params;
      start.fit = run_past_saddles(whole, begun, control, make_accelerator, own);
      start.finished = true;
      start.thin = detail::is_thin(whole, start);
      detail::number_rows(start.fit, number + 1);
    });
    shared.rethrow();
    if (shared.stopped() || detail::any_to_trust(starts)) break;
  }
  // Stopped while only a part of the rows had been looked at: the best so far, as it is on all.
  const bool none = std::none_of(starts.begin(), starts.end(),
                                 [](const StartResult<Model>& start) { return start.finished; });
  if (none && &part != &whole && n > 0 && starts[order[0]].fit.passes > 0) {
    StartResult<Model>& best = starts[order[0]];
    Control look = control;
    look.max_iter = 0;
    Plain plain;
    SilentMonitor silent;
    const typename Model::Params reached = best.fit.params;
    best.fit = Climb<Model>(whole, look, plain, silent).from(reached);
    best.fit.status = Status::stopped;
    best.finished = true;
    detail::number_rows(best.fit, order[0] + 1);
  }
  return starts;
}

}  // namespace missmix
