// Deconvolution with profiles that are known up to a posterior, the same in all samples.
//
// Gene g of sample s, samples brought to one total:
//   y_gs = z_g' theta_s + noise,  noise ~ N(0, kappa d_g / depth_s),
//   z_g  = (1 + o_g + e_g) R_g + L_g x_g,  e_g ~ N(0, tau^2),  x_g ~ N(0, omega I),
// with theta >= 0, omega, kappa and tau to be found. P_g = L_g L_g' is the covariance of a profile
// over the types; e_g is what the platform does to a gene whatever the type. Latent are e and x.
//
// Noise of rank one is what makes it fast: with H = Theta diag(depth) Theta' / kappa all that a
// gene needs of the samples is a matrix types x types, and the M-step of theta has one Gram matrix
// for all samples. tau^2 R R' is an update of rank one of what is known with e = 0.
#pragma once

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "../em_model.hpp"
#include "../numerics/nonnegative_quadratic.hpp"
#include "../parallel.hpp"

namespace missmix {

using Eigen::ArrayXd;

struct LatentGenes {
  MatrixXd bulk;       // genes x samples
  MatrixXd direction;  // R, genes x types
  MatrixXd root;       // types x (types genes): L of the genes side by side
  ArrayXd offset;      // o
  ArrayXd noise;       // d

  Index genes() const { return bulk.rows(); }
  Index samples() const { return bulk.cols(); }
  Index types() const { return direction.cols(); }
};

// What omega, kappa and tau^2 may be; with equal ends it is given.
struct Range {
  double low, high;
  double operator()(double x) const { return std::min(std::max(x, low), high); }
  bool holds(double x) const { return x > low && x < high; }
};

struct LatentRanges {
  Range omega, kappa, tau2;
};

class LatentProfiles {
 public:
  struct Params {
    MatrixXd theta;  // types x samples
    double omega, kappa, tau2;

    Params() : omega(1), kappa(1), tau2(0) {}
    Params(MatrixXd at, double scale, double counts, double spread2)
        : theta(std::move(at)), omega(scale), kappa(counts), tau2(spread2) {}
  };

  struct Block {
    MatrixXd within, gram, right;
    double log_lik, whitened, shifts;
  };

  struct Stats {
    std::vector<Block> blocks;
    MatrixXd gram, right;  // of theta: sum_g E[z z'] / d, sum_g E[z] y' / d
    double whitened = 0;   // sum_g E[x'x]
    double shifts = 0;     // sum_g E[e^2]
    MatrixXd mean;         // genes x types: E[z]
    ArrayXd shift;         // E[o + e]
    MatrixXd theta;        // where the statistics were taken
  };

  LatentProfiles(const LatentGenes& genes, const ArrayXd& depth, const LatentRanges& ranges,
                 int n_threads)
      : genes_(genes), depth_(depth), ranges_(ranges), n_threads_(n_threads) {
    const VectorXd by_gene = genes.bulk.cwiseAbs2() * depth.matrix();
    squares_ = (by_gene.array() / genes.noise).sum();
  }

  Stats make_stats() const {
    Stats out;
    out.blocks.resize(static_cast<std::size_t>((genes() + kBlock - 1) / kBlock));
    for (Block& block : out.blocks)
      block = {MatrixXd(types(), types()),
               MatrixXd(types(), types()),
               MatrixXd(types(), samples()),
               0,
               0,
               0};
    out.gram.resize(types(), types());
    out.right.resize(types(), samples());
    out.mean.resize(genes(), types());
    out.shift.resize(genes());
    return out;
  }

