// The functions that an op holds for calls to come, compiled.
#pragma once

#include <memory>
#include <vector>

#include "weir/runtime/held_function.h"
#include "weir/session/compile/plan_builder.h"

namespace weir {

// Those that the node's attributes name, in the order of its definition; none of other ops (OpDef::HoldsFunctions). The
// last arguments are the node's "other_arguments"; the ones before them the components of its first input, where that
// is a dataset of which inference tells, behind as many as there are besides (what ReduceDataset carries on). Errors: a
// function that the library does not have, or of too few arguments; functions too deep within each other.
Result<std::vector<std::shared_ptr<const HeldFunction>>> CompileHeld(const Graph& g, const Node& n,
                                                                     const CompileEnv& env);

}  // namespace weir
