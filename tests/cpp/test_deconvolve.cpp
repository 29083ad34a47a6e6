// Deconvolution with known profiles: derivatives, maxima, certificates, edges.
#include <missmix/models/deconvolve.hpp>

#include <catch.h>

#include "compare.hpp"
#include "toy_data.hpp"

namespace {

using namespace missmix;
using toy::difference;
using toy::identical;

struct Toy {
  MatrixXd profiles, bulk, truth;  // genes x types, genes x samples, types x samples

  Toy(Index genes, Index types, Index samples, unsigned seed, double noise) {
    toy::Random random(seed);
    profiles.resize(genes, types);
    truth.resize(types, samples);
    for (Index g = 0; g < genes; ++g) {
      const double level = std::exp(2 * random.normal());
      for (Index k = 0; k < types; ++k) profiles(g, k) = level * std::exp(random.normal());
    }
    for (Index s = 0; s < samples; ++s)
      for (Index k = 0; k < types; ++k) truth(k, s) = random.uniform() < 0.3 ? 0 : random.uniform();
    truth.row(0).array() += 0.1;
    bulk = profiles * truth;
    for (Index s = 0; s < samples; ++s)
      for (Index g = 0; g < genes; ++g) bulk(g, s) *= std::exp(noise * random.normal());
  }

  BulkView view() const {
    std::vector<ColumnView> columns;
    std::vector<Index> rows;
    for (Index s = 0; s < bulk.cols(); ++s) columns.emplace_back(bulk.col(s).data());
    for (Index g = 0; g < bulk.rows(); ++g) rows.push_back(g);
    return BulkView(columns, rows);
  }
};

template <class Family>
Deconvolved fit(const Toy& toy, const Family& family, double tol = 1e-6, int n_threads = 1) {
  Control control;
  control.tol = tol;
  control.max_iter = 1000;
  SilentMonitor monitor;
  const Profiles profiles(toy.profiles);
  return Deconvolution(toy.view(), profiles, family, control).run(n_threads, monitor);
}

// In proportions of the abundance.
MatrixXd shares(MatrixXd abundance) {
  for (Index s = 0; s < abundance.cols(); ++s) abundance.col(s) /= abundance.col(s).sum();
  return abundance;
}

MatrixXd true_shares(const Toy& toy) {
  return shares(Profiles(toy.profiles).totals.asDiagonal() * toy.truth);
}

// Poisson counts by plain EM, from equal shares.
double long_em(const Toy& toy, Index s, int steps) {
  const MatrixXd r = Profiles(toy.profiles).panel;
  const VectorXd y = toy.bulk.col(s);
  VectorXd b = VectorXd::Constant(r.cols(), y.sum() / static_cast<double>(r.cols()));
  for (int i = 0; i < steps; ++i) b.array() *= (r.transpose() * y.cwiseQuotient(r * b)).array();
  const VectorXd m = r * b;
  double value = -m.sum();
  for (Index g = 0; g < y.size(); ++g) value += y[g] * std::log(m[g]);
  return value + PoissonFamily().constant(y.array(), m.array());
}

template <class Family>
void check_score(Family family) {
  ArrayXd y(3), m(3);
  y << 0, 5, 40;
  m << 0.7, 9, 21;
  GeneTerms terms, ignored;
  terms.resize(3);
  ignored.resize(3);
  family(y, m, terms);
  for (Index g = 0; g < 3; ++g) {
    ArrayXd up = m, down = m;
    const double h = 1e-6 * m[g];
    up[g] += h;
    down[g] -= h;
    const double slope = (family(y, up, ignored) - family(y, down, ignored)) / (2 * h);
    CHECK(difference(slope, terms.score[g]) <= 1e-6 * (1 + std::abs(slope)));
    CHECK(terms.information[g] >= 0);
  }
}

}  // namespace

