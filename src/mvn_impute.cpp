// Multiple imputation of the multivariate normal: draws of parameters, draws of missing cells.
#include "missmix/models/mvn_chains.hpp"
#include "missmix/models/mvn_fill.hpp"
#include "mvn_report.h"
#include "mvn_standard.h"
#include "r_monitor.h"

namespace {

using namespace missmix;

// R's whole numbers, negative ones too.
std::uint64_t read_seed(double seed) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(seed));
}

std::uint32_t stream_of(int index) { return static_cast<std::uint32_t>(index); }

}  // namespace

// Chains of `steps` steps of data augmentation from (mu, sigma), one for each number in `index`:
// the parameters at the end of each that came there, and the worst linear function, whose
// direction is `mode`, after each step. `legal` is false for chains that ran into a singular
// covariance.
// [[Rcpp::export]]
Rcpp::List mvn_posterior_(SEXP columns, const Eigen::VectorXd& mu, const Eigen::MatrixXd& sigma,
                          double ridge, const Rcpp::List& mode, int steps, double seed,
                          const Rcpp::IntegerVector& index, const Rcpp::List& control) {
  const MvnData data = read_data(columns, R_NilValue);
  const Mvn::Params start = standardised(mu, sigma, data);
  Normal mle;
  if (!Mvn::to_normal(start, mle)) return Rcpp::List();
  const VectorXd unit = data.scale.cwiseInverse();
  const WorstFunction worst(
      mle, unit.cwiseProduct(Rcpp::as<VectorXd>(mode["mu"])),
      unit.asDiagonal() * Rcpp::as<MatrixXd>(mode["sigma"]) * unit.asDiagonal());
  const MvnPosterior posterior(data, ridge);
  std::vector<MvnChain> chains;
  for (int k : index) chains.emplace_back(read_seed(seed), stream_of(k), start);
  const auto monitor = make_monitor(control, R_NilValue);
  const Index finished =
      run_chains(posterior, worst, steps, usable_threads(control["n_threads"]), *monitor, chains);

  const Index p = data.p;
  MatrixXd means(p, finished), record(steps, finished);
  Rcpp::NumericVector sigmas(Rcpp::Dimension(p, p, finished));
  Rcpp::LogicalVector legal(finished);
  for (Index c = 0; c < finished; ++c) {
    const MvnChain& chain = chains[static_cast<std::size_t>(c)];
    legal[c] = chain.legal;
    if (!chain.legal) continue;
    record.col(c) = Eigen::Map<const VectorXd>(chain.worst.data(), steps);
    means.col(c) = data.centre + data.scale.cwiseProduct(chain.params.mu);
    Eigen::Map<MatrixXd>(sigmas.begin() + c * p * p, p, p) =
        data.scale.asDiagonal() * chain.params.sigma * data.scale.asDiagonal();
  }
  return Rcpp::List::create(Rcpp::Named("mu") = means, Rcpp::Named("sigma") = sigmas,
                            Rcpp::Named("worst") = record, Rcpp::Named("legal") = legal);
}

// Every missing cell of these rows, drawn once under each column of `mu` with its slice of
// `sigma`. `centre` and `scale` are the units of the arithmetic. Fewer columns of `values` where
// it was stopped; `legal` is false for those whose sigma is singular.
// [[Rcpp::export]]
Rcpp::List mvn_fill_(SEXP columns, const Eigen::VectorXd& centre, const Eigen::VectorXd& scale,
                     const Eigen::MatrixXd& mu, const Rcpp::NumericVector& sigma, double seed,
                     const Rcpp::IntegerVector& index, const Rcpp::List& control) {
  const SurveyedRows given(columns, R_NilValue);
  const Rcpp::List bad = first_bad_cell(given.survey);
  if (bad.size() > 0) return bad;
  const IncompleteRows rows(given.survey, given.views, given.n, centre, scale);
  const Index p = centre.size(), m = mu.cols();
  const VectorXd unit = scale.cwiseInverse();
  Rcpp::NumericMatrix values(static_cast<int>(rows.cells()), static_cast<int>(m));
  const double* const sigmas = sigma.begin();
  double* const out = values.begin();
  std::vector<int> legal(static_cast<std::size_t>(m), 1);
  const std::vector<int> numbers(index.begin(), index.end());  // R stays out of the threads
  const int n_threads = usable_threads(control["n_threads"]);
  const auto monitor = make_monitor(control, R_NilValue);

  const Index beside = std::max<Index>(1, std::min<Index>(n_threads, m));
  std::vector<MvnFill> fills;
  fills.reserve(static_cast<std::size_t>(beside));
  for (Index t = 0; t < beside; ++t) fills.emplace_back(p);
  Index done = 0;
  while (done < m) {
    const Index size = std::min(beside, m - done);
    for_each_task(static_cast<int>(size), n_threads, [&](int t) {
      const Index k = done + t;
      Mvn::Params params;
      params.mu = unit.cwiseProduct(mu.col(k) - centre);
      params.sigma = unit.asDiagonal() * Eigen::Map<const MatrixXd>(sigmas + k * p * p, p, p) *
                     unit.asDiagonal();
      Mvn::factorise(params);
      Normal normal;
      Rng rng(read_seed(seed), stream_of(numbers[k]), static_cast<std::uint32_t>(DrawPart::cells));
      legal[k] = Mvn::to_normal(params, normal) &&
                 fills[t].draw(rows, normal, centre, scale, rng, out + k * rows.cells());
    });
    done += size;
    if (done < m && !monitor->keep_going(TraceRow())) break;
  }
  const Rcpp::IntegerVector row(rows.row.begin(), rows.row.end());
  const Rcpp::IntegerVector variable(rows.variable.begin(), rows.variable.end());
  const Rcpp::LogicalVector fine(legal.begin(), legal.begin() + done);
  return Rcpp::List::create(Rcpp::Named("row") = row + 1, Rcpp::Named("variable") = variable + 1,
                            Rcpp::Named("values") = values, Rcpp::Named("legal") = fine);
}
