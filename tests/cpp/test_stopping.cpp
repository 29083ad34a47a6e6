// The stopping rules: how much is still to be gained, and whether the climb has arrived.
#include <missmix/stopping.hpp>

#include <catch.h>
#include <Eigen/Eigenvalues>

#include "compare.hpp"
#include "toy_models.hpp"

namespace {

using namespace missmix;
using toy::difference;

constexpr double kInf = std::numeric_limits<double>::infinity();

Control with_tol(double tol) {
  Control control;
  control.tol = tol;
  return control;
}

// Tells a rule of a point of a quadratic.
template <class Rule>
void show(Rule& rule, const toy::Quadratic& model, const VectorXd& x, StepKind kind) {
  const VectorXd em_step = model.em_step(x), score = model.gradient(x);
  const double objective = model.objective(x);
  rule.observe({x, em_step, score, objective, rounding_floor(objective), kind});
}

}  // namespace

TEST_CASE("without secants the gap is that of a plain EM step, and never above the truth") {
  const toy::Quadratic model((VectorXd(3) << 0.9, 0.5, 0.1).finished());
  const VectorXd x = VectorXd::Zero(3);
  SecantDecrement decrement;
  decrement.observe(x, model.gradient(x), model.em_step(x));
  const double expected = 0.5 * model.gradient(x).dot(model.em_step(x));
  CHECK(difference(decrement.gain(), expected) < 1e-14 * expected);
  CHECK(decrement.gain() < model.height - model.objective(x));
}

TEST_CASE("in one dimension one secant makes the decrement exact") {
  for (double rate : {0.0, 0.3, 0.99, 0.99999}) {
    const toy::Quadratic model(VectorXd::Constant(1, rate));
    SecantDecrement decrement;
    VectorXd x = VectorXd::Zero(1);
    decrement.observe(x, model.gradient(x), model.em_step(x));
    x += model.em_step(x);
    decrement.observe(x, model.gradient(x), model.em_step(x));
    const double gap = 0.5 * (model.top - x).dot(model.observed * (model.top - x));
    // A secant over a share of 1 - rate of the way knows the slope to eps / (1 - rate).
    CHECK(difference(decrement.gain(), gap) <= gap * 1e-14 / (1 - rate) + 1e-300);
  }
}

TEST_CASE("the decrement is exact on a quadratic once conjugate steps span it") {
  const toy::Quadratic model((VectorXd(5) << 0.999, 0.9, 0.6, 0.3, 0).finished());
  const MatrixXd conjugate = Eigen::SelfAdjointEigenSolver<MatrixXd>(model.observed).eigenvectors();
  SecantDecrement decrement;
  VectorXd x = VectorXd::Zero(5);
  decrement.observe(x, model.gradient(x), model.em_step(x));
  for (Index k = 0; k < 5; ++k) {
    x += 0.1 * static_cast<double>(k + 1) * conjugate.col(k);
    decrement.observe(x, model.gradient(x), model.em_step(x));
  }
  const double gap = 0.5 * (model.top - x).dot(model.observed * (model.top - x));
  // The information has condition 1e4.
  CHECK(difference(decrement.gain(), gap) < 1e-10 * gap);
  const double move = ((model.top - x).array().abs() / (1 + x.array().abs())).maxCoeff();
  CHECK(difference(decrement.movement(), move) < 1e-9 * move);
}

TEST_CASE("along plain EM the decrement comes to see the slowest direction") {
  const toy::Quadratic model((VectorXd(4) << 0.99, 0.6, 0.3, 0.1).finished());
  SecantDecrement decrement;
  VectorXd x = VectorXd::Zero(4);
  for (int k = 0; k < 30; ++k) {
    decrement.observe(x, model.gradient(x), model.em_step(x));
    if (k < 29) x += model.em_step(x);
  }
  const double gap = model.height - model.objective(x);
  // 0.6^30 of the faster directions is left; a change-based rule would be wrong by 1 / (1 - .99).
  CHECK(difference(decrement.gain(), gap) < 1e-3 * gap);
}

