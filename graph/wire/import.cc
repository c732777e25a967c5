#include "weir/graph/import.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <charconv>
#include <climits>

#include "weir/graph/base/git_lfs.h"
#include "weir/graph/base/names.h"
#include "weir/graph/message_file.h"
#include "weir/graph/text/text.h"
#include "weir/graph/wire/import_function.h"
#include "weir/graph/wire/import_meta.h"
#include "weir/graph/wire/wire.h"
#include "weir/proto/graph.pb.h"
#include "weir/proto/model.pb.h"

namespace weir {

namespace {

constexpr int kNestingLimit = 100;  // of messages; Protobuf's own parsers recurse

Status MalformedInput(const pb::NodeDef& n, const std::string& input, const std::string& why) {
  return InvalidArgument(
      fmt::format("error[graph]: {} '{:.100}' has the input '{:.100}', {}", n.op(), n.name(), input, why));
}

Status ConnectNode(Graph& g, NodeId id, const pb::NodeDef& n) {
  std::vector<Endpoint> inputs;
  std::vector<NodeId> controls;
  for (const std::string& input : n.input()) {
    std::string_view name = input;
    if (name.starts_with("^")) {
      controls.push_back(g.Find(name.substr(1)));
      if (!controls.back().valid()) return MalformedInput(n, input, "but there is no such node");
      continue;
    }
    if (!controls.empty()) return MalformedInput(n, input, "which comes after control inputs");
    int32_t index = 0;
    if (size_t colon = name.rfind(':'); colon != name.npos) {
      const char* end = name.data() + name.size();
      auto [stop, error] = std::from_chars(name.data() + colon + 1, end, index);
      if (error != std::errc() || stop != end || index < 0 || name[colon + 1] == '-')
        return MalformedInput(n, input, "which names no output");
      name = name.substr(0, colon);
    }
    NodeId from = g.Find(name);
    if (!from.valid()) return MalformedInput(n, input, "but there is no such node");
    inputs.push_back({from, index});
  }
  return g.SetInputs(id, std::move(inputs), std::move(controls));
}

Status ImportNodes(const pb::GraphDef& p, const Signatures& library, const Contents& contents, Graph& g) {
  std::vector<NodeId> ids;
  ids.reserve(p.node_size());
  for (const pb::NodeDef& n : p.node()) {
    WEIR_ASSIGN_OR_RETURN(NodeSpec spec, NodeFromWire(n, contents));
    auto call = library.find(n.op());
    auto types = call == library.end() ? std::nullopt : CallTypes(*call->second);
    WEIR_ASSIGN_OR_RETURN(NodeId id, g.AddRaw(std::move(spec), types ? static_cast<int>(types->size()) : 0));
    if (types && !g[id].def()) {
      for (size_t i = 0; i < types->size(); ++i)
        WEIR_RETURN_IF_ERROR(g.SetOutputType(id, static_cast<int>(i), {.dtype = (*types)[i]}));
    }
    ids.push_back(id);
  }
  for (int i = 0; i < p.node_size(); ++i) WEIR_RETURN_IF_ERROR(ConnectNode(g, ids[i], p.node(i)));
  return {};
}

// Takes `p` apart.
Result<Graph> FromWire(pb::GraphDef& p, const OpRegistry* registry, const Contents& contents = {}) {
  Graph g(registry);
  Signatures library;
  for (const auto& f : p.library().function()) {
    if (!library.emplace(f.signature().name(), &f.signature()).second) {
      return InvalidArgument(
          fmt::format("error[function]: there are two functions named '{:.100}'", f.signature().name()));
    }
  }
  std::map<std::string, std::string> gradients;
  for (const auto& d : p.library().gradient()) {
    if (gradients.emplace(d.function_name(), d.gradient_func()).second) continue;
    return InvalidArgument(
        fmt::format("error[function]: function '{:.100}' has two gradients, '{:.100}' and '{:.100}'", d.function_name(),
                    gradients[d.function_name()], d.gradient_func()));
  }
  for (const auto& f : p.library().function()) {
    WEIR_ASSIGN_OR_RETURN(Function made, FunctionFromWire(f, registry, library));
    auto gradient = gradients.find(made.name);
    if (gradient != gradients.end()) made.gradient = gradient->second;
    WEIR_RETURN_IF_ERROR(g.AddFunction(std::move(made)));
  }
  WEIR_RETURN_IF_ERROR(ImportNodes(p, library, contents, g));
  Graph::FileInfo& info = g.file_info();
  info.from_file = true;
  info.producer = p.versions().producer(), info.min_consumer = p.versions().min_consumer();
  info.bad_consumers.assign(p.versions().bad_consumers().begin(), p.versions().bad_consumers().end());
  if (p.has_library()) {
    p.mutable_library()->clear_function();
    // What is left are gradients of functions that the file does not have.
    auto* left = p.mutable_library()->mutable_gradient();
    left->erase(std::remove_if(left->begin(), left->end(),
                               [&](const auto& d) { return g.FindFunction(d.function_name()) != nullptr; }),
                left->end());
    info.library_unknown_fields = p.library().SerializeAsString();
  }
  p.clear_node(), p.clear_library(), p.clear_versions();
  info.unknown_fields = p.SerializeAsString();
  return g;
}

// ---- parsing of messages

struct FirstError : google::protobuf::io::ErrorCollector {
  Status status;
  void AddError(int line, int column, const std::string& message) override {
    if (status.ok())
      status = InvalidArgument(fmt::format("error[file]: line {}, column {}: {}", line + 1, column + 1, message));
  }
};

Status ParseText(std::string_view text, google::protobuf::Message* m) {
  FirstError errors;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(kNestingLimit);
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  if (parser.Parse(&stream, m)) {
    // The text's parser takes bytes that are no UTF-8 as names; no reader of the message would.
    google::protobuf::LogSilencer silence;
    if (m->ParseFromString(m->SerializeAsString())) return {};
    return InvalidArgument("error[file]: a name or the like is not UTF-8");
  }
  return errors.status.ok() ? InvalidArgument("error[file]: the text is malformed") : errors.status;
}

Status ParseBytes(std::string_view bytes, google::protobuf::Message* m) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(kNestingLimit);
  google::protobuf::LogSilencer silence;  // it would write on stderr what the returned error says
  if (m->ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage()) return {};
  return DataLoss(
      fmt::format("error[file]: the bytes are no {} message, or end too early", m->GetDescriptor()->name()));
}

Status Parse(std::string_view content, bool text, google::protobuf::Message* m) {
  if (content.size() > INT_MAX)
    return ResourceExhausted(fmt::format("error[file]: {} bytes; a message has at most 2 GiB", content.size()));
  return text ? ParseText(content, m) : ParseBytes(content, m);
}

// ---- telling what a file is

// The word that text begins with after comments, when `{` or `:` follows it (protobuf text, or `file {` of our form);
// else "".
std::string_view FirstField(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    if (std::isspace(static_cast<unsigned char>(text[i]))) {
      ++i;
    } else if (text[i] == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else {
      break;
    }
  }
  size_t end = i;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
  size_t next = text.find_first_not_of(" \t\r\n", end);
  bool field = next != text.npos && end > i && (text[next] == '{' || text[next] == ':' || text[next] == '<');
  return field ? text.substr(i, end - i) : std::string_view();
}

GraphFormat FormatOfText(std::string_view text) {
  std::string_view field = FirstField(text);
  if (field.empty() || field == "file") return GraphFormat::kText;
  if (field == "saved_model_schema_version" || field == "meta_graphs") return GraphFormat::kSavedModel;
  bool graph =
      field == "node" || field == "library" || field == "versions" || field == "version" || field == "debug_info";
  return graph ? GraphFormat::kGraphDef : GraphFormat::kMetaGraph;
}

GraphFormat FormatOfBytes(std::string_view bytes) {
  if (auto format = FormatOfPrefix(bytes)) return *format;
  google::protobuf::LogSilencer silence;
  pb::MetaGraphDef meta;  // field 2 is a graph there, of a GraphDef the library
  const bool has_graph =
      bytes[0] == '\x12' &&
      meta.ParsePartialFromArray(bytes.data(), static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX))) &&
      meta.graph_def().node_size() > 0 && !meta.graph_def().node(0).op().empty();
  return has_graph ? GraphFormat::kMetaGraph : GraphFormat::kGraphDef;
}

