// What the files about variables share: objects kept with a builder. Not a public header.
#pragma once

#include <map>
#include <string>

#include "weir/ops/model/variables.h"

namespace weir {

// The variables of a builder's graph, built here or brought by a file.
struct KnownVariables {
  std::map<NodeId, Variable> by_node;
  bool adopted = false;  // AdoptLoaded was here
};

inline std::map<NodeId, Variable>& VariablesByNode(Builder& b) { return b.Kept<KnownVariables>().by_node; }

// Invalid when there is none of that name.
Variable KnownVariable(Builder& b, std::string_view name);

// The variables and collections of the graph that the builder was made of become the builder's, once.
void AdoptLoaded(Builder& b);
// What a file's collections list by name, under `prefix`, joins the builder's; what the graph does not have is left
// out.
void AdoptCollections(Builder& b, const MetaGraph& meta, const std::string& prefix);
// The same of the queue runners of a graph that was imported into the builder's. Error: a message that is none.
Status AdoptQueueRunners(Builder& b, const MetaGraph& meta, const std::string& prefix);

}  // namespace weir
