// Predictions for missing cells against the direct formulas, in the user's units.
#include <missmix/models/mvn_predict.hpp>

#include <catch.h>

#include "compare.hpp"
#include "mvn_reference.hpp"

namespace {

using namespace missmix;
using toy::difference;

struct Truth {
  VectorXd mu;
  MatrixXd sigma;
};

// The normal behind toy::complete_rows.
Truth truth(Index p) {
  Truth t{VectorXd(p), MatrixXd(p, p)};
  for (Index j = 0; j < p; ++j) {
    t.mu[j] = 10 * static_cast<double>(j);
    for (Index i = 0; i < p; ++i)
      t.sigma(i, j) = static_cast<double>((1 + 2 * i) * (1 + 2 * j)) *
                      ((i == j ? 1.0 : 0.0) + ((i + j) % 2 == 0 ? 1.0 : -1.0));
  }
  return t;
}

RowPredictions predict(const toy::Rows& rows, const Truth& normal) {
  const Columns columns = rows.columns();
  const Survey survey(columns, rows.n(), nullptr);
  MvnPredictor predictor(normal.mu, normal.sigma);
  REQUIRE(predictor.legal());
  return predictor.rows(survey, columns, rows.n());
}

}  // namespace

TEST_CASE("every missing cell gets its conditional mean and variance, row by row") {
  // Common patterns and single ones, complete rows and empty ones.
  toy::Rows rows = toy::incomplete_rows(80, 5, 0.35, 13);
  rows.cells.row(3).setConstant(kMissing);
  rows.cells.row(4) << 1, 2, 3, 4, 5;
  const Truth normal = truth(5);
  const RowPredictions out = predict(rows, normal);
  std::size_t cell = 0;
  for (Index i = 0; i < rows.n(); ++i) {
    const toy::RowGiven given = toy::row_given(rows, i, normal.mu, normal.sigma);
    for (Index j = 0; j < rows.p(); ++j) {
      if (rows.cells(i, j) == rows.cells(i, j)) continue;
      REQUIRE(cell < out.row.size());
      CHECK(out.row[cell] == i);
      CHECK(out.variable[cell] == j);
      // Means up to 100, variances up to 160.
      CHECK(difference(out.mean[cell], given.mean[j]) < 1e-11);
      CHECK(difference(out.variance[cell], given.cov(j, j)) < 1e-11);
      ++cell;
    }
    CHECK(difference(out.distance[i], given.distance) < 1e-11);
    CHECK(difference(out.log_lik[i], given.log_lik) < 1e-11);
  }
  CHECK(cell == out.row.size());
  CHECK(out.mean.size() == cell);
  CHECK(out.variance.size() == cell);
}

TEST_CASE("a row with nothing observed is predicted by the distribution itself") {
  const toy::Rows rows{MatrixXd::Constant(2, 3, kMissing), VectorXd()};
  const Truth normal = truth(3);
  const RowPredictions out = predict(rows, normal);
  REQUIRE(out.mean.size() == 6);
  for (std::size_t cell = 0; cell < 6; ++cell) {
    const Index j = static_cast<Index>(cell % 3);
    CHECK(difference(out.mean[cell], normal.mu[j]) < 1e-14);
    CHECK(difference(out.variance[cell], normal.sigma(j, j)) < 1e-13);
  }
  CHECK(out.distance.isZero(0));
  CHECK(out.log_lik.isZero(0));
}

TEST_CASE("log-densities of the rows of a fit's data add up to its log-likelihood") {
  const toy::Prepared prepared(toy::incomplete_rows(80, 4, 0.3, 14));
  const MvnData& data = prepared.data;
  const Mvn model(data, 0, 1);
  const Mvn::Params params = toy::some_params(4);
  auto stats = model.make_stats();
  const double log_lik = model.e_step(params, stats);
  const auto scale = data.scale.asDiagonal();
  const Truth normal{data.centre + scale * params.mu, scale * params.sigma * scale};
  // 80 terms of size 10.
  CHECK(difference(predict(prepared.rows, normal).log_lik.sum(), log_lik) < 1e-10);
}

TEST_CASE("a covariance that is not positive definite is not legal") {
  Truth normal = truth(3);
  normal.sigma(0, 1) = normal.sigma(1, 0) = 1000;
  CHECK_FALSE(MvnPredictor(normal.mu, normal.sigma).legal());
  normal.sigma.setOnes();
  CHECK_FALSE(MvnPredictor(normal.mu, normal.sigma).legal());
}

TEST_CASE("no rows, no predictions") {
  const toy::Rows rows{MatrixXd(0, 3), VectorXd()};
  const RowPredictions out = predict(rows, truth(3));
  CHECK(out.row.empty());
  CHECK(out.distance.size() == 0);
}
