// Imputations drawn beside each other.
#pragma once

#include <algorithm>
#include <vector>

#include "missmix/em_model.hpp"
#include "missmix/parallel.hpp"
#include "missmix/shared_monitor.hpp"

namespace missmix {

// Calls draw(k, t) for the imputations k in [0, m), as many beside each other as there are threads,
// of which t is one; the monitor is told after each batch. Returns how many are done, the first of
// them: a batch that was stopped in its middle is not.
template <class Draw>
Index draw_all(Index m, int n_threads, SharedMonitor& shared, TraceRow& so_far, const Draw& draw) {
  const Index beside = std::max<Index>(1, std::min<Index>(n_threads, m));
  Index done = 0;
  while (done < m && !shared.stopped()) {
    const Index size = std::min(beside, m - done);
    for_each_task(static_cast<int>(size), n_threads, [&](int t) { draw(done + t, t); });
    if (shared.stopped()) break;
    done += size;
    so_far.iteration = static_cast<int>(done);
    shared.keep_going(so_far);
  }
  shared.rethrow();
  return done;
}

// A room for each of the threads that draw_all() uses.
template <class Room>
std::vector<Room> rooms_for(Index m, int n_threads, Index p) {
  std::vector<Room> rooms;
  const Index beside = std::max<Index>(1, std::min<Index>(n_threads, m));
  rooms.reserve(static_cast<std::size_t>(beside));
  for (Index t = 0; t < beside; ++t) rooms.emplace_back(p);
  return rooms;
}

}  // namespace missmix
