// The edge watch: a distance that keeps being halved at the doublings, against one that settles.
#include <missmix/edge_watch.hpp>

#include <catch.h>
#include <cmath>
#include <functional>

namespace {

using missmix::EdgeWatch;

struct Watched {
  int ended = -1;  // iteration, or -1
  int looks = 0;
};

Watched watch(const std::function<double(int)>& distance, int iterations) {
  EdgeWatch edge_watch;
  Watched watched;
  for (int k = 0; k <= iterations; ++k) {
    const bool running = edge_watch.running(k, [&] {
      ++watched.looks;
      return distance(k);
    });
    if (running) {
      watched.ended = k;
      break;
    }
  }
  return watched;
}

}  // namespace

TEST_CASE("the distance is looked at in iteration 128 and at its doublings only") {
  CHECK(watch([](int) { return 1.0; }, 127).looks == 0);
  CHECK(watch([](int) { return 1.0; }, 128).looks == 1);
  CHECK(watch([](int) { return 1.0; }, 255).looks == 1);
  CHECK(watch([](int) { return 1.0; }, 5000).looks == 6);
}

TEST_CASE("a distance that falls like a power of the iteration is caught once it is small") {
  // 10 / k^1.5 is below 1e-3 from k = 465: the look at 512 is the third in a row that halves.
  CHECK(watch([](int k) { return 10 / std::pow(k, 1.5); }, 5000).ended == 512);
  // 1000 / k^1.5 is so from k = 10,000.
  CHECK(watch([](int k) { return 1000 / std::pow(k, 1.5); }, 100000).ended == 16384);
}

TEST_CASE("a fall slower than the square root of the iterations is not a run to the edge") {
  CHECK(watch([](int k) { return 1e-4 / std::sqrt(k); }, 100000).ended == -1);
}

TEST_CASE("a distance that settles is a maximum inside, however near") {
  CHECK(watch([](int k) { return 1e-5 + 10 * std::pow(0.9, k); }, 100000).ended == -1);
  CHECK(watch([](int k) { return 0.5 + 1 / std::pow(k, 2); }, 100000).ended == -1);
}

TEST_CASE("one look that does not halve begins the count anew") {
  // Halves at 256, stays at 512, halves from 1024 on.
  const auto distance = [](int k) {
    if (k < 256) return 1e-4;
    if (k < 1024) return 1e-5;
    return 1e-5 * std::pow(1024.0 / k, 2) / 4;
  };
  CHECK(watch(distance, 100000).ended == 4096);
}

TEST_CASE("a distance that is not a number never counts as near") {
  CHECK(watch([](int) { return std::nan(""); }, 100000).ended == -1);
}
