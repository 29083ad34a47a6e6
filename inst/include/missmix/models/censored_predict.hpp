// Latent cells of rows with censored ones under a given normal.
#pragma once

#include "censored_conditional.hpp"
#include "mvn.hpp"

namespace missmix {

struct CensoredPredictions {
  // One entry a latent cell.
  std::vector<Index> row, variable;
  std::vector<double> mean, variance;
  // Of censored cells: mean and standard deviation of the normal that, truncated, is the cell's
  // distribution (to the accuracy of expectation propagation where there are several); else NaN.
  std::vector<double> location, spread;
  std::vector<double> log_lik;  // one entry a row, in the order of the rows
};

// False where sigma is singular or bounds are out of reach.
inline bool predict_censored(const CensoredRows& rows, const VectorXd& mu, const MatrixXd& sigma,
                             CensoredPredictions& out) {
  const Index p = mu.size();
  const VectorXd unit = rows.scale.cwiseInverse();
  Mvn::Params params;
  params.mu = VectorXd::Zero(p);
  params.sigma = unit.asDiagonal() * sigma * unit.asDiagonal();
  Mvn::factorise(params);
  Normal normal;
  if (!Mvn::to_normal(params, normal)) return false;
  CensoredConditional conditional(p);
  for (const CensoredGroup& group : rows.groups) {
    if (!conditional.condition(normal, group)) return false;
    double jacobian = 0;
    for (Index j : group.observed) jacobian -= std::log(rows.scale[j]);
    const MatrixXd& coef = conditional.coef();
    for (Index i = group.begin; i < group.begin + group.rows; ++i) {
      if (!conditional.row(normal, group, rows, i)) return false;
      out.log_lik.push_back(jacobian + conditional.log_lik());
      const MatrixXd cov =
          conditional.normal_cov() + coef * conditional.shrinkage() * coef.transpose();
      const VectorXd mean = conditional.mean();
      const VectorXd within = conditional.box().cov().diagonal();
      conditional.find_margins();
      for (std::size_t k = 0; k < group.latent.size(); ++k) {
        const Index j = group.latent[k], at = static_cast<Index>(k);
        const bool censored = at < group.censored;
        const double s = rows.scale[j];
        out.row.push_back(rows.row[i]);
        out.variable.push_back(j);
        out.mean.push_back(mu[j] + s * mean[at]);
        out.variance.push_back(s * s * (censored ? within[at] : cov(at, at)));
        out.location.push_back(censored ? mu[j] + s * conditional.box().cavity_mean()[at]
                                        : std::numeric_limits<double>::quiet_NaN());
        out.spread.push_back(censored ? s * std::sqrt(conditional.box().cavity_variance()[at])
                                      : std::numeric_limits<double>::quiet_NaN());
      }
    }
  }
  return true;
}

}  // namespace missmix
