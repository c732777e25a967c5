// ImportGraph: a graph's nodes copied into a builder's graph, to go on from.
//
//   LoadedGraph file = LoadGraph("features.meta").value();
//   ImportedGraph net = ImportGraph(g, file.graph, {.prefix = "net", .input_map = {{"image:0", crop}}});
//   Output features = net.output("pool5:0");
//   …
//   Saver(&session, {.names = net.Variables()}).Restore("features.ckpt").Check();
//
// A graph that nothing is to be put beside needs no import: Builder g(LoadGraph("model.meta")).
#pragma once

#include <map>
#include <string>

#include "weir/graph/builder.h"
#include "weir/ops/model/variables.h"

namespace weir {

struct ImportOptions {
  // In front of all names, within the current scope; made unique. "": none, and a name that is taken is an error.
  std::string prefix = "import";
  // Outputs of the imported graph, by name, and what their users read instead. Dtypes must agree.
  std::map<std::string, Output> input_map = {};
  bool clear_devices = false;  // nodes forget where they were to run
};

// What was imported, by the names that nodes had. A name that is none is the builder's error.
class ImportedGraph {
 public:
  ImportedGraph() = default;
  ImportedGraph(Builder* b, std::string prefix, std::map<std::string, Variable> variables)
      : builder_(b), prefix_(std::move(prefix)), variables_(std::move(variables)) {}

  bool valid() const { return builder_ != nullptr; }
  const std::string& prefix() const { return prefix_; }  // what stands in front of names now: "outer/import_1/"
  Output output(const std::string& name) const;          // "pool5:0", or "pool5"
  Operation operation(const std::string& name) const;
  // The imported variables by the names that checkpoints of the graph have for them. They also are in the builder's
  // collections, as the file's MetaGraph lists them, or as global and trainable ones where there is none.
  const std::map<std::string, Variable>& Variables() const { return variables_; }

 private:
  Builder* builder_ = nullptr;
  std::string prefix_;
  std::map<std::string, Variable> variables_;
};

// Functions come along; one whose name another function has in the builder's graph gets a new name. Handles keep
// their shared names, so that two imports of one graph share its handle variables; reference variables are called by
// their nodes. Errors (the builder's): an input_map key that is no output, a value of another dtype, shapes that do
// not fit, taken names.
ImportedGraph ImportGraph(At g, const Graph& graph, const ImportOptions& options = {});
// The same of a file, of a graph or a MetaGraphDef. Errors: the file's, too.
ImportedGraph ImportMetaGraph(At g, const std::string& path, const ImportOptions& options = {});

}  // namespace weir
