// Draws from the posterior of a multivariate normal with missing values, by data augmentation:
// Tanner & Wong (1987) JASA 82:528; Schafer (1997) Analysis of Incomplete Multivariate Data, ch. 5.
//
// A step completes the data given the parameters (I) and draws parameters given the completed data
// (P). The P-step needs no more of the data than their sums and products, so the I-step draws
// these, not cells. With the rows [1 z] of a pattern as columns of A, any C with C C' = A A' and r
// columns, B the regression on [1 z], and L L' the conditional covariance, the missing cells Y of
// the pattern's n rows have
//   Y A' = H C',  Y Y' = H H' + L W L',  H = B C + L N,
// N being q x r standard normal and W an independent Wishart(n - r, I): an orthogonal turn of the
// rows leaves the noise what it was. For a pattern kept as a table C is a Cholesky factor, so that
// a step does not depend on the number of rows; for one kept as rows C is A itself, and no W.
#pragma once

#include <Eigen/Cholesky>
#include <limits>
#include <utility>
#include <vector>

#include "../rng.hpp"
#include "mvn.hpp"

namespace missmix {

// The lower factor T of a Wishart(df, I) matrix T T' (Bartlett 1933); for fewer degrees of freedom
// than rows q, of rank df.
inline void wishart_root(Rng& rng, Index df, Index q, MatrixXd& root) {
  const Index rank = std::min(df, q);
  root.setZero(q, rank);
  for (Index j = 0; j < rank; ++j) {
    root(j, j) = std::sqrt(rng.chi_square(static_cast<double>(df - j)));
    for (Index i = j + 1; i < q; ++i) root(i, j) = rng.normal();
  }
}

// C of a table, with rows of zeros for missing variables; its first row, that of the ones, apart.
struct PatternRoot {
  MatrixXd variables;
  VectorXd ones;
  Index left = 0;  // n - r
};

// C with C C' = a, of as many columns as `a` has ranks, at most `most`: Cholesky, at each step the
// largest of the remaining diagonal. What rounding alone can leave there is zero.
inline MatrixXd pivoted_root(MatrixXd a, Index most) {
  const Index size = a.rows();
  const double least = 16 * static_cast<double>(size) * std::numeric_limits<double>::epsilon() *
                       a.diagonal().maxCoeff();
  MatrixXd root(size, std::min(size, most));
  Index rank = 0, at = 0;
  while (rank < root.cols() && a.diagonal().maxCoeff(&at) > least) {
    root.col(rank) = a.col(at) / std::sqrt(a(at, at));
    a.noalias() -= root.col(rank) * root.col(rank).transpose();
    ++rank;
  }
  return root.leftCols(rank);
}

inline PatternRoot pattern_root(const VectorXd& sum, const MatrixXd& cross,
                                const std::vector<Index>& observed, Index n) {
  const Index o = static_cast<Index>(observed.size());
  MatrixXd gram(o + 1, o + 1);
  gram(0, 0) = static_cast<double>(n);
  for (Index j = 0; j < o; ++j) {
    gram(0, j + 1) = gram(j + 1, 0) = sum[observed[j]];
    for (Index i = 0; i < o; ++i) gram(i + 1, j + 1) = cross(observed[i], observed[j]);
  }
  const MatrixXd root = pivoted_root(std::move(gram), n);
  const Index rank = root.cols();
  PatternRoot out{MatrixXd::Zero(sum.size(), rank), root.row(0).transpose(), n - rank};
  for (Index j = 0; j < o; ++j) out.variables.row(observed[j]) = root.row(j + 1);
  return out;
}

// The linear function of the parameters that forgets its start last, in the units of the data:
// with d the direction that EM is slowest in and J the complete-data information, d' J (theta -
// MLE) / n, for a normal d_mu' K (mu - mu0) + tr(K D K (Sigma - Sigma0)) / 2.
struct WorstFunction {
  VectorXd mu;
  MatrixXd sigma;
  double at_mle;

  WorstFunction(const Normal& mle, const VectorXd& d_mu, const MatrixXd& d_sigma)
      : mu(mle.precision * d_mu),
        sigma(0.5 * mle.precision * d_sigma * mle.precision),
        at_mle(mu.dot(mle.mu) + sigma.cwiseProduct(mle.sigma).sum()) {}

  double operator()(const Mvn::Params& at) const {
    return mu.dot(at.mu) + sigma.cwiseProduct(at.sigma).sum() - at_mle;
  }
};

// What the chains have in common. Rows count once: no weights.
class MvnPosterior {
 public:
  // Prior |Sigma|^(-(p+1)/2); a ridge adds to it as many rows with the identity, in standardised
  // units, as their cross-product. `elsewhere`: number of rows that another adds to the sums.
  MvnPosterior(const MvnData& data, double ridge, double elsewhere = 0)
      : data_(data), ridge_(ridge), rows_(data.weight + elsewhere) {
    for (const PatternGroup& group : data.groups)
      roots_.push_back(group.table < 0 || group.missing.empty()
                           ? PatternRoot()
                           : pattern_root(data.sums.col(group.table), data.cross[group.table],
                                          group.observed, static_cast<Index>(group.weight)));
  }

  // One thread's room.
  struct Work {
    explicit Work(Index p) : conditional(p), factor(p), room(p), mean(p) {}
    NormalConditional conditional;
    Eigen::LLT<MatrixXd> factor;
    VectorXd room, mean, sum;
    MatrixXd h, noise, wishart, cross, half;
    Normal normal;
  };

