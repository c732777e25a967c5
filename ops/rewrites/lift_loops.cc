// Frames become While.
//
// A frame's variables are its Merges of an Enter and a NextIteration. Its condition is what LoopCond reads, its body
// what the NextIterations read, both as functions of the variables and of what else enters the frame; a Switch by
// LoopCond stands for what it hands on. An Exit is the variable's last value. Frames are taken from the innermost
// outwards, so that what lies in one has become a node of the next.
#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/graph/pass.h"
#include "weir/graph/subgraph.h"
#include "weir/ops/rewrites/lift.h"

namespace weir {

namespace {

struct Frame {
  std::string name;
  int parent = -1, depth = 0;
};

// The frames of a graph, and which of them each node is in.
struct Frames {
  const Graph& g;
  std::vector<Frame> all = {};                 // 0: outside all loops
  std::vector<int> inside = {}, outputs = {};  // by node: the frame it runs in, and that of its outputs

  Status Find() {
    all = {Frame{}};
    inside.assign(static_cast<size_t>(g.num_ids()), 0);
    outputs = inside;
    std::map<std::pair<int, std::string>, int> numbers;
    WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g));
    for (NodeId id : order) {
      const Node& n = g.node(id);
      int f = 0;
      auto reads = [&](NodeId from) -> Status {
        const int other = outputs[from.value];
        if (Contains(f, other)) f = other;
        else if (!Contains(other, f))
          return NodeError(n, "graph", InvalidArgument(fmt::format("reads values of two loops, '{}' and '{}'",
                                                                   all[f].name, all[other].name)));
        return {};
      };
      for (Endpoint e : n.inputs()) {
        const bool from_last = g.node(e.node).Is("NextIteration");
        if (from_last && IsRoot(n)) return WantedInside(n, "a loop");
        if (from_last && !n.Is("Merge")) {
          return NodeError(n, "graph", InvalidArgument(fmt::format("reads '{}', which only a Merge can",
                                                                   g.EndpointName(e))));
        }
        if (!from_last) WEIR_RETURN_IF_ERROR(reads(e.node));
      }
      for (NodeId c : n.control_inputs()) {
        if (g.node(c).Is("NextIteration")) {
          return NodeError(n, "graph", InvalidArgument(fmt::format("waits for '{}', which is done in the next "
                                                                   "iteration", g.node(c).name())));
        }
        WEIR_RETURN_IF_ERROR(reads(c));
      }
      inside[id.value] = outputs[id.value] = f;
      if (n.Is("Enter")) {
        const auto name = n.attr<std::string>("frame_name");
        auto [it, added] = numbers.emplace(std::pair(f, name), static_cast<int>(all.size()));
        if (added) all.push_back({name, f, all[f].depth + 1});
        if (all.back().depth > kMaxCallDepth)
          return NodeError(n, "graph", ResourceExhausted(fmt::format("is within {} loops", kMaxCallDepth)));
        outputs[id.value] = it->second;
      } else if (n.Is("Exit")) {
        if (f == 0) return NodeError(n, "graph", InvalidArgument("leaves a loop, but is in none"));
        outputs[id.value] = all[f].parent;
      } else if (f != 0 && IsRoot(n)) {
        return WantedInside(n, fmt::format("the loop '{}'", all[f].name));
      }
    }
    for (NodeId id : order) {
      for (Endpoint e : g.node(id).inputs()) {
        const Node &n = g.node(id), &next = g.node(e.node);
        const int f = inside[id.value];
        if (!next.Is("NextIteration") || (f != 0 && Contains(inside[next.id().value], f))) continue;
        return NodeError(n, "graph", InvalidArgument(fmt::format("merges '{}', {}", next.name(),
                                                                 f == 0 ? "but is in no loop"
                                                                        : "which is of another loop")));
      }
    }
    return {};
  }

  // Whether frame `b` is `a` or lies in it.
  bool Contains(int a, int b) const {
    while (all[b].depth > all[a].depth) b = all[b].parent;
    return a == b;
  }

  Status WantedInside(const Node& root, const std::string& loop) const {
    std::string name;
    for (Endpoint e : root.inputs()) name = g.EndpointName(e);
    for (NodeId c : root.control_inputs()) {
      if (outputs[c.value] != 0) name = g.node(c).name();
    }
    return InvalidArgument(
               fmt::format("error[fetch]: '{}' is inside {}, where it has a value in every iteration", name, loop))
        .Help("fetch what leaves the loop, by an Exit");
  }
};

bool HasFrames(const Graph& g) {
  const std::vector<NodeId> nodes = g.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [&](NodeId id) {
    const Node& n = g.node(id);
    return n.Is("Enter") || n.Is("Exit") || n.Is("NextIteration");
  });
}

class Loops {
 public:
  Loops(Graph& g, Library& library) : g_(g), library_(library), frames_{g} {}

