// The missing cells of a normal row given its observed ones.
//
// Two roads to the same numbers (vignette "algorithm", eqs. 4 and 5): through the precision K of
// all variables, which needs only the inverse of K_mm, or through Sigma_oo. The cheaper is taken.
#pragma once

#include <vector>

#include "../em_model.hpp"
#include "../numerics/spd_inverse.hpp"

namespace missmix {

// A normal distribution in both of its parametrisations.
struct Normal {
  VectorXd mu;
  MatrixXd sigma;
  MatrixXd precision;  // K
  VectorXd shift;      // h = K mu
  double log_det = 0;  // log|Sigma|
};

class NormalConditional {
 public:
  explicit NormalConditional(Index p) : cov_(p, p), coef_(p, p), intercept_(p) {}

  // False where the matrix to be inverted is not positive definite.
  // `regression` also prepares coef() and intercept(), worth while for several rows.
  bool condition(const Normal& normal, const std::vector<Index>& missing,
                 const std::vector<Index>& observed, bool regression) {
    q_ = static_cast<Index>(missing.size());
    if (q_ == 0) {
      log_det_ = normal.log_det;
      return true;
    }
    through_precision_ =
        precision_is_cheaper(static_cast<double>(q_), static_cast<double>(observed.size()));
    regression_ = regression || !through_precision_;
    return through_precision_ ? through_precision(normal, missing)
                              : through_covariance(normal, missing, observed);
  }

  double log_det_observed() const { return log_det_; }  // log|Sigma_oo|
  auto cov() const { return cov_.topLeftCorner(q_, q_); }
  // E(y_m | y_o) = intercept + coef' z, z being the row with zeros in its missing cells; rows of
  // coef that belong to missing cells are of no meaning.
  auto coef() const { return coef_.leftCols(q_); }
  auto intercept() const { return intercept_.head(q_); }

  // E(y_m | y_o) for one row.
  template <class Row>
  void mean(const Normal& normal, const std::vector<Index>& missing, const Row& z, VectorXd& work,
            VectorXd& out) const {
    if (regression_) {
      for (Index i = 0; i < q_; ++i) out[i] = intercept_[i] + coef_.col(i).dot(z);
      return;
    }
    for (Index i = 0; i < q_; ++i)
      work[i] = normal.shift[missing[i]] - normal.precision.col(missing[i]).dot(z);
    out.head(q_).noalias() = cov_.topLeftCorner(q_, q_).lazyProduct(work.head(q_));
  }

 private:
  static bool precision_is_cheaper(double q, double o) {
    return q * q * q < o * o * o / 3 + o * o * q + o * q * q;
  }

  bool through_precision(const Normal& normal, const std::vector<Index>& missing) {
    for (Index j = 0; j < q_; ++j)
      for (Index i = 0; i < q_; ++i) cov_(i, j) = normal.precision(missing[i], missing[j]);
    auto c = cov_.topLeftCorner(q_, q_);
    log_det_ = normal.log_det + invert_spd(c);
    if (!regression_) return std::isfinite(log_det_);
    auto coef = coef_.leftCols(q_);
    coef.setZero();
    intercept_.head(q_).setZero();
    for (Index j = 0; j < q_; ++j)
      for (Index i = 0; i < q_; ++i) {
        coef.col(j) -= c(i, j) * normal.precision.col(missing[i]);
        intercept_[j] += c(i, j) * normal.shift[missing[i]];
      }
    return std::isfinite(log_det_);
  }

  bool through_covariance(const Normal& normal, const std::vector<Index>& missing,
                          const std::vector<Index>& observed) {
    const Index o = static_cast<Index>(observed.size());
    oo_.resize(o, o);
    om_.resize(o, q_);
    for (Index j = 0; j < o; ++j)
      for (Index i = 0; i < o; ++i) oo_(i, j) = normal.sigma(observed[i], observed[j]);
    for (Index j = 0; j < q_; ++j)
      for (Index i = 0; i < o; ++i) om_(i, j) = normal.sigma(observed[i], missing[j]);
    log_det_ = invert_spd(oo_);
    slopes_.noalias() = oo_ * om_;
    auto c = cov_.topLeftCorner(q_, q_);
    for (Index j = 0; j < q_; ++j)
      for (Index i = 0; i < q_; ++i) c(i, j) = normal.sigma(missing[i], missing[j]);
    c.noalias() -= om_.transpose() * slopes_;
    coef_.leftCols(q_).setZero();
    for (Index j = 0; j < q_; ++j) {
      intercept_[j] = normal.mu[missing[j]];
      for (Index i = 0; i < o; ++i) {
        coef_(observed[i], j) = slopes_(i, j);
        intercept_[j] -= slopes_(i, j) * normal.mu[observed[i]];
      }
    }
    return std::isfinite(log_det_);
  }

  Index q_ = 0;
  bool through_precision_ = true, regression_ = false;
  double log_det_ = 0;
  MatrixXd cov_, coef_, oo_, om_, slopes_;
  VectorXd intercept_;
};

}  // namespace missmix
