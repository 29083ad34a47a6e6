// One sample of a deconvolution: the abundances b >= 0 of the types whose profiles R, mixed to
// m = R b, make the bulk most likely.
//
// Newton steps (scoring where a family has no positive curvature of its own) on an active set: each
// step solves the quadratic model over b >= 0 exactly, so that types leave and return by
// themselves and a zero is an exact zero. For Poisson counts the problem is convex and the end is
// certified: with c_k = sum_g R_gk and N = sum_g y_g the log-likelihood is at most
// N (max_k d_k - 1), d_k = sum_g y_g R_gk / m_g / c_k, below its maximum (the dual of mixture
// likelihoods, Lindsay 1983). Elsewhere the gap is what the quadratic model still promises.
#pragma once

#include <algorithm>
#include <type_traits>

#include "../control.hpp"
#include "../numerics/nonnegative_quadratic.hpp"
#include "../status.hpp"
#include "deconvolve_family.hpp"

namespace missmix {

struct SampleEnd {
  double value = 0;  // log-likelihood without what does not depend on the abundances
  double gap = 0;    // log-likelihood that may be left; a bound for Poisson counts
  int steps = 0;
  Status status = Status::converged;
};

// `panel`: genes x types; `linear`: what each type costs besides what the genes shown say, the sum
// of its profile for Poisson counts, nothing for others.
struct SampleView {
  const ArrayXd& y;
  const MatrixXd& panel;
  const VectorXd& linear;
};

template <class Family>
class SampleSolver {
 public:
  static constexpr bool certified = std::is_same_v<Family, PoissonFamily>;

  // From `b`, which becomes the end. A type without any abundance there stays without it unless it
  // would gain.
  SampleEnd solve(const SampleView& sample, Family& family, double tol, int max_steps,
                  VectorXd& b) {
    SampleEnd end;
    total_ = sample.y.sum();
    // Below one count a gene the unit is another than counts, and the whole log-likelihood small.
    const double mean = total_ / static_cast<double>(sample.y.size());
    if (certified) tol = std::max(tol * std::min(mean, 1.0), rounding_floor(total_) / 4);
    if constexpr (Family::has_scale) {
      here_.m = (sample.panel * b).array();
      family.begin_scale(sample.y, here_.m);
    }
    if (!look(sample, family, b, here_)) {
      end.status = Status::non_finite;
      return end;
    }
    double before = 0;
    end.gap = std::numeric_limits<double>::infinity();
    while (end.steps < max_steps) {
      const double settled = settle(sample, family, b);
      find_gradient(sample);
      const double promised = aim(sample, b);
      end.gap = certified ? certificate(sample) : still_to_gain(promised + settled, before);
      before = promised + settled;
      const bool arrived = end.gap <= tol;
      const bool moved = step(sample, family, promised, b);
      end.steps += moved;
      if (arrived || !moved) break;
    }
    settle(sample, family, b);
    if (certified) {
      find_gradient(sample);
      end.gap = std::min(end.gap, certificate(sample));
    }
    // A difference of log-likelihoods below rounding is none. Where rounding alone stands in the way
    // of more the gap stays as it is, and says so.
    if (!certified) tol = std::max(tol, rounding_floor(here_.value));
    end.status = end.gap <= tol ? Status::converged : Status::max_iter;
    end.value = here_.value;
    return end;
  }

  // At the end.
  const ArrayXd& expected() const { return here_.m; }
  const ArrayXd& information() const { return here_.terms.information; }

 private:
  struct Point {
    ArrayXd m;
    GeneTerms terms;
    double value = 0;
  };

  static bool look(const SampleView& sample, Family& family, const VectorXd& b, Point& point) {
    point.m.resize(sample.y.size());
    point.terms.resize(sample.y.size());
    point.m.matrix().noalias() = sample.panel * b;
    point.value = family(sample.y, point.m, point.terms) - sample.linear.dot(b);
    return std::isfinite(point.value);
  }

