// Graph files: opening and writing them. What is a protobuf message is read and written by graph/wire, in a library of
// its own (graph/base/deps.h).
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "weir/graph/export.h"
#include "weir/graph/import.h"
#include "weir/graph/text/text.h"
#include "weir/graph/wire/wire.h"

namespace weir {

namespace {

Result<const wire::Wire*> TheWire() { return deps::Get<wire::Wire>("weir_wire"); }

Result<std::string> ReadWholeFile(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0)
    return NotFound(fmt::format("error[file]: cannot read '{}': {}", path, std::strerror(errno)));
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFound(fmt::format("error[file]: cannot read '{}': {}", path, std::strerror(errno)));
  std::string content;
  char part[1 << 16];  // a pipe does not tell its size
  while (file.read(part, sizeof part) || file.gcount() > 0) {
    content.append(part, static_cast<size_t>(file.gcount()));
    if (content.size() > INT_MAX) return ResourceExhausted(fmt::format("error[file]: '{}' has more than 2 GiB", path));
  }
  return content;
}

Status WriteAside(const std::string& path, const std::string& content) {
  std::string aside = path + ".XXXXXX";
  int fd = mkstemp(aside.data());
  if (fd < 0) return NotFound(fmt::format("error[file]: cannot write '{}': {}", path, std::strerror(errno)));
  size_t done = 0;
  while (done < content.size()) {
    ssize_t n = write(fd, content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  bool ok = done == content.size() && fchmod(fd, 0644) == 0 && fsync(fd) == 0;
  int error = errno;
  close(fd);
  if (ok && rename(aside.c_str(), path.c_str()) == 0) return {};
  if (ok) error = errno;
  unlink(aside.c_str());
  return ResourceExhausted(fmt::format("error[file]: cannot write '{}': {}", path, std::strerror(error)));
}

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
  return wire->load_graph(content, registry, options, name);
}

Result<LoadedGraph> LoadGraph(const std::string& path, const OpRegistry* registry, const LoadOptions& options) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    for (const char* name : {"/saved_model.pb", "/saved_model.pbtxt"}) {
      if (stat((path + name).c_str(), &info) == 0) return LoadGraph(path + name, registry, options);
    }
    return NotFound(fmt::format("error[file]: the folder '{}' holds no saved_model.pb", path));
  }
  WEIR_ASSIGN_OR_RETURN(std::string content, ReadWholeFile(path));
  return LoadGraphFromString(content, registry, options, path);
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

Result<QueueRunnerInfo> ParseQueueRunner(std::string_view bytes) {
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->parse_queue_runner(bytes);
}

Result<std::string> QueueRunnerBytes(const QueueRunnerInfo& info) {
  WEIR_ASSIGN_OR_RETURN(const wire::Wire* wire, TheWire());
  return wire->queue_runner_bytes(info);
}

Status SaveMetaGraph(const Graph& g, const MetaGraph& meta, const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(std::string content, ExportMetaGraph(g, meta));
  return WriteAside(path, content);
}

Status SaveGraph(const Graph& g, const std::string& path) {
  if (path.ends_with(".txt") || path.ends_with(".weir")) {
    WEIR_RETURN_IF_ERROR(CheckWritable(g));
    return WriteAside(path, PrintGraph(g));
  }
  auto content = path.ends_with(".pbtxt") ? ExportGraphDefText(g) : ExportGraphDef(g);
  if (!content.ok()) return content.status();
  return WriteAside(path, *content);
}

}  // namespace weir
