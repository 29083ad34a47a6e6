#include "gmm_standard.h"
#include "mvn_report.h"

namespace missmix {
namespace {

// Proportions, means (component by component), lower triangles of the covariances: as coef(fit).
VectorXd natural(const GmmParams& params, const GmmData& data) {
  const Index d = params.means.rows(), k = params.means.cols();
  VectorXd out(params.weights.size() + k * d + k * d * (d + 1) / 2);
  out.head(params.weights.size()) = params.weights;
  Index at = params.weights.size();
  for (Index c = 0; c < k; ++c, at += d)
    out.segment(at, d) = data.centre + data.scale.cwiseProduct(params.means.col(c));
  for (Index c = 0; c < k; ++c) {
    const MatrixXd sigma = data.scale.asDiagonal() * params.sigma(c) * data.scale.asDiagonal();
    for (Index j = 0; j < d; ++j, at += d - j + 1)
      out.segment(at, d - j) = sigma.col(j).tail(d - j);
  }
  return out;
}

}  // namespace
}  // namespace missmix

// Packed coordinates of parameters, expected rows of each component (the noise last), and the
// log-likelihood there.
// [[Rcpp::export]]
Rcpp::List gmm_point_(SEXP columns, SEXP weights, Rcpp::List setup, Rcpp::List parameters) {
  using namespace missmix;
  const GmmTask task(columns, weights, setup, 1);
  const GmmParams params = read_gmm(parameters, task.model);
  auto stats = task.model.make_stats();
  const double log_lik = task.model.e_step(params, stats);
  VectorXd x;
  task.model.pack(params, x);
  return Rcpp::List::create(Rcpp::Named("x") = x, Rcpp::Named("n") = stats.n,
                            Rcpp::Named("log_lik") = log_lik,
                            Rcpp::Named("thinness") = task.model.thinness(params));
}

// For each column of x, drawn onto the family: score and EM image in packed coordinates; NaN
// where it is no legal point.
// [[Rcpp::export]]
Rcpp::List gmm_look_(SEXP columns, SEXP weights, Rcpp::List setup, const Eigen::MatrixXd& x) {
  using namespace missmix;
  const GmmTask task(columns, weights, setup, 1);
  MatrixXd score = MatrixXd::Constant(x.rows(), x.cols(), R_NaN), image = score;
  GmmParams params;
  auto stats = task.model.make_stats();
  VectorXd found;
  for (Index j = 0; j < x.cols(); ++j) {
    if (!task.model.unpack(x.col(j), params)) continue;
    if (!std::isfinite(task.model.e_step(params, stats))) continue;
    task.model.score(params, stats, found);
    score.col(j) = found;
    task.model.m_step(stats, params);
    task.model.pack(params, found);
    image.col(j) = found;
  }
  return Rcpp::List::create(Rcpp::Named("score") = score, Rcpp::Named("image") = image);
}

// For each column of x, drawn onto the family: the packed coordinates again, and the natural ones
// in the user's units.
// [[Rcpp::export]]
Rcpp::List gmm_unpack_(SEXP columns, SEXP weights, Rcpp::List setup, const Eigen::MatrixXd& x) {
  using namespace missmix;
  const GmmTask task(columns, weights, setup, 1);
  std::vector<VectorXd> packed, coef;
  GmmParams params;
  VectorXd found;
  MatrixXd drawn = MatrixXd::Constant(x.rows(), x.cols(), R_NaN), out;
  for (Index j = 0; j < x.cols(); ++j) {
    if (!task.model.unpack(x.col(j), params)) continue;
    task.model.pack(params, found);
    drawn.col(j) = found;
    const VectorXd values = natural(params, task.data);
    if (out.size() == 0) out = MatrixXd::Constant(values.size(), x.cols(), R_NaN);
    out.col(j) = values;
  }
  return Rcpp::List::create(Rcpp::Named("x") = drawn, Rcpp::Named("coef") = out);
}

// One row a case: responsibilities (the noise last) and the log density of its observed cells. A
// case without any has the proportions, and zero.
// [[Rcpp::export]]
Rcpp::List gmm_responsibilities_(SEXP columns, Rcpp::List setup, Rcpp::List parameters) {
  using namespace missmix;
  const GmmTask task(columns, R_NilValue, setup, 1);
  const Rcpp::List bad = first_bad_cell(task.survey);
  if (bad.size() > 0) return bad;
  const GmmParams params = read_gmm(parameters, task.model);
  auto stats = task.model.make_stats();
  MatrixXd shares = params.weights.transpose().replicate(task.n, 1);
  VectorXd log_lik = VectorXd::Zero(task.n);
  task.model.responsibilities(params, stats, shares, log_lik);
  // Densities of the columns as the user has them.
  const VectorXd log_scale = task.data.scale.array().log();
  for (const GmmBlock& block : task.data.blocks) {
    double jacobian = 0;
    for (Index j : task.data.patterns[block.pattern].observed) jacobian -= log_scale[j];
    for (Index i = 0; i < block.rows; ++i) log_lik[task.data.row[block.begin + i]] += jacobian;
  }
  return Rcpp::List::create(Rcpp::Named("shares") = shares, Rcpp::Named("log_lik") = log_lik);
}
