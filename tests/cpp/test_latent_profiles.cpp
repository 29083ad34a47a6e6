// Latent profiles: log-likelihood against the full covariance, derivatives, monotone climbs.
#include <missmix/models/latent_rounds.hpp>

#include <catch.h>

#include "compare.hpp"
#include "toy_data.hpp"

namespace {

using namespace missmix;
using toy::difference;
using toy::identical;

struct Toy {
  LatentGenes genes;
  ArrayXd depth;
  LatentProfiles::Params params;
  LatentRanges ranges{{0.1, 10}, {0.1, 100}, {1e-6, 10}};

  Toy(Index n, Index types, Index samples, unsigned seed) {
    toy::Random random(seed);
    genes.bulk.resize(n, samples);
    genes.direction.resize(n, types);
    genes.root.setZero(types, types * n);
    genes.offset.resize(n);
    genes.noise.resize(n);
    depth.resize(samples);
    params.theta.resize(types, samples);
    params.omega = 0.8;
    params.kappa = 1.7;
    params.tau2 = 0.04;
    for (Index s = 0; s < samples; ++s) {
      depth[s] = 0.5 + random.uniform();
      for (Index k = 0; k < types; ++k) params.theta(k, s) = 0.05 + random.uniform();
    }
    for (Index g = 0; g < n; ++g) {
      for (Index k = 0; k < types; ++k) {
        genes.direction(g, k) = 20 * std::exp(random.normal());
        for (Index j = 0; j <= k; ++j) genes.root(k, g * types + j) = 2 * random.normal();
        genes.root(k, g * types + k) = 1 + 4 * random.uniform();
      }
      genes.offset[g] = 0.1 * random.normal();
      genes.noise[g] = genes.direction.row(g).mean();
      const VectorXd truth = (1 + 0.2 * random.normal()) * genes.direction.row(g).transpose();
      for (Index s = 0; s < samples; ++s)
        genes.bulk(g, s) =
            truth.dot(params.theta.col(s)) + std::sqrt(genes.noise[g] / depth[s]) * random.normal();
    }
  }

  LatentProfiles model(int n_threads = 1) const { return {genes, depth, ranges, n_threads}; }
};

// The density of a normal vector with this covariance.
double log_density(const VectorXd& residual, const MatrixXd& covariance) {
  const Eigen::LLT<MatrixXd> factor(covariance);
  const MatrixXd root = factor.matrixL();
  return -0.5 * (residual.dot(factor.solve(residual)) + 2 * root.diagonal().array().log().sum() +
                 static_cast<double>(residual.size()) * std::log(2 * 3.14159265358979323846));
}

double full_log_lik(const Toy& toy) {
  const auto& [theta, omega, kappa, tau2] = toy.params;
  const Index k = theta.rows();
  double sum = 0;
  for (Index g = 0; g < toy.genes.genes(); ++g) {
    const VectorXd r = toy.genes.direction.row(g).transpose();
    const MatrixXd root = toy.genes.root.middleCols(g * k, k);
    const MatrixXd profile = omega * root * root.transpose() + tau2 * r * r.transpose();
    MatrixXd covariance = theta.transpose() * profile * theta;
    covariance.diagonal() += (kappa * toy.genes.noise[g] / toy.depth).matrix();
    sum += log_density(
        toy.genes.bulk.row(g).transpose() - (1 + toy.genes.offset[g]) * theta.transpose() * r,
        covariance);
  }
  return sum;
}

template <class Model>
void check_score(const Model& model, const typename Model::Params& params) {
  auto stats = model.make_stats();
  model.e_step(params, stats);
  VectorXd x, g;
  model.pack(params, x);
  model.score(params, stats, g);
  typename Model::Params other = params;
  for (Index i = 0; i < x.size(); ++i) {
    VectorXd up = x, down = x;
    const double h = 1e-5;
    up[i] += h;
    down[i] -= h;
    REQUIRE(model.unpack(up, other));
    const double high = model.e_step(other, stats);
    REQUIRE(model.unpack(down, other));
    const double slope = (high - model.e_step(other, stats)) / (2 * h);
    INFO("coordinate " << i);
    CHECK(difference(slope, g[i]) <= 1e-5 * (1 + std::abs(slope)));
  }
}

template <class Model>
void check_climb(const Model& model, typename Model::Params params, int steps) {
  auto stats = model.make_stats();
  double before = -std::numeric_limits<double>::infinity();
  for (int i = 0; i < steps; ++i) {
    double here = model.e_step(params, stats);
    if constexpr (has_log_prior<Model>) here += model.log_prior(params);
    CHECK(here >= before - 1e-11 * std::abs(here));
    before = here;
    model.m_step(stats, params);
  }
}

// Cells of types that share half of what makes genes differ.
struct ToyCells {
  CellMeans cells;
  MatrixXd truth, own;

