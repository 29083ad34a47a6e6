// The bulk of R: a numeric matrix, or the slots of a sparse one.
#pragma once

#include <RcppEigen.h>

#include "missmix/models/bulk_view.hpp"
#include "r_convert.h"

namespace missmix {

// `bulk` is a matrix or list(i, p, x, nrow); `rows` counts from one.
inline BulkView read_bulk(SEXP bulk, const Rcpp::IntegerVector& rows) {
  std::vector<Index> places;
  for (int row : rows) places.push_back(row - 1);
  const auto check = [&](Index n) {
    for (Index place : places)
      if (place < 0 || place >= n) throw std::invalid_argument("no such row of the bulk");
  };
  if (TYPEOF(bulk) != VECSXP) {
    check(count_rows(bulk));
    return BulkView(read_columns(bulk), std::move(places));
  }
  const Rcpp::List slots(bulk);
  const Rcpp::IntegerVector i = slots["i"], p = slots["p"];
  const Rcpp::NumericVector x = slots["x"];
  const int n = Rcpp::as<int>(slots["nrow"]);
  check(n);
  if (p.size() < 1 || p[0] != 0 || p[p.size() - 1] != x.size() || i.size() != x.size() ||
      !std::is_sorted(p.begin(), p.end()) ||
      std::any_of(i.begin(), i.end(), [n](int row) { return row < 0 || row >= n; }))
    throw std::invalid_argument("the sparse bulk is not a valid matrix");
  return BulkView(SparseColumns{i.begin(), p.begin(), x.begin()}, p.size() - 1, n,
                  std::move(places));
}

}  // namespace missmix
