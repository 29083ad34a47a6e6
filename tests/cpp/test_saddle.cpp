// Saddles: the leading mode of the EM map, and climbs that go on past a saddle.
#include <missmix/accelerate/anderson.hpp>
#include <missmix/accelerate/plain.hpp>
#include <missmix/models/mvn_start.hpp>
#include <missmix/saddle.hpp>

#include <catch.h>

#include "compare.hpp"
#include "mvn_reference.hpp"
#include "toy_models.hpp"

namespace {

using namespace missmix;
using toy::difference;

SilentMonitor silent;

const MakeAccelerator kAnderson = [] { return std::make_unique<Anderson>(10); };

double correlation(const Mvn::Params& params) {
  return params.sigma(0, 1) / std::sqrt(params.sigma(0, 0) * params.sigma(1, 1));
}

// The mode at the top of an affine map.
LeadingMode mode_of(const toy::Quadratic& model, Index steps) {
  EmMap<toy::Quadratic> map(model);
  return leading_mode(map, model.top, model.top, steps, silent);
}

}  // namespace

TEST_CASE("the leading mode of an affine map is found in as many steps as dimensions") {
  const VectorXd rates = (VectorXd(5) << 0.9, 0.7, 0.4, 0.1, 0).finished();
  const toy::Quadratic model(rates);
  const LeadingMode mode = mode_of(model, 5);
  // Differences over 1e-5 of points of size 3 keep ten digits.
  CHECK(difference(mode.rate, 0.9) < 1e-8);
  CHECK(difference(mode.direction.norm(), 1) < 1e-14);
  // One map step takes its direction to 0.9 of itself.
  const VectorXd image = mode.direction + model.em_step(model.top + mode.direction);
  CHECK(difference(image, 0.9 * mode.direction) < 1e-8);
}

TEST_CASE("fewer steps see a lower rate, but one that stands apart") {
  VectorXd rates = VectorXd::LinSpaced(30, 0, 0.5);
  rates[0] = 1.3;
  const LeadingMode mode = mode_of(toy::Quadratic(rates), 5);
  // The map is not symmetric, so the estimate may lie on either side.
  CHECK(mode.rate > 1.1);
  CHECK(mode.rate < 1.5);
}

TEST_CASE("a map that ends the Krylov space early still has its mode") {
  // One rate for all directions: the first step says it all.
  const LeadingMode mode = mode_of(toy::Quadratic(VectorXd::Constant(4, 0.6)), 4);
  CHECK(difference(mode.rate, 0.6) < 1e-8);
  CHECK(mode_of(toy::Quadratic(VectorXd::Constant(1, 0.25)), 5).direction.size() == 1);
}

TEST_CASE("a point from which no step is legal has no rate, and costs what was tried") {
  struct OnlyTheTop : toy::Quadratic {
    using Quadratic::Quadratic;
    bool unpack(const VectorXd& x, Params& params) const {
      params.x = x;
      return x == top;
    }
  };
  const OnlyTheTop model(VectorXd::Constant(3, 0.5));
  EmMap<OnlyTheTop> map(model);
  VectorXd image;
  CHECK(map(model.top, image));
  CHECK(difference(image, model.top) < 1e-15);
  CHECK(map.passes() == 1);
  CHECK(std::isnan(leading_mode(map, model.top, model.top, 3, silent).rate));
  CHECK(map.passes() == 1);  // an illegal point is noticed before its pass
  CHECK(map.objective(VectorXd::Zero(3)) == -std::numeric_limits<double>::infinity());
}

