// The loop: what it reaches, what it records, how it ends.
#include <missmix/accelerate/anderson.hpp>
#include <missmix/accelerate/plain.hpp>
#include <missmix/run.hpp>

#include <catch.h>

#include "compare.hpp"
#include "toy_models.hpp"

namespace {

using namespace missmix;
using toy::difference;

template <class Model>
Fit<Model> climb(const Model& model, const typename Model::Params& start, const Control& control,
                 Accelerator& accelerator) {
  SilentMonitor monitor;
  return Climb<Model>(model, control, accelerator, monitor).from(start);
}

template <class Model>
Fit<Model> climb(const Model& model, const typename Model::Params& start,
                 const Control& control = {}) {
  Anderson anderson(10);
  return climb(model, start, control, anderson);
}

template <class Model>
Fit<Model> climb_plainly(const Model& model, const typename Model::Params& start,
                         const Control& control = {}) {
  Plain plain;
  return climb(model, start, control, plain);
}

// One pass for the start and one for each step that nobody refused.
template <class Model>
void check_trace(const Fit<Model>& fit) {
  REQUIRE(fit.trace.size() == static_cast<std::size_t>(fit.iterations) + 1);
  CHECK(fit.trace.front().kind == StepKind::start);
  CHECK(fit.trace.back().objective == fit.objective);
  CHECK(fit.trace.back().passes == fit.passes);
  for (std::size_t k = 1; k < fit.trace.size(); ++k) {
    const TraceRow &before = fit.trace[k - 1], &row = fit.trace[k];
    CHECK(row.iteration == before.iteration + 1);
    CHECK(row.seconds >= before.seconds);
    CHECK(row.passes - before.passes >= 1);
    CHECK(row.passes - before.passes <= (row.kind == StepKind::fallback ? 2 : 1));
    // What the guard lets through: rounding, and no more.
    CHECK(row.objective >= before.objective - rounding_floor(before.objective));
  }
}

struct MeanWithPrior : toy::NormalMean {
  double strength = 5;  // pseudo-observations at zero
  double log_prior(const Params& params) const { return -0.5 * strength * params.mu * params.mu; }
  void m_step(const Stats& stats, Params& params) const {
    params.mu = stats.sum / (seen + missing + strength);
  }
};

}  // namespace

TEST_CASE("with 70 of 100 values seen, every plain step keeps 0.3 of the error") {
  const toy::NormalMean model;
  Control control;
  control.tol = 0;
  double last_error = 0;
  for (control.max_iter = 0; control.max_iter <= 12; ++control.max_iter) {
    const auto fit = climb_plainly(model, {-4}, control);
    CHECK(fit.status == Status::max_iter);
    CHECK(fit.iterations == control.max_iter);
    const double error = model.mean - fit.params.mu;
    // Errors down to 3e-6 of means of size 1: rounding may show in the tenth digit of the ratio.
    if (control.max_iter > 0) CHECK(difference(error / last_error, 0.3) < 1e-9);
    last_error = error;
  }
}

TEST_CASE("the linkage data end at the root of the likelihood equation, with a score or without") {
  Control control;
  control.tol = 1e-12;
  const auto scored = climb(toy::ScoredLinkage(), {0.1}, control);
  const auto scoreless = climb(toy::Linkage(), {0.1}, control);
  CHECK(scored.status == Status::converged);
  CHECK(scoreless.status == Status::converged);
  // The information is 378: a gap of 1e-12, doubled where arithmetic says so, moves theta by 1e-7.
  CHECK(difference(scored.params.theta, toy::Linkage::best()) < 2e-7);
  CHECK(difference(scoreless.params.theta, toy::Linkage::best()) < 2e-7);
  check_trace(scored);
  check_trace(scoreless);
}

