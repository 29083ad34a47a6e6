// Draws of the latent cells of rows with censored ones, and data augmentation with them.
//
// Gibbs sampling within the row (Geweke 1991; Robert 1995): each censored cell from its truncated
// normal given the observed and the other censored ones, the missing cells having been integrated
// out; then these together given all others. One sweep leaves the distribution as it is, however
// many cells are censored, and is a fresh draw for one.
#pragma once

#include "../numerics/truncated_draw.hpp"
#include "censored_conditional.hpp"
#include "mvn_chains.hpp"

namespace missmix {

// One for each thread.
class CensoredGibbs {
 public:
  explicit CensoredGibbs(Index p) : conditional_(p), exact_(p), work_(p), mean_(p), noise_(p) {}

  // Rows with their latent cells at the conditional means, which lie within the bounds. False where
  // a matrix is not positive definite, or `go_on` says no.
  bool start(const CensoredRows& rows, const Normal& normal, MatrixXd& cells, const GoOn& go_on) {
    cells = rows.z;
    for (const CensoredGroup& group : rows.groups) {
      if (!exact_.condition(normal, group)) return false;
      for (Index i = group.begin; i < group.begin + group.rows; ++i) {
        if (!go_on() || !exact_.row(normal, group, rows, i)) return false;
        for (Index k = 0; k < size(group); ++k) cells(group.latent[k], i) = exact_.mean()[k];
      }
    }
    return true;
  }

  // False as in start().
  bool sweep(const CensoredRows& rows, const Normal& normal, int sweeps, Rng& rng, MatrixXd& cells,
             const GoOn& go_on) {
    for (const CensoredGroup& group : rows.groups) {
      if (!prepare(normal, group)) return false;
      for (Index i = group.begin; i < group.begin + group.rows; ++i) {
        if (!go_on()) return false;
        conditional_.mean(normal, group.latent, rows.z.col(i), work_, mean_);
        off_.resize(group.censored);
        for (Index k = 0; k < group.censored; ++k) off_[k] = cells(group.latent[k], i) - mean_[k];
        // Whether a joint draw succeeds does not depend on where the cells are: either way the
        // distribution stays what it is.
        if (group.censored == 1 || !draw_jointly(rows, group, i, rng))
          for (int s = 0; s < sweeps; ++s) draw_censored(rows, group, i, rng);
        draw_missing(group, i, rng, cells);
      }
    }
    return true;
  }

 private:
  static Index size(const CensoredGroup& group) { return static_cast<Index>(group.latent.size()); }

  bool prepare(const Normal& normal, const CensoredGroup& group) {
    const Index c = group.censored, q = size(group);
    if (!conditional_.condition(normal, group.latent, group.observed, true)) return false;
    precision_ = conditional_.cov().topLeftCorner(c, c);
    joint_.compute(precision_);
    if (joint_.info() != Eigen::Success) return false;
    if (!std::isfinite(invert_spd(precision_))) return false;
    if (q == c) return true;
    coef_.noalias() = conditional_.cov().bottomLeftCorner(q - c, c) * precision_;
    rest_ = conditional_.cov().bottomRightCorner(q - c, q - c);
    rest_.noalias() -= coef_ * conditional_.cov().topRightCorner(c, q - c);
    factor_.compute(rest_);
    return factor_.info() == Eigen::Success;
  }

  // By rejection: exact where it succeeds, however alike the cells are, for which a sweep hardly
  // moves.
  bool draw_jointly(const CensoredRows& rows, const CensoredGroup& group, Index i, Rng& rng) {
    const Index c = group.censored;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      for (Index k = 0; k < c; ++k) noise_[k] = rng.normal();
      proposal_.noalias() = joint_.matrixLLT().triangularView<Eigen::Lower>() * noise_.head(c);
      bool inside = true;
      for (Index k = 0; k < c && inside; ++k)
        inside = mean_[k] + proposal_[k] > rows.lower(k, i) &&
                 mean_[k] + proposal_[k] < rows.upper(k, i);
      if (!inside) continue;
      off_ = proposal_;
      return true;
    }
    return false;
  }

  // off_: the censored cells less their means given the observed ones.
  void draw_censored(const CensoredRows& rows, const CensoredGroup& group, Index i, Rng& rng) {
    for (Index k = 0; k < group.censored; ++k) {
      const double own = precision_(k, k);
      const double centre = off_[k] - precision_.col(k).dot(off_) / own;
      off_[k] = draw_truncated(rng, centre, 1 / std::sqrt(own), rows.lower(k, i) - mean_[k],
                               rows.upper(k, i) - mean_[k]);
    }
  }

  void draw_missing(const CensoredGroup& group, Index i, Rng& rng, MatrixXd& cells) {
    const Index c = group.censored, left = size(group) - c;
    for (Index k = 0; k < c; ++k) cells(group.latent[k], i) = mean_[k] + off_[k];
    if (left == 0) return;
    for (Index k = 0; k < left; ++k) noise_[k] = rng.normal();
    for (Index k = 0; k < left; ++k)
      cells(group.latent[c + k], i) =
          mean_[c + k] + coef_.row(k).dot(off_) +
          factor_.matrixLLT().row(k).head(k + 1).dot(noise_.head(k + 1));
  }

  NormalConditional conditional_;
  CensoredConditional exact_;
  static constexpr int kAttempts = 32;

  Eigen::LLT<MatrixXd> factor_, joint_;
  MatrixXd precision_, coef_, rest_;
  VectorXd work_, mean_, noise_, off_, proposal_;
};

// Data augmentation where some rows have censored cells: as MvnPosterior, which has the others.
class CensoredPosterior {
 public:
  CensoredPosterior(const MvnData& data, const CensoredRows& rows, double ridge)
      : plain_(data, ridge, rows.weight), rows_(rows) {}

  struct Work {
    explicit Work(Index p) : plain(p), gibbs(p) {}
    MvnPosterior::Work plain;
    CensoredGibbs gibbs;
  };

  // One step of a chain, whose censored rows are `cells`.
  bool step(Mvn::Params& params, MatrixXd& cells, Rng& rng, Work& work, const GoOn& go_on) const {
    if (!plain_.impute(params, rng, work.plain)) return false;
    if (cells.size() == 0 && !work.gibbs.start(rows_, work.plain.normal, cells, go_on))
      return false;
    if (!work.gibbs.sweep(rows_, work.plain.normal, 1, rng, cells, go_on)) return false;
    work.plain.sum += cells.rowwise().sum();
    work.plain.cross.noalias() += cells * cells.transpose();
    return plain_.draw_parameters(params, rng, work.plain);
  }

 private:
  MvnPosterior plain_;
  const CensoredRows& rows_;
};

inline bool advance(const CensoredPosterior& posterior, MvnChain& chain,
                    CensoredPosterior::Work& work, const GoOn& go_on) {
  return posterior.step(chain.params, chain.censored, chain.rng, work, go_on);
}

}  // namespace missmix
