#include "missmix/models/mvn_information.hpp"
#include "missmix/models/mvn_predict.hpp"
#include "mvn_report.h"
#include "mvn_standard.h"
#include "r_monitor.h"

// In whitened coordinates: the complete-data information (a diagonal), the observed information,
// and the map from there to the coefficients. Empty where sigma is singular; `stopped` alone if it
// was.
// [[Rcpp::export]]
Rcpp::List mvn_information_(SEXP columns, SEXP weights, const Eigen::VectorXd& mu,
                            const Eigen::MatrixXd& sigma, double ridge,
                            const Rcpp::List& control) {
  using namespace missmix;
  const MvnData data = read_data(columns, weights);
  const Mvn::Params params = standardised(mu, sigma, data);
  if (!params.chol.allFinite()) return Rcpp::List();
  const auto monitor = make_monitor(control, R_NilValue);
  const MvnInformation information(data, params, ridge, *monitor);
  if (information.stopped()) return Rcpp::List::create(Rcpp::Named("stopped") = true);
  return Rcpp::List::create(Rcpp::Named("complete") = information.complete(),
                            Rcpp::Named("observed") = information.observed(),
                            Rcpp::Named("map") = information.to_user_units());
}

// The largest fraction of missing information, where the matrix itself would be too large, and
// its direction in mu and sigma. `stopped` alone if it was.
// [[Rcpp::export]]
Rcpp::List mvn_leading_mode_(SEXP columns, SEXP weights, const Eigen::VectorXd& mu,
                             const Eigen::MatrixXd& sigma, double ridge, int steps,
                             const Rcpp::List& control) {
  using namespace missmix;
  const MvnData data = read_data(columns, weights);
  const Mvn model(data, ridge, usable_threads(control["n_threads"]));
  const Mvn::Params params = standardised(mu, sigma, data);
  return write_leading_mode(model, params, data, steps, *make_monitor(control, R_NilValue));
}

// Missing cells of these rows under N(mu, sigma), and how unusual each row is. Empty where sigma
// is singular; `bad` names the first cell that is infinite or NaN.
// [[Rcpp::export]]
Rcpp::List mvn_predict_(SEXP columns, const Eigen::VectorXd& mu, const Eigen::MatrixXd& sigma) {
  using namespace missmix;
  MvnPredictor predictor(mu, sigma);
  if (!predictor.legal()) return Rcpp::List();
  const SurveyedRows given(columns, R_NilValue);
  const Rcpp::List bad = first_bad_cell(given.survey);
  if (bad.size() > 0) return bad;
  const RowPredictions rows = predictor.rows(given.survey, given.views, given.n);
  const Rcpp::IntegerVector row(rows.row.begin(), rows.row.end());
  const Rcpp::IntegerVector variable(rows.variable.begin(), rows.variable.end());
  const Rcpp::IntegerVector pattern(given.survey.pattern_of.begin(), given.survey.pattern_of.end());
  return Rcpp::List::create(
      Rcpp::Named("row") = row + 1, Rcpp::Named("variable") = variable + 1,
      Rcpp::Named("mean") = rows.mean, Rcpp::Named("variance") = rows.variance,
      Rcpp::Named("distance") = rows.distance, Rcpp::Named("log_lik") = rows.log_lik,
      Rcpp::Named("pattern") = pattern + 1);
}
