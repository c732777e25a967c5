#include "weir/ops/rewrites/lift.h"

#include <fmt/format.h>

#include "weir/graph/functions.h"
#include "weir/graph/subgraph.h"
#include "weir/ops/rewrites/rewrites.h"

namespace weir {

Result<FuncRef> Library::Add(const std::string& name, Graph body) {
  std::string unique = name;
  for (int i = 1; g_.FindFunction(unique); ++i) unique = fmt::format("{}_{}", name, i);
  WEIR_RETURN_IF_ERROR(g_.AddFunction(ToFunction(unique, std::move(body))));
  return FuncRef{unique, {}};
}

NodeId ConstantBehind(const Graph& g, Endpoint e) {
  while (g.node(e.node).Is("Identity") || g.node(e.node).Is("Enter")) e = g.node(e.node).input(0);
  return g.node(e.node).Is("Const") ? e.node : NodeId();
}

void Captures::Note(Endpoint e) {
  if (!ConstantBehind(outer_, e).valid() && number_.emplace(e, all_.size()).second) all_.push_back(e);
}

Status Captures::AddTo(Graph& body) {
  args_.clear(), constants_.clear();
  for (size_t i = 0; i < all_.size(); ++i) {
    const auto index = first_ + static_cast<int64_t>(i);
    WEIR_ASSIGN_OR_RETURN(NodeId arg, AddArg(body, fmt::format("captured{}", i), index, outer_.type(all_[i])));
    args_.push_back(arg);
  }
  return {};
}

Result<Endpoint> Captures::Find(Graph& body, Endpoint e) {
  const NodeId constant = ConstantBehind(outer_, e);
  if (!constant.valid()) return Endpoint{args_[number_.at(e)], 0};
  NodeId& copy = constants_[constant];
  if (!copy.valid()) {
    const Node& n = outer_.node(constant);
    NodeSpec spec{.op = n.op(), .name = body.UniqueName(n.name()), .attrs = n.attrs(), .loc = n.loc(),
                  .origins = n.origins()};
    WEIR_ASSIGN_OR_RETURN(copy, body.AddRaw(std::move(spec)));
    WEIR_RETURN_IF_ERROR(body.SetOutputType(copy, 0, n.output(0)));
  }
  return Endpoint{copy, 0};
}

Result<bool> LiftControlFlow(Graph& g, PassContext&) {
  Library library(g);
  WEIR_ASSIGN_OR_RETURN(bool loops, LiftLoops(g, library));
  WEIR_ASSIGN_OR_RETURN(bool branches, LiftBranches(g, library));
  return loops || branches;
}

}  // namespace weir
