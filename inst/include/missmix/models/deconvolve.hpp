// Deconvolution with known profiles: the samples of a bulk, each a mixture of the same types.
//
// Samples share nothing but the profiles, so that each is a problem of its own; what they share
// beyond (dispersions of genes, saturation) is estimated around this, from what it returns.
#pragma once

#include "../monitor.hpp"
#include "../parallel.hpp"
#include "bulk_view.hpp"
#include "deconvolve_sample.hpp"

namespace missmix {

// Profiles with columns that sum to one: an abundance is then what a type adds to the bulk.
struct Profiles {
  MatrixXd panel;   // genes x types
  VectorXd totals;  // column sums of what was given

  explicit Profiles(const Eigen::Ref<const MatrixXd>& given)
      : panel(given), totals(given.colwise().sum().transpose()) {
    for (Index k = 0; k < panel.cols(); ++k)
      if (totals[k] > 0) panel.col(k) /= totals[k];
  }

  Index genes() const { return panel.rows(); }
  Index types() const { return panel.cols(); }
};

// One weighted least-squares problem for all samples, with variances that grow with the mean
// profile. It is nearer than what several EM steps reach at its price.
class CommonStart {
 public:
  explicit CommonStart(const Profiles& profiles) : weighted_(profiles.panel) {
    const VectorXd mean = weighted_.rowwise().mean();
    for (Index g = 0; g < weighted_.rows(); ++g) weighted_.row(g) *= mean[g] > 0 ? 1 / mean[g] : 0;
    h_.noalias() = profiles.panel.transpose() * weighted_;
    h_.diagonal() *= 1 + 1e-10;
  }

  // Every type begins with a little, lest a gene be without any that expresses it.
  void operator()(const ArrayXd& y, NonnegativeQuadratic& quadratic, VectorXd& b) const {
    const double total = y.sum(), types = static_cast<double>(h_.rows());
    const VectorXd right = weighted_.transpose() * y.matrix();
    b.setZero(h_.rows());
    quadratic.solve(h_, right, b);
    const double mass = b.sum();
    if (mass > 0) b *= (1 - kLittle) * total / mass;
    b.array() += (mass > 0 ? kLittle : 1) * total / types;
  }

 private:
  static constexpr double kLittle = 1e-3;
  MatrixXd weighted_, h_;
};

// What became of the samples, a column or an element each.
struct Deconvolved {
  MatrixXd abundance;  // types x samples, what each type adds to the bulk
  VectorXd value;      // log-likelihood
  VectorXd gap, dispersion, scale, offset;
  std::vector<int> steps;
  std::vector<Status> status;

  Deconvolved(Index types, Index samples)
      : abundance(MatrixXd::Constant(types, samples, kMissing)),
        value(VectorXd::Constant(samples, kMissing)),
        gap(value),
        dispersion(value),
        scale(value),
        offset(value),
        steps(static_cast<std::size_t>(samples), 0),
        status(static_cast<std::size_t>(samples), Status::stopped) {}
};

template <class Family>
class Deconvolution {
 public:
  // `family` is copied for each sample. `sparsity` is one minus the concentration of a Dirichlet
  // prior of the proportions, in [0, 1).
  Deconvolution(const BulkView& bulk, const Profiles& profiles, const Family& family,
                const Control& control, double sparsity = 0)
      : bulk_(bulk),
        profiles_(profiles),
        family_(family),
        control_(control),
        sparsity_(sparsity),
        start_(profiles) {}

  // Blocks of samples on the threads; between batches of blocks the monitor is asked. What is not
  // reached stays `stopped`.
  Deconvolved run(int n_threads, Monitor& monitor) const {
    const Index samples = bulk_.samples();
    Deconvolved out(profiles_.types(), samples);
    const Index batch = kBlock * kBlocksPerThread * std::max(n_threads, 1);
    for (Index first = 0; first < samples; first += batch) {
      const Index last = std::min(first + batch, samples);
      const int blocks = static_cast<int>((last - first + kBlock - 1) / kBlock);
      for_each_task(blocks, n_threads, [&](int block) {
        const Index begin = first + block * kBlock;
        solve(begin, std::min(begin + kBlock, last), out);
      });
      TraceRow row;
      row.iteration = static_cast<int>(last);
      if (!monitor.keep_going(row)) break;
    }
    return out;
  }

 private:
  struct Workspace {
    SampleSolver<Family> solver;
    NonnegativeQuadratic quadratic;
    ArrayXd y, seen;
    MatrixXd panel;
    VectorXd b, linear;
    std::vector<Index> genes;
  };

