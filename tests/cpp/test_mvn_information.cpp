// Information matrices against differences of the slope of the log-likelihood in (mu, Sigma).
#include <missmix/models/mvn_information.hpp>

#include <catch.h>

#include "compare.hpp"
#include "mvn_reference.hpp"

namespace {

using namespace missmix;
using toy::difference;

SilentMonitor silent;

// Slope of the objective in (mu, Sigma), standardised units, row by row.
struct Slope {
  VectorXd mu;
  MatrixXd sigma;
};

Slope slope_at(const toy::Rows& rows, const VectorXd& mu, const MatrixXd& sigma, double ridge) {
  const Index p = rows.p();
  const MatrixXd inverse = sigma.inverse();
  Slope slope{VectorXd::Zero(p), 0.5 * ridge * (inverse * inverse - inverse)};
  for (Index i = 0; i < rows.n(); ++i) {
    const std::vector<Index> o = toy::observed_in(rows, i);
    if (o.empty()) continue;
    const MatrixXd oo = toy::pick(sigma, o, o).inverse();
    const VectorXd r = toy::pick(VectorXd(rows.cells.row(i).transpose()), o) - toy::pick(mu, o);
    const VectorXd s = oo * r;
    const MatrixXd g = 0.5 * (s * s.transpose() - oo);
    for (std::size_t a = 0; a < o.size(); ++a) {
      slope.mu[o[a]] += rows.weight(i) * s[static_cast<Index>(a)];
      for (std::size_t b = 0; b < o.size(); ++b)
        slope.sigma(o[a], o[b]) += rows.weight(i) * g(static_cast<Index>(a), static_cast<Index>(b));
    }
  }
  return slope;
}

// A change of (L^-1 mu, A) as one of (mu, Sigma).
struct Change {
  VectorXd mu;
  MatrixXd sigma;
};

std::vector<Change> changes(const MatrixXd& root) {
  const Index p = root.rows();
  std::vector<Change> out;
  for (Index j = 0; j < p; ++j) out.push_back({root.col(j), MatrixXd::Zero(p, p)});
  for (Index b = 0; b < p; ++b)
    for (Index a = b; a < p; ++a) {
      MatrixXd direction = MatrixXd::Zero(p, p);
      direction(a, b) += 1;
      direction(b, a) += 1;
      out.push_back({VectorXd::Zero(p), root * direction * root.transpose()});
    }
  return out;
}

MatrixXd minus_hessian(const toy::Rows& rows, const Mvn::Params& at, double ridge) {
  constexpr double h = 1e-3;
  const std::vector<Change> steps = changes(at.chol);
  const Index size = static_cast<Index>(steps.size());
  MatrixXd hessian(size, size);
  for (Index k = 0; k < size; ++k) {
    const Change& step = steps[static_cast<std::size_t>(k)];
    const auto along = [&](double t) {
      const Slope slope = slope_at(rows, at.mu + t * step.mu, at.sigma + t * step.sigma, ridge);
      VectorXd out(size);
      for (Index i = 0; i < size; ++i) {
        const Change& d = steps[static_cast<std::size_t>(i)];
        out[i] = slope.mu.dot(d.mu) + (slope.sigma.array() * d.sigma.array()).sum();
      }
      return out;
    };
    // Differences of fourth order.
    hessian.col(k) = -(8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h);
  }
  return hessian;
}

}  // namespace

TEST_CASE("the observed information is minus the Hessian at any point, with weights and ridge") {
  for (bool weighted : {false, true})
    for (double ridge : {0.0, 4.0}) {
      toy::Rows rows = toy::incomplete_rows(90, 4, 0.3, 8);
      if (weighted) toy::add_weights(rows);
      const toy::Prepared prepared(rows);
      REQUIRE(prepared.data.cross.size() > 1);
      REQUIRE(prepared.data.rows.cols() > 5);
      const Mvn::Params params = toy::some_params(4);
      const MvnInformation information(prepared.data, params, ridge, silent);
      const MatrixXd observed = information.observed();
      const MatrixXd expected = minus_hessian(toy::standardised(prepared), params, ridge);
      REQUIRE(expected.rows() == 14);
      // h^4 = 1e-12 times derivatives of up to 1e6; slopes of size 1,000 known to 1e-13 over h.
      CHECK(difference(observed, expected) < 1e-6);
      CHECK(difference(observed, observed.transpose()) < 1e-11);
    }
}

