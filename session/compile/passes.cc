#include "weir/session/compile/passes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "weir/graph/op_def.h"
#include "weir/graph/subgraph.h"
#include "weir/graph/verify.h"
#include "weir/ops/rewrites/rewrites.h"
#include "weir/runtime/cpu/lanes.h"
#include "weir/session/compile/plan_builder.h"

namespace weir {

const std::vector<Pass>& AllPasses() {
  static const std::vector<Pass> passes = {
      {"prune", "what nothing asked for needs is dropped", Prune},
      {"prune_results", "what nobody reads of a branch or a loop is not computed", PruneResults},
      {"inline_calls", "bodies are optimised together with their callers", InlineCalls},
      {"expand_composites", "ops that stand for others become those", ExpandComposites},
      {"fill_defaults", "kernels see complete attributes, and none that they do not know", FillDefaults},
      {"lower_references", "reference variables become handles, reads and writes", LowerReferences},
      {"lower_tensor_arrays", "arrays of tensors become lists, which are values", LowerTensorArrays},
      {"lift_control_flow", "frames and dead tensors become loops and branches with functions", LiftControlFlow},
      {"lower_stacks", "stacks become lists that loops have for variables", LowerStacks},
      {"order_effects", "effects on one variable keep program order", OrderEffects},
      {"relax_order", "control edges between what has no effect hold nothing back", RelaxOrder},
      {"infer_shapes", "the fed shapes are known now", InferShapes},
      {"expand_batch_norm", "inference's normalisation folds and fuses as the arithmetic that it is", ExpandBatchNorm},
      {"fold_padding", "convolutions pad by themselves", FoldPadding, Precision::kStandard},
      {"fold_constants", "shape arithmetic and whatever else only constants feed is computed once", FoldConstants},
      {"simplify", "a table of local rules", Simplify},
      {"merge_duplicates", "equal computations run once", MergeDuplicates},
      {"stack_lists", "lists whose length a loop tells are one tensor, written row by row", StackLists},
      {"fuse_elementwise", "chains of element-wise ops pass through memory once", FuseElementwise},
  };
  return passes;
}

Result<const Pass*> FindPass(std::string_view name) {
  for (const Pass& p : AllPasses()) {
    if (p.name == name) return &p;
  }
  std::vector<std::string> names;
  for (const Pass& p : AllPasses()) names.push_back(p.name);
  const std::vector<std::string> near = NearestNames(name, names);
  return NotFound(fmt::format("error[graph]: there is no pass '{}'", name))
      .Help(near.empty() ? fmt::format("there are {}", fmt::join(names, ", ")) : "did you mean '" + near[0] + "'?");
}

PassContext MakePassContext(Precision precision) {
  PassContext c;
  c.evaluate = EvaluateNode;
  c.precision = precision;
  c.has_lanes = [](std::string_view op, const std::vector<DType>& operands, DType result) {
    const LaneFn* fn = FindLaneFn(op, operands, result);
    return fn && !fn->find_bad;
  };
  return c;
}

Result<bool> RunPass(const Pass& pass, Graph& g, PassContext& c) {
  if (pass.may_change > c.precision) return false;
  WEIR_ASSIGN_OR_RETURN(bool changed, pass.run(g, c));
  if (!changed) return false;
  const auto start = std::chrono::steady_clock::now();
  Status s = Verify(g);
  c.verify_nanos +=
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
  if (!s.ok()) return Internal(fmt::format("pass {} broke the graph: {}", pass.name, s.ToString()));
  return true;
}

Status MarkResults(Graph& g, const std::vector<Endpoint>& fetches, const std::vector<NodeId>& targets) {
  for (NodeId id : g.nodes()) {
    if (g[id].Is("_Arg") || g[id].Is("_Retval"))
      return NodeError(g[id], "graph", InvalidArgument("has a place in a function's body only"));
  }
  for (size_t i = 0; i < fetches.size(); ++i) {
    WEIR_RETURN_IF_ERROR(AddRetval(g, fmt::format("_fetch_{}", i), static_cast<int64_t>(i), fetches[i]).status());
  }
  return AddSink(g, targets).status();
}

Result<std::vector<std::string>> UnmarkResults(Graph& g, const std::vector<std::string>& names) {
  std::vector<std::string> moved;
  for (NodeId id : g.nodes()) {
    if (!g[id].Is("_Retval")) {
      if (g[id].name() == kSinkName) WEIR_RETURN_IF_ERROR(g.Remove(id));
      continue;
    }
    auto index = static_cast<size_t>(g[id].attr<int64_t>("index"));
    Endpoint e = g[id].input(0);
    WEIR_RETURN_IF_ERROR(g.Remove(id));
    WEIR_ASSIGN_OR_RETURN(bool kept, KeepName(g, e, names[index]));
    if (!kept) moved.push_back(fmt::format("{} is now {}", names[index], g.EndpointName(e)));
  }
  g.Compact();
  return moved;
}

}  // namespace weir