  // What is known in closed form at these abundances: the length along the ray through b for
  // Poisson counts, the scale of residuals for others. Returns the gain.
  double settle(const SampleView& sample, Family& family, VectorXd& b) {
    const double before = here_.value;
    if constexpr (certified) {
      const double mass = sample.linear.dot(b), factor = total_ / mass;
      if (!(mass > 0) || !(std::abs(factor - 1) > 1e-15)) return 0;
      b *= factor;
      here_.m *= factor;
      here_.terms.score /= factor;
      here_.terms.information /= factor * factor;
      here_.value += total_ * std::log(factor) - mass * (factor - 1);
    } else if constexpr (Family::has_scale) {
      family.update_scale(sample.y, here_.m, here_.terms);
      here_.value = family(sample.y, here_.m, here_.terms);
    }
    return std::max(here_.value - before, 0.0);
  }

  void find_gradient(const SampleView& sample) {
    gradient_.noalias() = sample.panel.transpose() * here_.terms.score.matrix();
    gradient_ -= sample.linear;
  }

  // Steps that use the expected or the complete-data information fall short by a factor 1 - r; what
  // they promise shrinks by r^2 a step.
  static double still_to_gain(double promised, double before) {
    const double r = before > 0 ? std::sqrt(std::max(promised, 0.0) / before) : 0.5;
    return promised / (1 - std::min(r, 0.999));
  }

  double certificate(const SampleView& sample) const {
    double most = 0;
    for (Index k = 0; k < gradient_.size(); ++k)
      if (sample.linear[k] > 0) most = std::max(most, gradient_[k] / sample.linear[k]);
    return total_ * most;
  }

  // The maximum of the quadratic model over b >= 0: `target_`, and the gain it promises. Types at
  // zero that would not gain take no part.
  double aim(const SampleView& sample, const VectorXd& b) {
    working_.clear();
    for (Index k = 0; k < b.size(); ++k)
      if (b[k] > 0 || gradient_[k] > 0) working_.push_back(k);
    const Index size = static_cast<Index>(working_.size()), genes = sample.y.size();
    scaled_.resize(genes, size);
    root_ = here_.terms.information.sqrt();
    for (Index j = 0; j < size; ++j)
      scaled_.col(j).array() = sample.panel.col(working_[j]).array() * root_;
    h_.setZero(size, size);
    h_.template selfadjointView<Eigen::Lower>().rankUpdate(scaled_.transpose());
    h_.template triangularView<Eigen::StrictlyUpper>() = h_.transpose();
    from_.resize(size);
    slope_.resize(size);
    for (Index j = 0; j < size; ++j) {
      from_[j] = b[working_[j]];
      slope_[j] = gradient_[working_[j]];
    }
    // A proximal term: profiles that are alike, or more types than genes, leave H singular. It
    // holds the shares of such types where they are and does not move the maximum.
    for (Index j = 0; j < size; ++j) h_(j, j) *= 1 + kProximal;
    right_.noalias() = h_ * from_;
    right_ += slope_;
    goal_ = from_;
    quadratic_.solve(h_, right_, goal_);
    direction_ = goal_ - from_;
    return slope_.dot(direction_) - 0.5 * direction_.dot(h_ * direction_);
  }

  // Towards the target, as far as the log-likelihood rises. False where nothing moves.
  bool step(const SampleView& sample, Family& family, double promised, VectorXd& b) {
    if (!(promised > 0)) return false;
    const double slack = rounding_floor(here_.value);
    for (double t = 1; t > 1e-9; t /= 2) {
      trial_ = b;
      for (std::size_t j = 0; j < working_.size(); ++j)
        trial_[working_[j]] = t == 1 ? goal_[j] : from_[j] + t * direction_[j];
      if (!look(sample, family, trial_, there_)) continue;
      if (there_.value < here_.value + 1e-4 * t * promised - slack) continue;
      const bool moved = there_.value > here_.value ||
                         (trial_ - b).cwiseAbs().maxCoeff() > 1e-13 * b.cwiseAbs().maxCoeff();
      std::swap(here_, there_);
      b = trial_;
      return moved;
    }
    return false;
  }

  static constexpr double kProximal = 1e-10;

  double total_ = 0;
  Point here_, there_;
  std::vector<Index> working_;
  MatrixXd scaled_, h_;
  ArrayXd root_;
  VectorXd gradient_, from_, slope_, right_, goal_, direction_, trial_;
  NonnegativeQuadratic quadratic_;
};

}  // namespace missmix
