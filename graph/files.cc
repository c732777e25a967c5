// Graph files: opening and writing them. What is a protobuf message is read and written by graph/wire, in a library of
// its own (graph/base/deps.h).
#include <fmt/format.h>
#include <fmt/ranges.h>
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

Result<const SignatureInfo*> MetaGraph::FindSignature(const std::string& name) const {
  auto it = signatures.find(name);
  if (it != signatures.end()) return &it->second;
  std::vector<std::string> names;
  for (const auto& [key, s] : signatures) names.push_back(key);
  return NotFound(fmt::format("error[fetch]: the model has no signature '{}'", name))
      .Help(names.empty() ? "it has none" : fmt::format("it has: {}", fmt::join(names, ", ")));
}

Result<Graph> ImportGraphDef(std::string_view bytes, const OpRegistry* registry) {
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->import_graph_def(bytes, registry);
}

Result<Graph> ImportGraphDefText(std::string_view text, const OpRegistry* registry) {
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->import_graph_def_text(text, registry);
}

namespace {

Result<std::vector<LoadedGraph>> LoadContent(std::string_view content, const Contents& contents,
                                             const OpRegistry* registry, const LoadOptions* one,
                                             const std::string& name) {
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->load_graphs(content, contents, registry, one, name);
}

// The message's file of a SavedModel's folder; any other path as it is.
Result<std::string> FileOf(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return path;
  for (const char* name : {"/saved_model.pb", "/saved_model.pbtxt"}) {
    if (stat((path + name).c_str(), &info) == 0) return path + name;
  }
  return NotFound(fmt::format("error[file]: the folder '{}' holds no saved_model.pb", path));
}

Result<std::vector<LoadedGraph>> LoadPath(const std::string& path, const OpRegistry* registry,
                                          const LoadOptions* one) {
  WEIR_ASSIGN_OR_RETURN(const std::string file, FileOf(path));
  WEIR_ASSIGN_OR_RETURN(const MessageFile message, ReadMessageFile(file));
  WEIR_ASSIGN_OR_RETURN(auto graphs, LoadContent(message.bytes, message.contents, registry, one, file));
  for (LoadedGraph& g : graphs) WEIR_RETURN_IF_ERROR(MapConstants(file, &g.graph));
  return graphs;
}

}  // namespace

Result<LoadedGraph> LoadGraphFromString(std::string_view content, const OpRegistry* registry,
                                        const LoadOptions& options, const std::string& name) {
  WEIR_ASSIGN_OR_RETURN(auto graphs, LoadContent(content, {}, registry, &options, name));
  return std::move(graphs[0]);
}

Result<LoadedGraph> LoadGraph(const std::string& path, const OpRegistry* registry, const LoadOptions& options) {
  WEIR_ASSIGN_OR_RETURN(auto graphs, LoadPath(path, registry, &options));
  return std::move(graphs[0]);
}

Result<std::vector<LoadedGraph>> LoadAllGraphs(const std::string& path, const OpRegistry* registry) {
  return LoadPath(path, registry, nullptr);
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

namespace {

Result<std::string> MetaGraphBytes(const Graph& g, const MetaGraph& meta, bool text) {
  WEIR_RETURN_IF_ERROR(CheckWritable(g));
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->export_meta_graph(g, meta, text);
}

Result<std::string> SavedModelBytes(const GraphsWithMeta& graphs, bool text) {
  for (const auto& [g, meta] : graphs) WEIR_RETURN_IF_ERROR(CheckWritable(*g));
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->export_saved_model(graphs, text);
}

}  // namespace

Result<std::string> ExportMetaGraph(const Graph& g, const MetaGraph& meta) { return MetaGraphBytes(g, meta, false); }
Result<std::string> ExportMetaGraphText(const Graph& g, const MetaGraph& meta) { return MetaGraphBytes(g, meta, true); }
Result<std::string> ExportSavedModel(const GraphsWithMeta& graphs) { return SavedModelBytes(graphs, false); }
Result<std::string> ExportSavedModelText(const GraphsWithMeta& graphs) { return SavedModelBytes(graphs, true); }

Result<QueueRunnerInfo> ParseQueueRunner(std::string_view bytes) {
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->parse_queue_runner(bytes);
}

Result<std::string> QueueRunnerBytes(const QueueRunnerInfo& info) {
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->queue_runner_bytes(info);
}

Status SaveMetaGraph(const Graph& g, const MetaGraph& meta, const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(const std::string content, MetaGraphBytes(g, meta, path.ends_with(".pbtxt")));
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
