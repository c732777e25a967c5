#include "weir/graph/subgraph.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "weir/graph/base/names.h"
#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/graph/verify.h"

namespace weir {

namespace {

NodeSpec SpecOf(const Node& n) {
  NodeSpec spec{.op = n.op(), .name = n.name(), .attrs = n.attrs(), .device = n.device(), .loc = n.loc()};
  spec.origins = n.origins(), spec.unknown_fields = n.unknown_fields();
  return spec;
}

}  // namespace

// ---- SubgraphCopy

Status SubgraphCopy::AddNodes(std::span<const NodeId> ids, const Edit& edit, Types types) {
  for (NodeId id : ids) {
    const Node& n = from_.node(id);
    NodeSpec spec = SpecOf(n);
    if (edit) WEIR_RETURN_IF_ERROR(edit(n, spec));
    const int outputs = static_cast<int>(n.outputs().size());
    WEIR_ASSIGN_OR_RETURN(NodeId copy, to_.AddRaw(std::move(spec), outputs));
    for (int i = 0; i < outputs; ++i) {
      if (types == Types::kKept) {
        WEIR_RETURN_IF_ERROR(to_.SetOutputType(copy, i, n.output(i)));
      } else if (!n.def()) {
        WEIR_RETURN_IF_ERROR(to_.SetOutputType(copy, i, {.dtype = n.output(i).dtype}));
      }
    }
    copies_[id.value] = copy;
    inferred_[id.value] = types == Types::kKept && n.inferred();
    originals_.push_back(id);
  }
  return {};
}

Endpoint SubgraphCopy::operator[](Endpoint e) const {
  auto it = endpoints_.find(e);
  return it != endpoints_.end() ? it->second : Endpoint{copies_[e.node.value], e.index};
}

Status SubgraphCopy::Connect(const EditEdges& edit) {
  for (NodeId id : originals_) {
    const Node& n = from_.node(id);
    std::vector<Endpoint> inputs;
    std::vector<NodeId> control;
    bool whole = true;
    for (Endpoint e : n.inputs()) {
      inputs.push_back((*this)[e]);
      whole &= inputs.back().valid();
    }
    for (NodeId c : n.control_inputs()) {
      auto it = controls_.find(c);
      const NodeId before = it != controls_.end() ? it->second : copies_[c.value];
      if (before.valid()) control.push_back(before);
    }
    if (edit) edit(n, inputs, control);
    if (!whole) continue;
    const auto copied = [&](Endpoint e, Endpoint now) { return now == Endpoint{copies_[e.node.value], e.index}; };
    const bool inferred = inferred_[id.value] && std::ranges::equal(n.inputs(), inputs, copied);
    WEIR_RETURN_IF_ERROR(to_.SetInputs(copies_[id.value], std::move(inputs), std::move(control)));
    if (inferred) to_.MarkInferred(copies_[id.value]);
  }
  return {};
}

// ---- ends of a body

Result<NodeId> AddArg(Graph& body, std::string name, int64_t index, OutputType type) {
  type.dtype = BaseType(type.dtype);
  type.value.reset();
  NodeSpec spec{.op = "_Arg", .name = body.UniqueName(name), .attrs = {{"T", type.dtype}, {"index", index}}};
  WEIR_ASSIGN_OR_RETURN(NodeId id, body.AddRaw(std::move(spec)));
  WEIR_RETURN_IF_ERROR(body.SetOutputType(id, 0, std::move(type)));
  return id;
}

Result<NodeId> AddRetval(Graph& body, std::string name, int64_t index, Endpoint value) {
  NodeSpec spec{.op = "_Retval", .name = body.UniqueName(name), .inputs = {value}};
  spec.attrs = {{"T", BaseType(body.type(value).dtype)}, {"index", index}};
  return body.AddRaw(std::move(spec));
}

Result<NodeId> AddSink(Graph& g, std::span<const NodeId> after) {
  WEIR_ASSIGN_OR_RETURN(NodeId sink, g.AddRaw({.op = "NoOp", .name = g.UniqueName(kSinkName)}));
  WEIR_RETURN_IF_ERROR(g.SetInputs(sink, {}, {after.begin(), after.end()}));
  return sink;
}

Result<bool> KeepName(Graph& g, Endpoint tensor, const std::string& name) {
  if (g.EndpointName(tensor) == name) return true;
  const std::string node = NodeNameOf(name);
  if (!name.ends_with(":0") || g.Find(node).valid()) return false;
  NodeSpec spec{.op = "Identity", .name = node, .inputs = {tensor}, .attrs = {{"T", BaseType(g.type(tensor).dtype)}}};
  WEIR_RETURN_IF_ERROR(g.AddNode(std::move(spec)).status());
  return true;
}

// ---- cutting out

namespace {

// Marks, by id, the nodes that the ends reach without passing a feed, or waiting for a node of `closed`.
std::vector<bool> Reached(const Graph& g, const SubgraphEnds& ends, const std::set<NodeId>& closed = {}) {
  std::vector<bool> reached(g.num_ids());
  std::vector<NodeId> stack;
  std::set<Endpoint> fed(ends.feeds.begin(), ends.feeds.end());
  auto reach = [&](NodeId id) {
    if (!reached[id.value]) reached[id.value] = true, stack.push_back(id);
  };
  for (Endpoint e : ends.fetches) {
    if (!fed.count(e)) reach(e.node);
  }
  for (NodeId t : ends.targets) reach(t);
  while (!stack.empty()) {
    const Node& n = g.node(stack.back());
    stack.pop_back();
    for (Endpoint e : n.inputs()) {
      if (!fed.count(e)) reach(e.node);
    }
    for (NodeId c : n.control_inputs()) {
      if (!closed.count(c)) reach(c);
    }
  }
  return reached;
}

std::vector<NodeId> Marked(const Graph& g, const std::vector<bool>& marks) {
  std::vector<NodeId> nodes;
  for (NodeId id : g.nodes()) {
    if (marks[id.value]) nodes.push_back(id);
  }
  return nodes;
}

// The nodes that the ends reach without passing a feed, and those of feeds and fetches.
std::vector<NodeId> NodesBetween(const Graph& g, const SubgraphEnds& ends) {
  std::vector<bool> keep = Reached(g, ends);
  for (Endpoint e : ends.feeds) keep[e.node.value] = true;
  for (Endpoint e : ends.fetches) keep[e.node.value] = true;
  return Marked(g, keep);
}

// Names of what a cut makes: arguments, results.
struct EndNames {
  const char *arg, *ret;
};

// Copies what the ends need into `part`, with arguments and results; `targets` receives the copies of those.
Status CutInto(const Graph& g, const SubgraphEnds& ends, EndNames names, Graph& part, std::vector<NodeId>* targets) {
  part.ShareFunctions(g);
  SubgraphCopy copy(g, part);
  auto edit = [&](const Node& n, NodeSpec& spec) -> Status {
    if (n.Is("_Arg") || n.Is("_Retval"))
      return NodeError(n, "graph", InvalidArgument("has a place in a function's body only"));
    if (n.name() == kSinkName)
      spec.name = part.UniqueName(std::string(kSinkName) + "_");  // the sink alone is called so
    return {};
  };
  WEIR_RETURN_IF_ERROR(copy.AddNodes(NodesBetween(g, ends), edit));
  for (size_t i = 0; i < ends.feeds.size(); ++i) {
    const Endpoint fed = ends.feeds[i];
    WEIR_ASSIGN_OR_RETURN(NodeId arg,
                          AddArg(part, names.arg + std::to_string(i), static_cast<int64_t>(i), g.type(fed)));
    copy.Substitute(fed, {arg, 0});
    // Whoever waits for a fed placeholder waits for nothing.
    const OpDef* def = g.node(fed.node).def();
    if (def && def->fed() && fed.index == 0) copy.SubstituteControl(fed.node, {});
  }
  WEIR_RETURN_IF_ERROR(copy.Connect());
  for (size_t i = 0; i < ends.fetches.size(); ++i) {
    WEIR_RETURN_IF_ERROR(
        AddRetval(part, names.ret + std::to_string(i), static_cast<int64_t>(i), copy[ends.fetches[i]]).status());
  }
  for (NodeId t : ends.targets) targets->push_back(copy[t]);
  return {};
}

}  // namespace

Result<Graph> CutOut(const Graph& g, const SubgraphEnds& ends) {
  Graph part(&g.registry());
  std::vector<NodeId> targets;
  WEIR_RETURN_IF_ERROR(CutInto(g, ends, {"_feed_", "_fetch_"}, part, &targets));
  WEIR_RETURN_IF_ERROR(AddSink(part, targets).status());
  return part;
}

// ---- extracting

Status DropLostColocations(Graph& g) {
  for (NodeId id : g.nodes()) {
    const AttrValue* v = g[id].FindAttr("_class");
    if (!v || !v->is<AttrList>()) continue;
    AttrList list = *v->get<AttrList>();
    std::erase_if(list.s, [&](const std::string& s) { return s.starts_with("loc:@") && !g.Find(s.substr(5)).valid(); });
    if (list == *v->get<AttrList>()) continue;
    AttrMap attrs = g[id].attrs();
    attrs.erase("_class");
    if (!list.s.empty()) attrs["_class"] = std::move(list);
    WEIR_RETURN_IF_ERROR(g.SetOp(id, std::string(g[id].op()), std::move(attrs)));
  }
  return {};
}

namespace {

bool IsPlaceholder(const Graph& g, Endpoint e) {
  const OpDef* def = g.node(e.node).def();
  return def && def->fed() && g.node(e.node).inputs().empty();
}

// A placeholder of the part for a feed whose node is not one, or is there for other reasons (`kept`).
Result<NodeId> AddPlaceholder(const Graph& g, Endpoint feed, bool kept, Graph& part) {
  const std::string& base = g.node(feed.node).name();
  std::string name = base;
  // No name of `g` but its own: all of those may be nodes of the part.
  for (int i = 1; part.Find(name).valid() || (name == base ? kept : g.Find(name).valid()); ++i)
    name = fmt::format("{}_{}", base, i);
  const OutputType& type = g.type(feed);
  PartialShape shape = type.shape;
  for (int axis = 0; axis < shape.rank(); ++axis) shape[axis] = std::max(shape[axis], kUnknownDim);
  NodeSpec spec{.op = "Placeholder", .name = name, .attrs = {{"dtype", BaseType(type.dtype)}, {"shape", shape}}};
  return part.AddNode(std::move(spec));
}

Status CheckEnds(const Graph& g, const SubgraphEnds& ends) {
  std::set<Endpoint> feeds;
  for (Endpoint e : ends.feeds) {
    const std::string name = g.EndpointName(e);
    if (!feeds.insert(e).second) return InvalidArgument(fmt::format("error[feed]: '{}' is an input twice", name));
    if (std::find(ends.fetches.begin(), ends.fetches.end(), e) != ends.fetches.end())
      return InvalidArgument(fmt::format("error[feed]: '{}' is an input and an output", name));
  }
  return {};
}

// What the file said of the graph's versions, not what it said of other parts.
void KeepVersions(const Graph& g, Graph& part) {
  part.file_info() = g.file_info();
  part.file_info().meta.reset();
  part.file_info().library_unknown_fields.clear(), part.file_info().unknown_fields.clear();
  part.local_variables() = g.local_variables();
}

}  // namespace

Result<GraphPart> ExtractPart(const Graph& g, const SubgraphEnds& ends) {
  WEIR_RETURN_IF_ERROR(CheckEnds(g, ends));
  std::set<NodeId> fed;
  for (Endpoint e : ends.feeds) fed.insert(e.node);
  std::vector<bool> keep = Reached(g, ends, fed);
  GraphPart p{Graph(&g.registry()), {}};
  p.graph.ShareFunctions(g), KeepVersions(g, p.graph);
  SubgraphCopy copy(g, p.graph);
  std::vector<NodeId> inputs;
  for (Endpoint e : ends.feeds) {
    if (IsPlaceholder(g, e)) {
      keep[e.node.value] = true, inputs.push_back({});
      continue;
    }
    WEIR_ASSIGN_OR_RETURN(NodeId id, AddPlaceholder(g, e, keep[e.node.value], p.graph));
    copy.Substitute(e, {id, 0}), inputs.push_back(id);
  }
  WEIR_RETURN_IF_ERROR(copy.AddNodes(Marked(g, keep)));
  WEIR_RETURN_IF_ERROR(copy.Connect());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].valid()) inputs[i] = copy[ends.feeds[i].node];
    if (p.graph[inputs[i]].users().empty()) {
      return NotFound(fmt::format("error[feed]: nothing between the inputs and the outputs needs '{}'",
                                  g.EndpointName(ends.feeds[i])))
          .Help("leave it out, or name outputs that are computed from it");
    }
    p.inputs.push_back(p.graph.EndpointName({inputs[i], 0}));
  }
  RetainCalledFunctions(p.graph);
  WEIR_RETURN_IF_ERROR(DropLostColocations(p.graph));
  WEIR_RETURN_IF_ERROR(Verify(p.graph));
  return p;
}

