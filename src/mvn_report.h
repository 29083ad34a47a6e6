// What was found out about incomplete data, as R's lists.
#pragma once

#include "missmix/em_map.hpp"
#include "mvn_standard.h"

namespace missmix {

// What is wrong with a column, one entry each, for R to put into words; empty when all is well.
inline Rcpp::List column_problems(const Survey& survey) {
  Rcpp::CharacterVector kind;
  Rcpp::IntegerVector column;
  Rcpp::NumericVector row, scale;
  for (std::size_t j = 0; j < survey.facts.size(); ++j) {
    const ColumnFacts& facts = survey.facts[j];
    const char* what = facts.bad_row >= 0    ? "bad_cell"
                       : facts.observed == 0 ? "all_missing"
                       : facts.constant      ? "constant"
                       : !facts.in_range()   ? "scale"
                                             : nullptr;
    if (what == nullptr) continue;
    kind.push_back(what);
    column.push_back(static_cast<int>(j) + 1);
    row.push_back(static_cast<double>(facts.bad_row) + 1);
    scale.push_back(facts.scale);
  }
  return Rcpp::List::create(Rcpp::Named("kind") = kind, Rcpp::Named("column") = column,
                            Rcpp::Named("row") = row, Rcpp::Named("scale") = scale);
}

// list(bad = c(row, column)) of the first infinite or NaN cell, an empty list where there is none.
inline Rcpp::List first_bad_cell(const Survey& survey) {
  for (std::size_t j = 0; j < survey.facts.size(); ++j)
    if (survey.facts[j].bad_row >= 0)
      return Rcpp::List::create(
          Rcpp::Named("bad") = Rcpp::NumericVector::create(
              Rcpp::Named("row") = static_cast<double>(survey.facts[j].bad_row) + 1,
              Rcpp::Named("column") = static_cast<double>(j) + 1));
  return Rcpp::List();
}

inline Rcpp::NumericVector observed_counts(const Survey& survey) {
  Rcpp::NumericVector counts(static_cast<R_xlen_t>(survey.facts.size()));
  for (R_xlen_t j = 0; j < counts.size(); ++j) counts[j] = survey.facts[j].observed;
  return counts;
}

inline Rcpp::List write_patterns(const MvnData& data) {
  const Index groups = static_cast<Index>(data.groups.size());
  constexpr Index kMostKept = 10000;
  if (groups > kMostKept) return Rcpp::List();
  Rcpp::LogicalMatrix observed(static_cast<int>(groups), static_cast<int>(data.p));
  Rcpp::NumericVector count(groups);
  for (Index g = 0; g < groups; ++g) {
    for (Index j : data.groups[g].observed) observed(g, j) = TRUE;
    count[g] = data.groups[g].weight;
  }
  return Rcpp::List::create(Rcpp::Named("observed") = observed, Rcpp::Named("count") = count);
}

// What a fit says of its data, whatever the climb found.
inline void add_data_facts(Rcpp::List& out, const MvnData& data, const Survey& survey) {
  out["nobs"] = data.weight;
  out["empty"] = data.empty_weight;
  out["informative"] = static_cast<double>(data.informative);
  out["n_missing"] = static_cast<double>(survey.missing_cells);
  out["observed"] = observed_counts(survey);
  out["patterns"] = write_patterns(data);
}

// The largest eigenvalue of the EM map's derivative, and its direction in mu and sigma.
template <class Model>
Rcpp::List write_leading_mode(const Model& model, const Mvn::Params& params, const MvnData& data,
                              int steps, Monitor& monitor) {
  VectorXd x, image;
  model.pack(params, x);
  EmMap<Model> map(model);
  map(x, image);
  const LeadingMode mode = leading_mode(map, x, image, steps, monitor);
  if (mode.stopped) return Rcpp::List::create(Rcpp::Named("stopped") = true);
  Mvn::Params moved;
  constexpr double kDifference = 1e-6;
  model.unpack(x + kDifference * mode.direction, moved);
  Rcpp::List out =
      in_user_units((moved.mu - params.mu) / kDifference,
                    (moved.sigma - params.sigma) / kDifference, data, VectorXd::Zero(data.p));
  out["rate"] = mode.rate;
  return out;
}

template <class Model>
Rcpp::List write_mvn_fit(const Fit<Model>& fit, const MvnData& data) {
  Rcpp::List out = write_fit(fit);
  out["parameters"] = in_user_units(fit.params.mu, fit.params.sigma, data, data.centre);
  return out;
}

}  // namespace missmix
