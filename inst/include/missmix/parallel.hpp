// Threads over independent tasks. Tasks never depend on the number of threads, and whoever adds up
// their results does so in index order: answers are bit-identical for any `n_threads`.
#pragma once

#include <exception>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace missmix {

// Calls task(i) for i in [0, n). A task must not touch R. What one throws, such as a lack of memory,
// is thrown again once all have ended, since nothing may leave a parallel region.
template <class Task>
void for_each_task(int n, int n_threads, const Task& task) {
#ifdef _OPENMP
  if (n_threads > 1 && n > 1) {
    std::exception_ptr thrown;
#pragma omp parallel for schedule(dynamic) num_threads(n_threads)
    for (int i = 0; i < n; ++i) {
      try {
        task(i);
      } catch (...) {
#pragma omp critical(missmix_thrown)
        thrown = std::current_exception();
      }
    }
    if (thrown) std::rethrow_exception(thrown);
    return;
  }
#else
  static_cast<void>(n_threads);
#endif
  for (int i = 0; i < n; ++i) task(i);
}

}  // namespace missmix
