#include "missmix/multi_start.hpp"
#include "mvn_report.h"
#include "r_monitor.h"

namespace missmix {
namespace {

// A start moved at random: its mean by `shift` standard deviations a column, and its standard
// deviations kept around the covariance matrix `spread` of expectation one.
Mvn::Params moved(const Mvn::Params& from, const VectorXd& shift, const MatrixXd& spread) {
  const VectorXd sd = from.sigma.diagonal().cwiseSqrt();
  Mvn::Params params;
  params.mu = from.mu + sd.cwiseProduct(shift);
  params.sigma = sd.asDiagonal() * spread * sd.asDiagonal();
  Mvn::factorise(params);
  return params;
}

// Each is NULL, list(mu, sigma), or list(shift, spread), by which `first` is moved.
std::vector<Mvn::Params> read_starts(SEXP first, const Rcpp::List& starts, const MvnData& data,
                                     double ridge) {
  const Mvn::Params centre = read_start(first, data, ridge);
  std::vector<Mvn::Params> out;
  for (R_xlen_t i = 0; i < starts.size(); ++i) {
    const SEXP start = starts[i];
    const bool moves = !Rf_isNull(start) && Rcpp::List(start).containsElementNamed("shift");
    if (!moves) {
      out.push_back(read_start(start, data, ridge));
      continue;
    }
    const Rcpp::List noise(start);
    out.push_back(
        moved(centre, Rcpp::as<VectorXd>(noise["shift"]), Rcpp::as<MatrixXd>(noise["spread"])));
  }
  return out;
}

Rcpp::List write_start(const StartResult<Mvn>& start, const MvnData& data, bool screened) {
  const bool followed = start.fit.passes > 0;  // an interrupt may come before its turn
  Rcpp::List out = followed ? write_mvn_fit(start.fit, data) : Rcpp::List();
  out["followed"] = followed;
  out["finished"] = start.finished;
  out["screened"] = screened && followed ? start.screened : NA_REAL;
  return out;
}

}  // namespace
}  // namespace missmix

// [[Rcpp::export]]
Rcpp::List mvn_starts_(SEXP columns, SEXP weights, SEXP first, Rcpp::List starts, double ridge,
                       Rcpp::List control, int screen, int keep, Rcpp::Nullable<Rcpp::List> watch) {
  using namespace missmix;
  const SurveyedRows rows(columns, weights);
  const Rcpp::List problems = column_problems(rows.survey);
  if (Rf_xlength(problems["kind"]) > 0)
    return Rcpp::List::create(Rcpp::Named("problems") = problems);

  const MvnData data(rows.survey, rows.views, rows.n, rows.w);
  const Mvn model(data, ridge, 1);  // the threads run over the starts
  const std::vector<Mvn::Params> from = read_starts(first, starts, data, ridge);
  const int count = static_cast<int>(from.size());
  const auto monitor = make_monitor(control, watch);
  const auto found = run_multi_start(
      model, model, count, [&](int i) { return from[i]; }, read_control(control),
      {screen, keep, usable_threads(control["n_threads"])}, read_accelerator(control), *monitor);

  Rcpp::List results;
  for (const auto& start : found) results.push_back(write_start(start, data, screen > 0));
  Rcpp::List out = Rcpp::List::create(Rcpp::Named("starts") = results);
  add_data_facts(out, data, rows.survey);
  return out;
}
