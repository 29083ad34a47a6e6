// Incomplete rows to test with, the same on every platform.
#pragma once

#include <missmix/numerics/column_view.hpp>

#include <Eigen/Core>
#include <random>

namespace toy {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

struct Rows {
  MatrixXd cells;    // rows x columns, kMissing where missing
  VectorXd weights;  // empty when every row counts once

  Index n() const { return cells.rows(); }
  Index p() const { return cells.cols(); }
  const double* weight_data() const { return weights.size() == 0 ? nullptr : weights.data(); }
  double weight(Index i) const { return weights.size() == 0 ? 1 : weights[i]; }
  missmix::Columns columns() const {
    missmix::Columns views;
    for (Index j = 0; j < p(); ++j) views.emplace_back(cells.col(j).data());
    return views;
  }
};

// The engine's bits are given by the standard, those of its distributions are not.
class Random {
 public:
  explicit Random(unsigned seed) : bits_(seed) {}
  double uniform() { return (static_cast<double>(bits_()) + 0.5) / 4294967296.0; }
  // Near enough to a normal.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  std::mt19937 bits_;
};

// One factor behind all columns; units and means differ by column.
inline Rows complete_rows(Index n, Index p, unsigned seed) {
  Random random(seed);
  Rows rows{MatrixXd(n, p), VectorXd()};
  for (Index i = 0; i < n; ++i) {
    const double factor = random.normal();
    for (Index j = 0; j < p; ++j) {
      const double unit = 1 + 2 * static_cast<double>(j);
      const double sign = j % 2 == 0 ? 1 : -1;
      rows.cells(i, j) = 10 * static_cast<double>(j) + unit * (sign * factor + random.normal());
    }
  }
  return rows;
}

// Each cell missing with probability `share`, all alike.
inline Rows incomplete_rows(Index n, Index p, double share, unsigned seed) {
  Rows rows = complete_rows(n, p, seed);
  Random random(seed + 1);
  for (Index j = 0; j < p; ++j)
    for (Index i = 0; i < n; ++i)
      if (random.uniform() < share) rows.cells(i, j) = missmix::kMissing;
  return rows;
}

inline void add_weights(Rows& rows) {
  rows.weights.resize(rows.n());
  for (Index i = 0; i < rows.n(); ++i) rows.weights[i] = 0.25 + 0.5 * static_cast<double>(i % 7);
}

// Murray (1977), discussion of Dempster, Laird & Rubin, JRSS B 39:27. Correlations of 1/2 and -1/2
// are equally good, and 0 is a saddle between them.
inline Rows murray() {
  const double na = missmix::kMissing;
  Rows rows{MatrixXd(12, 2), VectorXd()};
  rows.cells << 1, 1, 1, -1, -1, 1, -1, -1, 2, na, 2, na, -2, na, -2, na, na, 2, na, 2, na, -2, na,
      -2;
  return rows;
}

}  // namespace toy
