// What the layers share. Not a public header.
#pragma once

#include <optional>
#include <string>

#include "weir/ops/model/layers.h"

namespace weir {

// The size of `axis`, which a layer's variables depend on; nullopt, with an error kept, when it is not known.
std::optional<int64_t> KnownSize(const Output& x, int axis, const char* layer);

// A layer's input must come from a graph: literals have none.
inline Builder* BuilderOfInput(const Input& inputs) { return inputs.output().valid() ? inputs.builder() : nullptr; }

// The variable scope of a layer, by its own name or a free one made of the default.
Builder::Guard LayerScope(Builder& b, const std::string& name, const char* default_name, Reuse reuse);

}  // namespace weir
