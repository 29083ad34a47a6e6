// Quantile of the standard normal: Wichura (1988) Applied Statistics 37:477, AS 241 (PPND16),
// relative error about 1e-16.
#pragma once

#include <array>
#include <cmath>

namespace missmix {

namespace detail {

// Ratio of two polynomials of degree 7 by Horner's rule; coefficients from the constant upwards.
inline double ratio(const std::array<double, 8>& top, const std::array<double, 8>& bottom,
                    double x) {
  double a = top[7], b = bottom[7];
  for (int k = 6; k >= 0; --k) {
    a = a * x + top[static_cast<std::size_t>(k)];
    b = b * x + bottom[static_cast<std::size_t>(k)];
  }
  return a / b;
}

}  // namespace detail

// p strictly between 0 and 1.
inline double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    static constexpr std::array<double, 8> a{3.3871328727963666080e0, 1.3314166789178437745e2,
                                             1.9715909503065514427e3, 1.3731693765509461125e4,
                                             4.5921953931549871457e4, 6.7265770927008700853e4,
                                             3.3430575583588128105e4, 2.5090809287301226727e3};
    static constexpr std::array<double, 8> b{1.0,
                                             4.2313330701600911252e1,
                                             6.8718700749205790830e2,
                                             5.3941960214247511077e3,
                                             2.1213794301586595867e4,
                                             3.9307895800092710610e4,
                                             2.8729085735721942674e4,
                                             5.2264952788528545610e3};
    return q * detail::ratio(a, b, 0.180625 - q * q);
  }
  const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
  double tail;
  if (r <= 5) {
    static constexpr std::array<double, 8> c{1.42343711074968357734e0,  4.63033784615654529590e0,
                                             5.76949722146069140550e0,  3.64784832476320460504e0,
                                             1.27045825245236838258e0,  2.41780725177450611770e-1,
                                             2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static constexpr std::array<double, 8> d{1.0,
                                             2.05319162663775882187e0,
                                             1.67638483018380384940e0,
                                             6.89767334985100004550e-1,
                                             1.48103976427480074590e-1,
                                             1.51986665636164571966e-2,
                                             5.47593808499534494600e-4,
                                             1.05075007164441684324e-9};
    tail = detail::ratio(c, d, r - 1.6);
  } else {
    static constexpr std::array<double, 8> e{6.65790464350110377720e0,  5.46378491116411436990e0,
                                             1.78482653991729133580e0,  2.96560571828504891230e-1,
                                             2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                             2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr std::array<double, 8> f{1.0,
                                             5.99832206555887937690e-1,
                                             1.36929880922735805310e-1,
                                             1.48753612908506148525e-2,
                                             7.86869131145613259100e-4,
                                             1.84631831751005468180e-5,
                                             1.42151175831644588870e-7,
                                             2.04426310338993978564e-15};
    tail = detail::ratio(e, f, r - 5);
  }
  return q < 0 ? -tail : tail;
}

}  // namespace missmix
