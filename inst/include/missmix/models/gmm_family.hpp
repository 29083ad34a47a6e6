// The fourteen covariance families of a Gaussian mixture.
//
// Sigma_k = volume_k * D_k diag(shape_k) D_k', each part equal (E) or varying (V) between the
// components, or the identity (I): Celeux & Govaert (1995) Pattern Recognition 28:781, by the
// three-letter names of mclust. Every M-step minimises
//   sum_k n_k log|Sigma_k| + tr(Sigma_k^-1 W_k)                     (vignette "algorithm", eq. 20)
// over the family, W_k being the scatter of component k.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "../em_model.hpp"

namespace missmix {

using Matrices = std::vector<MatrixXd>;

class GmmFamily {
 public:
  // "VVV", or "E" and "V" for a single variable.
  explicit GmmFamily(const std::string& name) {
    const std::string full = name.size() == 1 ? name + "II" : name;
    if (full.size() != 3 || !one_of(full[0], "EV") || !one_of(full[1], "EVI") ||
        !one_of(full[2], "EVI") || (full[1] == 'I' && full[2] != 'I'))
      throw std::invalid_argument("unknown covariance family: " + name);
    volume_varies_ = full[0] == 'V';
    shape_ = full[1];
    orientation_ = full[2];
  }

  bool diagonal() const { return orientation_ == 'I'; }
  bool spherical() const { return shape_ == 'I'; }
  // Is every set of covariances (diagonal or full) a member?
  bool free() const { return volume_varies_ && shape_ == 'V' && orientation_ != 'E'; }
  // Is the family the same in other units of single columns?
  bool survives_stretching() const { return !spherical() && !curved(); }
  // One covariance for all components.
  bool common() const { return !volume_varies_ && shape_ != 'V' && orientation_ != 'V'; }
  // Are the parameters free to move in a linear space of (log variances, regressions), the packed
  // coordinates? Not where eigenvectors and eigenvalues are tied apart from each other.
  bool curved() const { return orientation_ != 'I' && shape_ != orientation_; }
  bool common_axes() const { return orientation_ == 'E' && shape_ == 'V'; }

  // Free covariance parameters of k components in d variables.
  Index parameters(Index d, Index k) const {
    const Index volumes = volume_varies_ ? k : 1;
    const Index shapes = (shape_ == 'I' ? 0 : shape_ == 'E' ? 1 : k) * (d - 1);
    const Index axes = (orientation_ == 'I' ? 0 : orientation_ == 'E' ? 1 : k) * d * (d - 1) / 2;
    return volumes + shapes + axes;
  }

  // A square matrix as far as the family looks at it: its diagonal where the family is diagonal.
  MatrixXd part(const MatrixXd& square) const {
    if (diagonal()) return square.diagonal();
    return square;
  }
  // The same of a b'.
  MatrixXd outer(const VectorXd& a, const VectorXd& b) const {
    if (diagonal()) return a.cwiseProduct(b);
    return a * b.transpose();
  }

  // Variances from the diagonals of the scatters, both d x k: in the columns' own directions or,
  // for the families with eigenvectors of their own, in those.
  MatrixXd variances(const VectorXd& n, const MatrixXd& scatter) const {
    if (shape_ == 'I') return spheres(n, scatter);
    if (shape_ == 'E') return volume_varies_ ? common_shape(n, scatter) : pooled(n, scatter);
    if (volume_varies_) return scatter * n.cwiseInverse().asDiagonal();
    return common_volume(n, scatter);
  }

  // Covariances from the scatters, in place. `axes` holds the common eigenvectors of the families
  // that have them: where the search for them begins, and what it finds.
  void covariances(const VectorXd& n, Matrices& scatter, MatrixXd& axes) const {
    if (shape_ == 'E' && orientation_ == 'E') {
      volume_varies_ ? proportional(n, scatter) : pool(n, scatter);
    } else if (shape_ == 'V' && orientation_ == 'V') {
      volume_varies_ ? separate(n, scatter) : equal_determinants(n, scatter);
    } else if (orientation_ == 'V') {
      own_axes(n, scatter);
    } else {
      find_common_axes(n, scatter, axes);
    }
  }