TEST_CASE("what is returned belongs to the parameters returned") {
  const toy::ScoredLinkage model;
  for (double tol : {1e-1, 1e-6, 0.0}) {
    Control control;
    control.tol = tol;
    const auto fit = climb(model, {0.1}, control);
    auto stats = model.make_stats();
    CHECK(fit.log_lik == model.e_step(fit.params, stats));
    CHECK(fit.objective == fit.log_lik);
    toy::Linkage::Params image;
    VectorXd x;
    model.m_step(stats, image);
    model.pack(image, x);
    CHECK(toy::identical(fit.image, x));
    model.pack(fit.params, x);
    // There and back through the logit.
    CHECK(difference(fit.packed, x) < 1e-14);
  }
}

TEST_CASE("the gap printed is the gap left, with a score or without") {
  const double best = toy::Linkage::log_lik(toy::Linkage::best());
  for (double tol : {1e-2, 1e-4, 1e-6, 1e-8}) {
    Control control;
    control.tol = tol;
    const auto check = [&](const auto& fit) {
      CHECK(fit.status == Status::converged);
      CHECK(fit.gap <= fit.gap_limit);
      CHECK(fit.gap_limit == std::max(tol, rounding_floor(fit.objective)));
      // An estimate of second order: right within a factor of 2, and rounding.
      const double left = best - fit.log_lik;
      CHECK(left <= 2 * fit.gap + rounding_floor(best));
    };
    check(climb_plainly(toy::ScoredLinkage(), {0.1}, control));
    check(climb_plainly(toy::Linkage(), {0.1}, control));
    check(climb(toy::ScoredLinkage(), {0.1}, control));
    check(climb(toy::Linkage(), {0.1}, control));
  }
}

TEST_CASE("the objective is the log-likelihood with the prior, and that is what is climbed") {
  const MeanWithPrior model;
  const auto fit = climb(model, {-4});
  CHECK(fit.status == Status::converged);
  // 70 values of mean 1.5 and 5 of mean 0; a gap of 1e-6 is an error of sqrt(2e-6 / 75) = 1.6e-4.
  CHECK(difference(fit.params.mu, 70 * 1.5 / 75) < 2e-4);
  CHECK(difference(fit.objective - fit.log_lik, model.log_prior(fit.params)) < 1e-12);
  CHECK(fit.trace.back().objective == fit.objective);
  check_trace(fit);
}

TEST_CASE("with tol = 0 the climb goes on until nothing moves") {
  Control control;
  control.tol = 0;
  const auto scored = climb(toy::ScoredLinkage(), {0.1}, control);
  const auto scoreless = climb(toy::Linkage(), {0.1}, control);
  CHECK(scored.status == Status::converged);
  CHECK(scoreless.status == Status::converged);
  // Promised is a move of no more than 1e-12 (1 + |x|) in the logit; the rate of 0.13 adds little.
  CHECK(difference(scored.params.theta, toy::Linkage::best()) < 1e-12);
  CHECK(difference(scoreless.params.theta, toy::Linkage::best()) < 1e-12);
}

TEST_CASE("a refit from the optimum takes at most two passes") {
  for (double tol : {1e-3, 1e-6, 1e-9}) {
    Control control;
    control.tol = tol;
    const auto scored = climb(toy::ScoredLinkage(), {0.1}, control);
    const auto again = climb(toy::ScoredLinkage(), scored.params, control);
    CHECK(again.status == Status::converged);
    CHECK(again.passes <= 2);
    // Without a score the earlier fit tells how the gap goes with the step.
    const auto scoreless = climb(toy::Linkage(), {0.1}, control);
    control.gap_per_step2 = scoreless.gap_per_step2;
    const auto again_scoreless = climb(toy::Linkage(), scoreless.params, control);
    CHECK(again_scoreless.status == Status::converged);
    CHECK(again_scoreless.passes <= 2);
  }
}

TEST_CASE("the iteration cap is kept, and said") {
  Control control;
  control.max_iter = 3;
  const auto fit = climb_plainly(toy::ScoredLinkage(), {0.001}, control);
  CHECK(fit.status == Status::max_iter);
  CHECK(fit.iterations == 3);
  CHECK(fit.passes == 4);
  check_trace(fit);
}
