// The multivariate normal's steps against slow and obvious ones, and whole climbs.
#include <missmix/accelerate/anderson.hpp>
#include <missmix/accelerate/plain.hpp>
#include <missmix/accelerate/squarem.hpp>
#include <missmix/models/mvn_start.hpp>
#include <missmix/run.hpp>

#include <catch.h>

#include "compare.hpp"
#include "mvn_reference.hpp"

namespace {

using namespace missmix;
using toy::difference;

// Patterns with tables, patterns with kept rows, and rows that are wholly missing.
toy::Rows mixed_rows(bool weighted) {
  toy::Rows rows = toy::incomplete_rows(90, 5, 0.3, 3);
  rows.cells.row(10).setConstant(kMissing);
  if (weighted) toy::add_weights(rows);
  return rows;
}

// The packed coordinates of a point of no distinction.
VectorXd some_point(const Mvn& model) {
  VectorXd x;
  model.pack(toy::some_params(model.p()), x);
  return x;
}

double objective(const Mvn& model, const VectorXd& x) {
  Mvn::Params params;
  auto stats = model.make_stats();
  REQUIRE(model.unpack(x, params));
  return model.e_step(params, stats) + model.log_prior(params);
}

Fit<Mvn> climb(const Mvn& model, Accelerator& accelerator, double tol) {
  SilentMonitor monitor;
  Control control;
  control.tol = tol;
  return Climb<Mvn>(model, control, accelerator, monitor).from(mvn_start(model.data(), 0));
}

}  // namespace

TEST_CASE("the E-step agrees with one row at a time, for tables and kept rows, with weights") {
  for (bool weighted : {false, true}) {
    const toy::Prepared prepared(mixed_rows(weighted));
    const MvnData& data = prepared.data;
    REQUIRE(data.cross.size() > 1);
    REQUIRE(data.rows.cols() > 10);
    const Mvn model(data, 0, 1);
    const Mvn::Params params = toy::some_params(5);
    auto stats = model.make_stats();
    const double log_lik = model.e_step(params, stats);
    const auto expected = toy::expected(toy::standardised(prepared), params.mu, params.sigma);
    // Sums over 90 rows of values of size 1 to 10.
    CHECK(difference(stats.sum, expected.sum) < 1e-11);
    CHECK(difference(stats.cross, expected.cross) < 1e-11);
    // The log-likelihood is that of the user's units.
    const auto scale = data.scale.asDiagonal();
    const VectorXd mu = data.centre + scale * params.mu;
    const MatrixXd sigma = scale * params.sigma * scale;
    CHECK(difference(log_lik, toy::log_lik(prepared.rows, mu, sigma)) < 1e-9);
  }
}

TEST_CASE("an E-step leaves nothing behind for the next one") {
  const toy::Prepared prepared(mixed_rows(false));
  const Mvn model(prepared.data, 0, 1);
  auto used = model.make_stats(), fresh = model.make_stats();
  Mvn::Params other = toy::some_params(5), bad = other;
  other.mu.setConstant(2);
  bad.chol.setConstant(std::numeric_limits<double>::quiet_NaN());
  model.e_step(other, used);
  CHECK(model.e_step(bad, used) == -std::numeric_limits<double>::infinity());
  const Mvn::Params params = toy::some_params(5);
  CHECK(model.e_step(params, used) == model.e_step(params, fresh));
  CHECK(toy::identical(used.sum, fresh.sum));
  CHECK(toy::identical(used.cross, fresh.cross));
}

TEST_CASE("a weight of two is a row that is there twice") {
  toy::Rows weighted = mixed_rows(false), doubled = weighted;
  weighted.weights = VectorXd::Ones(90);
  doubled.cells.resize(120, 5);
  doubled.cells << weighted.cells, weighted.cells.topRows(30);
  weighted.weights.head(30).setConstant(2);
  const toy::Prepared a(weighted), b(doubled);
  const Mvn one(a.data, 0, 1), two(b.data, 0, 1);
  // Different sums, tables and kept rows; the log-likelihood is of size 1,000.
  CHECK(difference(a.data.scale, b.data.scale) < 1e-12);
  CHECK(difference(objective(one, some_point(one)), objective(two, some_point(two))) < 1e-9);
}

