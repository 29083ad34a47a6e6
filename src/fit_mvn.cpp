#include "mvn_report.h"
#include "r_monitor.h"

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
  const Mvn::Params from = read_start(start.get(), data, ridge);
  const auto monitor = make_monitor(control, watch);
  const Fit<Mvn> fit =
      run_past_saddles(model, from, read_control(control), read_accelerator(control), *monitor);
  Rcpp::List out = write_mvn_fit(fit, data);
  add_data_facts(out, data, survey);
  return out;
}
