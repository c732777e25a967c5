// What the files about variables share: objects kept with a builder. Not a public header.
#pragma once

#include <map>

#include "weir/ops/model/variables.h"

namespace weir {

// The object kept under `key`, made on first use.
template <class T> T& Extension(Builder& b, const std::string& key) {
  std::shared_ptr<void>& kept = b.extension(key);
  if (!kept) kept = std::make_shared<T>();
  return *static_cast<T*>(kept.get());
}

inline std::map<NodeId, Variable>& VariablesByNode(Builder& b) {
  return Extension<std::map<NodeId, Variable>>(b, "variables_by_node");
}

// The variables of the graph that the builder was made of become Variables, once.
void AdoptLoaded(Builder& b);

}  // namespace weir
