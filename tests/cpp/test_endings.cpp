// How a climb ends when it does not converge: always with the best point and a word.
#include <missmix/accelerate/anderson.hpp>
#include <missmix/accelerate/plain.hpp>
#include <missmix/run.hpp>

#include <catch.h>
#include <limits>
#include <string>

#include "compare.hpp"
#include "toy_models.hpp"

namespace {

using namespace missmix;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Steps away from the EM image instead of towards it.
struct FlippedLinkage : toy::Linkage {
  struct Stats {
    double recombinant = 0, theta = 0;
  };
  Stats make_stats() const { return {}; }
  double e_step(const Params& params, Stats& stats) const {
    stats.theta = params.theta;
    stats.recombinant = 125 * params.theta / (2 + params.theta);
    return log_lik(params.theta);
  }
  void m_step(const Stats& stats, Params& params) const {
    const double image = (stats.recombinant + 34) / (stats.recombinant + 72);
    params.theta = stats.theta - 0.5 * (image - stats.theta);
  }
};
struct FlippedNearTheEdge : FlippedLinkage {
  double distance = 1e-9;
  double edge_distance(const Params&) const { return distance; }
};

// The arithmetic breaks down past theta = 0.5: in the log-likelihood, or in the M-step.
struct BrokenEStep : toy::Linkage {
  double bad = kNan;
  double e_step(const Params& params, Stats& stats) const {
    const double value = Linkage::e_step(params, stats);
    return params.theta > 0.5 ? bad : value;
  }
};
struct BrokenMStep : toy::Linkage {
  void m_step(const Stats& stats, Params& params) const {
    Linkage::m_step(stats, params);
    if (params.theta > 0.5) params.theta = kNan;
  }
};

struct KnowsTheEdge : toy::VanishingVariance {
  bool degenerate(const Params& params) const { return !(params.variance > 1e-9); }
};
struct KnowsTheDistance : toy::VanishingVariance {
  double edge_distance(const Params& params) const { return params.variance; }
};

class StopAfter final : public Monitor {
 public:
  explicit StopAfter(int rows) : left_(rows) {}
  bool keep_going(const TraceRow&) override { return --left_ > 0; }

 private:
  int left_;
};

template <class Model>
Fit<Model> climb_plainly(const Model& model, const typename Model::Params& start) {
  Plain plain;
  SilentMonitor monitor;
  const Control control;
  return Climb<Model>(model, control, plain, monitor).from(start);
}

}  // namespace

TEST_CASE("a monitor stops the climb at the row it was shown") {
  Plain plain;
  StopAfter monitor(3);
  const Control control;
  const toy::Linkage model;
  const auto fit = Climb<toy::Linkage>(model, control, plain, monitor).from({0.001});
  CHECK(fit.status == Status::stopped);
  REQUIRE(fit.trace.size() == 3);
  CHECK(fit.iterations == 2);
  CHECK(fit.objective == fit.trace.back().objective);
}

TEST_CASE("a plain step that goes down is loud, and the better point is returned") {
  const auto fit = climb_plainly(FlippedLinkage(), {0.5});
  CHECK(fit.status == Status::decreased);
  CHECK(fit.params.theta == 0.5);
  CHECK(fit.log_lik == toy::Linkage::log_lik(0.5));
  CHECK(fit.packed[0] == 0);
  // The fall is on record.
  REQUIRE(fit.trace.size() == 2);
  CHECK(fit.trace[1].objective < fit.trace[0].objective);
}

TEST_CASE("a fall beside the edge of the model is the edge's doing, further away it is not") {
  FlippedNearTheEdge model;
  CHECK(climb_plainly(model, {0.5}).status == Status::degenerate);
  model.distance = 1e-4;
  CHECK(climb_plainly(model, {0.5}).status == Status::decreased);
}

