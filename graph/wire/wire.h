// The wire: graphs from and to protobuf messages. The only part of graph/ that includes protobuf, compiled into
// libweir_deps.so; graph/files.cc hands the public functions of import.h and export.h on to this table.
#pragma once

#include "weir/graph/base/deps.h"
#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/queue_runner_info.h"

namespace weir::wire {

struct Wire {
  decltype(&weir::ImportGraphDef) import_graph_def;
  decltype(&weir::ImportGraphDefText) import_graph_def_text;
  decltype(&weir::LoadGraphFromString) load_graph;
  decltype(&weir::ExportGraphDef) export_graph_def;
  decltype(&weir::ExportGraphDefText) export_graph_def_text;
  decltype(&weir::ExportMetaGraph) export_meta_graph;
  decltype(&weir::ExportSavedModel) export_saved_model;
  decltype(&weir::ParseQueueRunner) parse_queue_runner;
  decltype(&weir::QueueRunnerBytes) queue_runner_bytes;
};

Result<Graph> ImportGraphDef(std::string_view bytes, const OpRegistry* registry);
Result<Graph> ImportGraphDefText(std::string_view text, const OpRegistry* registry);
Result<LoadedGraph> LoadGraphFromString(std::string_view content, const OpRegistry* registry,
                                        const LoadOptions& options, const std::string& name);
Result<std::string> ExportGraphDef(const Graph& g);
Result<std::string> ExportGraphDefText(const Graph& g);
Result<std::string> ExportMetaGraph(const Graph& g, const MetaGraph& meta);
Result<std::string> ExportSavedModel(const std::vector<std::pair<const Graph*, const MetaGraph*>>& graphs);
Result<QueueRunnerInfo> ParseQueueRunner(std::string_view bytes);
Result<std::string> QueueRunnerBytes(const QueueRunnerInfo& info);

}  // namespace weir::wire