// ---- functions

Function ToFunction(std::string name, Graph body) {
  Function f(&body.registry());
  f.name = std::move(name);
  f.body = std::move(body);
  f.stateful = HasEffects(f.body);
  auto describe = [&](const std::vector<NodeId>& nodes, std::vector<ArgDef>* out, const char* prefix) {
    for (size_t i = 0; i < nodes.size(); ++i) {
      ArgDef a;
      a.name = fmt::format("{}{}", prefix, i);
      a.type = f.body.node(nodes[i]).type_attr("T");
      out->push_back(std::move(a));
    }
  };
  describe(ArgNodes(f.body), &f.args, "arg");
  describe(RetNodes(f.body), &f.rets, "ret");
  return f;
}

Result<Function> Outline(const Graph& g, const SubgraphEnds& ends, std::string name) {
  Graph body(&g.registry());
  std::vector<NodeId> targets;
  WEIR_RETURN_IF_ERROR(CutInto(g, ends, {"arg", "ret"}, body, &targets));
  // A feed's own node is nobody's any more, unless it must run.
  std::vector<NodeId> roots = RetNodes(body);
  for (NodeId id : ArgNodes(body)) roots.push_back(id);
  roots.insert(roots.end(), targets.begin(), targets.end());
  WEIR_RETURN_IF_ERROR(body.Retain(NeededBy(body, roots)));
  Function f = ToFunction(std::move(name), std::move(body));
  for (NodeId t : targets) f.control_ret.emplace(f.body.node(t).name(), f.body.node(t).name());
  return f;
}

