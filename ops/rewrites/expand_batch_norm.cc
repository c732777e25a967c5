// ExpandBatchNorm: a batch normalisation that takes no statistics is element-wise arithmetic, y = (x - mean) * factor +
// offset with factor = scale * (1 / sqrt(variance + epsilon)), a vector that folds where the parameters are constants.
// As ops of their own these fuse with their neighbours. Same operations in the same order as the kernel, so the same
// bits.
//
// Only float, channels last; elsewhere the vectors would not broadcast as they are.
#include <algorithm>

#include "weir/ops/rewrites/rewrites.h"


namespace weir {

namespace {

bool Expandable(const Graph& g, const Node& n) {
  if (!n.Is("FusedBatchNorm") && !n.Is("FusedBatchNormV2") && !n.Is("FusedBatchNormV3")) return false;
  if (n.attr<bool>("is_training") || n.attr<std::string>("data_format") != "NHWC" || n.type_attr("T") != kFloat)
    return false;
  for (Endpoint e : n.inputs()) {
    if (!g.ShapeOf(e).fully_known() || g.type(e).dtype != kFloat) return false;
  }
  return std::all_of(n.users().begin(), n.users().end(), [&](const Use& u) {
    return u.input < 0 || g.node(u.node).input(u.input).index == 0;
  });
}

class Expansion {
 public:
  Expansion(Graph& g, NodeId id) : g_(g), id_(id), name_(g.node(id).name()) {}

  Status Run() {
    const std::vector<Endpoint> in = g_.node(id_).inputs();  // x, scale, offset, mean, variance
    const Tensor epsilon(g_.node(id_).attr<float>("epsilon"));
    WEIR_ASSIGN_OR_RETURN(Endpoint e, Constant("epsilon", epsilon));
    WEIR_ASSIGN_OR_RETURN(Endpoint one, Constant("one", Tensor(1.0f)));
    WEIR_ASSIGN_OR_RETURN(Endpoint sum, Add("AddV2", "variance", {in[4], e}));
    WEIR_ASSIGN_OR_RETURN(Endpoint root, Add("Sqrt", "deviation", {sum}));
    WEIR_ASSIGN_OR_RETURN(Endpoint precision, Add("RealDiv", "precision", {one, root}));
    WEIR_ASSIGN_OR_RETURN(Endpoint factor, Add("Mul", "factor", {in[1], precision}));
    WEIR_ASSIGN_OR_RETURN(Endpoint centred, Add("Sub", "centred", {in[0], in[3]}));
    WEIR_ASSIGN_OR_RETURN(Endpoint scaled, Add("Mul", "scaled", {centred, factor}));
    WEIR_ASSIGN_OR_RETURN(Endpoint y, Add("AddV2", "shifted", {scaled, in[2]}));
    // What the node waits for its first result waits for, and who waits for the node waits for its last.
    WEIR_RETURN_IF_ERROR(g_.SetInputs(centred.node, {in[0], in[3]}, g_.node(id_).control_inputs()));
    WEIR_RETURN_IF_ERROR(g_.ReplaceUses({id_, 0}, y));
    WEIR_RETURN_IF_ERROR(g_.ReplaceControlUses(id_, y.node));
    WEIR_RETURN_IF_ERROR(g_.Remove(id_));
    return {};
  }

 private:
  Result<Endpoint> Constant(const char* what, const Tensor& value) {
    return AddNode("Const", what, {}, {{"value", value}, {"dtype", value.dtype()}});
  }
  Result<Endpoint> Add(const char* op, const char* what, std::vector<Endpoint> inputs) {
    return AddNode(op, what, std::move(inputs), {{"T", kFloat}});
  }
  Result<Endpoint> AddNode(const char* op, const char* what, std::vector<Endpoint> inputs, AttrMap attrs) {
    NodeSpec spec;
    spec.op = op;
    spec.name = g_.UniqueName(name_ + "/" + what);
    spec.inputs = std::move(inputs);
    spec.attrs = std::move(attrs);
    spec.loc = g_.node(id_).loc();
    spec.origins = {name_};
    WEIR_ASSIGN_OR_RETURN(NodeId id, g_.AddNode(std::move(spec)));
    return Endpoint{id, 0};
  }

  Graph& g_;
  NodeId id_;
  std::string name_;
};

}  // namespace

Result<bool> ExpandBatchNorm(Graph& g, PassContext&) {
  bool changed = false;
  for (NodeId id : g.nodes()) {
    if (!Expandable(g, g.node(id))) continue;
    WEIR_RETURN_IF_ERROR(Expansion(g, id).Run());
    changed = true;
  }
  return changed;
}

}  // namespace weir
