// Every sample of a bulk, given the profiles that some of its samples refined.
#pragma once

#include "deconvolve.hpp"
#include "latent_rounds.hpp"

namespace missmix {

// The M-step of theta, which samples take one by one; those that refined included. `total`: what
// the samples that refined were brought to. Abundances are relative to the columns of
// `fit.profiles`, log-likelihood and dispersion those of counts with these profiles.
class LatentSamples {
 public:
  LatentSamples(const BulkView& bulk, const LatentFit& fit, const std::vector<Index>& shared,
                double total)
      : bulk_(bulk), fit_(fit), shared_(shared), total_(total) {}

  Deconvolved run(int n_threads, Monitor& monitor) const {
    const Index samples = bulk_.samples();
    Deconvolved out(fit_.profiles.cols(), samples);
    const Index batch = kBlock * kBlocksPerThread * std::max(n_threads, 1);
    for (Index first = 0; first < samples; first += batch) {
      const Index last = std::min(first + batch, samples);
      for_each_task(static_cast<int>((last - first + kBlock - 1) / kBlock), n_threads, [&](int b) {
        const Index begin = first + b * kBlock;
        solve(begin, std::min(begin + kBlock, last), out);
      });
      TraceRow row;
      row.iteration = static_cast<int>(last);
      if (!monitor.keep_going(row)) break;
    }
    return out;
  }

 private:
  static constexpr Index kBlock = 32, kBlocksPerThread = 4;

  void solve(Index begin, Index end, Deconvolved& out) const {
    NonnegativeQuadratic quadratic;
    ArrayXd y;
    VectorXd part(static_cast<Index>(shared_.size())), theta;
    for (Index s = begin; s < end; ++s) {
      bulk_.read(s, y);
      const double sum = y.sum();
      for (std::size_t i = 0; i < shared_.size(); ++i) part[i] = y[shared_[i]];
      if (!(part.sum() > 0)) {  // nothing to explain
        out.status[s] = Status::degenerate;
        continue;
      }
      const VectorXd right = fit_.weights.transpose() * part * (total_ / sum);
      theta.setZero(right.size());
      const bool solved = quadratic.solve(fit_.gram, right, theta);
      theta *= sum / total_;
      const ArrayXd m = (fit_.profiles * theta).array();
      const double degrees = static_cast<double>(y.size() - (theta.array() > 0).count());
      out.abundance.col(s) = theta;
      out.value[s] =
          (y > 0).select(y * m.log(), 0).sum() - m.sum() + PoissonFamily().constant(y, m);
      out.dispersion[s] =
          degrees > 0 ? ((y - m).square() / m.max(kSmallest)).sum() / degrees : kMissing;
      out.gap[s] = fit_.last.gap / static_cast<double>(fit_.last.params.theta.cols());
      out.steps[s] = fit_.passes;
      out.status[s] = solved && std::isfinite(out.value[s]) ? fit_.last.status : Status::non_finite;
    }
  }

  static constexpr double kSmallest = 1e-300;

  const BulkView& bulk_;
  const LatentFit& fit_;
  const std::vector<Index>& shared_;
  double total_;
};

}  // namespace missmix