// ---- inlining

namespace {

Result<NodeId> AddNoOp(Graph& g, const std::string& name, std::vector<NodeId> after) {
  return g.AddNode({.op = "NoOp", .name = g.UniqueName(name), .control_inputs = std::move(after)});
}

// Copies the body of `f`, instantiated, to where `call` is; `effects` receives the copies of nodes with effects.
Status CopyBody(const Function& f, const Graph& body, const Node& call, NodeId entry, SubgraphCopy& copy, Graph& g,
                std::vector<NodeId>* effects) {
  const std::set<NodeId> with_effect = EffectNodes(f, body);
  std::vector<NodeId> args = ArgNodes(body), inner;
  for (size_t i = 0; i < args.size(); ++i) copy.Substitute({args[i], 0}, call.input(static_cast<int>(i)));
  WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(body));
  for (NodeId id : order) {
    const bool end = body.node(id).Is("_Arg") || body.node(id).Is("_Retval");
    if (end)
      copy.SubstituteControl(id, entry);
    else
      inner.push_back(id);
  }
  WEIR_RETURN_IF_ERROR(copy.AddNodes(inner, [&](const Node& n, NodeSpec& spec) {
    spec.name = g.UniqueName(call.name() + "/" + n.name());
    if (call.loc()) spec.loc = call.loc();
    spec.origins = {call.name()};
    return Status();
  }));
  WEIR_RETURN_IF_ERROR(copy.Connect([&](const Node& n, std::vector<Endpoint>& inputs, std::vector<NodeId>& control) {
    // What has an effect, or nothing to wait for, waits for the call's turn.
    if (control.empty() && (with_effect.count(n.id()) || inputs.empty())) control.push_back(entry);
    if (n.Is("Const")) control.clear();
  }));
  for (NodeId id : inner) {
    if (with_effect.count(id)) effects->push_back(copy[id]);
  }
  return {};
}

}  // namespace

