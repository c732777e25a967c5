// The gradient of a loop: a loop that goes backwards.
//
// The forward loop counts, and pushes what the backward one must know of each iteration onto lists. The backward loop
// runs as often, pops, and has the gradients by the loop's variables for variables: an iteration turns those by what
// the body gave into those by what it got. What the body hands on unchanged is no list, and its gradient adds up by
// itself, since the body is also its identity.
#include <fmt/format.h>

#include <algorithm>

#include "weir/graph/body.h"
#include "weir/graph/function_gradient.h"
#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/graph/subgraph.h"
#include "weir/ops/control/control_gradients.h"
#include "weir/ops/list/list.h"
#include "weir/ops/math/math.h"

namespace weir {

namespace {

using Need = FunctionGradient::Need;

bool CarriesGradient(const OutputType& t) { return t.dtype != DType::kInvalid && Differentiable(t); }

class LoopDerivation {
 public:
  explicit LoopDerivation(GradContext& c) : c_(c), b_(c.builder()), node_(c.node()), gradient_(b_) {}

  Status Run() {
    const std::vector<FuncRef> functions = CalledFunctions(b_.graph(), node_);
    condition_ = functions[0], body_ = functions[1];
    for (const OutputType& t : node_.outputs()) {
      types_.push_back(t);
      types_.back().value.reset();
    }
    WEIR_ASSIGN_OR_RETURN(const Function* body, FindCalled(b_.graph(), body_));
    WEIR_ASSIGN_OR_RETURN(Graph instance, Instantiate(b_.graph(), *body, body_.attrs, types_));  // of sound ends
    if (RetNodes(instance).size() != types_.size()) {
      return InvalidArgument(fmt::format("has {} variables, but function '{}' gives {} results", types_.size(),
                                         body_.name, RetNodes(instance).size()));
    }
    FindCarried(instance);
    if (std::find(carried_.begin(), carried_.end(), true) == carried_.end()) return {};
    WEIR_RETURN_IF_ERROR(gradient_.Differentiate(*body, body_.attrs, types_, carried_, carried_));
    for (size_t i = 0; i < carried_.size(); ++i) {
      if (!carried_[i]) continue;
      by_.push_back(i);
      if (!gradient_.gives(i)) WEIR_RETURN_IF_ERROR(gradient_.GiveZeros(i));
    }
    WEIR_RETURN_IF_ERROR(gradient_.Split(num_vars(), FunctionGradient::AtHand{invariant_, false}));
    WEIR_RETURN_IF_ERROR(ExtendForward());
    return RunBackward();
  }

 private:
  int num_vars() const { return static_cast<int>(types_.size()); }

  // Variables through which gradients flow: what is asked for depends on them, and they on what gradients are wanted
  // by. Each node of the body is visited once, however many variables there are.
  void FindCarried(const Graph& g) {
    const std::vector<NodeId> args = ArgNodes(g), results = RetNodes(g);
    invariant_.resize(types_.size());
    for (size_t i = 0; i < types_.size(); ++i) {
      Endpoint e = g.node(results[i]).input(0);
      while (g.node(e.node).def() && g.node(e.node).def()->hands_on()) e = g.node(e.node).input(0);
      invariant_[i] = e == Endpoint{args[i], 0};
    }
    std::vector<bool> to_y(types_.size()), from_x(types_.size());
    std::vector<bool> seen(g.num_ids());
    std::vector<NodeId> stack;
    auto push = [&](NodeId id) {
      if (!seen[id.value]) seen[id.value] = true, stack.push_back(id);
    };
    for (size_t i = 0; i < types_.size(); ++i) {
      if (c_.has_grad(static_cast<int>(i)) && CarriesGradient(types_[i])) to_y[i] = true, push(results[i]);
      if (c_.has_grad(static_cast<int>(i))) push(args[i]);
    }
    while (!stack.empty()) {
      const Node& n = g.node(stack.back());
      stack.pop_back();
      if (n.Is("_Arg")) {
        const auto i = static_cast<size_t>(n.attr<int64_t>("index"));
        if (CarriesGradient(types_[i])) to_y[i] = true, push(results[i]);
      }
      for (Endpoint e : n.inputs()) push(e.node);
    }
    seen.assign(seen.size(), false);
    for (size_t i = 0; i < types_.size(); ++i) {
      if (c_.wants(static_cast<int>(i))) push(args[i]);
    }
    while (!stack.empty()) {
      const Node& n = g.node(stack.back());
      stack.pop_back();
      if (n.Is("_Arg")) from_x[static_cast<size_t>(n.attr<int64_t>("index"))] = true;
      if (n.Is("_Retval")) push(args[static_cast<size_t>(n.attr<int64_t>("index"))]);
      for (const Use& use : n.users()) {
        if (use.output >= 0) push(use.node);
      }
    }
    carried_.resize(types_.size());
    for (size_t i = 0; i < types_.size(); ++i) carried_[i] = to_y[i] && from_x[i] && CarriesGradient(types_[i]);
  }

