// Data augmentation: sums and products drawn at once have the distribution of those of cells drawn
// one by one.
#include <missmix/models/mvn_chains.hpp>

#include <catch.h>

#include <utility>

#include "compare.hpp"
#include "mvn_reference.hpp"
#include "toy_data.hpp"

namespace {

using namespace missmix;
using toy::difference;

struct Problem {
  explicit Problem(toy::Rows given)
      : rows(std::move(given)),
        columns(rows.columns()),
        survey(columns, rows.n(), nullptr),
        data(survey, columns, rows.n(), nullptr),
        model(data, 0, 1),
        params(mvn_params()) {}

  toy::Rows rows;
  Columns columns;
  Survey survey;
  MvnData data;
  Mvn model;
  Mvn::Params params;

 private:
  // Far from diagonal, and means away from zero.
  Mvn::Params mvn_params() const {
    const Index p = data.p;
    Mvn::Params out{VectorXd::LinSpaced(p, -0.5, 0.5), MatrixXd::Constant(p, p, 0.4), {}, {}};
    out.sigma.diagonal() = VectorXd::LinSpaced(p, 0.8, 1.6);
    Mvn::factorise(out);
    return out;
  }
};

// Five columns; patterns with many rows, one of them with two observed columns that are equal
// there, single rows, complete rows and an empty one.
toy::Rows mixed_patterns() {
  toy::Rows rows = toy::complete_rows(48, 5, 3);
  for (Index i = 0; i < 12; ++i) rows.cells(i, 1) = rows.cells(i, 3) = kMissing;
  for (Index i = 12; i < 24; ++i) {
    rows.cells(i, 4) = rows.cells(i, 0) = kMissing;
    rows.cells(i, 2) = 20 + 5 * (rows.cells(i, 1) - 10) / 3;
  }
  for (Index i = 24; i < 27; ++i) rows.cells(i, 2) = kMissing;
  rows.cells.row(27).head(4).setConstant(kMissing);
  rows.cells.row(28).setConstant(kMissing);
  return rows;
}

// Sum and cross-product, lower triangle, of one set of completed data.
VectorXd flat(const VectorXd& sum, const MatrixXd& cross) {
  VectorXd out(sum.size() * (sum.size() + 3) / 2);
  out.head(sum.size()) = sum;
  Index at = sum.size();
  for (Index j = 0; j < sum.size(); ++j)
    for (Index i = j; i < sum.size(); ++i) out[at++] = cross(i, j);
  return out;
}

struct Moments {
  VectorXd mean;
  MatrixXd cov;
};

template <class Draw>
Moments moments(int n, const Draw& draw) {
  VectorXd first = draw();
  MatrixXd second = first * first.transpose();
  for (int i = 1; i < n; ++i) {
    const VectorXd x = draw();
    first += x;
    second += x * x.transpose();
  }
  first /= n;
  return {first, second / n - first * first.transpose()};
}

// Completes the rows cell by cell, with the filler of the imputations.
VectorXd complete_by_cells(const Problem& problem, const IncompleteRows& incomplete,
                           const Normal& normal, MvnFill& fill, Rng& rng) {
  const Index p = problem.data.p;
  std::vector<double> cells(static_cast<std::size_t>(incomplete.cells()));
  REQUIRE(fill.draw(incomplete, normal, VectorXd::Zero(p), VectorXd::Ones(p), rng, cells));
  MatrixXd z = problem.rows.cells;
  for (std::size_t c = 0; c < cells.size(); ++c)
    z(incomplete.row[c], incomplete.variable[c]) = cells[c];
  VectorXd sum = VectorXd::Zero(p);
  MatrixXd cross = MatrixXd::Zero(p, p);
  for (Index i = 0; i < z.rows(); ++i) {
    VectorXd row = z.row(i);
    bool empty = true;
    for (Index j = 0; j < p; ++j)
      if (problem.rows.cells(i, j) == problem.rows.cells(i, j)) {
        row[j] = (row[j] - problem.data.centre[j]) / problem.data.scale[j];
        empty = false;
      }
    if (empty) continue;
    sum += row;
    cross += row * row.transpose();
  }
  return flat(sum, cross);
}

}  // namespace

