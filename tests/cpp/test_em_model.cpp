// The shape of a model is found at compile time, required and optional members apart.
#include <missmix/em_model.hpp>

#include <catch.h>

#include "toy_models.hpp"

namespace {

using namespace missmix;

struct WithPrior : toy::NormalMean {
  double log_prior(const Params&) const { return 0; }
};
struct WithEdge : toy::VanishingVariance {
  bool degenerate(const Params&) const { return false; }
  double rounding(const Params&) const { return 0; }
  double edge_distance(const Params& params) const { return params.variance; }
};

// Each of these has one thing wrong.
struct NoTypes {
  int make_stats() const { return 0; }
};
struct LoopAllocates : toy::NormalMean {
  void make_stats(int) const {}
};
struct EStepChangesModel : toy::NormalMean {
  double e_step(const Params&, Stats&) { return 0; }
};
struct EStepReturnsNothing : toy::NormalMean {
  void e_step(const Params&, Stats&) const {}
};
struct MStepReadsParams : toy::NormalMean {
  void m_step(const Params&, Stats&) const {}
};
struct UnpackSaysNothing : toy::NormalMean {
  void unpack(const VectorXd&, Params&) const {}
};
struct ScoreReturnsVector : toy::NormalMean {
  VectorXd score(const Params&, const Stats&) const { return {}; }
};
struct PriorIsAVector : toy::NormalMean {
  VectorXd log_prior(const Params&) const { return {}; }
};

}  // namespace

TEST_CASE("toy models have the shape that the engine asks for") {
  require_em_model<toy::NormalMean>();
  require_em_model<toy::ScoredLinkage>();
  require_em_model<toy::ScoredQuadratic>();
  CHECK(detail::has_types<toy::NormalMean>::value);
  CHECK(detail::has_make_stats<toy::NormalMean>::value);
  CHECK(detail::has_e_step<toy::NormalMean>::value);
  CHECK(detail::has_m_step<toy::NormalMean>::value);
  CHECK(detail::has_pack<toy::NormalMean>::value);
}

TEST_CASE("a missing or wrong required member is noticed, and only that") {
  CHECK_FALSE(detail::has_types<NoTypes>::value);
  CHECK_FALSE(detail::has_make_stats<LoopAllocates>::value);
  CHECK_FALSE(detail::has_e_step<EStepChangesModel>::value);
  CHECK_FALSE(detail::has_e_step<EStepReturnsNothing>::value);
  CHECK(detail::has_m_step<EStepReturnsNothing>::value);
  CHECK_FALSE(detail::has_m_step<MStepReadsParams>::value);
  CHECK_FALSE(detail::has_pack<UnpackSaysNothing>::value);
  CHECK(detail::has_e_step<UnpackSaysNothing>::value);
}

TEST_CASE("optional members are found where they are, one by one") {
  CHECK_FALSE(has_score<toy::Linkage>);
  CHECK(has_score<toy::ScoredLinkage>);
  CHECK_FALSE(has_log_prior<toy::NormalMean>);
  CHECK(has_log_prior<WithPrior>);
  CHECK_FALSE(has_score<WithPrior>);
  CHECK_FALSE(has_degenerate<toy::VanishingVariance>);
  CHECK_FALSE(has_rounding<toy::VanishingVariance>);
  CHECK_FALSE(has_edge_distance<toy::VanishingVariance>);
  CHECK(has_degenerate<WithEdge>);
  CHECK(has_rounding<WithEdge>);
  CHECK(has_edge_distance<WithEdge>);
}

TEST_CASE("an optional member of another shape does not count") {
  CHECK_FALSE(has_score<ScoreReturnsVector>);
  CHECK_FALSE(has_log_prior<PriorIsAVector>);
}
