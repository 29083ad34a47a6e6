#include <algorithm>

#include "missmix/models/deconvolve.hpp"
#include "missmix/models/deconvolve_errors.hpp"
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
      Rcpp::Named("offset") = found.offset, Rcpp::Named("steps") = Rcpp::wrap(found.steps),
      Rcpp::Named("status") = status);
}

// What a family knows of its genes.
struct GeneValues {
  ArrayXd weight, dispersion;
};

// Calls `use(family)` with the family of that name.
template <class Use>
Rcpp::List with_family(const Rcpp::List& family, const GeneValues& genes, const Use& use) {
  const std::string name = Rcpp::as<std::string>(family["name"]);
  if (name == "poisson" || name == "quasipoisson") return use(PoissonFamily());
  if (name == "nbinom") return use(NegativeBinomialFamily{&genes.dispersion, &genes.weight});
  if (name == "gaussian") return use(GaussianFamily{&genes.weight});
  if (name == "student")
    return use(StudentFamily(&genes.weight, Rcpp::as<double>(family["degrees"])));
  if (name == "lognormal")
    return use(LogNormalFamily{&genes.weight, Rcpp::as<double>(family["offset"]),
                               Rcpp::as<double>(family["power"])});
  throw std::invalid_argument("unknown family: " + name);
}

ArrayXd read_genes(const Rcpp::List& family, const char* name, Index genes) {
  const Rcpp::NumericVector given = family[name];
  if (given.size() != genes) throw std::invalid_argument("a family has one value a gene");
  return Eigen::Map<const ArrayXd>(given.begin(), genes);
}

GeneValues read_gene_values(const Rcpp::List& family, Index genes) {
  GeneValues out{read_genes(family, "weight", genes), ArrayXd()};
  if (family.containsElementNamed("dispersion"))
    out.dispersion = read_genes(family, "dispersion", genes);
  return out;
}

// The weight of a gene multiplies what it adds to the log-likelihood: of counts, the count and its
// expectation; other families know it themselves.
template <class Family>
Profiles profiles_for(const Family&, const Eigen::Map<MatrixXd>& given, const GeneValues& genes,
                      BulkView& bulk) {
  if constexpr (Family::observes_zeros) return Profiles(given);
  bulk.set_weight(genes.weight);
  return Profiles(genes.weight.matrix().asDiagonal() * given);
}

Rcpp::List write_errors(const ProportionErrors& errors) {
  return Rcpp::List::create(Rcpp::Named("std.error") = MatrixXd(errors.std_error.transpose()),
                            Rcpp::Named("pull") = MatrixXd(errors.pull.transpose()),
                            Rcpp::Named("covariance") = errors.covariance,
                            Rcpp::Named("singular") = Rcpp::wrap(errors.singular));
}

}  // namespace
}  // namespace missmix

// [[Rcpp::export]]
Rcpp::List deconvolve_fit_(SEXP bulk, Rcpp::IntegerVector rows,
                           Eigen::Map<Eigen::MatrixXd> profiles, Rcpp::List family, double sparsity,
                           Rcpp::List control, Rcpp::Nullable<Rcpp::List> watch) {
  using namespace missmix;
  BulkView view = read_bulk(bulk, rows);
  view.set_power(Rcpp::as<double>(family["power"]));
  if (profiles.rows() != view.genes()) throw std::invalid_argument("one row of `rows` a gene");
  const GeneValues genes = read_gene_values(family, view.genes());
  const Control options = read_control(control);
  const auto monitor = make_monitor(control, watch);
  const int threads = Rcpp::as<int>(control["n_threads"]);
  return with_family(family, genes, [&](const auto& shape) {
    const Profiles known = profiles_for(shape, profiles, genes, view);
    return write_deconvolved(
        Deconvolution(view, known, shape, options, sparsity).run(threads, *monitor), known);
  });
}

// Standard errors of proportions: `share` multiplies abundances so that they become proportions
// once divided by their sum; `scale` is each sample's, of Student's family. `covariance`: also
// types x types of each sample, a column each.
// [[Rcpp::export]]
Rcpp::List deconvolve_errors_(SEXP bulk, Rcpp::IntegerVector rows,
                              Eigen::Map<Eigen::MatrixXd> profiles, Rcpp::List family,
                              Eigen::Map<Eigen::MatrixXd> abundance,
                              Eigen::Map<Eigen::VectorXd> share, Rcpp::NumericVector scale,
                              int n_threads, bool covariance) {
  using namespace missmix;
  BulkView view = read_bulk(bulk, rows);
  view.set_power(Rcpp::as<double>(family["power"]));
  const Index types = profiles.cols(), samples = view.samples();
  if (profiles.rows() != view.genes() || abundance.rows() != samples || abundance.cols() != types ||
      share.size() != types || scale.size() != samples)
    throw std::invalid_argument("shapes of bulk, profiles and abundances differ");
  const GeneValues genes = read_gene_values(family, view.genes());
  return with_family(family, genes, [&](const auto& shape) {
    const Profiles known = profiles_for(shape, profiles, genes, view);
    const MatrixXd inside = abundance * known.totals.asDiagonal();
    const VectorXd weights = share.cwiseQuotient(known.totals);
    return write_errors(proportion_errors(view, known, shape, inside, weights, scale.begin(),
                                          n_threads, covariance));
  });
}