  Result<bool> Run() {
    if (!HasFrames(g_)) return false;
    WEIR_RETURN_IF_ERROR(frames_.Find());
    if (frames_.all.size() == 1) return false;
    dead_.assign(static_cast<size_t>(g_.num_ids()), false);
    members_.resize(frames_.all.size());
    for (NodeId id : g_.nodes()) {
      members_[static_cast<size_t>(frames_.inside[id.value])].push_back(id);
      if (g_.node(id).Is("Enter")) members_[static_cast<size_t>(frames_.outputs[id.value])].push_back(id);
    }
    std::vector<int> order;
    for (size_t f = 1; f < frames_.all.size(); ++f) order.push_back(static_cast<int>(f));
    auto deeper = [&](int a, int b) { return frames_.all[a].depth > frames_.all[b].depth; };
    std::stable_sort(order.begin(), order.end(), deeper);
    for (int f : order) WEIR_RETURN_IF_ERROR(Lift(f));
    std::vector<bool> keep(static_cast<size_t>(g_.num_ids()), true);
    for (size_t i = 0; i < dead_.size(); ++i) keep[i] = !dead_[i];
    WEIR_RETURN_IF_ERROR(g_.Retain(keep));
    auto sorted = TopologicalOrder(g_);
    if (!sorted.ok()) {
      return InvalidArgument("error[graph]: what enters a loop waits for what leaves it")
          .Detail(sorted.status().details());
    }
    return true;
  }

 private:
  // ---- one frame

  struct Variable {
    NodeId merge, enter, next;
  };

  Status Lift(int f) {
    vars_.clear(), var_of_.clear(), controls_.clear();
    loop_cond_ = NodeId();
    frame_ = f;
    std::vector<NodeId> exits;
    const std::vector<NodeId>& members = members_[static_cast<size_t>(f)];
    for (NodeId id : members) {
      if (dead_[id.value]) continue;
      const Node& n = g_.node(id);
      if (frames_.outputs[id.value] == f && n.Is("Enter")) {
        dead_[id.value] = true;
        for (NodeId c : n.control_inputs()) controls_.push_back(c);
      }
      if (frames_.inside[id.value] != f || n.Is("Enter")) continue;
      if (n.Is("Merge")) WEIR_RETURN_IF_ERROR(AddVariable(n));
      if (n.Is("Exit")) exits.push_back(id);
      if (n.Is("LoopCond")) {
        if (loop_cond_.valid()) return NodeError(n, "graph", InvalidArgument("is a second LoopCond of its loop"));
        loop_cond_ = id;
      }
    }
    if (!loop_cond_.valid()) {
      return InvalidArgument(fmt::format("error[graph]: the loop '{}' has no LoopCond", frames_.all[f].name))
          .Help("a frame that does not loop cannot be lifted");
    }
    WEIR_ASSIGN_OR_RETURN(NodeId loop, MakeLoop());
    for (NodeId id : members) {
      if (frames_.inside[id.value] == f) dead_[id.value] = true;
    }
    for (NodeId x : exits) WEIR_RETURN_IF_ERROR(Leave(x, loop));
    return {};
  }

  Status AddVariable(const Node& merge) {
    Variable v{merge.id(), {}, {}};
    for (Endpoint e : merge.inputs()) {
      const Node& from = g_.node(e.node);
      if (from.Is("NextIteration")) v.next = e.node;
      if (from.Is("Enter") && frames_.outputs[e.node.value] == frame_) v.enter = e.node;
    }
    if (!v.next.valid()) return {};  // of a branch in the body
    if (!v.enter.valid() || merge.inputs().size() != 2)
      return NodeError(merge, "graph",
                       InvalidArgument("is no loop variable: it does not merge an Enter and a NextIteration"));
    var_of_[merge.id()] = vars_.size();
    vars_.push_back(v);
    return {};
  }

  bool ByLoopCond(const Node& n) const {
    if (!n.Is("Switch")) return false;
    Endpoint pred = n.input(1);
    while (g_.node(pred.node).Is("Identity")) pred = g_.node(pred.node).input(0);
    return pred.node == loop_cond_;
  }

  // What an output is inside a function: what lies behind the loop's own nodes.
  Result<Endpoint> Behind(Endpoint e, const Node& reader) const {
    for (;;) {
      const Node& n = g_.node(e.node);
      if (n.id() == loop_cond_) {
        e = n.input(0);
      } else if (frames_.inside[e.node.value] == frame_ && ByLoopCond(n)) {
        if (e.index == 0)
          return NodeError(reader, "graph",
                           InvalidArgument(fmt::format("reads '{}' inside the loop, which has a value only when the "
                                                       "loop is done",
                                                       g_.EndpointName(e))));
        e = n.input(0);
      } else {
        return e;
      }
    }
  }
  bool IsOutside(Endpoint e) const {
    return frames_.outputs[e.node.value] != frame_ || g_.node(e.node).Is("Enter");
  }
  // What is outside, as the graph around has it.
  Endpoint Outside(Endpoint e) const {
    const Node& n = g_.node(e.node);
    return n.Is("Enter") && frames_.outputs[e.node.value] == frame_ ? n.input(0) : e;
  }

