// Whoever watches a climb and may end it: printing, a time limit, an interrupt, a callback.
#pragma once

#include <chrono>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "trace.hpp"

namespace missmix {

class Monitor {
 public:
  virtual ~Monitor() = default;
  // Asked once an iteration; false ends the climb, and the best point reached is returned.
  virtual bool keep_going(const TraceRow& row) = 0;
};

class SilentMonitor final : public Monitor {
 public:
  bool keep_going(const TraceRow&) override { return true; }
};

class TimeLimit final : public Monitor {
 public:
  explicit TimeLimit(double seconds) : seconds_(seconds) {}
  bool keep_going(const TraceRow& row) override { return row.seconds < seconds_; }

 private:
  double seconds_;
};

// True about ten times a second.
class Beat {
 public:
  bool operator()() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) return false;
    last_ = now;
    return true;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

class MonitorList final : public Monitor {
 public:
  void add(std::unique_ptr<Monitor> monitor) { monitors_.push_back(std::move(monitor)); }

  bool keep_going(const TraceRow& row) override {
    bool go_on = true;
    for (auto& monitor : monitors_) go_on = monitor->keep_going(row) && go_on;
    return go_on;
  }

 private:
  std::vector<std::unique_ptr<Monitor>> monitors_;
};

}  // namespace missmix
