// Probability, mean and covariance of a normal within a box.
//
// One variable: in closed form. Two: by quadrature over the first of the closed form for the
// second, to rounding. Three or more: by expectation propagation (Cunningham, Hennig &
// Lacoste-Julien 2011, arXiv:1111.6832), whose moments are the exact slopes of its own
// log-probability (Seeger 2005), so that a climb by them has a top to arrive at.
#pragma once

#include <utility>
#include <vector>

#include "../em_model.hpp"
#include "spd_inverse.hpp"
#include "truncated_normal.hpp"

namespace missmix {

class TruncatedBox {
 public:
  static constexpr Index kExact = 2;  // up to so many variables

  void set_covariance(const MatrixXd& v) {
    v_ = v;
    size_ = v.rows();
    precision_ = v;
    log_det_ = invert_spd(precision_);
    if (size_ <= kExact) return;
    site_precision_.resize(size_);
    site_mean_.resize(size_);
    cavity_mean_.resize(size_);
    cavity_variance_.resize(size_);
  }

  bool legal() const { return std::isfinite(log_det_); }

  // False where the probability is too small to have a logarithm.
  bool truncate(const VectorXd& mean, const VectorXd& lower, const VectorXd& upper) {
    mean_ = mean;
    cov_.resize(size_, size_);
    if (size_ == 1)
      one(lower[0], upper[0]);
    else if (size_ == 2)
      two(lower, upper);
    else
      propagate(mean, lower, upper);
    return std::isfinite(log_probability_) && mean_.allFinite() && cov_.allFinite();
  }

  const MatrixXd& precision() const { return precision_; }  // of the untruncated normal
  double log_probability() const { return log_probability_; }
  const VectorXd& mean() const { return mean_; }
  const MatrixXd& cov() const { return cov_; }
  // Normals that, truncated one by one, have the margins of the box: those of the last propagate().
  const VectorXd& cavity_mean() const { return cavity_mean_; }
  const VectorXd& cavity_variance() const { return cavity_variance_; }

  // The fixed point at which each variable's site, taken out and put back exactly, changes nothing.
  // The variables are taken about their mean, and each site about its own: nothing cancels, be the
  // interval as narrow as it may.
  void propagate(const VectorXd& mean, const VectorXd& lower, const VectorXd& upper) {
    constexpr int kMostSweeps = 500;
    constexpr double kStill = 1e-13, kRounding = 1e-8;
    site_precision_.setZero(size_);
    site_mean_.setZero(size_);
    cavity_mean_.resize(size_);
    cavity_variance_.resize(size_);
    double sites = 0, moved = std::numeric_limits<double>::infinity();
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
      const double last = std::exchange(moved, 0);
      sites = 0;
      for (Index i = 0; i < size_; ++i)
        moved = std::max(moved, visit(i, mean, lower, upper, sites));
      if (!(moved > kStill) || (moved < kRounding && moved >= last)) break;
    }
    combine(size_);
    const double square = centre_.dot(precision_ * centre_) +
                          (site_precision_.array() * (centre_ - site_mean_).array().square()).sum();
    log_probability_ = sites - 0.5 * (log_det_combined_ + log_det_ + square);
    mean_ = mean + centre_;
    cov_ = combined_;
  }

 private:
  struct Node {
    double x, mass, mean, variance;
  };

  void one(double lower, double upper) {
    const TruncatedMoments m =
        truncated_normal(mean_[0], std::sqrt(v_(0, 0)), lower, upper, upper - lower);
    log_probability_ = m.log_probability;
    mean_[0] = m.mean;
    cov_(0, 0) = m.variance;
  }

  // The prior with all sites but `left_out`.
  void combine(Index left_out) {
    combined_ = precision_;
    pull_.resize(size_);
    for (Index j = 0; j < size_; ++j) {
      const double t = j == left_out ? 0 : site_precision_[j];
      combined_(j, j) += t;
      pull_[j] = t * site_mean_[j];
    }
    log_det_combined_ = invert_spd(combined_);
    centre_.noalias() = combined_ * pull_;
  }

  // Puts the site of variable i right. How far that moved the variable, in standard deviations.
  double visit(Index i, const VectorXd& mean, const VectorXd& lower, const VectorXd& upper,
               double& sites) {
    combine(i);
    const double v = combined_(i, i), m = centre_[i];
    cavity_mean_[i] = mean[i] + m;
    cavity_variance_[i] = v;
    const TruncatedMoments t = truncated_normal(m, std::sqrt(v), lower[i] - mean[i],
                                                upper[i] - mean[i], upper[i] - lower[i]);
    const double before = site_precision_[i], before_mean = site_mean_[i];
    const double precision = std::max(0.0, (v - t.variance) / (v * t.variance));
    if (precision * v < 1e-14) {  // the bounds are nowhere near
      site_precision_[i] = site_mean_[i] = 0;
      sites += t.log_probability;
      return before * v;
    }
    // (t.mean / t.variance - m / v) / precision, without its large terms.
    site_precision_[i] = precision;
    site_mean_[i] = t.mean + (t.mean - m) / (v * precision);
    const double reach = 1 + precision * v, off = m - site_mean_[i];
    sites += t.log_probability + 0.5 * (std::log(reach) + off * off * precision / reach);
    return std::max(std::abs(precision - before) * v / reach,
                    std::abs(site_mean_[i] - before_mean) * std::sqrt(t.variance) * precision);
  }

