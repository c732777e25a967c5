#include "weir/graph/infer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "weir/graph/functions.h"
#include "weir/graph/verify.h"

namespace weir {

// ---- ShapeContext

ShapeContext::ShapeContext(const OpDef* def, const AttrMap* attrs, std::vector<Input> inputs,
                           std::vector<OutputType>* outputs, std::string_view node)
    : def_(def), attrs_(attrs), inputs_(std::move(inputs)), outputs_(outputs), node_(node),
      constant_values_(inputs_.size()) {}

const Dims* ShapeContext::value(int i) const {
  const Input& in = inputs_[i];
  if (in.value) return in.value;
  if (!in.constant || in.constant->num_elements() > kMaxValueElements) return nullptr;
  if (!constant_values_[i]) {
    auto ints = in.constant->ToInts();
    if (!ints) return nullptr;
    constant_values_[i] = std::move(*ints);
  }
  return &*constant_values_[i];
}

std::optional<int64_t> ShapeContext::scalar(int i) const {
  const Tensor* t = constant(i);
  if (t && t->num_elements() == 1) {
    auto ints = t->ToInts();
    return ints ? std::optional(ints->front()) : std::nullopt;
  }
  const Dims* v = value(i);
  return v && v->size() == 1 && Known((*v)[0]) ? std::optional((*v)[0]) : std::nullopt;
}

Result<PartialShape> ShapeContext::shape_from_input(int i) const {
  if (const Tensor* t = constant(i)) {
    // Why here: a constant's -1 is an unknown dimension, anything lower a mistake; a propagated value's negatives are
    // symbols.
    if (t->num_elements() > kMaxRank)
      return InvalidArgument(fmt::format("has a shape of {} axes in input '{}'; at most {} are possible",
                                         t->num_elements(), InputName(i), kMaxRank));
    auto ints = t->ToInts();
    if (!ints) return InvalidArgument(fmt::format("wants integers for input '{}'", InputName(i)));
    for (int64_t d : *ints) {
      if (d < -1) return InvalidArgument(fmt::format("has the negative size {} in input '{}'", d, InputName(i)));
    }
    return PartialShape(Dims(ints->begin(), ints->end()));
  }
  if (const Dims* v = value(i)) {
    if (v->size() > size_t{kMaxRank})
      return InvalidArgument(fmt::format("has a shape of {} axes in input '{}'", v->size(), InputName(i)));
    return PartialShape(*v);
  }
  const PartialShape& s = input(i);
  if (s.known_rank() && s.rank() == 1 && Known(s[0]) && s[0] <= kMaxRank)
    return PartialShape::UnknownOfRank(static_cast<int>(s[0]));
  return PartialShape::Unknown();
}

void ShapeContext::set_output_value(int i, Dims value) {
  if (static_cast<int64_t>(value.size()) <= kMaxValueElements) (*outputs_)[i].value = std::move(value);
}

void ShapeContext::set_output_handle(int i, DType dtype, PartialShape shape, std::shared_ptr<const Resource> resource) {
  OutputType& t = (*outputs_)[i];
  t.handle_dtype = dtype, t.handle_shape = std::move(shape), t.resource = std::move(resource);
}

void ShapeContext::PassHandle(int i, int output) {
  const DType t = (*outputs_)[output].dtype;
  if (t != kResource && t != kVariant && !IsRef(t)) return;  // the value of a reference
  set_output_handle(output, inputs_[i].handle_dtype, inputs_[i].handle_shape, inputs_[i].resource);
}

Result<PartialShape> ShapeContext::WithRank(int i, int rank) const {
  const PartialShape& s = input(i);
  if (!s.known_rank()) return PartialShape::UnknownOfRank(rank);
  if (s.rank() != rank)
    return InvalidArgument(fmt::format("wants rank {} for input '{}', not {}", rank, InputName(i), Describe(i)));
  return s;
}

Result<PartialShape> ShapeContext::WithRankAtLeast(int i, int rank) const {
  const PartialShape& s = input(i);
  if (s.known_rank() && s.rank() < rank) {
    return InvalidArgument(
        fmt::format("wants at least rank {} for input '{}', not {}", rank, InputName(i), Describe(i)));
  }
  return s;
}

std::string ShapeContext::InputName(int i) const { return def_->InputName(i, *attrs_); }

std::string ShapeContext::Describe(int i) const {
  OutputType t;
  t.dtype = inputs_[i].dtype, t.shape = inputs_[i].shape;
  return t.ToString();
}

// ---- arithmetic

Result<Dim> MergeDims(Dim a, Dim b) {
  if (Known(a) && Known(b) && a != b) return InvalidArgument(fmt::format("sizes {} and {} differ", a, b));
  if (Known(a)) return a;
  if (Known(b)) return b;
  return a == kUnknownDim ? b : a;
}

Result<PartialShape> MergeShapes(const PartialShape& a, const PartialShape& b) {
  if (!a.known_rank()) return b;
  if (!b.known_rank()) return a;
  if (a.rank() != b.rank())
    return InvalidArgument(fmt::format("shapes {} and {} have different ranks", a.ToString(), b.ToString()));
  PartialShape out = a;
  for (int i = 0; i < a.rank(); ++i) {
    auto d = MergeDims(a[i], b[i]);
    if (!d.ok())
      return InvalidArgument(fmt::format("shapes {} and {} differ in axis {}", a.ToString(), b.ToString(), i));
    out[i] = *d;
  }
  return out;
}

PartialShape CommonShape(const PartialShape& a, const PartialShape& b) {
  if (!a.known_rank() || !b.known_rank() || a.rank() != b.rank()) return PartialShape::Unknown();
  PartialShape common = a;
  for (int i = 0; i < a.rank(); ++i) {
    if (!SameDim(a[i], b[i])) common[i] = kUnknownDim;
  }
  return common;
}

Result<PartialShape> BroadcastShapes(const PartialShape& a, const PartialShape& b) {
  if (!a.known_rank() || !b.known_rank()) return PartialShape::Unknown();
  int rank = std::max(a.rank(), b.rank());
  PartialShape out = PartialShape::UnknownOfRank(rank);
  for (int i = 0; i < rank; ++i) {
    int ia = i - (rank - a.rank()), ib = i - (rank - b.rank());
    Dim da = ia < 0 ? 1 : a[ia], db = ib < 0 ? 1 : b[ib];
    if (da == 1) {
      out[i] = db;
    } else if (db == 1 || SameDim(da, db)) {
      out[i] = da;
    } else if (Known(da) && Known(db)) {
      return InvalidArgument(fmt::format("cannot broadcast {} and {}", a.ToString(), b.ToString()))
          .Detail(fmt::format("sizes {} and {} differ (axis {} of the result); they must be equal or one of them 1", da,
                              db, i));
    } else {
      // An unknown beside a size above 1 must be that size or 1; either way the result is that size. 0 stays 0.
      out[i] = Known(da) ? da : Known(db) ? db : kUnknownDim;
    }
  }
  return out;
}

int64_t SaturatedProduct(std::initializer_list<int64_t> factors) {
  int64_t product = 1;
  for (int64_t f : factors) {
    if (!CheckedMul(product, f, &product)) return INT64_MAX;
  }
  return product;
}

int64_t SizeOrOne(const PartialShape& s, int axis) {
  return s.known_rank() && axis >= 0 && axis < s.rank() && Known(s[axis]) ? s[axis] : 1;
}

int64_t ElementsOrOne(const PartialShape& s) {
  int64_t n = 1;
  for (int i = 0; i < s.rank(); ++i) n = SaturatedProduct({n, SizeOrOne(s, i)});
  return n;
}

Dim AddDims(Dim a, Dim b) {
  if (a == 0) return b;
  if (b == 0) return a;
  int64_t sum = 0;
  return Known(a) && Known(b) && CheckedAdd(a, b, &sum) ? sum : kUnknownDim;
}

Dim MulDims(Dim a, Dim b) {
  if (a == 0 || b == 0) return 0;
  if (a == 1) return b;
  if (b == 1) return a;
  int64_t product = 0;
  return Known(a) && Known(b) && CheckedMul(a, b, &product) ? product : kUnknownDim;
}

PartialShape Concatenate(const PartialShape& a, const PartialShape& b) {
  if (!a.known_rank() || !b.known_rank()) return PartialShape::Unknown();
  Dims dims = a.dims();
  dims.insert(dims.end(), b.dims().begin(), b.dims().end());
  return PartialShape(std::move(dims));
}

PartialShape Subshape(const PartialShape& s, int begin, int end) {
  if (!s.known_rank()) return s;
  return PartialShape(Dims(s.dims().begin() + begin, s.dims().begin() + end));
}

// ---- shared shape functions

Status UnchangedShape(ShapeContext& c) {
  c.set_output(0, c.input(0));
  return {};
}

Status AllUnchanged(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs() && i < c.num_inputs(); ++i) {
    c.set_output(i, c.input(i));
    if (const Dims* v = c.value(i)) c.set_output_value(i, *v);
    c.PassHandle(i, i);
  }
  return {};
}

