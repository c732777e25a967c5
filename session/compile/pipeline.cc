#include "weir/session/compile/pipeline.h"

#include <fmt/format.h>

#include <chrono>

#include "weir/graph/functions.h"
#include "weir/graph/subgraph.h"
#include "weir/graph/verify.h"
#include "weir/runtime/cpu/lanes.h"
#include "weir/ops/fused/cpu/fused.h"

namespace weir {

namespace {

// Runs one pass and verifies: what a pass breaks is reported as that pass's fault.
Status RunPass(const char* name, Result<bool> (*pass)(Graph&, PassContext&), Graph& g, PassContext& c,
               const CompileOptions& options, bool needed) {
  if (!needed && (!options.optimize || options.disabled_passes.count(name))) return {};
  WEIR_ASSIGN_OR_RETURN(bool changed, pass(g, c));
  if (!changed) return {};
  auto start = std::chrono::steady_clock::now();
  Status s = Verify(g);
  c.verify_nanos +=
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
  if (!s.ok()) return Internal(fmt::format("pass {} broke the graph: {}", name, s.ToString()));
  return {};
}

}  // namespace

const std::vector<Pass>& AllPasses() {
  static const std::vector<Pass> passes = {
      {"prune", "what nothing asked for needs is dropped", Prune},
      {"inline_calls", "bodies are optimised together with their callers", InlineCalls},
      {"fill_defaults", "kernels see complete attributes, and none that they do not know", FillDefaults},
      {"lower_references", "reference variables become handles, reads and writes", LowerReferences},
      {"order_effects", "effects on one variable keep program order", OrderEffects},
      {"relax_order", "control edges between what has no effect hold nothing back", RelaxOrder},
      {"infer_shapes", "the fed shapes are known now", InferShapes},
      {"expand_batch_norm", "inference's normalisation folds and fuses as the arithmetic that it is", ExpandBatchNorm},
      {"fold_padding", "convolutions pad by themselves", FoldPadding},
      {"fold_constants", "shape arithmetic and whatever else only constants feed is computed once", FoldConstants},
      {"simplify", "a table of local rules", Simplify},
      {"merge_duplicates", "equal computations run once", MergeDuplicates},
      {"fuse_elementwise", "chains of element-wise ops pass through memory once", FuseElementwise},
  };
  return passes;
}

Result<Graph> Lower(const Graph& user, const Signature& signature, const CompileOptions& options) {
  WEIR_ASSIGN_OR_RETURN(Graph g, CutOut(user, {signature.feeds, signature.fetches, signature.targets}));
  PassContext c;
  WEIR_RETURN_IF_ERROR(RunPass("prune", Prune, g, c, options, true));
  WEIR_RETURN_IF_ERROR(RefuseUnknownOps(g));  // only runs need them known
  WEIR_RETURN_IF_ERROR(Verify(g));
  WEIR_RETURN_IF_ERROR(RunPass("infer_shapes", InferShapes, g, c, options, true));
  WEIR_RETURN_IF_ERROR(RunPass("inline_calls", InlineCalls, g, c, options, true));
  WEIR_RETURN_IF_ERROR(RunPass("fill_defaults", FillDefaults, g, c, options, true));
  WEIR_RETURN_IF_ERROR(RunPass("lower_references", LowerReferences, g, c, options, true));
  WEIR_RETURN_IF_ERROR(RunPass("infer_shapes", InferShapes, g, c, options, true));
  WEIR_RETURN_IF_ERROR(RunPass("order_effects", OrderEffects, g, c, options, true));
  WEIR_RETURN_IF_ERROR(RunPass("relax_order", RelaxOrder, g, c, options, false));
  WEIR_RETURN_IF_ERROR(RunPass("prune", Prune, g, c, options, true));
  WEIR_RETURN_IF_ERROR(RefuseUnknownOps(g));  // of the inlined bodies, too
  return g;
}

Status Optimize(Graph& g, const std::vector<OutputType>& feeds, const CompileOptions& options, PassContext* context) {
  std::vector<NodeId> args = ArgNodes(g);
  for (size_t i = 0; i < args.size() && i < feeds.size(); ++i) {
    if (args[i].valid()) WEIR_RETURN_IF_ERROR(g.SetOutputType(args[i], 0, feeds[i]));
  }
  PassContext c;
  c.evaluate = EvaluateNode;
  c.precision = options.precision;
  c.has_lanes = [](std::string_view op, const std::vector<DType>& operands, DType result) {
    const LaneFn* fn = FindLaneFn(op, operands, result);
    return fn && !fn->find_bad;
  };
  c.max_fused_inputs = kFusedInputs;
  c.max_fused_outputs = kFusedOutputs;
  WEIR_RETURN_IF_ERROR(RunPass("infer_shapes", InferShapes, g, c, options, true));
  WEIR_RETURN_IF_ERROR(RunPass("expand_batch_norm", ExpandBatchNorm, g, c, options, false));
  WEIR_RETURN_IF_ERROR(RunPass("fold_padding", FoldPadding, g, c, options, false));
  // Twice: folding gives rules new constants, and rules give folding new ones.
  for (int round = 0; round < 2; ++round) {
    WEIR_RETURN_IF_ERROR(RunPass("fold_constants", FoldConstants, g, c, options, false));
    WEIR_RETURN_IF_ERROR(RunPass("simplify", Simplify, g, c, options, false));
    WEIR_RETURN_IF_ERROR(RunPass("prune", Prune, g, c, options, true));
    WEIR_RETURN_IF_ERROR(RunPass("merge_duplicates", MergeDuplicates, g, c, options, false));
  }
  WEIR_RETURN_IF_ERROR(RunPass("fuse_elementwise", FuseElementwise, g, c, options, false));
  WEIR_RETURN_IF_ERROR(RunPass("prune", Prune, g, c, options, true));
  if (context) *context = std::move(c);
  return {};
}

std::shared_ptr<const Plan> BodyPlans::Find(const Key& key) const {
  auto [begin, end] = plans_.equal_range(key.function);
  for (auto it = begin; it != end; ++it) {
    const Key& have = it->second.first;
    if (SameButSymbols(have.args, key.args) && have.attrs == key.attrs) return it->second.second;
  }
  return nullptr;
}

void BodyPlans::Add(Key key, std::shared_ptr<const Plan> plan) {
  const Function* f = key.function;
  plans_.emplace(f, std::pair(std::move(key), std::move(plan)));
}

Status BodyPlans::Count(const Function& f, int64_t nodes) {
  nodes_ += nodes;
  if (nodes_ <= kMaxUnfoldedNodes) return {};
  return ResourceExhausted(fmt::format("calls function '{}', with which branches and loops unfold to over {} nodes",
                                       f.name, kMaxUnfoldedNodes));
}

Result<std::shared_ptr<const Plan>> Compile(Graph lowered, const std::vector<OutputType>& feeds,
                                            const CompileEnv& env) {
  auto start = std::chrono::steady_clock::now();
  PassContext context;
  WEIR_RETURN_IF_ERROR(Optimize(lowered, feeds, env.options, &context));
  BodyPlans bodies;
  CompileEnv inner = env;
  if (!inner.bodies) inner.bodies = &bodies;
  WEIR_ASSIGN_OR_RETURN(auto plan, BuildPlan(lowered, inner));
  plan->notes.insert(plan->notes.end(), context.notes.begin(), context.notes.end());
  plan->verify_micros = context.verify_nanos / 1000;
  plan->compile_micros =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count();
  return std::shared_ptr<const Plan>(plan);
}

Result<std::shared_ptr<const Plan>> CompileBody(const Graph& g, const FuncRef& f, const std::vector<OutputType>& args,
                                                const CompileEnv& env) {
  const Function* function = g.FindFunction(f.name);
  if (!function) return NotFound(fmt::format("calls function '{}', which the library does not have", f.name));
  BodyPlans::Key key{function, f.attrs, args};
  if (auto plan = env.bodies->Find(key)) return plan;
  WEIR_ASSIGN_OR_RETURN(Graph body, Instantiate(g, *function, f.attrs, args));
  if (body.Find(kSinkName).valid())
    return InvalidArgument(
        fmt::format("calls function '{}', which has a node of the reserved name '{}'", f.name, kSinkName));
  // Every effect of a body runs, whether or not a result needs it.
  const std::set<NodeId> effects = EffectNodes(*function, body);
  WEIR_RETURN_IF_ERROR(AddSink(body, std::vector<NodeId>(effects.begin(), effects.end())).status());
  PassContext c;
  WEIR_RETURN_IF_ERROR(RunPass("inline_calls", InlineCalls, body, c, env.options, true));
  WEIR_RETURN_IF_ERROR(RunPass("fill_defaults", FillDefaults, body, c, env.options, true));
  WEIR_RETURN_IF_ERROR(RunPass("infer_shapes", InferShapes, body, c, env.options, true));
  WEIR_RETURN_IF_ERROR(RunPass("order_effects", OrderEffects, body, c, env.options, true));
  WEIR_RETURN_IF_ERROR(RunPass("relax_order", RelaxOrder, body, c, env.options, false));
  WEIR_RETURN_IF_ERROR(RunPass("prune", Prune, body, c, env.options, true));
  WEIR_RETURN_IF_ERROR(env.bodies->Count(*function, body.num_nodes()));
  std::shared_ptr<const Plan> plan;
  if (Status s = RefuseUnknownOps(body); !s.ok()) {  // the run may never get there
    auto refusing = std::make_shared<Plan>();
    refusing->refused = std::move(s).Detail(fmt::format("in function '{}'", f.name));
    plan = std::move(refusing);
  } else {
    WEIR_ASSIGN_OR_RETURN(plan, Compile(std::move(body), args, env));
  }
  env.bodies->Add(std::move(key), plan);
  return plan;
}

}  // namespace weir
