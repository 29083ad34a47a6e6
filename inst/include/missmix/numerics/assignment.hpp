// The assignment problem: which column for each row, at the least total cost.
//
// Shortest augmenting paths with potentials, O(k^3): Jonker & Volgenant (1987) Computing 38:325.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace missmix {

namespace detail {

// Costs that are not finite become larger than any total of those that are.
inline Eigen::MatrixXd finite_costs(const Eigen::MatrixXd& cost) {
  double lowest = 0, highest = 0;
  for (Eigen::Index i = 0; i < cost.size(); ++i) {
    const double c = cost.data()[i];
    if (!std::isfinite(c)) continue;
    lowest = std::min(lowest, c);
    highest = std::max(highest, c);
  }
  const double rows = static_cast<double>(cost.rows());
  const double huge = highest + (rows + 1) * (highest - lowest + 1);
  return cost.unaryExpr([huge](double c) { return std::isfinite(c) ? c : huge; });
}

// Rows are taken in one at a time. Potentials keep every reduced cost at zero or above, and that of
// every match at zero, so that the cheapest way to make room for a row is a shortest path.
class Assignment {
 public:
  explicit Assignment(const Eigen::MatrixXd& cost)
      : cost_(cost),
        k_(cost.rows()),
        row_of_(static_cast<std::size_t>(k_), kNone),
        previous_(static_cast<std::size_t>(k_)),
        row_price_(Eigen::VectorXd::Zero(k_)),
        column_price_(Eigen::VectorXd::Zero(k_)) {
    for (int row = 0; row < k_; ++row) take_in(row);
  }

  std::vector<int> columns() const {
    std::vector<int> column_of(static_cast<std::size_t>(k_));
    for (int j = 0; j < k_; ++j) column_of[row_of_[j]] = j;
    return column_of;
  }

 private:
  static constexpr int kNone = -1;

  void take_in(int row) {
    distance_.setConstant(k_, std::numeric_limits<double>::infinity());
    reached_.assign(static_cast<std::size_t>(k_), false);
    int at = row, column = kNone;  // `at` is the row that needs a column now
    double length = 0;             // of the path to it
    while (at != kNone) {
      look_from(at, column, length);
      column = nearest();
      length = distance_[column];
      reached_[column] = true;
      at = row_of_[column];
    }
    reprice(row, length);
    for (; column != kNone; column = previous_[column]) {
      const int before = previous_[column];
      row_of_[column] = before == kNone ? row : row_of_[before];
    }
  }

  void look_from(int row, int column, double length) {
    for (int j = 0; j < k_; ++j) {
      const double to = length + cost_(row, j) - row_price_[row] - column_price_[j];
      if (reached_[j] || !(to < distance_[j])) continue;
      distance_[j] = to;
      previous_[j] = column;
    }
  }

  int nearest() const {
    int best = kNone;
    for (int j = 0; j < k_; ++j)
      if (!reached_[j] && (best == kNone || distance_[j] < distance_[best])) best = j;
    return best;
  }

  void reprice(int row, double length) {
    row_price_[row] += length;
    for (int j = 0; j < k_; ++j) {
      if (!reached_[j]) continue;
      column_price_[j] -= length - distance_[j];
      if (row_of_[j] != kNone) row_price_[row_of_[j]] += length - distance_[j];
    }
  }

  const Eigen::MatrixXd& cost_;
  Eigen::Index k_;
  std::vector<int> row_of_, previous_;  // of each column; the column before it on the path
  std::vector<bool> reached_;
  Eigen::VectorXd row_price_, column_price_, distance_;
};

}  // namespace detail

// `cost` is square. Costs that are not finite are avoided where there is a way.
inline std::vector<int> assign(const Eigen::MatrixXd& cost) {
  const Eigen::MatrixXd finite = detail::finite_costs(cost);
  return detail::Assignment(finite).columns();
}

}  // namespace missmix
