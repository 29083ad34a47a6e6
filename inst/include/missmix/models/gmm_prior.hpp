// The conjugate prior of Fraley & Raftery (2007) J. Classification 24:155, for any family.
//
// Means are normal about one mean with covariance Sigma_k / shrinkage, covariances inverse Wishart
// (inverse gamma where diagonal). To an M-step it is pseudo-counts and a scatter:
//   log p = -1/2 sum_k count log|Sigma_k| + tr(Sigma_k^-1 (scatter + shrinkage (mu_k - mean)^2))
// and so every family's own M-step serves (vignette "algorithm", eq. 22).
#pragma once

#include "gmm_family.hpp"

namespace missmix {

struct GmmPrior {
  double shrinkage = 0;  // rows that the prior mean is worth
  double count = 0;      // added to n_k wherever log|Sigma_k| is weighed
  VectorXd mean;
  MatrixXd scatter;  // added to W_k; only its diagonal where the family is diagonal

  bool flat() const { return count == 0; }

  // What it adds to the sum and the cross-product about a mean.
  void pull(const GmmFamily& family, const VectorXd& about, VectorXd& sum, MatrixXd& cross) const {
    if (flat()) return;
    const VectorXd away = about - mean;
    sum -= shrinkage * away;
    cross += family.part(scatter) + family.outer(shrinkage * away, away);
  }
};

// `dof` degrees of freedom and `scale`, of which the mean diagonal element counts for diagonal
// families. A covariance that all components share is given the prior once.
inline GmmPrior conjugate_prior(const GmmFamily& family, Index k, double shrinkage, VectorXd mean,
                                double dof, const MatrixXd& scale) {
  const Index d = mean.size();
  const double size = static_cast<double>(d);
  const double shares = family.common() ? static_cast<double>(k) : 1;
  GmmPrior prior{shrinkage, shrinkage > 0 ? 1.0 : 0.0, std::move(mean), scale / shares};
  if (family.diagonal()) {
    const double variance = scale.diagonal().mean() / shares;
    prior.scatter = MatrixXd::Identity(d, d) * (family.spherical() ? variance / size : variance);
    prior.count += (family.spherical() ? (dof + 2) / size : dof + 2) / shares;
  } else {
    prior.count += (dof + size + 1) / shares;
  }
  return prior;
}

}  // namespace missmix
