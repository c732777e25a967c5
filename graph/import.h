// Import: graphs from files. GraphDef, MetaGraphDef and SavedModel, binary or protobuf text, and our own text form.
//
// What was loaded is kept as it was: attributes that no schema knows, unknown ops, devices, versions, functions, fields
// of newer messages; defaults are not added. What is malformed is refused with the node's name. Structure only: arity,
// dtypes, attributes against schemas and cycles are Verify's business, shapes InferGraph's.
//
// Linear in the size of the graph; no recursion on user data beyond a nesting of 100 messages.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/graph/graph.h"

namespace weir {

// A GraphDef message, or the same in protobuf's text format.
Result<Graph> ImportGraphDef(std::string_view bytes, const OpRegistry* registry);
Result<Graph> ImportGraphDefText(std::string_view text, const OpRegistry* registry);

// A variable of a collection. Names are of nodes or tensors ("w/read:0").
struct VariableInfo {
  std::string name, initializer, snapshot, initial_value;
  bool is_resource = false, trainable = false;
  // Of one part of a partitioned variable: the whole variable's name and shape, and where the part lies.
  std::string full_name;
  std::vector<int64_t> full_shape, offset, part_shape;
  bool operator==(const VariableInfo&) const = default;
};

struct TensorInfo {
  std::string name;  // "x:0"; empty for a sparse or composite one
  DType dtype = DType::kInvalid;
  PartialShape shape = PartialShape::Unknown();
  bool operator==(const TensorInfo&) const = default;
};

struct SignatureInfo {
  std::string method_name;
  std::map<std::string, TensorInfo> inputs, outputs;
  bool operator==(const SignatureInfo&) const = default;
};

// The nodes by which a graph saves and restores itself.
struct SaverInfo {
  std::string filename_tensor, save_tensor, restore_op;
  int max_to_keep = 0;
  float keep_checkpoint_every_n_hours = 10000;
  bool sharded = false;
  int version = 2;  // of the checkpoints: 2, 1 or 0 (none is told: 1)
  bool operator==(const SaverInfo&) const = default;
};

// Whether TensorFlow takes a collection for one of variables: those of these names alone are VariableDef messages in
// files, which hold any other's as they are.
bool HoldsVariables(std::string_view collection);

// A named list that a program keeps beside its graph, but for variables: names of nodes ("train") and tensors
// ("loss:0"), or values.
struct CollectionInfo {
  std::vector<std::string> nodes, bytes;
  std::vector<int64_t> ints;
  std::vector<float> floats;
  bool operator==(const CollectionInfo&) const = default;
};

// The objects that a SavedModel of TensorFlow 2 was made of, in brief.
struct ObjectsInfo {
  std::map<std::string, int64_t> kinds;       // "variable", "function", "asset" … -> how many
  std::map<std::string, std::string> members;  // of the model itself: name -> kind
};

// What a MetaGraphDef says beside its graph.
struct MetaGraph {
  std::vector<std::string> tags;
  std::string tensorflow_version;
  // By collection, those that list variables as such (HoldsVariables): "variables", "trainable_variables", …
  std::map<std::string, std::vector<VariableInfo>> variables;
  std::vector<std::string> train_ops;
  std::map<std::string, CollectionInfo> collections;  // all others
  std::map<std::string, SignatureInfo> signatures;
  std::optional<SaverInfo> saver;
  std::map<std::string, std::string> assets;  // tensor that takes a file's path -> the file's name in assets/
  std::string init_op;                        // of a SavedModel: the node to run once variables are restored, or empty
  ObjectsInfo objects;
  // Bytes of the file's message without its graph, kept for export, where what is above says the same or less.
  std::string file_fields;

  // Those of a collection; none when there is no such collection.
  const std::vector<VariableInfo>& VariablesOf(const std::string& collection) const;
  // Error: there is none of this name; it tells those that there are.
  Result<const SignatureInfo*> FindSignature(const std::string& name) const;
};

enum class GraphFormat { kGraphDef, kMetaGraph, kSavedModel, kText };

struct LoadedGraph {
  Graph graph;
  GraphFormat format = GraphFormat::kGraphDef;
  bool text = false;              // protobuf text or our own
  std::shared_ptr<const MetaGraph> meta;  // of a MetaGraphDef or SavedModel; graph.file_info().meta is the same
};

struct LoadOptions {
  std::vector<std::string> tags;  // of a SavedModel's meta graph; none: its only one, or the one tagged "serve"
};

// Tells the format by content. `name` is for messages.
Result<LoadedGraph> LoadGraphFromString(std::string_view content, const OpRegistry* registry,
                                        const LoadOptions& options = {}, const std::string& name = "the graph");
// A file, or a SavedModel's folder.
Result<LoadedGraph> LoadGraph(const std::string& path, const OpRegistry* registry, const LoadOptions& options = {});
inline Result<LoadedGraph> LoadGraph(const std::string& path, const LoadOptions& options = {}) {
  return LoadGraph(path, &DefaultOps(), options);
}

// All graphs of a SavedModel, in the order of the file; of another file the only one.
Result<std::vector<LoadedGraph>> LoadAllGraphs(const std::string& path, const OpRegistry* registry);

}  // namespace weir
