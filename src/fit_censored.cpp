#include "censored_standard.h"
#include "missmix/models/censored_information.hpp"
#include "missmix/models/censored_predict.hpp"
#include "mvn_report.h"
#include "r_monitor.h"

// [[Rcpp::export]]
Rcpp::List censored_fit_(SEXP columns, SEXP crude, SEXP weights, Rcpp::List censored,
                         Rcpp::Nullable<Rcpp::List> start, double ridge, Rcpp::List control,
                         Rcpp::Nullable<Rcpp::List> watch) {
  using namespace missmix;
  const CensoredInput input(columns, crude, weights, censored);
  const Rcpp::List problems = column_problems(input.filled.survey);
  if (Rf_xlength(problems["kind"]) > 0)
    return Rcpp::List::create(Rcpp::Named("problems") = problems);

  const MvnData data = input.plain();
  const CensoredRows rows = input.rows(data);
  const CensoredMvn model(data, rows, ridge, usable_threads(control["n_threads"]));
  const Mvn::Params from =
      start.isNull() ? mvn_start(input.start_data(), ridge) : read_start(start.get(), data, ridge);
  const auto monitor = make_monitor(control, watch);
  const Fit<CensoredMvn> fit =
      run_past_saddles(model, from, read_control(control), read_accelerator(control), *monitor);
  Rcpp::List out = write_mvn_fit(fit, data);
  add_data_facts(out, MvnData(input.given.survey, input.given.views, input.given.n, input.given.w),
                 input.given.survey);
  out["known"] = model.weight();  // rows with an observed or a censored cell, by weight
  out["informative"] = static_cast<double>(data.informative) + static_cast<double>(rows.row.size());
  double approximate = 0;
  for (const CensoredGroup& group : rows.groups)
    if (group.censored > TruncatedBox::kExact) approximate += static_cast<double>(group.rows);
  out["approximate_rows"] = approximate;
  return out;
}

// As mvn_information_(), by central differences of the score.
// [[Rcpp::export]]
Rcpp::List censored_information_(SEXP columns, SEXP crude, SEXP weights, Rcpp::List censored,
                                 const Eigen::VectorXd& mu, const Eigen::MatrixXd& sigma,
                                 double ridge, const Rcpp::List& control) {
  using namespace missmix;
  const CensoredInput input(columns, crude, weights, censored);
  const MvnData data = input.plain();
  const CensoredRows rows = input.rows(data);
  const Mvn::Params params = standardised(mu, sigma, data);
  if (!params.chol.allFinite()) return Rcpp::List();
  const CensoredMvn model(data, rows, ridge, usable_threads(control["n_threads"]));
  const CensoredInformation information(model, params, ridge);
  const MatrixXd observed = information.observed(*make_monitor(control, R_NilValue));
  if (observed.size() == 0) return Rcpp::List::create(Rcpp::Named("stopped") = true);
  if (!observed.allFinite()) return Rcpp::List();
  return Rcpp::List::create(Rcpp::Named("complete") = information.complete(),
                            Rcpp::Named("observed") = observed,
                            Rcpp::Named("map") = information.to_user_units(data.scale));
}

// As mvn_leading_mode_().
// [[Rcpp::export]]
Rcpp::List censored_leading_mode_(SEXP columns, SEXP crude, SEXP weights, Rcpp::List censored,
                                  const Eigen::VectorXd& mu, const Eigen::MatrixXd& sigma,
                                  double ridge, int steps, const Rcpp::List& control) {
  using namespace missmix;
  const CensoredInput input(columns, crude, weights, censored);
  const MvnData data = input.plain();
  const CensoredRows rows = input.rows(data);
  const CensoredMvn model(data, rows, ridge, usable_threads(control["n_threads"]));
  return write_leading_mode(model, standardised(mu, sigma, data), data, steps,
                            *make_monitor(control, R_NilValue));
}

// The latent cells of the rows with censored ones under N(mu, sigma): their means and variances,
// and for the censored the normals whose truncation they are. Empty where sigma is singular.
// [[Rcpp::export]]
Rcpp::List censored_predict_(SEXP columns, Rcpp::List censored, const Eigen::VectorXd& mu,
                             const Eigen::MatrixXd& sigma) {
  using namespace missmix;
  const SurveyedRows given(columns, R_NilValue);
  const VectorXd scale = sigma.diagonal().cwiseSqrt();
  const CensoredRows rows(read_censored(censored), given.views, nullptr, mu, scale);
  CensoredPredictions found;
  if (!predict_censored(rows, mu, sigma, found)) return Rcpp::List();
  const Rcpp::IntegerVector row(found.row.begin(), found.row.end());
  const Rcpp::IntegerVector variable(found.variable.begin(), found.variable.end());
  const Rcpp::IntegerVector rows_of(rows.row.begin(), rows.row.end());
  return Rcpp::List::create(
      Rcpp::Named("row") = row + 1, Rcpp::Named("variable") = variable + 1,
      Rcpp::Named("mean") = found.mean, Rcpp::Named("variance") = found.variance,
      Rcpp::Named("location") = found.location, Rcpp::Named("spread") = found.spread,
      Rcpp::Named("rows") = rows_of + 1, Rcpp::Named("log_lik") = found.log_lik);
}
