// [[Rcpp::depends(RcppEigen)]]
#include <RcppEigen.h>

#include <missmix/numerics/assignment.hpp>

// The column of each row, numbered as in R.
// [[Rcpp::export]]
Rcpp::IntegerVector assign_(const Eigen::MatrixXd& cost) {
  const std::vector<int> columns = missmix::assign(cost);
  Rcpp::IntegerVector out(columns.begin(), columns.end());
  return out + 1;
}
