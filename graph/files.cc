// Graph files: opening and writing them. What is a protobuf message is read and written by graph/wire, in a library of
// its own (graph/base/deps.h).
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "weir/graph/base/file.h"
#include "weir/graph/constants_file.h"
#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/message_file.h"
#include "weir/graph/text/text.h"
#include "weir/graph/wire/wire.h"

namespace weir {

namespace {

Result<const wire::Wire*> TheWire() { return deps::Get<wire::Wire>("weir_wire"); }

// What no file can hold: functions of this process.
Status CheckWritable(const Graph& g) {
  for (NodeId id : g.nodes()) {
    for (const auto& [name, value] : g[id].attrs()) {
      if (!value.is<CppFunctionRef>()) continue;
      return Unimplemented(
                 fmt::format("error[export]: {} '{}' calls a C++ function of this process, which no file can hold",
                             g[id].op(), g[id].name()))
          .Help("leave it out of the saved graph, or make it an op with a kernel (ops/custom/custom.h)");
    }
  }
  for (const auto& [name, f] : g.functions()) WEIR_RETURN_IF_ERROR(CheckWritable(f->body));
  return {};
}

}  // namespace

bool HoldsVariables(std::string_view collection) {
  constexpr std::string_view kAll[] = {"variables",        "trainable_variables", "local_variables",
                                       "metric_variables", "model_variables",     "moving_average_variables",
                                       "global_step"};
  return std::find(std::begin(kAll), std::end(kAll), collection) != std::end(kAll);
}

const std::vector<VariableInfo>& MetaGraph::VariablesOf(const std::string& collection) const {
  static const std::vector<VariableInfo> kNone;
  auto it = variables.find(collection);
  return it == variables.end() ? kNone : it->second;
}

Result<Graph> ImportGraphDef(std::string_view bytes, const OpRegistry* registry) {
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->import_graph_def(bytes, registry);
}

Result<Graph> ImportGraphDefText(std::string_view text, const OpRegistry* registry) {
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->import_graph_def_text(text, registry);
}

Result<LoadedGraph> LoadGraphFromString(std::string_view content, const OpRegistry* registry,
                                        const LoadOptions& options, const std::string& name) {
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->load_graph(content, {}, registry, options, name);
}

Result<LoadedGraph> LoadGraph(const std::string& path, const OpRegistry* registry, const LoadOptions& options) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    for (const char* name : {"/saved_model.pb", "/saved_model.pbtxt"}) {
      if (stat((path + name).c_str(), &info) == 0) return LoadGraph(path + name, registry, options);
    }
    return NotFound(fmt::format("error[file]: the folder '{}' holds no saved_model.pb", path));
  }
  WEIR_ASSIGN_OR_RETURN(const MessageFile file, ReadMessageFile(path));
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  WEIR_ASSIGN_OR_RETURN(LoadedGraph loaded, wire->load_graph(file.bytes, file.contents, registry, options, path));
  WEIR_RETURN_IF_ERROR(MapConstants(path, &loaded.graph));
  return loaded;
}

Result<std::string> ExportGraphDef(const Graph& g) {
  WEIR_RETURN_IF_ERROR(CheckWritable(g));
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->export_graph_def(g);
}

Result<std::string> ExportGraphDefText(const Graph& g) {
  WEIR_RETURN_IF_ERROR(CheckWritable(g));
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->export_graph_def_text(g);
}

Result<std::string> ExportMetaGraph(const Graph& g, const MetaGraph& meta) {
  WEIR_RETURN_IF_ERROR(CheckWritable(g));
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->export_meta_graph(g, meta);
}

Result<std::string> ExportSavedModel(const std::vector<std::pair<const Graph*, const MetaGraph*>>& graphs) {
  for (const auto& [g, meta] : graphs) WEIR_RETURN_IF_ERROR(CheckWritable(*g));
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->export_saved_model(graphs);
}

Status SaveMetaGraph(const Graph& g, const MetaGraph& meta, const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(std::string content, ExportMetaGraph(g, meta));
  return io::WriteFile(path, content);
}

Status SaveGraph(const Graph& g, const std::string& path, const SaveGraphOptions& options) {
  if (options.constants_aside) {
    WEIR_ASSIGN_OR_RETURN(const Graph rest, WriteConstants(g, path));
    WEIR_RETURN_IF_ERROR(SaveGraph(rest, path));
    RemoveOldConstants(rest, path);
    return {};
  }
  if (path.ends_with(".txt") || path.ends_with(".weir")) {
    WEIR_RETURN_IF_ERROR(CheckWritable(g));
    return io::WriteFile(path, PrintGraph(g));
  }
  auto content = path.ends_with(".pbtxt") ? ExportGraphDefText(g) : ExportGraphDef(g);
  if (!content.ok()) return content.status();
  return io::WriteFile(path, *content);
}

}  // namespace weir