TEST_CASE("a step along which the objective bends upwards is not remembered") {
  const toy::Quadratic model((VectorXd(2) << 1.5, 0.2).finished());
  SecantDecrement one_step, fresh;
  VectorXd x = VectorXd::Zero(2);
  one_step.observe(x, model.gradient(x), model.em_step(x));
  // Along the eigenvector of the negative eigenvalue.
  x += Eigen::SelfAdjointEigenSolver<MatrixXd>(model.observed).eigenvectors().col(0);
  one_step.observe(x, model.gradient(x), model.em_step(x));
  fresh.observe(x, model.gradient(x), model.em_step(x));
  CHECK(one_step.gain() == fresh.gain());
}

TEST_CASE("the decrement rule arrives after a near point that a plain step confirms") {
  const toy::Quadratic model(VectorXd::Constant(1, 0.5));
  const VectorXd far = VectorXd::Zero(1), near = model.top - VectorXd::Constant(1, 1e-5);
  DecrementRule rule(with_tol(1e-6));
  show(rule, model, far, StepKind::start);
  CHECK_FALSE(rule.wants_em_step());
  CHECK_FALSE(rule.arrived());
  show(rule, model, near, StepKind::accelerated);
  CHECK(rule.wants_em_step());
  CHECK_FALSE(rule.arrived());
  show(rule, model, near + model.em_step(near), StepKind::em);
  CHECK(rule.arrived());
  // A near point followed by a far one is not confirmed.
  DecrementRule another(with_tol(1e-6));
  show(another, model, near, StepKind::start);
  show(another, model, far, StepKind::em);
  CHECK_FALSE(another.arrived());
  CHECK_FALSE(another.wants_em_step());
}

TEST_CASE("below rounding the tolerance asks for no more than arithmetic allows") {
  toy::Quadratic model(VectorXd::Constant(1, 0.5));
  model.height = -1e6;                                         // rounding_floor of 1.4e-8
  const VectorXd x = model.top - VectorXd::Constant(1, 1e-5);  // gap of 2.5e-11
  DecrementRule rule(with_tol(1e-15));
  show(rule, model, x, StepKind::start);
  CHECK(rule.wants_em_step());
  model.height = -1e-3;
  DecrementRule strict(with_tol(1e-15));
  show(strict, model, x, StepKind::start);
  CHECK_FALSE(strict.wants_em_step());
}

TEST_CASE("Aitken's gap is exact where the gains are geometric, after two plain steps") {
  const toy::Quadratic model(VectorXd::Constant(1, 0.9));
  AitkenRule rule(with_tol(1e-4));
  VectorXd x = VectorXd::Zero(1);
  show(rule, model, x, StepKind::start);
  CHECK(rule.gap() == kInf);
  int steps = 0;
  while (!rule.arrived() && steps < 1000) {
    x += model.em_step(x);
    show(rule, model, x, StepKind::em);
    if (++steps < 2) continue;
    const double gap = 0.5 * (model.top - x).dot(model.observed * (model.top - x));
    // Gains are differences of values of size 100, known to 1e-14 each; a gain is .23 of the gap
    // before it.
    REQUIRE(difference(rule.gap(), gap) < 1e-11 + 1e-11 * gap);
  }
  CHECK(rule.arrived());
  CHECK(rule.gap() <= 1e-4);
  // Not long after the tolerance is met: the rule measures for three steps when it looks.
  CHECK(steps <= std::log(1e-4 / (0.5 * model.observed(0, 0))) / std::log(0.81) + 4);
}

TEST_CASE("Aitken's rule measures over three plain steps before it arrives") {
  const toy::Quadratic model(VectorXd::Constant(1, 0.5));
  AitkenRule rule(with_tol(1e-6));
  VectorXd x = VectorXd::Zero(1);
  show(rule, model, x, StepKind::start);
  x = model.top - VectorXd::Constant(1, 1e-5);
  show(rule, model, x, StepKind::accelerated);
  CHECK_FALSE(rule.wants_em_step());  // that step still gained much
  x += model.em_step(x);
  show(rule, model, x, StepKind::accelerated);
  CHECK(rule.wants_em_step());
  for (int k = 1; k <= 3; ++k) {
    CHECK_FALSE(rule.arrived());
    x += model.em_step(x);
    show(rule, model, x, StepKind::em);
  }
  CHECK(rule.arrived());
}

