// Gaussian mixtures, also with missing cells and a noise component.
//
// McLachlan & Peel (2000) ch. 3; missing cells after Ghahramani & Jordan (1994). Works on
// standardised columns; equation numbers are those of the vignette "algorithm".
#pragma once

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "gmm_coordinates.hpp"
#include "gmm_pass.hpp"

namespace missmix {

// Units of the columns. They share one where the family is another in other units of single columns.
inline VectorXd gmm_units(const Survey& survey, const GmmFamily& family) {
  VectorXd scale = GmmData::scales(survey);
  if (!family.survives_stretching()) scale.setConstant(std::exp(scale.array().log().mean()));
  return scale;
}

class Gmm {
 public:
  using Params = GmmParams;

  struct Stats : GmmTotals {
    GmmComponents at;  // the parameters these belong to
    std::vector<GmmChunk> chunks;
  };

  // k components, and one of uniform noise over the box of the data if asked for.
  Gmm(const GmmData& data, Index k, GmmFamily family, bool noise, GmmPrior prior, int n_threads)
      : data_(data),
        k_(k),
        family_(family),
        noise_(noise),
        prior_(std::move(prior)),
        pass_(data, k, family.diagonal(), noise, n_threads),
        coordinates_(data.p, k, noise, family) {}

  Index d() const { return data_.p; }
  Index k() const { return k_; }
  bool noise() const { return noise_; }
  Index parts() const { return k_ + (noise_ ? 1 : 0); }
  const GmmData& data() const { return data_; }
  const GmmFamily& family() const { return family_; }

  Stats make_stats() const {
    return {GmmTotals(d(), k_, parts(), family_.diagonal() ? 1 : d()), {}, pass_.make_chunks()};
  }

  double e_step(const Params& params, Stats& stats) const {
    return pass(params, stats, [&](const GmmBlock& block, GmmChunk& chunk) {
      pass_.respond(stats.at, block, chunk);
    });
  }

  // Statistics for rows of which it is known where they belong, as gmm_from_labels() has them.
  void moments(const Params& params, const std::vector<int>& labels, Stats& stats) const {
    pass(params, stats, [&](const GmmBlock& block, GmmChunk& chunk) {
      chunk.density.topRows(block.rows).setZero();
      for (Index i = 0; i < block.rows; ++i) {
        const int label = labels[data_.row[block.begin + i]];
        if (label >= 0) chunk.density(i, label) = 1;
      }
    });
  }

  // out(i, ) = responsibilities of the user's row i, log_lik[i] = its log density; rows without any
  // observed cell are not touched.
  void responsibilities(const Params& params, Stats& stats, MatrixXd& out,
                        VectorXd& log_lik) const {
    pass(params, stats, [&](const GmmBlock& block, GmmChunk& chunk) {
      pass_.respond(stats.at, block, chunk);
      for (Index i = 0; i < block.rows; ++i) {
        out.row(data_.row[block.begin + i]) = chunk.density.row(i);
        log_lik[data_.row[block.begin + i]] = chunk.row_log_lik[i];
      }
    });
  }

  void m_step(const Stats& stats, Params& params) const {
    params.weights = stats.n / stats.n.sum();
    const VectorXd n = stats.n.head(k_).cwiseMax(kVanished);
    const double shrinkage = prior_.shrinkage;
    params.means = stats.at.means;
    Matrices scatter(static_cast<std::size_t>(k_));
    for (Index k = 0; k < k_; ++k) {
      VectorXd mean = params.means.col(k);
      if (stats.n[k] > kVanished) {
        const VectorXd shift = stats.sum.col(k) / n[k];
        mean += shift;
        scatter[k] = stats.cross[k] - family_.outer(stats.sum.col(k), shift);
      } else {  // 0 / 0: stays where it is, as wide as the data
        scatter[k] = family_.part(kVanished * MatrixXd::Identity(d(), d()));
      }
      params.means.col(k) = mean;
      if (prior_.flat()) continue;
      const VectorXd away = mean - prior_.mean;
      const double pull = shrinkage / (n[k] + shrinkage);
      params.means.col(k) -= pull * away;
      scatter[k] += family_.part(prior_.scatter) + family_.outer(n[k] * pull * away, away);
    }
    params.axes = stats.at.axes;
    params.fit_covariances(family_, n.array() + prior_.count, scatter);
  }