  ToyCells(Index genes, Index types, double relative, unsigned seed) {
    toy::Random random(seed);
    truth.resize(genes, types);
    cells = {MatrixXd(genes, types), MatrixXd(genes, types), ArrayXd(genes)};
    for (Index g = 0; g < genes; ++g) {
      const double level = 10 * std::exp(random.normal());
      for (Index k = 0; k < types; ++k)
        truth(g, k) = level * std::max(0.05, 1 + 0.4 * random.normal());
      cells.level[g] = level;
      for (Index k = 0; k < types; ++k) {
        const double error = relative * level;
        cells.error(g, k) = error * error;
        cells.mean(g, k) = truth(g, k) + error * random.normal();
      }
    }
    own = 0.01 * cells.error;
  }

  std::vector<Index> genes() const {
    std::vector<Index> out;
    for (Index g = 0; g < cells.genes(); ++g) out.push_back(g);
    return out;
  }
};

Fit<ProfilePrior> fit_prior(const ToyCells& toy, int n_threads = 1) {
  const ProfilePrior model(toy.cells, toy.genes(), n_threads);
  Anderson anderson(10);
  SilentMonitor monitor;
  Control control;
  control.tol = 1e-3;
  return Climb<ProfilePrior>(model, control, anderson, monitor).from(model.initial());
}

}  // namespace

TEST_CASE("the log-likelihood is that of the full covariance") {
  for (Index samples : {1, 2, 7}) {
    const Toy toy(5, 3, samples, 1);
    const LatentProfiles model = toy.model();
    LatentProfiles::Stats stats = model.make_stats();
    const double expected = full_log_lik(toy);
    CHECK(difference(model.e_step(toy.params, stats), expected) <= 1e-11 * std::abs(expected));
  }
}

TEST_CASE("scores are derivatives") {
  const Toy toy(40, 3, 4, 2);
  check_score(toy.model(), toy.params);
}

TEST_CASE("EM climbs, and with bounds that bind") {
  Toy toy(60, 4, 5, 3);
  check_climb(toy.model(), toy.params, 50);
  toy.ranges = {{1, 1}, {5, 6}, {0.5, 1}};
  toy.params = {toy.params.theta, 1, 5, 0.5};
  check_climb(toy.model(), toy.params, 50);
  const ToyCells cells(80, 3, 0.3, 4);
  const ProfilePrior prior(cells.cells, cells.genes(), 1);
  check_climb(prior, prior.initial(), 50);
}

TEST_CASE("pack and unpack are a round trip, and legal everywhere") {
  const Toy toy(10, 3, 4, 5);
  const LatentProfiles model = toy.model();
  VectorXd x, again;
  model.pack(toy.params, x);
  LatentProfiles::Params params;
  REQUIRE(model.unpack(x, params));
  model.pack(params, again);
  CHECK(difference(x, again) <= 1e-14);
  x[0] = -3;
  x[12] = 50;
  REQUIRE(model.unpack(x, params));
  CHECK(params.theta(0, 0) == 0);
  CHECK(params.omega == 10);

  const ToyCells cells(30, 3, 0.3, 5);
  const ProfilePrior prior(cells.cells, cells.genes(), 1);
  prior.pack(prior.initial(), x);
  ProfilePrior::Params back;
  REQUIRE(prior.unpack(x, back));
  CHECK(difference(back.sigma, prior.initial().sigma) <= 1e-14);
  CHECK(difference(back.weight, prior.initial().weight) <= 1e-14);
}