  // The gradient in log variances (d x k, in eigenvectors), as far as the family can follow it:
  // the transpose of the projection onto the family that is orthogonal in the information.
  MatrixXd follow(const VectorXd& n, const MatrixXd& slope) const {
    const double d = static_cast<double>(slope.rows());
    const Eigen::RowVectorXd share = n.transpose() / n.sum(), mean = slope.colwise().mean();
    const VectorXd common = slope.rowwise().sum();
    if (shape_ == 'I') {
      const Eigen::RowVectorXd tied = share * mean.sum();
      return (volume_varies_ ? mean : tied).replicate(slope.rows(), 1);
    }
    if (shape_ == 'E' && !volume_varies_) return common * share;
    if (shape_ == 'E')
      return VectorXd::Ones(slope.rows()) * mean +
             (common.array() - common.mean()).matrix() * share;
    if (volume_varies_) return slope;
    return slope + VectorXd::Ones(slope.rows()) * (share * (slope.sum() / d) - mean);
  }

  // The same for the full families that are not curved: slopes in each Sigma_k, whitened by it.
  void follow_whitened(const VectorXd& n, Matrices& slopes) const {
    const Index d = slopes[0].rows();
    const MatrixXd one = MatrixXd::Identity(d, d);
    VectorXd volume(n.size());
    MatrixXd shape = MatrixXd::Zero(d, d);
    for (Index k = 0; k < n.size(); ++k) {
      volume[k] = slopes[k].trace() / static_cast<double>(d);
      slopes[k] -= volume[k] * one;
      shape += slopes[k];
    }
    if (!volume_varies_) volume = n * (volume.sum() / n.sum());
    for (Index k = 0; k < n.size(); ++k) {
      if (shape_ == 'E') slopes[k] = n[k] / n.sum() * shape;
      slopes[k] += volume[k] * one;
    }
  }

 private:
  static constexpr int kMostRounds = 1000;
  static constexpr double kSettled = 1e-13;

  static bool one_of(char letter, const char* letters) {
    return std::string(letters).find(letter) != std::string::npos;
  }

  MatrixXd spheres(const VectorXd& n, const MatrixXd& scatter) const {
    const double d = static_cast<double>(scatter.rows());
    Eigen::RowVectorXd volume = scatter.colwise().sum().cwiseQuotient(d * n.transpose());
    if (!volume_varies_) volume.setConstant(scatter.sum() / (d * n.sum()));
    return volume.replicate(scatter.rows(), 1);
  }

  static MatrixXd pooled(const VectorXd& n, const MatrixXd& scatter) {
    return (scatter.rowwise().sum() / n.sum()).replicate(1, scatter.cols());
  }

  static VectorXd geometric_means(const MatrixXd& x) {
    return x.array().log().colwise().mean().exp().transpose();
  }

  static MatrixXd common_volume(const VectorXd& n, const MatrixXd& scatter) {
    const VectorXd size = geometric_means(scatter);
    return scatter * (size.cwiseInverse() * (size.sum() / n.sum())).asDiagonal();
  }

  // Volumes and the shape in turn: a convex problem in their logarithms.
  static MatrixXd common_shape(const VectorXd& n, const MatrixXd& scatter) {
    const double d = static_cast<double>(scatter.rows());
    VectorXd volume = scatter.colwise().sum().transpose().cwiseQuotient(d * n), last = volume;
    VectorXd shape(scatter.rows());
    for (int round = 0; round < kMostRounds; ++round) {
      shape = scatter * volume.cwiseInverse();
      shape /= std::exp(shape.array().log().mean());
      volume = (scatter.transpose() * shape.cwiseInverse()).cwiseQuotient(d * n);
      if (!(relative_change(volume, last) > kSettled)) break;
      last = volume;
    }
    return shape * volume.transpose();
  }

  static double relative_change(const VectorXd& now, const VectorXd& before) {
    return (now - before).cwiseQuotient(before).lpNorm<Eigen::Infinity>();
  }

  static MatrixXd sum(const Matrices& scatter) {
    MatrixXd total = scatter[0];
    for (std::size_t k = 1; k < scatter.size(); ++k) total += scatter[k];
    return total;
  }

  static void pool(const VectorXd& n, Matrices& scatter) {
    const MatrixXd common = sum(scatter) / n.sum();
    for (MatrixXd& sigma : scatter) sigma = common;
  }

  static void separate(const VectorXd& n, Matrices& scatter) {
    for (std::size_t k = 0; k < scatter.size(); ++k) scatter[k] /= n[static_cast<Index>(k)];
  }

  // |W|^(1/d)
  static double size(const MatrixXd& scatter) {
    const Eigen::LLT<MatrixXd> factor(scatter);
    if (factor.info() != Eigen::Success) return 0;
    return std::exp(2 * factor.matrixLLT().diagonal().array().log().mean());
  }

  static void equal_determinants(const VectorXd& n, Matrices& scatter) {
    VectorXd sizes(n.size());
    for (Index k = 0; k < n.size(); ++k) sizes[k] = size(scatter[k]);
    for (Index k = 0; k < n.size(); ++k) scatter[k] *= sizes.sum() / (n.sum() * sizes[k]);
  }

