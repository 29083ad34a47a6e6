// How sure the abundances of one sample are.
//
// Errors come from the sandwich H^-1 M H^-1 on the types that are there: H the information of the
// family, M the squared scores of the genes, each as if its gene had been left out (divided by
// 1 - leverage: HC3 of MacKinnon & White 1985). So they hold for whatever makes genes scatter
// independently: overdispersion, and errors of the profiles too.
//
// A type at zero has an error as if it were let in: where the quadratic model would put it (below
// zero) and how sure that is; its interval is one-sided.
#pragma once

#include <Eigen/Cholesky>

#include "deconvolve_family.hpp"

namespace missmix {

struct AbundanceErrors {
  VectorXd estimate;    // of abundances: b, or below zero where the type would go if it could
  MatrixXd covariance;  // of those that are there (zero rows for others)
  VectorXd alone;       // standard error of each type at zero, let in alone
  bool singular = false;
};

class AbundanceInformation {
 public:
  // `score`, `information`: a value a gene, by the expectation of the gene; b >= 0.
  AbundanceErrors operator()(const MatrixXd& panel, const ArrayXd& score,
                             const ArrayXd& information, const VectorXd& b) {
    const Index types = b.size(), genes = score.size();
    AbundanceErrors out{b, MatrixXd::Zero(types, types), VectorXd::Zero(types)};
    std::vector<Index> in, at_zero;
    for (Index k = 0; k < types; ++k) (b[k] > 0 ? in : at_zero).push_back(k);
    const Index size = static_cast<Index>(in.size());
    MatrixXd present(genes, size);
    for (Index j = 0; j < size; ++j) present.col(j) = panel.col(in[j]);
    const MatrixXd weighted = information.matrix().asDiagonal() * present;
    const MatrixXd h = present.transpose() * weighted;
    const VectorXd unit = h.diagonal().cwiseSqrt().cwiseMax(1e-300).cwiseInverse();
    const Eigen::LLT<MatrixXd> llt(unit.asDiagonal() * h * unit.asDiagonal());
    if (llt.info() != Eigen::Success || llt.rcond() < kSingular) {
      out.singular = true;
      return out;
    }
    // Column g is what gene g pulls at each abundance, for a score of one.
    const MatrixXd pull =
        unit.asDiagonal() * llt.solve(MatrixXd(unit.asDiagonal() * present.transpose()));
    const ArrayXd leverage =
        (pull.transpose().cwiseProduct(weighted)).rowwise().sum().array().min(kMostLeverage);
    const ArrayXd residual = score / (1 - leverage);
    const MatrixXd scaled = pull * residual.matrix().asDiagonal();
    const MatrixXd covariance = scaled * scaled.transpose();
    for (Index j = 0; j < size; ++j)
      for (Index i = 0; i < size; ++i) out.covariance(in[i], in[j]) = covariance(i, j);
    for (Index k : at_zero) {
      // What is left of its profile beside those that are there.
      const VectorXd own =
          panel.col(k) - present * (pull * information.matrix().asDiagonal() * panel.col(k));
      const double curvature = (own.array().square() * information).sum();
      const double whole = (panel.col(k).array().square() * information).sum();
      if (!(curvature > kSingular * whole)) continue;
      out.estimate[k] = std::min((own.array() * score).sum() / curvature, 0.0);
      out.alone[k] = std::sqrt((own.array() * residual).square().sum()) / curvature;
    }
    return out;
  }

 private:
  static constexpr double kSingular = 1e-12, kMostLeverage = 0.9;
};

}  // namespace missmix