Status NotAGraph(std::string_view content, const std::string& name, Status why) {
  constexpr std::string_view kTableMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
  std::string help = "graphs are GraphDef, MetaGraphDef or SavedModel messages (.pb .pbtxt .meta), or the text form";
  if (content.ends_with(kTableMagic))
    help = "this is a checkpoint's index; the graph of a checkpoint is in its .meta file";
  if (content.starts_with("model_checkpoint_path"))
    help = "this is a folder's checkpoint state; the graph of a checkpoint is in its .meta file";
  return std::move(why).Detail("in '" + name + "'").Help(help);
}

// A variable of both collections is saved.
void KeepMeta(const std::shared_ptr<const MetaGraph>& meta, Graph& g) {
  for (const VariableInfo& v : meta->VariablesOf("local_variables")) g.local_variables().insert(NodeNameOf(v.name));
  for (const VariableInfo& v : meta->VariablesOf("variables")) g.local_variables().erase(NodeNameOf(v.name));
  g.file_info().meta = meta;
}

// Takes `p` apart.
Result<LoadedGraph> FromMetaGraph(pb::MetaGraphDef& p, GraphFormat format, bool text, const OpRegistry* registry,
                                  const Contents& contents) {
  auto meta = std::make_shared<MetaGraph>(MetaFromWire(p));
  pb::GraphDef graph;
  graph.Swap(p.mutable_graph_def());
  p.clear_graph_def();
  meta->file_fields = p.SerializeAsString();
  WEIR_ASSIGN_OR_RETURN(Graph g, FromWire(graph, registry, contents));
  KeepMeta(meta, g);
  return LoadedGraph{std::move(g), format, text, std::move(meta)};
}