Status BroadcastShape(ShapeContext& c) {
  auto s = BroadcastShapes(c.input(0), c.input(1));
  if (!s.ok()) {
    return InvalidArgument(fmt::format("cannot broadcast {} and {}", c.Describe(0), c.Describe(1)))
        .Detail(s.status().details());
  }
  c.set_output(0, *s);
  return {};
}

Status MergedShape(ShapeContext& c) {
  PartialShape s = PartialShape::Unknown();
  for (int i = 0; i < c.num_inputs(); ++i) {
    auto merged = MergeShapes(s, c.input(i));
    if (!merged.ok())
      return InvalidArgument(
                 fmt::format("wants inputs of equal shapes; input '{}' is {}", c.InputName(i), c.Describe(i)))
          .Detail(merged.status().message());
    s = *merged;
  }
  c.set_output(0, s);
  return {};
}

Status ScalarShape(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, PartialShape::Scalar());
  return {};
}

Status UnknownShape(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, PartialShape::Unknown());
  return {};
}

Status NoOutputs(ShapeContext&) { return {}; }

// ---- over a graph

const Tensor* ConstantValue(const Graph& g, Endpoint e) {
  DType dtype = DType::kInvalid;
  for (int hops = 0; hops < 64; ++hops) {
    const Node& n = g.node(e.node);
    if (e.index != 0 || n.outputs().empty()) return nullptr;
    if (hops == 0) dtype = BaseType(n.output(0).dtype);
    if (n.Is("Const")) {
      const AttrValue* v = n.FindAttr("value");
      const Tensor* t = v ? v->get<Tensor>() : nullptr;
      // Why: a constant, or what hands it on, may be refused itself (of a broken graph), and what reads it is not.
      return t && t->dtype() == dtype ? t : nullptr;
    }
    if (!n.def() || !n.def()->hands_on() || n.inputs().empty()) return nullptr;
    e = n.input(0);
  }
  return nullptr;
}

