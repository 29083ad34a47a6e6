#include "r_convert.h"
#include "r_monitor.h"

namespace missmix {
namespace {

// A model written in R, seen through one function of the packed parameters:
// evaluate(x, trial) returns list(log_lik, log_prior, next_x), the objective's parts at x and the
// EM image of x. On a trial (an accelerated candidate) an error in R code only means "no".
class RModel {
 public:
  struct Params {
    VectorXd x;
    bool trial = false;
  };
  struct Stats {
    VectorXd next;
  };

  explicit RModel(Rcpp::Function evaluate) : evaluate_(std::move(evaluate)) {}

  Stats make_stats() const { return {}; }

  double e_step(const Params& params, Stats& stats) const {
    const Rcpp::List found = evaluate_(params.x, params.trial);
    const SEXP next = found["next_x"];
    stats.next = Rf_xlength(next) == params.x.size() ? Rcpp::as<VectorXd>(next)
                                                     : VectorXd::Constant(params.x.size(), R_NaN);
    log_prior_ = Rcpp::as<double>(found["log_prior"]);
    return Rcpp::as<double>(found["log_lik"]);
  }

  // Comes with the log-likelihood from the same call, which the engine makes just before.
  double log_prior(const Params&) const { return log_prior_; }

  void m_step(const Stats& stats, Params& params) const { params = {stats.next, false}; }
  void pack(const Params& params, VectorXd& x) const { x = params.x; }
  bool unpack(const VectorXd& x, Params& params) const {
    params = {x, true};
    return x.allFinite();
  }

 private:
  Rcpp::Function evaluate_;
  mutable double log_prior_ = 0;
};

}  // namespace
}  // namespace missmix

// [[Rcpp::export]]
Rcpp::List user_fit_(Rcpp::Function evaluate, const Eigen::VectorXd& start, Rcpp::List control,
                     Rcpp::Nullable<Rcpp::List> watch, double gap_per_step2) {
  using namespace missmix;
  if (start.size() == 0) throw std::invalid_argument("the model has no free coordinate");
  Control options = read_control(control);
  options.gap_per_step2 = gap_per_step2;
  const RModel model(evaluate);
  const auto monitor = make_monitor(control, watch);
  const Fit<RModel> fit =
      run_past_saddles(model, {start, false}, options, read_accelerator(control), *monitor);
  Rcpp::List out = write_fit(fit);
  out["x"] = fit.packed;
  return out;
}