Result<std::vector<LoadedGraph>> LoadMessage(std::string_view content, GraphFormat format, bool text,
                                             const OpRegistry* registry, const LoadOptions* one,
                                             const Contents& contents) {
  std::vector<LoadedGraph> graphs;
  if (format == GraphFormat::kGraphDef) {
    pb::GraphDef graph;
    WEIR_RETURN_IF_ERROR(Parse(content, text, &graph));
    bool empty = graph.node_size() == 0 && !graph.has_library() && !graph.has_versions();
    if (empty) return DataLoss("error[file]: there is no graph in it");
    WEIR_ASSIGN_OR_RETURN(Graph g, FromWire(graph, registry, contents));
    graphs.push_back({std::move(g), format, text, nullptr});
    return graphs;
  }
  pb::SavedModel p;
  std::vector<pb::MetaGraphDef*> parts;
  if (format == GraphFormat::kMetaGraph) {
    parts.push_back(p.add_meta_graphs());
    WEIR_RETURN_IF_ERROR(Parse(content, text, parts[0]));
    if (!parts[0]->has_graph_def()) return DataLoss("error[file]: there is no graph in it");
  } else {
    WEIR_RETURN_IF_ERROR(Parse(content, text, &p));
    if (one) {
      WEIR_ASSIGN_OR_RETURN(pb::MetaGraphDef* chosen, ChooseMetaGraph(p, *one));
      parts.push_back(chosen);
    } else {
      for (pb::MetaGraphDef& m : *p.mutable_meta_graphs()) parts.push_back(&m);
    }
    if (parts.empty()) return DataLoss("error[file]: there is no graph in it");
  }
  for (pb::MetaGraphDef* part : parts) {
    WEIR_ASSIGN_OR_RETURN(LoadedGraph g, FromMetaGraph(*part, format, text, registry, contents));
    graphs.push_back(std::move(g));
  }
  return graphs;
}

}  // namespace

namespace wire {

Result<Graph> ImportGraphDef(std::string_view bytes, const OpRegistry* registry) {
  pb::GraphDef p;
  WEIR_RETURN_IF_ERROR(Parse(bytes, false, &p));
  return FromWire(p, registry);
}

Result<Graph> ImportGraphDefText(std::string_view text, const OpRegistry* registry) {
  pb::GraphDef p;
  WEIR_RETURN_IF_ERROR(Parse(text, true, &p));
  return FromWire(p, registry);
}

Result<std::vector<LoadedGraph>> LoadGraphs(std::string_view content, const Contents& contents,
                                            const OpRegistry* registry, const LoadOptions* one,
                                            const std::string& name) {
  if (content.empty()) return InvalidArgument(fmt::format("error[file]: '{}' is empty", name));
  if (IsGitLfsPointer(content)) return GitLfsPointer(name);
  bool text = LooksLikeText(content);
  GraphFormat format = text ? FormatOfText(content) : FormatOfBytes(content);
  if (format == GraphFormat::kText) {
    auto g = ParseGraph(content, registry, {.infer = false});
    if (!g.ok()) return NotAGraph(content, name, g.status());
    std::vector<LoadedGraph> graphs;
    graphs.push_back({std::move(*g), format, true, nullptr});
    return graphs;
  }
  auto loaded = LoadMessage(content, format, text, registry, one, contents);
  if (!loaded.ok() && !loaded.status().decorated()) return NotAGraph(content, name, loaded.status());
  return loaded;
}

}  // namespace wire
}  // namespace weir
