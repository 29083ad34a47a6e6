// Errors of the proportions of all samples, on the threads.
#pragma once

#include "deconvolve.hpp"
#include "deconvolve_information.hpp"

namespace missmix {

// types x samples, on the scale of proportions. Of a type at zero `pull` is where it would go if it
// could (at most zero), and the error is that of this place.
struct ProportionErrors {
  MatrixXd std_error, pull;
  MatrixXd covariance;        // types * types x samples, a square each; empty if not asked for
  std::vector<int> singular;  // a flag a sample: types there cannot be told apart
};

// p_k = share_k b_k / sum_j share_j b_j: errors by the delta method.
inline void errors_of_proportions(const AbundanceErrors& found, const VectorXd& b,
                                  const VectorXd& share, Index s, ProportionErrors& out) {
  const VectorXd mass = share.cwiseProduct(b);
  const double total = mass.sum();
  const VectorXd p = mass / total;
  MatrixXd jacobian = -p * share.transpose();
  jacobian.diagonal() += share;
  jacobian /= total;
  const MatrixXd carried = jacobian * found.covariance;
  out.std_error.col(s) = carried.cwiseProduct(jacobian).rowwise().sum().cwiseSqrt();
  if (out.covariance.size() > 0)
    Eigen::Map<MatrixXd>(out.covariance.col(s).data(), b.size(), b.size()) =
        carried * jacobian.transpose();
  out.pull.col(s).setZero();
  for (Index k = 0; k < b.size(); ++k) {
    if (b[k] > 0) continue;
    // Never looked at alone: its profile is that of others.
    out.std_error(k, s) = found.alone[k] > 0 ? found.alone[k] * share[k] / total : kMissing;
    out.pull(k, s) = found.estimate[k] * share[k] / total;
  }
}

template <class Family>
ProportionErrors proportion_errors(const BulkView& bulk, const Profiles& profiles,
                                   const Family& family, const MatrixXd& abundance,
                                   const VectorXd& share, const double* scale, int n_threads,
                                   bool keep_covariance = false) {
  const Index samples = bulk.samples(), types = profiles.types();
  ProportionErrors out{MatrixXd::Constant(types, samples, kMissing),
                       MatrixXd::Constant(types, samples, kMissing),
                       MatrixXd::Constant(keep_covariance ? types * types : 0, samples, kMissing),
                       std::vector<int>(static_cast<std::size_t>(samples), 0)};
  for_each_task(static_cast<int>(samples), n_threads, [&](int s) {
    const VectorXd b = abundance.row(s).transpose();
    if (!b.allFinite() || !(b.sum() > 0)) return;
    ArrayXd y;
    bulk.read(s, y);
    GeneTerms terms;
    terms.resize(y.size());
    const ArrayXd m = (profiles.panel * b).array();
    Family own = family;
    if constexpr (Family::has_scale) own.scale2 = scale[s] * scale[s];
    if constexpr (std::is_same_v<Family, LogNormalFamily>) own.meet(y);
    own.expected_terms(y, m, terms);
    // Where nothing is expected nothing is known.
    for (Index g = 0; g < m.size(); ++g)
      if (!std::isfinite(terms.score[g]) || !std::isfinite(terms.information[g]))
        terms.score[g] = terms.information[g] = 0;
    const AbundanceErrors found =
        AbundanceInformation()(profiles.panel, terms.score, terms.information, b);
    out.singular[s] = found.singular;
    if (!found.singular) errors_of_proportions(found, b, share, s, out);
  });
  return out;
}

}  // namespace missmix