Dim NewSymbol() {
  // Why process-wide: symbols travel into function bodies, whose ids start anew.
  static std::atomic<int64_t> next{kUnknownDim - 1};
  return next.fetch_sub(1, std::memory_order_relaxed);
}

namespace {

// Every unknown size gets a symbol of its own, so that it can be recognised further down.
void NameUnknowns(PartialShape* shape) {
  for (int i = 0; i < shape->rank(); ++i) {
    if ((*shape)[i] == kUnknownDim) (*shape)[i] = NewSymbol();
  }
}

std::vector<ShapeContext::Input> InputsOf(const Graph& g, const Node& n) {
  std::vector<ShapeContext::Input> inputs;
  inputs.reserve(n.inputs().size());
  for (Endpoint e : n.inputs()) {
    const OutputType& t = g.type(e);
    ShapeContext::Input in;
    in.dtype = t.dtype, in.shape = t.shape;
    in.constant = ConstantValue(g, e);
    // Why: what hands a constant on may itself not be inferred (of a broken graph); its elements and its shape must
    // agree.
    if (in.constant) in.shape = PartialShape(in.constant->shape());
    if (t.value) in.value = &*t.value;
    in.handle_dtype = t.handle_dtype, in.handle_shape = t.handle_shape, in.resource = t.resource;
    inputs.push_back(std::move(in));
  }
  return inputs;
}

}  // namespace

