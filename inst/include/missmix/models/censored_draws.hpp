// Draws of the latent cells of rows with censored ones, and data augmentation with them.
//
// The censored cells of a row together, from their normal within the bounds, the missing cells
// having been integrated out; then these given all others.
#pragma once

#include "../numerics/tilted_box.hpp"
#include "censored_rows.hpp"
#include "mvn_chains.hpp"
#include "normal_conditional.hpp"

namespace missmix {

// One for each thread.
class CensoredDraws {
 public:
  explicit CensoredDraws(Index p) : conditional_(p), work_(p), mean_(p), noise_(p), off_(p) {}

  // The rows, their latent cells drawn. False where a matrix is not positive definite, bounds are
  // out of reach, or `go_on` says no.
  bool draw(const CensoredRows& rows, const Normal& normal, Rng& rng, MatrixXd& cells,
            const GoOn& go_on) {
    cells = rows.z;
    for (const CensoredGroup& group : rows.groups) {
      if (!prepare(normal, group)) return false;
      for (Index i = group.begin; i < group.begin + group.rows; ++i) {
        if (!go_on()) return false;
        conditional_.mean(normal, group.latent, rows.z.col(i), work_, mean_);
        if (!draw_censored(rows, group, i, rng)) return false;
        for (Index k = 0; k < group.censored; ++k) cells(group.latent[k], i) = mean_[k] + off_[k];
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
    cov_ = conditional_.cov().topLeftCorner(c, c);
    if (q == c) return true;
    precision_ = cov_;
    if (!std::isfinite(invert_spd(precision_))) return false;
    coef_.noalias() = conditional_.cov().bottomLeftCorner(q - c, c) * precision_;
    rest_ = conditional_.cov().bottomRightCorner(q - c, q - c);
    rest_.noalias() -= coef_ * conditional_.cov().topRightCorner(c, q - c);
    factor_.compute(rest_);
    return factor_.info() == Eigen::Success;
  }

  // off_: the censored cells less their means given the observed ones.
  bool draw_censored(const CensoredRows& rows, const CensoredGroup& group, Index i, Rng& rng) {
    // Of 80 cells one attempt in five succeeds.
    constexpr int kAttempts = 100000;
    const Index c = group.censored;
    lower_ = rows.lower.col(i).head(c) - mean_.head(c);
    upper_ = rows.upper.col(i).head(c) - mean_.head(c);
    if (!box_.prepare(cov_, lower_, upper_)) return false;
    for (int attempt = 0; attempt < kAttempts; ++attempt)
      if (box_.propose(rng, off_)) return true;
    return false;
  }

  void draw_missing(const CensoredGroup& group, Index i, Rng& rng, MatrixXd& cells) {
    const Index c = group.censored, left = size(group) - c;
    if (left == 0) return;
    for (Index k = 0; k < left; ++k) noise_[k] = rng.normal();
    for (Index k = 0; k < left; ++k)
      cells(group.latent[c + k], i) =
          mean_[c + k] + coef_.row(k).dot(off_.head(c)) +
          factor_.matrixLLT().row(k).head(k + 1).dot(noise_.head(k + 1));
  }

  NormalConditional conditional_;
  TiltedBox box_;
  Eigen::LLT<MatrixXd> factor_;
  MatrixXd cov_, precision_, coef_, rest_;
  VectorXd work_, mean_, noise_, off_, lower_, upper_;
};

// Data augmentation where some rows have censored cells: as MvnPosterior, which has the others.
class CensoredPosterior {
 public:
  CensoredPosterior(const MvnData& data, const CensoredRows& rows, double ridge)
      : plain_(data, ridge, rows.weight), rows_(rows) {}

  struct Work {
    explicit Work(Index p) : plain(p), draws(p) {}
    MvnPosterior::Work plain;
    CensoredDraws draws;
    MatrixXd cells;
  };

  bool step(Mvn::Params& params, Rng& rng, Work& work, const GoOn& go_on) const {
    if (!plain_.impute(params, rng, work.plain)) return false;
    if (!work.draws.draw(rows_, work.plain.normal, rng, work.cells, go_on)) return false;
    work.plain.sum += work.cells.rowwise().sum();
    work.plain.cross.noalias() += work.cells * work.cells.transpose();
    return plain_.draw_parameters(params, rng, work.plain);
  }

 private:
  MvnPosterior plain_;
  const CensoredRows& rows_;
};

inline bool advance(const CensoredPosterior& posterior, MvnChain& chain,
                    CensoredPosterior::Work& work, const GoOn& go_on) {
  return posterior.step(chain.params, chain.rng, work, go_on);
}

}  // namespace missmix
