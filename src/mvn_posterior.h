// What both kinds of data augmentation have in common: chains in, draws out.
#pragma once

#include "missmix/models/mvn_chains.hpp"
#include "missmix/models/mvn_fill.hpp"
#include "mvn_standard.h"
#include "r_monitor.h"

namespace missmix {

// R's whole numbers, negative ones too.
inline std::uint64_t read_seed(double seed) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(seed));
}

inline std::uint32_t stream_of(int index) { return static_cast<std::uint32_t>(index); }

template <class Posterior>
Rcpp::List run_posterior(const Posterior& posterior, const MvnData& data, const Mvn::Params& start,
                         const Rcpp::List& mode, int steps, double seed,
                         const Rcpp::IntegerVector& index, const Rcpp::List& control,
                         Rcpp::Nullable<Rcpp::List> watch) {
  Normal mle;
  if (!Mvn::to_normal(start, mle)) return Rcpp::List();
  const VectorXd unit = data.scale.cwiseInverse();
  const WorstFunction worst(
      mle, unit.cwiseProduct(Rcpp::as<VectorXd>(mode["mu"])),
      unit.asDiagonal() * Rcpp::as<MatrixXd>(mode["sigma"]) * unit.asDiagonal());
  std::vector<MvnChain> chains;
  for (int k : index) chains.emplace_back(read_seed(seed), stream_of(k), start);
  const auto monitor = make_monitor(control, watch);
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

}  // namespace missmix
