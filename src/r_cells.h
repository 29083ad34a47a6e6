// What cells tell of profiles, between R's lists and the core's structs.
#pragma once

#include <RcppEigen.h>

#include <stdexcept>
#include <vector>

#include "missmix/models/profile_posterior.hpp"

namespace missmix {

inline CellMeans read_cells(const Rcpp::List& cells) {
  CellMeans out{Rcpp::as<MatrixXd>(cells["mean"]), Rcpp::as<MatrixXd>(cells["error"]),
                Rcpp::as<ArrayXd>(cells["level"])};
  if (out.error.rows() != out.genes() || out.error.cols() != out.types() ||
      out.level.size() != out.genes())
    throw std::invalid_argument("shapes of means, errors and levels differ");
  return out;
}

inline ProfilePrior::Params read_prior(const Rcpp::List& prior) {
  ProfilePrior::Params out;
  out.sigma = Rcpp::as<MatrixXd>(prior["sigma"]);
  out.weight = Rcpp::as<VectorXd>(prior["weight"]);
  out.chol = out.sigma.llt().matrixL();
  return out;
}

inline Rcpp::List write_prior(const ProfilePrior::Params& prior) {
  return Rcpp::List::create(Rcpp::Named("sigma") = prior.sigma,
                            Rcpp::Named("weight") = prior.weight);
}

// Genes, counted from one by R.
inline std::vector<Index> read_places(const Rcpp::IntegerVector& given, Index n) {
  std::vector<Index> out;
  for (int place : given) {
    if (place < 1 || place > n) throw std::invalid_argument("no such gene");
    out.push_back(place - 1);
  }
  return out;
}

}  // namespace missmix