TEST_CASE("the posterior of a profile is nearer to the truth, and tends to the means") {
  const auto distance = [](const ToyCells& toy, bool posterior) {
    const Fit<ProfilePrior> fit = fit_prior(toy);
    const ProfilePrior model(toy.cells, toy.genes(), 1);
    double sum = 0, all = 0;
    VectorXd mean;
    MatrixXd covariance;
    for (Index g = 0; g < toy.cells.genes(); ++g) {
      model.posterior(fit.params, g, mean, &covariance);
      CHECK(covariance.llt().info() == Eigen::Success);
      if (!posterior) mean = toy.cells.mean.row(g).transpose();
      sum += (mean - toy.truth.row(g).transpose()).squaredNorm() / toy.cells.level[g];
      all += toy.truth.row(g).squaredNorm() / toy.cells.level[g];
    }
    return std::sqrt(sum / all);
  };
  const ToyCells few(200, 4, 0.4, 6);
  CHECK(distance(few, true) < 0.8 * distance(few, false));
  const ToyCells many(200, 4, 1e-4, 6);
  const Fit<ProfilePrior> fit = fit_prior(many);
  VectorXd mean;
  ProfilePrior(many.cells, {}, 1).posterior(fit.params, 0, mean, nullptr);
  const VectorXd raw = many.cells.mean.row(0).transpose();
  CHECK(difference(mean, raw) <= 1e-6 * raw.norm());
}

TEST_CASE("rounds find mixtures, factors of genes, and the same with two threads") {
  const ToyCells toy(300, 3, 0.15, 7);
  toy::Random random(8);
  const Index samples = 12;
  MatrixXd theta(3, samples);
  for (Index s = 0; s < samples; ++s)
    for (Index k = 0; k < 3; ++k) theta(k, s) = 0.02 + random.uniform();
  for (Index s = 0; s < samples; ++s) theta.col(s) /= theta.col(s).sum();
  LatentBulk bulk{100 * toy.truth * theta, ArrayXd::Ones(samples), 1};
  for (Index g = 0; g < 300; ++g) {
    const double factor = std::exp(0.3 * random.normal());
    for (Index s = 0; s < samples; ++s) {
      const double mean = factor * bulk.values(g, s);
      bulk.values(g, s) = std::max(0.0, mean + std::sqrt(mean) * random.normal());
    }
  }
  CellMeans scaled = toy.cells;
  scaled.mean *= 100;
  scaled.level *= 100;
  scaled.error *= 1e4;
  const MatrixXd own = 1e4 * toy.own;
  const ProfilePrior::Params prior = fit_prior(toy).params;
  std::vector<Index> shared;
  for (Index g = 0; g < 300; g += 2) shared.push_back(g);
  const auto run = [&](int n_threads) {
    const LatentRounds rounds({scaled, prior, own}, bulk, {{0.7, 1.3}, {1, 1e6}, {1e-6, 25}},
                              n_threads);
    Control control;
    control.tol = 0.1;
    control.max_iter = 200;
    SilentMonitor monitor;
    return rounds.run(shared, {MatrixXd::Constant(3, samples, 1.0 / 3), 1, 1, 0.09}, 3, control, 10,
                      monitor);
  };
  const LatentFit one = run(1);
  CHECK(one.last.status == Status::converged);
  MatrixXd found = one.last.params.theta;
  for (Index s = 0; s < samples; ++s) found.col(s) /= found.col(s).sum();
  CHECK(difference(found, theta) <= 0.08);
  CHECK(std::abs(std::sqrt(one.last.params.tau2) - 0.3) <= 0.06);
  CHECK(one.profiles.minCoeff() > 0);
  const LatentFit two = run(2);
  CHECK(identical(one.last.params.theta, two.last.params.theta));
  CHECK(identical(one.profiles, two.profiles));
}
