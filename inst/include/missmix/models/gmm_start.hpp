// Parameters of a Gaussian mixture from a partition of its rows.
#pragma once

#include <utility>

#include "gmm.hpp"

namespace missmix {

namespace detail {

// EM with the responsibilities held: one round for complete rows, a few for missing cells to settle.
inline void moments_of_partition(const Gmm& model, const MatrixXd& given, GmmParams& params) {
  constexpr int kRounds = 5;
  bool complete = true;
  for (const GmmPattern& pattern : model.data().patterns) complete = complete && pattern.complete();
  auto stats = model.make_stats();
  for (int round = 0; round < (complete ? 1 : kRounds); ++round) {
    if (round > 0 && model.degenerate(params)) return;
    model.moments(params, given, stats);
    model.m_step(stats, params);
  }
}

}  // namespace detail

// All components alike: standard normal in the standardised columns.
inline GmmParams gmm_standard(const Gmm& model) {
  const Index d = model.d(), k = model.k(), parts = k + (model.noise() ? 1 : 0);
  GmmParams params;
  params.weights.setConstant(parts, 1.0 / static_cast<double>(parts));
  params.means.setZero(d, k);
  params.pivots.setOnes(d, k);
  if (!model.family().diagonal())
    params.unit.assign(static_cast<std::size_t>(k), MatrixXd::Identity(d, d));
  return params;
}

// The moments of the parts, n x parts in the user's order of rows. Where a part is too small for a
// covariance of its own, all are drawn towards that of the whole, as if by a few rows more.
inline GmmParams gmm_from_partition(const Gmm& model, const MatrixXd& given) {
  constexpr double kTooThin = 1e-6;
  GmmParams params = gmm_standard(model);
  detail::moments_of_partition(model, given, params);
  if (params.pivots.minCoeff() > kTooThin && params.weights.minCoeff() > 0) return params;
  const double rows = static_cast<double>(model.d()) + 1;
  GmmPrior drawn{1, rows, VectorXd::Zero(model.d()),
                 rows * MatrixXd::Identity(model.d(), model.d())};
  const Gmm helped(model.data(), model.k(), model.family(), model.noise(), std::move(drawn), 1);
  params = gmm_standard(model);
  detail::moments_of_partition(helped, given, params);
  return params;
}

}  // namespace missmix