int64_t FlopsOf(const Graph& g, const Node& n) {
  if (n.def()->flops()) {
    std::vector<OutputType> outputs = n.outputs();
    return n.def()->flops()(ShapeContext(n.def(), &n.attrs(), InputsOf(g, n), &outputs, n.name()));
  }
  return ElementsOrOne(n.output(0).shape);
}

namespace {

// Of a node that keeps the contract.
Result<std::vector<OutputType>> TypesOf(const Graph& g, const Node& n) {
  if (!n.def() || !n.def()->shape_fn()) return n.outputs();
  std::vector<OutputType> outputs(n.outputs().size());
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i].dtype = n.outputs()[i].dtype;
  ShapeContext c(n.def(), &n.attrs(), InputsOf(g, n), &outputs, n.name());
  if (Status s = n.def()->shape_fn()(c); !s.ok()) {
    for (size_t i = 0; i < n.inputs().size(); ++i) {
      Loc loc = g.node(n.input(i).node).loc();
      std::string where = loc ? ", created at " + loc.ToString() : "";
      if (i < 4)
        s = std::move(s).Detail(fmt::format("input '{}' is '{}' ({}{})", c.InputName(i), g.EndpointName(n.input(i)),
                                            g.type(n.input(i)).ToString(), where));
    }
    return NodeError(n, "shape", std::move(s));
  }
  // An op that takes a reference and gives one gives that: Assign and its kin.
  const bool gives = !outputs.empty() && IsRef(outputs[0].dtype);
  if (gives && !n.inputs().empty() && IsRef(g.type(n.input(0)).dtype)) c.PassHandle(0, 0);
  return outputs;
}

// Of a node that keeps the contract.
Status InferSound(Graph& g, NodeId id) {
  const Node& n = g.node(id);
  WEIR_ASSIGN_OR_RETURN(std::vector<OutputType> outputs, TypesOf(g, n));
  if (!n.def()) return InferCall(g, id);
  if (!n.def()->shape_fn()) {
    g.MarkInferred(id);
    return {};
  }
  // Files of versions up to 21 could not tell a scalar placeholder from one of unknown shape.
  bool untold = n.def()->fed() && n.inputs().empty() && g.file_info().from_file && g.file_info().producer <= 21 &&
                outputs[0].shape.rank() == 0;
  if (untold) outputs[0].shape = PartialShape::Unknown();
  for (size_t i = 0; i < outputs.size(); ++i) {
    NameUnknowns(&outputs[i].shape);
    WEIR_RETURN_IF_ERROR(g.SetOutputType(id, static_cast<int>(i), std::move(outputs[i])));
  }
  if (n.def()->calls() != CallKind::kNone) return InferCall(g, id);
  g.MarkInferred(id);
  return {};
}

}  // namespace

Result<std::vector<OutputType>> InferredTypes(const Graph& g, const Node& n) {
  WEIR_RETURN_IF_ERROR(CheckNode(g, n));
  return TypesOf(g, n);
}

Status InferNode(Graph& g, NodeId id) {
  WEIR_RETURN_IF_ERROR(CheckNode(g, g.node(id)));
  return InferSound(g, id);
}

namespace {
bool FeedsBack(const Node& n) { return n.def() && n.def()->feeds_back(); }

// The open nodes from `start` on form the cycle; each reads the next.
template <class Frame>
Status CycleError(const Graph& g, const std::vector<Frame>& stack, NodeId start) {
  auto first = std::find_if(stack.begin(), stack.end(), [&](const Frame& f) { return f.id == start; });
  std::string cycle = g.node(start).name();
  for (auto it = stack.end(); it != first && cycle.size() < 400;) cycle += " -> " + g.node((--it)->id).name();
  return InvalidArgument("error[graph]: the graph has a cycle")
      .Detail(cycle)
      .Help("only v1 NextIteration nodes may close a loop");
}

// Whether no node has an edge from a later one, so that program order is a dependency order.
bool LeadsForward(const Graph& g) {
  for (int i = 0; i < g.num_ids(); ++i) {
    const Node& n = g.node(NodeId{i});
    for (Endpoint e : n.inputs()) {
      if (e.node.value >= i) return false;
    }
    for (NodeId c : n.control_inputs()) {
      if (c.value >= i) return false;
    }
  }
  return true;
}

}  // namespace

