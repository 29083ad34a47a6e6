// Inverses of small positive definite matrices, by plain loops and by factors, against Eigen.
#include <missmix/numerics/spd_inverse.hpp>

#include <catch.h>
#include <Eigen/LU>

#include "compare.hpp"
#include "toy_data.hpp"

namespace {

using missmix::invert_spd;
using toy::difference;
using toy::Index;
using toy::MatrixXd;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Of condition 100 or so.
MatrixXd some_spd(Index n, unsigned seed) {
  toy::Random random(seed);
  MatrixXd root(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) root(i, j) = random.uniform() - 0.5;
  return root * root.transpose() + 0.1 * MatrixXd::Identity(n, n);
}

}  // namespace

TEST_CASE("inverse and log-determinant agree with Eigen's for sizes 1 to 20") {
  for (Index n = 1; n <= 20; ++n) {
    const MatrixXd a = some_spd(n, static_cast<unsigned>(n));
    MatrixXd inverse = a;
    const double log_det = invert_spd(inverse);
    // Condition 100 on sixteen digits, and inverses of size 10.
    CHECK(difference(inverse, a.inverse()) < 1e-12);
    CHECK(difference(log_det, std::log(a.determinant())) < 1e-12);
    CHECK(difference(inverse, inverse.transpose()) < 1e-13);
  }
}

TEST_CASE("a corner of a larger matrix is inverted in place and the rest left alone") {
  for (Index n : {Index{3}, Index{15}}) {
    const MatrixXd a = some_spd(n, 5);
    MatrixXd room = MatrixXd::Constant(n + 2, n + 2, 7);
    room.topLeftCorner(n, n) = a;
    auto corner = room.topLeftCorner(n, n);
    invert_spd(corner);
    CHECK(difference(room.topLeftCorner(n, n), a.inverse()) < 1e-12);
    CHECK((room.rightCols(2).array() == 7).all());
    CHECK((room.bottomRows(2).array() == 7).all());
  }
}

TEST_CASE("a determinant far beyond the range of doubles keeps its logarithm") {
  for (Index n : {Index{8}, Index{12}, Index{13}, Index{20}})
    for (double unit : {1e-90, 1e-60, 1e60, 1e90}) {
      MatrixXd a = unit * MatrixXd::Identity(n, n);
      const double expected = static_cast<double>(n) * std::log(unit);
      // Logarithms of size 2,000 to full precision.
      CHECK(difference(invert_spd(a), expected) < 1e-11);
      CHECK(difference(a * unit, MatrixXd::Identity(n, n)) < 1e-14);
    }
}

TEST_CASE("what is not positive definite gives NaN") {
  for (Index n : {Index{1}, Index{2}, Index{5}, Index{12}, Index{13}, Index{20}}) {
    const MatrixXd good = some_spd(n, 3);
    // Negative, zero or missing in the first and in the last direction only.
    for (Index at : {Index{0}, n - 1})
      for (double pivot : {-1.0, kNan}) {
        MatrixXd a = good;
        a(at, at) = pivot;
        CHECK(std::isnan(invert_spd(a)));
      }
    MatrixXd zero = MatrixXd::Zero(n, n);
    CHECK(std::isnan(invert_spd(zero)));
  }
  // Positive on its diagonal and yet indefinite.
  MatrixXd indefinite(2, 2);
  indefinite << 1, 2, 2, 1;
  CHECK(std::isnan(invert_spd(indefinite)));
  MatrixXd singular(2, 2);
  singular << 4, 2, 2, 1;
  CHECK(std::isnan(invert_spd(singular)));
}

TEST_CASE("nothing at all has determinant 1") {
  MatrixXd empty(0, 0);
  CHECK(invert_spd(empty) == 0);
}
