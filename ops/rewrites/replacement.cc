#include "weir/ops/rewrites/replacement.h"

namespace weir {

Result<Endpoint> AddInPlaceOf(Graph& g, const Node& like, const std::string& op, std::vector<Endpoint> inputs,
                              AttrMap attrs) {
  NodeSpec spec{.op = op, .name = g.UniqueName(like.name() + "/" + op), .inputs = std::move(inputs),
                .attrs = std::move(attrs), .loc = like.loc(), .origins = {like.name()}};
  WEIR_ASSIGN_OR_RETURN(NodeId id, g.AddRaw(std::move(spec)));
  return Endpoint{id, 0};
}

Result<Endpoint> AddConst(Graph& g, const std::string& name, Tensor value) {
  const DType dtype = value.dtype();
  NodeSpec spec{.op = "Const", .name = g.UniqueName(name), .attrs = {{"value", std::move(value)}, {"dtype", dtype}}};
  WEIR_ASSIGN_OR_RETURN(NodeId id, g.AddNode(std::move(spec)));
  return Endpoint{id, 0};
}

Status HandOverControl(Graph& g, NodeId id, NodeId after) {
  for (NodeId before : std::vector<NodeId>(g.node(id).control_inputs()))
    WEIR_RETURN_IF_ERROR(g.AddControlInput(after, before).status());
  return g.ReplaceControlUses(id, after);
}

}  // namespace weir