Result<std::vector<NodeId>> TopologicalOrder(const Graph& g) {
  if (LeadsForward(g)) return g.nodes();  // as most graphs do; what follows would give the same
  // Depth-first from each node in program order: a node comes as soon as its inputs allow, never later than a node that
  // the program has after it unless that one needs it. Iterative, since chains may be long.
  enum : uint8_t { kNew, kOpen, kDone };
  struct Frame {
    NodeId id;
    size_t next = 0;  // input, then control input, to look at
  };
  std::vector<uint8_t> state(g.num_ids(), kNew);
  std::vector<Frame> stack;
  std::vector<NodeId> order;
  order.reserve(g.num_nodes());
  for (NodeId root : g.nodes()) {
    if (state[root.value] != kNew) continue;
    stack.push_back({root});
    state[root.value] = kOpen;
    while (!stack.empty()) {
      Frame& top = stack.back();
      const Node& n = g.node(top.id);
      size_t inputs = n.inputs().size();
      if (top.next == inputs + n.control_inputs().size()) {
        state[top.id.value] = kDone;
        order.push_back(top.id);
        stack.pop_back();
        continue;
      }
      NodeId from = top.next < inputs ? n.inputs()[top.next].node : n.control_inputs()[top.next - inputs];
      ++top.next;
      if (state[from.value] == kDone || FeedsBack(g.node(from))) continue;
      if (state[from.value] == kOpen) return CycleError(g, stack, from);
      state[from.value] = kOpen;
      stack.push_back({from});
    }
  }
  return order;
}

std::vector<bool> NeededBy(const Graph& g, std::vector<NodeId> next) {
  std::vector<bool> needed(g.num_ids());
  while (!next.empty()) {
    NodeId id = next.back();
    next.pop_back();
    if (needed[id.value]) continue;
    needed[id.value] = true;
    for (Endpoint e : g.node(id).inputs()) next.push_back(e.node);
    next.insert(next.end(), g.node(id).control_inputs().begin(), g.node(id).control_inputs().end());
  }
  return needed;
}

std::vector<Status> InferBestEffort(Graph& g) {
  std::vector<Status> errors;
  InferenceScope scope;
  auto order = TopologicalOrder(g);
  if (!order.ok()) errors.push_back(order.status());
  for (NodeId id : order.ok() ? *order : g.nodes()) {
    if (!g[id].def()) continue;
    if (Status s = InferNode(g, id); !s.ok()) errors.push_back(s);
  }
  return errors;
}

namespace {

// `infer` the nodes in dependency order.
template <class Infer>
Status InferInOrder(Graph& g, const Infer& infer) {
  InferenceScope scope;
  WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(g));
  for (NodeId id : order) WEIR_RETURN_IF_ERROR(infer(id));
  return {};
}

}  // namespace

Status InferGraph(Graph& g, const KnownTypes& known) {
  return InferInOrder(g, [&](NodeId id) -> Status {
    WEIR_RETURN_IF_ERROR(InferNode(g, id));
    if (known.empty()) return {};
    for (size_t i = 0; i < g.node(id).outputs().size(); ++i) {
      auto it = known.find(Endpoint{id, static_cast<int32_t>(i)});
      if (it != known.end()) WEIR_RETURN_IF_ERROR(g.SetOutputType(id, static_cast<int>(i), it->second));
    }
    return {};
  });
}

Status InferStale(Graph& g) {
  return InferInOrder(g, [&](NodeId id) {
    const bool given = g.node(id).inferred() || g.node(id).Is("_Arg");
    return given ? Status() : InferSound(g, id);
  });
}

}  // namespace weir
