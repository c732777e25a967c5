#include "weir/session/save/compiled_graph.h"

#include <fmt/format.h>

#include "weir/graph/base/names.h"
#include "weir/graph/export.h"
#include "weir/graph/functions.h"
#include "weir/graph/import.h"
#include "weir/graph/infer.h"
#include "weir/graph/subgraph.h"
#include "weir/graph/verify.h"
#include "weir/ops/registry.h"

namespace weir {

namespace {

// Of the targets the first node is the one that waits for those that follow.
constexpr char kSignature[] = "plan", kTargets[] = "plan_targets", kFixed[] = "plan_fixed";

Result<TensorInfo> InfoOf(const Graph& g, const std::string& name) {
  WEIR_ASSIGN_OR_RETURN(Endpoint e, g.ParseEndpoint(name));
  return TensorInfo{name, BaseType(g.type(e).dtype), g.type(e).shape};
}

// The tensors of one side of the signature, which the graph must have.
Result<std::map<std::string, std::string>> TensorsOf(const Graph& g, const std::map<std::string, TensorInfo>& side) {
  std::map<std::string, std::string> tensors;
  for (const auto& [name, info] : side) {
    WEIR_RETURN_IF_ERROR(g.ParseEndpoint(info.name).status());
    tensors[name] = info.name;
  }
  return tensors;
}

// A placeholder in place of argument `arg`; its name.
Result<std::string> ToPlaceholder(Graph& g, NodeId arg, const std::string& name) {
  const OutputType t = g.type({arg, 0});
  if (BaseType(t.dtype) == kResource)
    return Unimplemented(fmt::format("error[feed]: '{}' is a handle, which no file can hold", name));
  WEIR_ASSIGN_OR_RETURN(NodeId fed, g.AddNode({.op = "Placeholder",
                                               .name = g.UniqueName(NodeNameOf(name)),
                                               .attrs = {{"dtype", BaseType(t.dtype)}, {"shape", t.shape}}}));
  WEIR_RETURN_IF_ERROR(g.ReplaceUses({arg, 0}, {fed, 0}));
  WEIR_RETURN_IF_ERROR(g.ReplaceControlUses(arg, fed));
  WEIR_RETURN_IF_ERROR(g.Remove(arg));
  return g.EndpointName({fed, 0});
}

}  // namespace

Result<CompiledGraph> CompiledGraph::Of(Graph optimised, const std::vector<std::string>& feeds,
                                        const std::vector<std::string>& fetches,
                                        const std::vector<std::string>& targets, const std::vector<bool>& by_value) {
  CompiledGraph c{.graph = std::move(optimised)};
  Graph& g = c.graph;
  const std::vector<NodeId> args = ArgNodes(g), rets = RetNodes(g);
  for (size_t i = 0; i < rets.size(); ++i) {
    c.fetches[fetches[i]] = g.EndpointName(g.node(rets[i]).input(0));
    WEIR_RETURN_IF_ERROR(g.Remove(rets[i]));
  }
  for (size_t i = 0; i < args.size(); ++i) {
    if (by_value[i]) {
      c.fixed.push_back(feeds[i]);
      WEIR_RETURN_IF_ERROR(g.Remove(args[i]));
      continue;
    }
    const std::string before = g.EndpointName({args[i], 0});
    WEIR_ASSIGN_OR_RETURN(c.feeds[feeds[i]], ToPlaceholder(g, args[i], feeds[i]));
    for (auto& [name, tensor] : c.fetches) {  // what is fed may be fetched
      if (tensor == before) tensor = c.feeds[feeds[i]];
    }
  }
  for (auto& [name, tensor] : c.fetches) {
    WEIR_ASSIGN_OR_RETURN(Endpoint e, g.ParseEndpoint(tensor));
    WEIR_ASSIGN_OR_RETURN(bool kept, KeepName(g, e, name));
    if (kept) tensor = name;
  }
  if (const NodeId sink = g.Find(kSinkName); sink.valid()) {
    if (!targets.empty()) {
      WEIR_ASSIGN_OR_RETURN(NodeId waits, g.AddNode({.op = "NoOp",
                                                     .name = g.UniqueName("targets"),
                                                     .control_inputs = g.node(sink).control_inputs()}));
      c.target = g.node(waits).name(), c.targets = targets;
    }
    WEIR_RETURN_IF_ERROR(g.Remove(sink));
  }
  g.Compact();
  return c;
}

Status CompiledGraph::Save(const std::string& path) const {
  MetaGraph meta;
  SignatureInfo& signature = meta.signatures[kSignature];
  for (const auto& [name, tensor] : feeds) {
    WEIR_ASSIGN_OR_RETURN(signature.inputs[name], InfoOf(graph, tensor));
  }
  for (const auto& [name, tensor] : fetches) {
    WEIR_ASSIGN_OR_RETURN(signature.outputs[name], InfoOf(graph, tensor));
  }
  if (!target.empty()) {
    std::vector<std::string>& nodes = meta.collections[kTargets].nodes;
    nodes = {target};
    nodes.insert(nodes.end(), targets.begin(), targets.end());
  }
  if (!fixed.empty()) meta.collections[kFixed].nodes = fixed;
  return SaveMetaGraph(graph, meta, path);
}

Result<CompiledGraph> CompiledGraph::Load(const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(LoadedGraph loaded, LoadGraph(path, &AllOps()));
  if (!loaded.meta || !loaded.meta->signatures.count(kSignature)) {
    return InvalidArgument(fmt::format("error[file]: '{}' is no compiled graph", path))
        .Help("Session::CompileGraph and `graphdef plan --save` write one");
  }
  const MetaGraph& meta = *loaded.meta;
  const SignatureInfo& signature = meta.signatures.at(kSignature);
  WEIR_RETURN_IF_ERROR(Verify(loaded.graph));
  WEIR_RETURN_IF_ERROR(InferGraph(loaded.graph));  // feeds are checked by it
  CompiledGraph c{.graph = std::move(loaded.graph)};
  WEIR_ASSIGN_OR_RETURN(c.feeds, TensorsOf(c.graph, signature.inputs));
  WEIR_ASSIGN_OR_RETURN(c.fetches, TensorsOf(c.graph, signature.outputs));
  if (auto it = meta.collections.find(kTargets); it != meta.collections.end() && !it->second.nodes.empty()) {
    const std::vector<std::string>& nodes = it->second.nodes;
    c.target = nodes[0], c.targets.assign(nodes.begin() + 1, nodes.end());
    if (!c.graph.Find(c.target).valid())
      return InvalidArgument(fmt::format("error[file]: '{}' has no node '{}', its target", path, c.target));
  }
  if (auto it = meta.collections.find(kFixed); it != meta.collections.end()) c.fixed = it->second.nodes;
  return c;
}

}  // namespace weir
