// PruneResults: what nobody reads of a branch or a loop is not computed. The node keeps its outputs: an unread one
// becomes a FakeParam without elements in each branch; in a loop's body its variable is handed on as it came, where the
// condition, the effects and the other variables do without it. Gradients make such results: what a forward function
// remembers is read where gradients are asked for, and a graph is run for its loss alone, too.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "weir/graph/functions.h"
#include "weir/graph/pass.h"
#include "weir/graph/subgraph.h"

namespace weir {

namespace {

// The outputs of a node that somebody reads.
std::vector<bool> ReadOutputs(const Node& n) {
  std::vector<bool> read(n.outputs().size());
  for (const Use& use : n.users()) {
    if (use.output >= 0) read[static_cast<size_t>(use.output)] = true;
  }
  return read;
}

// By node: whether it is an effect, reads what effects may change, or comes after such. A control edge from any other
// orders nothing that could be seen.
std::vector<bool> AfterEffects(const Function& f) {
  const Graph& g = f.body;
  std::vector<bool> after(g.num_ids());
  const auto order = TopologicalOrder(g);
  if (!order.ok()) return std::vector<bool>(g.num_ids(), true);
  for (NodeId id : EffectNodes(f, g)) after[id.value] = true;
  for (NodeId id : *order) {
    const Node& n = g.node(id);
    bool comes_after = after[id.value] || !n.def() || TouchesResource(g, n);
    for (Endpoint e : n.inputs()) comes_after = comes_after || after[e.node.value];
    for (NodeId c : n.control_inputs()) comes_after = comes_after || after[c.value];
    after[id.value] = comes_after;
  }
  return after;
}

// Marks the arguments of a body that the roots read, once for all roots that are given.
class ArgumentsRead {
 public:
  explicit ArgumentsRead(const Function& f) : body_(f.body), after_(AfterEffects(f)), seen_(f.body.num_ids()) {}

  // Calls `found` with the index of each argument that is new.
  template <class Found>
  void From(std::vector<NodeId> stack, Found found) {
    while (!stack.empty()) {
      const NodeId id = stack.back();
      stack.pop_back();
      if (seen_[id.value]) continue;
      seen_[id.value] = true;
      const Node& n = body_.node(id);
      if (n.Is("_Arg")) found(static_cast<size_t>(n.attr<int64_t>("index")));
      for (Endpoint e : n.inputs()) stack.push_back(e.node);
      for (NodeId c : n.control_inputs()) {
        if (after_[c.value]) stack.push_back(c);
      }
    }
  }

 private:
  const Graph& body_;
  const std::vector<bool> after_;
  std::vector<bool> seen_;
};

// The variables of a loop that matter to what is read of it.
std::vector<bool> NeededVariables(const Function& condition, const Function& body, std::vector<bool> needed) {
  std::vector<size_t> fresh;
  auto need = [&](size_t i) {
    if (i >= needed.size() || needed[i]) return;
    needed[i] = true;
    fresh.push_back(i);
  };
  for (size_t i = 0; i < needed.size(); ++i) {
    if (needed[i]) fresh.push_back(i);
  }
  const std::set<NodeId> in_condition = EffectNodes(condition, condition.body), in_body = EffectNodes(body, body.body);
  std::vector<NodeId> roots = RetNodes(condition.body);
  roots.insert(roots.end(), in_condition.begin(), in_condition.end());
  ArgumentsRead(condition).From(std::move(roots), need);
  ArgumentsRead read(body);
  read.From({in_body.begin(), in_body.end()}, need);
  const std::vector<NodeId> results = RetNodes(body.body);
  while (!fresh.empty()) {
    const size_t i = fresh.back();
    fresh.pop_back();
    read.From({results[i]}, need);
  }
  return needed;
}

class Pruner {
 public:
  explicit Pruner(Graph& g) : g_(g) {}

  Result<bool> Visit(NodeId id) {
    const Node& n = g_.node(id);
    const CallKind kind = CallKindOf(g_, n);
    if (kind == CallKind::kNone || kind == CallKind::kCall) return false;
    std::vector<FuncRef> functions = CalledFunctions(g_, n);
    std::vector<bool> needed = ReadOutputs(n);
    for (size_t i = 0; i < needed.size(); ++i) {
      if (n.output(static_cast<int>(i)).dtype == kResource) needed[i] = true;
    }
    for (const FuncRef& f : functions) {
      const Function* function = g_.FindFunction(f.name);
      if (!function || !HasBody(*function)) return false;
    }
    const bool loop = kind == CallKind::kLoop;
    if (loop) {
      needed = NeededVariables(*g_.FindFunction(functions[0].name), *g_.FindFunction(functions[1].name), needed);
    }
    if (std::find(needed.begin(), needed.end(), false) == needed.end()) return false;
    bool changed = false;
    for (size_t k = loop ? 1 : 0; k < functions.size(); ++k) {
      WEIR_ASSIGN_OR_RETURN(std::string name, Without(functions[k].name, needed, loop));
      changed |= name != functions[k].name;
      functions[k].name = std::move(name);
    }
    std::vector<int> cut;
    for (size_t i = 0; loop && i < needed.size(); ++i) {
      const NodeId source = g_.node(id).input(static_cast<int>(i)).node;
      if (needed[i] || IsCheap(g_.node(source)) || Reads(functions[0], i) || Reads(functions[1], i)) continue;
      cut.push_back(static_cast<int>(i));
    }
    if (!changed && cut.empty()) return false;
    // What stands in a result's place, and in an input's, has another shape.
    WEIR_RETURN_IF_ERROR(SetCalledFunctions(g_, id, functions, {{"output_shapes", AttrList()}}));
    for (int i : cut) WEIR_RETURN_IF_ERROR(CutInput(id, i));
    return true;
  }

