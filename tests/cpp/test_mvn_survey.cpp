// First look at the data, and their form for the E-step.
#include <missmix/models/mvn_data.hpp>

#include <catch.h>

#include "compare.hpp"
#include "mvn_reference.hpp"

namespace {

using namespace missmix;
using toy::difference;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

Survey survey_of(const toy::Rows& rows, const Columns& columns) {
  return Survey(columns, rows.n(), rows.weight_data());
}

}  // namespace

TEST_CASE("centre and scale are mean and standard deviation of the observed cells") {
  toy::Rows rows = toy::incomplete_rows(500, 4, 0.3, 1);
  for (bool weighted : {false, true}) {
    if (weighted) toy::add_weights(rows);
    const Columns columns = rows.columns();
    const Survey survey = survey_of(rows, columns);
    Index missing = 0;
    for (Index j = 0; j < rows.p(); ++j) {
      double w = 0, first = 0, second = 0;
      for (Index i = 0; i < rows.n(); ++i) {
        const double y = rows.cells(i, j);
        if (y != y) ++missing;
        if (y != y) continue;
        w += rows.weight(i);
        first += rows.weight(i) * y;
        second += rows.weight(i) * y * y;
      }
      const ColumnFacts& facts = survey.facts[static_cast<std::size_t>(j)];
      CHECK(difference(facts.observed, w) < 1e-12 * w);
      // Values up to 50: squares of 2,500 cancel in the obvious formula.
      CHECK(difference(facts.centre, first / w) < 1e-12);
      CHECK(difference(facts.scale, std::sqrt(second / w - std::pow(first / w, 2))) < 1e-11);
      CHECK_FALSE(facts.constant);
      CHECK(facts.bad_row == -1);
    }
    CHECK(survey.missing_cells == missing);
  }
}

TEST_CASE("a mean a billion times the standard deviation does not cancel") {
  toy::Rows rows{MatrixXd(4, 1), VectorXd()};
  rows.cells << 1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3;
  const Columns columns = rows.columns();
  const ColumnFacts facts = survey_of(rows, columns).facts[0];
  CHECK(facts.centre == 1e9 + 1.5);
  CHECK(difference(facts.scale, std::sqrt(1.25)) < 1e-15);
}

TEST_CASE("values whose squares overflow or vanish still have a finite unit") {
  for (double unit : {1e200, 1e-200}) {
    toy::Rows rows{MatrixXd(3, 1), VectorXd()};
    rows.cells << unit, 2 * unit, 4 * unit;
    const Columns columns = rows.columns();
    const ColumnFacts facts = survey_of(rows, columns).facts[0];
    // Only its order matters.
    CHECK(facts.scale >= unit);
    CHECK(facts.scale <= 4 * unit);
    CHECK(facts.centre >= unit);
    CHECK(facts.centre <= 4 * unit);
    CHECK_FALSE(facts.in_range());
  }
}

TEST_CASE("constant, wholly missing and bad columns are told, with the first bad row") {
  const double na = kMissing;
  toy::Rows rows{MatrixXd(4, 6), VectorXd()};
  rows.cells << 5, na, 1, 1, 1, na,  //
      na, na, na, na, 2, 3,          //
      5, na, kNan, 2, 3, na,         //
      5, na, kInf, -kInf, 4, na;
  const Columns columns = rows.columns();
  const Survey survey = survey_of(rows, columns);
  CHECK(survey.facts[0].constant);
  CHECK(survey.facts[0].observed == 3);
  CHECK(survey.facts[1].observed == 0);
  CHECK(survey.facts[2].bad_row == 2);
  CHECK(survey.facts[3].bad_row == 3);
  CHECK(survey.facts[4].bad_row == -1);
  CHECK_FALSE(survey.facts[4].constant);
  CHECK(survey.facts[5].constant);  // a single value
}

TEST_CASE("rows of weight zero count as if they were not there") {
  toy::Rows rows{MatrixXd(5, 2), VectorXd(5)};
  rows.cells << 50, kMissing, 1, 7, 3, 7, 100, 8, kMissing, 7;
  rows.weights << 0, 2, 1, 0, 1;
  const Columns columns = rows.columns();
  const Survey survey = survey_of(rows, columns);
  CHECK(survey.facts[0].bad_row == -1);
  CHECK(survey.facts[1].bad_row == -1);
  CHECK(survey.facts[0].observed == 3);
  CHECK(difference(survey.facts[0].centre, 5.0 / 3) < 1e-15);
  CHECK(survey.facts[1].constant);
  CHECK(survey.missing_cells == 1);
  const MvnData data(survey, columns, rows.n(), rows.weight_data());
  CHECK(data.informative == 3);
  CHECK(data.weight == 4);
  CHECK(data.empty_weight == 0);
}

TEST_CASE("bad cells are told in rows of weight zero, too") {
  toy::Rows rows{MatrixXd(4, 3), VectorXd(4)};
  rows.cells << 1, 1, 1, kInf, 2, 2, 3, kNan, 3, 4, 4, kMissing;
  rows.weights << 1, 0, 0, 0;
  const Columns columns = rows.columns();
  const Survey survey = survey_of(rows, columns);
  CHECK(survey.facts[0].bad_row == 1);
  CHECK(survey.facts[1].bad_row == 2);
  CHECK(survey.facts[2].bad_row == -1);
}

TEST_CASE("patterns are found across blocks of rows, and rows are kept or tabled by their number") {
  // More rows than any block; one rare pattern, and rows with nothing at all.
  const Index n = 5000, p = 3;
  toy::Rows rows = toy::complete_rows(n, p, 2);
  for (Index i = 0; i < n; i += 3) rows.cells(i, 1) = kMissing;
  for (Index i : {Index{7}, Index{4999}}) rows.cells(i, 0) = rows.cells(i, 1) = kMissing;
  rows.cells.row(4000).setConstant(kMissing);
  for (bool weighted : {false, true}) {
    if (weighted) toy::add_weights(rows);
    const toy::Prepared prepared(rows);
    const MvnData& data = prepared.data;
    REQUIRE(prepared.survey.patterns.size() == 4);
    REQUIRE(data.groups.size() == 3);
    CHECK(data.cross.size() == 2);
    CHECK(data.rows.cols() == 2);
    const toy::Rows z = toy::standardised(prepared);
    MatrixXd filled = z.cells;
    for (Index j = 0; j < p; ++j)
      for (Index i = 0; i < n; ++i)
        if (filled(i, j) != filled(i, j)) filled(i, j) = 0;
    VectorXd w = weighted ? rows.weights : VectorXd(VectorXd::Ones(n));
    // Sums of 5,000 standardised values.
    CHECK(difference(data.total_sum, filled.transpose() * w) < 1e-9);
    CHECK(difference(data.total_cross, filled.transpose() * w.asDiagonal() * filled) < 1e-9);
    CHECK(difference(data.weight, w.sum() - w[4000]) < 1e-9);
    double cells = 0;
    for (Index i = 0; i < n; ++i)
      cells += w[i] * static_cast<double>(toy::observed_in(rows, i).size());
    CHECK(difference(data.cells, cells) < 1e-9);
    // Divided by the scale or multiplied by its inverse: an ulp.
    CHECK(difference(data.rows.col(0), filled.row(7).transpose()) < 1e-15);
    CHECK(difference(data.rows.col(1), filled.row(4999).transpose()) < 1e-15);
    if (weighted) CHECK(data.row_weights[1] == w[4999]);
  }
}
