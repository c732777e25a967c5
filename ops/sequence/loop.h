// How composed recurrent ops loop over time.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "weir/graph/builder.h"

namespace weir {

// The variables after one more iteration, from the number of the iteration (an int32 scalar) and the variables before.
using LoopStep = std::function<std::vector<Output>(const Output& i, const std::vector<Output>& vars)>;

struct LoopRange {
  Input start, limit, delta = 1;  // int32 scalars
};

// A For over `vars`, whose body is what `step` builds and becomes a function of the library called like `name`: the
// variables at the end. Error: one of what the step builds.
Result<OutputList> LoopOver(Builder& b, const LoopRange& range, const std::vector<Output>& vars, std::string_view name,
                            const LoopStep& step);

}  // namespace weir
