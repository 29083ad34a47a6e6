// Multiple imputation of the multivariate normal: draws of parameters, draws of missing cells.
#include "draw_all.h"
#include "mvn_posterior.h"
#include "mvn_report.h"

// Chains of `steps` steps of data augmentation from (mu, sigma), one for each number in `index`:
// the parameters at the end of each that came there, and the worst linear function, whose
// direction is `mode`, after each step. `legal` is false for chains that ran into a singular
// covariance. `watch` is told of the steps of all of them.
// [[Rcpp::export]]
Rcpp::List mvn_posterior_(SEXP columns, const Eigen::VectorXd& mu, const Eigen::MatrixXd& sigma,
                          double ridge, const Rcpp::List& mode, int steps, double seed,
                          const Rcpp::IntegerVector& index, const Rcpp::List& control,
                          Rcpp::Nullable<Rcpp::List> watch) {
  using namespace missmix;
  const MvnData data = read_data(columns, R_NilValue);
  return run_posterior(MvnPosterior(data, ridge), data, standardised(mu, sigma, data), mode, steps,
                       seed, index, control, watch);
}

// Every missing cell of these rows, drawn once under each column of `mu` with its slice of
// `sigma`. `centre` and `scale` are the units of the arithmetic. Fewer columns of `values` where
// it was stopped; `legal` is false for those whose sigma is singular. `watch` is told of how many
// are drawn.
// [[Rcpp::export]]
Rcpp::List mvn_fill_(SEXP columns, const Eigen::VectorXd& centre, const Eigen::VectorXd& scale,
                     const Eigen::MatrixXd& mu, const Rcpp::NumericVector& sigma, double seed,
                     const Rcpp::IntegerVector& index, const Rcpp::List& control,
                     Rcpp::Nullable<Rcpp::List> watch) {
  using namespace missmix;
  const SurveyedRows given(columns, R_NilValue);
  const Rcpp::List bad = first_bad_cell(given.survey);
  if (bad.size() > 0) return bad;
  const IncompleteRows rows(given.survey, given.views, given.n, centre, scale);
  const Index p = centre.size(), m = mu.cols();
  Rcpp::NumericMatrix values(static_cast<int>(rows.cells()), static_cast<int>(m));
  const double* const sigmas = sigma.begin();
  double* const out = values.begin();
  std::vector<int> legal(static_cast<std::size_t>(m), 1);
  const std::vector<int> numbers(index.begin(), index.end());  // R stays out of the threads
  const int n_threads = usable_threads(control["n_threads"]);
  const auto monitor = make_monitor(control, watch);
  SharedMonitor shared(*monitor);
  TraceRow so_far;
  std::vector<MvnFill> fills = rooms_for<MvnFill>(m, n_threads, p);
  const Index done = draw_all(m, n_threads, shared, so_far, [&](Index k, int t) {
    const Mvn::Params params = standardised(
        mu.col(k), Eigen::Map<const MatrixXd>(sigmas + k * p * p, p, p), centre, scale);
    Normal normal;
    Rng rng(read_seed(seed), stream_of(numbers[k]), static_cast<std::uint32_t>(DrawPart::cells));
    legal[k] = Mvn::to_normal(params, normal) &&
               fills[t].draw(rows, normal, centre, scale, rng, out + k * rows.cells());
  });
  const Rcpp::IntegerVector row(rows.row.begin(), rows.row.end());
  const Rcpp::IntegerVector variable(rows.variable.begin(), rows.variable.end());
  const Rcpp::LogicalVector fine(legal.begin(), legal.begin() + done);
  return Rcpp::List::create(Rcpp::Named("row") = row + 1, Rcpp::Named("variable") = variable + 1,
                            Rcpp::Named("values") = values, Rcpp::Named("legal") = fine);
}
