// graphdef show: what a model's file says beside its nodes: signatures, variables, assets, collections.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/graph/infer.h"
#include "weir/ops/registry.h"
#include "weir/runtime/io/bundle.h"
#include "weir/tools/graphdef/tool.h"

namespace weir::tool {

namespace {

struct ShowOptions {
  ModelOptions model;
  bool json = false;
};

const char* FormatName(GraphFormat format) {
  static constexpr const char* kNames[] = {"GraphDef", "MetaGraphDef", "SavedModel", "text form"};
  return kNames[static_cast<int>(format)];
}

// ---- as JSON, from which the text is made

Json TensorsJson(const std::map<std::string, TensorInfo>& tensors) {
  Json json = Json::object();
  for (const auto& [key, t] : tensors) {
    Json shape;  // null: of unknown rank
    if (t.shape.known_rank()) shape = t.shape.dims();
    json[key] = {{"tensor", t.name}, {"dtype", DTypeName(t.dtype)}, {"shape", shape}};
  }
  return json;
}

Json SignaturesJson(const MetaGraph& m) {
  Json json = Json::object();
  for (const auto& [key, s] : m.signatures)
    json[key] = {{"method", s.method_name}, {"inputs", TensorsJson(s.inputs)}, {"outputs", TensorsJson(s.outputs)}};
  return json;
}

// Of each collection, how much of what it has.
Json CollectionsJson(const MetaGraph& m) {
  Json json = Json::object();
  for (const auto& [key, list] : m.variables) {
    if (!list.empty()) json[key]["variables"] = list.size();
  }
  for (const auto& [key, c] : m.collections) {
    Json& sizes = json[key];
    if (sizes.is_null()) sizes = Json::object();
    if (!c.nodes.empty()) sizes["nodes"] = c.nodes;
    if (!c.bytes.empty()) sizes["messages"] = c.bytes.size();
    if (!c.ints.empty()) sizes["ints"] = c.ints;
    if (!c.floats.empty()) sizes["floats"] = c.floats;
  }
  return json;
}

Json GraphJson(const LoadedGraph& m) {
  const Graph& g = m.graph;
  Json json{{"nodes", g.num_nodes()},
            {"functions", g.functions().size()},
            {"producer", g.file_info().producer},
            {"placeholders", TypesJson(g, Inputs(g))}};
  if (!m.meta) {
    json["results"] = TypesJson(g, Sinks(g));
    return json;
  }
  const MetaGraph& meta = *m.meta;
  json["tags"] = meta.tags;
  json["tensorflow_version"] = meta.tensorflow_version;
  json["signatures"] = SignaturesJson(meta);
  json["collections"] = CollectionsJson(meta);
  if (meta.saver) {
    json["saver"] = {{"filename", meta.saver->filename_tensor},
                     {"save", meta.saver->save_tensor},
                     {"restore", meta.saver->restore_op},
                     {"max_to_keep", meta.saver->max_to_keep}};
  }
  if (!meta.init_op.empty()) json["init_op"] = meta.init_op;
  if (!meta.assets.empty()) json["assets"] = meta.assets;
  if (!meta.objects.kinds.empty())
    json["objects"] = {{"kinds", meta.objects.kinds}, {"members", meta.objects.members}};
  return json;
}

// The tensors of a SavedModel's checkpoint.
Result<Json> VariablesJson(const std::string& path) {
  const std::string prefix = FolderOf(path) + "/variables/variables";
  Json json = Json::array();
  if (!io::FileExists(io::BundleIndexPath(prefix))) return json;
  WEIR_ASSIGN_OR_RETURN(auto reader, io::BundleReader::Open(prefix));
  for (const auto& [name, e] : reader.entries())
    json.push_back({{"name", name}, {"dtype", DTypeName(e.dtype)}, {"shape", e.shape.dims()}, {"bytes", e.size}});
  return json;
}

// ---- as text

std::string TextOf(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// " : f32[?,2]"; nothing of a node that stands where a tensor should, as of an init op.
std::string TypeText(const Json& tensor) {
  const DType dtype = ParseDType(TextOf(tensor["dtype"]));
  if (dtype == DType::kInvalid) return "";
  std::string dims;
  for (const Json& d : tensor["shape"])
    dims += (dims.empty() ? "" : ",") + (d.get<int64_t>() < 0 ? std::string("?") : d.dump());
  return " : " + DTypeShortName(dtype) + (tensor["shape"].is_null() ? "<unknown>" : "[" + dims + "]");
}

void PrintSignatures(const Json& signatures) {
  for (const auto& [key, s] : signatures.items()) {
    Print(fmt::format("  signature '{}' {}\n", key, TextOf(s["method"])));
    for (const auto& [side, what] : {std::pair{"inputs", "in "}, std::pair{"outputs", "out"}}) {
      for (const auto& [name, t] : s[side].items())
        Print(fmt::format("    {} {}{} = {}\n", what, name, TypeText(t), TextOf(t["tensor"])));
    }
  }
}

// "train_op: 1 nodes (train)"
void PrintCollections(const Json& collections) {
  constexpr size_t kShown = 3;
  for (const auto& [key, parts] : collections.items()) {
    std::string text;
    for (const auto& [kind, list] : parts.items()) {
      text += text.empty() ? "" : ", ";
      if (!list.is_array()) {
        text += fmt::format("{} {}", list.dump(), kind);
        continue;
      }
      std::vector<std::string> shown;
      for (size_t i = 0; i < list.size() && i < kShown; ++i) shown.push_back(TextOf(list[i]));
      const char* more = list.size() > kShown ? ", …" : "";
      text += fmt::format("{} {} ({}{})", list.size(), kind, fmt::join(shown, ", "), more);
    }
    Print(fmt::format("  collection '{}': {}\n", key, text.empty() ? "empty" : text));
  }
}

void PrintPairs(const char* what, const Json& pairs) {
  for (const auto& [key, value] : pairs.items()) Print(fmt::format("  {} {}: {}\n", what, key, TextOf(value)));
}

void PrintGraphText(const Json& g) {
  std::string head = fmt::format("{} nodes, {} functions, producer {}", Thousands(g["nodes"]), TextOf(g["functions"]),
                                 TextOf(g["producer"]));
  if (g.contains("tags")) {
    std::vector<std::string> tags = g["tags"];
    head = tags.empty() ? "graph: " + head : fmt::format("graph tagged '{}': {}", fmt::join(tags, ","), head);
    if (!TextOf(g["tensorflow_version"]).empty()) head += ", TensorFlow " + TextOf(g["tensorflow_version"]);
  }
  Print(head + "\n");
  for (const Json& t : g["placeholders"])
    Print(fmt::format("  placeholder {} : {}\n", TextOf(t["name"]), TextOf(t["type"])));
  for (const Json& t : g.value("results", Json::array()))
    Print(fmt::format("  result (guessed) {} : {}\n", TextOf(t["name"]), TextOf(t["type"])));
  if (!g.contains("tags")) return;
  PrintSignatures(g["signatures"]);
  PrintPairs("asset of", g.value("assets", Json::object()));
  if (g.contains("init_op")) Print(fmt::format("  init op: {}\n", TextOf(g["init_op"])));
  PrintPairs("saver's", g.value("saver", Json::object()));
  PrintCollections(g["collections"]);
  if (!g.contains("objects")) return;
  std::string kinds;
  for (const auto& [kind, count] : g["objects"]["kinds"].items())
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", count.dump(), kind);
  Print(fmt::format("  objects: {}\n", kinds));
  PrintPairs("object", g["objects"]["members"]);
}

void PrintVariables(const Json& variables) {
  int64_t bytes = 0;
  for (const Json& v : variables) bytes += v["bytes"].get<int64_t>();
  Print(fmt::format("{} tensors of {} bytes in variables/\n", variables.size(), Thousands(bytes)));
  for (const Json& v : variables) Print(fmt::format("  {}{}\n", TextOf(v["name"]), TypeText(v)));
}

int RunShow(const ShowOptions& o) {
  std::vector<LoadedGraph> graphs;
  if (o.model.tags.empty()) {
    auto all = LoadAllGraphs(o.model.path == "-" ? "/dev/stdin" : o.model.path, &AllOps());
    if (!all.ok()) return Report(all.status(), kBadFile);
    graphs = std::move(*all);
  } else {
    auto one = Load(o.model);
    if (!one.ok()) return Report(one.status(), kBadFile);
    graphs.push_back(std::move(*one));
  }
  const GraphFormat format = graphs[0].format;
  Json json{{"schema", "graphdef.show/1"}, {"format", FormatName(format)}, {"graphs", Json::array()}};
  for (LoadedGraph& g : graphs) {
    InferBestEffort(g.graph);
    json["graphs"].push_back(GraphJson(g));
  }
  if (format == GraphFormat::kSavedModel && o.model.path != "-") {
    auto variables = VariablesJson(o.model.path);
    if (!variables.ok()) return Report(variables.status(), kBadFile);
    json["variables"] = std::move(*variables);
  }
  if (o.json) {
    PrintJson(json);
    return kOk;
  }
  Print(fmt::format("{}{}\n", FormatName(format), graphs[0].text && format != GraphFormat::kText ? " as text" : ""));
  for (const Json& g : json["graphs"]) PrintGraphText(g);
  if (json.contains("variables")) PrintVariables(json["variables"]);
  return kOk;
}

}  // namespace

void AddShow(CLI::App& app, Action* action) {
  auto o = std::make_shared<ShowOptions>();
  CLI::App* verb = AddVerb(
      app, "show",
      "Shows what a model's file says beside its nodes: of a SavedModel every graph's tags, signatures, assets, init "
      "op and objects, and the variables; of a MetaGraphDef collections, saver and signatures; of any the "
      "placeholders.",
      {"graphdef show exported/1", "graphdef show model.meta --json"});
  o->model.AddTo(verb);
  verb->add_flag("--json", o->json, "As JSON");
  verb->callback([=] { *action = [o] { return RunShow(*o); }; });
}

}  // namespace weir::tool
