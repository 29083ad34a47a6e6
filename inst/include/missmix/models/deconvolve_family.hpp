// How a bulk value scatters about what the mixture expects of it: the families of deconvolution.
//
// A family sees the genes of one sample: values y, expectations m. It returns the log-likelihood
// without what does not depend on m, and fills, gene by gene, its derivative by m (`score`) and a
// positive curvature (`information`): observed where that is positive everywhere, expected
// otherwise. `observes_zeros` tells whether a gene with y = 0 says more than its profile sums do.
// `constant` is what the log-likelihood has besides, at the end.
// `expected_terms` are the same for standard errors: the whole score of each gene, and the expected
// information.
#pragma once

#include <algorithm>
#include <cmath>

#include "../em_model.hpp"
#include "../numerics/log_gamma.hpp"

namespace missmix {

using Eigen::ArrayXd;

struct GeneTerms {
  ArrayXd score, information;

  void resize(Index genes) {
    score.resize(genes);
    information.resize(genes);
  }
};

inline constexpr double kNoDensity = -std::numeric_limits<double>::infinity();

// Counts: y log m, and -m in the sum over all genes that the solver adds (`linear`). Weights of
// genes (quasi-likelihood with gene-wise dispersion) are already in y and in the profiles.
struct PoissonFamily {
  static constexpr bool has_scale = false;
  static constexpr bool observes_zeros = false;

  double operator()(const ArrayXd& y, const ArrayXd& m, GeneTerms& terms) {
    double value = 0;
    for (Index g = 0; g < y.size(); ++g) {
      if (!(m[g] > 0)) return kNoDensity;
      value += y[g] * std::log(m[g]);
    }
    terms.score = y / m;
    terms.information = terms.score / m;
    return value;
  }

  void expected_terms(const ArrayXd& y, const ArrayXd& m, GeneTerms& terms) {
    terms.information = 1 / m;
    terms.score = (y - m) * terms.information;
  }

  double constant(const ArrayXd& y, const ArrayXd&) const {
    double sum = 0;
    for (Index g = 0; g < y.size(); ++g) sum -= log_gamma(y[g] + 1);
    return sum;
  }
};

// Variance (m + dispersion m^2) / weight; expected information (Fisher scoring), the observed one
// can be negative.
struct NegativeBinomialFamily {
  static constexpr bool has_scale = false;
  static constexpr bool observes_zeros = true;
  const ArrayXd* dispersion;  // a value a gene, >= 0
  const ArrayXd* weight;      // a value a gene, > 0

  double operator()(const ArrayXd& y, const ArrayXd& m, GeneTerms& terms) {
    double value = 0;
    for (Index g = 0; g < y.size(); ++g) {
      if (!(m[g] > 0)) return kNoDensity;
      const double a = (*dispersion)[g], w = (*weight)[g], am = a * m[g];
      // log1p(a m) / a is m where a vanishes
      const double scaled = am > 1e-8 ? std::log1p(am) / a : m[g] * (1 - am / 2);
      value += w * (y[g] * (std::log(m[g]) - std::log1p(am)) - scaled);
      terms.information[g] = w / (m[g] * (1 + am));
    }
    terms.score = (y - m) * terms.information;
    return value;
  }

  void expected_terms(const ArrayXd& y, const ArrayXd& m, GeneTerms& terms) {
    (*this)(y, m, terms);
  }

  double constant(const ArrayXd& y, const ArrayXd&) const {
    double sum = 0;
    for (Index g = 0; g < y.size(); ++g) {
      const double a = (*dispersion)[g];
      sum -= log_gamma(y[g] + 1);
      // log Gamma(y + 1/a) - log Gamma(1/a) + y log a vanishes with a
      if (a > 1e-8) sum += log_gamma(y[g] + 1 / a) - log_gamma(1 / a) + y[g] * std::log(a);
    }
    return sum;
  }
};

inline constexpr double kPi = 3.14159265358979323846;

// Turns minus half a sum of squares into the log-likelihood at the variance that makes it largest.
inline double normal_constant(const ArrayXd& squares, const ArrayXd& precision) {
  const double n = static_cast<double>(squares.size()), sum = squares.sum();
  return 0.5 * (sum - n * (std::log(2 * kPi * sum / n) + 1) + precision.log().sum());
}

struct GaussianFamily {
  static constexpr bool has_scale = false;
  static constexpr bool observes_zeros = true;
  const ArrayXd* precision;  // a value a gene, > 0

  double operator()(const ArrayXd& y, const ArrayXd& m, GeneTerms& terms) {
    terms.information = *precision;
    terms.score = (y - m) * terms.information;
    return -0.5 * (terms.score * (y - m)).sum();
  }

  void expected_terms(const ArrayXd& y, const ArrayXd& m, GeneTerms& terms) {
    (*this)(y, m, terms);
  }