  // Log-density of the first variable at x and the second's mass there, but for a constant, and
  // the second's moments.
  double density(double x, const VectorXd& lower, const VectorXd& upper, TruncatedMoments& second) {
    const double r = x - mean_[0];
    second =
        truncated_normal(mean_[1] + slope_ * r, rest_, lower[1], upper[1], upper[1] - lower[1]);
    return -0.5 * r * r / v_(0, 0) + second.log_probability;
  }

  // The margin of the first variable within the box is log-concave: its mode by Newton's method,
  // safeguarded; from there out to where the density is exp(-36) of the mode's.
  void two(const VectorXd& lower, const VectorXd& upper) {
    constexpr double kDepth = 36;
    constexpr int kMostPanels = 500;
    slope_ = v_(0, 1) / v_(0, 0);
    rest_ = 1 / std::sqrt(precision_(1, 1));
    const double sd = std::sqrt(v_(0, 0)), fine = 1 / std::sqrt(precision_(0, 0));
    double gradient = 0;
    const double mode = find_mode(lower, upper, fine, gradient);
    TruncatedMoments second;
    const double top = density(mode, lower, upper, second);
    const double left =
        reach(mode, -1, std::max(0.0, gradient), sd, mode - lower[0], kDepth, top, lower, upper);
    const double right =
        reach(mode, 1, std::max(0.0, -gradient), sd, upper[0] - mode, kDepth, top, lower, upper);
    const bool whole = left == mode - lower[0] && right == upper[0] - mode;
    const double from = mode - left, width = whole ? upper[0] - lower[0] : left + right;
    const int panels =
        static_cast<int>(std::clamp(std::ceil(width / (4 * fine)), 1.0, double{kMostPanels}));
    integrate(from, width / panels, panels, top, lower, upper);
  }

  double find_mode(const VectorXd& lower, const VectorXd& upper, double fine, double& gradient) {
    const double v = v_(0, 0), rest2 = rest_ * rest_;
    double low = lower[0], high = upper[0];
    double x = std::min(std::max(mean_[0], low), high);
    TruncatedMoments second;
    for (int step = 0; step < 100; ++step) {
      density(x, lower, upper, second);
      const double given = mean_[1] + slope_ * (x - mean_[0]);
      gradient = -(x - mean_[0]) / v + slope_ * (second.mean - given) / rest2;
      const double curvature =
          -1 / v - slope_ * slope_ * std::max(0.0, 1 - second.variance / rest2) / rest2;
      (gradient > 0 ? low : high) = x;
      double next = x - gradient / curvature;
      if (next < low) next = std::isfinite(low) ? 0.5 * (x + low) : next;
      if (next > high) next = std::isfinite(high) ? 0.5 * (x + high) : next;
      if (std::abs(next - x) < 1e-3 * fine || next == x) return x;
      x = next;
    }
    return x;
  }

  // How far to integrate on one side. The curvature is at least that of the variable's own margin,
  // which bounds the distance; halved while half of it is deep enough.
  double reach(double mode, int side, double downhill, double sd, double most, double depth,
               double top, const VectorXd& lower, const VectorXd& upper) {
    double far = 2 * depth / (downhill + std::sqrt(downhill * downhill + 2 * depth / (sd * sd)));
    // The mode is known to a thousandth of its width: as much more.
    far = std::min(1.01 * far, most);
    TruncatedMoments second;
    while (far > 0 && density(mode + side * 0.5 * far, lower, upper, second) < top - depth)
      far *= 0.5;
    return far;
  }

  void integrate(double from, double width, int panels, double top, const VectorXd& lower,
                 const VectorXd& upper) {
    const auto& rule = GaussLegendre<20>::rule();
    nodes_.clear();
    double total = 0, mean1 = 0, mean2 = 0;
    for (int k = 0; k < panels; ++k)
      for (std::size_t i = 0; i < rule.node.size(); ++i) {
        TruncatedMoments second;
        const double x = from + width * (k + 0.5 * (1 + rule.node[i]));
        const double mass =
            0.5 * width * rule.weight[i] * std::exp(density(x, lower, upper, second) - top);
        if (!(mass > 0)) continue;
        nodes_.push_back({x, mass, second.mean, second.variance});
        total += mass;
        mean1 += mass * (x - from);
        mean2 += mass * second.mean;
      }
    log_probability_ = top + std::log(total) - 0.5 * std::log(v_(0, 0)) - detail::kHalfLog2Pi;
    mean1 = from + mean1 / total;
    mean2 /= total;
    cov_.setZero();
    for (const Node& node : nodes_) {
      const double d1 = node.x - mean1, d2 = node.mean - mean2, w = node.mass / total;
      cov_(0, 0) += w * d1 * d1;
      cov_(0, 1) += w * d1 * d2;
      cov_(1, 1) += w * (d2 * d2 + node.variance);
    }
    cov_(1, 0) = cov_(0, 1);
    mean_ << mean1, mean2;
  }

  Index size_ = 0;
  MatrixXd v_, precision_, cov_, combined_;
  VectorXd mean_, centre_, pull_;
  VectorXd site_precision_, site_mean_, cavity_mean_, cavity_variance_;
  double log_det_ = 0, log_det_combined_ = 0, log_probability_ = 0;
  double slope_ = 0, rest_ = 0;
  std::vector<Node> nodes_;
};

}  // namespace missmix
