// The wire: graphs from and to protobuf messages. The only part of graph/ that includes protobuf, compiled into
// libweir_deps.so; graph/files.cc hands the public functions of import.h and export.h on to this table.
#pragma once

#include "weir/graph/base/deps.h"
#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/message_file.h"
#include "weir/graph/queue_runner_info.h"

namespace weir::wire {

struct Wire {
  decltype(&weir::ImportGraphDef) import_graph_def;
  decltype(&weir::ImportGraphDefText) import_graph_def_text;
  // All graphs of the content, or the one that `one` asks for.
  Result<std::vector<LoadedGraph>> (*load_graphs)(std::string_view content, const Contents& contents,
                                                  const OpRegistry* registry, const LoadOptions* one,
                                                  const std::string& name);
  decltype(&weir::ExportGraphDef) export_graph_def;
  decltype(&weir::ExportGraphDefText) export_graph_def_text;
  Result<std::string> (*export_meta_graph)(const Graph& g, const MetaGraph& meta, bool text);
  Result<std::string> (*export_saved_model)(const GraphsWithMeta& graphs, bool text);
  decltype(&weir::ParseQueueRunner) parse_queue_runner;
  decltype(&weir::QueueRunnerBytes) queue_runner_bytes;
};

Result<Graph> ImportGraphDef(std::string_view bytes, const OpRegistry* registry);
Result<Graph> ImportGraphDefText(std::string_view text, const OpRegistry* registry);
Result<std::vector<LoadedGraph>> LoadGraphs(std::string_view content, const Contents& contents,
                                            const OpRegistry* registry, const LoadOptions* one,
                                            const std::string& name);
Result<std::string> ExportGraphDef(const Graph& g);
Result<std::string> ExportGraphDefText(const Graph& g);
Result<std::string> ExportMetaGraph(const Graph& g, const MetaGraph& meta, bool text);
Result<std::string> ExportSavedModel(const GraphsWithMeta& graphs, bool text);
Result<QueueRunnerInfo> ParseQueueRunner(std::string_view bytes);
Result<std::string> QueueRunnerBytes(const QueueRunnerInfo& info);

}  // namespace weir::wire
