// Threads over independent tasks. Tasks never depend on the number of threads, and whoever adds up
// their results does so in index order: answers are bit-identical for any `n_threads`.
#pragma once

#ifdef _OPENMP
#include <omp.h>
#endif

namespace missmix {

// Calls task(i) for i in [0, n). A task must not throw and must not touch R.
template <class Task>
void for_each_task(int n, int n_threads, const Task& task) {
#ifdef _OPENMP
  if (n_threads > 1 && n > 1) {
#pragma omp parallel for schedule(dynamic) num_threads(n_threads)
    for (int i = 0; i < n; ++i) task(i);
    return;
  }
#else
  static_cast<void>(n_threads);
#endif
  for (int i = 0; i < n; ++i) task(i);
}

}  // namespace missmix
