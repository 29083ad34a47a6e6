#include "mvn_report.h"
#include "r_monitor.h"

// [[Rcpp::export]]
Rcpp::List mvn_fit_(SEXP columns, SEXP weights, Rcpp::Nullable<Rcpp::List> start, double ridge,
                    Rcpp::List control, Rcpp::Nullable<Rcpp::List> watch) {
  using namespace missmix;
  const SurveyedRows rows(columns, weights);
  const Rcpp::List problems = column_problems(rows.survey);
  if (Rf_xlength(problems["kind"]) > 0)
    return Rcpp::List::create(Rcpp::Named("problems") = problems);

  const MvnData data(rows.survey, rows.views, rows.n, rows.w);
  const Mvn model(data, ridge, usable_threads(control["n_threads"]));
  const Mvn::Params from = read_start(start.get(), data, ridge);
  const auto monitor = make_monitor(control, watch);
  const Fit<Mvn> fit =
      run_past_saddles(model, from, read_control(control), read_accelerator(control), *monitor);
  Rcpp::List out = write_mvn_fit(fit, data);
  add_data_facts(out, data, rows.survey);
  return out;
}
