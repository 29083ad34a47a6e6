// Multiple imputation where cells are known to lie within bounds.
#include "censored_standard.h"
#include "draw_all.h"
#include "missmix/models/censored_draws.hpp"
#include "mvn_posterior.h"

// As mvn_posterior_().
// [[Rcpp::export]]
Rcpp::List censored_posterior_(SEXP columns, SEXP crude, const Rcpp::List& censored,
                               const Eigen::VectorXd& mu, const Eigen::MatrixXd& sigma,
                               double ridge, const Rcpp::List& mode, int steps, double seed,
                               const Rcpp::IntegerVector& index, const Rcpp::List& control,
                               Rcpp::Nullable<Rcpp::List> watch) {
  using namespace missmix;
  const CensoredInput input(columns, crude, R_NilValue, censored);
  const MvnData data = input.plain();
  const CensoredRows rows = input.rows(data);
  return run_posterior(CensoredPosterior(data, rows, ridge), data, standardised(mu, sigma, data),
                       mode, steps, seed, index, control, watch);
}

namespace {

using namespace missmix;

// Rows and variables of the latent cells, in the order in which they are drawn.
void list_latent(const CensoredRows& rows, std::vector<Index>& row, std::vector<Index>& variable) {
  for (const CensoredGroup& group : rows.groups)
    for (Index i = group.begin; i < group.begin + group.rows; ++i)
      for (Index j : group.latent) {
        row.push_back(rows.row[i]);
        variable.push_back(j);
      }
}

}  // namespace

// The latent cells of the rows with censored ones, drawn under each column of `mu` with its slice
// of `sigma`. `values`, `legal` and `watch` as in mvn_fill_(), but that it may be stopped before the
// first are drawn.
// [[Rcpp::export]]
Rcpp::List censored_fill_(SEXP columns, const Rcpp::List& censored, const Eigen::VectorXd& centre,
                          const Eigen::VectorXd& scale, const Eigen::MatrixXd& mu,
                          const Rcpp::NumericVector& sigma, double seed,
                          const Rcpp::IntegerVector& index, const Rcpp::List& control,
                          Rcpp::Nullable<Rcpp::List> watch) {
  const SurveyedRows given(columns, R_NilValue);
  const CensoredRows rows(read_censored(censored), given.views, nullptr, centre, scale);
  const Index p = centre.size(), m = mu.cols();
  std::vector<Index> row, variable;
  list_latent(rows, row, variable);
  MatrixXd values(static_cast<Index>(row.size()), m);
  std::vector<int> legal(static_cast<std::size_t>(m), 1);
  const std::vector<int> numbers(index.begin(), index.end());  // R stays out of the threads
  const double* const sigmas = sigma.begin();
  const int n_threads = usable_threads(control["n_threads"]);
  const auto monitor = make_monitor(control, watch);
  SharedMonitor shared(*monitor);
  TraceRow so_far;
  const GoOn go_on = [&] { return shared.keep_going_often(so_far); };

  std::vector<CensoredDraws> draws = rooms_for<CensoredDraws>(m, n_threads, p);
  std::vector<MatrixXd> drawn(draws.size());
  const Index done = draw_all(m, n_threads, shared, so_far, [&](Index k, int t) {
    const Mvn::Params params = standardised(
        mu.col(k), Eigen::Map<const MatrixXd>(sigmas + k * p * p, p, p), centre, scale);
    Normal normal;
    Rng rng(read_seed(seed), stream_of(numbers[k]), static_cast<std::uint32_t>(DrawPart::censored));
    MatrixXd& cells = drawn[t];
    legal[k] = Mvn::to_normal(params, normal) && draws[t].draw(rows, normal, rng, cells, go_on);
    if (!legal[k]) return;
    Index at = 0;
    for (const CensoredGroup& group : rows.groups)
      for (Index i = group.begin; i < group.begin + group.rows; ++i)
        for (Index j : group.latent) values(at++, k) = centre[j] + scale[j] * cells(j, i);
  });
  const Rcpp::IntegerVector of_row(row.begin(), row.end());
  const Rcpp::IntegerVector of_variable(variable.begin(), variable.end());
  const Rcpp::LogicalVector fine(legal.begin(), legal.begin() + done);
  return Rcpp::List::create(Rcpp::Named("row") = of_row + 1,
                            Rcpp::Named("variable") = of_variable + 1,
                            Rcpp::Named("values") = values, Rcpp::Named("legal") = fine);
}
