#include "weir/session/save/lifted_graph.h"

#include <algorithm>

#include "weir/graph/infer.h"
#include "weir/graph/verify.h"
#include "weir/session/compile/passes.h"

namespace weir {

namespace {

// RefSwitch, RefEnter and their kin: control flow that hands a reference on.
bool HandsReferencesOn(const Graph& g) {
  const std::vector<NodeId> nodes = g.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [&](NodeId id) {
    const Node& n = g.node(id);
    const OpDef* handles = n.def() ? g.registry().Find(n.def()->handle_form()) : nullptr;
    return handles && handles->compiled_away() && n.def()->hands_on();
  });
}

}  // namespace

Result<Graph> LiftedGraph(Graph g, const std::vector<std::string>& outputs) {
  std::vector<Endpoint> fetches;
  std::vector<NodeId> roots;
  for (const std::string& name : outputs) {
    auto e = g.ParseEndpoint(name);
    if (!e.ok()) return Status(e.status().code(), "error[fetch]: " + e.status().message()).Help(e.status().help());
    fetches.push_back(*e), roots.push_back(e->node);
  }
  if (roots.empty()) return InvalidArgument("error[fetch]: a graph cannot be lifted without naming outputs");
  WEIR_RETURN_IF_ERROR(g.Retain(NeededBy(g, roots)));
  WEIR_RETURN_IF_ERROR(Verify(g));
  WEIR_RETURN_IF_ERROR(InferGraph(g));
  std::vector<std::string> names;
  for (Endpoint e : fetches) names.push_back(g.EndpointName(e));
  WEIR_RETURN_IF_ERROR(MarkResults(g, fetches, {}));
  PassContext context = MakePassContext(Precision::kExact);
  std::vector<std::string_view> passes{"inline_calls", "lower_tensor_arrays", "lift_control_flow", "lower_stacks"};
  if (HandsReferencesOn(g)) passes.insert(passes.begin() + 2, "lower_references");
  for (std::string_view name : passes) {
    WEIR_ASSIGN_OR_RETURN(const Pass* pass, FindPass(name));
    WEIR_RETURN_IF_ERROR(RunPass(*pass, g, context).status());
  }
  WEIR_ASSIGN_OR_RETURN(const std::vector<std::string> moved, UnmarkResults(g, names));
  if (!moved.empty()) return Internal("error[graph]: lifting took a result's name: " + moved[0]);
  WEIR_RETURN_IF_ERROR(InferGraph(g));
  return g;
}

}  // namespace weir
