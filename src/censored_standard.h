// Rows with bounds, from R's list(row, variable, lower, upper) and columns to the core's.
//
// The data come in two forms: as they are, and with each censored cell at a crude value within its
// bounds. The second gives every column a scale, and the climb a start.
#pragma once

#include "missmix/models/censored_mvn.hpp"
#include "mvn_standard.h"

namespace missmix {

inline CensoredCells read_censored(const Rcpp::List& censored) {
  const Rcpp::IntegerVector row = censored["row"], variable = censored["variable"];
  CensoredCells cells;
  for (R_xlen_t k = 0; k < row.size(); ++k) {
    cells.row.push_back(row[k] - 1);
    cells.variable.push_back(variable[k] - 1);
  }
  cells.lower = Rcpp::as<std::vector<double>>(censored["lower"]);
  cells.upper = Rcpp::as<std::vector<double>>(censored["upper"]);
  return cells;
}

// Frequency weights with zeros for the rows that the others stand for.
inline VectorXd plain_weights(const CensoredCells& cells, const double* weights, Index n) {
  VectorXd out = VectorXd::Ones(n);
  if (weights != nullptr) out = Eigen::Map<const VectorXd>(weights, n);
  for (Index i : cells.row) out[i] = 0;
  return out;
}

struct CensoredInput {
  CensoredInput(SEXP columns, SEXP crude, SEXP weights, const Rcpp::List& censored)
      : given(columns, weights),
        filled(crude, weights),
        cells(read_censored(censored)),
        weights_(plain_weights(cells, given.w, given.n)) {}
  CensoredInput(const CensoredInput&) = delete;

  const SurveyedRows given, filled;
  const CensoredCells cells;

  // The rows without censored cells, on the scale of the filled columns.
  MvnData plain() const {
    Survey survey(given.views, given.n, weights_.data());
    survey.facts = filled.survey.facts;
    return MvnData(survey, given.views, given.n, weights_.data());
  }
  CensoredRows rows(const MvnData& data) const {
    return CensoredRows(cells, given.views, given.w, data.centre, data.scale);
  }
  MvnData start_data() const { return MvnData(filled.survey, filled.views, filled.n, filled.w); }

 private:
  const VectorXd weights_;
};

}  // namespace missmix
