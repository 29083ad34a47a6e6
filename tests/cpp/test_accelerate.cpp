// The accelerators, by hand on affine maps and through the loop on models.
#include <missmix/accelerate/anderson.hpp>
#include <missmix/accelerate/plain.hpp>
#include <missmix/accelerate/squarem.hpp>
#include <missmix/run.hpp>

#include <catch.h>
#include <Eigen/Eigenvalues>
#include <memory>
#include <vector>

#include "compare.hpp"
#include "toy_models.hpp"

namespace {

using namespace missmix;
using toy::difference;

// Follows the proposals with no guard; the distance to the fixed point before each step.
std::vector<double> follow(const toy::Quadratic& map, Accelerator& accelerator, VectorXd x,
                           int steps) {
  std::vector<double> distance;
  VectorXd candidate;
  for (int k = 0; k <= steps; ++k) {
    distance.push_back((map.top - x).norm());
    const VectorXd image = x + map.em_step(x);
    x = accelerator.propose(x, image, candidate) ? candidate : image;
  }
  return distance;
}

toy::ScoredQuadratic slow_model() {
  return toy::ScoredQuadratic((VectorXd(6) << 0.999, 0.99, 0.9, 0.5, 0.2, 0).finished());
}

template <class Model>
Fit<Model> climb(const Model& model, Accelerator& accelerator, double tol) {
  SilentMonitor monitor;
  Control control;
  control.tol = tol;
  control.max_iter = 1000000;
  typename Model::Params start;
  start.x = VectorXd::Zero(model.top.size());
  return Climb<Model>(model, control, accelerator, monitor).from(start);
}

}  // namespace

TEST_CASE("plain EM proposes nothing") {
  Plain plain;
  VectorXd x = VectorXd::Zero(2), candidate;
  CHECK_FALSE(plain.propose(x, x, candidate));
  plain.reset();
  CHECK_FALSE(plain.propose(x, x, candidate));
}

TEST_CASE("Anderson solves an affine contraction in P dimensions after P differences") {
  for (Index p = 1; p <= 8; ++p) {
    const toy::Quadratic map(VectorXd::LinSpaced(p, 0.1, 0.7));
    Anderson anderson(10);
    const auto distance = follow(map, anderson, VectorXd::Zero(p), static_cast<int>(p) + 1);
    // One plain step, then P steps that each add a difference.
    CHECK(distance[static_cast<std::size_t>(p)] > 1e-9);
    // The least squares of 8 differences loses a few digits of 16.
    CHECK(distance.back() < 1e-8);
  }
}

TEST_CASE("Anderson with less memory than dimensions still beats the plain map by far") {
  const toy::ScoredQuadratic model = slow_model();
  Anderson shallow(3), deep(10);
  Plain plain;
  const int passes_shallow = climb(model, shallow, 1e-8).passes;
  const int passes_deep = climb(model, deep, 1e-8).passes;
  const int passes_plain = climb(model, plain, 1e-8).passes;
  // At a rate of .999 plain EM needs thousands of steps; P + 1, and a few more for the capped ones.
  CHECK(passes_plain > 2000);
  CHECK(passes_deep <= 20);
  CHECK(passes_shallow <= 100);
}

TEST_CASE("Anderson's step is capped; the cap grows when it binds and shrinks after a refusal") {
  // In one dimension at a rate of .9999 the uncapped step would be 10,000 EM steps.
  const toy::Quadratic map(VectorXd::Constant(1, 0.9999));
  VectorXd x = VectorXd::Constant(1, -5), candidate;
  Anderson anderson(10);
  const auto stretch = [&] {
    const VectorXd f = map.em_step(x);
    const bool proposed = anderson.propose(x, x + f, candidate);
    const double ratio = proposed ? (candidate - x)[0] / f[0] : 1;
    x = proposed ? candidate : VectorXd(x + f);
    return ratio;
  };
  // 1 - .9999 costs four digits of sixteen in a difference of EM steps, the ratio itself fewer.
  CHECK(stretch() == 1);
  CHECK(difference(stretch(), 4) < 1e-9);
  CHECK(difference(stretch(), 16) < 1e-9);
  CHECK(difference(stretch(), 64) < 1e-9);
  anderson.reset();  // cut steps were too long: from 256 to 32
  CHECK(difference(stretch(), 32) < 1e-9);
  for (int k = 0; k < 20; ++k) anderson.reset();
  CHECK(difference(stretch(), 2) < 1e-9);
}

TEST_CASE("Anderson's cap is only halved after the refusal of a step that was not cut") {
  Anderson anderson(10);
  VectorXd candidate;
  const auto propose = [&](double x, double f) {
    anderson.propose(VectorXd::Constant(1, x), VectorXd::Constant(1, x + f), candidate);
    return (candidate[0] - x) / f;
  };
  CHECK_FALSE(anderson.propose(VectorXd::Zero(1), VectorXd::Ones(1), candidate));
  CHECK(difference(propose(1, 0.5), 2) < 1e-14);  // the secant's root, within the cap of 4
  anderson.reset();
  CHECK(difference(propose(1.5, 0.499), 2) < 1e-14);  // the root is 500 off, the cap 2
}

