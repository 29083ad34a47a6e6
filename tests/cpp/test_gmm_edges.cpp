// Gaussian mixtures where they begin and where they end: labels, weights, many starts, components
// that are thin, collapse or vanish.
#include <missmix/accelerate/anderson.hpp>
#include <missmix/accelerate/plain.hpp>
#include <missmix/models/gmm_start.hpp>
#include <missmix/multi_start.hpp>

#include <catch.h>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <vector>

#include "compare.hpp"
#include "gmm_rows.hpp"

namespace {

using namespace missmix;
using toy::clusters;
using toy::Clusters;
using toy::difference;
using toy::Prepared;

}  // namespace

TEST_CASE("many starts: the same for any number of threads, and acceleration keeps the hill") {
  const Prepared prepared(clusters(300, 0));
  const Gmm model(prepared.data, 3, GmmFamily("VVV"), false, {}, 1);
  const auto begin = [&](int i) {
    toy::Random random(static_cast<unsigned>(i) + 1);
    std::vector<int> labels(300);
    for (int& label : labels) label = static_cast<int>(3 * random.uniform());
    return gmm_from_labels(model, labels);
  };
  Control control;
  control.accelerate_below = 0.5;
  const MakeAccelerator how = [] { return std::make_unique<Anderson>(10); };
  SilentMonitor monitor;
  MultiStartControl options{5, 3, 1};
  const auto one = run_multi_start(model, model, 8, begin, control, options, how, monitor);
  options.n_threads = 2;
  const auto two = run_multi_start(model, model, 8, begin, control, options, how, monitor);
  int finished = 0;
  for (int i = 0; i < 8; ++i) {
    CHECK(one[i].screened == two[i].screened);
    CHECK(one[i].finished == two[i].finished);
    CHECK(one[i].fit.objective == two[i].fit.objective);
    finished += one[i].finished ? 1 : 0;
    if (one[i].finished) CHECK(one[i].fit.trace.back().start == i + 1);
  }
  CHECK(finished == 3);

  // As workers do it: short runs alone tell which to climb, and each on its own comes to the same.
  options.keep = 0;
  const auto brief = run_multi_start(model, model, 8, begin, control, options, how, monitor);
  options.keep = 1;
  for (int i = 0; i < 8; ++i) {
    CHECK(brief[i].screened == one[i].screened);
    CHECK_FALSE(brief[i].finished);
    if (!one[i].finished) continue;
    const auto alone = run_multi_start(
        model, model, 1, [&](int) { return begin(i); }, control, options, how, monitor);
    CHECK(alone[0].fit.objective == one[i].fit.objective);
    CHECK(alone[0].fit.passes == one[i].fit.passes);
    CHECK(toy::identical(alone[0].fit.packed, one[i].fit.packed));
  }
}

TEST_CASE("a pass over several chunks is the same to the bit for any number of threads") {
  const Prepared prepared(clusters(5000, 0.1));
  const Gmm one(prepared.data, 3, GmmFamily("VVV"), true, {}, 1);
  const Gmm two(prepared.data, 3, GmmFamily("VVV"), true, {}, 2);
  const GmmParams params = gmm_from_labels(one, prepared.made.labels);
  auto stats_one = one.make_stats(), stats_two = two.make_stats();
  REQUIRE(stats_one.chunks.size() > 1);
  CHECK(one.e_step(params, stats_one) == two.e_step(params, stats_two));
  for (Index k = 0; k < 3; ++k) CHECK(toy::identical(stats_one.cross[k], stats_two.cross[k]));
}

TEST_CASE("a component that collapses is told as degenerate") {
  Clusters made = clusters(60, 0);
  made.labels.assign(60, 0);
  made.labels[0] = made.labels[1] = 1;
  made.labels[2] = 2;
  const Prepared prepared(made);
  const Gmm model(prepared.data, 3, GmmFamily("VVV"), false, {}, 1);
  GmmParams params = gmm_from_labels(model, made.labels);
  CHECK_FALSE(model.degenerate(params));  // drawn towards the whole
  params.pivots(1, 2) = 1e-14;
  CHECK(model.degenerate(params));
  CHECK_THROWS_AS(GmmFamily("VXV"), std::invalid_argument);
}

TEST_CASE("labels: rows without one are left out, and a noise that nobody has begins with a row") {
  Prepared prepared(clusters(90, 0));
  std::vector<int>& labels = prepared.made.labels;
  for (int i = 60; i < 90; ++i) labels[i] = -1;
  toy::Rows first{prepared.made.rows.cells.topRows(60), VectorXd()};
  const Columns columns = first.columns();
  const Survey survey(columns, 60, nullptr);
  const GmmData few(survey, columns, 60, prepared.data.centre, prepared.data.scale);
  const Gmm whole(prepared.data, 3, GmmFamily("VVV"), false, {}, 1);
  const Gmm part(few, 3, GmmFamily("VVV"), false, {}, 1);
  const GmmParams params = gmm_from_labels(whole, labels), alone = gmm_from_labels(part, labels);
  CHECK(difference(params.weights, alone.weights) < 1e-14);
  CHECK(difference(params.means, alone.means) < 1e-13);
  CHECK(difference(params.sigma(2), alone.sigma(2)) < 1e-13);

  const Gmm noisy(prepared.data, 3, GmmFamily("VVV"), true, {}, 1);
  CHECK(difference(gmm_from_labels(noisy, labels).weights[3], 1.0 / 92) < 1e-14);
  labels[0] = 3;
  CHECK(difference(gmm_from_labels(noisy, labels).weights[3], 1.0 / 60) < 1e-14);
  CHECK_THROWS_AS(gmm_from_labels(whole, labels), std::invalid_argument);
}

