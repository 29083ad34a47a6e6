// What R wants of a running climb: Ctrl-C, a time limit, and a function to be told of each row.
#pragma once

#include <RcppEigen.h>

#include <chrono>
#include <memory>

#include "missmix/monitor.hpp"

namespace missmix {

// R's interrupt flag, asked without a long jump out of C++ code.
inline bool interrupted() {
  return R_ToplevelExec([](void*) { R_CheckUserInterrupt(); }, nullptr) == FALSE;
}

class InterruptMonitor final : public Monitor {
 public:
  bool keep_going(const TraceRow&) override { return !beat_() || !interrupted(); }

 private:
  Beat beat_;
};

// Seconds since it was made, however many climbs it watches: each has a clock of its own.
class Deadline final : public Monitor {
 public:
  explicit Deadline(double seconds) : seconds_(seconds) {}
  bool keep_going(const TraceRow&) override {
    const std::chrono::duration<double> gone = std::chrono::steady_clock::now() - began_;
    return gone.count() < seconds_;
  }

 private:
  double seconds_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// Calls an R function with the row as a list: at every row, or ten times a second.
class RFunctionMonitor final : public Monitor {
 public:
  RFunctionMonitor(Rcpp::Function f, bool every_row) : f_(std::move(f)), every_row_(every_row) {}

  bool keep_going(const TraceRow& row) override {
    if (!every_row_ && !beat_()) return true;
    const Rcpp::RObject answer = ask(Rcpp::List::create(
        Rcpp::Named("start") = row.start, Rcpp::Named("iteration") = row.iteration,
        Rcpp::Named("objective") = row.objective, Rcpp::Named("gap") = row.gap,
        Rcpp::Named("kind") = to_string(row.kind), Rcpp::Named("passes") = row.passes,
        Rcpp::Named("seconds") = row.seconds));
    return !(TYPEOF(answer) == LGLSXP && Rf_xlength(answer) == 1 && LOGICAL(answer)[0] == FALSE);
  }

 private:
  // Ctrl-C while R code is at work stops the climb as it does elsewhere. R's tryCatch() would let
  // through what comes before its handler stands, or after.
  SEXP ask(SEXP row) const {
    const Rcpp::Shield<SEXP> call(Rf_lang2(f_, row));
    const Rcpp::Shield<SEXP> classes(Rf_mkString("interrupt"));
    return Rcpp::unwindProtect([&] {
      return R_tryCatch([](void* what) { return Rf_eval(static_cast<SEXP>(what), R_GlobalEnv); },
                        call, classes, [](SEXP, void*) { return Rf_ScalarLogical(FALSE); }, nullptr,
                        nullptr, nullptr);
    });
  }

  Rcpp::Function f_;
  bool every_row_;
  Beat beat_;
};

// `watch` is NULL or list(f = function, every_row = flag).
inline std::unique_ptr<Monitor> make_monitor(const Rcpp::List& control,
                                             Rcpp::Nullable<Rcpp::List> watch) {
  auto monitors = std::make_unique<MonitorList>();
  monitors->add(std::make_unique<InterruptMonitor>());
  monitors->add(std::make_unique<Deadline>(Rcpp::as<double>(control["time_limit"])));
  if (watch.isNotNull()) {
    const Rcpp::List list(watch);
    monitors->add(std::make_unique<RFunctionMonitor>(Rcpp::as<Rcpp::Function>(list["f"]),
                                                     Rcpp::as<bool>(list["every_row"])));
  }
  return monitors;
}

}  // namespace missmix
