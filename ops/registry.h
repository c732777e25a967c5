// All ops that Weir knows, and adding to them.
#pragma once

#include <functional>

#include "weir/graph/op_def.h"

namespace weir {

// Every op, those of RegisterOps too; frozen by its first use. Thread-safe.
const OpRegistry& AllOps();

// Adds what `add` declares to the ops that all builders know. Before the first Builder, import or Session of the
// process, when the registry freezes. Errors, and nothing is added then: the registry is frozen, an op has a name that
// is taken, a mistake in its declaration, or no shape function. An op without gradient function has none; asking for
// one is an error.
Status RegisterOps(const std::function<void(OpRegistry&)>& add);

}  // namespace weir
