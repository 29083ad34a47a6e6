#include "gmm_standard.h"
#include "missmix/models/gmm_start.hpp"
#include "missmix/multi_start.hpp"
#include "mvn_report.h"
#include "r_monitor.h"

namespace missmix {
namespace {

// A start is list(proportions, means, covariances), or labels of the rows: 1 to k, k + 1 for the
// noise, 0 for none; where only part of the rows is used, for these in turn.
GmmParams read_gmm_start(SEXP start, const Gmm& model, const std::vector<Index>& rows, Index n) {
  if (TYPEOF(start) == VECSXP) return read_gmm(Rcpp::List(start), model);
  const Rcpp::IntegerVector given(start);
  std::vector<int> labels(static_cast<std::size_t>(n), -1);
  if (rows.empty())
    for (Index i = 0; i < n; ++i) labels[i] = given[i] - 1;
  else
    for (std::size_t i = 0; i < rows.size(); ++i) labels[rows[i]] = given[i] - 1;
  return gmm_from_labels(model, labels);
}

Rcpp::List write_start(const StartResult<Gmm>& start, const Gmm& model) {
  Rcpp::List out = write_fit(start.fit);
  out["screened"] = std::isfinite(start.screened) ? start.screened : NA_REAL;
  out["finished"] = start.finished;
  if (start.fit.params.means.size() == 0) return out;
  const std::vector<Index> order = gmm_order(start.fit.params);
  out["smallest_weight"] = start.fit.params.weights.head(model.k()).minCoeff();
  out["thin"] = start.thin;
  const VectorXd thinness = model.thinness(start.fit.params);
  out["thinness"] = thinness.minCoeff();
  out["parameters"] = write_gmm(start.fit.params, model.data(), order);
  return out;
}

std::vector<Index> read_rows(const Rcpp::Nullable<Rcpp::IntegerVector>& rows) {
  std::vector<Index> out;
  if (rows.isNotNull())
    for (int row : Rcpp::IntegerVector(rows)) out.push_back(row - 1);
  return out;
}

// The weights of a part of the rows, zero for the others.
std::vector<double> weights_of(const std::vector<Index>& rows, const double* w, Index n) {
  std::vector<double> out(static_cast<std::size_t>(n), 0.0);
  for (Index row : rows) out[row] = w == nullptr ? 1 : w[row];
  return out;
}

}  // namespace
}  // namespace missmix

// [[Rcpp::export]]
Rcpp::List gmm_fit_(SEXP columns, SEXP weights, Rcpp::List setup, Rcpp::List starts,
                    Rcpp::Nullable<Rcpp::IntegerVector> part, int screen, int keep,
                    Rcpp::List control, Rcpp::Nullable<Rcpp::List> watch) {
  using namespace missmix;
  const int threads = usable_threads(control["n_threads"]), n_starts = starts.size();
  const GmmTask task(columns, weights, setup, n_starts == 1 ? threads : 1);
  const Rcpp::List problems = column_problems(task.survey);
  if (Rf_xlength(problems["kind"]) > 0)
    return Rcpp::List::create(Rcpp::Named("problems") = problems);
  const std::vector<Index> rows = read_rows(part);
  const Index n_part = rows.empty() ? 0 : task.n;
  const std::vector<double> in_part = weights_of(rows, task.w, n_part);
  const Survey part_survey(task.views, n_part, in_part.data());
  GmmData part_data(part_survey, task.views, n_part, task.data.centre, task.data.scale,
                    in_part.data());
  part_data.lowest = task.data.lowest;
  part_data.highest = task.data.highest;
  const Gmm part_model = task.on(part_data, 1);
  const Gmm& first = rows.empty() ? task.model : part_model;

  std::vector<GmmParams> from;
  for (SEXP start : starts) from.push_back(read_gmm_start(start, first, rows, task.n));
  const auto monitor = make_monitor(control, watch);
  const auto found = run_multi_start(
      first, task.model, n_starts, [&](int i) { return from[i]; }, read_control(control),
      {screen, keep, threads}, read_accelerator(control), *monitor);
  Rcpp::List results(n_starts);
  for (int i = 0; i < n_starts; ++i) results[i] = write_start(found[i], task.model);
  return Rcpp::List::create(
      Rcpp::Named("starts") = results, Rcpp::Named("nobs") = task.data.weight,
      Rcpp::Named("df") = static_cast<double>(task.model.free_parameters()),
      Rcpp::Named("centre") = task.data.centre, Rcpp::Named("scale") = task.data.scale,
      Rcpp::Named("lowest") = task.data.lowest, Rcpp::Named("highest") = task.data.highest,
      Rcpp::Named("observed") = observed_counts(task.survey));
}
