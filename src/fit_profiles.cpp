#include "r_cells.h"
#include "r_convert.h"
#include "r_monitor.h"

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