TEST_CASE("the M-step is that of complete data at the expected statistics, with the ridge") {
  const toy::Prepared prepared(mixed_rows(true));
  const double ridge = 3, n = prepared.data.weight;
  const Mvn model(prepared.data, ridge, 1);
  const Mvn::Params params = toy::some_params(5);
  auto stats = model.make_stats();
  model.e_step(params, stats);
  Mvn::Params image;
  model.m_step(stats, image);
  const auto expected = toy::expected(toy::standardised(prepared), params.mu, params.sigma);
  const VectorXd mu = expected.sum / n;
  const MatrixXd sigma =
      (expected.cross - n * mu * mu.transpose() + ridge * MatrixXd::Identity(5, 5)) / (n + ridge);
  CHECK(difference(image.mu, mu) < 1e-13);
  CHECK(difference(image.sigma, sigma) < 1e-13);
  CHECK(difference(image.chol * image.chol.transpose(), sigma) < 1e-13);
}

TEST_CASE("the prior is that of ridge pseudo-observations with the observed variances") {
  const toy::Prepared prepared(mixed_rows(false));
  const double ridge = 2.5;
  const Mvn model(prepared.data, ridge, 1);
  const Mvn::Params params = toy::some_params(5);
  const auto scale = prepared.data.scale.asDiagonal();
  const MatrixXd sigma = scale * params.sigma * scale;
  const MatrixXd variances = prepared.data.scale.cwiseAbs2().asDiagonal();
  const double expected =
      -0.5 * ridge * (std::log(sigma.determinant()) + (variances * sigma.inverse()).trace());
  CHECK(difference(model.log_prior(params), expected) < 1e-11);
  CHECK(Mvn(prepared.data, 0, 1).log_prior(params) == 0);
}

TEST_CASE("the score is the slope of the objective in packed coordinates") {
  for (bool weighted : {false, true})
    for (double ridge : {0.0, 4.0}) {
      const toy::Prepared prepared(mixed_rows(weighted));
      const Mvn model(prepared.data, ridge, 1);
      const VectorXd x = some_point(model);
      Mvn::Params params;
      model.unpack(x, params);
      auto stats = model.make_stats();
      model.e_step(params, stats);
      VectorXd score;
      model.score(params, stats, score);
      REQUIRE(score.size() == x.size());
      REQUIRE(score.cwiseAbs().minCoeff() > 1e-2);
      constexpr double h = 1e-4;
      for (Index k = 0; k < x.size(); ++k) {
        const VectorXd e = VectorXd::Unit(x.size(), k);
        const auto slope = [&](double step) {
          return (objective(model, x + step * e) - objective(model, x - step * e)) / (2 * step);
        };
        // Of fourth order: h^4 times a fifth derivative of size 1e4, and values of size 1,000 known
        // to 1e-12 over h.
        CHECK(difference(score[k], (4 * slope(h) - slope(2 * h)) / 3) < 1e-6);
      }
    }
}

TEST_CASE("pack and unpack are inverse, and refuse what is no covariance") {
  const toy::Prepared prepared(mixed_rows(false));
  const Mvn model(prepared.data, 0, 1);
  const Mvn::Params params = toy::some_params(5);
  VectorXd x, again;
  Mvn::Params back;
  model.pack(params, x);
  CHECK(x.size() == 20);
  REQUIRE(model.unpack(x, back));
  CHECK(toy::identical(back.mu, params.mu));
  CHECK(difference(back.sigma, params.sigma) < 1e-15);
  CHECK(difference(back.chol, params.chol) < 1e-15);
  model.pack(back, again);
  CHECK(difference(again, x) < 1e-15);
  // mu, then the factor by columns, logarithms on its diagonal.
  CHECK(x[5] == std::log(params.chol(0, 0)));
  CHECK(x[9] == params.chol(4, 0));
  CHECK(x[10] == std::log(params.chol(1, 1)));
  for (double bad : {-800.0, 800.0, std::numeric_limits<double>::quiet_NaN()}) {
    VectorXd off = x;
    off[5] = bad;
    CHECK_FALSE(model.unpack(off, back));
  }
}

