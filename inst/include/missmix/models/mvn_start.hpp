// Where to start a multivariate normal when the caller does not say.
#pragma once

#include "mvn.hpp"

namespace missmix {

namespace detail {

// (Weighted) number of rows in which each pair of variables is observed.
inline MatrixXd pair_counts(const MvnData& data) {
  const Index groups = static_cast<Index>(data.groups.size());
  MatrixXd observed = MatrixXd::Zero(data.p, groups);
  for (Index g = 0; g < groups; ++g)
    for (Index j : data.groups[g].observed) observed(j, g) = std::sqrt(data.groups[g].weight);
  MatrixXd counts = MatrixXd::Zero(data.p, data.p);
  counts.selfadjointView<Eigen::Lower>().rankUpdate(observed);
  counts.triangularView<Eigen::StrictlyUpper>() = counts.transpose();
  return counts;
}

}  // namespace detail

// The covariances of the rows where both variables are observed, if these make a covariance matrix
// that is well away from singular: for values missing at random that is close to the maximum.
// Otherwise the EM image of the uncorrelated start, which comes free with the totals: covariances
// as if missing cells sat at their means.
inline Mvn::Params mvn_start(const MvnData& data, double ridge) {
  constexpr double kWellAway = 0.02, kFactorises = 1e-12;
  const MatrixXd counts = detail::pair_counts(data);
  Mvn::Params params;
  params.mu = data.total_sum.cwiseQuotient(counts.diagonal());
  if (ridge == 0 && counts.minCoeff() > 0) {
    params.sigma = data.total_cross.cwiseQuotient(counts) - params.mu * params.mu.transpose();
    Mvn::factorise(params);
    if (Mvn::unexplained(params) > kWellAway) return params;
  }
  params.sigma = data.total_cross;
  params.sigma.diagonal().array() += data.weight - counts.diagonal().array();
  params.sigma.diagonal().array() += ridge;
  params.sigma /= data.weight + ridge;
  Mvn::factorise(params);
  if (Mvn::unexplained(params) > kFactorises) return params;
  // Collinear columns: the climb is to find that out, and to say so.
  params.sigma.diagonal() *= 1 + 1e-6;
  Mvn::factorise(params);
  return params;
}

}  // namespace missmix
