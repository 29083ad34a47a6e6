// The caller's bulk, genes x samples, read in place: dense (doubles or integers) or sparse by
// columns. `rows` tells which of its rows holds each gene of the reference.
#pragma once

#include <stdexcept>
#include <vector>

#include "../em_model.hpp"
#include "../numerics/column_view.hpp"

namespace missmix {

// Compressed columns, as in the class dgCMatrix of R's Matrix.
struct SparseColumns {
  const int* row = nullptr;    // of each value
  const int* begin = nullptr;  // of each column, samples + 1 of them
  const double* value = nullptr;
};

class BulkView {
 public:
  BulkView(std::vector<ColumnView> columns, std::vector<Index> rows)
      : columns_(std::move(columns)),
        rows_(std::move(rows)),
        samples_(static_cast<Index>(columns_.size())) {}

  BulkView(SparseColumns sparse, Index samples, Index bulk_rows, std::vector<Index> rows)
      : sparse_(sparse),
        rows_(std::move(rows)),
        gene_(static_cast<std::size_t>(bulk_rows), -1),
        samples_(samples) {
    for (std::size_t g = 0; g < rows_.size(); ++g) gene_[rows_[g]] = static_cast<Index>(g);
  }

  // Values are read as weight * value^power, a weight a gene.
  void set_weight(Eigen::ArrayXd weight) { weight_ = std::move(weight); }
  void set_power(double power) { power_ = power; }

  Index genes() const { return static_cast<Index>(rows_.size()); }
  Index samples() const { return samples_; }

  void read(Index sample, Eigen::ArrayXd& y) const {
    y.resize(genes());
    if (sparse_.begin == nullptr) {
      for (Index g = 0; g < genes(); ++g) y[g] = columns_[sample][rows_[g]];
    } else {
      y.setZero();
      for (int i = sparse_.begin[sample]; i < sparse_.begin[sample + 1]; ++i) {
        const Index gene = gene_[sparse_.row[i]];
        if (gene >= 0) y[gene] = sparse_.value[i];
      }
    }
    if (power_ != 1) y = y.pow(power_);
    if (weight_.size() > 0) y *= weight_;
  }

 private:
  std::vector<ColumnView> columns_;
  SparseColumns sparse_;
  std::vector<Index> rows_, gene_;
  Eigen::ArrayXd weight_;
  double power_ = 1;
  Index samples_ = 0;
};

}  // namespace missmix
