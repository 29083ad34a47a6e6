// Incomplete data and parameters, from R's units to the core's standardised ones and back.
#pragma once

#include "missmix/models/mvn.hpp"
#include "missmix/models/mvn_start.hpp"
#include "surveyed_rows.h"

namespace missmix {

inline Mvn::Params standardised(const VectorXd& mu, const MatrixXd& sigma, const VectorXd& centre,
                                const VectorXd& scale) {
  Mvn::Params params;
  const VectorXd unit = scale.cwiseInverse();
  params.mu = (mu - centre).cwiseProduct(unit);
  params.sigma = unit.asDiagonal() * sigma * unit.asDiagonal();
  Mvn::factorise(params);
  return params;
}

inline Mvn::Params standardised(const VectorXd& mu, const MatrixXd& sigma, const MvnData& data) {
  return standardised(mu, sigma, data.centre, data.scale);
}

// Where a climb starts: list(mu, sigma) in R's units, or NULL for a start made from the data.
inline Mvn::Params read_start(SEXP start, const MvnData& data, double ridge) {
  if (Rf_isNull(start)) return mvn_start(data, ridge);
  const Rcpp::List given(start);
  return standardised(Rcpp::as<VectorXd>(given["mu"]), Rcpp::as<MatrixXd>(given["sigma"]), data);
}

// `centre` is added to mu: the data's own for parameters, zero for a direction.
inline Rcpp::List in_user_units(const VectorXd& mu, const MatrixXd& sigma, const MvnData& data,
                                const VectorXd& centre) {
  return Rcpp::List::create(
      Rcpp::Named("mu") = VectorXd(centre + data.scale.cwiseProduct(mu)),
      Rcpp::Named("sigma") = MatrixXd(data.scale.asDiagonal() * sigma * data.scale.asDiagonal()));
}

// The data of a fit that has been made before: nothing is left to complain of.
inline MvnData read_data(SEXP columns, SEXP weights) {
  const SurveyedRows rows(columns, weights);
  return MvnData(rows.survey, rows.views, rows.n, rows.w);
}

}  // namespace missmix