  double e_step(const Params& params, Stats& stats) const {
    const MatrixXd weighted = params.theta * (depth_ / params.kappa).matrix().asDiagonal();
    const MatrixXd h = weighted * params.theta.transpose();
    const int n_blocks = static_cast<int>(stats.blocks.size());
    for_each_task(n_blocks, n_threads_, [&](int b) {
      const Index begin = b * kBlock, end = std::min(begin + kBlock, genes());
      visit(params, weighted, h, begin, end, stats.blocks[b], stats);
    });
    MatrixXd within = MatrixXd::Zero(types(), types());
    stats.gram.setZero();
    stats.right.setZero();
    stats.whitened = stats.shifts = 0;
    double log_lik = 0;
    for (const Block& block : stats.blocks) {
      within += block.within;
      stats.gram += block.gram;
      stats.right += block.right;
      stats.whitened += block.whitened;
      stats.shifts += block.shifts;
      log_lik += block.log_lik;
    }
    stats.gram += within;
    // tr(B^-1) = K - tr(V H) / d, and V has been summed already.
    stats.whitened += params.omega * (cells() - within.cwiseProduct(h).sum());
    stats.theta = params.theta;
    const double n = static_cast<double>(samples()), size = static_cast<double>(genes());
    constexpr double kLogTwoPi = 1.8378770664093454836;
    const double log_noise =
        n * (genes_.noise.log().sum() + size * std::log(params.kappa)) - size * depth_.log().sum();
    return log_lik - 0.5 * (n * size * kLogTwoPi + log_noise);
  }

  // Of a sample's theta neither depth nor kappa move the maximum.
  void m_step(const Stats& stats, Params& params) const {
    NonnegativeQuadratic quadratic;
    params.theta = stats.theta;
    VectorXd theta;
    for (Index s = 0; s < samples(); ++s) {
      theta = params.theta.col(s);
      quadratic.solve(stats.gram, stats.right.col(s), theta);
      params.theta.col(s) = theta;
    }
    params.omega = ranges_.omega(stats.whitened / cells());
    params.kappa = ranges_.kappa(residual(stats, params.theta) / values());
    params.tau2 = ranges_.tau2(stats.shifts / static_cast<double>(genes()));
  }

  // theta as it is, and logarithms; those of what is given stay out.
  void pack(const Params& params, VectorXd& x) const {
    const Index n = params.theta.size();
    x.resize(n + 3);
    x.head(n) = Eigen::Map<const VectorXd>(params.theta.data(), n);
    x[n] = std::log(params.omega);
    x[n + 1] = std::log(params.kappa);
    x[n + 2] = params.tau2 > 0 ? std::log(params.tau2) : 0;
  }

  // A step that leads out of bounds ends on them: the guard asks whether it was a good one.
  bool unpack(const VectorXd& x, Params& params) const {
    const Index n = types() * samples();
    params.theta = Eigen::Map<const MatrixXd>(x.data(), types(), samples()).cwiseMax(0);
    params.omega = ranges_.omega(std::exp(x[n]));
    params.kappa = ranges_.kappa(std::exp(x[n + 1]));
    params.tau2 = ranges_.tau2(std::exp(x[n + 2]));
    return x.allFinite();
  }

  // Fisher's identity; nothing where a bound stops the climb.
  void score(const Params& params, const Stats& stats, VectorXd& g) const {
    const Index n = params.theta.size();
    g.resize(n + 3);
    MatrixXd slope = stats.right - stats.gram * params.theta;
    slope *= (depth_ / params.kappa).matrix().asDiagonal();
    g.head(n) = Eigen::Map<const VectorXd>(slope.data(), n);
    for (Index i = 0; i < n; ++i)
      if (params.theta.data()[i] <= 0) g[i] = std::max(g[i], 0.0);
    const auto inside = [](const Range& range, double x, double slope_there) {
      return range.holds(x) ? slope_there : 0.0;
    };
    g[n] = inside(ranges_.omega, params.omega, 0.5 * (stats.whitened / params.omega - cells()));
    g[n + 1] = inside(ranges_.kappa, params.kappa,
                      0.5 * (residual(stats, params.theta) / params.kappa - values()));
    g[n + 2] = inside(ranges_.tau2, params.tau2,
                      0.5 * (stats.shifts / params.tau2 - static_cast<double>(genes())));
  }

  Index genes() const { return genes_.genes(); }
  Index samples() const { return genes_.samples(); }
  Index types() const { return genes_.types(); }

 private:
  static constexpr Index kBlock = 32;

  double cells() const { return static_cast<double>(genes() * types()); }
  double values() const { return static_cast<double>(genes() * samples()); }

