#include "weir/session/compile/plan_held.h"

#include <fmt/format.h>

#include "weir/graph/functions.h"
#include "weir/runtime/exec/plan_function.h"
#include "weir/session/compile/pipeline.h"

namespace weir {

namespace {

// What is known of the elements that the node's first input, a dataset, has.
std::vector<std::pair<DType, PartialShape>> Components(const Graph& g, const Node& n) {
  if (n.inputs().empty() || g.type(n.input(0)).dtype != kVariant) return {};
  const auto& resource = g.type(n.input(0)).resource;
  if (!resource || resource->kind != ResourceKind::kDataset) return {};
  return resource->parts;
}

Result<std::vector<OutputType>> Arguments(const Graph& g, const Node& n, const Function& f) {
  std::vector<OutputType> types;
  for (NodeId id : ArgNodes(f.body)) {
    if (!id.valid()) return InvalidArgument(fmt::format("holds function '{}', whose arguments are incomplete", f.name));
    types.emplace_back().dtype = BaseType(f.body.type({id, 0}).dtype);
  }
  std::pair<int, int> others = {0, 0};
  if (auto range = n.def()->InputRange("other_arguments", n.attrs()); range.ok()) others = *range;
  const auto captured = static_cast<size_t>(others.second - others.first);
  const auto components = Components(g, n);
  if (types.size() < captured + components.size()) {
    return InvalidArgument(fmt::format("holds function '{}' of {} arguments for {} components and {} other arguments",
                                       f.name, types.size(), components.size(), captured));
  }
  const size_t behind = types.size() - captured;
  for (size_t i = 0; i < captured; ++i) {
    OutputType type = g.type(n.input(others.first + static_cast<int>(i)));
    type.value.reset();
    types[behind + i] = std::move(type);
  }
  for (size_t i = 0; i < components.size(); ++i) {
    OutputType& type = types[behind - components.size() + i];
    type.dtype = components[i].first, type.shape = components[i].second;
  }
  return types;
}

}  // namespace

Result<std::vector<std::shared_ptr<const HeldFunction>>> CompileHeld(const Graph& g, const Node& n,
                                                                     const CompileEnv& env) {
  std::vector<std::shared_ptr<const HeldFunction>> functions;
  if (!n.def()->holds_functions()) return functions;
  if (env.held >= kMaxCallDepth) {
    return ResourceExhausted(fmt::format("holds functions over {} deep within each other", kMaxCallDepth));
  }
  for (const AttrDef& attr : n.def()->attrs()) {
    if (attr.kind != "func") continue;
    const FuncRef f = n.attr<FuncRef>(attr.name);
    WEIR_ASSIGN_OR_RETURN(const Function* function, FindCalled(g, f));
    WEIR_ASSIGN_OR_RETURN(std::vector<OutputType> types, Arguments(g, n, *function));
    CompileEnv inner = env;
    inner.loop_body = false, ++inner.held;
    WEIR_ASSIGN_OR_RETURN(auto plan, CompileBody(g, f, types, inner));
    std::vector<DType> args;
    for (const OutputType& t : types) args.push_back(t.dtype);
    functions.push_back(MakePlanFunction(f.name, std::move(plan), std::move(args), ResultDTypes(function->body)));
  }
  return functions;
}

}  // namespace weir