TEST_CASE("more patterns than are added up at a time make the same sum") {
  toy::Rows rows = toy::incomplete_rows(450, 10, 0.5, 9);
  const toy::Prepared all(rows);
  REQUIRE(all.data.groups.size() > 300);
  const Mvn::Params params = toy::some_params(10);
  // Halves of the rows, in the units of the whole.
  toy::Rows upper = toy::standardised(all), lower = upper;
  upper.weights = VectorXd::Zero(450);
  upper.weights.head(200).setOnes();
  lower.weights = VectorXd::Ones(450) - upper.weights;
  const auto in_common_units = [&](const toy::Rows& part) {
    Columns columns = part.columns();
    Survey survey(columns, part.n(), part.weight_data());
    for (ColumnFacts& facts : survey.facts) facts.centre = 0, facts.scale = 1;
    const MvnData data(survey, columns, part.n(), part.weight_data());
    REQUIRE(data.groups.size() < 256);
    return MvnInformation(data, params, 0, silent).observed();
  };
  const MatrixXd sum = in_common_units(upper) + in_common_units(lower);
  // Entries of size 1,000.
  const MvnInformation information(all.data, params, 0, silent);
  CHECK_FALSE(information.stopped());
  CHECK(difference(information.observed(), sum) < 1e-9);
  TimeLimit none(0);
  CHECK(MvnInformation(all.data, params, 0, none).stopped());
}

TEST_CASE("complete data at their maximum: n for means and covariances, 2n for variances") {
  for (bool weighted : {false, true}) {
    toy::Rows rows = toy::complete_rows(50, 4, 10);
    if (weighted) toy::add_weights(rows);
    const toy::Prepared prepared(rows);
    const double n = prepared.data.weight;
    Mvn::Params params;
    params.mu = prepared.data.total_sum / n;
    params.sigma = prepared.data.total_cross / n - params.mu * params.mu.transpose();
    Mvn::factorise(params);
    const MvnInformation information(prepared.data, params, 0, silent);
    VectorXd expected = VectorXd::Constant(14, n);
    for (Index at : {4, 8, 11, 13}) expected[at] = 2 * n;
    // Sums over n = 50 or 87 rows.
    CHECK(difference(information.complete(), expected) < 1e-12);
    CHECK(difference(information.observed(), MatrixXd(expected.asDiagonal())) < 1e-11);
  }
}

TEST_CASE("the ridge counts as rows for the covariance and not for the mean") {
  const toy::Prepared prepared(toy::incomplete_rows(50, 3, 0.3, 11));
  const Mvn::Params params = toy::some_params(3);
  const VectorXd flat = MvnInformation(prepared.data, params, 0, silent).complete();
  const VectorXd ridge = MvnInformation(prepared.data, params, 5, silent).complete();
  VectorXd more(9);
  more << 0, 0, 0, 10, 5, 5, 10, 5, 10;
  CHECK(difference(ridge - flat, more) < 1e-12);
}

TEST_CASE("whitened changes map to those of the user's mean and lower triangle") {
  const toy::Prepared prepared(toy::incomplete_rows(50, 4, 0.3, 12));
  const Mvn::Params params = toy::some_params(4);
  const MatrixXd map = MvnInformation(prepared.data, params, 0, silent).to_user_units();
  const auto steps = changes(prepared.data.scale.asDiagonal() * params.chol);
  REQUIRE(map.cols() == 14);
  for (Index k = 0; k < 14; ++k) {
    const Change& step = steps[static_cast<std::size_t>(k)];
    VectorXd expected(14);
    expected.head(4) = step.mu;
    Index at = 4;
    for (Index b = 0; b < 4; ++b)
      for (Index a = b; a < 4; ++a) expected[at++] = step.sigma(a, b);
    // Variances up to 500 in the user's units.
    CHECK(difference(map.col(k), expected) < 1e-11);
  }
}