  // As common_shape(), for a whole matrix.
  static void proportional(const VectorXd& n, Matrices& scatter) {
    const Index components = n.size();
    const double d = static_cast<double>(scatter[0].rows());
    VectorXd volume(components), last;
    for (Index k = 0; k < components; ++k) volume[k] = scatter[k].trace() / (d * n[k]);
    MatrixXd common;
    for (int round = 0; round < kMostRounds; ++round) {
      last = volume;
      common.setZero(scatter[0].rows(), scatter[0].cols());
      for (Index k = 0; k < components; ++k) common += scatter[k] / volume[k];
      common /= size(common);
      const MatrixXd inverse = common.llt().solve(MatrixXd::Identity(common.rows(), common.cols()));
      for (Index k = 0; k < components; ++k)
        volume[k] = inverse.cwiseProduct(scatter[k]).sum() / (d * n[k]);
      if (!(relative_change(volume, last) > kSettled)) break;
    }
    for (Index k = 0; k < components; ++k) scatter[k] = volume[k] * common;
  }

  // Eigenvectors of each scatter, eigenvalues tied: by decreasing size.
  void own_axes(const VectorXd& n, Matrices& scatter) const {
    MatrixXd values(scatter[0].rows(), n.size());
    for (Index k = 0; k < n.size(); ++k) {
      const Eigen::SelfAdjointEigenSolver<MatrixXd> parts(scatter[k]);
      values.col(k) = parts.eigenvalues();
      scatter[k] = parts.eigenvectors();
    }
    const MatrixXd found = variances(n, values);
    for (Index k = 0; k < n.size(); ++k)
      scatter[k] = (scatter[k] * found.col(k).asDiagonal() * scatter[k].transpose()).eval();
  }

  // Variances given the axes, then each pair of axes turned to where the sum over components of
  // d_j' W_k d_j / variance_kj is least, which has a closed form: the Jacobi sweeps of Flury &
  // Gautschi (1986) SIAM J. Sci. Stat. Comput. 7:169. Never uphill from where it begins.
  void find_common_axes(const VectorXd& n, Matrices& scatter, MatrixXd& axes) const {
    const Index d = scatter[0].rows();
    if (axes.rows() != d)
      axes = Eigen::SelfAdjointEigenSolver<MatrixXd>(sum(scatter)).eigenvectors();
    for (MatrixXd& w : scatter) w = (axes.transpose() * w * axes).eval();
    MatrixXd found = variances(n, diagonals(scatter));
    for (int round = 0; round < kMostRounds; ++round) {
      double turned = 0;
      for (Index i = 0; i < d; ++i)
        for (Index j = i + 1; j < d; ++j) {
          turned = std::max(turned, turn_pair(i, j, found, scatter, axes));
          found = variances(n, diagonals(scatter));
        }
      if (!(turned > kSettled)) break;
    }
    for (Index k = 0; k < n.size(); ++k)
      scatter[k] = axes * found.col(k).asDiagonal() * axes.transpose();
  }

  static MatrixXd diagonals(const Matrices& matrices) {
    MatrixXd out(matrices[0].rows(), static_cast<Index>(matrices.size()));
    for (std::size_t k = 0; k < matrices.size(); ++k)
      out.col(static_cast<Index>(k)) = matrices[k].diagonal();
    return out;
  }

  // Returns the sine of the angle.
  static double turn_pair(Index i, Index j, const MatrixXd& variance, Matrices& scatter,
                          MatrixXd& axes) {
    double x = 0, y = 0;  // the sum is const + x cos(2 angle) + y sin(2 angle)
    for (std::size_t k = 0; k < scatter.size(); ++k) {
      const Index c = static_cast<Index>(k);
      const double weight = 1 / variance(i, c) - 1 / variance(j, c);
      x += 0.5 * weight * (scatter[k](i, i) - scatter[k](j, j));
      y += weight * scatter[k](i, j);
    }
    if (!(std::hypot(x, y) > 0) || !std::isfinite(x + y)) return 0;
    const double angle = 0.5 * std::atan2(-y, -x);
    const Eigen::JacobiRotation<double> turn(std::cos(angle), -std::sin(angle));
    for (MatrixXd& w : scatter) {
      w.applyOnTheRight(i, j, turn);
      w.applyOnTheLeft(i, j, turn.adjoint());
    }
    axes.applyOnTheRight(i, j, turn);
    return std::abs(std::sin(angle));
  }

  bool volume_varies_;
  char shape_, orientation_;
};

}  // namespace missmix
