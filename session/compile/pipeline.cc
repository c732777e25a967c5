#include "weir/session/compile/pipeline.h"

#include <fmt/format.h>

#include <chrono>

#include "weir/graph/functions.h"
#include "weir/graph/subgraph.h"
#include "weir/graph/verify.h"
#include "weir/ops/rewrites/rewrites.h"
#include "weir/session/compile/passes.h"

namespace weir {

namespace {

// Runs passes by name on one graph.
class Passes {
 public:
  Passes(Graph& g, const CompileOptions& options)
      : g_(g), options_(options), context_(MakePassContext(options.precision)) {}

  // Without these nothing runs; the others only make it faster, and may be switched off.
  Status Needed(std::initializer_list<std::string_view> names) {
    for (std::string_view name : names) WEIR_RETURN_IF_ERROR(Run(name));
    return {};
  }
  Status Optional(std::initializer_list<std::string_view> names) {
    for (std::string_view name : names) {
      if (options_.optimize && !options_.disabled_passes.count(std::string(name))) WEIR_RETURN_IF_ERROR(Run(name));
    }
    return {};
  }
  // Calls and composites become what they stand for, and those in that.
  Status Unfold() {
    bool any = TakeChanged();
    for (int depth = 0; depth <= kMaxCallDepth; ++depth) {
      WEIR_RETURN_IF_ERROR(Run("inline_calls"));
      any |= TakeChanged();
      WEIR_RETURN_IF_ERROR(Run("expand_composites"));
      if (!changed_) {
        changed_ = any;
        return {};
      }
    }
    return ResourceExhausted(fmt::format("error[function]: functions and composite ops are nested over {} deep",
                                         kMaxCallDepth));
  }
  // Whether a pass changed the graph since this was last asked.
  bool TakeChanged() { return std::exchange(changed_, false); }
  PassContext& context() { return context_; }

 private:
  Status Run(std::string_view name) {
    WEIR_ASSIGN_OR_RETURN(const Pass* pass, FindPass(name));
    WEIR_ASSIGN_OR_RETURN(bool changed, RunPass(*pass, g_, context_));
    changed_ |= changed;
    return {};
  }

