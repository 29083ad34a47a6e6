// Missing cells of any rows under a given normal: means, variances, and how unusual each row is.
#pragma once

#include <cmath>
#include <vector>

#include "mvn.hpp"

namespace missmix {

struct RowPredictions {
  // One entry a missing cell, row by row.
  std::vector<Index> row, variable;
  std::vector<double> mean, variance;
  // One entry a row: squared Mahalanobis distance and log-density of its observed cells.
  VectorXd distance, log_lik;
};

class MvnPredictor {
 public:
  MvnPredictor(const VectorXd& mu, const MatrixXd& sigma)
      : centre_(mu),
        scale_(sigma.diagonal().cwiseSqrt()),
        conditional_(mu.size()),
        z_(mu.size()),
        work_(mu.size()),
        filled_(mu.size()) {
    const Index p = mu.size();
    normal_.mu = VectorXd::Zero(p);
    normal_.shift = VectorXd::Zero(p);
    normal_.sigma = scale_.cwiseInverse().asDiagonal() * sigma * scale_.cwiseInverse().asDiagonal();
    const Eigen::LLT<MatrixXd> factor(normal_.sigma);
    legal_ = factor.info() == Eigen::Success;
    if (!legal_) return;
    normal_.precision = factor.solve(MatrixXd::Identity(p, p));
    normal_.log_det = 2 * factor.matrixLLT().diagonal().array().log().sum();
  }

  bool legal() const { return legal_; }

  RowPredictions rows(const Survey& survey, const Columns& columns, Index n) {
    RowPredictions out;
    out.distance.resize(n);
    out.log_lik.resize(n);
    const auto first_cell = lay_out(survey, n, out);
    for (const std::vector<Index>& members : rows_by_pattern(survey, n)) {
      const Index pattern = survey.pattern_of[members.front()];
      predict_pattern(columns, survey.patterns.missing(pattern), survey.patterns.observed(pattern),
                      members, first_cell, out);
    }
    return out;
  }

 private:
  static std::vector<std::vector<Index>> rows_by_pattern(const Survey& survey, Index n) {
    std::vector<std::vector<Index>> members(static_cast<std::size_t>(survey.patterns.size()));
    for (Index i = 0; i < n; ++i) members[survey.pattern_of[i]].push_back(i);
    return members;
  }

  // Where each row's cells begin, so that patterns may be worked through in any order.
  static std::vector<std::size_t> lay_out(const Survey& survey, Index n, RowPredictions& out) {
    std::vector<std::vector<Index>> missing;
    for (Index k = 0; k < survey.patterns.size(); ++k)
      missing.push_back(survey.patterns.missing(k));
    std::vector<std::size_t> first_cell(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) {
      first_cell[i] = out.row.size();
      for (Index j : missing[survey.pattern_of[i]]) {
        out.row.push_back(i);
        out.variable.push_back(j);
      }
    }
    out.mean.resize(out.row.size());
    out.variance.resize(out.row.size());
    return first_cell;
  }

  void predict_pattern(const Columns& columns, const std::vector<Index>& missing,
                       const std::vector<Index>& observed, const std::vector<Index>& members,
                       const std::vector<std::size_t>& first_cell, RowPredictions& out) {
    const Index q = static_cast<Index>(missing.size());
    const bool regression = static_cast<Index>(members.size()) > q;
    if (!conditional_.condition(normal_, missing, observed, regression)) return;
    double constant =
        static_cast<double>(observed.size()) * kLog2Pi + conditional_.log_det_observed();
    for (Index j : observed) constant += 2 * std::log(scale_[j]);
    for (Index i : members) {
      z_.setZero();
      for (Index j : observed) z_[j] = (columns[j][i] - centre_[j]) / scale_[j];
      if (q > 0) conditional_.mean(normal_, missing, z_, work_, filled_);
      for (Index k = 0; k < q; ++k) {
        const Index j = missing[k];
        const std::size_t cell = first_cell[i] + static_cast<std::size_t>(k);
        z_[j] = filled_[k];
        out.mean[cell] = centre_[j] + scale_[j] * filled_[k];
        out.variance[cell] = scale_[j] * scale_[j] * conditional_.cov()(k, k);
      }
      // The completed residual's quadratic form is that of its observed part (eq. 6).
      out.distance[i] = observed.empty() ? 0 : z_.dot(normal_.precision * z_);
      out.log_lik[i] = observed.empty() ? 0 : -0.5 * (constant + out.distance[i]);
    }
  }

  VectorXd centre_, scale_;
  Normal normal_;
  bool legal_ = false;
  NormalConditional conditional_;
  VectorXd z_, work_, filled_;
};

}  // namespace missmix
