// Mixtures, from R's units to the core's standardised ones and back.
#pragma once

#include <memory>
#include <numeric>

#include "missmix/models/gmm.hpp"
#include "surveyed_rows.h"

namespace missmix {

// `prior`: NULL, or list(shrinkage, mean, dof, scale) in the user's units.
inline GmmPrior read_gmm_prior(SEXP prior, const GmmFamily& family, Index k, const GmmData& data) {
  if (Rf_isNull(prior)) return {};
  const Rcpp::List list(prior);
  const VectorXd unit = data.scale.cwiseInverse();
  const VectorXd mean = Rcpp::as<VectorXd>(list["mean"]) - data.centre;
  const MatrixXd scale = unit.asDiagonal() * Rcpp::as<MatrixXd>(list["scale"]) * unit.asDiagonal();
  return conjugate_prior(family, k, Rcpp::as<double>(list["shrinkage"]), mean.cwiseProduct(unit),
                         Rcpp::as<double>(list["dof"]), scale);
}

// What R calls a setup: list(k, family, noise, prior, and for rows of another data set
// centre, scale, lowest, highest of the fit). Everything a Gmm refers to, in one place.
class GmmTask : public SurveyedRows {
 public:
  GmmTask(SEXP columns, SEXP weights, const Rcpp::List& setup, int n_threads)
      : SurveyedRows(columns, weights),
        family(Rcpp::as<std::string>(setup["family"])),
        data(setup.containsElementNamed("centre")
                 ? in_units_of(setup)
                 : GmmData(survey, views, n, GmmData::centres(survey), gmm_units(survey, family),
                           w)),
        k(Rcpp::as<int>(setup["k"])),
        noise(Rcpp::as<bool>(setup["noise"])),
        prior(read_gmm_prior(setup["prior"], family, k, data)),
        model(on(data, n_threads)) {}

  Gmm on(const GmmData& rows, int n_threads) const {
    return Gmm(rows, k, family, noise, prior, n_threads);
  }

  const GmmFamily family;
  const GmmData data;
  const Index k;
  const bool noise;
  const GmmPrior prior;
  const Gmm model;

 private:
  GmmData in_units_of(const Rcpp::List& setup) const {
    GmmData data(survey, views, n, Rcpp::as<VectorXd>(setup["centre"]),
                 Rcpp::as<VectorXd>(setup["scale"]), w);
    data.lowest = Rcpp::as<VectorXd>(setup["lowest"]);
    data.highest = Rcpp::as<VectorXd>(setup["highest"]);
    return data;
  }
};

inline Rcpp::NumericVector in_array(const VectorXd& x, std::initializer_list<Index> dim) {
  Rcpp::NumericVector out(x.data(), x.data() + x.size());
  out.attr("dim") = Rcpp::IntegerVector(dim.begin(), dim.end());
  return out;
}

// By decreasing proportion, the noise last.
inline std::vector<Index> gmm_order(const GmmParams& params) {
  std::vector<Index> order(static_cast<std::size_t>(params.means.cols()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Index a, Index b) { return params.weights[a] > params.weights[b]; });
  return order;
}

inline Rcpp::List write_gmm(const GmmParams& params, const GmmData& data,
                            const std::vector<Index>& order) {
  const Index d = params.means.rows(), k = params.means.cols();
  VectorXd proportions = params.weights, covariances(d * d * k);
  MatrixXd means(k, d);
  for (Index c = 0; c < k; ++c) {
    const Index from = order[c];
    proportions[c] = params.weights[from];
    means.row(c) = data.centre + data.scale.cwiseProduct(params.means.col(from));
    Eigen::Map<MatrixXd>(covariances.data() + c * d * d, d, d) =
        data.scale.asDiagonal() * params.sigma(from) * data.scale.asDiagonal();
  }
  return Rcpp::List::create(Rcpp::Named("proportions") = proportions, Rcpp::Named("means") = means,
                            Rcpp::Named("covariances") = in_array(covariances, {d, d, k}));
}

// Covariances that are not of the family are drawn onto it.
inline GmmParams read_gmm(const Rcpp::List& given, const Gmm& model) {
  const GmmData& data = model.data();
  const Index d = model.d(), k = model.k();
  const VectorXd unit = data.scale.cwiseInverse();
  const MatrixXd means = Rcpp::as<MatrixXd>(given["means"]);
  const VectorXd covariances = Rcpp::as<VectorXd>(given["covariances"]);
  GmmParams params;
  params.weights = Rcpp::as<VectorXd>(given["proportions"]);
  if (means.rows() != k || means.cols() != d || covariances.size() != d * d * k ||
      params.weights.size() != k + (model.noise() ? 1 : 0))
    throw std::invalid_argument("parameters of another mixture");
  params.means.resize(d, k);
  Matrices scatter(static_cast<std::size_t>(k));
  for (Index c = 0; c < k; ++c) {
    params.means.col(c) = (means.row(c).transpose() - data.centre).cwiseProduct(unit);
    scatter[c] =
        params.weights[c] *
        (unit.asDiagonal() * Eigen::Map<const MatrixXd>(covariances.data() + c * d * d, d, d) *
         unit.asDiagonal());
    scatter[c] = model.family().part(scatter[c]);
  }
  params.fit_covariances(model.family(), params.weights.head(k), scatter);
  return params;
}

}  // namespace missmix