 private:
  // Whether a function does more with an argument than hand it on.
  bool Reads(const FuncRef& f, size_t i) const {
    const Graph& body = g_.FindFunction(f.name)->body;
    const auto& users = body.node(ArgNodes(body)[i]).users();
    return std::any_of(users.begin(), users.end(), [&](const Use& use) { return !body.node(use.node).Is("_Retval"); });
  }
  static bool IsCheap(const Node& n) { return n.Is("FakeParam") || n.Is("Const") || n.Is("_Arg"); }
  // What a loop hands on and nobody reads need not be computed before it, either.
  Status CutInput(NodeId id, int i) {
    const Endpoint e = g_.node(id).input(i);
    NodeSpec fake{.op = "FakeParam", .name = g_.UniqueName("unread")};
    fake.attrs = {{"dtype", BaseType(g_.type(e).dtype)}, {"shape", PartialShape({0})}};
    WEIR_ASSIGN_OR_RETURN(NodeId instead, g_.AddNode(std::move(fake)));
    return g_.SetInput(id, i, {instead, 0});
  }
  // The name of a function like this one, but without the results that are not needed; its own where it has none.
  Result<std::string> Without(const std::string& name, const std::vector<bool>& needed, bool loop) {
    const auto key = std::pair(name, needed);
    if (auto it = made_.find(key); it != made_.end()) return it->second;
    const Function& function = *g_.FindFunction(name);
    Function copy = function;
    const std::vector<NodeId> args = ArgNodes(copy.body), results = RetNodes(copy.body);
    bool changed = false;
    for (size_t i = 0; i < results.size() && i < needed.size(); ++i) {
      if (needed[i]) continue;
      const Endpoint was = copy.body.node(results[i]).input(0);
      if (loop ? was == Endpoint{args[i], 0} : copy.body.node(was.node).Is("FakeParam")) continue;
      Endpoint instead{loop ? args[i] : NodeId(), 0};
      if (!loop) {
        NodeSpec fake{.op = "FakeParam", .name = copy.body.UniqueName("unread")};
        fake.attrs = {{"dtype", *copy.body.node(results[i]).FindAttr("T")}, {"shape", PartialShape({0})}};
        WEIR_ASSIGN_OR_RETURN(instead.node, copy.body.AddRaw(std::move(fake)));
      }
      WEIR_RETURN_IF_ERROR(copy.body.SetInput(results[i], 0, instead));
      changed = true;
    }
    if (!changed) return made_[key] = name;
    WEIR_RETURN_IF_ERROR(DropUnseenOrder(copy));
    WEIR_RETURN_IF_ERROR(DropUnread(copy, copy.body));
    KeepStatesOf(function, copy);
    copy.name = name + "_pruned";
    for (int i = 1; g_.FindFunction(copy.name); ++i) copy.name = fmt::format("{}_pruned_{}", name, i);
    made_[key] = copy.name;
    WEIR_RETURN_IF_ERROR(g_.AddFunction(std::move(copy)));
    return made_[key];
  }

  // What is waited for and not seen would still read what is not kept up any more.
  static Status DropUnseenOrder(Function& f) {
    const std::vector<bool> after = AfterEffects(f);
    for (NodeId id : f.body.nodes()) {
      const std::vector<NodeId> before = f.body.node(id).control_inputs();
      for (NodeId c : before) {
        if (!after[c.value]) WEIR_RETURN_IF_ERROR(f.body.RemoveControlInput(id, c));
      }
    }
    return {};
  }

  Graph& g_;
  std::map<std::pair<std::string, std::vector<bool>>, std::string> made_;
};

}  // namespace

Result<bool> PruneResults(Graph& g, PassContext&) {
  const std::vector<NodeId> nodes = g.nodes();
  const auto calls = [&](NodeId id) { return CallKindOf(g, g.node(id)) != CallKind::kNone; };
  if (std::none_of(nodes.begin(), nodes.end(), calls)) return false;
  Pruner pruner(g);
  bool changed = false;
  WEIR_ASSIGN_OR_RETURN(const auto order, TopologicalOrder(g));
  for (auto id = order.rbegin(); id != order.rend(); ++id) {  // readers first
    WEIR_ASSIGN_OR_RETURN(bool pruned, pruner.Visit(*id));
    changed |= pruned;
  }
  return changed;
}

}  // namespace weir