  Graph& g_;
  const CompileOptions& options_;
  PassContext context_;
  bool changed_ = false;
};

}  // namespace

Result<Graph> Lower(const Graph& user, const Signature& signature, const CompileOptions& options) {
  WEIR_RETURN_IF_ERROR(RefuseFeedsInLoops(user, signature.feeds));
  WEIR_ASSIGN_OR_RETURN(Graph g, CutOut(user, {signature.feeds, signature.fetches, signature.targets}));
  Passes run(g, options);
  // Why not as a pass: it would be blamed for what is wrong with the user's graph.
  WEIR_RETURN_IF_ERROR(Prune(g, run.context()).status());
  WEIR_RETURN_IF_ERROR(RefuseUnknownOps(g));  // only runs need them known
  WEIR_RETURN_IF_ERROR(Verify(g));
  WEIR_RETURN_IF_ERROR(run.Needed({"infer_shapes", "fill_defaults"}));
  run.TakeChanged();
  WEIR_RETURN_IF_ERROR(run.Unfold());
  WEIR_RETURN_IF_ERROR(run.Needed({"lower_tensor_arrays", "lower_references", "lift_control_flow",
                                   "lower_stacks"}));
  if (run.TakeChanged()) WEIR_RETURN_IF_ERROR(run.Needed({"fill_defaults", "infer_shapes"}));
  WEIR_RETURN_IF_ERROR(run.Needed({"order_effects"}));
  WEIR_RETURN_IF_ERROR(run.Optional({"relax_order"}));
  WEIR_RETURN_IF_ERROR(run.Needed({"prune"}));
  WEIR_RETURN_IF_ERROR(run.Optional({"prune_results"}));
  WEIR_RETURN_IF_ERROR(RefuseUnknownOps(g));  // of the inlined bodies, too
  return g;
}

Status Optimize(Graph& g, const std::vector<OutputType>& feeds, const CompileOptions& options, PassContext* context) {
  std::vector<NodeId> args = ArgNodes(g);
  for (size_t i = 0; i < args.size() && i < feeds.size(); ++i) {
    if (args[i].valid()) WEIR_RETURN_IF_ERROR(g.SetOutputType(args[i], 0, feeds[i]));
  }
  Passes run(g, options);
  WEIR_RETURN_IF_ERROR(run.Needed({"infer_shapes"}));
  WEIR_RETURN_IF_ERROR(run.Optional({"expand_batch_norm", "fold_padding"}));
  // Twice: folding gives rules new constants, and rules give folding new ones.
  for (int round = 0; round < 2; ++round) {
    WEIR_RETURN_IF_ERROR(run.Optional({"fold_constants", "simplify"}));
    WEIR_RETURN_IF_ERROR(run.Needed({"prune"}));
    WEIR_RETURN_IF_ERROR(run.Optional({"merge_duplicates"}));
  }
  run.TakeChanged();
  WEIR_RETURN_IF_ERROR(run.Optional({"stack_lists"}));
  if (run.TakeChanged()) {
    WEIR_RETURN_IF_ERROR(run.Needed({"infer_shapes"}));
    WEIR_RETURN_IF_ERROR(run.Optional({"fold_constants", "simplify"}));
  }
  WEIR_RETURN_IF_ERROR(run.Optional({"fuse_elementwise"}));
  WEIR_RETURN_IF_ERROR(run.Needed({"prune"}));
  if (context) *context = std::move(run.context());
  return {};
}

std::shared_ptr<const Plan> BodyPlans::Find(const Key& key) const {
  auto [begin, end] = plans_.equal_range(key.function.get());
  for (auto it = begin; it != end; ++it) {
    const Key& have = it->second.first;
    const bool same = have.loop_body == key.loop_body && have.attrs == key.attrs;
    if (same && SameButSymbols(have.args, key.args)) return it->second.second;
  }
  return nullptr;
}

void BodyPlans::Add(Key key, std::shared_ptr<const Plan> plan) {
  const Function* f = key.function.get();
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
  auto called = g.functions().find(f.name);
  if (called == g.functions().end())
    return NotFound(fmt::format("calls function '{}', which the library does not have", f.name));
  const std::shared_ptr<const Function> function = called->second;
  BodyPlans::Key key{function, f.attrs, args, env.loop_body};
  if (auto plan = env.bodies->Find(key)) return plan;
  WEIR_ASSIGN_OR_RETURN(Graph body, Instantiate(g, *function, f.attrs, args));
  if (body.Find(kSinkName).valid())
    return InvalidArgument(
        fmt::format("calls function '{}', which has a node of the reserved name '{}'", f.name, kSinkName));
  // Every effect of a body runs, whether or not a result needs it.
  const std::set<NodeId> effects = EffectNodes(*function, body);
  WEIR_RETURN_IF_ERROR(AddSink(body, std::vector<NodeId>(effects.begin(), effects.end())).status());
  CompileEnv inner = env;
  inner.function = NameOfStates(*function);
  inner.options.optimize = env.options.optimize_bodies;
  Passes run(body, inner.options);
  WEIR_RETURN_IF_ERROR(run.Unfold());
  if (env.held > 0) {
    WEIR_RETURN_IF_ERROR(run.Needed({"fill_defaults", "lower_tensor_arrays", "lower_references", "lift_control_flow",
                                     "lower_stacks"}));
  }
  WEIR_RETURN_IF_ERROR(run.Needed({"fill_defaults", "infer_shapes", "order_effects"}));
  WEIR_RETURN_IF_ERROR(run.Optional({"relax_order"}));
  WEIR_RETURN_IF_ERROR(run.Needed({"prune"}));
  WEIR_RETURN_IF_ERROR(run.Optional({"prune_results"}));
  WEIR_RETURN_IF_ERROR(env.bodies->Count(*function, body.num_nodes()));
  std::shared_ptr<const Plan> plan;
  if (Status s = RefuseUnknownOps(body); !s.ok()) {  // the run may never get there
    auto refusing = std::make_shared<Plan>();
    refusing->refused = std::move(s).Detail(fmt::format("in function '{}'", f.name));
    plan = std::move(refusing);
  } else {
    WEIR_ASSIGN_OR_RETURN(plan, Compile(std::move(body), args, inner));
  }
  env.bodies->Add(std::move(key), plan);
  return plan;
}

}  // namespace weir
