// InlineCalls: a called function's body takes the place of the call (Inline, subgraph.h), and the calls in it, as long
// as they do not nest without end. Calls in bodies of branches and loops are inlined when those compile.
#include <fmt/format.h>

#include <map>

#include "weir/graph/functions.h"
#include "weir/graph/pass.h"
#include "weir/graph/subgraph.h"

namespace weir {

namespace {

bool IsCall(const Graph& g, const Node& n) { return CallKindOf(g, n) == CallKind::kCall; }

const Function* Callee(const Graph& g, const Node& n) {
  return IsCall(g, n) ? g.FindFunction(CalledFunctions(g, n)[0].name) : nullptr;
}

// How many nodes a function is once the calls in it are inlined, and those in them. Known without doing it, since
// bodies that call twice double at each level.
class Unfolding {
 public:
  explicit Unfolding(const Graph& g) : g_(g) {}

  int64_t SizeOf(const Function& f, int depth = 0) {
    if (auto it = sizes_.find(&f); it != sizes_.end()) return it->second;
    int64_t size = 0;
    for (NodeId id : f.body.nodes()) {
      const Function* callee = depth < kMaxCallDepth ? Callee(g_, f.body.node(id)) : nullptr;
      size = std::min(size + 1 + (callee ? SizeOf(*callee, depth + 1) : 0), int64_t{1} << 40);
    }
    return sizes_[&f] = size;
  }

 private:
  const Graph& g_;
  std::map<const Function*, int64_t> sizes_;
};

Status CheckSize(const Graph& g, const std::vector<NodeId>& calls) {
  Unfolding unfolding(g);
  int64_t total = 0;
  for (NodeId id : calls) {
    const Function* f = Callee(g, g.node(id));
    if (!f) continue;
    total += unfolding.SizeOf(*f);
    if (total <= kMaxUnfoldedNodes) continue;
    return NodeError(g.node(id), "function",
                     ResourceExhausted(fmt::format("calls function '{}', with which the calls unfold to over {} nodes",
                                                   f->name, kMaxUnfoldedNodes)));
  }
  return {};
}

}  // namespace

Result<bool> InlineCalls(Graph& g, PassContext&) {
  InferenceScope scope;
  bool changed = false;
  for (int depth = 0;; ++depth) {
    std::vector<NodeId> calls;
    for (NodeId id : g.nodes()) {
      if (IsCall(g, g.node(id))) calls.push_back(id);
    }
    if (calls.empty()) return changed;
    WEIR_RETURN_IF_ERROR(CheckSize(g, calls));
    if (depth > kMaxCallDepth)
      return InvalidArgument(fmt::format(
          "error[function]: calls are nested over {} deep: functions that call themselves are refused", kMaxCallDepth));
    for (NodeId id : calls) {
      const Node n = g.node(id);
      if (Status s = Inline(g, id); !s.ok()) return NodeError(n, "function", s);
    }
    changed = true;
  }
}

}  // namespace weir
