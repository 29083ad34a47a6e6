// A climb that began on a symmetry of the data may end on a saddle, where EM stays for ever. Each
// stationary point is tested by a few steps of Arnoldi from a generic direction, and a saddle left.
#pragma once

#include <functional>
#include <memory>

#include "em_map.hpp"
#include "run.hpp"

namespace missmix {

namespace detail {

// A point beside the saddle that is higher than it, or false where neither side is.
template <class Model>
bool step_off(EmMap<Model>& map, const Fit<Model>& fit, const VectorXd& direction,
              typename Model::Params& beside) {
  for (double length = 0.3; length > 1e-3; length /= 4)
    for (double side : {length, -length}) {
      if (!(map.objective(fit.packed + side * direction) > fit.objective + fit.gap_limit)) continue;
      beside = map.params();
      return true;
    }
  return false;
}

// Goes on in the same record: iterations, passes and seconds are those of the whole journey.
template <class Model>
void append(Fit<Model>& journey, Fit<Model>&& leg) {
  const double seconds = journey.trace.empty() ? 0 : journey.trace.back().seconds;
  for (TraceRow& row : leg.trace) {
    row.iteration += journey.iterations + 1;
    row.passes += journey.passes;
    row.seconds += seconds;
  }
  leg.trace.insert(leg.trace.begin(), journey.trace.begin(), journey.trace.end());
  leg.iterations += journey.iterations + 1;
  leg.passes += journey.passes;
  leg.passes_check += journey.passes_check;
  leg.saddles = std::move(journey.saddles);
  journey = std::move(leg);
}

}  // namespace detail

using MakeAccelerator = std::function<std::unique_ptr<Accelerator>()>;

// Runs, tests where the climb ended, and goes on from beside a saddle.
template <class Model>
Fit<Model> run_past_saddles(const Model& model, const typename Model::Params& start,
                            const Control& control, const MakeAccelerator& make_accelerator,
                            Monitor& monitor) {
  constexpr int kMostSaddles = 5;
  constexpr Index kArnoldiSteps = 5;
  constexpr double kFarBelowOne = 0.9;
  constexpr double kAboveOne = 1e-4;  // a flat direction has rate 1, known by differences only
  const auto climb = [&](const typename Model::Params& from) {
    return Climb<Model>(model, control, *make_accelerator(), monitor).from(from);
  };
  Fit<Model> fit = climb(start);
  for (int i = 0; i < kMostSaddles && fit.status == Status::converged; ++i) {
    EmMap<Model> map(model);
    SilentMonitor unwatched;  // few passes, and no iterations to be told of
    const LeadingMode mode =
        leading_mode(map, fit.packed, fit.image, kArnoldiSteps, unwatched, kFarBelowOne);
    typename Model::Params beside;
    const bool saddle =
        mode.rate > 1 + kAboveOne && detail::step_off(map, fit, mode.direction, beside);
    fit.passes_check += map.passes();
    if (!saddle) break;
    fit.saddles.push_back({fit.objective, mode.rate});
    detail::append(fit, climb(beside));
  }
  return fit;
}

}  // namespace missmix
