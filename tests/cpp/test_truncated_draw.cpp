// Draws of truncated normals against their moments.
#include <missmix/models/censored_draws.hpp>
#include <missmix/numerics/truncated_normal.hpp>

#include <catch.h>

#include <cmath>
#include <utility>
#include <vector>

namespace {

using namespace missmix;

const double kInf = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("draws stay within the interval and have its mean and variance, however far out") {
  const std::vector<std::pair<double, double>> intervals = {
      {-kInf, kInf}, {-kInf, -0.5}, {1, kInf},  {-1, 2},      {-0.2, 0.1}, {3, 3.1},
      {4.9, kInf},   {5.1, kInf},   {40, kInf}, {-kInf, -40}, {8, 12},     {-40, -39.99}};
  std::uint32_t index = 0;
  for (const auto& interval : intervals) {
    const double a = interval.first, b = interval.second;
    CAPTURE(a);
    CAPTURE(b);
    const TruncatedMoments expected = truncated_normal(a, b);
    Rng rng(11, ++index, 0);
    const int n = 40000;
    double first = 0, second = 0;
    bool inside = true;
    for (int i = 0; i < n; ++i) {
      const double x = draw_truncated(rng, a, b);
      inside = inside && x >= a && x <= b;
      const double z = (x - expected.mean) / std::sqrt(expected.variance);
      first += z;
      second += z * z;
    }
    CHECK(inside);
    CHECK(std::abs(first) < 4 * std::sqrt(n));
    // The fourth moment of an exponential, the longest tail here, is 9.
    CHECK(std::abs(second - n) < 4 * std::sqrt(8.0 * n));
  }
}

TEST_CASE("sweeps of the Gibbs sampler keep to the moments of a box of two") {
  CensoredCells cells{{0, 0}, {0, 1}, {-kInf, 0.5}, {-0.3, kInf}};
  const MatrixXd data = MatrixXd::Constant(1, 3, kMissing);
  Columns columns;
  for (Index j = 0; j < 3; ++j) columns.emplace_back(data.col(j).data());
  const CensoredRows rows(cells, columns, nullptr, VectorXd::Zero(3), VectorXd::Ones(3));
  Mvn::Params params;
  params.mu = Eigen::Vector3d(0.1, -0.2, 0.3);
  params.sigma.resize(3, 3);
  params.sigma << 1, 0.6, 0.3, 0.6, 1.2, 0.5, 0.3, 0.5, 0.8;
  Mvn::factorise(params);
  Normal normal;
  REQUIRE(Mvn::to_normal(params, normal));
  CensoredConditional exact(3);
  REQUIRE(exact.condition(normal, rows.groups[0]));
  REQUIRE(exact.row(normal, rows.groups[0], rows, 0));
  CensoredGibbs gibbs(3);
  const GoOn always = [] { return true; };
  MatrixXd now;
  const GoOn never = [] { return false; };
  CHECK_FALSE(gibbs.start(rows, normal, now, never));
  REQUIRE(gibbs.start(rows, normal, now, always));
  Rng rng(5, 1, 2);
  const int n = 40000;
  VectorXd first = VectorXd::Zero(3);
  MatrixXd second = MatrixXd::Zero(3, 3);
  for (int i = 0; i < n; ++i) {
    REQUIRE(gibbs.sweep(rows, normal, 1, rng, now, always));
    const VectorXd off = now.col(0) - exact.mean();
    first += off;
    second += off * off.transpose();
  }
  const MatrixXd cov =
      exact.normal_cov() + exact.coef() * exact.shrinkage() * exact.coef().transpose();
  // Neighbouring draws are correlated: some tens of thousands of draws, worth a few thousand.
  CHECK((first / n).cwiseAbs().maxCoeff() < 0.04);
  CHECK((second / n - cov).cwiseAbs().maxCoeff() < 0.04);
}