TEST_CASE("the I-step draws sums and products as if cell by cell") {
  constexpr int n = 8000;
  const Problem problem(mixed_patterns());
  REQUIRE(problem.data.cross.size() == 3);  // two incomplete patterns are tables
  const MvnPosterior posterior(problem.data, 0);
  MvnPosterior::Work work(5);
  Rng rng(11, 1, 0), other(12, 1, 1);
  const Moments found = moments(n, [&] {
    REQUIRE(posterior.impute(problem.params, rng, work));
    return flat(work.sum, work.cross);
  });

  // The means are those of the E-step, exactly.
  auto stats = problem.model.make_stats();
  problem.model.e_step(problem.params, stats);
  const VectorXd expected = flat(stats.sum, stats.cross);
  // The covariances are those of drawn cells.
  const IncompleteRows incomplete(problem.survey, problem.columns, problem.rows.n(),
                                  problem.data.centre, problem.data.scale);
  MvnFill fill(5);
  const Moments by_cells =
      moments(n, [&] { return complete_by_cells(problem, incomplete, stats.normal, fill, other); });
  for (Index i = 0; i < expected.size(); ++i) {
    const double sd = std::sqrt(by_cells.cov(i, i));
    // Sums of squares about the origin of some fifty standardised rows: rounding alone.
    const double rounding = 1e-10;
    CHECK(std::abs(found.mean[i] - expected[i]) <= 5 * sd / std::sqrt(n) + rounding);
    for (Index j = 0; j <= i; ++j) {
      const double scale = sd * std::sqrt(by_cells.cov(j, j));
      // Of a difference of two correlations from n draws each; products of normals have longer
      // tails than normals.
      CHECK(std::abs(found.cov(i, j) - by_cells.cov(i, j)) <=
            5 * scale * std::sqrt(2 * 3.0 / n) + rounding);
    }
  }
}

TEST_CASE("the root of a table gives back its sums and products, whatever its rank") {
  const toy::Rows rows = toy::complete_rows(30, 4, 9);
  const std::vector<Index> observed{0, 2, 3};
  for (Index n : {1, 2, 3, 4, 5, 30}) {
    MatrixXd z = (rows.cells.topRows(n).array() / 10).matrix();
    if (n == 30) z.col(3) = 2 * z.col(0) - VectorXd::Ones(n);
    z.col(1).setZero();
    const PatternRoot root =
        pattern_root(z.colwise().sum().transpose(), z.transpose() * z, observed, n);
    const Index rank = n == 30 ? 3 : std::min<Index>(n, 4);
    CHECK(root.ones.size() == rank);
    CHECK(root.left == n - rank);
    CHECK(root.variables.row(1).norm() == 0);
    // Squares of up to 10, thirty of them.
    CHECK((root.variables * root.variables.transpose() - z.transpose() * z).norm() < 1e-10);
    CHECK((root.variables * root.ones - z.colwise().sum().transpose()).norm() < 1e-10);
    CHECK(difference(root.ones.squaredNorm(), static_cast<double>(n)) < 1e-12);
  }
}

TEST_CASE("Wishart matrices have their moments, with fewer degrees of freedom than rows too") {
  constexpr int n = 8000;
  constexpr Index q = 3;
  Rng rng(5, 1, 0);
  MatrixXd root;
  for (Index df : {1, 2, 3, 7}) {
    const Moments found = moments(n, [&] {
      wishart_root(rng, df, q, root);
      REQUIRE(root.cols() == std::min(df, q));
      return flat(VectorXd::Zero(q), root * root.transpose());
    });
    for (Index j = 0, at = q; j < q; ++j)
      for (Index i = j; i < q; ++i, ++at) {
        const double d = static_cast<double>(df), variance = i == j ? 2 * d : d;
        CHECK(std::abs(found.mean[at] - (i == j ? d : 0)) < 5 * std::sqrt(variance / n));
        // The kurtosis of a chi-square of one degree of freedom is 15, of a product of normals 9.
        CHECK(std::abs(found.cov(at, at) - variance) < 5 * variance * std::sqrt(14.0 / n));
      }
  }
}

