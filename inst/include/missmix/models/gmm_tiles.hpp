// The inner loops of a mixture's pass, over tiles of a few rows that fit into registers.
//
// Tiles are Eigen arrays of fixed size, which it unrolls and computes by packets, whatever the
// instruction set. Rows are padded to whole tiles, so that no loop has a tail.
#pragma once

#include <Eigen/Core>

#include "../em_model.hpp"

namespace missmix {

inline constexpr Index kTileRows = 8;
using GmmTile = Eigen::Array<double, kTileRows, 1>;

inline Index whole_tiles(Index rows) { return (rows + kTileRows - 1) / kTileRows * kTileRows; }

inline Eigen::Map<GmmTile> tile(double* at) { return Eigen::Map<GmmTile>(at); }
inline Eigen::Map<const GmmTile> tile(const double* at) { return Eigen::Map<const GmmTile>(at); }

// Columns of padded rows, `stride` apart.
struct GmmCells {
  const double* first;
  Index stride, width;
  const double* at(Index row, Index column) const { return first + column * stride + row; }
};

// Squared distances from the mean in standard deviations, these being independent.
inline GmmTile distances(const GmmCells& y, Index row, const VectorXd& mean, const VectorXd& unit) {
  GmmTile sum = GmmTile::Zero();
  for (Index j = 0; j < y.width; ++j) {
    const GmmTile c = (tile(y.at(row, j)) - mean[j]) * unit[j];
    sum += c * c;
  }
  return sum;
}

// The same for `whiten` an upper triangle, two of its columns at a time; `centred` is workspace.
inline GmmTile distances(const GmmCells& y, Index row, const VectorXd& mean, const MatrixXd& whiten,
                         double* centred) {
  for (Index j = 0; j < y.width; ++j) tile(centred + j * kTileRows) = tile(y.at(row, j)) - mean[j];
  GmmTile sum = GmmTile::Zero();
  Index j = 0;
  for (; j + 1 < y.width; j += 2) {
    const double* left = whiten.data() + j * y.width;
    const double* right = left + y.width;
    GmmTile a = GmmTile::Zero(), b = tile(centred + (j + 1) * kTileRows) * right[j + 1];
    for (Index i = 0; i <= j; ++i) {
      const auto c = tile(static_cast<const double*>(centred) + i * kTileRows);
      a += c * left[i];
      b += c * right[i];
    }
    sum += a * a + b * b;
  }
  if (j < y.width) {
    const double* last = whiten.data() + j * y.width;
    GmmTile a = GmmTile::Zero();
    for (Index i = 0; i <= j; ++i) a += tile(centred + i * kTileRows) * last[i];
    sum += a * a;
  }
  return sum;
}

// out = the lower triangle of a' b, for columns in pairs: four products share four loads.
inline void cross_products(const MatrixXd& a, const MatrixXd& b, Index rows, Index width,
                           MatrixXd& out) {
  using Four = Eigen::Array<double, 4, 1>;
  using Map = Eigen::Map<const Four>;
  for (Index j = 0; j < width; j += 2)
    for (Index i = j; i < width; i += 2) {
      const double *a0 = a.col(i).data(), *a1 = a.col(i + 1).data();
      const double *b0 = b.col(j).data(), *b1 = b.col(j + 1).data();
      Four s00 = Four::Zero(), s10 = s00, s01 = s00, s11 = s00;
      for (Index r = 0; r < rows; r += 4) {
        const Four x0 = Map(a0 + r), x1 = Map(a1 + r), y0 = Map(b0 + r), y1 = Map(b1 + r);
        s00 += x0 * y0;
        s10 += x1 * y0;
        s01 += x0 * y1;
        s11 += x1 * y1;
      }
      out(i, j) = s00.sum();
      out(i + 1, j) = s10.sum();
      out(i, j + 1) = s01.sum();
      out(i + 1, j + 1) = s11.sum();
    }
}

}  // namespace missmix