  // The variance of a sample is its residual one.
  double constant(const ArrayXd& y, const ArrayXd& m) const {
    return normal_constant((y - m).square() * *precision, *precision);
  }
};

// Student's t as a normal with latent precision u: `information` is that of the complete data at
// E[u | y], so that a full step is the M-step of EM (Lange, Little & Taylor 1989). The scale is the
// sample's own and is updated between steps.
struct StudentFamily {
  static constexpr bool has_scale = true;
  static constexpr bool observes_zeros = true;
  const ArrayXd* precision;
  double degrees;
  double scale2 = 0;  // of residuals in units of 1 / sqrt(precision)

  StudentFamily(const ArrayXd* given, double nu) : precision(given), degrees(nu) {}

  double operator()(const ArrayXd& y, const ArrayXd& m, GeneTerms& terms) {
    const ArrayXd squared = (y - m).square() * *precision / scale2;
    terms.information = (degrees + 1) / (degrees + squared) * *precision / scale2;
    terms.score = (y - m) * terms.information;
    double value = 0;
    for (Index g = 0; g < y.size(); ++g) value += std::log1p(squared[g] / degrees);
    return -0.5 * ((degrees + 1) * value + static_cast<double>(y.size()) * std::log(scale2));
  }

  // The complete-data information would be too much: the mean slope of the score is what counts
  // (Huber 1981, sec. 7.6).
  void expected_terms(const ArrayXd& y, const ArrayXd& m, GeneTerms& terms) {
    (*this)(y, m, terms);
    const ArrayXd squared = (y - m).square() * *precision / scale2;
    const double slope =
        ((degrees + 1) * (degrees - squared) / (degrees + squared).square()).mean();
    terms.information = std::max(slope, 1 / (degrees + 3)) * *precision / scale2;
  }

  // From the median of squares, which outliers do not move.
  void begin_scale(const ArrayXd& y, const ArrayXd& m) {
    ArrayXd squares = (y - m).square() * *precision;
    double* middle = squares.data() + squares.size() / 2;
    std::nth_element(squares.data(), middle, squares.data() + squares.size());
    smallest_ = kSmallestScale2 * (y.square() * *precision).mean();
    scale2 = std::max(*middle / kMedianOfSquares, smallest_);
  }

  // The M-step of the scale at the weights of these terms.
  void update_scale(const ArrayXd& y, const ArrayXd& m, const GeneTerms& terms) {
    scale2 *= (terms.score * (y - m)).sum() / static_cast<double>(y.size());
    scale2 = std::max(scale2, smallest_);
  }
  double constant(const ArrayXd& y, const ArrayXd&) const {
    const double each =
        log_gamma((degrees + 1) / 2) - log_gamma(degrees / 2) - 0.5 * std::log(degrees * kPi);
    return each * static_cast<double>(y.size()) + 0.5 * precision->log().sum();
  }

 private:
  static constexpr double kMedianOfSquares = 0.4549;  // of a chi-square on one degree of freedom
  // An exact mixture has no scatter, and its likelihood no maximum.
  static constexpr double kSmallestScale2 = 1e-24;
  double smallest_ = 0;
};

// log(y + offset) is normal about log(m + offset): errors that are proportions. The offset keeps
// the noise of low genes from deciding; it is a share of the mean gene of the sample.
struct LogNormalFamily {
  static constexpr bool has_scale = false;
  static constexpr bool observes_zeros = true;
  const ArrayXd* precision;
  double relative;   // share of the mean value of the sample
  double power = 1;  // of themselves that values are given in
  double offset = 0;

  void meet(const ArrayXd& y) {
    offset = power == 1 ? relative * y.mean() : std::pow(relative * y.pow(1 / power).mean(), power);
  }

  double operator()(const ArrayXd& y, const ArrayXd& m, GeneTerms& terms) {
    double value = 0;
    for (Index g = 0; g < y.size(); ++g) {
      const double shifted = m[g] + offset;
      if (!(shifted > 0)) return kNoDensity;
      const double residual = std::log((y[g] + offset) / shifted);
      const double weighted = (*precision)[g] * residual / shifted;
      value -= 0.5 * (*precision)[g] * residual * residual;
      terms.score[g] = weighted;
      terms.information[g] = (*precision)[g] / (shifted * shifted);
    }
    return value;
  }

  void expected_terms(const ArrayXd& y, const ArrayXd& m, GeneTerms& terms) {
    (*this)(y, m, terms);
  }

  double constant(const ArrayXd& y, const ArrayXd& m) const {
    const ArrayXd residual = ((y + offset) / (m + offset)).log();
    return normal_constant(residual.square() * *precision, *precision) - (y + offset).log().sum();
  }
};

}  // namespace missmix
