// The scope of a building function that makes several nodes.
#pragma once

#include <string>

#include "weir/graph/builder.h"

namespace weir {

// Several nodes on behalf of one call, under the scope `name` (of the op, where it is empty), with the caller's line.
struct CallScope {
  CallScope(Builder* b, const Input& at, const std::string& name, const char* op)
      : loc(b->At(at.loc())), scope(b->NameScope(name.empty() ? op : name)) {}
  Builder::Guard loc, scope;
};

}  // namespace weir
