// Tasks over threads: each is done once, whatever the numbers.
#include <missmix/parallel.hpp>

#include <catch.h>
#include <stdexcept>
#include <vector>

TEST_CASE("every task is done exactly once for any number of threads") {
  for (int n_threads : {0, 1, 2, 3, 16})
    for (int n : {0, 1, 2, 7, 1000}) {
      std::vector<int> done(static_cast<std::size_t>(n), 0);
      missmix::for_each_task(n, n_threads, [&](int i) { ++done[static_cast<std::size_t>(i)]; });
      CHECK(done == std::vector<int>(static_cast<std::size_t>(n), 1));
    }
}

TEST_CASE("one thread takes the tasks in order") {
  std::vector<int> order;
  missmix::for_each_task(5, 1, [&](int i) { order.push_back(i); });
  CHECK((order == std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_CASE("sums added in index order do not depend on the number of threads") {
  const auto sum = [](int n_threads) {
    std::vector<double> part(500);
    missmix::for_each_task(500, n_threads, [&](int i) {
      double value = 0;
      for (int k = 1; k <= 100; ++k) value += 1.0 / (i + k);
      part[static_cast<std::size_t>(i)] = value;
    });
    double total = 0;
    for (double value : part) total += value;
    return total;
  };
  const double one = sum(1);
  CHECK(sum(2) == one);
  CHECK(sum(7) == one);
}

TEST_CASE("what a task throws is thrown again once the others are done") {
  for (int n_threads : {1, 2, 4}) {
    CAPTURE(n_threads);
    const auto task = [](int i) {
      if (i == 3) throw std::length_error("three");
    };
    CHECK_THROWS_AS(missmix::for_each_task(8, n_threads, task), std::length_error);
  }
}
