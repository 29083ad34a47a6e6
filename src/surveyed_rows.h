// Incomplete data as every model of the core looks at them first: columns seen in place, and what
// the survey found. `weights` is NULL or one double a row.
#pragma once

#include "missmix/models/mvn_survey.hpp"
#include "r_convert.h"

namespace missmix {

struct SurveyedRows {
  SurveyedRows(SEXP columns, SEXP weights)
      : views(read_columns(columns)),
        n(count_rows(columns)),
        w(read_weights(weights, n)),
        survey(views, n, w) {}
  SurveyedRows(const SurveyedRows&) = delete;  // the survey refers to the views

  const Columns views;
  const Index n;
  const double* const w;
  const Survey survey;
};

}  // namespace missmix
