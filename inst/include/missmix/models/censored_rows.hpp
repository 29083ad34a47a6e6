// Rows with cells that are known to lie within bounds: kept one by one, standardised, grouped by
// which cells are observed, censored and missing.
#pragma once

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "../em_model.hpp"
#include "../numerics/column_view.hpp"

namespace missmix {

// The censored cells in the user's units, ordered by row, then variable.
struct CensoredCells {
  std::vector<Index> row, variable;
  std::vector<double> lower, upper;

  std::size_t size() const { return row.size(); }
};

struct CensoredGroup {
  std::vector<Index> observed, latent;  // of the latent cells those that are censored first
  Index censored = 0;
  Index begin = 0, rows = 0;
  double weight = 0;
};

class CensoredRows {
 public:
  // Rows of weight zero are left out.
  CensoredRows(const CensoredCells& cells, const Columns& columns, const double* weights,
               const VectorXd& centre, const VectorXd& unit)
      : p(static_cast<Index>(columns.size())), scale(unit) {
    std::map<std::string, std::vector<std::size_t>> by_kind;  // where in `cells` each row begins
    Index kept = 0;
    for (std::size_t at = 0; at < cells.size(); at = end_of_row(cells, at)) {
      const Index i = cells.row[at];
      if (weights != nullptr && weights[i] == 0) continue;
      by_kind[kinds(cells, at, columns)].push_back(at);
      ++kept;
    }
    row.reserve(kept);
    z.setZero(p, kept);
    lower.setConstant(p, kept, -std::numeric_limits<double>::infinity());
    upper.setConstant(p, kept, std::numeric_limits<double>::infinity());
    row_weight.setOnes(kept);
    for (const auto& [kind, members] : by_kind)
      add_group(kind, members, cells, columns, weights, centre);
  }

  Index p;
  VectorXd scale;
  std::vector<CensoredGroup> groups;
  std::vector<Index> row;  // in the user's data
  MatrixXd z;              // p x rows, zeros for latent cells
  MatrixXd lower, upper;   // the first so many of each column: bounds of the group's censored cells
  VectorXd row_weight;
  double weight = 0;    // of all rows
  double observed = 0;  // cells, and
  double censored = 0;  // censored ones, by weight

 private:
  static constexpr char kObserved = 'o', kCensored = 'c', kMissing = 'm';

  static std::size_t end_of_row(const CensoredCells& cells, std::size_t at) {
    const Index i = cells.row[at];
    while (at < cells.size() && cells.row[at] == i) ++at;
    return at;
  }

  // A letter for each variable.
  std::string kinds(const CensoredCells& cells, std::size_t at, const Columns& columns) const {
    std::string kind(static_cast<std::size_t>(p), kObserved);
    const Index i = cells.row[at];
    for (Index j = 0; j < p; ++j)
      if (std::isnan(columns[j][i])) kind[j] = kMissing;
    for (std::size_t k = at; k < end_of_row(cells, at); ++k) kind[cells.variable[k]] = kCensored;
    return kind;
  }

  void add_group(const std::string& kind, const std::vector<std::size_t>& members,
                 const CensoredCells& cells, const Columns& columns, const double* weights,
                 const VectorXd& centre) {
    CensoredGroup group;
    for (char letter : {kCensored, kMissing})
      for (Index j = 0; j < p; ++j)
        if (kind[j] == letter) group.latent.push_back(j);
    for (Index j = 0; j < p; ++j) {
      if (kind[j] == kObserved) group.observed.push_back(j);
      if (kind[j] == kCensored) ++group.censored;
    }
    group.begin = static_cast<Index>(row.size());
    group.rows = static_cast<Index>(members.size());
    for (std::size_t at : members) {
      const Index i = cells.row[at], column = static_cast<Index>(row.size());
      row.push_back(i);
      if (weights != nullptr) row_weight[column] = weights[i];
      group.weight += row_weight[column];
      for (Index j : group.observed) z(j, column) = (columns[j][i] - centre[j]) / scale[j];
      for (Index k = 0; k < group.censored; ++k) {
        const Index j = cells.variable[at + k];
        lower(k, column) = (cells.lower[at + k] - centre[j]) / scale[j];
        upper(k, column) = (cells.upper[at + k] - centre[j]) / scale[j];
      }
    }
    weight += group.weight;
    observed += group.weight * static_cast<double>(group.observed.size());
    censored += group.weight * static_cast<double>(group.censored);
    groups.push_back(std::move(group));
  }
};

}  // namespace missmix
