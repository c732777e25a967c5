// CheckpointMap: which tensor of a checkpoint is which variable of a graph, or which part of the tensor. The one
// place that knows; Saver and the tool save and restore by it. Not a public header.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "weir/graph/graph.h"
#include "weir/runtime/io/bundle.h"

namespace weir {

struct SavedVariable {
  std::string key;       // the tensor's name in the checkpoint
  std::string variable;  // its name in the session
  OutputType type;       // what the variable holds
  // Of a part of a larger tensor: that tensor's shape, and where the part lies; empty for a whole tensor.
  Shape full = {};
  io::SliceSpec slice = {};
  bool required = true;  // false: restored where the checkpoint has it
  bool reshape = false;  // the checkpoint may hold the elements in another shape
};

// What a saver of the graph saves and restores: what the restore op of its MetaGraph lists, under the names there.
// Variables that it does not list, since they came later, follow under their own names, not required. Without such an
// op: every variable that is not local, parts of partitioned ones as parts. Errors: the restore op or what it runs is
// malformed, or restores a variable in a way of which Weir cannot tell the names; never the variable's own name
// instead.
Result<std::vector<SavedVariable>> CheckpointMap(const Graph& g);
// By name, the tables that the restore op of the graph's MetaGraph fills from the checkpoint: only that can, and the
// graph's save op save them.
std::vector<std::string> SavedTables(const Graph& g);
// Every variable under its own name, or as a part of the partitioned variable that it belongs to.
std::vector<SavedVariable> VariablesByName(const Graph& g);

// What a checkpoint has of variables, by their indices.
struct ReadValues {
  std::vector<std::pair<size_t, Tensor>> values;
  std::vector<size_t> missing;
  std::vector<std::pair<size_t, Status>> other;  // those of another dtype or shape
  std::set<std::string> keys;                    // the tensors that were read
};
// Each is found under its key, as a variable of its own where it is a part, or under the key that a checkpoint of
// TensorFlow 2 has for its name. Errors: damage.
Result<ReadValues> ReadVariables(const io::BundleReader& reader, const std::vector<SavedVariable>& variables);

// Writes a variable's value as the tensor, or the part of one, that it is.
Status AddVariable(const SavedVariable& v, const Tensor& value, io::BundleWriter* writer);

}  // namespace weir
