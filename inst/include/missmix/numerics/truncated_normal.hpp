// Probability, mean and variance of a standard normal within an interval, be it far out or narrow.
//
// Three roads, none of which cancels. Narrow intervals, over which the density changes by a factor
// of at most exp(16): Gauss-Legendre quadrature about the midpoint. Intervals beyond 2: Mills'
// ratio and the excesses over a bound by their continued fraction (Abramowitz & Stegun 1964, 7.2
// and 26.2). All others: the closed form.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace missmix {

struct TruncatedMoments {
  double log_probability = 0, mean = 0, variance = 1;
};

// Nodes and weights of the Gauss-Legendre rule on [-1, 1].
template <int N>
struct GaussLegendre {
  std::array<double, N> node, weight;

  static const GaussLegendre& rule() {
    static const GaussLegendre made;
    return made;
  }

 private:
  // Roots of the Legendre polynomial by Newton's method from Chebyshev's.
  GaussLegendre() {
    for (int i = 0; i < N; ++i) {
      double x = std::cos(3.14159265358979323846 * (i + 0.75) / (N + 0.5)), slope = 1;
      for (int step = 0; step < 10; ++step) {
        double p = x, before = 1;
        for (int k = 2; k <= N; ++k) {
          const double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
          before = std::exchange(p, next);
        }
        slope = N * (x * p - before) / (x * x - 1);
        x -= p / slope;
      }
      node[i] = x;
      weight[i] = 2 / ((1 - x * x) * slope * slope);
    }
  }
};

namespace detail {

inline constexpr double kHalfLog2Pi = 0.91893853320467274178;
inline constexpr double kRootHalf = 0.70710678118654752440;

inline double normal_density(double x) { return std::exp(-0.5 * x * x - kHalfLog2Pi); }

inline TruncatedMoments narrow_moments(double middle, double half) {
  const auto& rule = GaussLegendre<24>::rule();
  std::array<double, 24> mass;
  double total = 0, mean = 0, variance = 0;
  for (std::size_t i = 0; i < mass.size(); ++i) {
    const double t = half * rule.node[i];
    mass[i] = rule.weight[i] * std::exp(-t * (middle + 0.5 * t));
    total += mass[i];
    mean += mass[i] * t;
  }
  mean /= total;
  for (std::size_t i = 0; i < mass.size(); ++i) {
    const double t = half * rule.node[i] - mean;
    variance += mass[i] * t * t;
  }
  return {std::log(half * total) - 0.5 * middle * middle - kHalfLog2Pi, middle + mean,
          variance / total};
}

// Of the part of a standard normal beyond x >= 2: its probability over the density at x, the mean
// of the excess over x, and that of its square.
struct Excess {
  double mills, first, second;

  explicit Excess(double x) {
    const int terms = x < 4 ? 120 : x < 10 ? 40 : 12;
    double ratio = 0, first_ratio = 0, second_ratio = 0;
    for (int k = terms; k >= 0; --k) {
      ratio = 1 / (x + (k + 1) * ratio);
      if (k == 2) second_ratio = ratio;
      if (k == 1) first_ratio = ratio;
    }
    mills = ratio;
    first = first_ratio;
    second = 2 * first_ratio * second_ratio;
  }
};

inline TruncatedMoments tail_moments(double a, double b) {
  const Excess low(a);
  double mass = low.mills, first = low.mills * low.first, second = low.mills * low.second;
  if (std::isfinite(b)) {
    const double width = b - a;
    const Excess high(b);
    const double beyond = std::exp(-0.5 * width * (a + b)) * high.mills;
    mass -= beyond;
    first -= beyond * (high.first + width);
    second -= beyond * (high.second + width * (2 * high.first + width));
  }
  const double mean = first / mass;
  double variance = second / mass - mean * mean;
  return {std::log(mass) - 0.5 * a * a - kHalfLog2Pi, a + mean, variance};
}

inline TruncatedMoments central_moments(double a, double b) {
  const double mass = a > 0 ? 0.5 * (std::erfc(a * kRootHalf) - std::erfc(b * kRootHalf))
                            : 0.5 * (std::erf(b * kRootHalf) - std::erf(a * kRootHalf));
  const double at_a = normal_density(a), at_b = normal_density(b);
  const double mean = (at_a - at_b) / mass;
  const double slope = a * at_a - (std::isfinite(b) ? b * at_b : 0);
  return {std::log(mass), mean, 1 + slope / mass - mean * mean};
}

}  // namespace detail

// Of a standard normal between a < b, either of which may be infinite. `width` is b - a: given
// apart, since for a narrow interval far out their difference is no more than rounding.
inline TruncatedMoments truncated_normal(double a, double b, double width) {
  if (std::isinf(a) && std::isinf(b)) return {};
  if (a + b < 0) {
    TruncatedMoments mirrored = truncated_normal(-b, -a, width);
    mirrored.mean = -mirrored.mean;
    return mirrored;
  }
  constexpr double kNarrow = 8, kTail = 2;
  if (0.5 * b * width <= kNarrow) return detail::narrow_moments(0.5 * (a + b), 0.5 * width);
  return a >= kTail ? detail::tail_moments(a, b) : detail::central_moments(a, b);
}

inline TruncatedMoments truncated_normal(double a, double b) {
  return truncated_normal(a, b, b - a);
}

// Of a normal with this mean and standard deviation.
inline TruncatedMoments truncated_normal(double mean, double sd, double lower, double upper,
                                         double width) {
  TruncatedMoments moments = truncated_normal((lower - mean) / sd, (upper - mean) / sd, width / sd);
  moments.mean = std::clamp(mean + sd * moments.mean, lower, upper);
  moments.variance *= sd * sd;
  return moments;
}

}  // namespace missmix
