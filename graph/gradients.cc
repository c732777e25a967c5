#include "weir/graph/gradients.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "weir/graph/expand.h"
#include "weir/graph/function_gradient.h"
#include "weir/graph/infer.h"
#include "weir/graph/verify.h"

namespace weir {

namespace {

struct Overrides {
  std::map<std::string, GradFn, std::less<>> by_op;
  std::map<NodeId, GradFn> by_node;
};

Overrides& OverridesOf(Builder& b) { return b.Kept<Overrides>(); }

// What an unknown op gives: a path through it is a missing gradient, not none.
bool Unsupported(DType t) { return t == DType::kInvalid; }

bool IsContinuous(DType t) { return IsFloating(t) || IsComplex(t); }

}  // namespace

bool Differentiable(const OutputType& t) {
  const DType dtype = BaseType(t.dtype);
  if (dtype != kResource && dtype != kVariant) return IsContinuous(dtype) || Unsupported(dtype);
  if (t.resource && t.resource->kind != ResourceKind::kVariable) return false;  // a table, a queue, a reader
  // A variable's handle, a list of tensors: as what is in it. What is in a list's lists is not known.
  return t.handle_dtype == DType::kInvalid || t.handle_dtype == kVariant || IsContinuous(t.handle_dtype);
}

std::optional<std::string> CustomGradientType(const Node& node) {
  const auto it = node.attrs().find("_gradient_op_type");
  const std::string* name = it != node.attrs().end() ? it->second.get<std::string>() : nullptr;
  // Every call of a tf.function is marked so; what it means is the function's own gradient.
  const bool calls = node.def() && node.def()->calls() == CallKind::kCall;
  if (!name || (calls && name->starts_with("PartitionedCall-"))) return std::nullopt;
  return *name;
}

Output Grad::ToDense() const {
  if (!sparse_) return dense_;
  Output rows = Make("StridedSlice", {slices_.dense_shape, {0}, {1}, {1}}, {{"shrink_axis_mask", 1}}, {.name = "rows"});
  return Make("UnsortedSegmentSum", {slices_.values, slices_.indices, rows}, {}, {.name = "dense"});
}

GradContext::GradContext(Builder* b, NodeId id, std::vector<Grad> grads, std::vector<bool> wanted)
    : builder_(b), id_(id), grads_(std::move(grads)), wanted_(std::move(wanted)) {
  result_.resize(node().inputs().size());
}

AttrMap GradContext::attrs(std::initializer_list<const char*> names) const {
  AttrMap out;
  for (const char* name : names) {
    if (const AttrValue* v = node().FindAttr(name)) out[name] = *v;
  }
  return out;
}

Output GradContext::grad(int i) {
  if (!grads_[i].valid()) grads_[i] = Make("ZerosLike", {output(i)});
  if (grads_[i].is_slices()) grads_[i] = grads_[i].ToDense();
  return grads_[i].dense();
}

void SetGradient(Builder& b, std::string_view op, GradFn fn) { OverridesOf(b).by_op[std::string(op)] = std::move(fn); }
void SetGradient(Operation node, GradFn fn) {
  if (node.valid()) OverridesOf(*node.builder()).by_node[node.id()] = std::move(fn);
}

namespace {

// One differentiation.
class Differentiator {
 public:
  Differentiator(Builder& b, const std::vector<Output>& ys, const std::vector<Output>& xs,
                 const GradientOptions& options)
      : b_(b), ys_(ys), xs_(xs), options_(options) {
    for (Builder* from = &b_; from; from = from->parent()) overrides_.push_back(&OverridesOf(*from));
  }

  Result<std::vector<Grad>> Run() {
    WEIR_RETURN_IF_ERROR(Check());
    WEIR_ASSIGN_OR_RETURN(auto order, TopologicalOrder(b_.graph()));
    num_ids_ = b_.graph().num_ids();
    WEIR_RETURN_IF_ERROR(MarkBetween(order));
    WEIR_ASSIGN_OR_RETURN(const bool expanded, ExpandBetween());
    if (expanded) {
      WEIR_ASSIGN_OR_RETURN(order, TopologicalOrder(b_.graph()));
      num_ids_ = b_.graph().num_ids();
      WEIR_RETURN_IF_ERROR(MarkBetween(order));
    }
    // Before anything is built, so that all are reported at once and a graph that is refused stays as it was.
    WEIR_RETURN_IF_ERROR(RequireGradients(order));
    auto scope = b_.NameScope(options_.name);
    scope_ = b_.scope();
    auto no_control = b_.NoControlDependencies();
    for (size_t i = 0; i < ys_.size(); ++i) {
      if (between_[ys_[i].endpoint().node.value]) Contribute(ys_[i].endpoint(), SeedGrad(i));
    }
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
      if (between_[it->value]) WEIR_RETURN_IF_ERROR(Visit(*it));
    }
    WEIR_RETURN_IF_ERROR(b_.status());
    return Collect();
  }

