// The guard: an accelerator may propose anything, the answer stays that of plain EM.
#include <missmix/accelerate/plain.hpp>
#include <missmix/run.hpp>

#include <catch.h>
#include <functional>
#include <limits>
#include <string>

#include "compare.hpp"
#include "toy_models.hpp"

namespace {

using namespace missmix;

class Proposes final : public Accelerator {
 public:
  using Candidate = std::function<VectorXd(const VectorXd& x, const VectorXd& image)>;
  explicit Proposes(Candidate candidate) : candidate_(std::move(candidate)) {}
  bool propose(const VectorXd& x, const VectorXd& image, VectorXd& candidate) override {
    ++asked;
    candidate = candidate_(x, image);
    return true;
  }
  void reset() override { ++refused; }

  int asked = 0, refused = 0;

 private:
  Candidate candidate_;
};

template <class Model>
Fit<Model> climb(const Model& model, const typename Model::Params& start, Accelerator& how) {
  SilentMonitor monitor;
  const Control control;
  return Climb<Model>(model, control, how, monitor).from(start);
}

int rows_of(const Trace& trace, StepKind kind) {
  int rows = 0;
  for (const TraceRow& row : trace) rows += row.kind == kind;
  return rows;
}

// Every proposal is refused, and what remains is plain EM, step by step.
template <class Model>
void check_refused(const Model& model, Proposes::Candidate nonsense, bool evaluated) {
  Plain plain;
  Proposes proposes(std::move(nonsense));
  const auto expected = climb(model, {0.01}, plain);
  const auto fit = climb(model, {0.01}, proposes);
  CHECK(fit.status == Status::converged);
  CHECK(fit.params.theta == expected.params.theta);
  CHECK(fit.gap == expected.gap);
  const int fallbacks = rows_of(fit.trace, StepKind::fallback);
  CHECK(fallbacks > 0);
  CHECK(rows_of(fit.trace, StepKind::accelerated) == 0);
  CHECK(proposes.refused == fallbacks);
  CHECK(proposes.asked == fit.iterations);
  CHECK(fit.passes == fit.iterations + 1 + (evaluated ? fallbacks : 0));
  REQUIRE(fit.trace.size() == expected.trace.size());
  for (std::size_t k = 0; k < fit.trace.size(); ++k)
    CHECK(fit.trace[k].objective == expected.trace[k].objective);
}

}  // namespace

TEST_CASE("candidates far downhill are refused") {
  const auto downhill = [](const VectorXd& x, const VectorXd&) {
    return VectorXd::Constant(x.size(), -8).eval();
  };
  check_refused(toy::ScoredLinkage(), downhill, true);
}

TEST_CASE("candidates that are no legal point are refused before they cost a pass") {
  const auto nan = [](const VectorXd& x, const VectorXd&) {
    return VectorXd::Constant(x.size(), std::numeric_limits<double>::quiet_NaN()).eval();
  };
  const auto huge = [](const VectorXd& x, const VectorXd&) {
    return VectorXd::Constant(x.size(), 1e300).eval();
  };
  check_refused(toy::ScoredLinkage(), nan, false);
  check_refused(toy::ScoredLinkage(), huge, false);
}

TEST_CASE("without a score the same guard stands") {
  // The three plain steps that Aitken's rule asks for begin at another row when rows are fallbacks,
  // so that here only the answer is the same.
  Proposes downhill(
      [](const VectorXd& x, const VectorXd&) { return VectorXd::Constant(x.size(), -8).eval(); });
  const auto fit = climb(toy::Linkage(), {0.01}, downhill);
  CHECK(fit.status == Status::converged);
  CHECK(rows_of(fit.trace, StepKind::fallback) == downhill.refused);
  // A gap of 1e-6 at an information of 378.
  CHECK(toy::difference(fit.params.theta, toy::Linkage::best()) < 1e-4);
}

TEST_CASE("a good candidate is taken for the price of one pass") {
  const toy::ScoredLinkage model;
  VectorXd top;
  model.pack({toy::Linkage::best()}, top);
  Proposes oracle([&](const VectorXd&, const VectorXd&) { return top; });
  const auto fit = climb(model, {0.01}, oracle);
  CHECK(fit.status == Status::converged);
  REQUIRE(fit.trace.size() >= 2);
  CHECK(fit.trace[1].kind == StepKind::accelerated);
  CHECK(fit.trace[1].passes == 2);
  CHECK(oracle.refused == 0);
  // Confirmed by a plain step.
  CHECK(fit.trace.back().kind == StepKind::em);
  // There and back through the logit.
  CHECK(toy::difference(fit.params.theta, toy::Linkage::best()) < 1e-14);
}

TEST_CASE("steps have the same words everywhere") {
  CHECK(to_string(StepKind::start) == std::string("start"));
  CHECK(to_string(StepKind::em) == std::string("em"));
  CHECK(to_string(StepKind::accelerated) == std::string("accelerated"));
  CHECK(to_string(StepKind::fallback) == std::string("fallback"));
}
