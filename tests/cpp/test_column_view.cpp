// Columns of the caller's data: doubles and integers, R's NA and other NaN.
#include <missmix/numerics/column_view.hpp>

#include <catch.h>

namespace {

using namespace missmix;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// As R's own NA_real_ may come back from arithmetic: with the quiet bit set.
double quiet_na() {
  const std::uint64_t bits = 0x7FF80000000007A2ULL;
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

TEST_CASE("R's NA is told from any other NaN") {
  CHECK(std::isnan(kMissing));
  CHECK(is_na_not_nan(kMissing));
  CHECK(is_na_not_nan(quiet_na()));
  CHECK_FALSE(is_na_not_nan(kNan));
  CHECK_FALSE(is_na_not_nan(-kNan));
}

TEST_CASE("a column of doubles is read as it is") {
  const double values[] = {1.5, kMissing, kNan, kInf, -kInf, 0};
  const ColumnView column(values);
  double out[6];
  column.read(0, 6, out);
  CHECK(std::memcmp(out, values, sizeof values) == 0);
  CHECK(column[0] == 1.5);
  CHECK(is_na_not_nan(column[1]));
}

TEST_CASE("NaN and infinities are bad cells, missing ones are not") {
  const double values[] = {1.5, kMissing, quiet_na(), kNan, kInf, -kInf, 1e308};
  const bool bad[] = {false, false, false, true, true, true, false};
  const ColumnView column(values);
  for (Eigen::Index i = 0; i < 7; ++i) CHECK(column.is_bad(i) == bad[i]);
}

TEST_CASE("integers become doubles and R's missing integer becomes NA") {
  const int values[] = {7, kMissingInteger, std::numeric_limits<int>::max(), -2147483647};
  const ColumnView column(values);
  double out[4];
  column.read(0, 4, out);
  CHECK(out[0] == 7);
  CHECK(is_na_not_nan(out[1]));
  CHECK(out[2] == 2147483647.0);
  CHECK(out[3] == -2147483647.0);
  for (Eigen::Index i = 0; i < 4; ++i) CHECK_FALSE(column.is_bad(i));
}

TEST_CASE("rows are read from where one begins, and no more than asked for") {
  const double reals[] = {1, 2, 3, 4, 5};
  const int integers[] = {1, 2, 3, 4, 5};
  for (const ColumnView& column : {ColumnView(reals), ColumnView(integers)}) {
    double out[] = {-1, -1, -1, -1};
    column.read(2, 2, out + 1);
    CHECK(out[0] == -1);
    CHECK(out[1] == 3);
    CHECK(out[2] == 4);
    CHECK(out[3] == -1);
    column.read(5, 0, out);
    CHECK(out[0] == -1);
    CHECK(column[4] == 5);
  }
}
