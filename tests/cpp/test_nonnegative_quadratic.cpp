// The quadratic problem over x >= 0, against all supports tried one by one.
#include <missmix/numerics/nonnegative_quadratic.hpp>

#include <catch.h>

#include "compare.hpp"
#include "toy_data.hpp"

namespace {

using missmix::NonnegativeQuadratic;
using toy::difference;
using toy::Index;
using toy::MatrixXd;
using toy::VectorXd;

double value(const MatrixXd& h, const VectorXd& b, const VectorXd& x) {
  return b.dot(x) - 0.5 * x.dot(h * x);
}

// The best of the maxima on all supports that are feasible.
double best_by_enumeration(const MatrixXd& h, const VectorXd& b) {
  double best = 0;
  for (int set = 1; set < 1 << b.size(); ++set) {
    std::vector<Index> in;
    for (Index k = 0; k < b.size(); ++k)
      if (set >> k & 1) in.push_back(k);
    const Index size = static_cast<Index>(in.size());
    MatrixXd part(size, size);
    VectorXd right(size);
    for (Index j = 0; j < size; ++j) {
      right[j] = b[in[j]];
      for (Index i = 0; i < size; ++i) part(i, j) = h(in[i], in[j]);
    }
    const VectorXd solution = part.llt().solve(right);
    if (solution.minCoeff() < 0) continue;
    VectorXd x = VectorXd::Zero(b.size());
    for (Index j = 0; j < size; ++j) x[in[j]] = solution[j];
    best = std::max(best, value(h, b, x));
  }
  return best;
}

}  // namespace

TEST_CASE("the maximum over x >= 0 is found from any support") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    toy::Random random(seed);
    const Index n = 2 + seed % 6;
    MatrixXd root(n + 2, n);
    VectorXd b(n), x(n);
    for (Index j = 0; j < n; ++j) {
      for (Index i = 0; i < n + 2; ++i) root(i, j) = random.uniform();
      b[j] = random.normal();
      x[j] = seed % 3 == 0 ? 0 : std::max(random.normal(), 0.0);
    }
    const MatrixXd h = root.transpose() * root;
    INFO("seed " << seed);
    NonnegativeQuadratic quadratic;
    REQUIRE(quadratic.solve(h, b, x));
    CHECK(x.minCoeff() >= 0);
    const double best = best_by_enumeration(h, b);
    CHECK(difference(value(h, b, x), best) <= 1e-9 * (1 + std::abs(best)));
    const VectorXd slope = b - h * x;
    for (Index k = 0; k < n; ++k) {
      CHECK(slope[k] <= 1e-9);
      if (x[k] > 0) CHECK(std::abs(slope[k]) <= 1e-9);
    }
  }
}

TEST_CASE("a matrix that is not positive definite is refused, not followed") {
  MatrixXd h(2, 2);
  h << 1, 1, 1, 1;
  VectorXd b = VectorXd::Ones(2), x = VectorXd::Ones(2);
  NonnegativeQuadratic quadratic;
  quadratic.solve(h, b, x);
  CHECK(x.allFinite());
  CHECK(x.minCoeff() >= 0);
}
