// When to stop: on an estimate of the log-likelihood still to be gained, never on the last change.
//
// Both rules are told of every point of the climb and answer the same three questions: the gap,
// whether the next step must be a plain EM step, and whether the climb has arrived.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "control.hpp"
#include "em_model.hpp"
#include "numerics/secant_decrement.hpp"
#include "trace.hpp"

namespace missmix {

// What a rule sees of a point: references into the climb's own memory.
struct PointView {
  const VectorXd& x;
  const VectorXd& em_step;  // EM image minus x
  const VectorXd& score;    // empty for a model without one
  double objective;
  double floor;  // differences of the objective below this are rounding
  StepKind kind;
};

// With `tol = 0` the climb ends when no coordinate moves, or when rounding alone moves them.
class Stillness {
 public:
  bool reached(double movement) {
    if (!(movement > kStill)) return true;
    if (movement < 0.5 * smallest_) {
      smallest_ = movement;
      waited_ = 0;
    }
    return ++waited_ > kPatience && smallest_ < kRoundingMayMove;
  }

 private:
  static constexpr double kStill = 1e-12;
  static constexpr double kRoundingMayMove = 1e-8;
  static constexpr int kPatience = 25;
  double smallest_ = std::numeric_limits<double>::infinity();
  int waited_ = 0;
};

// For models with a score: the gap is the Newton decrement on the climb's secants.
class DecrementRule {
 public:
  explicit DecrementRule(const Control& control) : control_(control) {}

  void observe(const PointView& point) {
    decrement_.observe(point.x, point.score, point.em_step);
    gap_ = decrement_.gain();
    const bool near = control_.tol > 0 ? gap_ <= std::max(control_.tol, point.floor)
                                       : still_.reached(decrement_.movement());
    arrived_ = near && was_near_ && point.kind == StepKind::em;
    was_near_ = near;
  }

  double gap() const { return gap_; }
  bool wants_em_step() const { return was_near_; }  // confirms what the secants say
  bool arrived() const { return arrived_; }

 private:
  Control control_;
  SecantDecrement decrement_;
  Stillness still_;
  double gap_ = 0;
  bool was_near_ = false, arrived_ = false;
};

// For models without a score: three plain EM steps, then Aitken's extrapolation of their gains
// (vignette "algorithm", eq. 13). Measured only once the climb has nearly stopped gaining.
class AitkenRule {
 public:
  explicit AitkenRule(const Control& control) : control_(control) {}

  void observe(const PointView& point) {
    const double gain = point.objective - last_objective_;
    const double step = point.em_step.norm();
    const double limit = std::max(control_.tol, point.floor);
    plain_steps_ = point.kind == StepKind::em ? plain_steps_ + 1 : 0;
    if (plain_steps_ >= 2)
      gap_ = extrapolate(gain, step, point.floor);
    else if (control_.gap_per_step2 > 0)
      gap_ = control_.gap_per_step2 * step * step;
    last_gain_ = gain;
    last_step_ = step;
    last_objective_ = point.objective;

    const double movement = (point.em_step.array().abs() / (1 + point.x.array().abs())).maxCoeff();
    const bool still = control_.tol > 0 ? gain <= trigger_ * limit : still_.reached(movement);
    measuring_ = measuring_ || still;
    // What an earlier fit knew of these parameters: one plain step confirms it.
    if (control_.gap_per_step2 > 0 && control_.tol > 0 && plain_steps_ <= 1 && gap_ <= limit) {
      arrived_ = plain_steps_ == 1;
      measuring_ = true;
      return;
    }
    if (!measuring_ || plain_steps_ < kStepsMeasured) return;
    // After an extrapolation the first steps still show the fast directions: wait till they fade.
    if (!steady_ && plain_steps_ < kMostSteps) return;
    measuring_ = false;
    arrived_ = control_.tol > 0 ? gap_ <= limit : still;
    if (!arrived_) trigger_ = std::max(1e-3, trigger_ / 4);  // look again when it gains less
  }

  double gap() const { return gap_; }
  bool wants_em_step() const { return measuring_; }
  bool arrived() const { return arrived_; }

 private:
  static constexpr int kStepsMeasured = 3, kMostSteps = 12;

  // Gains near rounding say nothing; the length of the step still does, and near the top the gain
  // goes with its square.
  double extrapolate(double gain, double step, double floor) {
    const double step2 = last_step_ * last_step_;
    double ratio = gain / last_gain_;
    if (gain > 64 * floor) {
      gain_per_step2_ = gain / step2;
    } else {
      // Better a gain known to a digit than none, where no larger one was ever measured.
      if (gain_per_step2_ == 0 && gain > floor) gain_per_step2_ = gain / step2;
      ratio = step * step / step2;
      const bool unseen = gain <= floor;
      gain = gain_per_step2_ * step2;
      // No step to measure by, or one that goes on for ever (a weight running to zero) and gains
      // nothing that could be seen.
      steady_ = true;
      if ((unseen && !(ratio < 1)) || gain == 0) return floor;
    }
    steady_ = std::abs(ratio - last_ratio_) <= 0.1 * (1 - ratio);
    last_ratio_ = ratio;
    if (!(ratio < 1)) return std::numeric_limits<double>::infinity();
    return std::max(0.0, gain * ratio / (1 - ratio));
  }

  Control control_;
  Stillness still_;
  double gap_ = std::numeric_limits<double>::infinity();
  double last_gain_ = 0, last_step_ = 0, last_ratio_ = 0, gain_per_step2_ = 0;
  double last_objective_ = -std::numeric_limits<double>::infinity();
  double trigger_ = 1;
  int plain_steps_ = 0;
  bool measuring_ = false, steady_ = false, arrived_ = false;
};

template <class Model>
using StoppingRule = std::conditional_t<has_score<Model>, DecrementRule, AitkenRule>;

}  // namespace missmix