TEST_CASE("scores of all families are derivatives") {
  ArrayXd dispersion(3), weight(3);
  dispersion << 0, 0.2, 1.5;
  weight << 1, 0.5, 2;
  check_score(PoissonFamily());
  check_score(NegativeBinomialFamily{&dispersion, &weight});
  check_score(GaussianFamily{&weight});
  check_score(LogNormalFamily{&weight, 0.5, 1, 0.8});
  StudentFamily student(&weight, 4);
  student.scale2 = 7;
  check_score(student);
}

TEST_CASE("Poisson counts reach the maximum that EM reaches in the end, and certify it") {
  const Toy toy(200, 5, 6, 1, 0.3);
  const Deconvolved found = fit(toy, PoissonFamily());
  for (Index s = 0; s < 6; ++s) {
    INFO("sample " << s);
    CHECK(found.status[s] == Status::converged);
    CHECK(found.gap[s] <= 1e-6);
    CHECK(found.value[s] >= long_em(toy, s, 20000) - 1e-6);
    CHECK(found.value[s] - found.gap[s] <= long_em(toy, s, 20000) + 1e-6);
  }
}

TEST_CASE("mixtures without noise come back, in every family") {
  const Toy toy(300, 6, 4, 2, 0);
  const ArrayXd ones = ArrayXd::Ones(300), dispersion = 0.3 * ones;
  const MatrixXd truth = true_shares(toy);
  CHECK(difference(shares(fit(toy, PoissonFamily()).abundance), truth) <= 1e-10);
  CHECK(difference(shares(fit(toy, NegativeBinomialFamily{&dispersion, &ones}).abundance), truth) <=
        1e-10);
  CHECK(difference(shares(fit(toy, GaussianFamily{&ones}).abundance), truth) <= 1e-10);
  CHECK(difference(shares(fit(toy, LogNormalFamily{&ones, 0.1}).abundance), truth) <= 1e-10);
  CHECK(difference(shares(fit(toy, StudentFamily(&ones, 4)).abundance), truth) <= 1e-10);
}

TEST_CASE("the end is a maximum in every family") {
  const Toy toy(200, 5, 5, 3, 0.5);
  const ArrayXd ones = ArrayXd::Ones(200), dispersion = 0.3 * ones;
  const auto check = [&](const auto& family) {
    const Deconvolved near = fit(toy, family), arrived = fit(toy, family, 1e-12);
    for (Index s = 0; s < 5; ++s) {
      CHECK(near.status[s] == Status::converged);
      CHECK(arrived.value[s] - near.value[s] <= 1e-5);
    }
  };
  check(PoissonFamily());
  check(NegativeBinomialFamily{&dispersion, &ones});
  check(GaussianFamily{&ones});
  check(LogNormalFamily{&ones, 0.1});
  check(StudentFamily(&ones, 4));
}

TEST_CASE("a sparse prior reaches a point that EM with it does not move, with more zeros") {
  const Toy toy(100, 6, 5, 13, 0.5);
  const Profiles profiles(toy.profiles);
  SilentMonitor monitor;
  const double sparsity = 0.9;
  const auto found =
      Deconvolution(toy.view(), profiles, PoissonFamily(), Control(), sparsity).run(1, monitor);
  const MatrixXd plain = fit(toy, PoissonFamily()).abundance;
  for (Index s = 0; s < 5; ++s) {
    const VectorXd b = found.abundance.col(s), y = toy.bulk.col(s);
    CHECK(found.status[s] == Status::converged);
    CHECK((b.array() > 0).count() <= (plain.col(s).array() > 0).count());
    // MAP-EM: the expected count less the sparsity, where anything is left.
    const VectorXd m = profiles.panel * b;
    const VectorXd expected = b.cwiseProduct(profiles.panel.transpose() * y.cwiseQuotient(m));
    for (Index k = 0; k < 6; ++k)
      if (b[k] > 0) CHECK(difference(b[k], expected[k] - sparsity) <= 1e-5 * y.sum());
  }
}

TEST_CASE("threads change nothing, to the bit") {
  const Toy toy(60, 4, 300, 4, 0.3);
  const Deconvolved one = fit(toy, PoissonFamily(), 1e-6, 1);
  const Deconvolved two = fit(toy, PoissonFamily(), 1e-6, 2);
  CHECK(identical(one.abundance, two.abundance));
  CHECK(identical(one.value, two.value));
}

