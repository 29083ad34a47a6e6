// Coordinates about a normal with covariance L L': d and the lower triangle of A, by columns, in
// mu + L d and L (I + A) L'.
#pragma once

#include "../em_model.hpp"

namespace missmix {

class Whitened {
 public:
  explicit Whitened(Index p) : p_(p) {}

  Index size() const { return p_ + p_ * (p_ + 1) / 2; }

  // Calls use(a, b, k): the k-th coordinate is A(a, b).
  template <class Use>
  void for_each_pair(const Use& use) const {
    Index k = p_;
    for (Index b = 0; b < p_; ++b)
      for (Index a = b; a < p_; ++a) use(a, b, k++);
  }

  // What complete data of this weight would tell, expected at the origin: diagonal.
  VectorXd complete_information(double weight, double ridge) const {
    VectorXd v = VectorXd::Constant(size(), weight + ridge);
    v.head(p_).setConstant(weight);
    for_each_pair([&](Index a, Index b, Index k) {
      if (a == b) v[k] *= 2;
    });
    return v;
  }

  // The change of (mu, lower triangle of Sigma by columns), in the user's units, that belongs to a
  // change of the coordinates.
  MatrixXd to_user_units(const VectorXd& scale, const MatrixXd& chol) const {
    const MatrixXd root = scale.asDiagonal() * chol;
    MatrixXd map = MatrixXd::Zero(size(), size());
    map.topLeftCorner(p_, p_) = root;
    for_each_pair([&](Index c, Index d, Index from) {
      for_each_pair([&](Index a, Index b, Index to) {
        map(to, from) = root(a, c) * root(b, d) + root(a, d) * root(b, c);
      });
    });
    return map;
  }

 private:
  Index p_;
};

}  // namespace missmix
