// Between R's lists and the core's structs. R memory is read in place, and only during one .Call.
#pragma once

#include <RcppEigen.h>

#ifndef _WIN32
#include <unistd.h>
#endif

#include <memory>
#include <stdexcept>
#include <string>

#include "missmix/accelerate/anderson.hpp"
#include "missmix/accelerate/plain.hpp"
#include "missmix/accelerate/squarem.hpp"
#include "missmix/numerics/column_view.hpp"
#include "missmix/saddle.hpp"

namespace missmix {

// Threads that OpenMP made before a fork are not there after it, and GNU's waits for them for ever:
// a forked process (parallel::mclapply(), the plan multicore) has but one.
#ifdef _WIN32
inline int usable_threads(int asked) { return asked; }
#else
inline const pid_t loaded_by = getpid();
inline int usable_threads(int asked) { return getpid() == loaded_by ? asked : 1; }
#endif

// A numeric matrix, or a list of numeric vectors of one length.
inline Columns read_columns(SEXP data) {
  Columns columns;
  const auto add = [&](SEXP x, R_xlen_t offset) {
    if (TYPEOF(x) == REALSXP)
      columns.emplace_back(REAL(x) + offset);
    else if (TYPEOF(x) == INTSXP || TYPEOF(x) == LGLSXP)
      columns.emplace_back(INTEGER(x) + offset);
    else
      throw std::invalid_argument("columns must be double or integer");
  };
  if (TYPEOF(data) == VECSXP) {
    for (R_xlen_t j = 0; j < Rf_xlength(data); ++j) {
      if (Rf_xlength(VECTOR_ELT(data, j)) != Rf_xlength(VECTOR_ELT(data, 0)))
        throw std::invalid_argument("columns must have one length");
      add(VECTOR_ELT(data, j), 0);
    }
  } else {
    if (!Rf_isMatrix(data)) throw std::invalid_argument("data must be a matrix or a list");
    const R_xlen_t n = Rf_nrows(data), p = Rf_ncols(data);
    for (R_xlen_t j = 0; j < p; ++j) add(data, j * n);
  }
  return columns;
}

inline Index count_rows(SEXP data) {
  if (TYPEOF(data) != VECSXP) return Rf_nrows(data);
  return Rf_xlength(data) == 0 ? 0 : Rf_xlength(VECTOR_ELT(data, 0));
}

inline const double* read_weights(SEXP weights, Index n) {
  if (Rf_isNull(weights)) return nullptr;
  if (TYPEOF(weights) != REALSXP || Rf_xlength(weights) != n)
    throw std::invalid_argument("weights must be one double a row");
  return REAL(weights);
}

inline Control read_control(const Rcpp::List& control) {
  Control out;
  out.tol = Rcpp::as<double>(control["tol"]);
  out.max_iter = Rcpp::as<int>(control["max_iter"]);
  // Not an option of em_control(): many starts set it.
  if (control.containsElementNamed("accelerate_below"))
    out.accelerate_below = Rcpp::as<double>(control["accelerate_below"]);
  return out;
}

inline MakeAccelerator read_accelerator(const Rcpp::List& control) {
  const std::string name = Rcpp::as<std::string>(control["accelerator"]);
  const int depth = Rcpp::as<int>(control["depth"]);
  return [name, depth]() -> std::unique_ptr<Accelerator> {
    if (name == "anderson") return std::make_unique<Anderson>(depth);
    if (name == "squarem") return std::make_unique<Squarem>();
    if (name == "plain") return std::make_unique<Plain>();
    throw std::invalid_argument("unknown accelerator: " + name);
  };
}

inline Rcpp::List write_trace(const Trace& trace) {
  const R_xlen_t n = static_cast<R_xlen_t>(trace.size());
  Rcpp::IntegerVector start(n), iteration(n), passes(n);
  Rcpp::NumericVector objective(n), gap(n), seconds(n);
  Rcpp::CharacterVector kind(n);
  for (R_xlen_t i = 0; i < n; ++i) {
    const TraceRow& row = trace[i];
    start[i] = row.start;
    iteration[i] = row.iteration;
    objective[i] = row.objective;
    gap[i] = row.gap;
    kind[i] = to_string(row.kind);
    passes[i] = row.passes;
    seconds[i] = row.seconds;
  }
  return Rcpp::List::create(Rcpp::Named("start") = start, Rcpp::Named("iteration") = iteration,
                            Rcpp::Named("objective") = objective, Rcpp::Named("gap") = gap,
                            Rcpp::Named("kind") = kind, Rcpp::Named("passes") = passes,
                            Rcpp::Named("seconds") = seconds);
}

inline Rcpp::List write_saddles(const std::vector<Saddle>& saddles) {
  Rcpp::List out;
  for (const Saddle& saddle : saddles)
    out.push_back(Rcpp::List::create(Rcpp::Named("objective") = saddle.objective,
                                     Rcpp::Named("rate") = saddle.rate));
  return out;
}

// The fields that every fit has, whatever its model.
template <class Model>
Rcpp::List write_fit(const Fit<Model>& fit) {
  return Rcpp::List::create(
      Rcpp::Named("log_lik") = fit.log_lik, Rcpp::Named("objective") = fit.objective,
      Rcpp::Named("status") = to_string(fit.status), Rcpp::Named("gap") = fit.gap,
      Rcpp::Named("gap_limit") = fit.gap_limit, Rcpp::Named("gap_per_step2") = fit.gap_per_step2,
      Rcpp::Named("passes") = fit.passes, Rcpp::Named("passes_check") = fit.passes_check,
      Rcpp::Named("iterations") = fit.iterations, Rcpp::Named("trace") = write_trace(fit.trace),
      Rcpp::Named("saddles") = write_saddles(fit.saddles));
}

}  // namespace missmix
