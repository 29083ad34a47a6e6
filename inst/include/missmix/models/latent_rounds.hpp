// Profiles refined by the bulk: the climb of latent_profiles.hpp, repeated about better centres.
//
// What a platform does to a gene is a factor a_g, log a_g ~ N(0, tau^2). Near the a_g found so far
// that is a_g (1 + e), e ~ N(-log a_g, tau^2): each round is an exact Gaussian model about the
// factors of the round before (as in an iterated Kalman filter, Bell & Cathey 1993), and takes its
// noise from what that round expects of the bulk.
#pragma once

#include "../accelerate/anderson.hpp"
#include "../run.hpp"
#include "latent_profiles.hpp"
#include "profile_posterior.hpp"

namespace missmix {

// What is known before the bulk is looked at.
struct ProfileKnowledge {
  const CellMeans& cells;
  const ProfilePrior::Params& prior;
  const MatrixXd& own;  // genes x types: variance of the bulk's own cells about the true profile
};

struct LatentBulk {
  MatrixXd values;  // genes x samples, brought to one total
  ArrayXd depth;    // of each sample, its mean one
  double least;     // what counts as one count at mean depth
};

struct LatentFit {
  Fit<LatentProfiles> last;  // climb of the last round
  MatrixXd profiles;         // genes x types
  int passes = 0;
};

class LatentRounds {
 public:
  LatentRounds(const ProfileKnowledge& known, const LatentBulk& bulk, const LatentRanges& ranges,
               int n_threads)
      : known_(known), bulk_(bulk), ranges_(ranges), n_threads_(n_threads) {}

  // `shared` are the genes that decide; profiles of the others follow, given what was found.
  LatentFit run(const std::vector<Index>& shared, const LatentProfiles::Params& start, int rounds,
                const Control& control, Index depth, Monitor& monitor) const {
    LatentFit out;
    out.profiles.resize(known_.cells.genes(), known_.cells.types());
    Centre centre = first_centre(shared, start.theta);
    LatentProfiles::Params params = start;
    Control coarse = control;
    coarse.tol *= kCoarse;
    for (int round = 1; round <= rounds; ++round) {
      const bool last = round == rounds || centre.moved < kStill;
      const LatentGenes genes = about(centre);
      const LatentProfiles model(genes, bulk_.depth, ranges_, n_threads_);
      Anderson anderson(depth);
      Climb<LatentProfiles> climb(model, last ? control : coarse, anderson, monitor);
      out.last = climb.from(params);
      params = out.last.params;
      out.passes += out.last.passes + 1;
      move(model, params, centre);
      if (last || out.last.status == Status::stopped || out.last.status == Status::non_finite)
        break;
    }
    write(centre, out.profiles);
    refine_others(shared, params, rounds, out.profiles);
    return out;
  }

 private:
  static constexpr Index kChunk = 512;
  static constexpr double kFarthest = 0.7;  // a factor of two a round
  static constexpr double kCoarse = 10;     // what all rounds but the last may leave besides
  static constexpr double kStill = 0.05;    // moves of log factors that a round would not notice
  static constexpr double kFitCounts = 3;   // samples that the fitted mean weighs

  // Where the factors of some genes are, and what the bulk of these genes is expected to be.
  struct Centre {
    std::vector<Index> genes;
    MatrixXd mean, root;  // posterior given the cells
    MatrixXd bulk;
    ArrayXd log_factor, noise;
    MatrixXd refined;
    double moved = std::numeric_limits<double>::infinity();  // in the last round
  };

