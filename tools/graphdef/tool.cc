#include "weir/tools/graphdef/tool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <set>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/ops/kernels.h"
#include "weir/ops/registry.h"
#include "weir/graph/base/file.h"

namespace weir::tool {

namespace {

// Whether the node lies below a scope `gradients`, or `gradients_1` and so on.
bool InGradientsScope(const std::string& name) {
  constexpr std::string_view kScope = "gradients";
  size_t begin = 0;
  for (size_t slash; (slash = name.find('/', begin)) != name.npos; begin = slash + 1) {
    std::string_view part = std::string_view(name).substr(begin, slash - begin);
    if (!part.starts_with(kScope)) continue;
    part.remove_prefix(kScope.size());
    if (part.empty() || (part[0] == '_' && part.find_first_not_of("0123456789", 1) == part.npos)) return true;
  }
  return false;
}

// The gradients and all that is computed from them: clipped gradients, updates.
std::set<NodeId> TrainingNodes(const Graph& g) {
  std::set<NodeId> training;
  std::vector<NodeId> next;
  for (NodeId id : g.nodes()) {
    if (InGradientsScope(g[id].name())) next.push_back(id);
  }
  while (!next.empty()) {
    NodeId id = next.back();
    next.pop_back();
    if (!training.insert(id).second) continue;
    for (const Use& u : g[id].users()) {
      if (u.input >= 0) next.push_back(u.node);
    }
  }
  return training;
}

// Whether the model goes on from here; a gradient or a summary of a tensor does not make it less of a result.
bool Consumes(const Graph& g, const Use& u) {
  return u.input >= 0 && !InGradientsScope(g[u.node].name()) && !g[u.node].op().ends_with("Summary");
}

// Whether running the node changes nothing: a guess must neither train nor write files.
bool IsHarmless(const Graph& g, const Node& n) {
  auto saves = [&](NodeId id) { return g[id].op().starts_with("Save"); };
  return !n.def()->stateful() && n.def()->writes().empty() &&
         std::none_of(n.control_inputs().begin(), n.control_inputs().end(), saves);
}

// The results that the signatures name, each once, in their order.
std::vector<Endpoint> SignatureResults(const LoadedGraph& m, bool all) {
  std::vector<Endpoint> results;
  if (!m.meta) return results;
  bool one = !all && m.meta->signatures.count("serving_default");
  for (const auto& [key, s] : m.meta->signatures) {
    if (key == "__saved_model_init_op" || (one && key != "serving_default")) continue;
    for (const auto& [name, t] : s.outputs) {
      auto e = m.graph.ParseEndpoint(t.name);
      if (!e.ok() || !IsSupported(BaseType(m.graph.type(*e).dtype))) continue;
      if (std::find(results.begin(), results.end(), *e) == results.end()) results.push_back(*e);
    }
  }
  return results;
}

}  // namespace

std::atomic<bool> interrupted{false};

CLI::App* AddVerb(CLI::App& app, const std::string& name, const std::string& what,
                  std::initializer_list<const char*> examples) {
  CLI::App* verb = app.add_subcommand(name, what);
  std::string footer = "Examples:";
  for (const char* e : examples) footer += std::string("\n  ") + e;
  verb->footer(footer);
  return verb;
}

void AddVerbs(CLI::App& app, Action* action) {
  for (auto add : {AddShow, AddDump, AddSummary, AddCheck, AddDiff, AddDraw, AddRun, AddBench, AddPlan, AddGrad, AddOpt,
                   AddExtract, AddFreeze, AddConvert, AddOps, AddCkpt, AddRecords, AddEvents})
    add(app, action);
}

CLI::Option* ModelOptions::AddTo(CLI::App* verb) {
  verb->add_option("--tags", tags, "Tags of the SavedModel's graph")->delimiter(',');
  return verb
      ->add_option("model", path, "A graph: .pb, .pbtxt, .meta, text form, a SavedModel's folder, or - for stdin")
      ->required();
}

Result<LoadedGraph> Load(const ModelOptions& options) {
  LoadOptions load{.tags = options.tags};
  if (options.path != "-") return LoadGraph(options.path, &AllOps(), load);
  WEIR_ASSIGN_OR_RETURN(std::string content, io::ReadFile("/dev/stdin"));
  return LoadGraphFromString(content, &AllOps(), load, "stdin");
}

std::string FolderOf(const std::string& model) { return io::IsDirectory(model) ? model : io::DirectoryOf(model); }

void Print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void PrintJson(const Json& json) { Print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"); }

void Message(const std::string& text) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", text.c_str());
}

int Report(const Status& status, int otherwise) {
  std::string text = status.ToString();
  if (!text.starts_with("error[")) text = "error: " + text;
  bool color = isatty(STDERR_FILENO) && !std::getenv("NO_COLOR");
  size_t colon = text.find(':');
  Message(color ? "\033[1;31m" + text.substr(0, colon) + "\033[0m" + text.substr(colon) : text);
  if (status.code() == Code::kResourceExhausted) return kResources;
  if (status.code() == Code::kCancelled && interrupted) return kInterrupted;
  return otherwise;
}

Status WriteResult(const std::string& path, const std::string& content) {
  if (!path.empty() && path != "-") return io::WriteFile(path, content);
  Print(content);
  return {};
}

std::vector<NodeId> Placeholders(const Graph& g) {
  std::vector<NodeId> ids;
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    if (n.def() && n.def()->fed()) ids.push_back(id);
  }
  return ids;
}

