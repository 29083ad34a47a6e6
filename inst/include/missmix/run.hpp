// The loop.
//
// The one invariant: parameters, statistics and objective move together. Evaluating a candidate *is*
// its E-step, so the guard costs nothing, and what is returned belongs to the parameters returned.
#pragma once

#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "accelerate/accelerator.hpp"
#include "control.hpp"
#include "edge_watch.hpp"
#include "em_model.hpp"
#include "fit.hpp"
#include "monitor.hpp"
#include "stopping.hpp"

namespace missmix {

// A point of the climb, and all that is known there.
template <class Model>
struct Point {
  typename Model::Params params;
  typename Model::Stats stats;
  VectorXd x{};
  double log_lik = 0, objective = 0;
};

template <class Model>
class Climb {
 public:
  Climb(const Model& model, const Control& control, Accelerator& accelerator, Monitor& monitor)
      : model_(model),
        control_(control),
        accelerator_(accelerator),
        monitor_(monitor),
        rule_(control),
        settled_(std::isinf(control.accelerate_below)),
        here_{{}, model.make_stats()},
        there_{{}, model.make_stats()} {
    require_em_model<Model>();
  }

  Fit<Model> from(const typename Model::Params& start) {
    here_.params = start;
    model_.pack(start, here_.x);
    if (!here_.x.allFinite() || !evaluate(here_)) return finish(edge(start));
    while (true) {
      gap_ = std::numeric_limits<double>::infinity();
      if (!look_ahead()) {
        report();
        return finish(edge(image_params_));
      }
      rule_.observe({here_.x, em_step_, score_, here_.objective, floor(here_), kind_});
      gap_ = rule_.gap();
      if (!report()) return finish(Status::stopped);
      if (rule_.arrived()) return finish(Status::converged);
      if (is_degenerate(image_params_))
        return finish(at_rest() ? Status::converged : Status::degenerate);
      if (runs_to_the_edge()) return finish(Status::degenerate);
      if (fit_.iterations == control_.max_iter) return finish(Status::max_iter);
      ++fit_.iterations;
      if (accelerated_step()) continue;
      if (!plain_step()) return finish(edge(there_.params));
      settled_ = settled_ || here_.objective - there_.objective < control_.accelerate_below;
      if (fell()) return finish(near_the_edge() ? Status::degenerate : Status::decreased);
    }
  }

 private:
  static constexpr double kLoudDrop = 1e-10;

  bool evaluate(Point<Model>& point) {
    ++fit_.passes;
    point.log_lik = model_.e_step(point.params, point.stats);
    point.objective = point.log_lik;
    if constexpr (has_log_prior<Model>) point.objective += model_.log_prior(point.params);
    return std::isfinite(point.objective);
  }

  // Differences of the objective below this are rounding.
  double floor(const Point<Model>& point) const {
    double floor = rounding_floor(point.objective);
    if constexpr (has_rounding<Model>) floor = std::max(floor, model_.rounding(point.params));
    return floor;
  }

  // The plain EM image of this point, and the score; no pass over the data.
  bool look_ahead() {
    model_.m_step(here_.stats, image_params_);
    model_.pack(image_params_, image_);
    if (!image_.allFinite()) return false;
    em_step_ = image_ - here_.x;
    if constexpr (has_score<Model>) model_.score(here_.params, here_.stats, score_);
    return true;
  }

  // The guard: a candidate must be a legal point and no lower than the best so far.
  bool accelerated_step() {
    const bool proposed = accelerator_.propose(here_.x, image_, candidate_);
    kind_ = StepKind::em;
    if (!proposed || !settled_ || rule_.wants_em_step()) return false;
    const double bar = here_.objective - floor(here_);
    if (model_.unpack(candidate_, there_.params) && !is_degenerate(there_.params) &&
        evaluate(there_) && there_.objective >= bar) {
      kind_ = StepKind::accelerated;
      model_.pack(there_.params, there_.x);  // unpack() may have moved it, onto the model
      std::swap(here_, there_);
      return true;
    }
    accelerator_.reset();
    kind_ = StepKind::fallback;
    return false;
  }

  bool plain_step() {
    there_.params = image_params_;
    there_.x = image_;
    if (!evaluate(there_)) return false;
    std::swap(here_, there_);
    return true;
  }

  // A plain EM step cannot go down: a bug, or arithmetic. Recorded, then the better point restored.
  bool fell() {
    const double drop = there_.objective - here_.objective;
    if (drop <= std::max(kLoudDrop * std::abs(there_.objective), floor(there_))) return false;
    report();
    std::swap(here_, there_);
    return true;
  }

  bool is_degenerate(const typename Model::Params& params) const {
    if constexpr (has_degenerate<Model>)
      return model_.degenerate(params);
    else
      return static_cast<void>(params), false;
  }

  bool runs_to_the_edge() {
    if constexpr (has_edge_distance<Model>)
      return edge_watch_.running(fit_.iterations,
                                 [&] { return model_.edge_distance(here_.params); });
    else
      return false;
  }

  // Nothing left to gain: a maximum that lies this near the edge, and no run towards it.
  bool at_rest() const { return gap_ <= std::max(control_.tol, floor(here_)); }

  // So near that a step downhill is the arithmetic's and not the model's fault.
  bool near_the_edge() const {
    constexpr double kNear = 1e-6;
    if constexpr (has_edge_distance<Model>)
      return model_.edge_distance(here_.params) < kNear;
    else
      return false;
  }

  // Where no further step can be computed: is it the edge of the model, or arithmetic?
  Status edge(const typename Model::Params& params) const {
    return is_degenerate(params) ? Status::degenerate : Status::non_finite;
  }

  bool report() {
    TraceRow row;
    row.iteration = fit_.iterations;
    row.objective = here_.objective;
    row.gap = gap_;
    row.kind = kind_;
    row.passes = fit_.passes;
    row.seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    fit_.trace.push_back(row);
    return monitor_.keep_going(row);
  }

  Fit<Model> finish(Status status) {
    fit_.status = status;
    fit_.gap = gap_;
    fit_.gap_limit = std::max(control_.tol, floor(here_));
    fit_.gap_per_step2 = gap_ / em_step_.squaredNorm();
    fit_.log_lik = here_.log_lik;
    fit_.objective = here_.objective;
    fit_.params = std::move(here_.params);
    fit_.packed = std::move(here_.x);
    fit_.image = std::move(image_);
    return std::move(fit_);
  }

  using Clock = std::chrono::steady_clock;

  const Model& model_;
  const Control& control_;
  Accelerator& accelerator_;
  Monitor& monitor_;
  StoppingRule<Model> rule_;
  bool settled_;
  EdgeWatch edge_watch_;
  Fit<Model> fit_;
  Point<Model> here_, there_;
  typename Model::Params image_params_;
  VectorXd image_, em_step_, score_, candidate_;
  StepKind kind_ = StepKind::start;
  double gap_ = std::numeric_limits<double>::infinity();
  Clock::time_point began_ = Clock::now();
};

}  // namespace missmix
