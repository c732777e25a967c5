// A numeric check of gradients: the symbolic one beside finite differences.
#pragma once

#include <vector>

#include "weir/graph/builder.h"
#include "weir/session/session.h"

namespace weir {

struct GradientCheckOptions {
  double delta = 0;           // the step of the central difference; 0: 1e-6 for double, 1e-3 for float
  int64_t max_elements = 64;  // of each x that are moved; evenly spaced when it has more
};

struct GradientCheck {
  double max_error = 0;       // largest |symbolic − numeric|, relative to the largest gradient seen (at least 1)
  int x = -1;                 // where it is: x, and the element of it
  int64_t element = -1;
  double symbolic = 0, numeric = 0;  // there
};

// d sum(y)/dx by Gradients() compared with (y(x + δ) − y(x − δ)) / 2δ at `values`, one tensor for each x, all float or
// double. Adds the gradient's nodes to the builder. Other placeholders that y needs are fed by `others`. Use double: in
// float the difference itself is good to about 1e-3 only. Errors: those of Gradients and of the runs.
Result<GradientCheck> CheckGradient(Builder& b, Output y, const std::vector<Output>& xs,
                                    const std::vector<Tensor>& values, const Feeds& others = {},
                                    const GradientCheckOptions& options = {});

}  // namespace weir