 private:
  Status Check() {
    WEIR_RETURN_IF_ERROR(b_.status());
    if (ys_.empty()) return InvalidArgument("error[graph]: gradients of no outputs were asked for");
    for (const std::vector<Output>* list : {&ys_, &xs_}) {
      for (const Output& o : *list) {
        if (!o.valid() || o.builder() != &b_)
          return InvalidArgument("error[graph]: gradients were asked of an output that is invalid or of another graph");
        const DType dtype = BaseType(b_.graph().type(o.endpoint()).dtype);
        // A y of an unknown op is a missing gradient like any other.
        if (dtype == DType::kInvalid ? list == &ys_
                                     : Differentiable(b_.graph().type(o.endpoint())) && !Unsupported(dtype))
          continue;
        return NodeError(
            o.node(), "dtype",
            InvalidArgument(fmt::format("is {}, which has no gradient", b_.graph().type(o.endpoint()).ToString()))
                .Help("only floating-point tensors can be differentiated; convert by Cast"));
      }
    }
    for (size_t i = 0; i < ys_.size(); ++i) {
      if (!IsComplex(ys_[i].dtype()) || (i < options_.grad_ys.size() && options_.grad_ys[i].valid())) continue;
      return NodeError(ys_[i].node(), "graph",
                       InvalidArgument("is complex: there is no gradient of a complex number by itself")
                           .Help("differentiate a real function of it (Real, Imag, ComplexAbs), or give grad_ys"));
    }
    if (!options_.grad_ys.empty() && options_.grad_ys.size() != ys_.size()) {
      return InvalidArgument(
          fmt::format("error[graph]: {} grad_ys were given for {} ys", options_.grad_ys.size(), ys_.size()));
    }
    return {};
  }

  // Nodes on a path of differentiable edges from some x to some y: only they are asked for gradients. An error when one
  // that y is computed from breaks the contract by which gradient functions go.
  Status MarkBetween(const std::vector<NodeId>& order) {
    const Graph& g = b_.graph();
    std::vector<bool> from_x(num_ids_), to_y(num_ids_), stop(num_ids_), is_x(num_ids_);
    for (const Output& x : xs_) from_x[x.endpoint().node.value] = is_x[x.endpoint().node.value] = true;
    for (const Output& s : options_.stop_gradients) {
      if (s.valid()) stop[s.endpoint().node.value] = true;
    }
    for (NodeId id : order) {
      if (from_x[id.value]) continue;
      for (Endpoint e : g.node(id).inputs()) {
        // An x at which gradients stop still gets its own.
        bool open = !stop[e.node.value] || is_x[e.node.value];
        if (from_x[e.node.value] && open && Differentiable(g.type(e))) from_x[id.value] = true;
      }
    }
    for (const Output& y : ys_) to_y[y.endpoint().node.value] = true;
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
      if (!to_y[it->value]) continue;
      // A gradient function relies on what the shape function refuses.
      if (const Node& n = g.node(*it); !n.inferred())
        WEIR_RETURN_IF_ERROR(from_x[it->value] ? InferredTypes(g, n).status() : CheckNode(g, n));
      if (stop[it->value] || GradientIsZero(*it)) continue;
      for (Endpoint e : g.node(*it).inputs()) {
        if (Differentiable(g.type(e))) to_y[e.node.value] = true;
      }
    }
    between_.resize(num_ids_);
    for (int i = 0; i < num_ids_; ++i) between_[i] = from_x[i] && to_y[i];
    stop_ = std::move(stop);
    return {};
  }

  // Composites without a gradient of the user's become what they stand for.
  Result<bool> ExpandBetween() {
    auto without_gradient = [&](NodeId id) {
      return between_[id.value] && !stop_[id.value] && !FindGradient(b_.graph().node(id));
    };
    WEIR_ASSIGN_OR_RETURN(const auto replaced, Expand(b_, without_gradient));
    for (std::vector<Output>* list : {&ys_, &xs_}) {
      for (Output& o : *list) {
        if (auto it = replaced.find(o.endpoint()); it != replaced.end()) o = Output(&b_, it->second);
      }
    }
    return !replaced.empty();
  }