  // sum_gs depth_s E[(y - z'theta)^2] / d
  double residual(const Stats& stats, const MatrixXd& theta) const {
    const MatrixXd slope = stats.gram * theta - 2 * stats.right;
    return squares_ + theta.cwiseProduct(slope).colwise().sum().dot(depth_.matrix());
  }

  void visit(const Params& params, const MatrixXd& weighted, const MatrixXd& h, Index begin,
             Index end, Block& block, Stats& stats) const {
    const Index n = end - begin, k = types();
    const double omega = params.omega, tau2 = params.tau2;
    const auto noise = genes_.noise.segment(begin, n);
    MatrixXd prior = genes_.direction.middleRows(begin, n);
    const MatrixXd hr = h * prior.transpose();
    prior.array().colwise() *= 1 + genes_.offset.segment(begin, n);
    MatrixXd residual = genes_.bulk.middleRows(begin, n);
    residual.noalias() -= prior * params.theta;
    const MatrixXd pulled = weighted * residual.transpose();
    const VectorXd squares = residual.cwiseAbs2() * (depth_ / params.kappa).matrix();
    const MatrixXd hl = h * genes_.root.middleCols(begin * k, n * k);
    block.within.setZero();
    block.log_lik = block.whitened = block.shifts = 0;
    MatrixXd b(k, k), lt(k, k), mean(k, n), far(k, n);
    VectorXd v(k), vr(k), x(k);
    Eigen::LLT<MatrixXd> factor(k);
    for (Index i = 0; i < n; ++i) {
      const double d = noise[i];
      const auto l = genes_.root.middleCols((begin + i) * k, k);
      const auto r = genes_.direction.row(begin + i).transpose();
      // B = I + omega L'HL / d; the posterior of L x given e has covariance V = omega L B^-1 L'.
      b.noalias() = (omega / d) * (l.transpose() * hl.middleCols(i * k, k));
      b.diagonal().array() += 1;
      factor.compute(b);
      const auto root = factor.matrixL();
      lt = l.transpose();
      v.noalias() = lt * pulled.col(i);
      vr.noalias() = lt * hr.col(i);
      root.solveInPlace(v);
      root.solveInPlace(vr);
      root.solveInPlace(lt);
      block.within.noalias() += (omega / d) * (lt.transpose() * lt);
      // e, from what is left of R once x may follow
      const double known = (r.dot(hr.col(i)) - omega / d * vr.squaredNorm()) / d;
      const double says = (r.dot(pulled.col(i)) - omega / d * vr.dot(v)) / d;
      const double spread = tau2 / (1 + tau2 * known), shift = spread * says;
      block.log_lik -= factor.matrixLLT().diagonal().array().log().sum() +
                       0.5 * (std::log1p(tau2 * known) + squares[i] / d -
                              omega / (d * d) * v.squaredNorm() - shift * says);
      block.shifts += shift * shift + spread;
      x = (omega / d) * (v - shift * vr);
      factor.matrixU().solveInPlace(x);
      mean.col(i) = prior.row(i).transpose() + shift * r;
      mean.col(i).noalias() += l * x;
      // dz / de, and dx / de
      vr *= -omega / d;
      factor.matrixU().solveInPlace(vr);
      block.whitened += x.squaredNorm() + spread * vr.squaredNorm();
      far.col(i) = std::sqrt(spread / d) * r;
      far.col(i).noalias() += std::sqrt(spread / d) * (l * vr);
      stats.mean.row(begin + i) = mean.col(i).transpose();
      stats.shift[begin + i] = genes_.offset[begin + i] + shift;
    }
    const MatrixXd scaled = mean * noise.inverse().matrix().asDiagonal();
    block.gram.noalias() = scaled * mean.transpose();
    block.gram.noalias() += far * far.transpose();
    block.right.noalias() = scaled * genes_.bulk.middleRows(begin, n);
  }

  const LatentGenes& genes_;
  ArrayXd depth_;
  LatentRanges ranges_;
  int n_threads_;
  double squares_ = 0;
};

}  // namespace missmix
