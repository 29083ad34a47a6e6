// One monitor for the tasks of several threads.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <thread>

#include "monitor.hpp"

namespace missmix {

// May a long task go on? Where it asks costs little.
using GoOn = std::function<bool()>;

// Stands between the tasks and the monitor, which only the first thread may ask: R runs there.
class SharedMonitor {
 public:
  explicit SharedMonitor(Monitor& monitor) : monitor_(monitor) {}

  bool keep_going(const TraceRow& row) {
    if (!stopped_ && at_home()) {
      try {
        if (!monitor_.keep_going(row)) stopped_ = true;
      } catch (...) {  // must not leave a parallel loop
        error_ = std::current_exception();
        stopped_ = true;
      }
    }
    return !stopped_;
  }

  // The same for tasks that ask many times a second: few of these reach the monitor, or the clock.
  bool keep_going_often(const TraceRow& row) {
    constexpr unsigned kQuestions = 16;
    if (!stopped_ && at_home() && ++asked_ % kQuestions == 0 && beat_()) keep_going(row);
    return !stopped_;
  }

  bool stopped() const { return stopped_; }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  bool at_home() const { return std::this_thread::get_id() == home_; }

  Monitor& monitor_;
  std::thread::id home_ = std::this_thread::get_id();
  std::atomic<bool> stopped_{false};
  std::exception_ptr error_;
  Beat beat_;
  unsigned asked_ = 0;  // by the first thread
};

}  // namespace missmix