  // The nodes of the frame that `roots` need, in program order.
  Result<std::vector<NodeId>> Needed(const std::vector<Endpoint>& roots, const std::vector<NodeId>& after,
                                     Captures& captures) {
    std::set<NodeId> seen;
    std::vector<NodeId> stack, needed;
    auto push = [&](NodeId id) {
      if (seen.insert(id).second) stack.push_back(id);
    };
    auto read = [&](Endpoint e, const Node& reader) -> Status {
      WEIR_ASSIGN_OR_RETURN(e, Behind(e, reader));
      if (IsOutside(e)) captures.Note(Outside(e));
      else if (!var_of_.count(e.node)) push(e.node);
      return {};
    };
    auto wait = [&](NodeId c) {
      const Node& n = g_.node(c);
      if (frames_.outputs[c.value] != frame_) return controls_.push_back(c);
      if (!n.Is("Enter") && !var_of_.count(c) && c != loop_cond_ && !ByLoopCond(n)) push(c);
    };
    for (Endpoint e : roots) WEIR_RETURN_IF_ERROR(read(e, g_.node(e.node)));
    for (NodeId id : after) wait(id);
    while (!stack.empty()) {
      const Node& n = g_.node(stack.back());
      needed.push_back(stack.back());
      stack.pop_back();
      for (Endpoint e : n.inputs()) WEIR_RETURN_IF_ERROR(read(e, n));
      for (NodeId c : n.control_inputs()) wait(c);
    }
    std::sort(needed.begin(), needed.end());
    return needed;
  }

  // A function of the variables and captures that gives `roots`.
  Result<Graph> MakePart(const std::vector<NodeId>& nodes, const std::vector<Endpoint>& roots, Captures& captures,
                         bool gives_captures) {
    Graph part(&g_.registry());
    SubgraphCopy copy(g_, part);
    std::vector<NodeId> args;
    for (size_t k = 0; k < vars_.size(); ++k) {
      OutputType type = g_.type({vars_[k].merge, 0});
      type.shape = PartialShape::Unknown();
      WEIR_ASSIGN_OR_RETURN(NodeId arg, AddArg(part, fmt::format("var{}", k), static_cast<int64_t>(k), type));
      args.push_back(arg);
      copy.Substitute({vars_[k].merge, 0}, {arg, 0});
    }
    WEIR_RETURN_IF_ERROR(captures.AddTo(part));
    WEIR_RETURN_IF_ERROR(copy.AddNodes(nodes));
    auto find = [&](Endpoint e, const Node& reader) -> Result<Endpoint> {
      WEIR_ASSIGN_OR_RETURN(Endpoint behind, Behind(e, reader));
      if (IsOutside(behind)) return captures.Find(part, Outside(behind));
      const Endpoint there = copy[behind];
      if (there.valid()) return there;
      return NodeError(reader, "graph", Unimplemented(fmt::format("reads '{}' of the loop '{}', which its functions "
                                                                  "do not have", g_.EndpointName(behind),
                                                                  frames_.all[frame_].name)));
    };
    for (NodeId id : nodes) {
      for (Endpoint e : g_.node(id).inputs()) {
        WEIR_ASSIGN_OR_RETURN(Endpoint there, find(e, g_.node(id)));
        if (!(copy[e] == there)) copy.Substitute(e, there);
      }
    }
    WEIR_RETURN_IF_ERROR(copy.Connect());
    for (size_t k = 0; k < roots.size(); ++k) {
      WEIR_ASSIGN_OR_RETURN(Endpoint value, find(roots[k], g_.node(roots[k].node)));
      WEIR_RETURN_IF_ERROR(AddRetval(part, fmt::format("ret{}", k), static_cast<int64_t>(k), value).status());
    }
    for (size_t i = 0; gives_captures && i < captures.all().size(); ++i) {
      WEIR_ASSIGN_OR_RETURN(Endpoint same, captures.Find(part, captures.all()[i]));
      const auto index = static_cast<int64_t>(roots.size() + i);
      WEIR_RETURN_IF_ERROR(AddRetval(part, fmt::format("ret{}", index), index, same).status());
    }
    WEIR_RETURN_IF_ERROR(LiftBranches(part, library_).status());
    return part;
  }

