// Gaussian mixtures: steps against slow and obvious ones, scores against differences, whole climbs
// of every covariance family.
#include <missmix/accelerate/anderson.hpp>
#include <missmix/accelerate/plain.hpp>
#include <missmix/models/gmm_start.hpp>
#include <missmix/run.hpp>

#include <catch.h>
#include <Eigen/LU>
#include <string>
#include <vector>

#include "compare.hpp"
#include "gmm_rows.hpp"

namespace {

using namespace missmix;
using toy::clusters;
using toy::Clusters;
using toy::difference;
using toy::Prepared;

const std::vector<std::string> kFamilies = {"EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE",
                                            "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV"};

GmmPrior some_prior(const GmmFamily& family) {
  return conjugate_prior(family, 3, 0.01, VectorXd::Zero(3), 5, MatrixXd::Identity(3, 3));
}

double objective(const Gmm& model, const GmmParams& params, Gmm::Stats& stats) {
  const double log_lik = model.e_step(params, stats);
  return log_lik + model.log_prior(params);
}

// Log of weight times density of one row's observed cells, in the user's units.
double log_term(const Gmm& model, const GmmParams& params, Index k, const Eigen::RowVectorXd& row) {
  const GmmData& data = model.data();
  std::vector<Index> seen;
  for (Index j = 0; j < row.size(); ++j)
    if (row[j] == row[j]) seen.push_back(j);
  const Index o = static_cast<Index>(seen.size());
  const MatrixXd sigma = params.sigma(k);
  MatrixXd oo(o, o);
  VectorXd r(o);
  for (Index a = 0; a < o; ++a) {
    r[a] = row[seen[a]] - data.centre[seen[a]] - data.scale[seen[a]] * params.means(seen[a], k);
    for (Index b = 0; b < o; ++b)
      oo(a, b) = sigma(seen[a], seen[b]) * data.scale[seen[a]] * data.scale[seen[b]];
  }
  return std::log(params.weights[k]) - 0.5 * (static_cast<double>(o) * 1.8378770664093454836 +
                                              std::log(oo.determinant()) + r.dot(oo.inverse() * r));
}

}  // namespace

TEST_CASE("log-likelihood and responsibilities agree with one row at a time, with missing cells") {
  for (const char* name : {"VVV", "VVI", "EEE"})
    for (double missing : {0.0, 0.25}) {
      const Prepared prepared(clusters(120, missing));
      const Gmm model(prepared.data, 3, GmmFamily(name), false, {}, 1);
      const GmmParams params = gmm_from_labels(model, prepared.made.labels);
      auto stats = model.make_stats();
      MatrixXd found = MatrixXd::Zero(120, 3);
      VectorXd by_row = VectorXd::Zero(120);
      model.responsibilities(params, stats, found, by_row);
      double total = 0;
      for (Index i = 0; i < 120; ++i) {
        const Eigen::RowVectorXd row = prepared.made.rows.cells.row(i);
        if ((row.array() != row.array()).all()) continue;
        VectorXd terms(3);
        for (Index k = 0; k < 3; ++k) terms[k] = std::exp(log_term(model, params, k, row));
        total += std::log(terms.sum());
        CHECK(difference(found.row(i).transpose(), terms / terms.sum()) < 1e-11);
        CHECK(std::abs(found.row(i).sum() - 1) < 1e-14);
      }
      CHECK(difference(model.e_step(params, stats), total) < 1e-9);
    }
}

