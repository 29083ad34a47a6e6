// The assignment of least cost, against all permutations.
#include <missmix/numerics/assignment.hpp>

#include <catch.h>
#include <algorithm>
#include <numeric>
#include <vector>

#include "compare.hpp"
#include "toy_data.hpp"

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using missmix::assign;

double total(const MatrixXd& cost, const std::vector<int>& columns) {
  double sum = 0;
  for (Index i = 0; i < cost.rows(); ++i) sum += cost(i, columns[i]);
  return sum;
}

double least_total(const MatrixXd& cost) {
  std::vector<int> columns(static_cast<std::size_t>(cost.rows()));
  std::iota(columns.begin(), columns.end(), 0);
  double least = std::numeric_limits<double>::infinity();
  do least = std::min(least, total(cost, columns));
  while (std::next_permutation(columns.begin(), columns.end()));
  return least;
}

bool is_permutation_of(std::vector<int> columns, int k) {
  std::sort(columns.begin(), columns.end());
  for (int i = 0; i < k; ++i)
    if (columns[i] != i) return false;
  return static_cast<int>(columns.size()) == k;
}

MatrixXd random_costs(toy::Random& random, Index k, bool whole_numbers) {
  return MatrixXd::NullaryExpr(k, k, [&](Index, Index) {
    return whole_numbers ? std::floor(4 * random.uniform()) : 10 * random.normal();
  });
}

}  // namespace

TEST_CASE("the assignment costs as little as the best of all permutations, ties or not") {
  toy::Random random(5);
  for (int k = 1; k <= 6; ++k)
    for (int repeat = 0; repeat < 30; ++repeat) {
      const MatrixXd cost = random_costs(random, k, repeat % 2 == 0);
      const std::vector<int> columns = assign(cost);
      REQUIRE(is_permutation_of(columns, k));
      CHECK(toy::difference(total(cost, columns), least_total(cost)) < 1e-12);
    }
}

TEST_CASE("nothing to assign, one row, and all costs alike") {
  CHECK(assign(MatrixXd(0, 0)).empty());
  CHECK(assign(MatrixXd::Constant(1, 1, -3)) == std::vector<int>{0});
  CHECK(is_permutation_of(assign(MatrixXd::Constant(5, 5, 2)), 5));
}

TEST_CASE("costs that are not finite are avoided where there is a way, and taken where not") {
  const double inf = std::numeric_limits<double>::infinity();
  MatrixXd cost(3, 3);
  cost << inf, 1, inf, 1, 50, 100, 1, 1e3, NAN;
  const std::vector<int> around = {1, 2, 0};
  CHECK(assign(cost) == around);
  CHECK(is_permutation_of(assign(MatrixXd::Constant(4, 4, inf)), 4));
  CHECK(is_permutation_of(assign(MatrixXd::Constant(4, 4, -inf)), 4));
}

TEST_CASE("a shuffle of a hundred rows is found again") {
  toy::Random random(6);
  std::vector<int> shuffle(100);
  std::iota(shuffle.begin(), shuffle.end(), 0);
  for (int i = 99; i > 0; --i)
    std::swap(shuffle[i], shuffle[static_cast<int>(random.uniform() * (i + 1))]);
  MatrixXd cost(100, 100);
  for (int i = 0; i < 100; ++i)
    for (int j = 0; j < 100; ++j) cost(i, j) = std::abs(shuffle[i] - j) + 0.1 * random.uniform();
  CHECK(assign(cost) == shuffle);
}
