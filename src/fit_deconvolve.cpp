#include <algorithm>

#include "missmix/models/deconvolve.hpp"
#include "r_bulk.h"
#include "r_monitor.h"

namespace missmix {
namespace {

Rcpp::List write_deconvolved(const Deconvolved& found, const Profiles& profiles) {
  MatrixXd abundance = found.abundance;
  for (Index k = 0; k < abundance.rows(); ++k) {
    if (profiles.totals[k] > 0) abundance.row(k) /= profiles.totals[k];
  }
  Rcpp::CharacterVector status(found.status.size());
  for (std::size_t s = 0; s < found.status.size(); ++s) status[s] = to_string(found.status[s]);
  return Rcpp::List::create(
      Rcpp::Named("abundance") = MatrixXd(abundance.transpose()),
      Rcpp::Named("value") = found.value, Rcpp::Named("gap") = found.gap,
      Rcpp::Named("dispersion") = found.dispersion, Rcpp::Named("scale") = found.scale,
      Rcpp::Named("steps") = Rcpp::wrap(found.steps), Rcpp::Named("status") = status);
}

ArrayXd read_genes(const Rcpp::List& family, const char* name, Index genes) {
  const Rcpp::NumericVector given = family[name];
  if (given.size() != genes) throw std::invalid_argument("a family has one value a gene");
  return Eigen::Map<const ArrayXd>(given.begin(), genes);
}

}  // namespace
}  // namespace missmix

// [[Rcpp::export]]
Rcpp::List deconvolve_fit_(SEXP bulk, Rcpp::IntegerVector rows,
                           Eigen::Map<Eigen::MatrixXd> profiles, Rcpp::List family,
                           Rcpp::List control, Rcpp::Nullable<Rcpp::List> watch) {
  using namespace missmix;
  BulkView view = read_bulk(bulk, rows);
  if (profiles.rows() != view.genes()) throw std::invalid_argument("one row of `rows` a gene");
  const std::string name = Rcpp::as<std::string>(family["name"]);
  const ArrayXd weight = read_genes(family, "weight", view.genes());
  const Control options = read_control(control);
  const auto monitor = make_monitor(control, watch);
  const int threads = Rcpp::as<int>(control["n_threads"]);
  const auto fit = [&](const Profiles& known, const auto& shape) {
    return write_deconvolved(
        Deconvolution(view, known, shape, options).run(threads, *monitor), known);
  };
  if (name == "poisson") {
    // A weight multiplies what a gene adds to the log-likelihood: its counts and its expectation.
    view.set_weight(weight);
    return fit(Profiles(weight.matrix().asDiagonal() * profiles), PoissonFamily());
  }
  const Profiles known(profiles);
  if (name == "nbinom") {
    const ArrayXd dispersion = read_genes(family, "dispersion", view.genes());
    return fit(known, NegativeBinomialFamily{&dispersion, &weight});
  }
  if (name == "gaussian") return fit(known, GaussianFamily{&weight});
  if (name == "student") {
    StudentFamily student{&weight, Rcpp::as<double>(family["degrees"])};
    return fit(known, student);
  }
  if (name == "lognormal")
    return fit(known, LogNormalFamily{&weight, Rcpp::as<double>(family["offset"])});
  throw std::invalid_argument("unknown family: " + name);
}