TEST_CASE("the P-step draws an inverse Wishart covariance and a mean about that of the data") {
  constexpr int n = 8000;
  const Problem problem(toy::complete_rows(30, 3, 4));
  for (double ridge : {0.0, 5.0}) {
    const MvnPosterior posterior(problem.data, ridge);
    MvnPosterior::Work work(3);
    Rng rng(21, 2, 0);
    Mvn::Params params = problem.params;
    const Moments found = moments(n, [&] {
      REQUIRE(posterior.step(params, rng, work));
      return flat(params.mu, params.sigma);
    });
    CHECK((params.chol * params.chol.transpose() - params.sigma).norm() < 1e-12);
    CHECK((params.chol * params.chol_inverse - MatrixXd::Identity(3, 3)).norm() < 1e-10);
    // Of complete data, in standardised units: mean zero, S = n R.
    MatrixXd s = problem.data.total_cross;
    s.diagonal().array() += ridge;
    const double df = 29 + ridge, room = df - 3 - 1;
    for (Index j = 0, at = 3; j < 3; ++j) {
      CHECK(std::abs(found.mean[j]) < 5 * std::sqrt(found.cov(j, j) / n));
      CHECK(std::abs(found.cov(j, j) / (s(j, j) / room / 30) - 1) < 0.1);  // 5 standard errors
      for (Index i = j; i < 3; ++i, ++at) {
        CHECK(std::abs(found.mean[at] - s(i, j) / room) < 5 * std::sqrt(found.cov(at, at) / n));
        const double variance = ((room + 2) * s(i, j) * s(i, j) + room * s(i, i) * s(j, j)) /
                                ((room + 1) * room * room * (room - 2));
        CHECK(std::abs(found.cov(at, at) / variance - 1) < 0.2);  // kurtosis below 10
      }
    }
  }
}

TEST_CASE("chains are the same beside each other and one by one, and a monitor may end them") {
  class AskedTwice final : public Monitor {
   public:
    bool keep_going(const TraceRow&) override { return ++asked_ < 2; }

   private:
    int asked_ = 0;
  };
  const Problem problem(mixed_patterns());
  const MvnPosterior posterior(problem.data, 0);
  Normal mle;
  REQUIRE(Mvn::to_normal(problem.params, mle));
  const WorstFunction worst(mle, VectorXd::Ones(5), MatrixXd::Identity(5, 5));
  CHECK(std::abs(worst(problem.params)) < 1e-14);
  const auto make = [&] {
    std::vector<MvnChain> chains;
    for (std::uint32_t k = 1; k <= 5; ++k) chains.emplace_back(3, k, problem.params);
    return chains;
  };
  SilentMonitor silent;
  auto one = make(), two = make();
  CHECK(run_chains(posterior, worst, 12, 1, silent, one) == 5);
  CHECK(run_chains(posterior, worst, 12, 2, silent, two) == 5);
  for (std::size_t k = 0; k < 5; ++k) {
    CHECK(one[k].legal);
    CHECK(one[k].worst == two[k].worst);
    CHECK(one[k].params.sigma == two[k].params.sigma);
    CHECK(one[k].worst.size() == 12);
  }
  CHECK(one[0].worst != one[1].worst);
  AskedTwice impatient;
  auto few = make();
  const Index finished = run_chains(posterior, worst, 1, 1, impatient, few);
  CHECK(finished == 2);
  CHECK(few[1].worst[0] == one[1].worst[0]);
}
