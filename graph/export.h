// Export: graphs to GraphDef, binary or protobuf text, and MetaGraphDef, as TensorFlow reads them. The inverse of
// import.h; deterministic: the same graph gives the same bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "weir/graph/graph.h"

namespace weir {

// A serialized GraphDef. Errors: more than 2 GiB (naming the largest nodes), a function body with an unknown op, a
// C++ function (ops/custom/custom.h), which no file can hold.
Result<std::string> ExportGraphDef(const Graph& g);
// The same in protobuf's text format (.pbtxt); fields that Weir does not know are left out there.
Result<std::string> ExportGraphDefText(const Graph& g);
// A MetaGraphDef (.meta): the graph and what is said beside it, in TensorFlow's formats; import_meta_graph reads it.
// What the graph's file said instead (file_info().meta) is not looked at. Errors: as above.
Result<std::string> ExportMetaGraph(const Graph& g, const MetaGraph& meta);
Result<std::string> ExportMetaGraphText(const Graph& g, const MetaGraph& meta);
// As protobuf text where the path ends in .pbtxt. Atomic.
Status SaveMetaGraph(const Graph& g, const MetaGraph& meta, const std::string& path);
// A SavedModel of these graphs (saved_model.pb, saved_model.pbtxt), each told by its tags. Errors: as above.
using GraphsWithMeta = std::vector<std::pair<const Graph*, const MetaGraph*>>;
Result<std::string> ExportSavedModel(const GraphsWithMeta& graphs);
Result<std::string> ExportSavedModelText(const GraphsWithMeta& graphs);
struct SaveGraphOptions {
  // Constants of 4 KiB and more go into a file beside the graph's, `path`.….constants, which LoadGraph maps: for graphs
  // of more than 2 GiB, and to open large ones at once. TensorFlow does not read such graphs (graph/constants_file.h).
  bool constants_aside = false;
};
// Writes a file, by its ending: .pbtxt as protobuf text, .txt and .weir as our text form, else binary. Atomic.
Status SaveGraph(const Graph& g, const std::string& path, const SaveGraphOptions& options = {});

}  // namespace weir
