// The inner loops of a mixture's pass against whole matrices, for odd and even numbers of columns.
#include <missmix/models/gmm_tiles.hpp>

#include <catch.h>

#include "compare.hpp"
#include "toy_data.hpp"

namespace {

using namespace missmix;
using toy::difference;

MatrixXd random_matrix(toy::Random& random, Index rows, Index columns) {
  return MatrixXd::NullaryExpr(rows, columns, [&](Index, Index) { return random.normal(); });
}

}  // namespace

TEST_CASE("distances of a tile are those of its rows") {
  toy::Random random(3);
  for (Index width = 1; width <= 5; ++width) {
    const MatrixXd y = random_matrix(random, 2 * kTileRows, width);
    const VectorXd mean = random_matrix(random, width, 1), unit = random_matrix(random, width, 1);
    const MatrixXd square = random_matrix(random, width, width);
    const MatrixXd whiten = square.triangularView<Eigen::Upper>();
    const MatrixXd centred = y.bottomRows(kTileRows).rowwise() - mean.transpose();
    const GmmCells cells{y.data(), y.rows(), width};
    VectorXd work(width * kTileRows);
    const VectorXd diagonal = distances(cells, kTileRows, mean, unit);
    const VectorXd full = distances(cells, kTileRows, mean, square, work.data());
    CHECK(difference(diagonal, (centred * unit.asDiagonal()).rowwise().squaredNorm()) < 1e-12);
    CHECK(difference(full, (centred * whiten).rowwise().squaredNorm()) < 1e-12);
  }
}

TEST_CASE("cross-products are those of the matrices") {
  toy::Random random(4);
  for (Index width = 1; width <= 5; ++width) {
    const Index even = width + width % 2, rows = 3 * kTileRows;
    MatrixXd a = random_matrix(random, rows + 8, even), b = random_matrix(random, rows + 8, even);
    MatrixXd found = MatrixXd::Zero(even, even);
    cross_products(a, b, rows, width, found);
    const MatrixXd expected = a.topRows(rows).transpose() * b.topRows(rows);
    for (Index j = 0; j < width; ++j)
      CHECK(difference(found.col(j).segment(j, width - j), expected.col(j).segment(j, width - j)) <
            1e-12);
  }
}

TEST_CASE("exp() of a tile is right to an ulp or two, and zero far below") {
  GmmTile x;
  x << 0, -1e-300, -0.3, -17.25, -99.5, -700, -1000, -1e300;
  const GmmTile found = x.exp();
  for (Index i = 0; i < kTileRows; ++i)
    CHECK(std::abs(found[i] - std::exp(x[i])) <= 4e-16 * std::exp(x[i]));
}
