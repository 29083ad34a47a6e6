#include "missmix/models/latent_rounds.hpp"
#include "r_bulk.h"
#include "r_monitor.h"

namespace missmix {
namespace {

CellMeans read_cells(const Rcpp::List& cells) {
  CellMeans out{Rcpp::as<MatrixXd>(cells["mean"]), Rcpp::as<MatrixXd>(cells["error"]),
                Rcpp::as<ArrayXd>(cells["level"])};
  if (out.error.rows() != out.genes() || out.error.cols() != out.types() ||
      out.level.size() != out.genes())
    throw std::invalid_argument("shapes of means, errors and levels differ");
  return out;
}

ProfilePrior::Params read_prior(const Rcpp::List& prior) {
  ProfilePrior::Params out;
  out.sigma = Rcpp::as<MatrixXd>(prior["sigma"]);
  out.weight = Rcpp::as<VectorXd>(prior["weight"]);
  out.chol = out.sigma.llt().matrixL();
  return out;
}

Rcpp::List write_prior(const ProfilePrior::Params& prior) {
  return Rcpp::List::create(Rcpp::Named("sigma") = prior.sigma,
                            Rcpp::Named("weight") = prior.weight);
}

// Genes, counted from one by R.
std::vector<Index> read_places(const Rcpp::IntegerVector& given, Index n) {
  std::vector<Index> out;
  for (int place : given) {
    if (place < 1 || place > n) throw std::invalid_argument("no such gene");
    out.push_back(place - 1);
  }
  return out;
}

Range read_range(const Rcpp::List& ranges, const char* name) {
  const Rcpp::NumericVector ends = ranges[name];
  return {ends[0], ends[1]};
}

LatentRanges read_ranges(const Rcpp::List& ranges) {
  return {read_range(ranges, "omega"), read_range(ranges, "kappa"), read_range(ranges, "tau2")};
}

}  // namespace
}  // namespace missmix

// The prior of profiles, learnt from `genes` (from where it was, if `prior` is given), and the
// posterior mean of every gene.
// [[Rcpp::export]]
Rcpp::List profile_prior_fit_(Rcpp::List cells, Rcpp::IntegerVector genes,
                              Rcpp::Nullable<Rcpp::List> prior, Rcpp::List control) {
  using namespace missmix;
  const CellMeans means = read_cells(cells);
  const int threads = Rcpp::as<int>(control["n_threads"]);
  const ProfilePrior model(means, read_places(genes, means.genes()), threads);
  const auto monitor = make_monitor(control, R_NilValue);
  const auto accelerator = read_accelerator(control)();
  const Fit<ProfilePrior> fit =
      Climb<ProfilePrior>(model, read_control(control), *accelerator, *monitor)
          .from(prior.isNull() ? model.initial() : read_prior(Rcpp::List(prior)));
  MatrixXd mean(means.genes(), means.types());
  for_each_task(static_cast<int>(means.genes()), threads, [&](int g) {
    VectorXd one;
    model.posterior(fit.params, g, one, nullptr);
    mean.row(g) = one.transpose();
  });
  Rcpp::List out = write_fit(fit);
  out["prior"] = write_prior(fit.params);
  out["mean"] = mean;
  return out;
}

// `bulk` holds the samples that share profiles, `scale` brings them to one total, `own` is the
// variance of their own cells. `start`: abundances, samples x types.
// [[Rcpp::export]]
Rcpp::List latent_fit_(SEXP bulk, Rcpp::IntegerVector rows, Eigen::Map<Eigen::VectorXd> scale,
                       double least, Rcpp::List cells, Rcpp::List prior,
                       Eigen::MatrixXd own, Rcpp::IntegerVector shared,
                       Rcpp::List start, Rcpp::List ranges, int rounds, Rcpp::List control) {
  using namespace missmix;
  const BulkView view = read_bulk(bulk, rows);
  const CellMeans means = read_cells(cells);
  LatentBulk values{MatrixXd(view.genes(), view.samples()), 1 / scale.array(), least};
  ArrayXd y;
  for (Index s = 0; s < view.samples(); ++s) {
    view.read(s, y);
    values.values.col(s) = y * scale[s];
  }
  LatentProfiles::Params from;
  from.theta = Rcpp::as<MatrixXd>(start["theta"]);
  from.omega = Rcpp::as<double>(start["omega"]);
  from.kappa = Rcpp::as<double>(start["kappa"]);
  from.tau2 = Rcpp::as<double>(start["tau2"]);
  if (means.genes() != view.genes() || own.rows() != means.genes() ||
      own.cols() != means.types() || from.theta.rows() != means.types() ||
      from.theta.cols() != view.samples())
    throw std::invalid_argument("shapes of bulk, cells and start differ");
  const ProfilePrior::Params known = read_prior(prior);
  const auto monitor = make_monitor(control, R_NilValue);
  const LatentRounds model({means, known, own}, values, read_ranges(ranges),
                           Rcpp::as<int>(control["n_threads"]));
  const LatentFit fit =
      model.run(read_places(shared, means.genes()), from, rounds, read_control(control),
                Rcpp::as<int>(control["depth"]), *monitor);
  Rcpp::List out = write_fit(fit.last);
  out["theta"] = fit.last.params.theta;
  out["omega"] = fit.last.params.omega;
  out["kappa"] = fit.last.params.kappa;
  out["tau"] = std::sqrt(fit.last.params.tau2);
  out["profiles"] = fit.profiles;
  out["rounds"] = fit.rounds;
  out["total_passes"] = fit.passes;
  return out;
}
