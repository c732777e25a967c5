#include "weir/graph/verify.h"

#include <fmt/format.h>

#include "weir/graph/functions.h"
#include "weir/graph/infer.h"

namespace weir {

namespace {

Status MismatchedInput(const Graph& g, const Node& n, int i, DType want) {
  const OutputType& have = g.type(n.input(i));
  return NodeError(n, "dtype",
                   InvalidArgument(fmt::format("wants {} for input '{}', not {}", DTypeName(want),
                                               n.def()->InputName(i, n.attrs()), DTypeName(have.dtype)))
                       .Detail(fmt::format("'{}' is {}", g.EndpointName(n.input(i)), have.ToString()))
                       .Help("convert it by Cast"));
}

// Unknown dtypes (of what unknown ops give, of bodies not yet bound) agree with all.
bool Agree(DType want, DType have) {
  if (want == have || want == DType::kInvalid || have == DType::kInvalid) return true;
  return BaseType(want) == BaseType(have) && (!IsRef(want) || IsRef(have));
}

// Against the op's declaration. `types` is room to work in.
Status CheckDeclared(const Graph& g, const Node& n, std::vector<DType>& types) {
  const OpDef& def = *n.def();
  if (Status s = def.CheckAttrs(n.attrs()); !s.ok()) return NodeError(n, "attr", s);
  types.clear();
  if (Status s = def.AppendInputTypes(n.attrs(), types); !s.ok()) return NodeError(n, "attr", s);
  if (types.size() != n.inputs().size()) {
    return NodeError(
        n, "graph",
        InvalidArgument(fmt::format("takes {} inputs, not {}", types.size(), n.inputs().size())).Help(def.Signature()));
  }
  for (size_t i = 0; i < types.size(); ++i) {
    if (!Agree(types[i], g.type(n.inputs()[i]).dtype)) return MismatchedInput(g, n, static_cast<int>(i), types[i]);
  }
  types.clear();
  if (Status s = def.AppendOutputTypes(n.attrs(), types); !s.ok()) return NodeError(n, "attr", s);
  bool follow = types.size() == n.outputs().size();
  for (size_t i = 0; follow && i < types.size(); ++i)
    follow = Agree(BaseType(types[i]), BaseType(n.outputs()[i].dtype));
  return follow ? Status() : NodeError(n, "attr", InvalidArgument("has outputs other than its attributes say"));
}

Status CheckNode(const Graph& g, const Node& n, std::vector<DType>& types) {
  for (Endpoint e : n.inputs()) {
    if (!g.alive(e.node) || e.index < 0 || e.index >= static_cast<int>(g.node(e.node).outputs().size())) {
      return NodeError(n, "graph", InvalidArgument("has an input that does not exist"));
    }
  }
  for (NodeId c : n.control_inputs()) {
    if (!g.alive(c)) return NodeError(n, "graph", InvalidArgument("has a control input that does not exist"));
  }
  if (n.def() && !n.inferred()) WEIR_RETURN_IF_ERROR(CheckDeclared(g, n, types));
  if (Status s = CheckCall(g, n); !s.ok()) return NodeError(n, "function", s);
  return {};
}

// Functions that call themselves, directly or through others: depth-first over the library, iterative.
Status CheckRecursion(const Graph& g) {
  std::map<std::string, int, std::less<>> state;  // 1: on the stack, 2: done
  auto callees = [&](const Function& f) {
    std::vector<std::string> names;
    for (NodeId id : f.body.nodes()) {
      for (std::string& name : FunctionNames(g, f.body.node(id))) names.push_back(std::move(name));
    }
    return names;
  };
  struct Frame {
    std::string name;
    std::vector<std::string> callees;
    size_t next = 0;
  };
  for (const auto& [root, f] : g.functions()) {
    std::vector<Frame> stack;
    if (state[root] == 0) stack.push_back({root, callees(*f)}), state[root] = 1;
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next == top.callees.size()) {
        state[top.name] = 2;
        stack.pop_back();
        continue;
      }
      std::string callee = top.callees[top.next++];
      const Function* c = g.FindFunction(callee);
      if (state[callee] == 2) continue;
      if (state[callee] == 1) {
        std::string cycle;
        for (const Frame& frame : stack) cycle += frame.name + " -> ";
        return InvalidArgument("error[function]: functions call each other in a circle").Detail(cycle + callee);
      }
      state[callee] = 1;
      stack.push_back({callee, callees(*c)});
    }
  }
  return {};
}

}  // namespace

Status CheckNode(const Graph& g, const Node& n) {
  static thread_local std::vector<DType> types;  // its memory: this runs for every node that is made
  return CheckNode(g, n, types);
}

std::vector<Status> Problems(const Graph& g, int limit) {
  std::vector<Status> found;
  std::vector<DType> types;
  for (NodeId id : g.nodes()) {
    if (Status s = CheckNode(g, g.node(id), types); !s.ok()) found.push_back(std::move(s));
    if (static_cast<int>(found.size()) >= limit) return found;
  }
  if (!found.empty()) return found;
  if (auto order = TopologicalOrder(g); !order.ok()) found.push_back(order.status());
  if (Status s = CheckRecursion(g); !s.ok()) found.push_back(std::move(s));
  return found;
}

Status Verify(const Graph& g) {
  auto problems = Problems(g, 1);
  return problems.empty() ? Status() : problems[0];
}

std::vector<std::string> UnknownAttrs(const Node& n) {
  std::vector<std::string> unknown;
  for (const auto& [name, value] : n.attrs()) {
    if (n.def() && !name.starts_with("_") && !n.def()->FindAttr(name)) unknown.push_back(name);
  }
  return unknown;
}

bool IsUnknownOp(const Graph& g, const Node& n) { return !n.def() && !g.FindFunction(n.op()); }

Status UnknownOpError(const Graph& g, const Node& n) {
  auto near = g.registry().Nearest(n.op());
  return NodeError(n, "graph", Unimplemented("is an op that Weir does not have"))
      .Help(near.empty() ? "" : fmt::format("the nearest it has: {}", fmt::join(near, ", ")));
}

Status RefuseUnknownOps(const Graph& g) {
  for (NodeId id : g.nodes()) {
    if (IsUnknownOp(g, g.node(id))) return UnknownOpError(g, g.node(id));
  }
  return {};
}

}  // namespace weir
