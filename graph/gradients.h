// Symbolic differentiation: inserts, under `gradients/`, ordinary nodes that compute dy/dx.
//
// Each op's gradient is a GradFn on its definition (op_def.h); the pass walks backwards from ys to xs, sums partial
// gradients by AddN, and asks each op once. Linear in the size of the graph. The gradient functions build with the same
// building functions as users, so what they insert can be differentiated again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weir/graph/builder.h"

namespace weir {

// A gradient that is zero but for some slices along axis 0: slices[indices[i]] += values[i]. What Gather's gradient is.
struct IndexedSlices {
  Output values, indices, dense_shape;
};

// A gradient: nothing, a tensor, or IndexedSlices.
class Grad {
 public:
  Grad() = default;
  Grad(Output dense) : dense_(dense) {}                             // NOLINT
  Grad(IndexedSlices s) : slices_(std::move(s)), sparse_(true) {}   // NOLINT
  bool valid() const { return sparse_ ? slices_.values.valid() : dense_.valid(); }
  bool is_slices() const { return sparse_; }
  const IndexedSlices& slices() const { return slices_; }
  const Output& dense() const { return dense_; }
  // As a tensor: slices become an UnsortedSegmentSum.
  Output ToDense() const;

 private:
  Output dense_;
  IndexedSlices slices_;
  bool sparse_ = false;
};

// What a GradFn sees of one node, and where it puts the gradients by the inputs.
class GradContext {
 public:
  // `wanted`: of the inputs.
  GradContext(Builder* b, NodeId id, std::vector<Grad> grads, std::vector<bool> wanted);

  Builder& builder() const { return *builder_; }
  NodeId id() const { return id_; }
  std::string op() const { return node().op(); }  // copied: what is built moves the node
  const Node& node() const { return builder_->graph().node(id_); }
  int num_inputs() const { return static_cast<int>(node().inputs().size()); }
  int num_outputs() const { return static_cast<int>(node().outputs().size()); }
  Output input(int i) const { return {builder_, node().input(i)}; }
  Output output(int i) const { return {builder_, {id_, i}}; }
  template <class T>
  T attr(std::string_view name) const { return node().attr<T>(name); }
  DType type_attr(std::string_view name) const { return node().type_attr(name); }
  // Of these attributes those that are set on the node, to hand on to a …Grad op.
  AttrMap attrs(std::initializer_list<const char*> names) const;

  bool has_grad(int i = 0) const { return grads_[i].valid(); }
  // The gradient by output i, dense; zeros like the output when nothing flowed there.
  Output grad(int i = 0);
  const Grad& raw_grad(int i = 0) const { return grads_[i]; }

  // Whether anybody asks for the gradient by input i.
  bool wants(int i) const { return wanted_[i]; }
  void set(int i, Grad g) { result_[i] = std::move(g); }
  const std::vector<Grad>& result() const { return result_; }

 private:
  Builder* builder_;
  NodeId id_;
  std::vector<Grad> grads_, result_;
  std::vector<bool> wanted_;
};

// Whether gradients may flow through such an output. Yes, where it is not known.
bool Differentiable(const OutputType& t);

struct GradientOptions {
  std::vector<Output> grad_ys = {};         // one a y, invalid ones mean all ones
  std::vector<Output> stop_gradients = {};  // not differentiated through
  enum Unconnected { kNone, kZero } unconnected = kNone;
  std::string name = "gradients";
};

// Gradients of sum(ys) by each x, as Grads; an x may be a resource handle (the variable). An invalid Grad where no path
// leads from x to any y (or zeros, by option). All ops on the way that have no gradient are reported at once, each with
// node, op, creation line and reason; the error is also kept by the builder.
Result<std::vector<Grad>> GradientsOf(Builder& b, const std::vector<Output>& ys, const std::vector<Output>& xs,
                                      const GradientOptions& options = {});
// The same as dense tensors.
std::vector<Output> Gradients(const std::vector<Output>& ys, const std::vector<Output>& xs,
                              const GradientOptions& options = {});

// A gradient of the user's own: for every node of an op (over the registry's), or for one node (over both). Instead of
// an op, `op` may be the name that nodes ask for by the attribute `_gradient_op_type` (tf.RegisterGradient with
// gradient_override_map, tf.custom_gradient); such nodes take this gradient, or that of the op so named, and no other.
void SetGradient(Builder& b, std::string_view op, GradFn fn);
void SetGradient(Operation node, GradFn fn);
// The name that the node asks for by `_gradient_op_type`, if it does (what TensorFlow gives every call does not count).
std::optional<std::string> CustomGradientType(const Node& node);

}  // namespace weir
