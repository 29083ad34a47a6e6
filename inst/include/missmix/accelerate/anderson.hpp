// Anderson acceleration with a capped step; the engine's guard makes it monotone.
//
// Walker & Ni (2011) SIAM J. Numer. Anal. 49:1715; Henderson & Varadhan (2019) JCGS 28:834 for EM.
// With G the EM image and f = G - x, gamma minimises |f - DF gamma| over the kept differences
// (vignette "algorithm", eq. 9), and the candidate is x + f - (DX + DF) gamma (eq. 10).
#pragma once

#include <Eigen/QR>
#include <algorithm>

#include "accelerator.hpp"

namespace missmix {

class Anderson final : public Accelerator {
 public:
  explicit Anderson(Eigen::Index depth) : max_depth_(depth) {}

  bool propose(const Eigen::VectorXd& x, const Eigen::VectorXd& image,
               Eigen::VectorXd& candidate) override {
    if (last_x_.size() == 0) allocate(x.size());
    f_ = image - x;
    if (seen_ > 0) remember(x);
    last_x_ = x;
    last_f_ = f_;
    ++seen_;
    const Eigen::Index kept = usable_depth();
    if (kept == 0) return false;

    step_ = f_;
    for (Eigen::Index i = 0; i < kept; ++i)
      step_ -= gamma_[i] * (dx_.col(slot(i)) + df_.col(slot(i)));
    if (!step_.allFinite()) return false;
    cap_step();
    candidate = x + step_;
    return true;
  }

  void reset() override {
    depth_ = 0;
    cap_ = std::max(kSmallestCap, capped_ ? cap_ / 8 : cap_ / 2);
  }

 private:
  static constexpr double kSmallestCap = 2;
  static constexpr double kWorstPivotRatio = 1e-10;

  void allocate(Eigen::Index size) {
    capacity_ = std::min(max_depth_, size);
    dx_.resize(size, capacity_);
    df_.resize(size, capacity_);
    newest_first_.resize(size, capacity_);
  }

  // Column that holds the i-th newest difference: the columns are a ring.
  Eigen::Index slot(Eigen::Index i) const { return (newest_ + capacity_ - i) % capacity_; }

  void remember(const Eigen::VectorXd& x) {
    newest_ = (newest_ + 1) % capacity_;
    dx_.col(newest_) = x - last_x_;
    df_.col(newest_) = f_ - last_f_;
    depth_ = std::min(depth_ + 1, capacity_);
  }

  // Solves the least squares over as many differences as are independent to working precision.
  // The newest come first, so that dropping the oldest is a shorter triangle of the same factor.
  Eigen::Index usable_depth() {
    if (depth_ == 0) return 0;
    for (Eigen::Index i = 0; i < depth_; ++i) newest_first_.col(i) = df_.col(slot(i));
    qr_.compute(newest_first_.leftCols(depth_));
    const auto pivots = qr_.matrixQR().diagonal().cwiseAbs();
    double largest = 0;
    Eigen::Index kept = 0;
    for (; kept < depth_; ++kept) {
      largest = std::max(largest, pivots[kept]);
      const double smallest = pivots.head(kept + 1).minCoeff();
      if (!(smallest > kWorstPivotRatio * largest)) break;
    }
    if (kept == 0) return 0;
    projected_ = f_;
    projected_.applyOnTheLeft(qr_.householderQ().adjoint());
    gamma_ = qr_.matrixQR()
                 .topLeftCorner(kept, kept)
                 .triangularView<Eigen::Upper>()
                 .solve(projected_.head(kept));
    return kept;
  }

  // Steps against the EM step lead back to a fixed point that the climb is leaving, a saddle or the
  // start of a plateau: there is no end in sight along the EM step then, and it may be long.
  void cap_step() {
    const double longest = cap_ * f_.norm(), length = step_.norm();
    const bool back = step_.dot(f_) <= 0;
    capped_ = back || length > longest;
    if (!capped_) return;
    step_ = back ? Eigen::VectorXd(cap_ * f_) : Eigen::VectorXd(longest / length * step_);
    cap_ *= 4;
  }

  Eigen::Index max_depth_, capacity_ = 0, depth_ = 0, newest_ = -1;
  long seen_ = 0;
  double cap_ = 4;       // longest step allowed, in EM steps; grows where it is reached
  bool capped_ = false;  // was the last step cut to it?
  Eigen::MatrixXd dx_, df_, newest_first_;
  Eigen::VectorXd f_, last_x_, last_f_, step_, gamma_, projected_;
  Eigen::HouseholderQR<Eigen::MatrixXd> qr_;
};

}  // namespace missmix
