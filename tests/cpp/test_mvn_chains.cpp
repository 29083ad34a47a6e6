// The monitor of the chains of data augmentation: what it is told, and what is kept when they stop.
#include <missmix/models/mvn_chains.hpp>

#include <catch.h>

#include <algorithm>

#include "mvn_reference.hpp"

namespace {

using namespace missmix;

std::vector<MvnChain> three_chains() {
  std::vector<MvnChain> chains;
  for (std::uint32_t k = 1; k <= 3; ++k) chains.emplace_back(3, k, toy::some_params(4));
  return chains;
}

WorstFunction some_function() {
  Normal normal;
  REQUIRE(Mvn::to_normal(toy::some_params(4), normal));
  return WorstFunction(normal, VectorXd::Ones(4), MatrixXd::Identity(4, 4));
}

// A step that lasts as long as it may go on, in the second chain.
struct Endless {
  struct Work {
    explicit Work(Index) {}
  };
  mutable int begun = 0;
};

bool advance(const Endless& endless, MvnChain&, Endless::Work&, const GoOn& go_on) {
  if (++endless.begun <= 3) return true;
  while (go_on()) {
  }
  return false;
}

}  // namespace

TEST_CASE("a monitor is told of the steps of all chains together") {
  class Counted final : public Monitor {
   public:
    bool keep_going(const TraceRow& row) override {
      steps.push_back(row.iteration);
      return true;
    }
    std::vector<int> steps;
  };
  const toy::Prepared prepared(toy::incomplete_rows(50, 4, 0.3, 12));
  const MvnPosterior posterior(prepared.data, 0);
  for (int n_threads : {1, 2}) {
    Counted counted;
    std::vector<MvnChain> chains = three_chains();
    run_chains(posterior, some_function(), 7, n_threads, counted, chains);
    CHECK(counted.steps.front() == n_threads);
    CHECK(counted.steps.back() == 21);
    CHECK(std::is_sorted(counted.steps.begin(), counted.steps.end()));
  }
}

TEST_CASE("a chain that is stopped within a step is not among the finished") {
  class Impatient final : public Monitor {
   public:
    explicit Impatient(const Endless& endless) : endless_(endless) {}
    bool keep_going(const TraceRow&) override { return endless_.begun <= 3; }

   private:
    const Endless& endless_;
  };
  const Endless endless;
  Impatient impatient(endless);
  std::vector<MvnChain> chains = three_chains();
  CHECK(run_chains(endless, some_function(), 2, 1, impatient, chains) == 1);
  CHECK(chains[0].legal);
  CHECK(chains[0].worst.size() == 2);
}
