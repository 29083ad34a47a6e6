// How much objective is still to be gained, from the secants of the climb.
//
// Near a maximum the gain left is g'H^-1 g / 2 with g the gradient and H the observed information
// (vignette "algorithm", eq. 12). H^-1 is built from the climb's own steps as in L-BFGS, with the
// complete-data information as the initial metric: that needs no matrix, since the EM step is
// f = Ic^-1 g to first order, and so Ic^-1 (g_k - g_(k-1)) = f_k - f_(k-1).
// Jamshidian & Jennrich (1997) JRSS B 59:569 use the same secants to climb.
#pragma once

#include <Eigen/Core>
#include <algorithm>

namespace missmix {

class SecantDecrement {
 public:
  explicit SecantDecrement(Eigen::Index memory = 20) : memory_(memory) {}

  // To be told of every point of the climb: where, the gradient there, the EM step from there.
  void observe(const Eigen::VectorXd& x, const Eigen::VectorXd& g, const Eigen::VectorXd& f) {
    if (x_.size() == 0) allocate(x.size());
    if (seen_++ > 0) remember(x, g, f);
    x_ = x;
    g_ = g;
    f_ = f;
    solve();
  }

  // Estimated gain still to come: never below that of a plain EM step.
  double gain() const { return std::max(0.0, 0.5 * std::max(g_.dot(f_), g_.dot(newton_))); }

  // Largest relative move to the estimated maximum.
  double movement() const {
    const auto scale = 1 + x_.array().abs();
    return std::max((f_.array().abs() / scale).maxCoeff(),
                    (newton_.array().abs() / scale).maxCoeff());
  }

 private:
  void allocate(Eigen::Index size) {
    capacity_ = std::min(memory_, size);
    dx_.resize(size, capacity_);
    dg_.resize(size, capacity_);
    df_.resize(size, capacity_);
    curvature_.resize(capacity_);
    alpha_.resize(capacity_);
  }

  Eigen::Index slot(Eigen::Index i) const { return (newest_ + capacity_ - i) % capacity_; }

  void remember(const Eigen::VectorXd& x, const Eigen::VectorXd& g, const Eigen::VectorXd& f) {
    const Eigen::Index next = (newest_ + 1) % capacity_;
    dx_.col(next) = x - x_;
    dg_.col(next) = g - g_;
    const double curvature = -dx_.col(next).dot(dg_.col(next));
    // Only where the objective bends down along the step does it tell where the top is.
    if (!(curvature > 1e-12 * dx_.col(next).norm() * dg_.col(next).norm())) return;
    df_.col(next) = f - f_;
    curvature_[next] = curvature;
    newest_ = next;
    depth_ = std::min(depth_ + 1, capacity_);
  }

  // The two loops of L-BFGS; `newton_` starts as Ic^-1 q, kept up to date with q.
  void solve() {
    q_ = g_;
    newton_ = f_;
    for (Eigen::Index i = 0; i < depth_; ++i) {
      const Eigen::Index k = slot(i);
      alpha_[k] = dx_.col(k).dot(q_) / curvature_[k];
      q_ += alpha_[k] * dg_.col(k);
      newton_ += alpha_[k] * df_.col(k);
    }
    for (Eigen::Index i = depth_; i-- > 0;) {
      const Eigen::Index k = slot(i);
      const double beta = -dg_.col(k).dot(newton_) / curvature_[k];
      newton_ += (alpha_[k] - beta) * dx_.col(k);
    }
  }

  Eigen::Index memory_, capacity_ = 0, depth_ = 0, newest_ = -1;
  long seen_ = 0;
  Eigen::MatrixXd dx_, dg_, df_;
  Eigen::VectorXd curvature_, alpha_, x_, g_, f_, q_, newton_;
};

}  // namespace missmix
