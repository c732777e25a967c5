// Building functions for order and checks, and the nodes of calls and of functional control flow.
//
// To write a function, a conditional or a loop in C++, use ops/model/control_flow.h (DefineFunction, Call, Cond,
// SwitchCase, Case, WhileLoop): it makes the bodies, their captures and result types. If, Case, While and
// PartitionedCall here are the bare nodes, for functions that the library already has (of a file, or by
// DefineFunction).
#pragma once

#include "weir/graph/builder.h"

namespace weir {

// tf.group: a NoOp that runs after all of `operations`.
Operation Group(At g, const std::vector<Operation>& operations, const Name& name = {"group_deps"});

namespace ops {

using weir::Group;

inline Operation NoOp(At g, const Name& name = {}) { return g.builder->AddNode("NoOp", {}, {}, name, g.loc); }
inline Operation ControlTrigger(At g, const Name& name = {}) {
  return g.builder->AddNode("ControlTrigger", {}, {}, name, g.loc);
}

// An error that shows `data` when the scalar `condition` is false. A node to wait for, or to run as a target.
inline Operation Assert(Input condition, InputList data, int64_t summarize = 3, const Name& name = {}) {
  data.insert(data.begin(), std::move(condition));
  return MakeNode("Assert", std::move(data), {{"summarize", summarize}}, name);
}

struct PrintOptions {
  std::string message = {};
  int64_t first_n = -1;    // how many times; -1: always
  int64_t summarize = 3;   // elements shown of each tensor; negative: all
  std::string name = {};
};
// `input`, unchanged; prints `data` each time it is computed.
inline Output Print(Input input, InputList data, const PrintOptions& o = {}) {
  data.insert(data.begin(), std::move(input));
  return Make("Print", std::move(data), {{"message", o.message}, {"first_n", o.first_n}, {"summarize", o.summarize}},
              {.name = o.name});
}

// ---- functions of the graph's library; result dtypes are given since the function may be polymorphic
inline OutputList PartitionedCall(InputList args, std::vector<DType> results, FuncRef f, const Name& name = {}) {
  const auto count = static_cast<int64_t>(results.size());
  return MakeAll("PartitionedCall", std::move(args), {{"Tout", std::move(results)}, {"f", std::move(f)}}, name, count);
}
// The same for functions with effects.
inline OutputList StatefulPartitionedCall(InputList args, std::vector<DType> results, FuncRef f,
                                          const Name& name = {}) {
  const auto count = static_cast<int64_t>(results.size());
  return MakeAll("StatefulPartitionedCall", std::move(args), {{"Tout", std::move(results)}, {"f", std::move(f)}}, name,
                 count);
}

struct FlowOptions {
  std::vector<PartialShape> output_shapes = {};
  bool stateless = true;  // no branch, condition or body has effects
  std::string name = {};
};
// Calls one of two functions on `inputs`.
inline OutputList If(Input cond, InputList inputs, std::vector<DType> results, FuncRef then_branch, FuncRef else_branch,
                              const FlowOptions& o = {}) {
  const auto count = static_cast<int64_t>(results.size());
  inputs.insert(inputs.begin(), std::move(cond));
  return MakeAll(o.stateless ? "StatelessIf" : "If", std::move(inputs),
                 {{"Tout", std::move(results)},
                  {"then_branch", std::move(then_branch)},
                  {"else_branch", std::move(else_branch)},
                  {"output_shapes", o.output_shapes}},
                 {.name = o.name}, count);
}
// Calls the function of `branches` that has the number `branch_index`, an int32 scalar; the last one if none has it.
inline OutputList Case(Input branch_index, InputList inputs, std::vector<DType> results, std::vector<FuncRef> branches,
                       const FlowOptions& o = {}) {
  const auto count = static_cast<int64_t>(results.size());
  AttrList list;
  list.func = std::move(branches);
  inputs.insert(inputs.begin(), std::move(branch_index));
  return MakeAll(o.stateless ? "StatelessCase" : "Case", std::move(inputs),
                 {{"Tout", std::move(results)},
                  {"branches", std::move(list)},
                  {"output_shapes", o.output_shapes}},
                 {.name = o.name}, count);
}
// Calls `body` on i, an int32 scalar, and the loop variables for i = start, start + delta, … short of `limit`.
inline OutputList For(Input start, Input limit, Input delta, InputList inputs, FuncRef body, const Name& name = {}) {
  const auto count = static_cast<int64_t>(inputs.size());
  inputs.insert(inputs.begin(), {std::move(start), std::move(limit), std::move(delta)});
  return MakeAll("For", std::move(inputs), {{"body", std::move(body)}}, name, count);
}
// Gradients by the arguments of `f`, of these dtypes, from `inputs`: the arguments, then the gradients by its results.
inline OutputList SymbolicGradient(InputList inputs, std::vector<DType> args, FuncRef f, const Name& name = {}) {
  const auto count = static_cast<int64_t>(args.size());
  return MakeAll("SymbolicGradient", std::move(inputs), {{"Tout", std::move(args)}, {"f", std::move(f)}}, name, count);
}
// Calls `body` on the loop variables as long as `cond` of them is true.
inline OutputList While(InputList inputs, FuncRef cond, FuncRef body, const FlowOptions& o = {}) {
  const auto count = static_cast<int64_t>(inputs.size());
  return MakeAll(o.stateless ? "StatelessWhile" : "While", std::move(inputs),
                 {{"cond", std::move(cond)}, {"body", std::move(body)}, {"output_shapes", o.output_shapes}},
                 {.name = o.name}, count);
}

}  // namespace ops
}  // namespace weir