  Centre first_centre(const std::vector<Index>& genes, const MatrixXd& theta) const {
    const Index n = static_cast<Index>(genes.size()), k = known_.cells.types();
    Centre out;
    out.genes = genes;
    out.mean.resize(n, k);
    out.root.resize(k, n * k);
    out.bulk.resize(n, bulk_.depth.size());
    out.log_factor.setZero(n);
    const ProfilePrior prior(known_.cells, {}, 1);
    for_each_task(static_cast<int>((n + kBlock - 1) / kBlock), n_threads_, [&](int b) {
      VectorXd mean;
      MatrixXd covariance;
      for (Index i = b * kBlock; i < std::min<Index>(n, (b + 1) * kBlock); ++i) {
        prior.posterior(known_.prior, genes[i], mean, &covariance);
        covariance.diagonal() += known_.own.row(genes[i]).transpose();
        out.mean.row(i) = mean.cwiseMax(kLeastShare * known_.cells.level[genes[i]]).transpose();
        out.root.middleCols(i * k, k) = covariance.llt().matrixL();
        out.bulk.row(i) = bulk_.values.row(genes[i]);
      }
    });
    out.refined = out.mean;
    set_noise(theta, out);
    return out;
  }

  LatentGenes about(const Centre& centre) const {
    const ArrayXd factor = centre.log_factor.exp();
    LatentGenes out{centre.bulk, centre.mean, centre.root, -centre.log_factor, centre.noise};
    const Index k = centre.mean.cols();
    out.direction.array().colwise() *= factor;
    for (Index i = 0; i < factor.size(); ++i) out.root.middleCols(i * k, k) *= factor[i];
    return out;
  }

  // Takes the genes' factors and profiles to what they are at these parameters.
  void move(const LatentProfiles& model, const LatentProfiles::Params& params,
            Centre& centre) const {
    LatentProfiles::Stats stats = model.make_stats();
    model.e_step(params, stats);
    centre.moved = std::sqrt(stats.shift.square().mean());
    centre.log_factor += stats.shift.min(kFarthest).max(-kFarthest);
    centre.refined = stats.mean;
    set_noise(params.theta, centre);
  }

  // Variance of counts is their mean: what was seen over the samples, steadied by the fit.
  void set_noise(const MatrixXd& theta, Centre& centre) const {
    const double n = static_cast<double>(theta.cols());
    const ArrayXd fit = (centre.refined * theta.rowwise().mean()).array().max(0);
    const ArrayXd seen = centre.bulk.rowwise().mean().array();
    centre.noise = (n * seen + kFitCounts * fit) / (n + kFitCounts) + 0.1 * bulk_.least / n;
  }

  void refine_others(const std::vector<Index>& shared, const LatentProfiles::Params& params,
                     int rounds, MatrixXd& profiles) const {
    std::vector<bool> done(static_cast<std::size_t>(profiles.rows()), false);
    for (Index gene : shared) done[gene] = true;
    std::vector<Index> chunk;
    for (Index gene = 0; gene < profiles.rows(); ++gene) {
      if (!done[gene]) chunk.push_back(gene);
      const bool full = static_cast<Index>(chunk.size()) == kChunk || gene + 1 == profiles.rows();
      if (!full || chunk.empty()) continue;
      Centre centre = first_centre(chunk, params.theta);
      for (int round = 0; round < rounds; ++round) {
        const LatentGenes genes = about(centre);
        move(LatentProfiles(genes, bulk_.depth, ranges_, n_threads_), params, centre);
      }
      write(centre, profiles);
      chunk.clear();
    }
  }

  // No profile is negative, nor zero where the bulk may have seen the gene.
  void write(const Centre& centre, MatrixXd& profiles) const {
    for (std::size_t i = 0; i < centre.genes.size(); ++i) {
      const Index at = static_cast<Index>(i);
      profiles.row(centre.genes[i]) = centre.refined.row(at).cwiseMax(
          kLeastShare * std::exp(centre.log_factor[at]) * known_.cells.level[centre.genes[i]]);
    }
  }

  static constexpr Index kBlock = 32;
  static constexpr double kLeastShare = 1e-3;  // of the mean over types

  ProfileKnowledge known_;
  const LatentBulk& bulk_;
  LatentRanges ranges_;
  int n_threads_;
};

}  // namespace missmix