TEST_CASE("Anderson goes on along the EM step where its differences point back") {
  // EM steps that grow: the fixed point of the secant lies behind.
  Anderson anderson(10);
  VectorXd candidate;
  CHECK_FALSE(anderson.propose(VectorXd::Zero(2), VectorXd::Ones(2), candidate));
  const VectorXd x = VectorXd::Ones(2), f = VectorXd::Constant(2, 1.5);
  CHECK(anderson.propose(x, x + f, candidate));
  CHECK(difference(candidate, x + 4 * f) < 1e-14);
}

TEST_CASE("Anderson keeps to the image while its differences say nothing") {
  VectorXd x = VectorXd::Constant(3, 2), candidate;
  Anderson anderson(10);
  CHECK_FALSE(anderson.propose(x, x, candidate));
  CHECK_FALSE(anderson.propose(x, x, candidate));
  CHECK_FALSE(anderson.propose(x, x, candidate));
}

TEST_CASE("Anderson drops differences that depend on newer ones") {
  // Four dimensions but movement in one: the second difference repeats the first.
  toy::Quadratic map(VectorXd::Constant(4, 0.5));
  map.complete = MatrixXd::Identity(4, 4);
  map.observed = 0.5 * MatrixXd::Identity(4, 4);
  Anderson anderson(10);
  const VectorXd start = map.top + VectorXd::Unit(4, 1);
  const auto distance = follow(map, anderson, start, 6);
  // Solved at the first difference and at rest from there on; rounding of coordinates up to 2.5.
  for (std::size_t k = 2; k < distance.size(); ++k) CHECK(distance[k] < 1e-15);
}

TEST_CASE("SQUAREM solves one dimension in a cycle where its step is not capped") {
  const toy::Quadratic map(VectorXd::Constant(1, 0.7));
  Squarem squarem;
  const auto distance = follow(map, squarem, VectorXd::Zero(1), 2);
  CHECK(distance[1] > 0.1);
  CHECK(distance[2] < 1e-14);
}

TEST_CASE("SQUAREM's longest step grows when it binds") {
  const toy::Quadratic map(VectorXd::Constant(1, 0.99));  // the full step has length 100
  Squarem squarem;
  const auto distance = follow(map, squarem, VectorXd::Zero(1), 8);
  // A cycle of step length a leaves (1 - a (1 - rate))^2 of the error: lengths 4, 16, 64, 100.
  const double lengths[] = {4, 16, 64};
  for (std::size_t c = 0; c < 3; ++c) {
    const double left = 1 - 0.01 * lengths[c];
    // Differences of differences lose four digits.
    CHECK(difference(distance[2 * c + 2] / distance[2 * c], left * left) < 1e-9);
  }
  CHECK(distance[8] < 1e-10);
}

TEST_CASE("SQUAREM shortens its longest step when refused, and begins a new cycle") {
  const toy::Quadratic map(VectorXd::Constant(1, 0.99));
  Squarem squarem;
  VectorXd x = VectorXd::Zero(1), candidate;
  const auto ask = [&] { return squarem.propose(x, x + map.em_step(x), candidate); };
  CHECK_FALSE(ask());
  x += map.em_step(x);
  CHECK(ask());  // of length 4: the longest allowed is now 16
  squarem.reset();
  squarem.reset();
  CHECK_FALSE(ask());
  x += map.em_step(x);
  CHECK_FALSE(ask());  // of length 1: that is the image itself
  CHECK_FALSE(ask());
  const double before = (map.top - x)[0];
  x += map.em_step(x);
  CHECK(ask());  // and 4 again
  CHECK(difference((map.top - candidate)[0] / before, 0.96 * 0.96) < 1e-9);
}

TEST_CASE("all accelerators reach the same point, and none needs more passes than plain EM") {
  const toy::ScoredQuadratic scored = slow_model();
  const toy::Quadratic scoreless = scored;
  const double tol = 1e-9;
  // Along the slowest direction the observed information is about .001 of the complete one.
  const double smallest =
      Eigen::SelfAdjointEigenSolver<MatrixXd>(scored.observed).eigenvalues().minCoeff();
  // Right after an extrapolation three plain steps still show the faster directions, and Aitken's
  // gap is too small by as much as a factor of 8 here; the decrement is right within 1.3.
  const double within = std::sqrt(2 * 10 * tol / smallest);
  const auto check = [&](const auto& model) {
    int plain_passes = 0;
    for (int which = 0; which < 3; ++which) {
      std::unique_ptr<Accelerator> how;
      if (which == 0) how = std::make_unique<Plain>();
      if (which == 1) how = std::make_unique<Squarem>();
      if (which == 2) how = std::make_unique<Anderson>(10);
      const auto fit = climb(model, *how, tol);
      CHECK(fit.status == Status::converged);
      CHECK((fit.params.x - model.top).norm() < within);
      if (which == 0) plain_passes = fit.passes;
      CHECK(fit.passes <= plain_passes);
      for (std::size_t k = 1; k < fit.trace.size(); ++k)
        CHECK(fit.trace[k].objective >=
              fit.trace[k - 1].objective - rounding_floor(fit.trace[k].objective));
    }
  };
  check(scored);
  check(scoreless);
}
