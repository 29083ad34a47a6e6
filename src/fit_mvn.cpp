#include "missmix/models/mvn_start.hpp"
#include "mvn_report.h"
#include "mvn_standard.h"
#include "r_monitor.h"

namespace missmix {
namespace {

Mvn::Params read_start(const Rcpp::List& start, const MvnData& data) {
  return standardised(Rcpp::as<VectorXd>(start["mu"]), Rcpp::as<MatrixXd>(start["sigma"]), data);
}

}  // namespace
}  // namespace missmix

// [[Rcpp::export]]
Rcpp::List mvn_fit_(SEXP columns, SEXP weights, Rcpp::Nullable<Rcpp::List> start, double ridge,
                    Rcpp::List control, Rcpp::Nullable<Rcpp::List> watch) {
  using namespace missmix;
  const Columns views = read_columns(columns);
  const Index n = count_rows(columns);
  const double* w = read_weights(weights, n);
  const Survey survey(views, n, w);
  const Rcpp::List problems = column_problems(survey);
  if (Rf_xlength(problems["kind"]) > 0)
    return Rcpp::List::create(Rcpp::Named("problems") = problems);

  const MvnData data(survey, views, n, w);
  const Mvn model(data, ridge, Rcpp::as<int>(control["n_threads"]));
  const Mvn::Params from =
      start.isNull() ? mvn_start(data, ridge) : read_start(Rcpp::List(start), data);
  const auto monitor = make_monitor(control, watch);
  const Fit<Mvn> fit =
      run_past_saddles(model, from, read_control(control), read_accelerator(control), *monitor);

  Rcpp::List out = write_fit(fit);
  out["parameters"] = in_user_units(fit.params.mu, fit.params.sigma, data, data.centre);
  out["nobs"] = data.weight;
  out["empty"] = data.empty_weight;
  out["informative"] = static_cast<double>(data.informative);
  out["n_missing"] = static_cast<double>(survey.missing_cells);
  out["observed"] = observed_counts(survey);
  out["patterns"] = write_patterns(data);
  return out;
}