TEST_CASE("responsibilities stay finite a thousand standard deviations from every centre") {
  Clusters made = clusters(60, 0);
  const Prepared near(made);
  const Gmm model(near.data, 3, GmmFamily("VVV"), false, {}, 1);
  const GmmParams params = gmm_from_labels(model, made.labels);
  toy::Rows far = made.rows;
  for (Index i = 0; i < 60; ++i) far.cells.row(i).array() += 1000.0 * (i % 2 == 0 ? 3 : -3);
  const Columns columns = far.columns();
  const Survey survey(columns, 60, nullptr);
  const GmmData data(survey, columns, 60, near.data.centre, near.data.scale);
  const Gmm there(data, 3, GmmFamily("VVV"), false, {}, 1);
  auto stats = there.make_stats();
  MatrixXd found(60, 3);
  VectorXd by_row(60);
  there.responsibilities(params, stats, found, by_row);
  CHECK(found.allFinite());
  CHECK(by_row.allFinite());
  CHECK((found.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-14);
}

TEST_CASE("rows so far out that their squares overflow have responsibilities") {
  Clusters made = clusters(60, 0);
  const Prepared near(made);
  made.rows.cells(7, 1) = 1e200;
  const Columns columns = made.rows.columns();
  const Survey survey(columns, 60, nullptr);
  const GmmData data(survey, columns, 60, near.data.centre, near.data.scale);
  for (const char* name : {"VVV", "VVI"}) {
    const Gmm model(near.data, 3, GmmFamily(name), false, {}, 1);
    const Gmm there(data, 3, GmmFamily(name), false, {}, 1);
    auto stats = there.make_stats();
    MatrixXd found(60, 3);
    VectorXd by_row(60);
    there.responsibilities(gmm_from_labels(model, near.made.labels), stats, found, by_row);
    CHECK(found.allFinite());
    CHECK(by_row.allFinite());
  }
}

TEST_CASE("the M-step of a partition is its moments") {
  const Prepared prepared(clusters(90, 0));
  const Gmm model(prepared.data, 3, GmmFamily("VVV"), false, {}, 1);
  const GmmParams params = gmm_from_labels(model, prepared.made.labels);
  const GmmData& data = prepared.data;
  for (Index k = 0; k < 3; ++k) {
    const VectorXd z = VectorXd::NullaryExpr(
        90, [&](Index i) { return prepared.made.labels[i] == k ? 1.0 : 0.0; });
    const MatrixXd y = (prepared.made.rows.cells.rowwise() - data.centre.transpose()) *
                       data.scale.cwiseInverse().asDiagonal();
    const VectorXd mean = y.transpose() * z / z.sum();
    const MatrixXd centred = y.rowwise() - mean.transpose();
    const MatrixXd cov = centred.transpose() * z.asDiagonal() * centred / z.sum();
    CHECK(difference(params.means.col(k), mean) < 1e-12);
    CHECK(difference(params.sigma(k), cov) < 1e-12);
    CHECK(difference(params.weights[k], z.sum() / 90) < 1e-14);
  }
}

TEST_CASE("every family: round trip, score against differences, monotone, same maximum") {
  for (const std::string& name : kFamilies)
    for (bool with_prior : {false, true}) {
      CAPTURE(name);
      const Prepared prepared(clusters(300, with_prior ? 0.15 : 0));
      const GmmFamily family(name);
      const Gmm model(prepared.data, 3, family, false, with_prior ? some_prior(family) : GmmPrior{},
                      1);
      const GmmParams start = gmm_from_labels(model, prepared.made.labels);
      VectorXd x, back;
      GmmParams there;
      model.pack(start, x);
      REQUIRE(model.unpack(x, there));
      model.pack(there, back);
      // The four families of free or common axes are searched for, to 1e-13.
      CHECK(difference(x, back) < 1e-11);

      auto stats = model.make_stats();
      VectorXd score, forward, backward;
      const VectorXd aside = VectorXd::LinSpaced(x.size(), -1, 1.5);
      GmmParams a, b;
      REQUIRE(model.unpack(x + 1e-4 * aside, a));
      REQUIRE(model.unpack(x - 1e-4 * aside, b));
      model.pack(a, forward);
      model.pack(b, backward);
      const double rise = objective(model, a, stats) - objective(model, b, stats);
      objective(model, there, stats);
      model.score(there, stats, score);
      // Cubes of steps of 1e-4 against a slope of size 100.
      CHECK(std::abs(score.dot(forward - backward) - rise) < 1e-6 * (1 + std::abs(rise)));

      Control control;
      control.accelerate_below = 0.5;
      SilentMonitor monitor;
      Plain plain;
      Anderson anderson(10);
      const auto slow = Climb<Gmm>(model, control, plain, monitor).from(start);
      const auto fast = Climb<Gmm>(model, control, anderson, monitor).from(start);
      CHECK(slow.status == Status::converged);
      CHECK(fast.status == Status::converged);
      CHECK(std::abs(slow.objective - fast.objective) < 1e-5);
      CHECK(fast.passes <= slow.passes);
      for (const auto* fit : {&slow, &fast})
        for (std::size_t i = 1; i < fit->trace.size(); ++i)
          CHECK(fit->trace[i].objective >=
                fit->trace[i - 1].objective - rounding_floor(fit->trace[i].objective));
    }
}