  void pack(const Params& params, VectorXd& x) const { coordinates_.pack(params, x); }
  bool unpack(const VectorXd& x, Params& params) const { return coordinates_.unpack(x, params); }
  void score(const Params& params, const Stats& stats, VectorXd& g) const {
    coordinates_.score(params, stats.at, stats, prior_, g);
  }

  double log_prior(const Params& params) const {
    if (prior_.flat()) return 0;
    double value = 0;
    for (Index k = 0; k < k_; ++k) {
      VectorXd force = VectorXd::Zero(d());
      MatrixXd scatter = family_.part(MatrixXd::Zero(d(), d()));
      prior_.pull(family_, params.means.col(k), force, scatter);
      value +=
          prior_.count * (params.pivots.col(k).array() * data_.scale.array().square()).log().sum();
      value += family_.diagonal() ? scatter.cwiseQuotient(params.pivots.col(k)).sum()
                                  : params.sigma(k).llt().solve(scatter).trace();
    }
    return -0.5 * value;
  }

  // A component that has collapsed: onto a point, a line, or nothing. NaN is no better.
  bool degenerate(const Params& params) const {
    return !(params.pivots.array() > kCollapsed).all() ||
           !(params.weights.array() * data_.weight > kVanished).all();
  }

  Index free_parameters() const { return parts() - 1 + k_ * d() + family_.parameters(d(), k_); }

  // For each component the smallest variance in any direction over the pooled one there.
  VectorXd thinness(const Params& params) const { return params.thinness(); }

  // May a component be the accident of a few rows in line? It is very thin, or it is thin and does
  // not stand apart from the rest: with the pooled covariance it would lose its rows to others.
  bool thin(const Params& params) const {
    const VectorXd least = thinness(params);
    for (Index k = 0; k < k_; ++k)
      if (!(least[k] >= kVeryThin) || (least[k] < kThin && kept_rows(params, k) < kApart))
        return true;
    return false;
  }

 private:
  static constexpr double kCollapsed = 1e-12;  // variances, of the standardised columns
  static constexpr double kVanished = 1e-8;    // rows of a component
  static constexpr double kVeryThin = 0.01, kThin = 0.05;
  static constexpr double kApart = 0.75;

  // Share of the rows of component k that stay with it when it is given the pooled covariance.
  double kept_rows(const Params& params, Index k) const {
    Params widened = params;
    widened.set_sigma(k, params.pooled());
    Stats own = make_stats(), wide = make_stats();
    if (!own.at.prepare(params, family_, data_.patterns) ||
        !wide.at.prepare(widened, family_, data_.patterns))
      return 0;
    double rows = 0, kept = 0;
    for (const GmmBlock& block : data_.blocks) {
      for (Stats* stats : {&own, &wide}) {
        GmmChunk& chunk = stats->chunks[0];
        chunk.conditionals.condition(stats->at, data_.patterns[block.pattern], block.pattern);
        pass_.respond(stats->at, block, chunk);
      }
      const auto before = own.chunks[0].density.col(k), after = wide.chunks[0].density.col(k);
      for (Index i = 0; i < block.rows; ++i) {
        const double row = data_.weight_of(block.begin + i) * before[i];
        rows += row;
        kept += row * after[i];
      }
    }
    return kept / rows;
  }

  template <class Respond>
  double pass(const Params& params, Stats& stats, const Respond& respond) const {
    if (!stats.at.prepare(params, family_, data_.patterns))
      return -std::numeric_limits<double>::infinity();
    return pass_.run(stats.at, stats.chunks, stats, respond);
  }

  const GmmData& data_;
  Index k_;
  GmmFamily family_;
  bool noise_;
  GmmPrior prior_;
  GmmPass pass_;
  GmmCoordinates coordinates_;
};

}  // namespace missmix
