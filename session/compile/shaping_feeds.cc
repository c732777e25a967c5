// Feeds that decide shapes, flags that choose between tensors, strings that name resources: compiled in as constants.
#include "weir/graph/functions.h"
#include "weir/session/compile/pipeline.h"

namespace weir {

namespace {

bool SmallInteger(const OutputType& t) { return IsInteger(BaseType(t.dtype)) || t.dtype == kBool; }

// A scalar bool, which has two values only: it may choose what is computed at all.
bool Flag(const OutputType& t) { return t.dtype == kBool && t.shape.known_rank() && t.shape.rank() == 0; }

}  // namespace

std::vector<bool> ShapingFeeds(const Graph& g, size_t num_feeds) {
  std::vector<bool> seen(g.num_ids()), followed(g.num_ids()), shaping(num_feeds);
  auto mark = [&](const Node& arg) {
    int64_t index = arg.attr<int64_t>("index");
    if (index >= 0 && index < static_cast<int64_t>(num_feeds)) shaping[index] = true;
  };
  auto mark_if_fed = [&](Endpoint e) {
    if (g.node(e.node).Is("_Arg")) mark(g.node(e.node));
  };
  std::vector<NodeId> stack;
  std::vector<Endpoint> flags;
  auto reach = [&](Endpoint e) {
    if (!SmallInteger(g.type(e)) || seen[e.node.value]) return;
    seen[e.node.value] = true;
    stack.push_back(e.node);
  };
  for (NodeId id : g.nodes()) {
    const Node& n = g.node(id);
    const KernelDef* kernel = KernelOf(n);
    int inputs = static_cast<int>(n.inputs().size());
    if (n.def() && n.def()->chooses() && Flag(g.type(n.input(0)))) flags.push_back(n.input(0));
    if (n.def() && n.def()->makes_handle()) {  // which resource it is, a string tells
      for (Endpoint e : n.inputs()) mark_if_fed(e);
    }
    for (int i = 0; kernel && i < inputs; ++i) {
      // Why not where the op's own elements are asked for (Where, Unique): those are data, not shapes.
      if (kernel->NeedsValueOf(i, inputs) && i > 0) reach(n.input(i));
      if (kernel->NeedsValueOf(i, inputs) && i == 0 && n.def()->sized_by_first()) reach(n.input(i));
    }
  }
  while (!stack.empty()) {
    const Node& n = g.node(stack.back());
    stack.pop_back();
    if (n.Is("_Arg")) mark(n);
    for (Endpoint e : n.inputs()) reach(e);
  }
  while (!flags.empty()) {
    const Node& n = g.node(flags.back().node);
    flags.pop_back();
    if (n.Is("_Arg")) mark(n);
    // Why only through logic: what compares numbers has as many values as these.
    for (Endpoint e : n.inputs()) {
      if (!Flag(g.type(e)) || followed[e.node.value]) continue;
      followed[e.node.value] = true;
      flags.push_back(e);
    }
  }
  return shaping;
}

Status BindFeedValue(Graph& g, int index, const Tensor& value) {
  std::vector<NodeId> args = ArgNodes(g);
  if (index >= static_cast<int>(args.size()) || !args[index].valid()) return {};
  WEIR_ASSIGN_OR_RETURN(Tensor copy, value.Clone());
  NodeSpec spec;
  spec.op = "Const", spec.name = g.UniqueName(g.node(args[index]).name() + "/_value");
  DType dtype = copy.dtype();
  spec.attrs = {{"value", std::move(copy)}, {"dtype", dtype}};
  WEIR_ASSIGN_OR_RETURN(NodeId constant, g.AddNode(std::move(spec)));
  return g.ReplaceUses({args[index], 0}, {constant, 0});
}

}  // namespace weir
