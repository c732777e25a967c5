#include "weir/graph/expand.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/functions.h"

namespace weir {

namespace {

std::vector<NodeId> Composites(const Graph& g, int first, const std::function<bool(NodeId)>& which) {
  std::vector<NodeId> ids;
  for (NodeId id : g.nodes()) {
    const OpDef* def = g.node(id).def();
    if (id.value >= first && def && def->expansion() && (!which || which(id))) ids.push_back(id);
  }
  return ids;
}

Status ExpandNode(Builder& b, NodeId id, std::map<Endpoint, Endpoint>& replaced) {
  ExpandContext c(&b, id);
  std::vector<Operation> before;
  for (NodeId control : c.node().control_inputs()) before.push_back({&b, control});
  {
    auto at = b.At(c.node().loc());
    auto scope = b.NameScope(c.node().name() + "/");
    auto free = b.NoControlDependencies();
    auto after = b.ControlDependencies(before);
    if (Status s = c.node().def()->expansion()(c); !s.ok()) return NodeError(c.node(), "function", s);
    if (!b.status().ok()) return NodeError(c.node(), "function", b.status());
  }
  Graph& g = b.mutable_graph();
  std::vector<Operation> made;
  for (int i = 0; i < c.num_outputs(); ++i) {
    const Output& result = c.results()[static_cast<size_t>(i)];
    if (!result.valid()) continue;
    const Endpoint output{id, i};
    if (Status s = g.ReplaceUses(output, result.endpoint()); !s.ok())
      return NodeError(c.node(), "function", InvalidArgument(s.message()));
    replaced[output] = result.endpoint();
    made.push_back(result.op());
  }
  const Users& users = g.node(id).users();
  const bool waited_for = std::any_of(users.begin(), users.end(), [](const Use& use) { return use.output < 0; });
  if (!waited_for) return {};
  auto scope = b.NameScope(c.node().name() + "/");
  auto free = b.NoControlDependencies();
  auto after = b.ControlDependencies(made);
  Operation done = b.AddNode("NoOp", {}, {}, {.name = "done"}, c.node().loc());
  return done.valid() ? g.ReplaceControlUses(id, done.id()) : b.status();
}

}  // namespace

Result<std::map<Endpoint, Endpoint>> Expand(Builder& b, const std::function<bool(NodeId)>& which) {
  std::map<Endpoint, Endpoint> replaced;
  std::vector<NodeId> next = Composites(b.graph(), 0, which);
  for (int depth = 0; !next.empty(); ++depth) {
    if (depth == kMaxCallDepth) {
      return NodeError(b.graph().node(next[0]), "function",
                       ResourceExhausted(fmt::format("stands for ops that stand for others, {} times", depth)));
    }
    const int first = b.graph().num_ids();
    for (NodeId id : next) WEIR_RETURN_IF_ERROR(ExpandNode(b, id, replaced));
    next = Composites(b.graph(), first, {});
  }
  for (auto& [output, now] : replaced) {
    for (auto it = replaced.find(now); it != replaced.end(); it = replaced.find(now)) now = it->second;
  }
  return replaced;
}

}  // namespace weir
