// missmix: EM for what is missing and what is mixed. The whole core, free of R.
#pragma once

#include "missmix/accelerate/anderson.hpp"
#include "missmix/accelerate/plain.hpp"
#include "missmix/accelerate/squarem.hpp"
#include "missmix/models/mvn.hpp"
#include "missmix/models/mvn_information.hpp"
#include "missmix/models/mvn_predict.hpp"
#include "missmix/models/mvn_start.hpp"
#include "missmix/multi_start.hpp"
#include "missmix/run.hpp"
#include "missmix/saddle.hpp"
