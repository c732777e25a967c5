// Differentiation of functions: what the gradients of calls and branches are made of.
//
// A function that is differentiated becomes two. The forward one does what it did and gives, behind its results, what
// is remembered of it. The backward one takes what it needs (arguments, results, what is remembered, gradients by
// results) and gives gradients by arguments; what costs next to nothing (constants, shapes and moves of arguments) it
// makes anew. The node that called the function calls the forward one from then on.
#pragma once

#include <memory>
#include <vector>

#include "weir/graph/builder.h"
#include "weir/graph/gradients.h"

namespace weir {

class FunctionGradient {
 public:
  // Something that the backward function takes.
  struct Need {
    enum Kind { kArg, kResult, kGrad, kCapture } kind;  // kCapture: an output of the graph around, see captures()
    int index;  // kArg: of the argument; kResult: of the forward function's result; kGrad: of the result it is by
    auto operator<=>(const Need&) const = default;
  };

  // `outer`: in whose graph the function is called, and whose library gets what is made of it.
  explicit FunctionGradient(Builder& outer) : outer_(outer) {}

  // Differentiates `f`, bound by `attrs` and called with `args`: by the arguments that are `wanted`, for gradients of
  // the results that are `given`. Errors: those of GradientsOf.
  Status Differentiate(const Function& f, const AttrMap& attrs, const std::vector<OutputType>& args,
                       const std::vector<bool>& given, const std::vector<bool>& wanted);
  // Whether a gradient by argument i was found; and zeros for one, where another function of the node has one.
  bool gives(size_t arg) const { return gradients_[arg].valid(); }
  Status GiveZeros(size_t arg);

  // What the backward function may take of the forward one without that it is remembered.
  struct AtHand {
    std::vector<bool> args = {};  // empty: all
    bool results = true;
  };
  // Decides what is remembered; call it once the gradients are complete. Results from `first_remembered` on are the
  // remembered ones: the function's own number, or more where another function's come before.
  Status Split(int first_remembered, AtHand at_hand);
  Status Split(int first_remembered) { return Split(first_remembered, AtHand{}); }
  const std::vector<OutputType>& remembered() const { return remembered_types_; }
  const std::vector<Endpoint>& remembered_values() const { return remembered_; }  // of Body
  const std::vector<Need>& needs() const { return needs_; }
  std::vector<OutputType> TypesOf(const std::vector<Need>& needs) const;  // of its own
  const std::vector<Output>& captures() const { return inner_->captures(); }

  // The function's own nodes, and what they need since. Why not the body as it was: a call in it may have become one of
  // a forward function.
  Result<Graph> Body() const;
  // The forward function's body. Results without a value here, of which there are `before` ahead of the remembered ones
  // and `after` behind them, are FakeParams.
  Result<Graph> Forward(const std::vector<OutputType>& before = {}, const std::vector<OutputType>& after = {}) const;
  // The backward function's body: its arguments are these needs, of these types, its results the gradients by `args`.
  Result<Graph> Backward(const std::vector<Need>& needs, const std::vector<OutputType>& types,
                         const std::vector<size_t>& args) const;

 private:
  bool IsForward(NodeId id) const { return id.value < num_forward_; }
  // Whether the node is an argument of the function (not one for a gradient) that is at hand, or is to be remembered.
  bool IsAtHand(const Node& arg) const;
  std::vector<bool> FindFree() const;
  Result<Need> NeedOf(Endpoint e);

  Builder& outer_;
  std::unique_ptr<Builder> inner_;  // of the body: the function's nodes, then arguments for gradients, then theirs
  std::map<Endpoint, int> results_;  // what the function gives, as its results
  int num_forward_ = 0, num_results_ = 0, first_remembered_ = 0;
  AtHand at_hand_;
  std::vector<Output> gradients_;       // by argument; invalid: none
  std::vector<NodeId> grad_args_;       // by result; invalid: not given
  std::vector<NodeId> backward_;        // nodes of the backward function
  std::vector<Endpoint> remembered_;
  std::vector<OutputType> remembered_types_;
  std::vector<Need> needs_;
  std::map<Need, Endpoint> endpoints_;  // in the body
};

// What a need is in the graph around, of a node whose input `first_arg` is the function's first argument.
Output Given(GradContext& c, const FunctionGradient::Need& need, int first_arg, const std::vector<Output>& captures);

// The gradient of a call: a call of the backward function.
Status CallGradient(GradContext& c);

}  // namespace weir
