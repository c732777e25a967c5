// Functions, conditionals and loops written in C++.
//
//   Output r = Cond(ops::Greater(x, 0), [&] { return x * 2; }, [&] { return -x; });
//   Outputs v = WhileLoop(g, [&](auto& v) { return ops::Less(v[0], n); },
//                                     [&](auto& v) { return Outputs{v[0] + 1, v[1] * x}; }, {i, acc});
//
// The C++ function is called once, while the graph is built, and what it builds becomes the body of a function of the
// graph's library. A body may use any output of the graphs around it: those become arguments (of a loop: loop variables
// that do not change). Variables are read and written inside the body. After an error, Cond and the like return as
// many invalid outputs as their functions gave, WhileLoop as many as there are loop variables.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/graph/builder.h"

namespace weir {

using Outputs = OutputList;
using BodyFn = std::function<Outputs(const Outputs& args)>;

// Adds a function with arguments of these types to the library of `g`; its results are what `body` returns. It must not
// use outputs of `g` (they would be captures: an error). Call it by ops::PartitionedCall, or by Call.
FuncRef DefineFunction(At g, const std::string& name, const std::vector<DType>& args, const BodyFn& body);
// Calls a function of the library; StatefulPartitionedCall when it has effects.
Outputs Call(At g, const FuncRef& f, const InputList& args, const Name& name = {});

// A function for a node that calls it later than it runs (a dataset's map), with arguments of these types. Outputs of
// the graph around it that it uses are its further arguments, by their values when the node runs.
struct HeldBody {
  FuncRef function;
  Outputs captures;
  std::vector<OutputType> results;
};
// An error is the builder's; nothing is returned then.
std::optional<HeldBody> DefineHeld(At g, const std::string& name, const std::vector<OutputType>& args,
                                   const BodyFn& body);

// tf.custom_gradient: calls of `f` have `df` for a gradient, a function of the arguments of `f` and the gradients by
// its results that gives the gradients by the arguments (of one that is no float, anything of its dtype). Returns `f`.
// The gradient of `df`, of second order then, is derived, unless it has one of its own.
FuncRef WithGradient(At g, const FuncRef& f, const FuncRef& df);

// tf.cond: the results of `then_fn` where the scalar `pred` is true, else those of `else_fn`; both give the same
// dtypes. If when a branch has effects, else StatelessIf.
Outputs Cond(const Input& pred, const std::function<Outputs()>& then_fn, const std::function<Outputs()>& else_fn,
             const Name& name = {});
// The same of one result.
Output Cond(const Input& pred, const std::function<Output()>& then_fn, const std::function<Output()>& else_fn,
            const Name& name = {});

// tf.switch_case: the results of the branch that has the number `index`, an int32 scalar; of the last one if none has
// it. Case when a branch has effects, else StatelessCase.
Outputs SwitchCase(const Input& index, const std::vector<std::function<Outputs()>>& branches, const Name& name = {});
// tf.case: the results of the first function whose scalar is true, else those of `otherwise`. Conds within each other.
Outputs Case(const std::vector<std::pair<Output, std::function<Outputs()>>>& cases,
             const std::function<Outputs()>& otherwise, const Name& name = {});

struct WhileOptions {
  std::optional<Input> max_iterations = {};  // an int32 scalar: ends after as many, whatever `cond` says
  // One a loop variable: what of its shape holds in every iteration, which is what the body is built for. Unless told,
  // the body is built for the first shape, and runs with those that come.
  std::vector<PartialShape> shape_invariants = {};
  int64_t parallel_iterations = 10;  // kept for TensorFlow
  std::string name = {};
};
// tf.while_loop: calls `body` on the loop variables as long as the scalar that `cond` gives is true; returns the last
// values. A loop variable keeps its dtype, and the sizes that its shape invariant, if given, tells.
Outputs WhileLoop(At g, const std::function<Output(const Outputs&)>& cond, const BodyFn& body,
                  const InputList& loop_vars, const WhileOptions& o = {});

}  // namespace weir
