// PlanBuilder: from a graph that is lowered, inferred and optimised to a Plan: orders the nodes, prepares kernels,
// decides which tensors share memory, and lays out the arena.
#pragma once

#include <map>

#include "weir/graph/pass.h"
#include "weir/runtime/form_store.h"
#include "weir/runtime/plan/plan.h"

namespace weir {

struct CompileOptions {
  bool optimize = true;                  // false: only what is needed to run at all
  bool optimize_bodies = true;           // the same of the bodies of branches and loops
  Precision precision = Precision::kStandard;
  std::set<std::string> disabled_passes; // by name
  KernelServices services;
  int threads = 1;                       // that plans are cut for
};

// The nested plans of one compilation. Equal bodies (function, attributes, argument types) are compiled once.
class BodyPlans {
 public:
  struct Key {
    std::shared_ptr<const Function> function;  // held: another one at its address must not be taken for it
    AttrMap attrs;
    std::vector<OutputType> args;
    bool loop_body = false;
  };
  std::shared_ptr<const Plan> Find(const Key& key) const;  // null when there is none
  void Add(Key key, std::shared_ptr<const Plan> plan);
  // Counts a body that is to be compiled; an error when all together are too many nodes.
  Status Count(const Function& f, int64_t nodes);

 private:
  std::multimap<const Function*, std::pair<Key, std::shared_ptr<const Plan>>> plans_;
  int64_t nodes_ = 0;
};

// What compiling needs beside the graph.
struct CompileEnv {
  ResourceStore* resources = nullptr;
  FormStore* forms = nullptr;   // null: kernels take inputs as they are
  CompileOptions options;
  BodyPlans* bodies = nullptr;  // of the compilation under way
  std::string function = {};    // whose body is compiled; empty: the graph itself
  int held = 0;                 // of how many functions within each other that ops hold this is the body
  bool loop_body = false;       // of a loop: its results are its arguments' next values
};

// Feeds are the graph's `_Arg` nodes, fetches its `_Retval` nodes, by index. Errors name node, op and creation place.
Result<std::shared_ptr<Plan>> BuildPlan(const Graph& g, const CompileEnv& env);

// One op on concrete inputs through its kernel; nullopt when it has none or fails. The evaluator of constant folding.
std::optional<std::vector<Tensor>> EvaluateNode(const Node& n, std::span<const Tensor> inputs);

// The kernel that computes the node; null where none does.
const KernelDef* KernelOf(const Node& n);

// What the op's definition calls each input of the node; those of a list have its name.
std::vector<std::string_view> InputNamesOf(const Node& n);

// A step's shape function for dynamic steps. `handles`: of inputs that are handles of tables, queues and readers, what
// is known of these; null for others. May have fewer than the node has inputs.
InferFn InferFunctionOf(const Node& n, std::vector<std::shared_ptr<const Resource>> handles = {});

}  // namespace weir
