// Missing cells given observed ones: both roads against the direct formulas.
#include <missmix/models/normal_conditional.hpp>

#include <catch.h>

#include "compare.hpp"
#include "mvn_reference.hpp"

namespace {

using namespace missmix;
using toy::difference;

Normal normal_of(const VectorXd& mu, const MatrixXd& sigma) {
  const MatrixXd precision = sigma.inverse();
  return {mu, sigma, precision, precision * mu, std::log(sigma.determinant())};
}

struct Split {
  std::vector<Index> missing, observed;
};

Split split(Index p, unsigned bits) {
  Split sets;
  for (Index j = 0; j < p; ++j) ((bits >> j) & 1 ? sets.missing : sets.observed).push_back(j);
  return sets;
}

void check_against_direct(NormalConditional& conditional, const Normal& normal, const Split& sets,
                          const VectorXd& y, bool regression) {
  const Index p = normal.mu.size(), q = static_cast<Index>(sets.missing.size());
  toy::Rows row{y.transpose(), VectorXd()};
  VectorXd z = y;
  for (Index j : sets.missing) {
    row.cells(0, j) = kMissing;
    z[j] = 0;
  }
  const toy::RowGiven given = toy::row_given(row, 0, normal.mu, normal.sigma);
  REQUIRE(conditional.condition(normal, sets.missing, sets.observed, regression));
  // Sigma has condition 20 or so; the rest is sixteen digits.
  CHECK(difference(conditional.cov(), toy::pick(given.cov, sets.missing, sets.missing)) < 1e-13);
  const double log_det =
      sets.observed.empty()
          ? 0
          : std::log(toy::pick(normal.sigma, sets.observed, sets.observed).determinant());
  CHECK(difference(conditional.log_det_observed(), log_det) < 1e-13);
  VectorXd work(p), filled(p);
  conditional.mean(normal, sets.missing, z, work, filled);
  CHECK(difference(filled.head(q), toy::pick(given.mean, sets.missing)) < 1e-13);
  if (!regression) return;
  const VectorXd mean = conditional.intercept() + conditional.coef().transpose() * z;
  CHECK(difference(mean, toy::pick(given.mean, sets.missing)) < 1e-13);
}

}  // namespace

TEST_CASE("every pattern of six variables agrees with the direct formulas, by either road") {
  const Mvn::Params params = toy::some_params(6);
  const Normal normal = normal_of(params.mu, params.sigma);
  const VectorXd y = VectorXd::LinSpaced(6, -2, 3);
  // One object for all patterns in turn: nothing of an earlier one may show in a later one.
  NormalConditional conditional(6);
  for (unsigned bits = 1; bits < 64; ++bits)
    for (bool regression : {true, false})
      check_against_direct(conditional, normal, split(6, bits), y, regression);
}

TEST_CASE("patterns beyond the size of the plain loops agree too") {
  const Index p = 30;
  const Mvn::Params params = toy::some_params(p);
  const Normal normal = normal_of(params.mu, params.sigma);
  const VectorXd y = VectorXd::LinSpaced(p, -2, 3);
  NormalConditional conditional(p);
  for (unsigned bits : {0x1u, 0x3fffu, 0x15555555u, 0x3ffffff0u, 0x3ffffffeu})
    for (bool regression : {true, false})
      check_against_direct(conditional, normal, split(p, bits), y, regression);
}

TEST_CASE("with nothing missing there is the determinant, and nothing else to know") {
  const Mvn::Params params = toy::some_params(4);
  const Normal normal = normal_of(params.mu, params.sigma);
  NormalConditional conditional(4);
  REQUIRE(conditional.condition(normal, {}, {0, 1, 2, 3}, true));
  CHECK(conditional.log_det_observed() == normal.log_det);
  CHECK(conditional.cov().size() == 0);
}

TEST_CASE("a matrix that is not positive definite is refused on either road") {
  Normal normal = normal_of(VectorXd::Zero(4), MatrixXd::Identity(4, 4));
  NormalConditional conditional(4);
  normal.precision(0, 0) = -1;
  normal.sigma(3, 3) = -1;
  for (bool regression : {true, false}) {
    // One cell of four missing: through the precision. Three of four: through the covariance.
    CHECK_FALSE(conditional.condition(normal, {0}, {1, 2, 3}, regression));
    CHECK_FALSE(conditional.condition(normal, {0, 1, 2}, {3}, regression));
    CHECK(conditional.condition(normal, {1}, {0, 2, 3}, regression));
  }
}
