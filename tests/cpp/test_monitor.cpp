// Monitors: a time limit, and several that are all told of every row.
#include <missmix/monitor.hpp>

#include <catch.h>

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