  // Whether nothing flows through the node, by its definition or by the one whose gradient it asks for.
  bool GradientIsZero(NodeId id) const {
    const Node& n = b_.graph().node(id);
    if (FindGradient(n)) return false;
    auto custom = CustomGradientType(n);
    const OpDef* def = custom ? b_.graph().registry().Find(*custom) : n.def();
    return def && def->gradient_is_zero();
  }

  Status RequireGradients(const std::vector<NodeId>& order) const {
    std::vector<NodeId> missing;
    for (NodeId id : order) {
      if (between_[id.value] && !stop_[id.value] && AnyInputBetween(id) && !MissingReason(id).empty())
        missing.push_back(id);
    }
    return missing.empty() ? Status() : Missing(std::move(missing));
  }

  // Why gradients cannot go through a node that they should go through; empty when they can.
  std::string MissingReason(NodeId id) const {
    const Node& n = b_.graph().node(id);
    if (GradientIsZero(id)) return "";
    if (!FindGradient(n)) {
      if (auto custom = CustomGradientType(n)) {
        return fmt::format(
            "asks for the gradient '{0}' (_gradient_op_type), which is not registered: SetGradient(builder, \"{0}\", "
            "…) does",
            *custom);
      }
      return n.def() ? n.def()->no_gradient_reason() : "the op is not known";
    }
    auto unsupported = [&](Endpoint e) {
      return between_[e.node.value] && Unsupported(BaseType(b_.graph().type(e).dtype));
    };
    // An unknown op with a gradient of the user's own may have what it likes.
    if (!n.def()) return "";
    for (Endpoint e : n.inputs()) {
      if (unsupported(e) && b_.graph().type(e).dtype != DType::kInvalid)
        return fmt::format("its input is {}, through which gradients are not derived", b_.graph().type(e).ToString());
    }
    for (const OutputType& t : n.outputs()) {
      if (Unsupported(BaseType(t.dtype)))
        return fmt::format("its output is {}, through which gradients are not derived", t.ToString());
    }
    return "";
  }

  Grad SeedGrad(size_t i) {
    if (i < options_.grad_ys.size() && options_.grad_ys[i].valid()) return options_.grad_ys[i];
    return b_.Add("OnesLike", {ys_[i]}, {}, {.name = fmt::format("grad_ys_{}", i)},
                  b_.graph().node(ys_[i].endpoint().node).loc());
  }

  void Contribute(Endpoint e, Grad g) {
    if (g.valid() && WantsGradient(e)) partial_[e].push_back(std::move(g));
  }

  // The sum of what flowed to an endpoint: AddN of tensors, concatenated slices, or tensors when mixed.
  Grad Sum(std::vector<Grad> parts) {
    if (parts.size() == 1) return parts[0];
    bool all_slices = std::all_of(parts.begin(), parts.end(), [](const Grad& g) { return g.is_slices(); });
    if (all_slices) {
      std::vector<Input> values, indices;
      for (const Grad& g : parts) values.push_back(g.slices().values), indices.push_back(g.slices().indices);
      values.push_back(Input(0)), indices.push_back(Input(0));
      return IndexedSlices{Make("ConcatV2", values), Make("ConcatV2", indices), parts[0].slices().dense_shape};
    }
    std::vector<Input> dense;
    for (const Grad& g : parts) dense.push_back(g.ToDense());
    return Make("AddN", dense);
  }

  Status Visit(NodeId id) {
    // Copied: the gradient function adds nodes, which moves them.
    const std::string name = b_.graph().node(id).name();
    const Loc loc = b_.graph().node(id).loc();
    const int num_outputs = static_cast<int>(b_.graph().node(id).outputs().size());
    auto at = b_.At(loc ? loc : Loc{"<gradients>", 0});
    std::vector<Grad> grads(num_outputs);
    bool any = false;
    {
      auto top = b_.NameScope(scope_);
      for (int i = 0; i < num_outputs; ++i) {
        auto it = partial_.find(Endpoint{id, i});
        if (it == partial_.end()) continue;
        grads[i] = Sum(std::move(it->second));
        partial_.erase(it);
        total_[Endpoint{id, i}] = grads[i];
        any = true;
      }
    }
    if (!any || stop_[id.value] || b_.graph().node(id).inputs().empty()) return {};
    const GradFn* fn = FindGradient(b_.graph().node(id));
    if (!fn || !AnyInputBetween(id)) return {};
    auto scope = b_.NameScope(scope_ + name + "_grad/");
    std::vector<bool> wanted;
    for (Endpoint e : b_.graph().node(id).inputs()) wanted.push_back(WantsGradient(e));
    GradContext c(&b_, id, std::move(grads), std::move(wanted));
    if (Status s = (*fn)(c); !s.ok()) return NodeError(b_.graph().node(id), "graph", s);
    WEIR_RETURN_IF_ERROR(b_.status());
    for (size_t i = 0; i < c.result().size(); ++i)
      Contribute(b_.graph().node(id).input(static_cast<int>(i)), c.result()[i]);
    return {};
  }

