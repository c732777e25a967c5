// What ops on tables, queues and readers share: each has a form that takes a handle (LookupTableFindV2), and most the
// oldest one, which takes a reference (LookupTableFind) and which compiling turns into the other.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "weir/graph/infer.h"

namespace weir {

// Declares op + "V2" by `declare(OpDef&, handle)`, where `handle` is what a handle is in a spec, and `op` by the same.
template <class F>
void AddBothForms(OpRegistry& r, const std::string& op, F declare) {
  declare(r.Add(op + "V2"), std::string("resource"));
  OpDef& old = r.Add(op);
  declare(old, std::string("Ref(string)"));
  old.CompiledAway().HandleForm(op + "V2");
}

// Output 0 is the handle of the object that the node makes: `shared_name` (the node's own name when empty) in
// `container`, of these parts.
void TellObject(ShapeContext& c, ResourceKind kind, std::vector<std::pair<DType, PartialShape>> parts);

// What input i is a handle of; null where that is not known. Error: of another kind.
Result<const Resource*> ObjectBehind(const ShapeContext& c, int i, ResourceKind kind);

}  // namespace weir
