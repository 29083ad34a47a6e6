// Truncated normals against integration with more digits than a double has.
#include <missmix/numerics/truncated_box.hpp>

#include <catch.h>

#include <Eigen/LU>
#include <array>
#include <cmath>

namespace {

using namespace missmix;

struct Long {
  long double log_probability, mean, variance;
};

// Gauss-Legendre from the bound nearer to zero, the density taken relative to it.
Long integrate(long double a, long double b) {
  if (a + b < 0) {
    Long mirrored = integrate(-b, -a);
    mirrored.mean = -mirrored.mean;
    return mirrored;
  }
  const long double from = std::max(a, -16.0L);
  const long double reach = from > 1 ? 60 / from : 16 - from;
  const long double to = std::min(b, from + reach);
  constexpr int kPanels = 60, kNodes = 24;
  const auto& rule = GaussLegendre<kNodes>::rule();
  const long double h = (to - from) / kPanels;
  const auto sums = [&](long double centre) {
    std::array<long double, 3> s{0, 0, 0};
    for (int i = 0; i < kPanels * kNodes; ++i) {
      const long double t = h * (i / kNodes + (1.0L + rule.node[i % kNodes]) / 2);
      const long double f = rule.weight[i % kNodes] * h / 2 * std::exp(-t * (t + 2 * from) / 2);
      s[0] += f;
      s[1] += f * (t - centre);
      s[2] += f * (t - centre) * (t - centre);
    }
    return s;
  };
  const long double shift = sums(0)[1] / sums(0)[0];
  const auto s = sums(shift);
  const long double half_log_2_pi = 0.918938533204672741780329736406L;
  return {std::log(s[0]) - from * from / 2 - half_log_2_pi, from + shift, s[2] / s[0]};
}

void check(double a, double b, double tolerance) {
  CAPTURE(a);
  CAPTURE(b);
  const Long expected = integrate(a, b);
  const TruncatedMoments found = truncated_normal(a, b);
  const long double scale = 1 + std::abs(expected.log_probability);
  CHECK(std::abs(found.log_probability - expected.log_probability) < 1e-14 * scale);
  CHECK(std::abs(found.mean - expected.mean) <
        tolerance * std::sqrt(expected.variance) + 4e-16 * std::abs(expected.mean));
  CHECK(std::abs(found.variance / expected.variance - 1) < tolerance);
}

const double kInf = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("one-sided bounds up to forty standard deviations") {
  for (double a :
       {-40.0, -9.0, -3.0, -1.0, 0.0, 0.5, 1.9, 2.0, 2.1, 3.9, 4.1, 9.9, 10.1, 20.0, 40.0}) {
    check(a, kInf, 2e-13);
    check(-kInf, a, 2e-13);
  }
}

TEST_CASE("intervals, narrow and wide, near and far") {
  for (double a : {-40.0, -8.0, -2.0, -0.3, 0.0, 1.0, 2.5, 7.0, 40.0})
    for (double width : {1e-8, 1e-4, 0.1, 0.39, 0.41, 1.0, 3.0, 8.0, 30.0})
      check(a, a + width, 2e-13);
}

TEST_CASE("no bounds: the normal itself") {
  const TruncatedMoments whole = truncated_normal(-kInf, kInf);
  CHECK(whole.log_probability == 0);
  CHECK(whole.mean == 0);
  CHECK(whole.variance == 1);
}

namespace {

struct BoxMoments {
  double probability;
  Eigen::Vector2d mean;
  Eigen::Matrix2d cov;
};

// Gauss-Legendre on a grid of panels of both variables.
BoxMoments on_a_grid(const VectorXd& mean, const MatrixXd& v, const VectorXd& lower,
                     const VectorXd& upper) {
  constexpr int kPanels = 20, kNodes = 24;
  const auto& rule = GaussLegendre<kNodes>::rule();
  const MatrixXd k = v.inverse();
  MatrixXd x(kPanels * kNodes, 2), mass(kPanels * kNodes, 2);
  for (int j = 0; j < 2; ++j) {
    const double sd = std::sqrt(v(j, j));
    const double from = std::max(lower[j], mean[j] - 9 * sd);
    const double width = (std::min(upper[j], mean[j] + 9 * sd) - from) / kPanels;
    for (int i = 0; i < kPanels * kNodes; ++i) {
      x(i, j) = from + width * (i / kNodes + 0.5 * (1 + rule.node[i % kNodes])) - mean[j];
      mass(i, j) = 0.5 * width * rule.weight[i % kNodes];
    }
  }
  double total = 0;
  Eigen::Vector2d first(0, 0);
  Eigen::Matrix2d second = Eigen::Matrix2d::Zero();
  for (Index j = 0; j < x.rows(); ++j)
    for (Index i = 0; i < x.rows(); ++i) {
      const double a = x(i, 0), b = x(j, 1);
      const double square = k(0, 0) * a * a + 2 * k(0, 1) * a * b + k(1, 1) * b * b;
      const double f = mass(i, 0) * mass(j, 1) * std::exp(-0.5 * square);
      const Eigen::Vector2d d(a, b);
      total += f;
      first += f * d;
      second += f * d * d.transpose();
    }
  first /= total;
  const double unit = 2 * 3.14159265358979323846 * std::sqrt(v.determinant());
  return {total / unit, mean + first, second / total - first * first.transpose()};
}

}  // namespace

TEST_CASE("two variables in a box agree with a grid") {
  VectorXd mean(2), lower(2), upper(2);
  MatrixXd v(2, 2);
  for (double rho : {-0.95, -0.5, 0.0, 0.6, 0.98})
    for (int bounds = 0; bounds < 4; ++bounds) {
      CAPTURE(rho);
      CAPTURE(bounds);
      mean << 0.3, -0.2;
      v << 1.3, rho * std::sqrt(1.3 * 0.7), rho * std::sqrt(1.3 * 0.7), 0.7;
      lower << -kInf, -kInf;
      upper << 0.1, -0.4;
      if (bounds == 1) lower << -1, -kInf;
      if (bounds == 2) lower << 0.2, 1.1, upper << kInf, kInf;
      if (bounds == 3) lower << -0.5, -0.5, upper << 0.5, 1.5;
      TruncatedBox box;
      box.set_covariance(v);
      REQUIRE(box.truncate(mean, lower, upper));
      const BoxMoments expected = on_a_grid(mean, v, lower, upper);
      // The grid is good to some eleven digits.
      CHECK(std::abs(box.log_probability() - std::log(expected.probability)) < 1e-10);
      CHECK((box.mean() - expected.mean).cwiseAbs().maxCoeff() < 1e-10);
      CHECK((box.cov() - expected.cov).cwiseAbs().maxCoeff() < 1e-10);
    }
}

TEST_CASE("expectation propagation is exact for independent variables, however tight the bounds") {
  VectorXd mean(4), lower(4), upper(4);
  mean << 0, 1, -2, 0.5;
  lower << -kInf, 0.9999999, 1, -kInf;
  upper << -1, 1.0000002, kInf, kInf;
  TruncatedBox box;
  box.set_covariance(MatrixXd(Eigen::Vector4d(1, 2, 0.5, 1).asDiagonal()));
  REQUIRE(box.truncate(mean, lower, upper));
  double log_probability = 0;
  for (Index j = 0; j < 4; ++j) {
    const double sd = std::sqrt(Eigen::Vector4d(1, 2, 0.5, 1)[j]);
    const TruncatedMoments one =
        truncated_normal(mean[j], sd, lower[j], upper[j], upper[j] - lower[j]);
    log_probability += one.log_probability;
    CHECK(std::abs(box.mean()[j] - one.mean) < 1e-12);
    CHECK(std::abs(box.cov()(j, j) / one.variance - 1) < 1e-9);
  }
  CHECK(std::abs(box.log_probability() - log_probability) < 1e-11);
}

// P(all three negative) = 1/8 + sum of arcsines of the correlations / (4 pi) (Sheppard 1898;
// David 1953, Biometrika 40:458).
TEST_CASE("expectation propagation is near the known orthant probability") {
  MatrixXd v(3, 3);
  v << 1, 0.5, 0.3, 0.5, 1, -0.2, 0.3, -0.2, 1;
  const double exact =
      0.125 + (std::asin(0.5) + std::asin(0.3) + std::asin(-0.2)) / (4 * 3.14159265358979323846);
  TruncatedBox box;
  box.set_covariance(v);
  REQUIRE(box.truncate(VectorXd::Zero(3), VectorXd::Constant(3, -kInf), VectorXd::Zero(3)));
  CHECK(std::abs(std::exp(box.log_probability()) / exact - 1) < 0.005);
}

// Fisher's identity for the approximation itself: d log P / d mean = V^-1 (E(y) - mean).
TEST_CASE("the moments of expectation propagation are the slopes of its probability") {
  VectorXd mean(4), lower(4), upper(4);
  mean << 0.2, -0.3, 0.1, 0.4;
  lower << -kInf, -1, 0.5, -kInf;
  upper << 0, 0.5, kInf, 0.3;
  MatrixXd v = MatrixXd::Constant(4, 4, 0.6);
  v.diagonal().setOnes();
  TruncatedBox box;
  box.set_covariance(v);
  REQUIRE(box.truncate(mean, lower, upper));
  const VectorXd slope = v.inverse() * (box.mean() - mean);
  for (Index j = 0; j < 4; ++j) {
    const double h = 1e-4;
    double value[2];
    for (int side : {0, 1}) {
      VectorXd moved = mean;
      moved[j] += side == 0 ? -h : h;
      REQUIRE(box.truncate(moved, lower, upper));
      value[side] = box.log_probability();
    }
    CHECK(std::abs((value[1] - value[0]) / (2 * h) - slope[j]) < 1e-7);
  }
}

// To the width's square in probability; the bounds themselves have 1e-16 / width of it.
TEST_CASE("a cell within a narrow interval is one that is measured, whatever the others") {
  MatrixXd cov(3, 3);
  cov << 1, 0.6, 0.3, 0.6, 1.2, 0.5, 0.3, 0.5, 0.8;
  for (Index c : {1, 2, 3})
    for (double shift : {0.1, 0.37, -1.3}) {  // widths must not depend on where the mean is
      const auto density = [&](double width) {
        TruncatedBox box;
        box.set_covariance(cov.topLeftCorner(c, c));
        VectorXd lower = VectorXd::Constant(c, -kInf), upper = VectorXd::Constant(c, 0.4);
        lower[0] = 0.25;
        upper[0] = 0.25 + width;
        REQUIRE(box.truncate(VectorXd::Constant(c, shift), lower, upper));
        CHECK(box.mean()[0] >= lower[0]);
        CHECK(box.mean()[0] <= upper[0]);
        return box.log_probability() - std::log(upper[0] - lower[0]);
      };
      CAPTURE(c);
      CAPTURE(shift);
      const double wide = density(0x1p-20);
      for (double width : {0x1p-26, 0x1p-30, 0x1p-33})
        CHECK(std::abs(density(width) - wide) < 2e-6);
      CHECK(std::abs(density(0x1p-33) - density(0x1p-30)) < 5e-9);
    }
}
