#include "weir/ops/model/control_flow.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/functions.h"
#include "weir/graph/subgraph.h"

namespace weir {

namespace {

// A body under construction: a builder of its own, its first arguments, and what it returned.
struct Trace {
  std::unique_ptr<Builder> body;
  int num_results = 0;

  const std::vector<Output>& captures() const { return body->captures(); }
};

Status AddResult(Builder& body, const Output& value, int index) {
  Output inner = body.Capture(value);
  if (!inner.valid()) return InvalidArgument(fmt::format("result {} of a body is invalid", index));
  return AddRetval(body.mutable_graph(), fmt::format("ret{}", index), index, inner.endpoint()).status();
}

Result<Trace> TraceBody(Builder& outer, const std::vector<OutputType>& args, const BodyFn& fn) {
  Trace t;
  t.body = std::make_unique<Builder>(&outer, static_cast<int>(args.size()));
  Builder& b = *t.body;
  Outputs inputs;
  for (size_t i = 0; i < args.size(); ++i) {
    Output a = b.Add("_Arg", {}, {{"T", BaseType(args[i].dtype)}, {"index", static_cast<int64_t>(i)}},
                     {.name = fmt::format("arg{}", i)});
    if (!a.valid()) return b.status();
    OutputType type = args[i];
    type.dtype = BaseType(type.dtype);
    type.value.reset();
    WEIR_RETURN_IF_ERROR(b.mutable_graph().SetOutputType(a.endpoint().node, 0, type));
    inputs.push_back(a);
  }
  Outputs results;
  {
    auto tracing = b.Tracing();
    results = fn(inputs);
  }
  WEIR_RETURN_IF_ERROR(b.status());
  for (size_t i = 0; i < results.size(); ++i) WEIR_RETURN_IF_ERROR(AddResult(b, results[i], static_cast<int>(i)));
  t.num_results = static_cast<int>(results.size());
  return t;
}

// Renumbers the captures of a body to their places in `all` and adds arguments for those it does not use.
Status AlignCaptures(Trace& t, int num_args, const std::vector<Output>& all) {
  Graph& g = t.body->mutable_graph();
  std::vector<NodeId> nodes = ArgNodes(g);
  std::vector<Output> mine = t.captures();
  for (size_t k = 0; k < all.size(); ++k) {
    auto it =
        std::find_if(mine.begin(), mine.end(), [&](const Output& o) { return o.endpoint() == all[k].endpoint(); });
    int64_t index = num_args + static_cast<int64_t>(k);
    if (it != mine.end()) {
      WEIR_RETURN_IF_ERROR(g.SetAttr(nodes[num_args + (it - mine.begin())], "index", index));
      continue;
    }
    WEIR_RETURN_IF_ERROR(
        AddArg(g, fmt::format("unused{}", index), index, all[k].builder()->graph().type(all[k].endpoint())).status());
  }
  return {};
}

std::vector<Output> Union(const std::vector<Output>& a, const std::vector<Output>& b) {
  std::vector<Output> all = a;
  for (const Output& o : b) {
    if (std::none_of(a.begin(), a.end(), [&](const Output& x) { return x.endpoint() == o.endpoint(); }))
      all.push_back(o);
  }
  return all;
}

// Moves a finished body into the library under a free name.
FuncRef Publish(Builder& outer, Trace& t, const std::string& base) {
  Graph& g = outer.mutable_graph();
  g.ShareFunctions(t.body->graph());
  const std::string name = outer.UniqueFunctionName(base);
  outer.Fail(g.AddFunction(ToFunction(name, t.body->graph())));
  return {name, {}};
}

std::vector<DType> ResultTypes(const Graph& body) {
  std::vector<DType> types;
  for (NodeId id : RetNodes(body)) types.push_back(body.node(id).type_attr("T"));
  return types;
}

Outputs OutputsOf(Builder& b, Operation op, size_t count) {
  Outputs outputs;
  for (size_t i = 0; i < count && op.valid(); ++i) outputs.push_back(b.OutputOf(op, static_cast<int>(i)));
  return outputs.size() == count ? outputs : Outputs(count);
}

// Fails the builder with a status that says where; `asked` invalid outputs.
Outputs Refuse(Builder& b, const char* what, const Status& s, Loc loc, size_t asked = 0) {
  Status status = s.decorated() || s.message().starts_with("error[")
                      ? s
                      : Status(s.code(), fmt::format("error[function]: {}: {}", what, s.message()));
  b.Fail(loc ? std::move(status).Detail("at " + loc.ToString()) : status);
  return Outputs(asked);
}

std::vector<OutputType> TypesOf(Builder& b, const Outputs& outputs) {
  std::vector<OutputType> types;
  for (const Output& o : outputs) types.push_back(b.graph().type(o.endpoint()));
  return types;
}

}  // namespace

FuncRef DefineFunction(At g, const std::string& name, const std::vector<DType>& args, const BodyFn& body) {
  std::vector<OutputType> types(args.size());
  for (size_t i = 0; i < args.size(); ++i) types[i].dtype = args[i];
  auto trace = TraceBody(*g.builder, types, body);
  if (trace.ok() && !trace->captures().empty()) {
    trace = Result<Trace>(InvalidArgument(fmt::format("function '{}' uses '{}' of the graph around it", name,
                                                      trace->captures()[0].name()))
                              .Help("pass it as an argument"));
  }
  if (!trace.ok()) {
    Refuse(*g.builder, "DefineFunction", trace.status(), g.loc);
    return {};
  }
  return Publish(*g.builder, *trace, name);
}

Outputs Call(At g, const FuncRef& f, const InputList& args, const Name& name) {
  Builder& b = *g.builder;
  const Function* function = b.graph().FindFunction(f.name);
  if (!function) return Refuse(b, "Call", NotFound(fmt::format("the library has no function '{}'", f.name)), g.loc);
  std::vector<DType> results = ResultTypes(function->body);
  Operation op = b.AddNode(function->stateful ? "StatefulPartitionedCall" : "PartitionedCall", args,
                           {{"f", f}, {"Tout", results}}, {.name = name.name.empty() ? f.name : name.name}, g.loc);
  return OutputsOf(b, op, results.size());
}

Outputs Cond(const Input& pred, const std::function<Outputs()>& then_fn, const std::function<Outputs()>& else_fn,
             const Name& name) {
  Builder* outer = BuilderOf({pred});
  if (!outer) return {};
  Builder& b = *outer;
  size_t asked = 0;
  auto then_trace = TraceBody(b, {}, [&](const Outputs&) {
    Outputs results = then_fn();
    asked = results.size();
    return results;
  });
  if (!then_trace.ok()) return Refuse(b, "Cond", then_trace.status(), pred.loc(), asked);
  auto else_trace = TraceBody(b, {}, [&](const Outputs&) { return else_fn(); });
  if (!else_trace.ok()) return Refuse(b, "Cond", else_trace.status(), pred.loc(), asked);
  std::vector<DType> results = ResultTypes(then_trace->body->graph());
  if (results != ResultTypes(else_trace->body->graph())) {
    return Refuse(b, "Cond", InvalidArgument("the branches give results of different number or dtypes"), pred.loc(),
                  asked);
  }
  std::vector<Output> captures = Union(then_trace->captures(), else_trace->captures());
  for (Trace* t : {&*then_trace, &*else_trace}) {
    if (Status s = AlignCaptures(*t, 0, captures); !s.ok()) return Refuse(b, "Cond", s, pred.loc(), asked);
  }
  bool effects = HasEffects(then_trace->body->graph()) || HasEffects(else_trace->body->graph());
  std::string base = name.name.empty() ? "cond" : name.name;
  FuncRef then_branch = Publish(b, *then_trace, base + "_true"), else_branch = Publish(b, *else_trace, base + "_false");
  std::vector<Input> inputs{pred};
  for (const Output& o : captures) inputs.push_back(Input(o, pred.loc()));
  Operation op = b.AddNode(effects ? "If" : "StatelessIf", std::move(inputs),
                           {{"Tout", results}, {"then_branch", then_branch}, {"else_branch", else_branch}},
                           {.name = base}, pred.loc());
  return OutputsOf(b, op, results.size());
}

Output Cond(const Input& pred, const std::function<Output()>& then_fn, const std::function<Output()>& else_fn,
            const Name& name) {
  auto one = [](const std::function<Output()>& f) { return [&f] { return Outputs{f()}; }; };
  Outputs results = Cond(pred, std::function<Outputs()>(one(then_fn)), std::function<Outputs()>(one(else_fn)), name);
  return results[0];
}

Outputs WhileLoop(At g, const std::function<Output(const Outputs&)>& cond, const BodyFn& body,
                  const InputList& loop_vars, const Name& name) {
  Builder& b = *g.builder;
  Loc loc = g.loc;
  Outputs start;
  for (const Input& in : loop_vars)
    start.push_back(in.is_literal() ? b.Add("Identity", {in}, {}, {.name = "loop_var"}, in.loc())
                                    : b.Capture(in.output()));
  if (!b.status().ok()) return Outputs(start.size());
  const int n = static_cast<int>(start.size());
  auto cond_trace = TraceBody(b, TypesOf(b, start), [&](const Outputs& v) { return Outputs{cond(v)}; });
  if (!cond_trace.ok()) return Refuse(b, "WhileLoop", cond_trace.status(), loc, start.size());
  auto body_trace = TraceBody(b, TypesOf(b, start), body);
  if (!body_trace.ok()) return Refuse(b, "WhileLoop", body_trace.status(), loc, start.size());
  if (body_trace->num_results != n) {
    return Refuse(
        b, "WhileLoop",
        InvalidArgument(fmt::format("the body gives {} results for {} loop variables", body_trace->num_results, n)),
        loc, start.size());
  }
  std::vector<Output> captures = Union(cond_trace->captures(), body_trace->captures());
  for (Trace* t : {&*cond_trace, &*body_trace}) {
    if (Status s = AlignCaptures(*t, n, captures); !s.ok()) return Refuse(b, "WhileLoop", s, loc, start.size());
  }
  // Captures go round the loop unchanged.
  Builder& inner = *body_trace->body;
  std::vector<NodeId> args = ArgNodes(inner.graph());
  for (size_t k = 0; k < captures.size(); ++k) {
    int index = n + static_cast<int>(k);
    if (Status s = AddResult(inner, Output(&inner, {args[index], 0}), index); !s.ok())
      return Refuse(b, "WhileLoop", s, loc, start.size());
  }
  bool effects = HasEffects(inner.graph()) || HasEffects(cond_trace->body->graph());
  std::string base = name.name.empty() ? "while" : name.name;
  FuncRef cond_ref = Publish(b, *cond_trace, base + "_cond"), body_ref = Publish(b, *body_trace, base + "_body");
  std::vector<Input> inputs;
  for (const Output& o : start) inputs.push_back(Input(o, loc));
  for (const Output& o : captures) inputs.push_back(Input(o, loc));
  Operation op = b.AddNode(effects ? "While" : "StatelessWhile", std::move(inputs),
                           {{"cond", cond_ref}, {"body", body_ref}}, {.name = base}, loc);
  return OutputsOf(b, op, static_cast<size_t>(n));
}

}  // namespace weir
