// The gradient of a branch: a branch of the backward functions. The forward branches give what is remembered of each,
// and FakeParams in place of what is remembered of the others.
#include <algorithm>
#include <set>

#include "weir/graph/function_gradient.h"
#include "weir/graph/functions.h"
#include "weir/graph/infer.h"
#include "weir/ops/control/control_gradients.h"

namespace weir {

namespace {

using Need = FunctionGradient::Need;

class BranchDerivation {
 public:
  explicit BranchDerivation(GradContext& c)
      : c_(c), b_(c.builder()), node_(c.node()), functions_(CalledFunctions(b_.graph(), node_)) {}

  Status Run() {
    WEIR_RETURN_IF_ERROR(Differentiate());
    if (by_.empty()) return {};
    WEIR_RETURN_IF_ERROR(Split());
    if (!remembered_.empty()) WEIR_RETURN_IF_ERROR(CallForward());
    return CallBackward();
  }

 private:
  // Each branch for itself; where one has a gradient by an argument and another has none, that is zeros.
  Status Differentiate() {
    std::vector<OutputType> args;
    std::vector<bool> given, wanted;
    for (int i = 1; i < c_.num_inputs(); ++i) {
      args.push_back(b_.graph().type(node_.input(i)));
      wanted.push_back(c_.wants(i));
    }
    for (int j = 0; j < c_.num_outputs(); ++j) given.push_back(c_.has_grad(j));
    for (const FuncRef& f : functions_) {
      gradients_.emplace_back(b_);
      WEIR_ASSIGN_OR_RETURN(const Function* function, FindCalled(b_.graph(), f));
      WEIR_RETURN_IF_ERROR(gradients_.back().Differentiate(*function, f.attrs, args, given, wanted));
    }
    for (size_t i = 0; i < args.size(); ++i) {
      auto gives = [&](const FunctionGradient& g) { return g.gives(i); };
      if (std::none_of(gradients_.begin(), gradients_.end(), gives)) continue;
      by_.push_back(i);
      for (FunctionGradient& g : gradients_) {
        if (!g.gives(i)) WEIR_RETURN_IF_ERROR(g.GiveZeros(i));
      }
    }
    return {};
  }

  // What is remembered of the branches follows the results, one branch after the other.
  Status Split() {
    for (FunctionGradient& g : gradients_) {
      WEIR_RETURN_IF_ERROR(g.Split(c_.num_outputs() + static_cast<int>(remembered_.size())));
      remembered_.insert(remembered_.end(), g.remembered().begin(), g.remembered().end());
    }
    return {};
  }

  Status CallForward() {
    std::vector<FuncRef> forward;
    std::vector<DType> results;
    size_t at = 0;
    for (size_t k = 0; k < gradients_.size(); ++k) {
      const size_t end = at + gradients_[k].remembered().size();
      WEIR_ASSIGN_OR_RETURN(Graph body, gradients_[k].Forward({remembered_.begin(), remembered_.begin() + at},
                                                              {remembered_.begin() + end, remembered_.end()}));
      at = end;
      results = ResultDTypes(body);
      forward.push_back(b_.AddFunction(functions_[k].name + "_forward", std::move(body)));
    }
    const AttrMap changed{{"Tout", results}, {"output_shapes", AttrList()}};  // inference tells shapes
    WEIR_RETURN_IF_ERROR(SetCalledFunctions(b_.mutable_graph(), c_.id(), forward, changed));
    return InferNode(b_.mutable_graph(), c_.id());
  }

  Status CallBackward() {
    std::vector<Input> inputs{c_.input(0)};
    std::vector<std::vector<Need>> needs(gradients_.size());  // of each branch, one an input
    std::vector<OutputType> types;
    std::set<Need> known;
    for (size_t k = 0; k < gradients_.size(); ++k) {
      for (const Need& need : gradients_[k].needs()) {
        // Captures are each branch's own.
        const bool shared = need.kind != Need::kCapture;
        if (shared && !known.insert(need).second) continue;
        const Output value = Given(c_, need, 1, gradients_[k].captures());
        inputs.push_back(value);
        types.push_back(b_.graph().type(value.endpoint()));
        for (size_t other = 0; other < needs.size(); ++other)
          needs[other].push_back(shared || other == k ? need : Need{Need::kCapture, -1});
      }
    }
    std::vector<FuncRef> backward;
    std::vector<DType> results;
    bool effects = false;
    for (size_t k = 0; k < gradients_.size(); ++k) {
      WEIR_ASSIGN_OR_RETURN(Graph body, gradients_[k].Backward(needs[k], types, by_));
      effects |= HasEffects(body);
      results = ResultDTypes(body);
      backward.push_back(b_.AddFunction(functions_[k].name + "_grad", std::move(body)));
    }
    const bool choice = node_.def()->calls() == CallKind::kCase;
    AttrMap attrs{{"Tout", results}};
    if (choice) attrs["branches"] = AttrList{.func = backward};
    else attrs["then_branch"] = backward[0], attrs["else_branch"] = backward[1];
    const char* op_name = choice ? (effects ? "Case" : "StatelessCase") : effects ? "If" : "StatelessIf";
    Operation op = b_.AddNode(op_name, std::move(inputs), std::move(attrs), {.name = node_.name() + "_grad"});
    for (size_t k = 0; k < by_.size() && op.valid(); ++k)
      c_.set(static_cast<int>(by_[k]) + 1, b_.OutputOf(op, static_cast<int>(k)));
    return b_.status();
  }

  GradContext& c_;
  Builder& b_;
  const Node node_;  // as it was: what is built moves and changes it
  std::vector<FuncRef> functions_;
  std::vector<FunctionGradient> gradients_;
  std::vector<size_t> by_;  // arguments that a gradient is found for
  std::vector<OutputType> remembered_;
};

}  // namespace

Status BranchGradient(GradContext& c) { return BranchDerivation(c).Run(); }

}  // namespace weir
