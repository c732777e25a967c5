// A held function that is a plan.
#pragma once

#include "weir/runtime/held_function.h"
#include "weir/runtime/plan/plan.h"

namespace weir {

// `args` and `results` are the function's dtypes.
std::shared_ptr<const HeldFunction> MakePlanFunction(std::string name, std::shared_ptr<const Plan> plan,
                                                     std::vector<DType> args, std::vector<DType> results);

}  // namespace weir
