// The normal with censored cells: its steps against one another, and whole climbs.
#include <missmix/accelerate/plain.hpp>
#include <missmix/models/censored_information.hpp>
#include <missmix/models/censored_predict.hpp>
#include <missmix/models/mvn_start.hpp>
#include <missmix/run.hpp>

#include <catch.h>

#include "compare.hpp"
#include "mvn_reference.hpp"

namespace {

using namespace missmix;
using toy::difference;

constexpr double kInf = std::numeric_limits<double>::infinity();

// Columns 0 to `bounded` - 1 are not measured below a limit; the last has missing cells.
struct Censored {
  explicit Censored(Index bounded, bool weighted = false) : rows(toy::complete_rows(120, 5, 7)) {
    for (Index i = 0; i < rows.n(); ++i) {
      for (Index j = 0; j < bounded; ++j) {
        const double limit = 10 * static_cast<double>(j) - 0.5;
        if (rows.cells(i, j) > limit) continue;
        rows.cells(i, j) = kMissing;
        cells.row.push_back(i);
        cells.variable.push_back(j);
        cells.lower.push_back(i % 3 == 0 ? limit - 9 : -kInf);
        cells.upper.push_back(limit);
      }
      if (i % 4 == 0) rows.cells(i, 4) = kMissing;
    }
    if (weighted) toy::add_weights(rows);
    columns = rows.columns();
    const Survey all(columns, rows.n(), rows.weight_data());
    VectorXd plain_weights = VectorXd::Ones(rows.n());
    if (weighted) plain_weights = rows.weights;
    for (Index i : cells.row) plain_weights[i] = 0;
    Survey plain(columns, rows.n(), plain_weights.data());
    plain.facts = all.facts;
    data = std::make_unique<MvnData>(plain, columns, rows.n(), plain_weights.data());
    censored = std::make_unique<CensoredRows>(cells, columns, rows.weight_data(), data->centre,
                                              data->scale);
  }

  toy::Rows rows;
  Columns columns;
  CensoredCells cells;
  std::unique_ptr<MvnData> data;
  std::unique_ptr<CensoredRows> censored;
};

double objective(const CensoredMvn& model, const VectorXd& x) {
  Mvn::Params params;
  auto stats = model.make_stats();
  REQUIRE(model.unpack(x, params));
  return model.e_step(params, stats) + model.log_prior(params);
}

// Largest difference between the score and fourth-order differences of the objective.
double score_error(const CensoredMvn& model, const Mvn::Params& params) {
  VectorXd x, score;
  auto stats = model.make_stats();
  model.e_step(params, stats);
  model.score(params, stats, score);
  model.pack(params, x);
  double worst = 0;
  for (Index k = 0; k < x.size(); ++k) {
    const double h = 1e-3;
    const auto at = [&](double step) {
      VectorXd moved = x;
      moved[k] += step;
      return objective(model, moved);
    };
    const double slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    worst = std::max(worst, difference(slope, score[k]));
  }
  return worst;
}

}  // namespace

// Of differences of an objective of some 1e3, over steps of 1e-3.
TEST_CASE("the score is the slope of the objective, exact or approximate, with weights and ridge") {
  for (Index bounded : {1, 2, 4})
    for (bool weighted : {false, true}) {
      CAPTURE(bounded);
      const Censored given(bounded, weighted);
      Index most = 0;
      for (const CensoredGroup& group : given.censored->groups)
        most = std::max(most, group.censored);
      REQUIRE(most == bounded);
      const CensoredMvn model(*given.data, *given.censored, weighted ? 3.0 : 0.0, 1);
      CHECK(score_error(model, toy::some_params(5)) < 1e-6);
    }
}

