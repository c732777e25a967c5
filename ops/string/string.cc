// Ops that compute with strings. One file a topic. Those that only move them (Reshape, Gather, Pack …) take string
// tensors like any other.
#include "weir/ops/registry.h"

namespace weir {

void RegisterStringTextOps(OpRegistry& r);   // text.cc: StringJoin, AsString, StringToNumber
void RegisterStringRegexOps(OpRegistry& r);  // regex.cc: RegexFullMatch, RegexReplace

void RegisterStringOps(OpRegistry& r) {
  RegisterStringTextOps(r);
  RegisterStringRegexOps(r);
}

}  // namespace weir