std::vector<Endpoint> Sinks(const Graph& g) {
  std::vector<Endpoint> sinks;
  std::set<NodeId> training = TrainingNodes(g);
  for (NodeId id : g.nodes()) {
    const Node& n = g[id];
    bool computes = n.def() && AllKernels().Find(n.op()) && !n.inputs().empty() && !training.count(id);
    // Why not a variable's Identity: every reference variable has one, `w/Adam/read`, whether read or not.
    if (!computes || !IsHarmless(g, n) || (n.Is("Identity") && IsVariable(g[n.input(0).node]))) continue;
    if (std::any_of(n.users().begin(), n.users().end(), [&](const Use& u) { return Consumes(g, u); })) continue;
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      DType t = n.outputs()[i].dtype;
      if (IsSupported(t)) sinks.push_back({id, static_cast<int32_t>(i)});
    }
  }
  return sinks;
}

Result<Wanted> Want(const LoadedGraph& m, const std::vector<std::string>& fetches,
                    const std::vector<std::string>& targets, bool all) {
  Wanted w;
  for (const std::string& name : fetches) {
    WEIR_ASSIGN_OR_RETURN(Endpoint e, ParseTensor(m.graph, name, "fetch"));
    w.fetches.push_back(e);
  }
  for (const std::string& name : targets) {
    NodeId id = m.graph.Find(name.starts_with("^") ? name.substr(1) : name);
    if (!id.valid()) {
      WEIR_ASSIGN_OR_RETURN(Endpoint e, ParseTensor(m.graph, name, "target"));
      id = e.node;
    }
    w.targets.push_back(id);
  }
  if (fetches.empty() && targets.empty()) w.fetches = SignatureResults(m, all);
  if (w.fetches.empty() && targets.empty()) w.fetches = Sinks(m.graph);
  for (Endpoint e : w.fetches) w.names.push_back(m.graph.EndpointName(e));
  return w;
}

Status NothingToCompute() {
  return InvalidArgument("error[fetch]: there is nothing to compute").Help("name tensors by --outputs");
}

std::vector<bool> NeededBy(const Graph& g, const Wanted& wanted) {
  std::vector<NodeId> roots = wanted.targets;
  for (Endpoint e : wanted.fetches) roots.push_back(e.node);
  return weir::NeededBy(g, std::move(roots));
}

void AssumeSignatureShapes(const LoadedGraph& m, Graph* g) {
  if (!m.meta) return;
  for (const auto& [key, s] : m.meta->signatures) {
    for (const auto& [name, t] : s.inputs) {
      auto e = g->ParseEndpoint(t.name);
      bool untold = e.ok() && (*g)[e->node].Is("Placeholder") && !g->ShapeOf(*e).known_rank() && t.shape.known_rank();
      if (untold) g->SetAttr(e->node, "shape", t.shape).IgnoreError();  // best effort, as what follows
    }
  }
  InferBestEffort(*g);
}

Result<Endpoint> ParseTensor(const Graph& g, const std::string& name, const std::string& what) {
  auto e = g.ParseEndpoint(name);
  if (e.ok()) return e;
  return Status(e.status().code(), "error[" + what + "]: " + e.status().message()).Help(e.status().help());
}

std::string TypeText(const Graph& g, Endpoint e) { return g.type(e).ToString(); }

Json TypesJson(const Graph& g, const std::vector<Endpoint>& tensors) {
  Json json = Json::array();
  for (Endpoint e : tensors) json.push_back({{"name", g.EndpointName(e)}, {"type", TypeText(g, e)}});
  return json;
}

std::vector<Endpoint> Inputs(const Graph& g) {
  std::vector<Endpoint> inputs;
  for (NodeId id : Placeholders(g)) inputs.push_back({id, 0});
  return inputs;
}

std::string Thousands(int64_t n) {
  std::string digits = std::to_string(n);
  for (auto i = static_cast<int64_t>(digits.size()) - 3; i > (n < 0 ? 1 : 0); i -= 3)
    digits.insert(static_cast<size_t>(i), ",");
  return digits;
}

}  // namespace weir::tool