TEST_CASE("rows of weight zero change nothing, in the units of the whole") {
  const Prepared prepared(clusters(90, 0));
  VectorXd weights = VectorXd::Zero(90);
  weights.head(60).setOnes();
  const GmmData weighted(prepared.survey, prepared.columns, 90, prepared.data.centre,
                         prepared.data.scale, weights.data());
  const Columns columns = prepared.columns;
  const Survey survey(columns, 60, nullptr);
  const GmmData few(survey, columns, 60, prepared.data.centre, prepared.data.scale);
  const Gmm a(weighted, 3, GmmFamily("VVV"), false, {}, 1);
  const Gmm b(few, 3, GmmFamily("VVV"), false, {}, 1);
  const GmmParams params = gmm_from_labels(a, prepared.made.labels);
  auto stats_a = a.make_stats(), stats_b = b.make_stats();
  CHECK(difference(a.e_step(params, stats_a), b.e_step(params, stats_b)) < 1e-10);
  CHECK(difference(stats_a.cross[1], stats_b.cross[1]) < 1e-12);
}

TEST_CASE("thinness is the least variance beside the pooled one, in any direction") {
  const Prepared prepared(clusters(90, 0));
  for (const char* name : {"VVV", "VVI"}) {
    const Gmm model(prepared.data, 3, GmmFamily(name), false, {}, 1);
    GmmParams params = gmm_from_labels(model, prepared.made.labels);
    const MatrixXd pooled = params.weights[0] * params.sigma(0) +
                            params.weights[1] * params.sigma(1) +
                            params.weights[2] * params.sigma(2);
    for (Index k = 0; k < 3; ++k) {
      const VectorXd ratios = (pooled.inverse() * params.sigma(k)).eigenvalues().real();
      CHECK(difference(model.thinness(params)[k], ratios.minCoeff()) < 1e-12);
    }
    CHECK_FALSE(model.thin(params));
    params.pivots.col(1) *= 1e-3;
    CHECK(model.thin(params));
  }
  static_assert(has_thin<Gmm>);
}

TEST_CASE("a component that no row is near ends the climb as degenerate, with finite parameters") {
  const Prepared prepared(clusters(60, 0));
  for (const char* name : {"VVV", "EEE", "VEV", "EVE", "VVI", "EVI"}) {
    CAPTURE(name);
    const Gmm model(prepared.data, 3, GmmFamily(name), false, {}, 1);
    GmmParams params = gmm_from_labels(model, prepared.made.labels);
    params.means.col(1).setConstant(1e3);
    Control control;
    SilentMonitor monitor;
    Plain plain;
    const auto fit = Climb<Gmm>(model, control, plain, monitor).from(params);
    CHECK(fit.status == Status::degenerate);
    CHECK(std::isfinite(fit.objective));
    CHECK(fit.params.means.allFinite());
    CHECK(fit.params.pivots.allFinite());
  }
}

TEST_CASE("a tight group that stands apart is sound, one in the midst of another is thin") {
  toy::Random random(5);
  for (const double centre : {30.0, 0.5}) {
    toy::Clusters made{{MatrixXd(200, 1), VectorXd()}, std::vector<int>(200)};
    for (Index i = 0; i < 200; ++i) {
      made.labels[i] = i < 40 ? 1 : 0;
      made.rows.cells(i, 0) = i < 40 ? centre + 0.15 * random.normal() : random.normal();
    }
    const Prepared prepared(made);
    const Gmm model(prepared.data, 2, GmmFamily("V"), false, {}, 1);
    const GmmParams params = gmm_from_labels(model, made.labels);
    CHECK(model.thinness(params).minCoeff() < 0.05);
    CHECK(model.thinness(params).minCoeff() > 0.01);
    CHECK(model.thin(params) == (centre < 1));
  }
}

TEST_CASE("where none of the starts kept is sound the next are finished, and no more") {
  const Prepared prepared(clusters(90, 0));
  const Gmm model(prepared.data, 3, GmmFamily("VVV"), false, {}, 1);
  const GmmParams fair = gmm_from_labels(model, prepared.made.labels);
  GmmParams lost = fair;
  lost.means.col(1).setConstant(1e3);  // runs to a component without rows
  SilentMonitor monitor;
  const MakeAccelerator how = [] { return std::make_unique<Anderson>(10); };
  // All but the last are lost; short runs of no length do not tell.
  const auto begin = [&](int i) { return i == 3 ? fair : lost; };
  MultiStartControl options;
  options.keep = 1;
  Control control;
  const auto starts = run_multi_start(model, model, 5, begin, control, options, how, monitor);
  CHECK(starts[3].finished);
  CHECK(starts[3].sound());
  int finished = 0;
  for (const auto& start : starts) finished += start.finished ? 1 : 0;
  CHECK(finished == 1);
  const auto hopeless = [&](int) { return lost; };
  const auto none = run_multi_start(model, model, 5, hopeless, control, options, how, monitor);
  for (const auto& start : none) CHECK(start.finished);
}
