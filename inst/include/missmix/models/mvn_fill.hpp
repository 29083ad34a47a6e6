// Draws of the missing cells of any rows under a given normal.
#pragma once

#include <vector>

#include "../rng.hpp"
#include "mvn.hpp"

namespace missmix {

// What one stream of an imputation is used for.
enum class DrawPart : std::uint32_t { chain = 0, cells = 1, censored = 2 };

// Incomplete rows by pattern, in the units given. Cells are numbered row by row, in each row in
// the order of the variables, whatever the order in which patterns are worked through.
class IncompleteRows {
 public:
  struct Group {
    std::vector<Index> missing, observed;
    Index begin = 0, rows = 0;  // its columns of z()
  };

  IncompleteRows(const Survey& survey, const Columns& columns, Index n, const VectorXd& centre,
                 const VectorXd& scale) {
    plan_groups(survey, n);
    lay_out(survey, n);
    read(columns, centre, scale);
  }

  const std::vector<Group>& groups() const { return groups_; }
  // One row of the data a column, zero where a cell is missing.
  const MatrixXd& z() const { return z_; }
  // The number of the first missing cell of column `i` of z().
  Index first_cell(Index i) const { return first_cell_[static_cast<std::size_t>(i)]; }
  Index cells() const { return static_cast<Index>(row.size()); }
  Index p() const { return z_.rows(); }

  std::vector<Index> row, variable;  // of each cell

 private:
  void plan_groups(const Survey& survey, Index n) {
    const auto patterns = static_cast<std::size_t>(survey.patterns.size());
    std::vector<Index> count(patterns);
    for (Index i = 0; i < n; ++i) ++count[static_cast<std::size_t>(survey.pattern_of[i])];
    next_.assign(patterns, -1);
    for (std::size_t k = 0; k < patterns; ++k) {
      Group group{survey.patterns.missing(static_cast<Index>(k)),
                  survey.patterns.observed(static_cast<Index>(k)), rows_, count[k]};
      if (group.missing.empty() || group.rows == 0) continue;
      next_[k] = rows_;
      rows_ += count[k];
      groups_.push_back(std::move(group));
    }
  }

  void lay_out(const Survey& survey, Index n) {
    source_.resize(static_cast<std::size_t>(rows_));
    first_cell_.resize(static_cast<std::size_t>(rows_));
    for (Index i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(survey.pattern_of[i]);
      if (next_[k] < 0) continue;
      const auto at = static_cast<std::size_t>(next_[k]++);
      source_[at] = i;
      first_cell_[at] = cells();
      for (Index j = 0; j < survey.patterns.p(); ++j)
        if (survey.patterns.missing(static_cast<Index>(k), j)) {
          row.push_back(i);
          variable.push_back(j);
        }
    }
  }

  void read(const Columns& columns, const VectorXd& centre, const VectorXd& scale) {
    z_.resize(static_cast<Index>(columns.size()), rows_);
    for (Index j = 0; j < z_.rows(); ++j) {
      const ColumnView& column = columns[static_cast<std::size_t>(j)];
      for (Index i = 0; i < rows_; ++i) {
        const double value = column[source_[static_cast<std::size_t>(i)]];
        z_(j, i) = value != value ? 0 : (value - centre[j]) / scale[j];
      }
    }
  }

  Index rows_ = 0;
  std::vector<Group> groups_;
  std::vector<Index> next_;  // by pattern: the next free column of z
  std::vector<Index> source_, first_cell_;
  MatrixXd z_;
};

// Draws every missing cell once: `out` has one element a cell. One for each thread.
class MvnFill {
 public:
  explicit MvnFill(Index p) : conditional_(p), work_(p), mean_(p), noise_(p) {}

  // False where a covariance is not positive definite. `centre` and `scale` take a cell back from
  // the units of the rows.
  template <class Out>
  bool draw(const IncompleteRows& rows, const Normal& normal, const VectorXd& centre,
            const VectorXd& scale, Rng& rng, Out&& out) {
    for (const IncompleteRows::Group& group : rows.groups()) {
      const Index q = static_cast<Index>(group.missing.size());
      if (!conditional_.condition(normal, group.missing, group.observed, group.rows > q))
        return false;
      factor_.compute(conditional_.cov());
      if (factor_.info() != Eigen::Success) return false;
      for (Index i = group.begin; i < group.begin + group.rows; ++i) {
        conditional_.mean(normal, group.missing, rows.z().col(i), work_, mean_);
        for (Index k = 0; k < q; ++k) noise_[k] = rng.normal();
        for (Index k = 0; k < q; ++k) {
          const double cell =
              mean_[k] + factor_.matrixLLT().row(k).head(k + 1).dot(noise_.head(k + 1));
          const Index j = group.missing[static_cast<std::size_t>(k)];
          out[rows.first_cell(i) + k] = centre[j] + scale[j] * cell;
        }
      }
    }
    return true;
  }

 private:
  NormalConditional conditional_;
  Eigen::LLT<MatrixXd> factor_;
  VectorXd work_, mean_, noise_;
};

}  // namespace missmix