  // A node's own gradient; else that of its op, or of the op or name whose gradient it asks for instead.
  const GradFn* FindGradient(const Node& n) const {
    const auto& by_node = overrides_[0]->by_node;
    if (auto it = by_node.find(n.id()); it != by_node.end()) return &it->second;
    const auto custom = CustomGradientType(n);
    const std::string& op = custom ? *custom : n.op();
    for (const Overrides* overrides : overrides_) {
      if (auto it = overrides->by_op.find(op); it != overrides->by_op.end()) return &it->second;
    }
    static const GradFn call = CallGradient;
    if (!custom && !n.def() && b_.graph().FindFunction(n.op())) return &call;
    const OpDef* def = custom ? b_.graph().registry().Find(*custom) : n.def();
    return def && def->gradient() ? &def->gradient() : nullptr;
  }

  bool AnyInputBetween(NodeId id) const {
    const std::vector<Endpoint>& inputs = b_.graph().node(id).inputs();
    return std::any_of(inputs.begin(), inputs.end(), [&](Endpoint e) { return WantsGradient(e); });
  }

  bool WantsGradient(Endpoint e) const { return between_[e.node.value] && Differentiable(b_.graph().type(e)); }

  Status Missing(std::vector<NodeId> missing) const {
    std::sort(missing.begin(), missing.end());
    Status s = Unimplemented(fmt::format("error[graph]: {} op{} on the way from y to x {} no gradient", missing.size(),
                                         missing.size() == 1 ? "" : "s", missing.size() == 1 ? "has" : "have"));
    for (NodeId id : missing) {
      const Node& n = b_.graph().node(id);
      s = std::move(s).Detail(fmt::format("{} '{}'{}: {}", n.op(), n.name(),
                                          n.loc() ? " created at " + n.loc().ToString() : "", MissingReason(id)));
    }
    return std::move(s).Help("SetGradient gives an op or a node a gradient of your own; StopGradient cuts the path");
  }

  std::vector<Grad> Collect() {
    std::vector<Grad> result;
    for (const Output& x : xs_) {
      auto it = total_.find(x.endpoint());
      Grad g = it == total_.end() ? Grad() : it->second;
      if (!g.valid() && options_.unconnected == GradientOptions::kZero) g = Make("ZerosLike", {x});
      result.push_back(std::move(g));
    }
    return result;
  }

  Builder& b_;
  std::vector<Output> ys_, xs_;
  const GradientOptions& options_;
  std::vector<const Overrides*> overrides_;  // of the builder and those around it
  std::string scope_;
  int num_ids_ = 0;
  std::vector<bool> between_, stop_;
  std::unordered_map<Endpoint, std::vector<Grad>, EndpointHash> partial_;
  std::unordered_map<Endpoint, Grad, EndpointHash> total_;
};

}  // namespace

Result<std::vector<Grad>> GradientsOf(Builder& b, const std::vector<Output>& ys, const std::vector<Output>& xs,
                                      const GradientOptions& options) {
  auto result = Differentiator(b, ys, xs, options).Run();
  if (!result.ok()) b.Fail(result.status());
  return result;
}

std::vector<Output> Gradients(const std::vector<Output>& ys, const std::vector<Output>& xs,
                              const GradientOptions& options) {
  std::vector<Output> dense(xs.size());
  if (ys.empty() || !ys[0].valid()) return dense;
  Builder& b = *ys[0].builder();
  auto grads = GradientsOf(b, ys, xs, options);
  if (!grads.ok()) return dense;
  for (size_t i = 0; i < xs.size(); ++i) dense[i] = (*grads)[i].ToDense();
  return dense;
}

}  // namespace weir