Status Inline(Graph& g, NodeId id) {
  const Node call = g.node(id);  // copied: adding nodes moves them
  const FuncRef called = CalledFunctions(g, call)[0];
  WEIR_ASSIGN_OR_RETURN(const Function* f, FindCalled(g, called));
  std::vector<OutputType> types;
  for (Endpoint e : call.inputs()) types.push_back(g.type(e));
  WEIR_ASSIGN_OR_RETURN(Graph body, Instantiate(g, *f, called.attrs, types));
  WEIR_ASSIGN_OR_RETURN(NodeId entry, AddNoOp(g, call.name() + "/_entry", call.control_inputs()));
  std::vector<NodeId> effects;
  SubgraphCopy copy(body, g);
  WEIR_RETURN_IF_ERROR(CopyBody(*f, body, call, entry, copy, g, &effects));
  WEIR_ASSIGN_OR_RETURN(NodeId exit, AddNoOp(g, call.name() + "/_exit", effects));
  if (effects.empty()) WEIR_RETURN_IF_ERROR(g.AddControlInput(exit, entry).status());
  const std::vector<NodeId> rets = RetNodes(body);
  for (size_t i = 0; i < call.outputs().size(); ++i) {
    if (i >= rets.size() || !rets[i].valid())
      return InvalidArgument(fmt::format("has an output {} that function '{}' does not give", i, f->name));
    WEIR_RETURN_IF_ERROR(g.ReplaceUses({id, static_cast<int>(i)}, copy[body.node(rets[i]).input(0)]));
  }
  for (NodeId r : rets) {
    if (r.valid()) WEIR_RETURN_IF_ERROR(g.AddControlInput(exit, copy[body.node(r).input(0)].node).status());
  }
  WEIR_RETURN_IF_ERROR(g.ReplaceControlUses(id, exit));
  return g.Remove(id);
}

}  // namespace weir
