// Incomplete rows in the form an E-step wants them: standardised, grouped by missing pattern.
//
// A pattern with many rows is kept as its (n, sum, cross-product), so that an iteration does not
// depend on n; one with few rows keeps the rows. The choice is made pattern by pattern, by cost,
// which also bounds the memory: a cross-product is never larger than the rows it stands for.
// Missing cells hold zero throughout, so that products may run over whole columns.
#pragma once

#include <algorithm>
#include <vector>

#include "../em_model.hpp"
#include "mvn_survey.hpp"

namespace missmix {

struct PatternGroup {
  std::vector<Index> missing, observed;
  double weight = 0;          // of its rows
  Index begin = 0, rows = 0;  // its columns of `rows`, or
  Index table = -1;           // its entry of `sums` and `cross`
};

class MvnData {
 public:
  MvnData(const Survey& survey, const Columns& columns, Index n, const double* weights)
      : p(static_cast<Index>(columns.size())),
        centre(p),
        scale(p),
        total_sum(VectorXd::Zero(p)),
        total_cross(MatrixXd::Zero(p, p)) {
    for (Index j = 0; j < p; ++j) {
      centre[j] = survey.facts[j].centre;
      scale[j] = survey.facts[j].scale;
    }
    plan_groups(survey, n, weights);
    read(survey, columns, n, weights);
    add_totals();
  }

  Index p;
  VectorXd centre, scale;            // of the user's columns
  std::vector<PatternGroup> groups;  // wholly missing rows carry no information and are left out
  MatrixXd rows;                     // p x rows kept as they are
  VectorXd row_weights;              // empty when every row counts once
  MatrixXd sums;                     // p x tables
  std::vector<MatrixXd> cross;       // tables of p x p
  VectorXd total_sum;                // over all rows, zeros for missing cells
  MatrixXd total_cross;
  double weight = 0;        // of the rows with any observed cell
  double empty_weight = 0;  // of those without
  Index informative = 0;    // number of the former, whatever they weigh
  double cells = 0;         // observed cells

  double row_weight(Index i) const { return row_weights.size() == 0 ? 1 : row_weights[i]; }

 private:
  void plan_groups(const Survey& survey, Index n, const double* weights) {
    const Index n_patterns = survey.patterns.size();
    std::vector<Index> count(static_cast<std::size_t>(n_patterns));
    std::vector<double> weight_of(static_cast<std::size_t>(n_patterns));
    for (Index i = 0; i < n; ++i) {
      ++count[survey.pattern_of[i]];
      weight_of[survey.pattern_of[i]] += weights == nullptr ? 1 : weights[i];
    }
    group_of_.assign(static_cast<std::size_t>(n_patterns), -1);
    Index kept = 0, tables = 0;
    for (Index k = 0; k < n_patterns; ++k) {
      PatternGroup group;
      group.observed = survey.patterns.observed(k);
      if (group.observed.empty()) {
        empty_weight = weight_of[k];
        continue;
      }
      group.missing = survey.patterns.missing(k);
      group.weight = weight_of[k];
      weight += group.weight;
      informative += count[k];
      cells += group.weight * static_cast<double>(group.observed.size());
      if (group.missing.empty() || count[k] > p) {
        group.table = tables++;
      } else {
        group.begin = kept;
        group.rows = count[k];
        kept += count[k];
      }
      group_of_[k] = static_cast<Index>(groups.size());
      groups.push_back(std::move(group));
    }
    rows.resize(p, kept);
    if (weights != nullptr) row_weights.resize(kept);
    sums.setZero(p, tables);
    cross.assign(static_cast<std::size_t>(tables), MatrixXd::Zero(p, p));
  }

  void read(const Survey& survey, const Columns& columns, Index n, const double* weights) {
    const Index step = rows_per_block(p);
    MatrixXd block(p, step), sorted(p, step);
    VectorXd column(step), block_weights = VectorXd::Ones(step);
    std::vector<Index> filled(groups.size());
    std::vector<Index> begin_of(cross.size() + 1), order(static_cast<std::size_t>(step));
    for (Index begin = 0; begin < n; begin += step) {
      const Index m = std::min(step, n - begin);
      for (Index j = 0; j < p; ++j) {
        columns[j].read(begin, m, column.data());
        const double c = centre[j], unit = 1 / scale[j];
        for (Index i = 0; i < m; ++i) {
          const double value = column[i];
          block(j, i) = value != value ? 0 : (value - c) * unit;
        }
      }
      if (weights != nullptr) block_weights = Eigen::Map<const VectorXd>(weights + begin, m);
      const std::int32_t* pattern = survey.pattern_of.data() + begin;
      keep_rows(block, block_weights, pattern, m, filled);
      add_to_tables(block, block_weights, pattern, m, begin_of, order, sorted);
    }
  }

  void keep_rows(const MatrixXd& block, const VectorXd& block_weights, const std::int32_t* pattern,
                 Index m, std::vector<Index>& filled) {
    for (Index i = 0; i < m; ++i) {
      const Index g = group_of_[pattern[i]];
      if (g < 0 || groups[g].table >= 0) continue;
      const Index at = groups[g].begin + filled[g]++;
      rows.col(at) = block.col(i);
      if (row_weights.size() > 0) row_weights[at] = block_weights[i];
    }
  }

  // Rows of one pattern are brought together, so that each table grows by matrix products.
  void add_to_tables(const MatrixXd& block, const VectorXd& block_weights,
                     const std::int32_t* pattern, Index m, std::vector<Index>& begin_of,
                     std::vector<Index>& order, MatrixXd& sorted) {
    std::fill(begin_of.begin(), begin_of.end(), 0);
    for (Index i = 0; i < m; ++i)
      if (const Index t = table_of(pattern[i]); t >= 0) ++begin_of[t + 1];
    for (std::size_t t = 1; t < begin_of.size(); ++t) begin_of[t] += begin_of[t - 1];
    std::vector<Index> next(begin_of.begin(), begin_of.end() - 1);
    for (Index i = 0; i < m; ++i)
      if (const Index t = table_of(pattern[i]); t >= 0) order[next[t]++] = i;
    for (std::size_t t = 0; t + 1 < begin_of.size(); ++t) {
      const Index from = begin_of[t], size = begin_of[t + 1] - from;
      if (size == 0) continue;
      auto these = sorted.leftCols(size);
      for (Index i = 0; i < size; ++i) {
        const double w = block_weights[order[from + i]];
        these.col(i) = std::sqrt(w) * block.col(order[from + i]);
        sums.col(static_cast<Index>(t)) += w * block.col(order[from + i]);
      }
      cross[t].selfadjointView<Eigen::Lower>().rankUpdate(these);
    }
  }

  Index table_of(std::int32_t pattern) const {
    const Index g = group_of_[pattern];
    return g < 0 ? -1 : groups[g].table;
  }

  void add_totals() {
    for (MatrixXd& table : cross) {
      table.triangularView<Eigen::StrictlyUpper>() = table.transpose();
      total_cross += table;
    }
    total_sum = sums.rowwise().sum();
    if (rows.cols() == 0) return;
    MatrixXd kept = MatrixXd::Zero(p, p);
    if (row_weights.size() == 0) {
      kept.selfadjointView<Eigen::Lower>().rankUpdate(rows);
      total_sum += rows.rowwise().sum();
    } else {
      kept.noalias() = rows * row_weights.asDiagonal() * rows.transpose();
      total_sum.noalias() += rows * row_weights;
    }
    kept.triangularView<Eigen::StrictlyUpper>() = kept.transpose();
    total_cross += kept;
  }

  std::vector<Index> group_of_;
};

}  // namespace missmix
