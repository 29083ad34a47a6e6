// Draws of truncated normals against their moments.
#include <missmix/models/censored_conditional.hpp>
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

namespace {

// Sums of so many draws, in units of `spread` about `mean`.
struct Sums {
  VectorXd first;
  MatrixXd second;
  bool inside = true;
};

Sums draw_box(const MatrixXd& cov, const VectorXd& lower, const VectorXd& upper,
              const VectorXd& mean, const VectorXd& spread, int n) {
  const Index c = cov.rows();
  Sums sums{VectorXd::Zero(c), MatrixXd::Zero(c, c)};
  TiltedBox box;
  REQUIRE(box.prepare(cov, lower, upper));
  Rng rng(3, 1, 0);
  VectorXd x(c);
  for (int i = 0; i < n; ++i) {
    int attempts = 1;
    while (!box.propose(rng, x)) ++attempts;
    REQUIRE(attempts < 1000);
    const double least = std::min((x - lower).minCoeff(), (upper - x).minCoeff());
    sums.inside = sums.inside && least > -1e-12;
    const VectorXd z = (x - mean).cwiseQuotient(spread);
    sums.first += z;
    sums.second += z * z.transpose();
  }
  return sums;
}

// Moments of variables that correlate by r, each between l and u: given what they have in common
// they are independent, so that one integral remains.
struct Alike {
  double mean = 0, variance = 0, covariance = 0;

  Alike(Index c, double r, double l, double u) {
    const double root = std::sqrt(r), rest = std::sqrt(1 - r);
    const auto given = [&](double f, TruncatedMoments& t) {
      t = truncated_normal(root * f, rest, l, u, u - l);
      return static_cast<double>(c) * t.log_probability - 0.5 * f * f;
    };
    constexpr double kStep = 2e-3;
    TruncatedMoments t;
    double top = -kInf;
    for (double f = -40; f < 40; f += kStep) top = std::max(top, given(f, t));
    double total = 0, second = 0, product = 0;
    for (double f = -40; f < 40; f += kStep) {
      const double w = std::exp(given(f, t) - top);
      total += w;
      mean += w * t.mean;
      second += w * (t.variance + t.mean * t.mean);
      product += w * t.mean * t.mean;
    }
    mean /= total;
    variance = second / total - mean * mean;
    covariance = product / total - mean * mean;
  }
};

}  // namespace

// Five standard errors; the fourth moment of an exponential is 9, and a product's variance less.
TEST_CASE("joint draws have the moments of their box, far out and strongly correlated") {
  const int n = 20000;
  for (Index c : {2, 3, 6, 20})
    for (double r : {0.3, 0.95, 0.999})
      for (const auto& [l, u] : {std::pair{-kInf, 0.5}, std::pair{-kInf, -3.0},
                                 std::pair{8.0, kInf}, std::pair{-4.0, -3.0}}) {
        CAPTURE(c);
        CAPTURE(r);
        CAPTURE(u);
        MatrixXd cov = MatrixXd::Constant(c, c, r);
        cov.diagonal().setOnes();
        const Alike expected(c, r, l, u);
        const VectorXd spread = VectorXd::Constant(c, std::sqrt(expected.variance));
        const Sums sums = draw_box(cov, VectorXd::Constant(c, l), VectorXd::Constant(c, u),
                                   VectorXd::Constant(c, expected.mean), spread, n);
        CHECK(sums.inside);
        const double correlation = expected.covariance / expected.variance;
        CHECK(sums.first.cwiseAbs().maxCoeff() < 5 * std::sqrt(n));
        MatrixXd target = MatrixXd::Constant(c, c, n * correlation);
        target.diagonal().setConstant(n);
        CHECK((sums.second - target).cwiseAbs().maxCoeff() < 5 * std::sqrt(8.0 * n));
      }
}

TEST_CASE("joint draws of two cells that are pulled apart, or one of which is all but measured") {
  const int n = 20000;
  MatrixXd cov(2, 2);
  for (double r : {-0.99, -0.5, 0.9})
    for (const auto& [l, u] :
         {std::pair{Eigen::Vector2d(-kInf, 2), Eigen::Vector2d(-3, kInf)},
          std::pair{Eigen::Vector2d(-kInf, -kInf), Eigen::Vector2d(-5, -4)},
          std::pair{Eigen::Vector2d(1, -kInf), Eigen::Vector2d(1 + 1e-9, -1)}}) {
      CAPTURE(r);
      CAPTURE(u);
      cov << 1, 2 * r, 2 * r, 4;
      TruncatedBox exact;
      exact.set_covariance(cov);
      REQUIRE(exact.truncate(VectorXd::Zero(2), l, u));
      const VectorXd spread = exact.cov().diagonal().cwiseSqrt();
      const Sums sums = draw_box(cov, l, u, exact.mean(), spread, n);
      const double correlation = exact.cov()(0, 1) / (spread[0] * spread[1]);
      CHECK(sums.inside);
      // Digits of the first cell: it is 1e-9 wide at 1.
      const double digits = spread[0] < 1e-6 ? 1e-6 * n : 0;
      CHECK(sums.first.cwiseAbs().maxCoeff() < 5 * std::sqrt(n) + digits);
      CHECK(std::abs(sums.second(0, 0) - n) < 5 * std::sqrt(8.0 * n) + digits);
      CHECK(std::abs(sums.second(1, 1) - n) < 5 * std::sqrt(8.0 * n));
      CHECK(std::abs(sums.second(0, 1) - n * correlation) < 5 * std::sqrt(8.0 * n));
    }
}

TEST_CASE("missing cells follow the censored ones of their row") {
  CensoredCells cells{{0, 0}, {0, 1}, {-kInf, -0.3}, {-2.5, kInf}};
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
  const MatrixXd cov =
      exact.normal_cov() + exact.coef() * exact.shrinkage() * exact.coef().transpose();
  const VectorXd sd = cov.diagonal().cwiseSqrt();
  CensoredDraws draws(3);
  const GoOn always = [] { return true; };
  const GoOn never = [] { return false; };
  Rng rng(5, 1, 2);
  MatrixXd now;
  CHECK_FALSE(draws.draw(rows, normal, rng, now, never));
  const int n = 40000;
  VectorXd first = VectorXd::Zero(3);
  MatrixXd second = MatrixXd::Zero(3, 3);
  for (int i = 0; i < n; ++i) {
    REQUIRE(draws.draw(rows, normal, rng, now, always));
    const VectorXd off = (now.col(0) - exact.mean()).cwiseQuotient(sd);
    first += off;
    second += off * off.transpose();
  }
  const MatrixXd correlation = cov.cwiseQuotient(sd * sd.transpose());
  CHECK(first.cwiseAbs().maxCoeff() < 5 * std::sqrt(n));
  CHECK((second - n * correlation).cwiseAbs().maxCoeff() < 5 * std::sqrt(8.0 * n));
}