  void solve(Index begin, Index end, Deconvolved& out) const {
    Workspace work;
    for (Index s = begin; s < end; ++s) {
      bulk_.read(s, work.y);
      if (!(work.y.sum() > 0)) {  // nothing to explain
        out.status[s] = Status::degenerate;
        continue;
      }
      start_(work.y, work.quadratic, work.b);
      Family family = family_;
      if constexpr (std::is_same_v<Family, LogNormalFamily>) {
        family.meet(work.y);
        out.offset[s] = family.offset;
      }
      if constexpr (Family::observes_zeros) {
        work.linear.setZero(profiles_.types());
        finish(SampleView{work.y, profiles_.panel, work.linear}, family, s, work, out);
      } else {
        // Of a gene without a count only the sum of profiles speaks.
        gather(work);
        const bool all = work.seen.size() == work.y.size();
        finish(
            SampleView{all ? work.y : work.seen, all ? profiles_.panel : work.panel, work.linear},
            family, s, work, out);
      }
    }
  }

  void gather(Workspace& work) const {
    work.linear.setOnes(profiles_.types());
    for (Index k = 0; k < profiles_.types(); ++k)
      if (!(profiles_.totals[k] > 0)) work.linear[k] = 0;
    work.genes.clear();
    for (Index g = 0; g < work.y.size(); ++g)
      if (work.y[g] > 0) work.genes.push_back(g);
    const Index size = static_cast<Index>(work.genes.size());
    work.seen.resize(size);
    for (Index i = 0; i < size; ++i) work.seen[i] = work.y[work.genes[i]];
    if (size == work.y.size()) return;
    work.panel.resize(size, profiles_.types());
    for (Index k = 0; k < profiles_.types(); ++k)
      for (Index i = 0; i < size; ++i) work.panel(i, k) = profiles_.panel(work.genes[i], k);
  }

  void finish(const SampleView& sample, Family& family, Index s, Workspace& work,
              Deconvolved& out) const {
    SampleEnd end = work.solver.solve(sample, family, control_.tol, control_.max_iter, work.b);
    if (sparsity_ > 0 && end.status == Status::converged) thin_out(sample, family, work, end);
    out.status[s] = end.status;
    if (end.status == Status::non_finite) return;
    out.abundance.col(s) = work.b;
    out.value[s] = end.value + family.constant(sample.y, work.solver.expected());
    out.gap[s] = end.gap;
    out.steps[s] = end.steps;
    out.dispersion[s] = dispersion(sample, work);
    if constexpr (Family::has_scale) out.scale[s] = std::sqrt(family.scale2);
  }

  // The prior adds -sparsity sum_k log b_k, which is convex: its tangent at b lies below it, so
  // that the problem with the costs sparsity / b_k added is a minorant, and each round climbs
  // (Hunter & Lange 2004). What has come to zero stays there, where the prior has no bound.
  void thin_out(const SampleView& sample, Family& family, Workspace& work, SampleEnd& end) const {
    const VectorXd likelihood_only = sample.linear;
    VectorXd costs(work.b.size()), before;
    for (int round = 0; round < kMostRounds; ++round) {
      before = work.b;
      for (Index k = 0; k < costs.size(); ++k)
        costs[k] = likelihood_only[k] + (before[k] > 0 ? sparsity_ / before[k] : kForbidding);
      const SampleView thinned{sample.y, sample.panel, costs};
      const SampleEnd next =
          work.solver.solve(thinned, family, control_.tol, control_.max_iter, work.b);
      end.steps += next.steps;
      end.gap = next.gap;
      end.status = next.status;
      if (next.status != Status::converged) return;
      end.value = next.value + (costs - likelihood_only).dot(work.b);
      if ((work.b - before).cwiseAbs().maxCoeff() <= 1e-9 * before.maxCoeff()) return;
    }
    end.status = Status::max_iter;
  }

  // Pearson's: squared residuals in units of their variance, by degrees of freedom.
  double dispersion(const SampleView& sample, const Workspace& work) const {
    const auto& m = work.solver.expected();
    double squares;
    if constexpr (Family::observes_zeros) {
      squares = ((sample.y - m).square() * work.solver.information()).sum();
    } else {
      squares = ((sample.y - m).square() / m).sum() + sample.linear.dot(work.b) - m.sum();
    }
    const Index used = (work.b.array() > 0).count();
    const Index degrees = profiles_.genes() - used;
    return degrees > 0 ? squares / static_cast<double>(degrees) : kMissing;
  }

  static constexpr Index kBlock = 32, kBlocksPerThread = 4;
  static constexpr int kMostRounds = 1000;
  static constexpr double kForbidding = 1e100;

  const BulkView& bulk_;
  const Profiles& profiles_;
  Family family_;
  Control control_;
  double sparsity_;
  CommonStart start_;
};

}  // namespace missmix
