// FoldPadding: a convolution of what Pad has padded with zeros along height and width pads by itself; the padded copy
// is not made. Not at kExact: a product with a padded zero is NaN where the weight is infinite, and turns -0 to 0.

#include "weir/ops/rewrites/rewrites.h"

namespace weir {

namespace {

// The explicit paddings of `conv`, two an axis, with those of the Pad before it; nothing where that cannot be.
std::optional<std::vector<int64_t>> Paddings(const Graph& g, const Node& conv) {
  if (!conv.Is("Conv2D") && !conv.Is("DepthwiseConv2dNative")) return std::nullopt;
  const Node& pad = g.node(conv.input(0).node);
  const std::string padding = conv.attr<std::string>("padding");
  if (!pad.Is("Pad") || !pad.control_inputs().empty() || padding == "SAME") return std::nullopt;
  const Tensor* value = ConstantValue(g, pad.input(1));
  auto sums = value ? value->ToInts() : std::nullopt;
  if (!sums || sums->size() != 8) return std::nullopt;
  const size_t channel = conv.attr<std::string>("data_format") == "NCHW" ? 1 : 3;
  for (size_t axis : {size_t{0}, channel}) {
    if ((*sums)[2 * axis] != 0 || (*sums)[2 * axis + 1] != 0) return std::nullopt;
  }
  if (padding != "EXPLICIT") return sums;
  const std::vector<int64_t> own = conv.attr<AttrList>("explicit_paddings").i;
  if (own.size() != 8) return std::nullopt;
  for (size_t i = 0; i < 8; ++i) (*sums)[i] += own[i];
  return sums;
}

}  // namespace

Result<bool> FoldPadding(Graph& g, PassContext&) {
  bool changed = false;
  for (NodeId id : g.nodes()) {
    auto paddings = Paddings(g, g.node(id));
    if (!paddings) continue;
    AttrMap attrs = g.node(id).attrs();
    AttrList list;
    list.i = *paddings;
    attrs["padding"] = std::string("EXPLICIT");
    attrs["explicit_paddings"] = list;
    const std::string op = g.node(id).op();
    WEIR_RETURN_IF_ERROR(g.SetInput(id, 0, g.node(g.node(id).input(0).node).input(0)));
    WEIR_RETURN_IF_ERROR(g.SetOp(id, op, std::move(attrs)));
    changed = true;
  }
  return changed;
}

}  // namespace weir