TEST_CASE("singular covariances have no legal factor, or are told to be at the edge") {
  const toy::Prepared prepared(mixed_rows(false));
  const Mvn model(prepared.data, 0, 1);
  Mvn::Params params = toy::some_params(5);
  CHECK_FALSE(model.degenerate(params));
  CHECK(model.rounding(params) < 1e-12);
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(params.sigma);
  // The variances are all 1.1.
  CHECK(difference(model.edge_distance(params), solver.eigenvalues()[0] / 1.1) < 1e-14);
  params.sigma.setConstant(1.1);
  params.sigma.diagonal().array() *= 1 + 1e-13;
  Mvn::factorise(params);
  CHECK(model.degenerate(params));
  CHECK(model.edge_distance(params) < 1e-9);
  params.sigma(0, 0) = -1;
  Mvn::factorise(params);
  CHECK(std::isnan(params.chol(0, 0)));
  CHECK(model.degenerate(params));
}

TEST_CASE("threads change nothing, to the bit") {
  const toy::Prepared prepared(toy::incomplete_rows(400, 8, 0.4, 4));
  REQUIRE(prepared.data.groups.size() > 64);
  const Mvn one(prepared.data, 0, 1), two(prepared.data, 0, 2);
  const Mvn::Params params = toy::some_params(8);
  auto stats_one = one.make_stats(), stats_two = two.make_stats();
  CHECK(one.e_step(params, stats_one) == two.e_step(params, stats_two));
  CHECK(toy::identical(stats_one.sum, stats_two.sum));
  CHECK(toy::identical(stats_one.cross, stats_two.cross));
  Anderson first(10), second(10);
  const auto fit_one = climb(one, first, 1e-6), fit_two = climb(two, second, 1e-6);
  CHECK(toy::identical(fit_one.packed, fit_two.packed));
  CHECK(fit_one.gap == fit_two.gap);
  CHECK(fit_one.passes == fit_two.passes);
}

TEST_CASE("every accelerator climbs without a fall to the same maximum, where the score vanishes") {
  const toy::Prepared prepared(mixed_rows(true));
  const Mvn model(prepared.data, 0, 1);
  Plain plain;
  Squarem squarem;
  Anderson anderson(10);
  const double tol = 1e-8;
  const Fit<Mvn> best = climb(model, anderson, 0);
  REQUIRE(best.status == Status::converged);
  auto stats = model.make_stats();
  VectorXd score;
  model.e_step(best.params, stats);
  model.score(best.params, stats, score);
  // A move of 1e-12 at an information of the size of n = 150.
  CHECK(score.cwiseAbs().maxCoeff() < 1e-8);
  Accelerator* const all[] = {&plain, &squarem, &anderson};
  anderson = Anderson(10);
  for (Accelerator* how : all) {
    const Fit<Mvn> fit = climb(model, *how, tol);
    CHECK(fit.status == Status::converged);
    // The gap is an estimate: within a factor of 2, and rounding.
    CHECK(best.objective - fit.objective < 2 * tol + rounding_floor(best.objective));
    for (std::size_t k = 1; k < fit.trace.size(); ++k)
      CHECK(fit.trace[k].objective >=
            fit.trace[k - 1].objective - rounding_floor(fit.trace[k].objective));
  }
}

TEST_CASE("complete data need one step, and the start is already the answer") {
  const toy::Prepared prepared(toy::complete_rows(50, 3, 6));
  const Mvn model(prepared.data, 0, 1);
  Anderson anderson(10);
  const Fit<Mvn> fit = climb(model, anderson, 1e-6);
  CHECK(fit.status == Status::converged);
  CHECK(fit.passes == 2);
  CHECK(difference(fit.params.mu, VectorXd::Zero(3)) < 1e-14);
  CHECK(difference(fit.params.sigma, prepared.data.total_cross / 50) < 1e-14);
}

TEST_CASE("the start is a regular covariance, also where pairs are never seen together") {
  toy::Rows rows = toy::incomplete_rows(60, 3, 0.2, 7);
  for (Index i = 0; i < 60; ++i) rows.cells(i, i < 30 ? 0 : 1) = kMissing;
  const toy::Prepared apart(rows), together(mixed_rows(false));
  for (const toy::Prepared* prepared : {&apart, &together})
    for (double ridge : {0.0, 1.0}) {
      const Mvn::Params start = mvn_start(prepared->data, ridge);
      CHECK(start.mu.allFinite());
      CHECK(Mvn::unexplained(start) > 0.02);
      CHECK(difference(start.sigma, start.chol * start.chol.transpose()) < 1e-14);
    }
}