TEST_CASE("Aitken's rule is not fooled by small gains of a slow climb") {
  // At a rate of .9999 the gain of a step is 2e-4 of the gap.
  const toy::Quadratic model(VectorXd::Constant(1, 0.9999));
  AitkenRule rule(with_tol(1e-6));
  VectorXd x = model.top - VectorXd::Constant(1, 1);  // gap 5e-5, gain 1e-8
  show(rule, model, x, StepKind::start);
  for (int k = 0; k < 20; ++k) {
    x += model.em_step(x);
    show(rule, model, x, StepKind::em);
    CHECK_FALSE(rule.arrived());
  }
}

TEST_CASE("where gains are rounding, the length of the steps still tells the gap") {
  toy::Quadratic model(VectorXd::Constant(1, 0.9));
  model.height = -1e4;  // floor 1.4e-10; gains below 9e-9 are not trusted
  AitkenRule rule(with_tol(1e-10));
  VectorXd x = VectorXd::Zero(1);
  show(rule, model, x, StepKind::start);
  for (int k = 1; k <= 95; ++k) {
    x += model.em_step(x);
    show(rule, model, x, StepKind::em);
  }
  // Gap 0.05 * 0.81^95 = 1e-10, gain per step^2 measured where it was 1e-8 with an error of 2e-12.
  const double gap = 0.5 * (model.top - x).dot(model.observed * (model.top - x));
  CHECK(gap < 2e-10);
  CHECK(difference(rule.gap(), gap) < 1e-2 * gap);
}

TEST_CASE("what an earlier fit knew of the gap spares the measuring") {
  const toy::Quadratic model(VectorXd::Constant(1, 0.9));
  const VectorXd x = model.top - VectorXd::Constant(1, 1e-3);  // gap 5e-8
  const VectorXd step = model.em_step(x);
  Control control = with_tol(1e-6);
  control.gap_per_step2 = (model.height - model.objective(x)) / step.squaredNorm();
  AitkenRule rule(control);
  show(rule, model, x, StepKind::start);
  CHECK(difference(rule.gap(), 5e-8) < 1e-12);
  CHECK(rule.wants_em_step());
  CHECK_FALSE(rule.arrived());
  show(rule, model, x + step, StepKind::em);
  CHECK(rule.arrived());

  // Too far from the top for this tolerance: measured as ever.
  control.tol = 1e-9;
  AitkenRule strict(control);
  show(strict, model, x, StepKind::start);
  show(strict, model, x + step, StepKind::em);
  CHECK_FALSE(strict.arrived());
}

TEST_CASE("stillness: nothing moves, or rounding alone does") {
  Stillness still;
  CHECK_FALSE(still.reached(1e-3));
  CHECK_FALSE(still.reached(1e-11));
  CHECK(still.reached(1e-12));
  // Small moves that do not get smaller are rounding's, after a while.
  Stillness noisy;
  int waited = 0;
  while (!noisy.reached(1e-10) && waited < 1000) ++waited;
  CHECK(waited > 10);
  CHECK(waited < 100);
  // Moves that are not small are the climb's, however long it takes.
  Stillness moving;
  for (int k = 0; k < 1000; ++k) CHECK_FALSE(moving.reached(1e-6));
}

TEST_CASE("rounding is taken as 64 ulps of the objective, whatever its sign") {
  // 2^-52 * 64 = 2^-46.
  CHECK(rounding_floor(-std::ldexp(1.0, 46)) == 1);
  CHECK(rounding_floor(std::ldexp(1.0, 46)) == 1);
  CHECK(rounding_floor(0) == 0);
}
