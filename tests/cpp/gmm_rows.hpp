// Rows to test mixtures with, the same on every platform.
#pragma once

#include <missmix/models/gmm_data.hpp>

#include <utility>
#include <vector>

#include "toy_data.hpp"

namespace toy {

// Three clusters of different shapes; the partition is right for most rows.
struct Clusters {
  Rows rows;
  std::vector<int> labels;
};

inline Clusters clusters(Index n, double missing) {
  Random random(11);
  Clusters made{{MatrixXd(n, 3), VectorXd()}, std::vector<int>(static_cast<std::size_t>(n))};
  for (Index i = 0; i < n; ++i) {
    const Index c = i % 3;
    const double factor = random.normal();
    for (Index j = 0; j < 3; ++j) {
      const double centre = 3 * static_cast<double>((c + j) % 3);
      const double tilt = static_cast<double>((c + 2 * j) % 3) - 0.8;
      made.rows.cells(i, j) =
          100 + centre + (0.7 + 0.4 * static_cast<double>(c)) * (random.normal() + tilt * factor);
      if (random.uniform() < missing) made.rows.cells(i, j) = missmix::kMissing;
    }
    made.labels[i] = static_cast<int>(random.uniform() < 0.2 ? (c + 1) % 3 : c);
  }
  return made;
}

struct Prepared {
  explicit Prepared(Clusters from)
      : made(std::move(from)),
        columns(made.rows.columns()),
        survey(columns, made.rows.n(), made.rows.weight_data()),
        data(survey, columns, made.rows.n(), made.rows.weight_data()) {}
  Clusters made;
  missmix::Columns columns;
  missmix::Survey survey;
  missmix::GmmData data;
};

}  // namespace toy
