// Monitors: a time limit, several that are all told of every row, and one for several threads.
#include <missmix/parallel.hpp>
#include <missmix/shared_monitor.hpp>

#include <catch.h>

#include <stdexcept>
#include <vector>

namespace {

using namespace missmix;

class Counts final : public Monitor {
 public:
  Counts(int& rows, bool answer) : rows_(rows), answer_(answer) {}
  bool keep_going(const TraceRow&) override {
    ++rows_;
    return answer_;
  }

 private:
  int& rows_;
  bool answer_;
};

TraceRow after(double seconds) {
  TraceRow row;
  row.seconds = seconds;
  return row;
}

}  // namespace

TEST_CASE("a time limit goes by the seconds of the row") {
  TimeLimit limit(2);
  CHECK(limit.keep_going(after(0)));
  CHECK(limit.keep_going(after(1.999)));
  CHECK_FALSE(limit.keep_going(after(2)));
  CHECK_FALSE(TimeLimit(0).keep_going(after(0)));
  CHECK(TimeLimit(std::numeric_limits<double>::infinity()).keep_going(after(1e9)));
}

TEST_CASE("a list goes on when all of its monitors do, and tells every one of them") {
  int first = 0, second = 0, third = 0;
  MonitorList list;
  CHECK(list.keep_going(after(0)));
  list.add(std::make_unique<Counts>(first, true));
  CHECK(list.keep_going(after(0)));
  list.add(std::make_unique<Counts>(second, false));
  list.add(std::make_unique<Counts>(third, true));
  CHECK_FALSE(list.keep_going(after(0)));
  CHECK(first == 2);
  CHECK(second == 1);
  // Told although an earlier one had already said no.
  CHECK(third == 1);
}

TEST_CASE("the silent monitor never stops anything") {
  SilentMonitor silent;
  CHECK(silent.keep_going(after(1e9)));
}

TEST_CASE("what is asked often reaches the monitor now and then, and is over once it says no") {
  int rows = 0;
  Counts refuses(rows, false);
  SharedMonitor shared(refuses);
  while (shared.keep_going_often(after(0))) {
  }
  CHECK(rows == 1);
  CHECK(shared.stopped());
  CHECK_FALSE(shared.keep_going(after(0)));
  CHECK(rows == 1);
}

TEST_CASE("tasks on other threads are stopped by what the first was told, and errors come out") {
  class Throws final : public Monitor {
   public:
    bool keep_going(const TraceRow&) override { throw std::runtime_error("no"); }
  };
  Throws throws;
  SharedMonitor shared(throws);
  // Ends only because each task learns of it: the first thread has one of the two.
  missmix::for_each_task(2, 2, [&](int) {
    while (shared.keep_going_often(after(0))) {
    }
  });
  CHECK(shared.stopped());
  CHECK_THROWS_AS(shared.rethrow(), std::runtime_error);
}