TEST_CASE("a sparse bulk is the same bulk") {
  Toy toy(80, 4, 5, 5, 0.2);
  for (Index s = 0; s < 5; ++s)
    for (Index g = 0; g < 80; ++g)
      if ((g + s) % 3 == 0) toy.bulk(g, s) = 0;
  std::vector<int> row, begin{0};
  std::vector<double> value;
  for (Index s = 0; s < 5; ++s) {
    for (Index g = 0; g < 80; ++g)
      if (toy.bulk(g, s) > 0) {
        row.push_back(static_cast<int>(g));
        value.push_back(toy.bulk(g, s));
      }
    begin.push_back(static_cast<int>(row.size()));
  }
  std::vector<Index> rows;
  for (Index g = 0; g < 80; ++g) rows.push_back(g);
  const BulkView sparse(SparseColumns{row.data(), begin.data(), value.data()}, 5, 80, rows);
  SilentMonitor monitor;
  const Profiles profiles(toy.profiles);
  const auto found = Deconvolution(sparse, profiles, PoissonFamily(), Control()).run(1, monitor);
  CHECK(identical(found.abundance, fit(toy, PoissonFamily()).abundance));
}

TEST_CASE("edges: one type, one gene, twins, more types than genes, nothing at all, huge counts") {
  SECTION("one type") {
    const Toy toy(20, 1, 2, 6, 0.3);
    CHECK(difference(fit(toy, PoissonFamily()).abundance.row(0), toy.bulk.colwise().sum()) <= 1e-9);
  }
  SECTION("one gene") {
    const Toy toy(1, 3, 2, 7, 0);
    const Deconvolved found = fit(toy, PoissonFamily());
    CHECK(found.abundance.allFinite());
    CHECK(found.gap.maxCoeff() <= 1e-6);
  }
  SECTION("twins share alike") {
    Toy toy(100, 4, 3, 8, 0.2);
    toy.profiles.col(3) = 2 * toy.profiles.col(2);
    const Deconvolved found = fit(toy, PoissonFamily());
    CHECK(found.gap.maxCoeff() <= 1e-6);
    CHECK(found.abundance.allFinite());
  }
  SECTION("more types than genes") {
    const Toy toy(5, 9, 3, 9, 0.1);
    const Deconvolved found = fit(toy, PoissonFamily());
    CHECK(found.gap.maxCoeff() <= 1e-6);
  }
  SECTION("an empty sample") {
    Toy toy(20, 3, 3, 10, 0.1);
    toy.bulk.col(1).setZero();
    const Deconvolved found = fit(toy, PoissonFamily());
    CHECK(found.status[1] == Status::degenerate);
    CHECK(std::isnan(found.abundance(0, 1)));
    CHECK(found.status[2] == Status::converged);
  }
  SECTION("counts of 1e9 and of 1e-9") {
    Toy toy(50, 4, 3, 11, 0.3);
    const MatrixXd unit = toy.bulk;
    for (double scale : {1e9, 1e-9}) {
      toy.bulk = scale * unit;
      const Deconvolved found = fit(toy, PoissonFamily());
      const double total = toy.bulk.colwise().sum().maxCoeff();
      CHECK(found.gap.maxCoeff() <=
            std::max(1e-6, 16 * std::numeric_limits<double>::epsilon() * total));
      CHECK(found.abundance.allFinite());
    }
  }
}

TEST_CASE("an interrupt keeps the samples that are finished") {
  struct Once final : Monitor {
    bool keep_going(const TraceRow&) override { return false; }
  };
  const Toy toy(10, 2, 1000, 12, 0.2);
  Once monitor;
  const Profiles profiles(toy.profiles);
  const Deconvolved found =
      Deconvolution(toy.view(), profiles, PoissonFamily(), Control()).run(1, monitor);
  CHECK(found.status.front() == Status::converged);
  CHECK(found.status.back() == Status::stopped);
  CHECK(std::isnan(found.abundance(0, 999)));
}
