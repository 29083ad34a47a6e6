// Parameters of a Gaussian mixture from a partition of its rows.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "gmm.hpp"

namespace missmix {

namespace detail {

inline void check_labels(const Gmm& model, const std::vector<int>& labels) {
  const std::vector<Index>& rows = model.data().row;
  const bool enough = rows.empty() || *std::max_element(rows.begin(), rows.end()) <
                                          static_cast<Index>(labels.size());
  const bool known = std::all_of(labels.begin(), labels.end(),
                                 [&](int l) { return l >= -1 && l < model.parts(); });
  if (!enough || !known) throw std::invalid_argument("labels do not fit the rows and the parts");
}

// EM with the labels held: one round for complete rows, a few for missing cells to settle.
inline void moments_of_labels(const Gmm& model, const std::vector<int>& labels, GmmParams& params) {
  constexpr int kRounds = 5;
  const auto& patterns = model.data().patterns;
  const bool complete = std::all_of(patterns.begin(), patterns.end(),
                                    [](const GmmPattern& p) { return p.complete(); });
  auto stats = model.make_stats();
  for (int round = 0; round < (complete ? 1 : kRounds); ++round) {
    if (round > 0 && model.degenerate(params)) return;
    model.moments(params, labels, stats);
    model.m_step(stats, params);
  }
}

// A noise that no row is given to would stay without any.
inline void begin_noise(const Gmm& model, GmmParams& params) {
  if (!model.noise() || params.weights[model.k()] > 0) return;
  params.weights[model.k()] = 1 / (model.data().weight + 1);
  params.weights /= params.weights.sum();
}

}  // namespace detail

// All components alike: standard normal in the standardised columns.
inline GmmParams gmm_standard(const Gmm& model) {
  const Index d = model.d(), k = model.k(), parts = model.parts();
  GmmParams params;
  params.weights.setConstant(parts, 1.0 / static_cast<double>(parts));
  params.means.setZero(d, k);
  params.pivots.setOnes(d, k);
  if (!model.family().diagonal())
    params.unit.assign(static_cast<std::size_t>(k), MatrixXd::Identity(d, d));
  return params;
}

// The moments of the parts. labels[i] is that of the user's row i: 0 to k - 1 a component, k the
// noise, -1 none, the row being left out. Where a part is too small for a covariance of its own,
// all are drawn towards that of the whole, as if by a few rows more.
inline GmmParams gmm_from_labels(const Gmm& model, const std::vector<int>& labels) {
  constexpr double kTooThin = 1e-6;
  detail::check_labels(model, labels);
  GmmParams params = gmm_standard(model);
  detail::moments_of_labels(model, labels, params);
  if (!(params.pivots.array() > kTooThin).all()) {
    const double rows = static_cast<double>(model.d()) + 1;
    GmmPrior drawn{1, rows, VectorXd::Zero(model.d()),
                   rows * MatrixXd::Identity(model.d(), model.d())};
    const Gmm helped(model.data(), model.k(), model.family(), model.noise(), std::move(drawn), 1);
    params = gmm_standard(model);
    detail::moments_of_labels(helped, labels, params);
  }
  detail::begin_noise(model, params);
  return params;
}

}  // namespace missmix