TEST_CASE("plain EM never goes down and ends where the score is zero") {
  for (Index bounded : {1, 2, 4}) {
    CAPTURE(bounded);
    const Censored given(bounded);
    const CensoredMvn model(*given.data, *given.censored, 0, 1);
    SilentMonitor monitor;
    Control control;
    control.tol = 1e-9;
    Plain plain;
    const auto fit = Climb<CensoredMvn>(model, control, plain, monitor).from(toy::some_params(5));
    REQUIRE(fit.status == Status::converged);
    for (std::size_t i = 1; i < fit.trace.size(); ++i)
      CHECK(fit.trace[i].objective >=
            fit.trace[i - 1].objective - model.rounding(fit.params) - 1e-10);
    VectorXd score;
    auto stats = model.make_stats();
    model.e_step(fit.params, stats);
    model.score(fit.params, stats, score);
    CHECK(score.cwiseAbs().maxCoeff() < 1e-2);
  }
}

TEST_CASE("the answer is the same to the bit for any number of threads") {
  const Censored given(4);
  const CensoredMvn one(*given.data, *given.censored, 0, 1),
      four(*given.data, *given.censored, 0, 4);
  auto by_one = one.make_stats(), by_four = four.make_stats();
  const Mvn::Params params = toy::some_params(5);
  CHECK(one.e_step(params, by_one) == four.e_step(params, by_four));
  CHECK(toy::identical(by_one.complete.cross, by_four.complete.cross));
  CHECK(toy::identical(by_one.complete.sum, by_four.complete.sum));
}

TEST_CASE("without bounds a row is an ordinary incomplete one") {
  Censored given(2);
  for (double& bound : given.cells.lower) bound = -kInf;
  for (double& bound : given.cells.upper) bound = kInf;
  const CensoredRows open(given.cells, given.columns, nullptr, given.data->centre,
                          given.data->scale);
  const CensoredMvn model(*given.data, open, 0, 1);
  Survey all(given.columns, given.rows.n(), nullptr);
  const MvnData everything(all, given.columns, given.rows.n(), nullptr);
  REQUIRE(difference(everything.scale, given.data->scale) == 0);
  const Mvn ordinary(everything, 0, 1);
  auto stats = model.make_stats();
  auto expected = ordinary.make_stats();
  const Mvn::Params params = toy::some_params(5);
  // Sums of 120 rows; integration over two open variables is good to 1e-13 a row.
  CHECK(difference(model.e_step(params, stats), ordinary.e_step(params, expected)) < 1e-9);
  CHECK(difference(stats.complete.sum, expected.sum) < 1e-9);
  CHECK(difference(stats.complete.cross, expected.cross) < 1e-9);
}

TEST_CASE("the observed information is minus the second difference of the objective") {
  const Censored given(2);
  const CensoredMvn model(*given.data, *given.censored, 0, 1);
  const Mvn::Params params = toy::some_params(5);
  const CensoredInformation information(model, params, 0);
  SilentMonitor silent;
  const MatrixXd observed = information.observed(silent);
  TimeLimit none(0);
  CHECK(information.observed(none).size() == 0);
  auto stats = model.make_stats();
  const double h = 1e-3;
  for (Index k = 0; k < 5; ++k) {  // the means
    const auto at = [&](double step) {
      Mvn::Params moved = params;
      moved.mu += step * params.chol.col(k);
      return model.e_step(moved, stats);
    };
    const double second = (at(h) - 2 * at(0) + at(-h)) / (h * h);
    CHECK(std::abs(second + observed(k, k)) < 1e-4 * observed(k, k));
  }
}

TEST_CASE("predictions lie within their bounds") {
  const Censored given(4);
  CensoredPredictions found;
  const VectorXd mu = given.data->centre;
  const MatrixXd sigma = given.data->scale.cwiseAbs2().asDiagonal();
  const CensoredRows rows(given.cells, given.columns, nullptr, mu, given.data->scale);
  REQUIRE(predict_censored(rows, mu, sigma, found));
  std::size_t inside = 0;
  for (std::size_t k = 0; k < found.row.size(); ++k) {
    if (std::isnan(found.location[k])) continue;
    ++inside;
    for (std::size_t c = 0; c < given.cells.size(); ++c)
      if (given.cells.row[c] == found.row[k] && given.cells.variable[c] == found.variable[k]) {
        CHECK(found.mean[k] > given.cells.lower[c]);
        CHECK(found.mean[k] < given.cells.upper[c]);
      }
  }
  CHECK(inside == given.cells.size());
}
