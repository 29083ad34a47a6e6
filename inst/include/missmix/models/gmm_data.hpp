// Rows of a mixture in the form an E-step wants them: standardised, brought together by missing
// pattern, cut into blocks that stay in the cache while every component looks at them.
//
// A block holds the observed columns only, each contiguous: work runs down the rows.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "../em_model.hpp"
#include "mvn_survey.hpp"

namespace missmix {

struct GmmPattern {
  std::vector<Index> observed, missing;
  bool complete() const { return missing.empty(); }
};

struct GmmBlock {
  Index pattern = 0;
  Index begin = 0, rows = 0;  // of `row`, `weight`
  Index cells = 0;            // where its cells begin
};

class GmmData {
 public:
  // Whole tiles; an odd number of cache lines, lest all columns of a block share a few of its sets.
  static constexpr Index kBlockRows = 248;

  GmmData(const Survey& survey, const Columns& columns, Index n, const double* weights)
      : GmmData(survey, columns, n, centres(survey), scales(survey), weights) {}

  // In other units and about another centre: those of a fit, or, for a part of the rows that keep
  // their weights where the others have none, those of the whole.
  GmmData(const Survey& survey, const Columns& columns, Index n, VectorXd own_centre,
          VectorXd own_scale, const double* weights = nullptr)
      : p(static_cast<Index>(columns.size())),
        centre(std::move(own_centre)),
        scale(std::move(own_scale)),
        lowest(p),
        highest(p) {
    plan(survey, n, weights);
    read(columns);
    measure();
  }

  Index p;
  VectorXd centre, scale;    // of the user's columns
  VectorXd lowest, highest;  // of each column, standardised
  std::vector<GmmPattern> patterns;
  std::vector<GmmBlock> blocks;
  std::vector<Index> row;   // the user's number of each row kept
  VectorXd row_weights;     // empty when every row counts once
  double weight = 0;        // rows with any observed cell
  double cells = 0;         // observed cells
  double log_jacobian = 0;  // of the standardisation, over all observed cells

  static VectorXd centres(const Survey& survey) {
    return VectorXd::NullaryExpr(static_cast<Index>(survey.facts.size()),
                                 [&](Index j) { return survey.facts[j].centre; });
  }
  static VectorXd scales(const Survey& survey) {
    return VectorXd::NullaryExpr(static_cast<Index>(survey.facts.size()),
                                 [&](Index j) { return survey.facts[j].scale; });
  }

  auto cells_of(const GmmBlock& block) const {
    const Index width = static_cast<Index>(patterns[block.pattern].observed.size());
    return Eigen::Map<const MatrixXd>(values_.data() + block.cells, block.rows, width);
  }
  double weight_of(Index i) const { return row_weights.size() == 0 ? 1 : row_weights[i]; }
  Index rows() const { return static_cast<Index>(row.size()); }

 private:
  // Rows in the order of their patterns; rows without any observed cell carry no information.
  void plan(const Survey& survey, Index n, const double* weights) {
    const Index n_patterns = survey.patterns.size();
    std::vector<Index> count(static_cast<std::size_t>(n_patterns) + 1);
    for (Index i = 0; i < n; ++i) ++count[survey.pattern_of[i] + 1];
    std::vector<Index> begin(count.begin(), count.end());
    Index kept = 0;
    for (Index k = 0; k < n_patterns; ++k) {
      begin[k] = kept;
      if (survey.patterns.observed(k).empty()) continue;
      kept += count[k + 1];
    }
    row.resize(static_cast<std::size_t>(kept));
    if (weights != nullptr) row_weights.resize(kept);
    std::vector<Index> group(static_cast<std::size_t>(n_patterns), -1);
    Index cells_begin = 0;
    for (Index k = 0; k < n_patterns; ++k) {
      GmmPattern pattern{survey.patterns.observed(k), survey.patterns.missing(k)};
      if (pattern.observed.empty()) continue;
      const Index width = static_cast<Index>(pattern.observed.size());
      group[k] = static_cast<Index>(patterns.size());
      for (Index at = 0; at < count[k + 1]; at += kBlockRows) {
        const Index rows = std::min(kBlockRows, count[k + 1] - at);
        blocks.push_back({group[k], begin[k] + at, rows, cells_begin});
        cells_begin += rows * width;
      }
      patterns.push_back(std::move(pattern));
    }
    values_.resize(static_cast<std::size_t>(cells_begin));
    for (Index i = 0; i < n; ++i) {
      const Index k = survey.pattern_of[i];
      if (group[k] < 0) continue;
      const Index at = begin[k]++;
      row[at] = i;
      const double w = weights == nullptr ? 1 : weights[i];
      if (weights != nullptr) row_weights[at] = w;
      const GmmPattern& pattern = patterns[group[k]];
      weight += w;
      cells += w * static_cast<double>(pattern.observed.size());
      for (Index j : pattern.observed) log_jacobian -= w * std::log(scale[j]);
    }
  }

  void read(const Columns& columns) {
    for (const GmmBlock& block : blocks) {
      const std::vector<Index>& observed = patterns[block.pattern].observed;
      double* out = values_.data() + block.cells;
      for (Index j : observed) {
        const double unit = 1 / scale[j];
        for (Index i = 0; i < block.rows; ++i)
          *out++ = (columns[j][row[block.begin + i]] - centre[j]) * unit;
      }
    }
  }

  void measure() {
    lowest.setConstant(std::numeric_limits<double>::infinity());
    highest = -lowest;
    for (const GmmBlock& block : blocks) {
      const auto y = cells_of(block);
      const std::vector<Index>& observed = patterns[block.pattern].observed;
      for (Index j = 0; j < y.cols(); ++j) {
        lowest[observed[j]] = std::min(lowest[observed[j]], y.col(j).minCoeff());
        highest[observed[j]] = std::max(highest[observed[j]], y.col(j).maxCoeff());
      }
    }
  }

  std::vector<double> values_;
};

}  // namespace missmix