TEST_CASE("a start without a finite objective ends there") {
  for (double bad :
       {kNan, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    BrokenEStep model;
    model.bad = bad;
    const auto fit = climb_plainly(model, {0.6});
    CHECK(fit.status == Status::non_finite);
    CHECK(fit.params.theta == 0.6);
    CHECK(fit.passes == 1);
    CHECK(fit.iterations == 0);
    CHECK(fit.trace.empty());
  }
  // A start that cannot be packed is not even tried.
  CHECK(climb_plainly(toy::Linkage(), {kNan}).passes == 0);
  CHECK(climb_plainly(toy::Linkage(), {1.0}).status == Status::non_finite);
}

TEST_CASE("arithmetic that breaks down on the way leaves the last good point") {
  const auto check = [](const auto& fit) {
    CHECK(fit.status == Status::non_finite);
    CHECK(fit.params.theta > 0.01);
    CHECK(fit.params.theta <= 0.5);
    CHECK(fit.log_lik == toy::Linkage::log_lik(fit.params.theta));
    CHECK(fit.objective == fit.trace.back().objective);
  };
  check(climb_plainly(BrokenEStep(), {0.01}));
  check(climb_plainly(BrokenMStep(), {0.01}));
}

TEST_CASE("a candidate that breaks the arithmetic is refused, and the climb goes on") {
  // Past 0.7 the log-likelihood is not a number; the way of plain EM stays below.
  struct BrokenFarOff : toy::ScoredLinkage {
    double e_step(const Params& params, Stats& stats) const {
      const double value = Linkage::e_step(params, stats);
      return params.theta > 0.7 ? kNan : value;
    }
  };
  class FarOff final : public Accelerator {
   public:
    bool propose(const VectorXd& x, const VectorXd&, VectorXd& candidate) override {
      candidate = VectorXd::Constant(x.size(), 3);
      return true;
    }
    void reset() override {}
  };
  FarOff far_off;
  SilentMonitor monitor;
  const Control control;
  const BrokenFarOff model;
  const auto fit = Climb<BrokenFarOff>(model, control, far_off, monitor).from({0.1});
  CHECK(fit.status == Status::converged);
  CHECK(fit.trace[1].kind == StepKind::fallback);
  // A gap of 1e-6 at an information of 378.
  CHECK(toy::difference(fit.params.theta, toy::Linkage::best()) < 1e-4);
}

TEST_CASE("a model that knows its edge ends there as degenerate, just inside") {
  const auto fit = climb_plainly(KnowsTheEdge(), {1.0});
  CHECK(fit.status == Status::degenerate);
  CHECK(fit.params.variance > 1e-9);
  // One more step would have crossed it.
  CHECK(0.3 * fit.params.variance < 1e-9);
  CHECK(climb_plainly(KnowsTheEdge(), {0.0}).status == Status::degenerate);
}

TEST_CASE("no accelerated candidate is taken at the edge") {
  Anderson anderson(10);
  SilentMonitor monitor;
  const Control control;
  const KnowsTheEdge model;
  const auto fit = Climb<KnowsTheEdge>(model, control, anderson, monitor).from({1.0});
  CHECK(fit.status == Status::degenerate);
  CHECK(fit.params.variance > 1e-9);
}

TEST_CASE("a distance to the edge that keeps being halved is as good as the edge") {
  const auto fit = climb_plainly(KnowsTheDistance(), {1.0});
  CHECK(fit.status == Status::degenerate);
  // Looked at in iterations 128, 256 and 512.
  CHECK(fit.iterations == 512);
}

TEST_CASE("endings have the same words everywhere") {
  CHECK(to_string(Status::converged) == std::string("converged"));
  CHECK(to_string(Status::max_iter) == std::string("max_iter"));
  CHECK(to_string(Status::stopped) == std::string("stopped"));
  CHECK(to_string(Status::decreased) == std::string("decreased"));
  CHECK(to_string(Status::non_finite) == std::string("non_finite"));
  CHECK(to_string(Status::degenerate) == std::string("degenerate"));
}