  Result<NodeId> MakeLoop() {
    std::vector<Endpoint> results;
    std::vector<NodeId> after;  // what an iteration waits for
    for (const Variable& v : vars_) {
      results.push_back(g_.node(v.next).input(0));
      for (NodeId c : g_.node(v.next).control_inputs()) after.push_back(c);
    }
    const Node cond = g_.node(loop_cond_);
    Captures captures(g_, static_cast<int>(vars_.size()));
    WEIR_ASSIGN_OR_RETURN(auto cond_nodes, Needed({cond.input(0)}, cond.control_inputs(), captures));
    WEIR_ASSIGN_OR_RETURN(auto body_nodes, Needed(results, after, captures));
    WEIR_ASSIGN_OR_RETURN(Graph cond_part, MakePart(cond_nodes, {cond.input(0)}, captures, false));
    WEIR_ASSIGN_OR_RETURN(Graph body_part, MakePart(body_nodes, results, captures, true));

    const std::string scope = cond.name().substr(0, cond.name().rfind('/'));
    const bool effects = HasEffects(cond_part) || HasEffects(body_part);
    WEIR_ASSIGN_OR_RETURN(FuncRef cond_ref, library_.Add(scope + "_cond", std::move(cond_part)));
    WEIR_ASSIGN_OR_RETURN(FuncRef body_ref, library_.Add(scope + "_body", std::move(body_part)));
    NodeSpec spec{.op = effects ? "While" : "StatelessWhile", .name = g_.UniqueName(scope), .loc = cond.loc()};
    std::vector<DType> types;
    for (const Variable& v : vars_) spec.inputs.push_back(g_.node(v.enter).input(0));
    for (Endpoint e : captures.all()) spec.inputs.push_back(e);
    for (Endpoint e : spec.inputs) types.push_back(BaseType(g_.type(e).dtype));
    spec.control_inputs = controls_;
    spec.attrs = {{"T", types}, {"cond", cond_ref}, {"body", body_ref}, {"output_shapes", AttrList()}};
    if (!vars_.empty()) {
      const char* parallel = "parallel_iterations";
      spec.attrs[parallel] = g_.node(vars_[0].enter).attr<int64_t>(parallel);
    }
    WEIR_ASSIGN_OR_RETURN(NodeId loop, g_.AddRaw(std::move(spec)));
    frames_.inside.resize(static_cast<size_t>(g_.num_ids()), frames_.all[frame_].parent);
    frames_.outputs.resize(static_cast<size_t>(g_.num_ids()), frames_.all[frame_].parent);
    dead_.resize(static_cast<size_t>(g_.num_ids()), false);
    members_[static_cast<size_t>(frames_.all[frame_].parent)].push_back(loop);
    return loop;
  }

  Status Leave(NodeId exit, NodeId loop) {
    const Node n = g_.node(exit);
    Endpoint e = n.input(0), value;
    while (g_.node(e.node).Is("Identity")) e = g_.node(e.node).input(0);
    const Node& from = g_.node(e.node);
    if (ByLoopCond(from) && e.index == 0) {
      const Endpoint data = from.input(0);
      if (auto var = var_of_.find(data.node); var != var_of_.end()) value = {loop, static_cast<int32_t>(var->second)};
      else if (IsOutside(data)) value = Outside(data);
    }
    if (!value.valid()) {
      return NodeError(n, "graph", Unimplemented(fmt::format("leaves the loop with '{}', which is no loop variable",
                                                             g_.EndpointName(n.input(0)))));
    }
    WEIR_RETURN_IF_ERROR(g_.ReplaceUses({exit, 0}, value));
    return g_.ReplaceControlUses(exit, loop);
  }

  Graph& g_;
  Library& library_;
  Frames frames_;
  std::vector<std::vector<NodeId>> members_;  // by frame: what runs in it, and what enters it
  std::vector<bool> dead_;               // by node: has become part of a function
  // ---- of the frame at hand
  int frame_ = 0;
  NodeId loop_cond_;
  std::vector<Variable> vars_;
  std::map<NodeId, size_t> var_of_;  // by Merge
  std::vector<NodeId> controls_;     // what the loop waits for
};

}  // namespace

Result<bool> LiftLoops(Graph& g, Library& library) { return Loops(g, library).Run(); }

Status RefuseFeedsInLoops(const Graph& g, const std::vector<Endpoint>& feeds) {
  if (feeds.empty() || !HasFrames(g)) return {};
  Frames frames{g};
  if (!frames.Find().ok()) return {};  // where it matters, the part that runs is refused
  for (Endpoint e : feeds) {
    const int frame = frames.outputs[e.node.value];
    if (frame == 0) continue;
    return InvalidArgument(fmt::format("error[feed]: '{}' is inside the loop '{}', where it has a value in every "
                                       "iteration",
                                       g.EndpointName(e), frames.all[frame].name))
        .Help("feed what enters the loop");
  }
  return {};
}

}  // namespace weir
