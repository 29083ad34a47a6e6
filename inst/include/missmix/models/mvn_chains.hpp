// The chains of data augmentation behind a set of imputations: one each, from the MLE, by a stream
// of its own, so that draws depend on the seed and the number of the imputation only.
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

#include "../parallel.hpp"
#include "../shared_monitor.hpp"
#include "mvn_draws.hpp"
#include "mvn_fill.hpp"

namespace missmix {

struct MvnChain {
  MvnChain(std::uint64_t seed, std::uint32_t index, const Mvn::Params& start)
      : params(start), rng(seed, index, static_cast<std::uint32_t>(DrawPart::chain)) {}

  Mvn::Params params;
  Rng rng;
  std::vector<double> worst;  // the worst linear function after each step
  bool legal = true;
};

inline bool advance(const MvnPosterior& posterior, MvnChain& chain, MvnPosterior::Work& work,
                    const GoOn&) {
  return posterior.step(chain.params, chain.rng, work);
}

// Runs each of the chains for `steps` steps, as many beside each other as there are threads; the
// monitor is asked about ten times a second, and told of the steps of all chains so far. Returns
// how many came to their end: the first of them, in order.
template <class Posterior>
Index run_chains(const Posterior& posterior, const WorstFunction& worst, Index steps, int n_threads,
                 Monitor& monitor, std::vector<MvnChain>& chains) {
  using Clock = std::chrono::steady_clock;
  constexpr Index kMostCounted = std::numeric_limits<int>::max();
  const Index total = static_cast<Index>(chains.size()), p = worst.mu.size();
  const Index beside = std::max<Index>(1, std::min<Index>(n_threads, total));
  std::vector<typename Posterior::Work> work;
  work.reserve(static_cast<std::size_t>(beside));
  for (Index t = 0; t < beside; ++t) work.emplace_back(p);
  SharedMonitor shared(monitor);
  TraceRow row;
  const GoOn go_on = [&] { return shared.keep_going_often(row); };
  Index slice = 1;
  for (Index begin = 0; begin < total; begin += beside) {
    const Index size = std::min(beside, total - begin);
    for (Index done = 0; done < steps;) {
      const Index here = std::min(slice, steps - done);
      const auto from = Clock::now();
      for_each_task(static_cast<int>(size), n_threads, [&](int t) {
        MvnChain& chain = chains[static_cast<std::size_t>(begin + t)];
        for (Index k = 0; k < here && chain.legal && !shared.stopped(); ++k) {
          chain.legal = advance(posterior, chain, work[static_cast<std::size_t>(t)], go_on);
          chain.worst.push_back(worst(chain.params));
        }
      });
      if (shared.stopped()) {  // in the middle of a step
        shared.rethrow();
        return begin;
      }
      done += here;
      if (Clock::now() - from < std::chrono::milliseconds(50)) slice = std::min(2 * slice, steps);
      row.iteration = static_cast<int>(std::min<Index>(begin * steps + size * done, kMostCounted));
      if (!shared.keep_going(row)) {
        shared.rethrow();
        return done < steps ? begin : begin + size;
      }
    }
  }
  return total;
}

}  // namespace missmix
