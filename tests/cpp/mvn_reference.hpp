// The multivariate normal with missing values, slow and obvious: row by row, in any units.
#pragma once

#include <missmix/models/mvn.hpp>

#include <Eigen/LU>
#include <vector>

#include "toy_data.hpp"

namespace toy {

// Rows as the core sees them. The members refer to one another: not to be copied.
struct Prepared {
  explicit Prepared(const Rows& given)
      : rows(given),
        columns(rows.columns()),
        survey(columns, rows.n(), rows.weight_data()),
        data(survey, columns, rows.n(), rows.weight_data()) {}
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  Rows rows;
  missmix::Columns columns;
  missmix::Survey survey;
  missmix::MvnData data;
};

inline Rows standardised(const Prepared& prepared) {
  Rows out = prepared.rows;
  for (Index j = 0; j < out.p(); ++j)
    for (Index i = 0; i < out.n(); ++i)
      if (out.cells(i, j) == out.cells(i, j))
        out.cells(i, j) = (out.cells(i, j) - prepared.data.centre[j]) / prepared.data.scale[j];
  return out;
}

inline std::vector<Index> observed_in(const Rows& rows, Index i) {
  std::vector<Index> found;
  for (Index j = 0; j < rows.p(); ++j)
    if (rows.cells(i, j) == rows.cells(i, j)) found.push_back(j);
  return found;
}

inline MatrixXd pick(const MatrixXd& from, const std::vector<Index>& r,
                     const std::vector<Index>& c) {
  MatrixXd out(static_cast<Index>(r.size()), static_cast<Index>(c.size()));
  for (std::size_t j = 0; j < c.size(); ++j)
    for (std::size_t i = 0; i < r.size(); ++i)
      out(static_cast<Index>(i), static_cast<Index>(j)) = from(r[i], c[j]);
  return out;
}

inline VectorXd pick(const VectorXd& from, const std::vector<Index>& r) {
  return pick(MatrixXd(from), r, {0});
}

// Of a row given its observed cells: the completed row, the covariance of what was filled in, the
// log-density and squared Mahalanobis distance of the observed cells.
struct RowGiven {
  VectorXd mean;
  MatrixXd cov;
  double log_lik = 0, distance = 0;
};

inline RowGiven row_given(const Rows& rows, Index i, const VectorXd& mu, const MatrixXd& sigma) {
  std::vector<Index> all;
  for (Index j = 0; j < rows.p(); ++j) all.push_back(j);
  const std::vector<Index> o = observed_in(rows, i);
  RowGiven given{mu, sigma};
  if (o.empty()) return given;
  const MatrixXd oo = pick(sigma, o, o), slopes = pick(sigma, all, o) * oo.inverse();
  const VectorXd residual = pick(VectorXd(rows.cells.row(i).transpose()), o) - pick(mu, o);
  given.mean = mu + slopes * residual;
  given.cov = sigma - slopes * pick(sigma, o, all);
  given.distance = residual.dot(oo.inverse() * residual);
  given.log_lik = -0.5 * (static_cast<double>(o.size()) * missmix::kLog2Pi +
                          std::log(oo.determinant()) + given.distance);
  return given;
}

inline double log_lik(const Rows& rows, const VectorXd& mu, const MatrixXd& sigma) {
  double sum = 0;
  for (Index i = 0; i < rows.n(); ++i)
    sum += rows.weight(i) * row_given(rows, i, mu, sigma).log_lik;
  return sum;
}

struct Expected {
  VectorXd sum;
  MatrixXd cross;
};

inline Expected expected(const Rows& rows, const VectorXd& mu, const MatrixXd& sigma) {
  Expected out{VectorXd::Zero(rows.p()), MatrixXd::Zero(rows.p(), rows.p())};
  for (Index i = 0; i < rows.n(); ++i) {
    if (observed_in(rows, i).empty()) continue;
    const RowGiven given = row_given(rows, i, mu, sigma);
    out.sum += rows.weight(i) * given.mean;
    out.cross += rows.weight(i) * (given.mean * given.mean.transpose() + given.cov);
  }
  return out;
}

// A point of no distinction, in standardised units.
inline missmix::Mvn::Params some_params(Index p) {
  missmix::Mvn::Params params;
  params.mu = VectorXd::LinSpaced(p, -0.3, 0.4);
  params.sigma = MatrixXd::Identity(p, p);
  for (Index j = 0; j < p; ++j)
    for (Index i = 0; i < p; ++i)
      params.sigma(i, j) = (i == j ? 1.1 : (i + j) % 2 == 0 ? 0.4 : -0.3);
  missmix::Mvn::factorise(params);
  return params;
}

}  // namespace toy
