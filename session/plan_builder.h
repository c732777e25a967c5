// PlanBuilder: from a graph that is lowered, inferred and optimised to a Plan: orders the nodes, prepares kernels, decides
// which tensors share memory, and lays out the arena.
#pragma once

#include "weir/graph/pass.h"
#include "weir/runtime/plan.h"

namespace weir {

struct CompileOptions {
  bool optimize = true;                  // false: only what is needed to run at all
  Precision precision = Precision::kStandard;
  std::set<std::string> disabled_passes; // by name
  KernelServices services;
};

// Where a body's resource arguments come from: the variable behind `_Arg` i, or null.
using BoundVariables = std::vector<VariableRef>;

// What compiling needs beside the graph.
struct CompileEnv {
  VariableStore* variables = nullptr;
  CompileOptions options;
};

// Feeds are the graph's `_Arg` nodes, fetches its `_Retval` nodes, by index. Errors name node, op and creation place.
Result<std::shared_ptr<Plan>> BuildPlan(const Graph& g, const CompileEnv& env, const BoundVariables& bound = {});

// One op on concrete inputs through its kernel; nullopt when it has none or fails. The evaluator of constant folding.
std::optional<std::vector<Tensor>> EvaluateNode(const Node& n, std::span<const Tensor> inputs);

// A step's shape function for dynamic steps.
InferFn InferFunctionOf(const Node& n);

}  // namespace weir