  // The loop gets a counter and the lists for further variables.
  Status ExtendForward() {
    const int n = num_vars();
    WEIR_ASSIGN_OR_RETURN(Graph body, gradient_.Body());
    OutputType count_type{.dtype = kInt32};
    count_type.shape = PartialShape::Scalar();
    WEIR_ASSIGN_OR_RETURN(NodeId count, AddArg(body, "count", n, count_type));
    NodeSpec one{.op = "Const", .name = body.UniqueName("one")};
    one.attrs = {{"value", Tensor(1)}, {"dtype", kInt32}};
    WEIR_ASSIGN_OR_RETURN(NodeId one_id, body.AddNode(std::move(one)));
    NodeSpec more{.op = "AddV2", .name = body.UniqueName("counted"), .inputs = {{count, 0}, {one_id, 0}}};
    more.attrs = {{"T", kInt32}};
    WEIR_ASSIGN_OR_RETURN(NodeId counted, body.AddNode(std::move(more)));
    WEIR_RETURN_IF_ERROR(AddRetval(body, "count_out", n, {counted, 0}).status());
    std::vector<OutputType> added{count_type};
    std::vector<Endpoint> inputs = node_.inputs();
    inputs.push_back(b_.Constant(Tensor(0), {.name = "count"}).endpoint());
    const std::vector<Endpoint>& values = gradient_.remembered_values();
    for (size_t k = 0; k < values.size(); ++k) {
      const OutputType& type = gradient_.remembered()[k];
      Output empty = ops::EmptyTensorList(b_, type.dtype, ops::ElementShapeTensor(type.shape));
      if (!empty.valid()) return b_.status();
      const OutputType& list_type = b_.graph().type(empty.endpoint());
      const int64_t index = n + 1 + static_cast<int64_t>(k);
      WEIR_ASSIGN_OR_RETURN(NodeId list, AddArg(body, fmt::format("list{}", k), index, list_type));
      NodeSpec push{.op = "TensorListPushBack", .name = body.UniqueName("pushed"), .inputs = {{list, 0}, values[k]}};
      push.attrs = {{"element_dtype", type.dtype}};
      WEIR_ASSIGN_OR_RETURN(NodeId pushed, body.AddNode(std::move(push)));
      WEIR_RETURN_IF_ERROR(AddRetval(body, fmt::format("list_out{}", k), index, {pushed, 0}).status());
      added.push_back(list_type);
      inputs.push_back(empty.endpoint());
    }
    WEIR_ASSIGN_OR_RETURN(FuncRef condition, ExtendCondition(added));
    std::vector<DType> dtypes;
    for (const auto* some : {&types_, &added}) {
      for (const OutputType& t : *some) dtypes.push_back(BaseType(t.dtype));
    }
    const FuncRef forward = b_.AddFunction(body_.name + "_forward", std::move(body));
    Graph& g = b_.mutable_graph();
    const AttrMap changed{{"T", dtypes}, {"output_shapes", AttrList()}};  // inference tells shapes
    WEIR_RETURN_IF_ERROR(SetCalledFunctions(g, c_.id(), {condition, forward}, changed));
    WEIR_RETURN_IF_ERROR(g.SetInputs(c_.id(), std::move(inputs), node_.control_inputs()));
    return InferNode(g, c_.id());
  }

  Result<FuncRef> ExtendCondition(const std::vector<OutputType>& added) {
    WEIR_ASSIGN_OR_RETURN(const Function* f, FindCalled(b_.graph(), condition_));
    WEIR_ASSIGN_OR_RETURN(Graph g, Instantiate(b_.graph(), *f, condition_.attrs, types_));
    for (size_t k = 0; k < added.size(); ++k) {
      const int64_t index = num_vars() + static_cast<int64_t>(k);
      WEIR_RETURN_IF_ERROR(AddArg(g, fmt::format("unused{}", index), index, added[k]).status());
    }
    return b_.AddFunction(condition_.name + "_forward", std::move(g));
  }

  // Zeros to begin with, where nothing flows to a variable from behind the loop.
  Output FirstGradient(size_t i) {
    const int k = static_cast<int>(i);
    if (c_.has_grad(k) || types_[i].dtype != kResource) return c_.grad(k);
    Output shape = Make("VariableShape", {c_.input(k)});
    return Make("Fill", {shape, b_.Constant(Tensor::Zeros(types_[i].handle_dtype, {}))});
  }