TEST_CASE("Murray's data: a climb alone ends on the saddle, the search for saddles leaves it") {
  const toy::Prepared prepared(toy::murray());
  const Mvn model(prepared.data, 0, 1);
  const Mvn::Params start = mvn_start(prepared.data, 0);
  REQUIRE(correlation(start) == 0);
  Control control;
  control.tol = 1e-12;
  SilentMonitor monitor;
  Anderson anderson(10);
  const auto alone = Climb<Mvn>(model, control, anderson, monitor).from(start);
  CHECK(alone.status == Status::converged);
  CHECK(std::abs(correlation(alone.params)) < 1e-10);

  const Fit<Mvn> fit = run_past_saddles(model, start, control, kAnderson, monitor);
  CHECK(fit.status == Status::converged);
  // Given to ten decimals.
  CHECK(difference(fit.log_lik, -29.9742864105) < 1e-10);
  // A gap of 1e-12, or the rounding of 4e-13, at an information of about 5: 1e-6.
  CHECK(difference(std::abs(correlation(fit.params)), 0.5) < 2e-6);
  const VectorXd variances =
      prepared.data.scale.cwiseAbs2().cwiseProduct(fit.params.sigma.diagonal());
  CHECK(difference(variances, VectorXd::Constant(2, 8.0 / 3)) < 1e-5);
  CHECK(difference(fit.params.mu, VectorXd::Zero(2)) < 1e-5);
  REQUIRE(fit.saddles.size() == 1);
  CHECK(fit.saddles[0].objective == alone.objective);
  CHECK(fit.saddles[0].rate > 1.01);

  // One record of the whole journey.
  REQUIRE(fit.trace.size() == static_cast<std::size_t>(fit.iterations) + 1);
  for (std::size_t k = 0; k < fit.trace.size(); ++k) {
    CHECK(fit.trace[k].iteration == static_cast<int>(k));
    if (k == 0) continue;
    CHECK(fit.trace[k].passes > fit.trace[k - 1].passes);
    CHECK(fit.trace[k].seconds >= fit.trace[k - 1].seconds);
    CHECK(fit.trace[k].objective >= fit.trace[k - 1].objective - 1e-12);
  }
  CHECK(fit.trace.back().passes == fit.passes);
  CHECK(fit.passes_check > 0);
}

TEST_CASE("the rate at the saddle of Murray's data is the one worked out by hand") {
  // Change the covariance from 0 to c, with both variances at 5/2. Each of the eight incomplete rows
  // is filled in by the regression on its other cell, c / (5/2) times 2 or -2, and so adds
  // 4 c / (5/2) to the sum of products; the complete rows add nothing. Over twelve rows the
  // image of c is 8 * 4 c / (5/2) / 12 = 16 c / 15.
  const toy::Prepared prepared(toy::murray());
  const Mvn model(prepared.data, 0, 1);
  const Mvn::Params start = mvn_start(prepared.data, 0);
  EmMap<Mvn> map(model);
  VectorXd x, image;
  model.pack(start, x);
  REQUIRE(map(x, image));
  const LeadingMode mode = leading_mode(map, x, image, 5, silent);
  // Differences over 1e-5 of a smooth map: an error of the order of 1e-5.
  CHECK(difference(mode.rate, 16.0 / 15) < 1e-4);
  CHECK_FALSE(mode.stopped);
  TimeLimit none(0);
  CHECK(leading_mode(map, x, image, 5, none).stopped);
}

TEST_CASE("a maximum is left alone, for a few passes") {
  const toy::Prepared prepared(toy::incomplete_rows(60, 3, 0.3, 15));
  const Mvn model(prepared.data, 0, 1);
  SilentMonitor monitor;
  const Control control;
  const auto start = mvn_start(prepared.data, 0);
  Anderson anderson(10);
  const auto alone = Climb<Mvn>(model, control, anderson, monitor).from(start);
  const auto fit = run_past_saddles(model, start, control, kAnderson, monitor);
  CHECK(fit.saddles.empty());
  CHECK(fit.passes == alone.passes);
  CHECK(toy::identical(fit.packed, alone.packed));
  CHECK(fit.passes_check > 0);
  CHECK(fit.passes_check <= 5);
}

TEST_CASE("a climb that did not converge is not searched for saddles") {
  const toy::Prepared prepared(toy::murray());
  const Mvn model(prepared.data, 0, 1);
  SilentMonitor monitor;
  Control control;
  control.max_iter = 0;
  const auto fit =
      run_past_saddles(model, mvn_start(prepared.data, 0), control, kAnderson, monitor);
  CHECK(fit.status == Status::max_iter);
  CHECK(fit.passes_check == 0);
  CHECK(fit.saddles.empty());
}
