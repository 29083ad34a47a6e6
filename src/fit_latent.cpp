#include "missmix/models/latent_rounds.hpp"
#include "r_bulk.h"
#include "r_cells.h"
#include "r_monitor.h"

namespace missmix {
namespace {

Range read_range(const Rcpp::List& ranges, const char* name) {
  const Rcpp::NumericVector ends = ranges[name];
  return {ends[0], ends[1]};
}

LatentRanges read_ranges(const Rcpp::List& ranges) {
  return {read_range(ranges, "omega"), read_range(ranges, "kappa"), read_range(ranges, "tau2")};
}

// Some samples, brought to their mean total.
LatentBulk read_some(const BulkView& view, const std::vector<Index>& samples, double least) {
  const Index n = static_cast<Index>(samples.size());
  LatentBulk out{MatrixXd(view.genes(), n), ArrayXd(n), least};
  ArrayXd y;
  for (Index i = 0; i < n; ++i) {
    view.read(samples[i], y);
    out.values.col(i) = y;
    out.depth[i] = y.sum();
  }
  out.depth /= out.depth.mean();
  out.values *= out.depth.inverse().matrix().asDiagonal();
  return out;
}

}  // namespace
}  // namespace missmix

// `refining` are the samples that refine profiles, `shared` the genes; `least` is one count, `own`
// the variance of the bulk's own cells. `start`: theta (types x samples), omega, kappa, tau2.
// [[Rcpp::export]]
Rcpp::List latent_fit_(SEXP bulk, Rcpp::IntegerVector rows, Rcpp::IntegerVector refining,
                       double least, Rcpp::List cells, Rcpp::List prior, Eigen::MatrixXd own,
                       Rcpp::IntegerVector shared, Rcpp::List start, Rcpp::List ranges, int rounds,
                       Rcpp::List control) {
  using namespace missmix;
  const BulkView view = read_bulk(bulk, rows);
  const CellMeans means = read_cells(cells);
  const std::vector<Index> some = read_places(refining, view.samples()),
                           genes = read_places(shared, means.genes());
  LatentProfiles::Params from;
  from.theta = Rcpp::as<MatrixXd>(start["theta"]);
  from.omega = Rcpp::as<double>(start["omega"]);
  from.kappa = Rcpp::as<double>(start["kappa"]);
  from.tau2 = Rcpp::as<double>(start["tau2"]);
  if (means.genes() != view.genes() || own.rows() != means.genes() || own.cols() != means.types() ||
      from.theta.rows() != means.types() || from.theta.cols() != static_cast<Index>(some.size()))
    throw std::invalid_argument("shapes of bulk, cells and start differ");
  const LatentBulk values = read_some(view, some, least);
  const ProfilePrior::Params known = read_prior(prior);
  const auto monitor = make_monitor(control, R_NilValue);
  const int threads = Rcpp::as<int>(control["n_threads"]);
  const LatentFit fit = LatentRounds({means, known, own}, values, read_ranges(ranges), threads)
                            .run(genes, from, rounds, read_control(control),
                                 Rcpp::as<int>(control["depth"]), *monitor);
  const LatentProfiles::Params& found = fit.last.params;
  return Rcpp::List::create(
      Rcpp::Named("climb") = write_fit(fit.last), Rcpp::Named("theta") = found.theta,
      Rcpp::Named("omega") = found.omega, Rcpp::Named("kappa") = found.kappa,
      Rcpp::Named("tau") = std::sqrt(found.tau2), Rcpp::Named("profiles") = fit.profiles,
      Rcpp::Named("passes") = fit.passes);
}