  // One step; false where a covariance on the way is not positive definite.
  bool step(Mvn::Params& params, Rng& rng, Work& work) const {
    return impute(params, rng, work) && draw_parameters(params, rng, work);
  }

  // The I-step: work.sum and work.cross become those of completed data.
  bool impute(const Mvn::Params& params, Rng& rng, Work& work) const {
    if (!Mvn::to_normal(params, work.normal)) return false;
    work.sum = data_.total_sum;
    work.half.setZero(data_.p, data_.p);
    for (std::size_t g = 0; g < roots_.size(); ++g)
      if (!data_.groups[g].missing.empty() && !add_group(data_.groups[g], roots_[g], rng, work))
        return false;
    work.cross = data_.total_cross + work.half + work.half.transpose();
    return true;
  }

  // The P-step: Sigma ~ inverse Wishart(n - 1 + ridge, S + ridge I), mu | Sigma ~ N(mean, Sigma/n).
  // With S = C C' and an upper triangular A, A A' ~ Wishart(I), C A^-T is Sigma's Cholesky factor.
  bool draw_parameters(Mvn::Params& params, Rng& rng, Work& work) const {
    const Index p = data_.p;
    const double n = rows_;
    params.mu = work.sum / n;
    work.cross.noalias() -= work.sum * params.mu.transpose();
    work.cross.diagonal().array() += ridge_;
    work.factor.compute(work.cross);
    if (work.factor.info() != Eigen::Success) return false;
    MatrixXd& a = work.wishart;  // A', lower
    a.setZero(p, p);
    for (Index j = 0; j < p; ++j) {
      a(j, j) = std::sqrt(rng.chi_square(n - 1 + ridge_ - static_cast<double>(p - 1 - j)));
      for (Index i = j + 1; i < p; ++i) a(i, j) = rng.normal();
    }
    params.chol_inverse = work.factor.matrixL().solve(MatrixXd::Identity(p, p));
    params.chol_inverse = (a.triangularView<Eigen::Lower>() * params.chol_inverse).eval();
    params.chol =
        params.chol_inverse.triangularView<Eigen::Lower>().solve(MatrixXd::Identity(p, p));
    params.sigma.noalias() = params.chol.triangularView<Eigen::Lower>() * params.chol.transpose();
    for (Index j = 0; j < p; ++j) work.mean[j] = rng.normal();
    params.mu += params.chol.triangularView<Eigen::Lower>() * work.mean.head(p) / std::sqrt(n);
    return params.sigma.allFinite() && params.chol_inverse.allFinite();
  }

 private:
  bool add_group(const PatternGroup& group, const PatternRoot& root, Rng& rng, Work& work) const {
    const Index q = static_cast<Index>(group.missing.size());
    const bool table = group.table >= 0;
    if (!work.conditional.condition(work.normal, group.missing, group.observed,
                                    table || group.rows > q))
      return false;
    work.factor.compute(work.conditional.cov());
    if (work.factor.info() != Eigen::Success) return false;
    if (table) {
      work.h.noalias() = work.conditional.coef().transpose() * root.variables;
      work.h.noalias() += work.conditional.intercept() * root.ones.transpose();
      add_noise(rng, work);
      add_products(group, root.variables, root.ones, work);
      add_wishart(group, root.left, rng, work);
    } else {
      const auto rows = data_.rows.middleCols(group.begin, group.rows);
      work.h.resize(q, group.rows);
      for (Index i = 0; i < group.rows; ++i) {
        work.conditional.mean(work.normal, group.missing, rows.col(i), work.room, work.mean);
        work.h.col(i) = work.mean.head(q);
      }
      add_noise(rng, work);
      add_products(group, rows, VectorXd::Ones(group.rows), work);
    }
    return true;
  }

  // H += L N
  static void add_noise(Rng& rng, Work& work) {
    work.noise.resize(work.h.rows(), work.h.cols());
    for (Index i = 0; i < work.noise.size(); ++i) work.noise.data()[i] = rng.normal();
    work.h.noalias() += work.factor.matrixLLT().triangularView<Eigen::Lower>() * work.noise;
  }

  // Adds to the sums, and to U, where total + U + U' will be the completed cross-product.
  template <class Variables, class Ones>
  static void add_products(const PatternGroup& group, const Variables& variables, const Ones& ones,
                           Work& work) {
    const Index q = work.h.rows();
    for (Index k = 0; k < q; ++k) {
      const Index j = group.missing[k];
      work.sum[j] += work.h.row(k).dot(ones);
      work.half.col(j).noalias() += variables * work.h.row(k).transpose();
      for (Index i = 0; i <= k; ++i)
        work.half(j, group.missing[i]) += (i == k ? 0.5 : 1.0) * work.h.row(k).dot(work.h.row(i));
    }
  }

  // L W L'
  static void add_wishart(const PatternGroup& group, Index left, Rng& rng, Work& work) {
    const Index q = work.h.rows();
    if (left == 0) return;
    wishart_root(rng, left, q, work.wishart);
    work.noise.noalias() = work.factor.matrixLLT().triangularView<Eigen::Lower>() * work.wishart;
    for (Index k = 0; k < q; ++k)
      for (Index i = 0; i <= k; ++i)
        work.half(group.missing[k], group.missing[i]) +=
            (i == k ? 0.5 : 1.0) * work.noise.row(k).dot(work.noise.row(i));
  }

  const MvnData& data_;
  double ridge_, rows_;
  std::vector<PatternRoot> roots_;  // one a group, empty where it is not a table
};

}  // namespace missmix
