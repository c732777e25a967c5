// Ops that are loops and calls in another form: For counts a While, SymbolicGradient differentiates a call.
#include <fmt/format.h>

#include "weir/graph/body.h"
#include "weir/graph/expand.h"
#include "weir/graph/functions.h"
#include "weir/graph/gradients.h"
#include "weir/ops/control/control.h"
#include "weir/ops/math/math.h"
#include "weir/ops/registry.h"
#include "weir/ops/shape_helpers.h"

namespace weir {

namespace {

Output And(const Output& a, const Output& b) { return ops::LogicalAnd(a, b); }
Output Or(const Output& a, const Output& b) { return ops::LogicalOr(a, b); }

// ---- For

Status ForShape(ShapeContext& c) {
  for (int i = 0; i < 3; ++i) WEIR_RETURN_IF_ERROR(RequireScalar(c, i));
  for (int i = 0; i < c.num_outputs(); ++i) {
    if (c.input_dtype(3 + i) != kResource) continue;
    c.set_output(i, c.input(3 + i));
    c.PassHandle(3 + i, i);
  }
  return {};
}

// Goes on while `i` has not come to `limit`.
Result<FuncRef> ForCondition(Builder& b, const std::string& name, const std::vector<OutputType>& types) {
  Builder cond(&b, static_cast<int>(types.size()));
  auto tracing = cond.Tracing();
  WEIR_ASSIGN_OR_RETURN(auto vars, AddArgs(cond, types));
  const size_t n = vars.size() - 3;
  const Output &i = vars[n], &limit = vars[n + 1], &delta = vars[n + 2];
  const Output up = And(ops::Greater(delta, 0), ops::Less(i, limit));
  const Output down = And(ops::Less(delta, 0), ops::Greater(i, limit));
  WEIR_RETURN_IF_ERROR(AddResults(cond, {Or(up, down)}));
  return b.AddFunction(name + "_cond", std::move(cond.mutable_graph()));
}

// The body's results, and `i` a step further.
Result<FuncRef> ForBody(Builder& b, const FuncRef& f, const std::vector<OutputType>& types) {
  Builder body(&b, static_cast<int>(types.size()));
  auto tracing = body.Tracing();
  WEIR_ASSIGN_OR_RETURN(auto vars, AddArgs(body, types));
  const size_t n = vars.size() - 3;
  std::vector<Input> inputs{vars[n]};
  std::vector<DType> dtypes;
  for (size_t k = 0; k < n; ++k) inputs.push_back(vars[k]), dtypes.push_back(types[k].dtype);
  Operation call =
      body.AddNode(CallOp(b.graph(), f), std::move(inputs), {{"f", f}, {"Tout", dtypes}}, {.name = f.name});
  std::vector<Output> results;
  for (size_t k = 0; k < n; ++k) results.push_back(body.OutputOf(call, static_cast<int>(k)));
  results.insert(results.end(), {vars[n] + vars[n + 2], vars[n + 1], vars[n + 2]});
  WEIR_RETURN_IF_ERROR(AddResults(body, results));
  return b.AddFunction(f.name + "_counted", std::move(body.mutable_graph()));
}

Status ExpandFor(ExpandContext& c) {
  Builder& b = c.builder();
  const FuncRef f = c.attr<FuncRef>("body");
  WEIR_RETURN_IF_ERROR(FindCalled(b.graph(), f).status());
  const Output start = c.input(0), limit = c.input(1), delta = c.input(2);
  const Output reached = And(ops::Equal(delta, 0), ops::Equal(start, limit));
  const Output up = And(ops::Greater(delta, 0), ops::LessEqual(start, limit));
  const Output down = And(ops::Less(delta, 0), ops::GreaterEqual(start, limit));
  Operation leads = ops::Assert(Or(reached, Or(up, down)),
                                {"delta does not lead from start to limit: start, limit, delta are", start, limit,
                                 delta});
  std::vector<Input> inputs;
  std::vector<OutputType> types;
  for (int i = 3; i < c.num_inputs(); ++i) inputs.push_back(c.input(i));
  for (int i = 0; i < 3; ++i) inputs.push_back(c.input(i));
  for (const Input& in : inputs) {
    types.push_back(b.graph().type(in.output().endpoint()));
    types.back().dtype = BaseType(types.back().dtype);
    types.back().value.reset();
    if (types.back().dtype != kResource) types.back().shape = types.back().handle_shape = PartialShape::Unknown();
  }
  for (size_t i = types.size() - 3; i < types.size(); ++i) types[i].shape = PartialShape::Scalar();
  WEIR_ASSIGN_OR_RETURN(const FuncRef cond, ForCondition(b, f.name, types));
  WEIR_ASSIGN_OR_RETURN(const FuncRef body, ForBody(b, f, types));
  auto after = b.ControlDependencies({leads});
  const bool effects = b.graph().FindFunction(body.name)->stateful;
  Operation loop = b.AddNode(effects ? "While" : "StatelessWhile", std::move(inputs), {{"cond", cond}, {"body", body}},
                             {.name = "while"});
  for (int i = 0; i < c.num_outputs(); ++i) c.set(i, b.OutputOf(loop, i));
  return b.status();
}

// ---- SymbolicGradient

// Where the gradient is by an argument, it has its shape.
Status SymbolicGradientShape(ShapeContext& c) {
  if (c.num_outputs() > c.num_inputs())
    return InvalidArgument(fmt::format("gives {} gradients by {} inputs", c.num_outputs(), c.num_inputs()));
  for (int i = 0; i < c.num_outputs(); ++i) {
    if (c.input_dtype(i) != kResource) c.set_output(i, c.input(i));
  }
  return {};
}

// The function's results: of the library's, or of the op of that name.
Result<OutputList> Called(Builder& b, const FuncRef& f, const std::vector<Output>& args, size_t num_results,
                          const std::vector<DType>& dtypes) {
  Operation call;
  auto gives = [&](size_t have) {
    return InvalidArgument(
        fmt::format("has gradients by {} results of '{}', which gives {}", num_results, f.name, have));
  };
  if (const Function* function = b.graph().FindFunction(f.name)) {
    if (function->rets.size() != num_results) return gives(function->rets.size());
    call = b.AddNode(CallOp(b.graph(), f), args, {{"f", f}, {"Tout", dtypes}}, {.name = f.name});
  } else if (b.graph().registry().Find(f.name)) {
    call = b.AddNode(f.name, args, f.attrs);
  } else {
    return FindCalled(b.graph(), f).status();
  }
  WEIR_RETURN_IF_ERROR(b.status());
  if (const size_t have = b.graph().node(call.id()).outputs().size(); have != num_results) return gives(have);
  OutputList results;
  for (size_t j = 0; j < num_results; ++j) results.push_back(b.OutputOf(call, static_cast<int>(j)));
  return results;
}

Status ExpandSymbolicGradient(ExpandContext& c) {
  Builder& b = c.builder();
  const FuncRef f = c.attr<FuncRef>("f");
  std::vector<Output> args, by, ys;
  std::vector<DType> dtypes;
  std::vector<int> places;
  GradientOptions options;
  options.unconnected = GradientOptions::kZero;
  for (int i = 0; i < c.num_outputs(); ++i) {
    args.push_back(b.Add("Identity", {c.input(i)}));  // one value may be two arguments
    if (!args.back().valid()) return b.status();
    if (Differentiable(b.graph().type(args.back().endpoint()))) by.push_back(args.back()), places.push_back(i);
    else c.set(i, b.Add("ZerosLike", {args.back()}));
  }
  for (int j = c.num_outputs(); j < c.num_inputs(); ++j) dtypes.push_back(BaseType(c.input(j).dtype()));
  WEIR_ASSIGN_OR_RETURN(const OutputList results, Called(b, f, args, dtypes.size(), dtypes));
  for (size_t j = 0; j < dtypes.size(); ++j) {
    if (!Differentiable(b.graph().type(results[j].endpoint()))) continue;
    ys.push_back(results[j]);
    options.grad_ys.push_back(c.input(c.num_outputs() + static_cast<int>(j)));
  }
  if (ys.empty()) {
    for (size_t k = 0; k < by.size(); ++k) c.set(places[k], b.Add("ZerosLike", {by[k]}));
    return b.status();
  }
  WEIR_ASSIGN_OR_RETURN(const std::vector<Grad> gradients, GradientsOf(b, ys, by, options));
  for (size_t k = 0; k < by.size(); ++k) c.set(places[k], gradients[k].ToDense());
  return b.status();
}

}  // namespace

void RegisterComposedControlOps(OpRegistry& r) {
  r.Add("For")
      .Input("start: int32").Input("limit: int32").Input("delta: int32").Input("input: T").Output("output: T")
      .Attr("T: list(type) >= 0").Attr("body: func")
      .Doc("Calls `body` on i and the loop variables for i = start, start + delta, … short of `limit`; gives their "
           "last values. An error if `delta` does not lead there.")
      .Shape(ForShape)
      .Calls(CallKind::kCounted)
      .Composed(ExpandFor);
  r.Add("SymbolicGradient")
      .Input("input: Tin").Output("output: Tout")
      .Attr("Tin: list(type) >= 1").Attr("Tout: list(type) >= 1").Attr("f: func")
      .Doc("Gradients by the arguments of a function (or op) `f`, from these and the gradients by its results: its own "
           "gradient function's, if it has one. Zeros where there is none.")
      .Shape(SymbolicGradientShape)
      .Composed(ExpandSymbolicGradient);
}

}  // namespace weir