  // The backward loop's variables: how many iterations are left; the lists; what stays; the gradients.
  Status RunBackward() {
    const size_t num_lists = gradient_.remembered().size();
    std::vector<Input> start{c_.output(num_vars())};
    for (size_t k = 0; k < num_lists; ++k) start.push_back(c_.output(num_vars() + 1 + static_cast<int>(k)));
    std::map<Need, size_t> variable;  // of what is needed
    for (const Need& need : gradient_.needs()) {
      if (need.kind == Need::kResult) variable[need] = 1 + static_cast<size_t>(need.index - num_vars());
      if (need.kind != Need::kArg && need.kind != Need::kCapture) continue;
      variable[need] = start.size();
      start.push_back(Given(c_, need, 0, gradient_.captures()));
    }
    const size_t first_gradient = start.size();
    for (size_t k = 0; k < by_.size(); ++k) {
      variable[{Need::kGrad, static_cast<int>(by_[k])}] = start.size();
      start.push_back(FirstGradient(by_[k]));
    }
    WEIR_RETURN_IF_ERROR(b_.status());
    std::vector<OutputType> types;
    for (const Input& in : start) {
      types.push_back(b_.graph().type(in.output().endpoint()));
      types.back().value.reset();
    }
    for (size_t k = 0; k < by_.size(); ++k) Loosen(by_[k], &types[first_gradient + k]);
    WEIR_ASSIGN_OR_RETURN(FuncRef condition, BackwardCondition(types));
    WEIR_ASSIGN_OR_RETURN(FuncRef body, BackwardBody(types, variable, first_gradient));
    bool effects = false;
    for (const FuncRef& f : {condition, body}) effects |= b_.graph().FindFunction(f.name)->stateful;
    Operation op = b_.AddNode(effects ? "While" : "StatelessWhile", std::move(start),
                              {{"cond", condition}, {"body", body}}, {.name = node_.name() + "_grad"});
    for (size_t k = 0; k < by_.size() && op.valid(); ++k)
      c_.set(static_cast<int>(by_[k]), b_.OutputOf(op, static_cast<int>(first_gradient + k)));
    return b_.status();
  }

  // A gradient has the shape that its variable has in every iteration, which need not be that behind the loop.
  void Loosen(size_t i, OutputType* type) const {
    type->shape = types_[i].dtype == kResource ? types_[i].handle_shape : types_[i].shape;
  }

  Result<FuncRef> BackwardCondition(const std::vector<OutputType>& types) {
    Builder cond(&b_, static_cast<int>(types.size()));
    auto tracing = cond.Tracing();
    WEIR_ASSIGN_OR_RETURN(auto vars, AddArgs(cond, types));
    Output left = ops::Greater(vars[0], 0);
    WEIR_RETURN_IF_ERROR(AddResults(cond, {left}));
    return b_.AddFunction(body_.name + "_grad_cond", std::move(cond.mutable_graph()));
  }

  Result<FuncRef> BackwardBody(const std::vector<OutputType>& types, const std::map<Need, size_t>& variable,
                               size_t first_gradient) {
    Builder body(&b_, static_cast<int>(types.size()));
    auto tracing = body.Tracing();
    WEIR_ASSIGN_OR_RETURN(auto vars, AddArgs(body, types));
    std::vector<Output> results = vars, values = vars;  // a list's value is what was popped
    results[0] = vars[0] - 1;
    const std::vector<OutputType>& remembered = gradient_.remembered();
    for (size_t k = 0; k < remembered.size(); ++k) {
      const OutputType& type = remembered[k];
      OutputList popped = ops::TensorListPopBack(vars[1 + k], type.dtype, ops::ElementShapeTensor(type.shape));
      results[1 + k] = popped[0], values[1 + k] = popped[1];
    }
    std::vector<Need> needs;
    std::vector<OutputType> need_types;
    std::vector<Input> inputs;
    for (const auto& [need, v] : variable) {
      WEIR_RETURN_IF_ERROR(body.status());
      needs.push_back(need);
      need_types.push_back(body.graph().type(values[v].endpoint()));
      inputs.push_back(values[v]);
    }
    WEIR_ASSIGN_OR_RETURN(Graph backward, gradient_.Backward(needs, need_types, by_));
    const std::vector<DType> dtypes = ResultDTypes(backward);
    const FuncRef step = body.AddFunction(body_.name + "_grad_step", std::move(backward));
    const bool effects = body.graph().FindFunction(step.name)->stateful;
    Operation op = body.AddNode(effects ? "StatefulPartitionedCall" : "PartitionedCall", std::move(inputs),
                                {{"f", step}, {"Tout", dtypes}}, {.name = "step"});
    WEIR_RETURN_IF_ERROR(body.status());
    for (size_t k = 0; k < by_.size(); ++k) results[first_gradient + k] = body.OutputOf(op, static_cast<int>(k));
    WEIR_RETURN_IF_ERROR(AddResults(body, results));
    return b_.AddFunction(body_.name + "_grad", std::move(body.mutable_graph()));
  }

  GradContext& c_;
  Builder& b_;
  const Node node_;  // as it was: what is built moves and changes it
  FunctionGradient gradient_;
  FuncRef condition_, body_;
  std::vector<OutputType> types_;         // of the variables in every iteration
  std::vector<bool> invariant_, carried_;  // by variable: handed on as it came; its gradient is a variable
  std::vector<size_t> by_;                // those that are carried
};

}  // namespace

Status LoopGradient(GradContext& c) { return LoopDerivation(c).Run(); }

}  // namespace weir
