// Shape inference: what ShapeFns are given, and the functions that run them over a graph.
//
// Unknown dimensions may be symbols (shape.h): the same symbol is the same size, so a batch dimension that came through
// two branches is known to be equal. Small integer tensors (up to kMaxValueElements) are followed by value, unknown
// elements included (OutputType::value), so that Shape -> StridedSlice -> Pack -> Reshape keeps what is known.
#pragma once

#include <functional>
#include <span>

#include "weir/graph/graph.h"

namespace weir {

inline constexpr int64_t kMaxValueElements = 1024;

// What a shape function sees of one node, and where it puts the outputs' types. A ShapeFn checks whatever of the op's
// contract the known parts of the inputs allow; its error messages go on after "<Op> '<name>' " ("cannot multiply …").
class ShapeContext {
 public:
  struct Input {
    DType dtype = DType::kInvalid;
    PartialShape shape = PartialShape::Unknown();
    const Tensor* constant = nullptr;  // the whole value when known
    const Dims* value = nullptr;       // elements of a small integer tensor, possibly unknown
    DType handle_dtype = DType::kInvalid;
    PartialShape handle_shape = PartialShape::Unknown();
    std::shared_ptr<const Resource> resource = nullptr;
  };

  // `node` is the node's name, where there is a node.
  ShapeContext(const OpDef* def, const AttrMap* attrs, std::vector<Input> inputs, std::vector<OutputType>* outputs,
               std::string_view node = {});

  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_->size()); }
  const PartialShape& input(int i) const { return inputs_[i].shape; }
  DType input_dtype(int i) const { return inputs_[i].dtype; }
  const Tensor* constant(int i) const { return inputs_[i].constant; }
  const OpDef& def() const { return *def_; }
  const AttrMap& attrs() const { return *attrs_; }
  std::string_view node() const { return node_; }
  template <class T>
  T attr(std::string_view name) const {
    return ValueOr<T>(def_->Value(*attrs_, name));
  }

  // Elements of integer input i (each known, a symbol, or kUnknownDim); null when not even their number is known.
  // Covers constants of any integer dtype.
  const Dims* value(int i) const;
  // A scalar integer input's value, or nullopt.
  std::optional<int64_t> scalar(int i) const;
  // Integer vector input i read as a shape: unknown rank when its length is unknown; -1 elements are unknown dims.
  // Error when an element is below -1.
  Result<PartialShape> shape_from_input(int i) const;

  // Handle data of a resource input.
  DType handle_dtype(int i) const { return inputs_[i].handle_dtype; }
  const PartialShape& handle_shape(int i) const { return inputs_[i].handle_shape; }
  // Which resource input i is a handle of; null where that is not known.
  const Resource* resource(int i) const { return inputs_[i].resource.get(); }

  const PartialShape& output(int i) const { return (*outputs_)[i].shape; }
  void set_output(int i, PartialShape shape) { (*outputs_)[i].shape = std::move(shape); }
  void set_output_value(int i, Dims value);  // ignored above kMaxValueElements
  void set_output_handle(int i, DType dtype, PartialShape shape, std::shared_ptr<const Resource> resource);
  void PassHandle(int i, int output);  // output `output` is the handle of input i

  // ---- checks, each an error that names the input
  // `shape` has this rank; unknown rank becomes unknown dims. `what` names it in the error ("input 'a'").
  Result<PartialShape> WithRank(int i, int rank) const;
  Result<PartialShape> WithRankAtLeast(int i, int rank) const;
  std::string InputName(int i) const;  // "a", "values[1]"
  // "f32[?,64]"
  std::string Describe(int i) const;

 private:
  const OpDef* def_;
  const AttrMap* attrs_;
  std::vector<Input> inputs_;
  std::vector<OutputType>* outputs_;
  std::string_view node_;
  mutable std::vector<std::optional<Dims>> constant_values_;
};

// ---- arithmetic on what is known
// Both must be equal: the more known one, or an error.
Result<Dim> MergeDims(Dim a, Dim b);
Result<PartialShape> MergeShapes(const PartialShape& a, const PartialShape& b);
// Either may be it: what both have in common.
PartialShape CommonShape(const PartialShape& a, const PartialShape& b);
// NumPy broadcasting; the error names the axis and both sizes.
Result<PartialShape> BroadcastShapes(const PartialShape& a, const PartialShape& b);
// The number of elements, and of products: saturated; unknown sizes count as 1.
int64_t ElementsOrOne(const PartialShape& s);
int64_t SizeOrOne(const PartialShape& s, int axis);
int64_t SaturatedProduct(std::initializer_list<int64_t> factors);
Dim AddDims(Dim a, Dim b);                           // unknown when either is, but x + 0 = x
Dim MulDims(Dim a, Dim b);                           // x * 0 = 0, x * 1 = x
PartialShape Concatenate(const PartialShape& a, const PartialShape& b);
PartialShape Subshape(const PartialShape& s, int begin, int end);  // axes [begin, end) of a known rank

// ---- shape functions that many ops share
Status UnchangedShape(ShapeContext& c);              // output 0 is like input 0
Status AllUnchanged(ShapeContext& c);                // output i is like input i, values and handles too
Status BroadcastShape(ShapeContext& c);              // output 0 is inputs 0 and 1 broadcast
Status MergedShape(ShapeContext& c);                 // output 0 is like all inputs, which must agree
Status ScalarShape(ShapeContext& c);                 // every output is a scalar
Status UnknownShape(ShapeContext& c);
Status NoOutputs(ShapeContext& c);

// ---- over a graph
// Computes a value from constant inputs, for shapes that depend on it; an injected evaluator since kernels are not
// visible here. Returns nullopt when it cannot.
using Evaluator = std::function<std::optional<std::vector<Tensor>>(const Node&, std::span<const Tensor>)>;

// A symbol (shape.h) that no other dimension has.
Dim NewSymbol();
// What the node's shape function gives of its inputs' types; the types it has where there is none. Errors as
// InferNode's.
Result<std::vector<OutputType>> InferredTypes(const Graph& g, const Node& n);
// Infers output types of one node from its inputs' types. An error, before its shape function sees anything, where the
// node does not keep the contract (CheckNode, verify.h).
Status InferNode(Graph& g, NodeId id);
// Multiplications and additions of one run of a node that keeps the contract and has an output; unknown sizes count as
// 1.
int64_t FlopsOf(const Graph& g, const Node& n);
// Of what can be inferred of a graph that may be broken: the nodes whose ops are known, in dependency order where there
// is one. What was refused, node by node.
std::vector<Status> InferBestEffort(Graph& g);
// All nodes in dependency order; `known` overrides outputs (fed tensors). Loops' back edges get unknown shapes.
using KnownTypes = std::unordered_map<Endpoint, OutputType, EndpointHash>;
Status InferGraph(Graph& g, const KnownTypes& known = {});
// Those nodes of a graph that Verify has passed as it is that are not inferred(), and what depends on them. Arguments
// keep the types that they were given.
Status InferStale(Graph& g);
// Live ids so that inputs come before users (edges out of NextIteration ignored), program order where free. Iterative.
// Error naming a cycle's nodes when there is one.
Result<std::vector<NodeId>> TopologicalOrder(const Graph& g);
// By id, whether running `roots` runs the node: they and all that they read and wait for.
std::vector<bool> NeededBy(const Graph& g, std::vector<NodeId> roots);
// The constant behind an endpoint: a Const's value, also through Identity; null otherwise.
const Tensor* ConstantValue(const Graph& g, Endpoint e);

}  // namespace weir
